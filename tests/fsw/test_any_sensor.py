"""Does the whole flight core bear whatever the sensor frame can carry?

Every field of the sensor frame takes any value of its wire type, through the simulation link and
all tasks, in a process whose every number is checked to be a small integer: see
tests/runtimes/guard.py.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from boards import simlink
from fsw import missions
from fsw.dictionary.channels import CHANNELS
from fsw.dictionary.index import channel
from fsw.dictionary.packets import SENSOR_FRAME
from fsw.nav.selection import Selection
from gse.lockstep import Begin, SensorMessages, message
from gse.sim.counts import scale
from gse.uplink import arming, telecommand
from tests.descent import guard
from tests.fsw.bench_board import Values

SECONDS = 30


def extreme(draws: random.Random, name: str) -> int:
    """An end of what the field carries, a value next to zero, or anything between."""
    ends = scale(name)
    return draws.choice(
        [
            ends.lowest,
            ends.highest,
            0,
            1,
            ends.highest >> 1,
            draws.randint(ends.lowest, ends.highest),
        ]
    )


@pytest.mark.parametrize("mission", missions.NAMES)
def test_half_a_minute_of_extremes_keeps_every_number_small(mission: str, tmp_path: Path) -> None:
    draws = random.Random(1)
    builder = SensorMessages()
    sclk_s = missions.load(mission).EI_SCLK
    begin = Begin(mission, sclk_s - 20, 4)
    state = {
        "time": sclk_s - 17,
        "altitude": 1 << 29,
        "vertical_velocity": -8000 << 10,
        "horizontal_velocity": 8000 << 10,
        "pitch": -(1 << 24),
    }
    octets = [message(simlink.BEGIN, begin.payload())]
    held: list[int] = []
    for frame in range(64 * SECONDS):
        if frame % 7 == 0:  # now and then the same extremes for some frames
            held = [extreme(draws, name) for name in SENSOR_FRAME]
        command = telecommand("NAV_INITIALISE", state)
        uplink = {48: arming(command), 64: command}.get(frame, b"")
        octets.append(builder.build(held, uplink))
    recording = tmp_path / "sensors.bin"
    recording.write_bytes(b"".join(octets))
    done = guard(recording)
    assert done.returncode == 0, done.stderr[-500:]


def test_a_reading_beyond_its_range_is_held_there_and_counted() -> None:
    values = Values()
    selection = Selection(values.cvt)
    values["IMU_AXIAL"] = (1 << 30) - 1
    values["RADAR_RANGE"] = (1 << 30) - 1
    values["IMU_RATE"] = 1000
    selection.run()
    assert values["IMU_AXIAL"] == 200 * 1024
    assert values["RADAR_RANGE"] == 12000 * 256
    assert values["IMU_RATE"] == 1000
    assert values["READINGS_HELD"] == 2


def test_the_ranges_of_the_sensors_hold_what_the_instruments_of_the_simulation_give() -> None:
    for name, limit in (("IMU_AXIAL", 20 * 9.80665), ("IMU_RATE", 187.5)):
        lowest, highest = CHANNELS[channel(name)][4]
        assert lowest <= -limit
        assert highest >= limit
