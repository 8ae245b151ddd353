"""When is the radar believed, and what does it correct?"""

from __future__ import annotations

import pytest

from fsw.dictionary.index import event
from fsw.nav.status import ALTIMETER_LOCK, ATTITUDE_DEGRADED, DEGRADED, INITIALISED, RECKONED
from tests.fsw.rig import DOWN, LATENCY, LEVEL, MU_M3_S2, SITE_RADIUS_M, Rig, mars, sink

LOCKED, LOST = event("ALTIMETER_LOCKED"), event("ALTIMETER_LOST")
SINKING = -90.0


def test_it_locks_after_a_run_of_good_measurements_and_corrects_height_and_speed() -> None:
    rig = mars(6000, -95, 0, DOWN)
    rig.step()
    altitude_m = sink(rig, 6600, SINKING, 8)  # the first has none before it to agree with
    assert not rig.has(ALTIMETER_LOCK)
    assert LOCKED not in rig.reports()
    altitude_m = sink(rig, altitude_m, SINKING, 100)
    assert rig.has(ALTIMETER_LOCK)
    assert rig.reports() == [LOCKED]
    assert rig.altitude_m == pytest.approx(altitude_m, abs=2)
    assert rig.velocity_m_s[0] == pytest.approx(SINKING, abs=0.1)


def test_one_that_stops_is_lost_and_dead_reckoning_goes_on() -> None:
    rig = mars(6000, SINKING, 0, DOWN)
    sink(rig, 6000, SINKING, 50)
    rig.values["RADAR_STATUS"] = 0
    gravity = MU_M3_S2 / (SITE_RADIUS_M + 4000) ** 2
    before = rig.altitude_m
    for _ in range(128):
        rig.step(axial_m_s2=-gravity)
    assert rig.altitude_m == pytest.approx(before + SINKING * 2, abs=2)
    assert not rig.has(ALTIMETER_LOCK)
    assert rig.reports()[-1] == LOST


def test_one_wild_measurement_moves_nothing() -> None:
    rig = mars(6000, SINKING, 0, DOWN)
    sink(rig, 6000, SINKING, 50)
    before = rig.altitude_m
    rig.radar(11900, SINKING)
    for _ in range(4):
        rig.step(axial_m_s2=-3.7)
    assert rig.altitude_m == pytest.approx(before + SINKING * 4 / 64, abs=1)
    assert rig.has(ALTIMETER_LOCK)


def test_a_range_that_repeats_itself_is_not_believed_while_the_vehicle_moves() -> None:
    rig = mars(6000, SINKING, 0, DOWN)
    altitude_m = sink(rig, 6000, SINKING, 50)
    for _ in range(32):
        rig.radar(3000, SINKING)
        altitude_m = coast_below_canopy(rig, altitude_m)
    assert rig.fails("ALTIMETER_STUCK")
    assert not rig.has(ALTIMETER_LOCK)
    assert rig.altitude_m == pytest.approx(altitude_m, abs=10)


def test_ranges_that_jump_are_flagged_and_not_believed() -> None:
    rig = mars(6000, SINKING, 0, DOWN)
    altitude_m = sink(rig, 6000, SINKING, 50)
    for sample in range(32):
        rig.radar(altitude_m + (150 if sample & 1 else -150), SINKING)
        altitude_m = coast_below_canopy(rig, altitude_m)
    assert rig.fails("ALTIMETER_JUMP")
    assert rig.altitude_m == pytest.approx(altitude_m, abs=10)


def coast_below_canopy(rig: Rig, altitude_m: float) -> float:
    """A sixteenth of a second of steady sinking."""
    for _ in range(4):
        rig.step(axial_m_s2=-(MU_M3_S2 / (SITE_RADIUS_M + altitude_m) ** 2))
    return altitude_m + SINKING * 4 / 64


@pytest.mark.parametrize("lie_m", [400.0, -400.0])
def test_a_step_that_stays_is_locked_to_again_within_two_seconds(lie_m: float) -> None:
    """A consistent sensor is let in again; a small move is no dispute."""
    rig = mars(6000, SINKING, 0, DOWN)
    altitude_m = sink(rig, 6000, SINKING, 50)
    altitude_m = sink(rig, altitude_m, SINKING, 32, lie_m)
    assert rig.has(ALTIMETER_LOCK)
    assert rig.altitude_m == pytest.approx(altitude_m + lie_m, abs=5)
    assert rig.values["NAV_ALTITUDE_QUALITY"] > RECKONED


def test_a_contradiction_too_large_to_settle_is_disputed_until_they_agree_again() -> None:
    rig = mars(6000, SINKING, 0, DOWN)
    altitude_m = sink(rig, 6000, SINKING, 50)
    altitude_m = sink(rig, altitude_m, SINKING, 32, lie_m=1500)
    assert rig.has(ALTIMETER_LOCK)
    assert rig.values["NAV_ALTITUDE_QUALITY"] == DEGRADED
    assert rig.values["NAV_RECKONED_ALTITUDE"] / 256 == pytest.approx(altitude_m, abs=10)
    sink(rig, altitude_m, SINKING, 32)
    assert rig.values["NAV_ALTITUDE_QUALITY"] > RECKONED


def test_an_echo_at_a_pitch_that_can_give_none_proves_the_pitch_wrong() -> None:
    rig = mars(6000, SINKING, 0, LEVEL)
    sink(rig, 6000, SINKING, 20)
    assert event("ATTITUDE_RESET") in rig.reports()
    assert rig.has(ATTITUDE_DEGRADED)
    assert rig.values["NAV_PITCH"] == pytest.approx(DOWN, abs=1 << 20)


def test_a_speed_that_ranges_do_not_confirm_is_not_taken() -> None:
    rig = mars(6000, SINKING, 0, DOWN)
    altitude_m = sink(rig, 6000, SINKING, 50)
    for _ in range(64):
        rig.radar(altitude_m - SINKING * LATENCY / 64, -SINKING)  # upside down
        altitude_m = coast_below_canopy(rig, altitude_m)
    assert rig.velocity_m_s[0] == pytest.approx(SINKING, abs=5)


def test_a_doubted_velocity_is_taken_from_it_at_lock() -> None:
    rig = mars(6000, -60, 0, DOWN)
    for _ in range(64):
        rig.values["IMU_STATUS"] = 0
        rig.step()
    rig.values["IMU_STATUS"] = 1
    assert rig.values["NAV_VELOCITY_QUALITY"] == DEGRADED
    sink(rig, 5940, SINKING, 24)
    assert rig.has(ALTIMETER_LOCK)
    assert rig.velocity_m_s[0] == pytest.approx(SINKING, abs=2)


def test_without_a_navigated_state_it_gives_height_and_speed() -> None:
    rig = Rig()
    altitude_m = sink(rig, 6000, SINKING, 32)
    assert rig.has(INITIALISED)
    assert rig.altitude_m == pytest.approx(altitude_m, abs=25)
    assert rig.velocity_m_s[0] == pytest.approx(SINKING, abs=3)
