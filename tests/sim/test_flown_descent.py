"""Does the simulated descent pass the flown events when they were flown?

Flown times are those of Mars 2020 in seconds from entry interface. Outputs are fired by an ideal
sequencer on truth.
"""

from dataclasses import replace
from functools import cache
from math import hypot

import pytest

from fsw.dictionary.packets import ACTUATOR_FRAME
from fsw.missions.mars2020 import OUTPUTS
from gse.sim import entry_guidance
from gse.sim.config import Config, dispersed
from gse.sim.world import World
from tests.sim.sequencer import Sequencer, fly

FLOWN_S = {
    "peak heating": 79.65,
    "peak deceleration": 87.04,
    "BALLAST_1": 223.8,
    "MORTAR": 240.63,
    "line stretch": 241.67,
    "peak inflation load": 242.29,
    "HEAT_SHIELD": 263.26,
    "BACK_SHELL": 357.30,
    "ENGINES": 358.34,
    "sky crane": 399.73,
    "ROVER": 402.38,
    "contact": 418.07,
    "bridle cut": 419.57,
}
FLOWN_PEAK_G = 10.69
LABELS_M = {254.375: 11222.0, 314.671875: 5829.0, 355.265625: 2347.0}
SEEDS = [*range(3), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(3, 10))]


@cache
def nominal_flight() -> Sequencer:
    return fly(None)


def events_s(flight: Sequencer) -> dict[str, float]:
    assert flight.sky_crane_s is not None
    return flight.world.marks | flight.fired | {"sky crane": flight.sky_crane_s}


@pytest.mark.parametrize("event", FLOWN_S)
def test_nominal_event_times(event: str) -> None:
    assert events_s(nominal_flight())[event] == pytest.approx(FLOWN_S[event], abs=4.0)


def test_nominal_loads() -> None:
    flight = nominal_flight()
    world = flight.world
    assert world.peak_deceleration_g == pytest.approx(FLOWN_PEAK_G, rel=0.01)
    assert world.peak_parachute_load_n == pytest.approx(152e3, rel=0.05)
    speed_m_s, mach, altitude_m = flight.speeds["MORTAR"]
    assert mach == pytest.approx(1.81, abs=0.02)
    assert 12.5e3 < altitude_m < 13.5e3
    assert speed_m_s == pytest.approx(397.7, abs=0.5)


def test_nominal_dynamic_pressure_at_the_mortar() -> None:
    assert nominal_flight().pressure_pa["MORTAR"] == pytest.approx(520.0, rel=0.15)


@pytest.mark.parametrize("time_s", LABELS_M)
def test_nominal_heights_under_the_parachute(time_s: float) -> None:
    """Heights above ground from the labels of the lander vision camera."""
    assert nominal_flight().heights_m[time_s] == pytest.approx(LABELS_M[time_s], rel=0.05)


def test_nominal_landing_and_flyaway() -> None:
    world = nominal_flight().world
    assert world.landed, world.outcome
    assert world.touchdown_speed_m_s == pytest.approx(0.75, abs=0.01)
    cut_s = world.marks["bridle cut"]
    assert world.marks["flyaway complete"] - cut_s == pytest.approx(7.3, abs=0.1)
    assert world.marks["entry interface"] == pytest.approx(0.0, abs=1e-3)
    # The stage comes down some hundreds of metres away, not on the rover.
    assert world.marks["descent stage impact"] > world.marks["flyaway complete"]
    assert 0.0 < world.vehicle.propellant_kg < 150.0


@pytest.mark.parametrize("seed", SEEDS)
def test_dispersed_descents(seed: int) -> None:
    flight = fly(seed)
    world = flight.world
    events = events_s(flight)
    for event, flown_s in FLOWN_S.items():
        assert events[event] == pytest.approx(flown_s, abs=10.0), event
    assert world.peak_deceleration_g == pytest.approx(FLOWN_PEAK_G, rel=0.05)
    assert world.touchdown_speed_m_s == pytest.approx(0.75, abs=0.15)
    assert world.landed, world.outcome


def test_the_nominal_flight_is_no_seed() -> None:
    """Seed 0 is a day of entry like any other."""
    assert dispersed(0).log_density_aloft != nominal_flight().world.config.log_density_aloft


def test_the_reference_of_entry_guidance_is_the_trajectory_without_it() -> None:
    """Each row of the table against the nominal flight on the plain lift schedule."""
    world = World(0, config=replace(Config(), start_from_ei_s=-10.0, entry_guidance=False))
    actuators = [0] * len(ACTUATOR_FRAME)
    actuators[ACTUATOR_FRAME.index("OUTPUTS_FIRED")] = 1 << OUTPUTS.index("CRUISE_STAGE")
    flown: list[tuple[float, float, float]] = []
    speed_m_s = float("inf")
    while speed_m_s > entry_guidance.REFERENCE[0][0] - 1.0:
        world.step(actuators)
        motion, instant = world.vehicle.motion, world.vehicle.instant
        speed_m_s = hypot(motion.up_m_s, motion.east_m_s)
        flown.append((speed_m_s, -instant.axial_m_s2, motion.up_m_s))
    for speed, axial_m_s2, up_m_s in entry_guidance.REFERENCE:
        # The last time at this speed: gravity makes it pass each of the highest ones twice.
        _, axial, up = min(flown[len(flown) // 4 :], key=lambda sample: abs(sample[0] - speed))
        assert axial == pytest.approx(axial_m_s2, rel=0.02)
        assert up == pytest.approx(up_m_s, abs=1.5)
