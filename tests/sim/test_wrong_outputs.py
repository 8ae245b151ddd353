"""What becomes of the vehicle when an output comes at the wrong time, or never?"""

from dataclasses import replace

import pytest

from fsw.dictionary.packets import ACTUATOR_FRAME, SENSOR_FRAME
from fsw.missions.mars2020 import OUTPUTS
from gse.sim.config import Config, nominal
from gse.sim.world import World
from tests.sim.sequencer import fly

FIRED = ACTUATOR_FRAME.index("OUTPUTS_FIRED")
DISCRETES = SENSOR_FRAME.index("DISCRETES")


def mask(*names: str) -> list[int]:
    actuators = [0] * len(ACTUATOR_FRAME)
    actuators[FIRED] = sum(1 << OUTPUTS.index(name) for name in names)
    return actuators


def run(world: World, actuators: list[int], seconds: float) -> None:
    for _ in range(round(seconds * 64)):
        world.step(actuators)


def low(height_m: float = 3000.0) -> Config:
    """A flight that begins low and slow, so that the end comes soon."""
    return replace(
        nominal(),
        start_from_ei_s=0.0,
        ei_radius_m=nominal().site_radius_m + height_m,
        ei_angle_deg=-85.0,
        ei_speed_m_s=90.0,
    )


BEFORE_ENGINES = ("CRUISE_STAGE", "BALLAST_1", "BALLAST_2", "BALLAST_3", "MORTAR", "HEAT_SHIELD")


def test_without_a_parachute_it_crashes() -> None:
    world = fly(None, frozenset({"MORTAR", "HEAT_SHIELD", "BACK_SHELL", "ENGINES"})).world
    assert not world.landed
    assert "impact" in world.marks
    assert world.vehicle.impact_speed_m_s > 100.0
    assert "hit the ground" in world.outcome
    frozen = world.truth_row()
    run(world, mask(*OUTPUTS), 1.0)
    assert world.truth_row()[1:6] == frozen[1:6]
    assert world.truth_row()[1] == 0.0


def test_without_its_outputs_nothing_ever_leaves() -> None:
    world = World(0, config=replace(nominal(), start_from_ei_s=-10.0))
    run(world, mask(), 509.0)
    assert not world.landed
    assert world.vehicle.impact_speed_m_s > 100.0


@pytest.mark.parametrize("missing", ["BACK_SHELL", "ENGINES"])
def test_without_powered_descent_it_crashes(missing: str) -> None:
    world = fly(None, frozenset({missing})).world
    assert not world.landed
    assert world.vehicle.impact_speed_m_s > 50.0


def test_with_the_heat_shield_on_the_rover_cannot_come_out() -> None:
    world = fly(None, frozenset({"HEAT_SHIELD"})).world
    assert not world.landed
    assert "radar first measurement" not in world.marks


def test_without_the_rover_output_it_comes_down_stowed() -> None:
    world = fly(None, frozenset({"ROVER"})).world
    assert not world.landed
    assert world.vehicle.rover.below_m == 0.0
    assert world.vehicle.impact_speed_m_s == pytest.approx(0.75, abs=0.1)


def test_without_the_bridle_cut_the_stage_comes_down_on_the_rover() -> None:
    world = fly(None, frozenset({"BRIDLE"})).world
    assert world.touchdown_speed_m_s == pytest.approx(0.75, abs=0.05)
    assert not world.landed
    assert "came down on it" in world.outcome


def test_without_its_own_output_the_stage_leaves_by_itself() -> None:
    assert fly(None, frozenset({"ENGINES_AWAY"})).world.landed


def test_a_parachute_at_peak_deceleration_tears() -> None:
    world = World(0, config=replace(nominal(), start_from_ei_s=-10.0))
    run(world, mask("CRUISE_STAGE"), 95.0)
    run(world, mask("CRUISE_STAGE", "MORTAR"), 5.0)
    assert world.vehicle.parachute.torn
    assert world.peak_parachute_load_n > 222e3


def test_without_its_heat_shield_it_burns() -> None:
    world = World(0, config=replace(nominal(), start_from_ei_s=-10.0))
    run(world, mask("CRUISE_STAGE", "HEAT_SHIELD"), 90.0)
    assert "burned up" in world.outcome
    assert not world.landed


def test_a_cruise_stage_that_stays_is_torn_off_and_costs_lift() -> None:
    with_it, without = (World(0, config=replace(nominal(), start_from_ei_s=0.0)) for _ in range(2))
    run(with_it, mask(), 100.0)
    run(without, mask("CRUISE_STAGE"), 100.0)
    assert with_it.sensor_counts()[DISCRETES] & 1 << 3  # gone, though nobody fired it
    assert with_it.vehicle.altitude_m < without.vehicle.altitude_m


def test_ballast_that_leaves_early_costs_height() -> None:
    early, late = (World(0, config=replace(nominal(), start_from_ei_s=0.0)) for _ in range(2))
    run(early, mask("CRUISE_STAGE", "BALLAST_1", "BALLAST_2", "BALLAST_3"), 130.0)
    run(late, mask("CRUISE_STAGE"), 130.0)
    assert early.vehicle.altitude_m < late.vehicle.altitude_m - 1000.0


def test_a_bridle_cut_in_the_air_drops_the_rover() -> None:
    world = World(0, config=low())
    run(world, mask(*BEFORE_ENGINES), 5.0)
    run(world, mask(*BEFORE_ENGINES, "BACK_SHELL", "ENGINES", "ROVER"), 10.0)
    run(world, mask(*OUTPUTS), 150.0)
    assert not world.landed
    assert world.touchdown_speed_m_s is not None
    assert world.touchdown_speed_m_s > 15.0
    assert world.sensor_counts()[:4] == [0, 0, 0, 0]  # no instrument survives that


def test_engines_started_too_low_brake_as_hard_as_they_can_and_not_enough() -> None:
    world = World(0, config=low(250.0))
    run(world, mask("CRUISE_STAGE", "HEAT_SHIELD", "BACK_SHELL", "ENGINES"), 30.0)
    assert world.vehicle.impact_speed_m_s > 5.0
    assert not world.landed


def test_engines_started_too_high_run_dry() -> None:
    world = World(0, config=low(18e3))
    run(world, mask("CRUISE_STAGE", "HEAT_SHIELD", "BACK_SHELL", "ENGINES"), 199.0)
    vehicle = world.vehicle
    assert vehicle.propellant_kg == 0.0
    assert not world.landed
