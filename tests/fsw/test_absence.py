"""After a reset, does navigation go on as if it had never been away, and doubt what it must?"""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fsw.dictionary.index import event
from fsw.nav.absence import LONGEST
from fsw.nav.inertial import VALID
from fsw.nav.status import AIDED, ALTIMETER_LOCK, AT_REST, DEGRADED, RECKONED
from tests.fsw.rig import DOWN, LATENCY, LEVEL, Rig, mars, sink
from tests.fsw.test_barometer import AIR, GRAVITY, Box, climbing

SINKING = -90.0
SETTLED = 32  # minor frames


def braked(rig: Rig, forces: list[float], rate: int = 0) -> None:
    """Minor frames under forces against the heat-shield axis."""
    for force in forces:
        rig.step(axial_m_s2=-force, rate=rate)


def ramp(first: float, last: float, frames: int) -> list[float]:
    return [first + (last - first) * i / max(frames - 1, 1) for i in range(frames)]


@settings(max_examples=40, deadline=None)
@given(
    frames=st.integers(1, LONGEST),
    before=st.floats(0.0, 30.0),
    after=st.floats(0.0, 30.0),
    rate=st.integers(-20000, 20000),  # up to 7 deg/s
)
@example(frames=LONGEST, before=30.0, after=0.0, rate=20000)
@example(frames=LONGEST, before=0.0, after=30.0, rate=-20000)
def test_forces_that_change_evenly_cost_nothing(
    frames: int, before: float, after: float, rate: int
) -> None:
    flown, away = mars(20000, -100, 100, DOWN), mars(20000, -100, 100, DOWN)
    for rig in (flown, away):
        braked(rig, [before] * 8, rate)
    braked(flown, ramp(before, after, frames), rate)
    away.reset(frames)
    for rig in (flown, away):
        braked(rig, [after] * 4, rate)
    seconds = frames / 64
    # A minor frame of the change, and eight steps of a turning force: a tenth of a radian each.
    slack = 0.02 + abs(after - before) / 64 + 0.02 * max(before, after) * seconds / 8
    assert away.velocity_m_s == pytest.approx(flown.velocity_m_s, abs=slack)
    assert away.altitude_m == pytest.approx(flown.altitude_m, abs=0.1 + 2 * slack * seconds)
    assert away.values["NAV_PITCH"] == pytest.approx(flown.values["NAV_PITCH"], abs=1 << 12)


def test_a_velocity_that_is_known_within_a_sixteenth_is_believed() -> None:
    rig = mars(20000, -400, 0, DOWN)
    braked(rig, [8.0] * 8)
    rig.reset(96)
    braked(rig, [9.0] * 8)
    assert rig.values["NAV_VELOCITY_QUALITY"] == RECKONED


def test_a_velocity_that_may_be_further_off_is_in_doubt() -> None:
    rig = mars(20000, -400, 0, DOWN)
    braked(rig, [8.0] * 8)
    rig.reset(96)
    braked(rig, [60.0] * 8)  # within 26 m/s of a sixteenth and a metre a second: 35.6
    assert rig.values["NAV_VELOCITY_QUALITY"] == DEGRADED


@pytest.mark.parametrize("doubted_before", [True, False])
def test_without_a_force_at_both_ends_the_velocity_stays_and_is_in_doubt(
    doubted_before: bool,
) -> None:
    rig = mars(20000, -400, 0, DOWN)
    braked(rig, [8.0] * 8)
    rig.values["IMU_STATUS"] = 0 if doubted_before else VALID
    braked(rig, [8.0])
    before_m = rig.altitude_m
    rig.reset(96)
    rig.values["IMU_STATUS"] = VALID if doubted_before else 0
    braked(rig, [60.0])
    assert rig.velocity_m_s[0] == pytest.approx(-400, abs=2)
    assert rig.altitude_m == pytest.approx(before_m - 400 * 97 / 64, abs=1)
    braked(rig, [8.0] * 4)
    assert rig.values["NAV_VELOCITY_QUALITY"] == DEGRADED


def test_longer_than_eight_seconds_is_not_bridged() -> None:
    rig = mars(20000, -400, 0, DOWN)
    braked(rig, [8.0] * 8)
    rig.reset(LONGEST + 1)
    braked(rig, [8.0] * 8)
    assert rig.values["NAV_VELOCITY_QUALITY"] == DEGRADED


def test_what_stood_still_has_not_moved() -> None:
    box = Box()
    box.go(6)
    assert box.rig.has(AT_REST)
    box.rig.reset(96)
    box.go(0.25)
    assert box.rig.altitude_m == pytest.approx(0, abs=0.5)
    assert box.rig.velocity_m_s[0] == pytest.approx(0, abs=0.2)


def test_a_state_that_is_loaded_after_it_is_not_moved_by_it() -> None:
    rig = Rig()
    rig.step()
    rig.reset(96)
    rig.step()
    rig.initialise(20000, -400, 0, DOWN)
    braked(rig, [3.7] * 8)
    assert rig.altitude_m == pytest.approx(20000 - 400 * 8 / 64, abs=1)
    assert rig.values["NAV_VELOCITY_QUALITY"] == RECKONED


def test_a_velocity_in_doubt_stays_so_until_something_corrects_it() -> None:
    rig = mars(6000, SINKING, 0, DOWN)
    rig.values["IMU_STATUS"] = 0
    braked(rig, [3.7] * 64)
    assert rig.values["NAV_VELOCITY_QUALITY"] == DEGRADED
    rig.values["IMU_STATUS"] = VALID
    braked(rig, [3.7] * 8)
    rig.reset(8)
    braked(rig, [3.7] * 8)
    assert rig.values["NAV_VELOCITY_QUALITY"] == DEGRADED
    sink(rig, rig.altitude_m, SINKING, 20)
    assert rig.values["NAV_VELOCITY_QUALITY"] == AIDED


def test_a_disputed_altitude_is_disputed_after_a_reset() -> None:
    rig = mars(6000, SINKING, 0, DOWN)
    altitude_m = sink(rig, 6000, SINKING, 50)
    altitude_m = sink(rig, altitude_m, SINKING, 32, lie_m=1500)
    assert rig.values["NAV_ALTITUDE_QUALITY"] == DEGRADED
    rig.reset(16)
    altitude_m = sink(rig, altitude_m + SINKING / 4, SINKING, 16, lie_m=1500)
    assert rig.values["NAV_ALTITUDE_QUALITY"] == DEGRADED
    assert rig.values["NAV_RECKONED_ALTITUDE"] / 256 == pytest.approx(altitude_m, abs=10)


def test_a_lock_outlasts_a_short_absence_when_a_measurement_confirms_it() -> None:
    rig = mars(6000, SINKING, 0, DOWN)
    altitude_m = sink(rig, 6000, SINKING, 50)
    rig.reset(96)
    altitude_m = sink(rig, altitude_m + SINKING * 1.5, SINKING, 3)
    assert rig.has(ALTIMETER_LOCK)
    assert event("ALTIMETER_LOCKED") not in rig.reports()
    sink(rig, altitude_m, SINKING, 50)
    assert rig.has(ALTIMETER_LOCK)


@pytest.mark.parametrize("away_frames", [64, 129])
def test_a_lock_that_nothing_confirms_is_soon_lost(away_frames: int) -> None:
    rig = mars(6000, SINKING, 0, DOWN)
    sink(rig, 6000, SINKING, 50)
    rig.reset(away_frames)
    braked(rig, [3.7] * (16 if away_frames == 64 else 1))
    assert not rig.has(ALTIMETER_LOCK)


def test_the_first_measurements_after_it_put_right_what_was_reckoned_wrongly() -> None:
    """Braked at first, then not: what is sensed at both ends says half of it."""
    rig = mars(6000, SINKING, 0, DOWN)
    altitude_m = sink(rig, 6000, SINKING, 50)
    braked(rig, [9.0] * 4)
    rig.reset(64)
    sinking = SINKING + 5.3  # one second of it
    altitude_m += (SINKING + sinking) / 2
    for _ in range(SETTLED // 4):
        rig.radar(altitude_m - sinking * LATENCY / 64, sinking)
        for _ in range(4):
            rig.step(axial_m_s2=-3.7)
            altitude_m += sinking / 64
    assert rig.velocity_m_s[0] == pytest.approx(sinking, abs=0.3)
    assert rig.altitude_m == pytest.approx(altitude_m, abs=2.0)


def test_a_drift_is_not_forgotten_at_once_where_the_pitch_is_in_doubt() -> None:
    """Without it no measurement tells the drift: the first one must not end it."""
    rig = mars(6000, SINKING, 30, DOWN)
    altitude_m = sink(rig, 6000, SINKING, 50)
    rig.reset(8)
    rig.estimator._inertial.lose_attitude()
    drift = rig.values["NAV_HORIZONTAL_VELOCITY"]
    sink(rig, altitude_m + SINKING / 8, SINKING, 2)
    assert drift != 0
    assert abs(rig.values["NAV_HORIZONTAL_VELOCITY"]) > abs(drift) / 2


def test_what_was_learned_of_the_gyro_is_kept() -> None:
    box, bias = Box(), 2000  # counts, 0.7 deg/s
    box.go(6)
    for _ in range(64 * 4):
        box.rig.barometer(AIR.at(box.ground_m)[0])
        box.rig.step(axial_m_s2=GRAVITY, rate=bias)
    before = box.rig.values["NAV_PITCH"]
    box.rig.reset(64)
    for _ in range(64):
        box.rig.step(axial_m_s2=2 * GRAVITY, rate=bias)
    assert not box.rig.has(AT_REST)
    assert abs(box.rig.values["NAV_PITCH"] - before) < 64 * bias / 16


def test_a_peak_to_come_is_reported_after_it_and_one_that_was_is_not_again() -> None:
    rig = mars(50e3, -1000, 4000, LEVEL)
    rig.reports()
    braked(rig, ramp(0, 80, 256))
    rig.reset(64)
    braked(rig, ramp(80, 60, 256))
    assert rig.reports().count(event("PEAK_DECELERATION")) == 1
    rig.reset(64)
    braked(rig, ramp(60, 40, 256))
    assert event("PEAK_DECELERATION") not in rig.reports()


def test_a_climb_goes_on_in_the_height_that_it_had() -> None:
    box = climbing()
    box.away(1.5, 5.0)
    box.go(0.25, 5.0)
    assert box.rig.has(ALTIMETER_LOCK)
    assert box.rig.altitude_m == pytest.approx(box.height_m, abs=1.5)
