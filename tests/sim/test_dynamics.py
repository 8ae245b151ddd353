"""Do the equations of motion keep what nature keeps, and is the step small enough?"""

from dataclasses import replace
from math import cos, pi, sin, sqrt

import pytest

from fsw.missions.mars2020 import OUTPUTS
from gse.sim.config import nominal
from gse.sim.dynamics import Motion, Vector, coast, step
from gse.sim.planet import EQUATORIAL_RADIUS_M, J2, MU_M3_S2, ROTATION_RAD_S, Field
from gse.sim.vehicle import Vehicle

START = Motion(3700e3, 0.3, 0.0, -500.0, 3200.0, 900.0)


def no_force(radius: float, up: float, east: float, north: float) -> Vector:
    return 0.0, 0.0, 0.0


def jacobi_j_kg(motion: Motion, field: Field) -> float:
    """Energy in the rotating frame, which free fall keeps, J2 and all."""
    radius, latitude = motion.radius_m, motion.latitude_rad
    kinetic = 0.5 * (motion.up_m_s**2 + motion.east_m_s**2 + motion.north_m_s**2)
    oblate = field.j2 * (EQUATORIAL_RADIUS_M / radius) ** 2 * (1.5 * sin(latitude) ** 2 - 0.5)
    centrifugal = 0.5 * (field.rotation_rad_s * radius * cos(latitude)) ** 2
    return kinetic - field.mu_m3_s2 / radius * (1.0 - oblate) - centrifugal


@pytest.mark.parametrize("field", [Field(), Field(j2=J2, rotation_rad_s=ROTATION_RAD_S)])
def test_free_fall_keeps_its_energy(field: Field) -> None:
    motion = replace(START)
    before = jacobi_j_kg(motion, field)
    for _ in range(600 * 64):
        step(motion, field, no_force, 1.0 / 64.0)
    assert jacobi_j_kg(motion, field) == pytest.approx(before, rel=1e-9)


def test_a_circular_orbit_closes() -> None:
    radius = 3800e3
    circular = Motion(radius, 0.0, 0.0, 0.0, sqrt(MU_M3_S2 / radius), 0.0)
    after = coast(circular, Field(), 2.0 * pi * sqrt(radius**3 / MU_M3_S2))
    assert after.radius_m == pytest.approx(radius, abs=0.01)
    assert after.longitude_rad == pytest.approx(2.0 * pi, abs=1e-8)


def test_coasting_there_and_back_returns() -> None:
    field = Field(j2=J2, rotation_rad_s=ROTATION_RAD_S)
    there = coast(START, field, -620.0)
    back = coast(there, field, 620.0)
    assert back.radius_m == pytest.approx(START.radius_m, abs=1e-3)
    assert back.up_m_s == pytest.approx(START.up_m_s, abs=1e-6)
    assert back.longitude_rad == pytest.approx(START.longitude_rad, abs=1e-10)


def test_a_body_at_rest_on_a_turning_planet_feels_less_weight() -> None:
    field = Field(rotation_rad_s=ROTATION_RAD_S)
    up, east, north = field.acceleration_m_s2(3396.2e3, 0.0, 0.0, 0.0, 0.0)
    gravity = MU_M3_S2 / 3396.2e3**2
    assert up == pytest.approx(-gravity + ROTATION_RAD_S**2 * 3396.2e3, rel=1e-12)
    assert (east, north) == (0.0, 0.0)


def test_planar_and_general_equations_agree() -> None:
    """The short cut of the planar case is the limit of the general one."""
    exact = Field().acceleration_m_s2(3500e3, 0.0, -800.0, 4800.0, 0.0)
    near = Field().acceleration_m_s2(3500e3, 1e-12, -800.0, 4800.0, 1e-9)
    assert exact == pytest.approx(near, abs=1e-8)


def test_the_step_is_small_enough() -> None:
    """Four times as many steps through entry change nothing that an instrument could tell."""
    ends = []
    for steps_a_second in (64, 256):
        vehicle = Vehicle(replace(nominal(), start_from_ei_s=40.0), OUTPUTS)
        while vehicle.time_s < 110.0:
            vehicle.advance(1, 1.0 / steps_a_second)
        ends.append((vehicle.altitude_m, vehicle.motion.up_m_s, vehicle.motion.east_m_s))
    (altitude, up, east), (finer_altitude, finer_up, finer_east) = ends
    assert altitude == pytest.approx(finer_altitude, abs=1.0)
    assert up == pytest.approx(finer_up, abs=0.05)
    assert east == pytest.approx(finer_east, abs=0.05)
