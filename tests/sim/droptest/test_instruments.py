"""Do the box's instruments report what is there, with the errors they are given?"""

from __future__ import annotations

import statistics
from dataclasses import replace

import pytest

from fsw.dictionary.channels import ENUMS
from fsw.dictionary.packets import ACTUATOR_FRAME, SENSOR_FRAME
from gse.sim.counts import scale
from gse.sim.droptest.config import SensorErrors, dispersed, nominal
from gse.sim.droptest.sensors import ACCELERATION_LIMIT_M_S2
from gse.sim.droptest.world import World
from tests.sim.droptest.sequencer import Sequencer

NOTHING = [0] * len(ACTUATOR_FRAME)
AT = {name: i for i, name in enumerate(SENSOR_FRAME)}


def readings(world: World, name: str, seconds: float) -> list[float]:
    per_unit = scale(name).per_unit
    read = []
    for _ in range(round(seconds * 64)):
        world.step(NOTHING)
        read.append(world.sensor_counts()[AT[name]] / per_unit)
    return read


def test_perfect_instruments_at_rest_say_the_truth() -> None:
    world = World(0, nominal())
    assert readings(world, "BARO_PRESSURE", 1.0)[-1] == pytest.approx(101325.0, abs=0.02)
    assert statistics.mean(readings(world, "IMU_AXIAL", 2.0)) == pytest.approx(-9.80665, abs=1e-4)
    assert readings(world, "IMU_NORMAL", 0.1)[-1] == 0.0
    assert readings(world, "IMU_RATE", 0.1)[-1] == 0.0


def test_at_rest_before_launch_there_is_time_to_level() -> None:
    for seed in range(20):
        config = dispersed(seed)
        assert config.launch_s - config.start_from_launch_s > 45.0
        assert abs(config.pad_tilt_deg) < 6.0


def test_the_barometer_measures_32_times_a_second_and_says_so() -> None:
    world = World(0, nominal())
    before = world.sensor_counts()[AT["BARO_SEQUENCE"]]
    for _ in range(64):
        world.step(NOTHING)
    assert world.sensor_counts()[AT["BARO_SEQUENCE"]] - before == 32
    assert world.sensor_counts()[AT["BARO_STATUS"]] == 1


def test_the_barometer_has_its_noise_and_its_bias() -> None:
    errors = SensorErrors(barometer_bias_pa=40.0, barometer_noise_pa=2.0)
    read = readings(World(0, replace(nominal(), sensors=errors)), "BARO_PRESSURE", 50.0)
    assert statistics.mean(read) == pytest.approx(101365.0, abs=0.3)
    assert statistics.pstdev(read) == pytest.approx(2.0, rel=0.1)


def test_the_barometer_lags_behind_a_climb() -> None:
    config = replace(nominal(), start_from_launch_s=0.0)
    world = World(0, config)
    read = readings(world, "BARO_PRESSURE", 30.0)[-1]
    late_pa = read - world.vehicle.instant.pressure_pa
    assert late_pa == pytest.approx(5.0 * 0.05 * 1.21 * 9.81, rel=0.35)  # climb, lag, air's weight


def test_vents_let_the_wind_in() -> None:
    errors = SensorErrors(static_port_coefficient=0.1)
    drop = Sequencer(World(0, replace(nominal(), sensors=errors)), frozenset({"CHUTE"}))
    while "release" not in drop.world.marks:
        drop.world.step(NOTHING)
    for _ in range(8 * 64):
        drop.world.step(NOTHING)
    instant = drop.world.vehicle.instant
    read = drop.world.sensor_counts()[AT["BARO_PRESSURE"]] / 64
    assert read - instant.pressure_pa == pytest.approx(0.1 * instant.dynamic_pressure_pa, abs=40)
    assert instant.dynamic_pressure_pa > 1000


def test_the_carriers_motors_shake_the_inertial_unit() -> None:
    config = replace(nominal(), start_from_launch_s=-5.0, sensors=SensorErrors(vibration_m_s2=0.5))
    world = World(0, config)
    assert statistics.pstdev(readings(world, "IMU_NORMAL", 4.0)) < 1e-3
    readings(world, "IMU_NORMAL", 10.0)
    assert statistics.pstdev(readings(world, "IMU_NORMAL", 20.0)) == pytest.approx(0.5, rel=0.1)


def test_a_touchdown_that_is_too_hard_saturates_the_unit_and_says_so() -> None:
    config = replace(nominal(), crush_m=0.04)
    drop = Sequencer(World(0, config))
    flag = 1 << ENUMS["IMU_STATUS"].index("AXIAL_SATURATED")
    hardest, status = 0.0, 0
    while not drop.world.finished:
        drop.decide()
        drop.world.step(drop.actuators)
        counts = drop.world.sensor_counts()
        hardest = max(hardest, -counts[AT["IMU_AXIAL"]] / 1024)
        status |= counts[AT["IMU_STATUS"]]
    assert hardest == pytest.approx(ACCELERATION_LIMIT_M_S2, abs=0.01)
    assert status & flag


def test_there_is_no_radar_and_the_jumper_is_fitted() -> None:
    counts = World(3).sensor_counts()
    assert counts[AT["RADAR_STATUS"]] == counts[AT["RADAR_RANGE"]] == 0
    assert counts[AT["DISCRETES"]] == 1 << ENUMS["DISCRETES"].index("ARMING_JUMPER")
