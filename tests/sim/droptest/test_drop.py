"""Does the box fall, hang, swing and land as physics says?"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise
from math import pi, sqrt, tanh
from unittest import mock

import pytest

from gse.sim.droptest.air import Air
from gse.sim.droptest.config import nominal
from gse.sim.droptest.vehicle import SOFT_M_S, Vehicle
from tests.sim.droptest.sequencer import Sequencer, fly

SEEDS = range(6)
G = 9.80665


@cache
def flown(seed: int | None) -> Sequencer:
    return fly(seed)


def terminal_m_s(mass_kg: float, drag_area_m2: float, height_m: float) -> float:
    return sqrt(2 * mass_kg * G / (Air().at(height_m)[1] * drag_area_m2))


def cloth_drag_area_m2() -> float:
    config = nominal()
    return 0.25 * pi * config.canopy_diameter_m**2 * config.canopy_drag_coefficient


def test_it_stands_still_on_the_pad_and_feels_its_weight() -> None:
    drop = fly(None, config=replace(nominal(), end_from_launch_s=-55.0, pad_tilt_deg=2.0))
    for row in drop.rows:
        assert row[1:6] == (0.0, 0.0, 0.0, 0.0, 0.0)
    assert drop.column("sensed_acceleration_m_s2")[-1] == pytest.approx(G)
    assert drop.column("pitch_deg")[-1] == pytest.approx(-88.0)
    assert drop.world.vehicle.instant.axial_m_s2 == pytest.approx(-G, rel=1e-3)


def test_it_climbs_with_the_carrier_and_is_let_go_at_rest() -> None:
    drop = flown(None)
    assert drop.at("lift-off", "vertical_velocity_m_s", 20.0) == pytest.approx(5.0, abs=0.01)
    assert drop.at("release", "vertical_velocity_m_s") == pytest.approx(0.0, abs=0.01)
    assert 500.0 < drop.at("release", "altitude_m") < 512.0  # it brakes once it is there


def test_free_fall_is_that_of_a_body_with_quadratic_drag() -> None:
    """v = vt tanh(g t / vt), in air of the density it falls through."""
    config = nominal()
    drop = flown(None)
    limit = terminal_m_s(config.box_kg, config.body_drag_area_m2, 495.0)
    for after_s in (0.5, 1.0, 1.5):
        speed = -drop.at("release", "vertical_velocity_m_s", after_s)
        assert speed == pytest.approx(limit * tanh(G * after_s / limit), abs=0.03)


def test_without_a_canopy_it_reaches_its_terminal_speed() -> None:
    config = replace(nominal(), release_height_m=900.0, climb_m_s=15.0)
    drop = fly(None, frozenset({"CHUTE"}), config)
    speed = drop.world.touchdown_speed_m_s
    assert speed == pytest.approx(terminal_m_s(2.5, config.body_drag_area_m2, 20.0), rel=0.01)
    assert "without its canopy" in drop.world.outcome
    assert not drop.world.landed


@pytest.mark.parametrize(
    ("mark", "after_s", "share"), [("reefed canopy full", 12.0, 0.11), ("touchdown", -3.0, 1.0)]
)
def test_canopies_sink_at_the_terminal_speed_of_their_drag_area(
    mark: str, after_s: float, share: float
) -> None:
    config = nominal()
    drop = flown(None)
    area = config.body_drag_area_m2 + share * cloth_drag_area_m2()
    expected = terminal_m_s(
        config.box_kg + config.canopy_kg, area, drop.at(mark, "altitude_m", after_s)
    )
    speed = -drop.at(mark, "vertical_velocity_m_s", after_s)
    assert speed == pytest.approx(expected, rel=0.005)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_day_ends_softly(seed: int) -> None:
    drop = flown(seed)
    world = drop.world
    assert world.landed, world.outcome
    assert world.touchdown_speed_m_s is not None
    assert 4.5 < world.touchdown_speed_m_s < 7.0 < SOFT_M_S
    marks = world.marks
    assert [*marks] == [
        "lift-off",
        "release",
        "line stretch",
        "reefed canopy full",
        "main canopy full",
        "touchdown",
    ]
    assert world.vehicle.peak_load_n < 0.5 * world.config.canopy_strength_n
    end = drop.rows[-1]
    assert end[3:6] == (0.0, 0.0, 0.0)
    assert drop.column("sensed_acceleration_m_s2")[-1] == pytest.approx(world.config.gravity_m_s2)


@pytest.mark.parametrize("seed", SEEDS)
def test_it_drifts_with_the_wind_and_swings(seed: int) -> None:
    drop = flown(seed)
    config = drop.world.config
    hanging_s = drop.world.marks["touchdown"] - drop.world.marks["line stretch"]
    drift = drop.column("downrange_m")[-1] - drop.at("line stretch", "downrange_m")
    assert 0.8 < drift / (config.wind_m_s * hanging_s) < 1.8  # the wind grows with height
    swing = [row[7] + 90.0 for row in drop.rows if row[0] > drop.world.marks["main canopy full"]]
    assert 2.0 < max(swing[:640]) < 45.0


@pytest.mark.parametrize("seed", [None, 3])
def test_what_is_felt_is_what_moves_it(seed: int | None) -> None:
    """Velocity is the integral of what an inertial unit feels, and of gravity, without a rest."""
    drop = flown(seed)
    g = drop.world.config.gravity_m_s2
    touchdown_s = drop.world.marks["touchdown"]
    for before, after in pairwise(drop.rows):
        if not drop.world.marks["lift-off"] < before[0] < touchdown_s - 0.1:
            continue
        change = (after[3] - before[3]) * 64 + g, (after[4] - before[4]) * 64
        assert sqrt(change[0] ** 2 + change[1] ** 2) == pytest.approx(after[6], abs=1e-6)


def test_air_only_takes_energy() -> None:
    """Box, canopy and carried air: from the release on, in still air, height and speed only lose.

    Speed may grow, energy may not; what the box alone has may grow while the canopy brakes it.
    """
    drop = flown(None)
    falling = [row for row in drop.rows if row[0] > drop.world.marks["release"]]
    energy = [G * row[1] + 0.5 * (row[3] ** 2 + row[4] ** 2) for row in falling]
    assert all(b <= a + 1e-9 for a, b in pairwise(energy))


def test_the_pendulum_under_the_sling_has_the_period_of_its_length() -> None:
    """2 pi sqrt(length / g) for a small swing that nothing drives."""
    config = replace(
        nominal(),
        start_from_launch_s=0.0,
        end_from_launch_s=0.5,
        climb_m_s=0.0,
        body_drag_area_m2=0.0,
    )
    vehicle = fly(None, config=config).world.vehicle
    vehicle.height_m = 100.0
    vehicle.line_rad += 0.02
    crossings = []
    # The hook must stay: a carrier that follows its swinging load lengthens the pendulum.
    with mock.patch.object(Vehicle, "_carrier", return_value=(0.0, 0.0)):
        for n in range(10 * 64):
            before = vehicle.line_rad
            vehicle.advance(0, 1 / 64)
            if before < 0.5 * pi <= vehicle.line_rad:
                crossings.append(n / 64)
    period = (crossings[-1] - crossings[0]) / (len(crossings) - 1)
    assert period == pytest.approx(2 * pi * sqrt(config.sling_m / G), abs=0.02)
