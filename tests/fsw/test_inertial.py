"""Which inertial readings does navigation believe, and what does it do without them?"""

from __future__ import annotations

from fsw import missions
from fsw.dictionary.index import event
from fsw.kernel.events import Events
from fsw.nav.checks import Checks, check
from fsw.nav.inertial import BRIDGED, RATE_BRIDGED, VALID, Inertial
from fsw.nav.status import INERTIAL_VALID
from tests.fsw.bench_board import Values, reported

ENVELOPE = missions.load("mars2020").NAVIGATION["envelope"]
AXIAL, NORMAL, RATE = -50 << 10, 3 << 10, 5000
AXIAL_SATURATED, RATE_SATURATED = 2, 8  # bits of IMU_STATUS


class Unit:
    """An inertial unit in steady deceleration, with the noise that real ones have."""

    def __init__(self) -> None:
        self.values = Values()
        self.events = Events(self.values.cvt)
        self.inertial = Inertial(self.values.cvt, Checks(self.values.cvt, self.events), ENVELOPE)
        self.inertial.weigh(50 << 10)
        self.frame = 0

    def read(self, frames: int = 1, status: int = VALID, **wrong: int) -> None:
        """So many minor frames; wrong: readings that stand in for the true ones."""
        for _ in range(frames):
            noise = 1 if self.frame & 1 else -1
            true = {"IMU_AXIAL": AXIAL, "IMU_NORMAL": NORMAL, "IMU_RATE": RATE}
            for name, counts in true.items():
                self.values[name] = wrong.get(name, counts + noise)
            self.values["IMU_STATUS"] = status
            self.inertial.read()
            if self.frame % 4 == 0:
                self.inertial.weigh(self.inertial.expected)
            self.frame += 1

    def fails(self, name: str) -> bool:
        return bool(self.values["NAV_CHECKS"] & 1 << check(name))


def settled() -> Unit:
    unit = Unit()
    unit.read(600)
    return unit


def test_good_readings_are_taken_as_they_are() -> None:
    unit = settled()
    assert (unit.inertial.axial, unit.inertial.rate) == (AXIAL + 1, RATE + 1)
    assert unit.inertial.force_doubt == unit.inertial.attitude_doubt == 0
    assert unit.values["NAV_CHECKS"] == 0
    assert unit.values["NAV_STATUS"] & INERTIAL_VALID


def test_a_saturated_accelerometer_is_bridged_with_what_was_sensed_before() -> None:
    unit = settled()
    unit.read(BRIDGED, VALID | AXIAL_SATURATED, IMU_AXIAL=-196 << 10)
    assert abs(unit.inertial.axial - AXIAL) <= 16
    assert unit.inertial.carried
    assert not unit.inertial.is_doubted
    assert unit.fails("FORCE_SATURATED")
    unit.read(1, VALID | AXIAL_SATURATED, IMU_AXIAL=-196 << 10)
    assert not unit.inertial.carried
    assert unit.inertial.is_doubted


def test_a_saturated_gyro_is_bridged_then_the_attitude_is_lost() -> None:
    unit = settled()
    unit.read(RATE_BRIDGED, VALID | RATE_SATURATED, IMU_RATE=1 << 19)
    assert abs(unit.inertial.rate - RATE) <= 64
    assert not unit.inertial.attitude_is_lost
    unit.read(1, VALID | RATE_SATURATED, IMU_RATE=1 << 19)
    assert unit.inertial.attitude_is_lost
    assert unit.inertial.rate == 0


def test_a_unit_that_calls_itself_invalid_is_not_believed() -> None:
    unit = settled()
    unit.read(5, status=0, IMU_AXIAL=77 << 10, IMU_RATE=1 << 18)
    assert abs(unit.inertial.axial - AXIAL) <= 16
    assert abs(unit.inertial.rate - RATE) <= 64
    assert not unit.values["NAV_STATUS"] & INERTIAL_VALID
    assert event("CHECK_FAILED") in reported(unit.events, unit.values)


def test_readings_that_repeat_themselves_are_found_within_half_a_second() -> None:
    for name, number in (
        ("IMU_AXIAL", "AXIAL_FLAT"),
        ("IMU_NORMAL", "NORMAL_FLAT"),
        ("IMU_RATE", "RATE_FLAT"),
    ):
        unit = settled()
        unit.read(32, **{name: 12345})
        assert not unit.fails(number)
        unit.read(2, **{name: 12345})
        assert unit.fails(number)
        unit.read(16)
        assert not unit.fails(number)


def test_an_axis_that_is_upside_down_is_found_and_read_so() -> None:
    unit = settled()
    unit.read(64, IMU_NORMAL=NORMAL, IMU_AXIAL=-AXIAL)  # flat as well, while it lasts
    for frame in range(64):
        unit.read(1, IMU_AXIAL=-AXIAL + frame % 3)
    assert unit.fails("AXIAL_REVERSED")
    assert abs(unit.inertial.axial - AXIAL) <= 16
    unit.read(64)
    assert not unit.fails("AXIAL_REVERSED")
    assert abs(unit.inertial.axial - AXIAL) <= 16


def test_a_force_that_the_air_cannot_give_is_not_believed() -> None:
    unit = settled()
    unit.inertial.weigh(5 << 10)
    for frame in range(64 + 4):
        unit.read(1, IMU_AXIAL=-(50 << 10) + frame % 3)
    assert unit.fails("FORCE_IMPLAUSIBLE")
    unit.read(BRIDGED)
    assert not unit.inertial.carried


def test_without_air_nothing_pushes_and_what_is_sensed_is_learned_as_bias() -> None:
    unit = Unit()
    unit.inertial.weigh(0)
    for frame in range(64 * 300):
        unit.read(1, IMU_AXIAL=200 + frame % 3, IMU_NORMAL=-100 + frame % 2)
        assert unit.inertial.axial == unit.inertial.normal == 0
        assert unit.inertial.carried
    unit.inertial.weigh(50 << 10)
    unit.read(1, IMU_AXIAL=AXIAL, IMU_NORMAL=NORMAL)
    assert abs(unit.inertial.axial - (AXIAL - 201)) <= 4
    assert abs(unit.inertial.normal - (NORMAL + 100)) <= 4


def test_more_than_the_mission_expects_is_flagged_and_used() -> None:
    unit = settled()
    unit.inertial.weigh(-1)
    for frame in range(4):
        unit.read(1, IMU_AXIAL=-ENVELOPE[0] - 10 - frame)
    assert unit.fails("ENVELOPE_EXCEEDED")
    assert unit.inertial.axial < -ENVELOPE[0]


def test_a_rate_learned_at_rest_is_taken_off() -> None:
    unit = settled()
    unit.inertial.learn_rate_bias()
    unit.read(1)
    assert abs(unit.inertial.rate) <= 2
