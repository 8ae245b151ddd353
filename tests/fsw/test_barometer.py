"""Does the barometer learn its ground, find its height, and notice when it lies?"""

from __future__ import annotations

import random

import pytest

from fsw import missions
from fsw.dictionary.index import event
from fsw.nav.status import AIDED, ALTIMETER_LOCK, AT_REST, INITIALISED
from gse.sim.droptest.air import Air
from tests.fsw.rig import Rig

GRAVITY = 9.80665
AIR = Air()


class Box:
    """At rest on high ground or moving steadily, the axis of its inertial unit up."""

    def __init__(self) -> None:
        self.rig = Rig(missions.load("droptest"))
        self.ground_m = 300.0
        self.height_m = 0.0
        self._draws = random.Random(1)

    def go(self, seconds: float, speed_m_s: float = 0.0, error_pa: float = 0.0) -> None:
        for _ in range(round(seconds * 32)):
            pressure_pa, _ = AIR.at(self.ground_m + self.height_m)
            self.rig.barometer(pressure_pa + error_pa + self._draws.gauss(0, 1.5))
            self._two_frames(speed_m_s)

    def go_without_readings(self, seconds: float, speed_m_s: float) -> None:
        for _ in range(round(seconds * 32)):
            self._two_frames(speed_m_s)

    def go_with_one_reading(self, seconds: float, speed_m_s: float) -> None:
        """The barometer goes on measuring, the same each time."""
        pressure_pa, _ = AIR.at(self.ground_m + self.height_m)
        for _ in range(round(seconds * 32)):
            self.rig.barometer(pressure_pa)
            self._two_frames(speed_m_s)

    def _two_frames(self, speed_m_s: float) -> None:
        for _ in range(2):
            self.rig.step(axial_m_s2=GRAVITY)
            self.height_m += speed_m_s / 64

    def away(self, seconds: float, speed_m_s: float) -> None:
        """A reset, while which it goes on moving."""
        self.rig.reset(round(seconds * 64))
        self.height_m += speed_m_s * seconds

    def jerk(self, speed_m_s: float) -> None:
        """To a speed within a sixteenth of a second, as the inertial unit feels it."""
        for _ in range(4):
            self.rig.step(axial_m_s2=GRAVITY + (speed_m_s - self.speed_m_s) * 16)
        self.speed_m_s = speed_m_s

    speed_m_s = 0.0


def climbing() -> Box:
    """Ten seconds after it left the ground at 5 m/s."""
    box = Box()
    box.go(10)
    box.jerk(5.0)
    box.go(10, 5.0)
    return box


def test_at_rest_it_learns_ground_and_level_and_navigation_begins() -> None:
    box = Box()
    box.go(2)
    assert not box.rig.has(INITIALISED)
    box.go(4)
    assert box.rig.has(AT_REST)
    assert box.rig.has(INITIALISED)
    assert box.rig.values["NAV_GROUND"] / 256 == pytest.approx(300, abs=1)
    assert abs(box.rig.altitude_m) < 0.1
    assert box.rig.values["NAV_ALTITUDE_QUALITY"] == AIDED
    assert event("AT_REST") in box.rig.reports()


def test_height_is_over_the_ground_that_was_learned() -> None:
    box = climbing()
    assert not box.rig.has(AT_REST)
    assert box.rig.has(ALTIMETER_LOCK)
    assert box.rig.altitude_m == pytest.approx(box.height_m, abs=1.5)
    assert box.rig.velocity_m_s[0] == pytest.approx(5, abs=0.5)


def test_ground_once_left_is_not_learned_again() -> None:
    box = climbing()
    ground = box.rig.values["NAV_GROUND"]
    box.jerk(0.0)
    box.go(20)  # hovers at 50 m, as still as on the ground
    assert box.rig.values["NAV_GROUND"] == ground
    assert box.rig.altitude_m == pytest.approx(box.height_m, abs=1.5)


def test_one_that_repeats_itself_in_flight_is_not_believed() -> None:
    box = climbing()
    box.go_with_one_reading(3, 5.0)
    assert box.rig.fails("ALTIMETER_STUCK")
    assert not box.rig.has(ALTIMETER_LOCK)
    assert box.rig.velocity_m_s[0] == pytest.approx(5, abs=1.5)


def test_one_wild_reading_moves_nothing() -> None:
    box = climbing()
    before_m = box.rig.altitude_m
    box.go(1 / 32, 5.0, error_pa=5000)
    assert box.rig.altitude_m == pytest.approx(before_m + 5 / 32, abs=0.5)


def test_one_that_stops_is_lost_and_locks_again_when_it_returns() -> None:
    box = climbing()
    box.go_without_readings(3, 5.0)
    assert not box.rig.has(ALTIMETER_LOCK)
    assert box.rig.altitude_m == pytest.approx(box.height_m, abs=5)
    box.go(3, 5.0)
    assert box.rig.has(ALTIMETER_LOCK)
    assert box.rig.altitude_m == pytest.approx(box.height_m, abs=1.5)
    reports = box.rig.reports()
    assert reports.count(event("ALTIMETER_LOST")) == 1
    assert reports.count(event("ALTIMETER_LOCKED")) == 2


def test_after_a_reset_the_ground_is_where_it_was() -> None:
    box = climbing()
    box.away(0.5, 5.0)
    box.go(0.1, 5.0)
    assert box.rig.has(ALTIMETER_LOCK)
    box.go(2, 5.0)
    assert box.rig.altitude_m == pytest.approx(box.height_m, abs=1.5)
    assert box.rig.values["NAV_GROUND"] / 256 == pytest.approx(300, abs=1)


def test_the_bias_of_the_gyro_is_learned_at_rest() -> None:
    box = Box()
    bias = 2000  # counts, 0.7 deg/s
    box.go(6)
    for _ in range(64 * 4):
        box.rig.barometer(AIR.at(box.ground_m)[0])
        box.rig.step(axial_m_s2=GRAVITY, rate=bias)
    before = box.rig.values["NAV_PITCH"]
    for _ in range(64):
        box.rig.step(axial_m_s2=2 * GRAVITY, rate=bias)  # no longer at rest
    assert not box.rig.has(AT_REST)
    assert abs(box.rig.values["NAV_PITCH"] - before) < 64 * bias / 16
