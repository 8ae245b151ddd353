"""Does an entry come out as an independent program computes it?

Oracle: AMAT 2.3.0 with its own mean Mars atmosphere (cubic through nodes 1 km apart), rotating
Mars with J2; 3,368 kg, ballistic coefficient 146 kg/m2, lift over drag 0.24, 5.36 km/s, -15.5
degrees, 125 km, due east at 18.4 N, constant bank, nose radius 1.125 m. Its loads are taken as drag
times sqrt(1 + (L/D)^2): AMAT 2.3.0's own acc_net_g adds twice the side acceleration in place of its
square and so comes out 1.4 % low at bank 50. Its Mach number rests on a speed of sound of its own,
so the late check is at the speed where AMAT has Mach 1.75.
"""

from dataclasses import dataclass, replace

import pytest

from fsw.missions.mars2020 import OUTPUTS
from gse.sim.config import Config, nominal
from gse.sim.planet import STANDARD_GRAVITY_M_S2
from gse.sim.vehicle import Vehicle

RADIUS_M = 3389.5e3
CRUISE_STAGE = 1 << OUTPUTS.index("CRUISE_STAGE")
BETA_KG_M2 = 146.0
DT_S = 1.0 / 64.0


@dataclass(frozen=True, slots=True)
class Oracle:
    peak_g: float
    peak_s: float
    peak_pressure_pa: float
    heating_w_cm2: float
    heating_s: float
    at_60_s: tuple[float, float]  # altitude in m, speed in m/s
    at_80_s: tuple[float, float]
    at_100_s: tuple[float, float]
    late: tuple[float, float, float] | None  # speed at Mach 1.75 in m/s, then its time, altitude


ORACLES = {
    50: Oracle(
        9.886, 91.60, 13763.5, 56.540, 79.80,
        (48143.5, 5354.21), (28409.0, 4717.01), (17842.4, 2977.46), (395.82, 250.65, 5321.0),
    ),
    60: Oracle(
        10.272, 91.85, 14300.9, 56.862, 79.85,
        (48130.0, 5354.17), (28223.8, 4710.55), (16938.6, 2912.35), (398.80, 217.40, 4229.4),
    ),
    None: Oracle(
        11.347, 92.55, 16246.7, 58.014, 80.00,
        (48082.7, 5354.02), (27561.7, 4687.12), (13607.7, 2667.63), None,
    ),
}  # fmt: skip


@dataclass(slots=True)
class Entry:
    vehicle: Vehicle
    peak_pressure_pa: float = 0.0
    sensible_s: float = 0.0  # 0.2 g of drag
    sensible_m: float = 0.0
    late_s: float = 0.0
    late_m: float = 0.0


def enter(bank: int | None, late_m_s: float) -> tuple[Entry, dict[int, tuple[float, float]]]:
    config: Config = replace(
        nominal(),
        start_from_ei_s=0.0,
        ei_radius_m=RADIUS_M + 125e3,
        datum_radius_m=RADIUS_M,
        site_height_m=0.0,
        log_density_aloft=0.0,
        rotation_rad_s=7.088253e-5,
        j2=1.96045e-3,
        ei_latitude_deg=18.4,
        ei_speed_m_s=5360.0,
        entry_mass_kg=3368.0,
        ballistic_coefficient_kg_m2=BETA_KG_M2,
        bank_deg=float(bank or 0),
        lift_to_drag=0.0 if bank is None else 0.24,
    )
    vehicle = Vehicle(config, OUTPUTS)
    entry = Entry(vehicle)
    seen: dict[int, tuple[float, float]] = {}
    while vehicle.time_s < 260.0 and not vehicle.frozen:
        vehicle.advance(CRUISE_STAGE, DT_S)
        motion, pressure = vehicle.motion, vehicle.instant.dynamic_pressure_pa
        speed = (motion.up_m_s**2 + motion.east_m_s**2 + motion.north_m_s**2) ** 0.5
        entry.peak_pressure_pa = max(entry.peak_pressure_pa, pressure)
        if not entry.sensible_s and pressure / BETA_KG_M2 >= 0.2 * STANDARD_GRAVITY_M_S2:
            entry.sensible_s, entry.sensible_m = vehicle.time_s, vehicle.altitude_m
        if not entry.late_s and vehicle.time_s > 60.0 and speed <= late_m_s:
            entry.late_s, entry.late_m = vehicle.time_s, vehicle.altitude_m
        if vehicle.time_s in {60.0, 80.0, 100.0}:
            seen[int(vehicle.time_s)] = vehicle.altitude_m, speed
    return entry, seen


@pytest.mark.parametrize("bank", ORACLES)
def test_entry_agrees_with_amat(bank: int | None) -> None:
    oracle = ORACLES[bank]
    entry, seen = enter(bank, oracle.late[0] if oracle.late else 0.0)
    vehicle = entry.vehicle
    half_per_cent = 0.005
    half_second = 0.5
    assert vehicle.peak_deceleration.value == pytest.approx(oracle.peak_g, rel=half_per_cent)
    assert vehicle.peak_deceleration.time_s == pytest.approx(oracle.peak_s, abs=half_second)
    assert entry.peak_pressure_pa == pytest.approx(oracle.peak_pressure_pa, rel=half_per_cent)
    assert vehicle.peak_heating.value == pytest.approx(oracle.heating_w_cm2, rel=half_per_cent)
    assert vehicle.peak_heating.time_s == pytest.approx(oracle.heating_s, abs=half_second)
    assert entry.sensible_s == pytest.approx(50.5, abs=half_second)
    assert entry.sensible_m == pytest.approx(59e3, rel=half_per_cent)
    expected = {60: oracle.at_60_s, 80: oracle.at_80_s, 100: oracle.at_100_s}
    for time_s, (altitude_m, speed_m_s) in expected.items():
        assert seen[time_s][0] == pytest.approx(altitude_m, rel=half_per_cent), time_s
        assert seen[time_s][1] == pytest.approx(speed_m_s, rel=half_per_cent), time_s
    if oracle.late:
        assert entry.late_s == pytest.approx(oracle.late[1], abs=half_second)
        assert entry.late_m == pytest.approx(oracle.late[2], rel=half_per_cent)


def test_the_oracle_can_fail() -> None:
    """Two degrees of bank are outside the tolerance."""
    entry, _ = enter(52, 395.82)
    assert abs(entry.late_s - 250.65) > 0.5
