"""Does integer navigation follow the physics it integrates?"""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.dictionary.index import event
from tests.fsw.rig import DOWN, LEVEL, MU_M3_S2, SITE_RADIUS_M, mars


def coast(altitude_m: float, up: float, along: float, seconds: int) -> tuple[float, float, float]:
    """The same fall in floats: planar two-body motion, midpoint rule at 1024 Hz."""
    radius = SITE_RADIUS_M + altitude_m
    step = 1 / 1024
    for _ in range(seconds * 1024):
        a_up = along**2 / radius - MU_M3_S2 / radius**2
        a_along = -up * along / radius
        up_mid, along_mid = up + a_up * step / 2, along + a_along * step / 2
        radius_mid = radius + up * step / 2
        up += (along_mid**2 / radius_mid - MU_M3_S2 / radius_mid**2) * step
        along += -up_mid * along_mid / radius_mid * step
        radius += up_mid * step
    return radius - SITE_RADIUS_M, up, along


@pytest.mark.parametrize(
    ("altitude_m", "up", "along"),
    [(125e3, -1426.0, 5141.0), (900e3, -1600.0, 4600.0), (5e3, 0.0, 0.0), (11e3, -90.0, 300.0)],
)
def test_a_hundred_seconds_of_free_fall_follow_two_body_motion(
    altitude_m: float, up: float, along: float
) -> None:
    rig = mars(altitude_m, up, along, LEVEL)
    seconds = 100 if altitude_m > 1e5 else 25
    for _ in range(seconds * 64):
        rig.step()
    altitude, vertical, horizontal = coast(altitude_m, up, along, seconds)
    assert rig.altitude_m == pytest.approx(altitude, abs=2.0)
    assert rig.velocity_m_s == pytest.approx((vertical, horizontal), abs=0.1)


def test_sensed_acceleration_is_turned_by_the_pitch() -> None:
    rig = mars(10000, -90, 0, DOWN)
    gravity = MU_M3_S2 / (SITE_RADIUS_M + 10000) ** 2
    for _ in range(64):
        rig.step(axial_m_s2=-(gravity + 2.0))  # thrust, against the axis that points down
    assert rig.velocity_m_s == pytest.approx((-88.0, 0.0), abs=0.01)
    rig = mars(10000, -90, 0, DOWN)
    for _ in range(64):
        rig.step(axial_m_s2=-gravity, normal_m_s2=3.0)  # across it: downrange
    assert rig.velocity_m_s == pytest.approx((-90.0, 3.0), abs=0.01)


def test_pitch_integrates_the_rate_exactly_and_wraps() -> None:
    rig = mars(10000, 0, 0, LEVEL)
    for _ in range(64):
        rig.step(rate=1 << 20)  # one revolution a second
    assert rig.values["NAV_PITCH"] == 0
    for _ in range(48):
        rig.step(rate=1 << 20)
    assert rig.values["NAV_PITCH"] == -(1 << 24)


def test_an_attitude_fixed_in_space_rises_against_the_local_horizon() -> None:
    rig = mars(100e3, 0, 5000, LEVEL)
    for _ in range(64 * 60):
        rig.step()
    turned = 5000 * 60 / (SITE_RADIUS_M + 100e3)
    assert rig.values["NAV_PITCH"] * 2 * math.pi / (1 << 26) == pytest.approx(turned, rel=0.01)


def test_the_peak_deceleration_is_reported_once_with_its_value() -> None:
    rig = mars(50e3, -1000, 4000, LEVEL)
    rig.reports()
    for deceleration in [*range(0, 105, 1), *range(105, 0, -1)]:
        for _ in range(4):
            rig.step(axial_m_s2=-deceleration)
    assert rig.values["NAV_PEAK_ACCELERATION"] == pytest.approx(105 * 1024, rel=0.001)
    assert rig.reports().count(event("PEAK_DECELERATION")) == 1


raw = st.integers(-(1 << 30), (1 << 30) - 1)


@settings(max_examples=50)
@given(st.lists(st.tuples(raw, raw, raw, st.integers(0, 255)), max_size=40))
def test_no_sensor_value_takes_the_estimate_out_of_small_integers(
    samples: list[tuple[int, int, int, int]],
) -> None:
    rig = mars(6000, -90, 0, DOWN)
    limit = 200 * 1024
    for axial, normal, rate, status in samples:
        rig.values["RADAR_STATUS"] = status & 3
        rig.values["RADAR_SEQUENCE"] = status
        rig.values["RADAR_RANGE"] = abs(axial) % (1 << 29)
        rig.values["RADAR_SPEED"] = normal % (1 << 22)
        rig.step(axial % limit / 1024, normal % limit / 1024, rate % (1 << 20))
        assert all(-(1 << 30) <= value < 1 << 30 for value in rig.values.cvt)
