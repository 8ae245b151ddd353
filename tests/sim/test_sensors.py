"""Do the instruments report what the vehicle does, with the signs and steps they should?"""

from dataclasses import replace
from functools import cache
from itertools import pairwise
from math import cos, degrees, radians, sin

import pytest

from fsw.dictionary.channels import ENUMS
from fsw.dictionary.packets import ACTUATOR_FRAME, SENSOR_FRAME
from gse.sim.config import SensorErrors, nominal
from gse.sim.counts import scale
from gse.sim.planet import MU_M3_S2
from gse.sim.sensors import Radar
from gse.sim.world import TRUTH_COLUMNS, World
from tests.sim.sequencer import Sequencer

DT_S = 1.0 / 64.0
ALTITUDE = TRUTH_COLUMNS.index("altitude_m")
UP = TRUTH_COLUMNS.index("vertical_velocity_m_s")
EAST = TRUTH_COLUMNS.index("horizontal_velocity_m_s")
PITCH = TRUTH_COLUMNS.index("pitch_deg")
TIME = TRUTH_COLUMNS.index("time_from_ei_s")
DISCRETES = SENSOR_FRAME.index("DISCRETES")


def value(counts: list[int], name: str) -> float:
    return float(counts[SENSOR_FRAME.index(name)] / scale(name).per_unit)


def bit(table: str, name: str) -> int:
    return 1 << ENUMS[table].index(name)


Flight = list[tuple[tuple[float, ...], list[int]]]


@cache
def nominal_flight() -> Flight:
    """Truth and sensors of the whole nominal descent from entry, with perfect instruments."""
    world = World(0, config=replace(nominal(), start_from_ei_s=-10.0))
    sequencer = Sequencer(world)
    sequencer.actuators[ACTUATOR_FRAME.index("MIC_GATE")] = 1
    flight: Flight = []
    while not world.finished:
        flight.append((world.truth_row(), world.sensor_counts()))
        sequencer.decide()
        world.step(sequencer.actuators)
    return flight


def at(time_s: float) -> tuple[tuple[float, ...], list[int]]:
    return nominal_flight()[round((time_s + 10.0) * 64)]


def test_dead_reckoning_on_the_counts_follows_the_truth() -> None:
    """The inertial unit's convention, integrated: from before entry to the back shell."""
    flight = nominal_flight()
    truth = flight[0][0]
    radius = nominal().site_radius_m + truth[ALTITUDE]
    up, east, pitch = truth[UP], truth[EAST], radians(truth[PITCH])
    for truth, counts in flight[1:]:
        axial, normal = value(counts, "IMU_AXIAL"), value(counts, "IMU_NORMAL")
        rate = radians(value(counts, "IMU_RATE"))
        turned = (rate + east / radius) * DT_S
        middle = pitch + 0.5 * turned
        pitch += turned
        force_up = axial * sin(middle) + normal * cos(middle)
        force_east = axial * cos(middle) - normal * sin(middle)
        before = up
        up += (force_up + east * east / radius - MU_M3_S2 / radius**2) * DT_S
        east += (force_east - before * east / radius) * DT_S
        radius += 0.5 * (before + up) * DT_S
        if truth[TIME] >= 355.0:
            break
    assert up == pytest.approx(truth[UP], abs=0.3)
    assert east == pytest.approx(truth[EAST], abs=0.3)
    assert radius - nominal().site_radius_m == pytest.approx(truth[ALTITUDE], abs=60.0)
    assert degrees(pitch) == pytest.approx(truth[PITCH], abs=0.01)


def test_signs_along_the_way() -> None:
    assert value(at(-5.0)[1], "IMU_AXIAL") == pytest.approx(0.0, abs=0.002)  # falling
    assert value(at(88.0)[1], "IMU_AXIAL") < -100.0  # drag pushes against the heat shield
    assert value(at(375.0)[1], "IMU_AXIAL") < -3.7  # thrust
    assert at(375.0)[0][PITCH] == pytest.approx(-90.0, abs=1.0)
    assert value(at(450.0)[1], "IMU_AXIAL") == pytest.approx(-3.72, abs=0.01)  # on the ground
    assert value(at(450.0)[1], "IMU_RATE") == 0.0


def test_throttle_tells_that_the_rover_stands() -> None:
    contact_s = next(t[TIME] for t, c in nominal_flight() if c[DISCRETES] & 7)
    hanging = value(at(contact_s - 1.0)[1], "THROTTLE")
    standing = value(at(contact_s + 1.0)[1], "THROTTLE")
    assert 20.0 < hanging < 40.0
    assert standing < 0.65 * hanging


def test_the_radar_locks_where_it_did() -> None:
    valid = bit("RADAR_STATUS", "VALID")
    status = SENSOR_FRAME.index("RADAR_STATUS")
    first, counts = next(row for row in nominal_flight() if row[1][status] & valid)
    assert first[ALTITUDE] == pytest.approx(6600.0, abs=150.0)
    assert value(counts, "RADAR_RANGE") == pytest.approx(first[ALTITUDE], rel=0.03)


def test_radar_is_two_frames_old_and_new_every_four() -> None:
    i = round((350.0 + 10.0) * 64)
    rows = nominal_flight()[i : i + 64]
    sequence = [c[SENSOR_FRAME.index("RADAR_SEQUENCE")] for _, c in rows]
    changes = [n for n in range(1, 64) if sequence[n] != sequence[n - 1]]
    assert {b - a for a, b in pairwise(changes)} == {Radar.PERIOD}
    new = changes[3]
    truth = rows[new - Radar.LATENCY][0]
    beam = -sin(radians(truth[PITCH]))
    measured = value(rows[new][1], "RADAR_RANGE")
    assert measured == pytest.approx(truth[ALTITUDE] / beam, abs=1.0 / 128)
    closing = truth[UP] * beam - truth[EAST] * cos(radians(truth[PITCH]))
    assert value(rows[new][1], "RADAR_SPEED") == pytest.approx(closing, abs=1.0 / 512)
    assert closing < 0.0


def test_separation_switches_close_late_and_in_order() -> None:
    seen = []
    before = 0
    for _, counts in nominal_flight():
        discretes = counts[DISCRETES]
        for i, name in enumerate(ENUMS["DISCRETES"]):
            if discretes >> i & 1 and not before >> i & 1 and not name.startswith("CONTACT"):
                seen.append(name)
        before = discretes
    assert seen == [
        "ARMING_JUMPER",
        "CRUISE_STAGE_GONE",
        "HEAT_SHIELD_GONE",
        "BACK_SHELL_GONE",
        "ROVER_FREE",
        "BRIDLE_CUT",
    ]


def test_contact_switches_are_independent_and_settle() -> None:
    closed: dict[int, float] = {}
    for truth, counts in nominal_flight():
        for i in range(3):
            if counts[DISCRETES] >> i & 1:
                closed.setdefault(i, truth[TIME])
    assert len(set(closed.values())) > 1
    assert max(closed.values()) - min(closed.values()) < 0.2
    assert all(counts[DISCRETES] & 7 == 7 for _, counts in nominal_flight()[-64:])


def test_a_wild_swing_saturates_the_rate_and_says_so() -> None:
    config = replace(nominal(), start_from_ei_s=-10.0, swing_kick_deg_s=500.0)
    world = World(0, config=config)
    actuators = [0] * len(ACTUATOR_FRAME)
    actuators[ACTUATOR_FRAME.index("OUTPUTS_FIRED")] = 0b10001
    saturated = bit("IMU_STATUS", "RATE_SATURATED")
    found = False
    for _ in range(12 * 64):
        world.step(actuators)
        counts = world.sensor_counts()
        assert abs(value(counts, "IMU_RATE")) <= 187.5
        if counts[SENSOR_FRAME.index("IMU_STATUS")] & saturated:
            found = True
            assert abs(value(counts, "IMU_RATE")) == pytest.approx(187.5, abs=1e-3)
    assert found


def test_the_microphone_makes_sixteen_blocks_a_second_while_its_gate_is_open() -> None:
    blocks = SENSOR_FRAME.index("MIC_BLOCKS")
    assert at(100.0)[1][blocks] - at(90.0)[1][blocks] == 160
    world = World(0, config=replace(nominal(), start_from_ei_s=0.0))
    for _ in range(64):
        world.step([0] * len(ACTUATOR_FRAME))
    assert world.sensor_counts()[blocks] == 0
    level = SENSOR_FRAME.index("MIC_LEVEL")
    assert at(95.0)[1][level] > 10 * at(-5.0)[1][level]


def test_quantisation_loses_nothing() -> None:
    """A bias of a third of a step is seen as one count in three."""
    third = 1.0 / 1024 / 3
    config = replace(
        nominal(),
        start_from_ei_s=-20.0,
        sensors=SensorErrors(accelerometer_bias_m_s2=(third, 0.0)),
    )
    world = World(0, config=config)
    total = 0
    for _ in range(300):
        world.step([0] * len(ACTUATOR_FRAME))
        total += world.sensor_counts()[0]
    assert total == pytest.approx(100, abs=1)


def test_scales_come_from_the_dictionary() -> None:
    assert scale("RADAR_RANGE").counts(1.0) == 256
    assert scale("IMU_STATUS").highest == 255
    assert scale("THROTTLE").counts(1e9) == 0xFFFF
    assert scale("RADAR_SPEED").counts(-1e12) == -(1 << 30)
