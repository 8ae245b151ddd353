"""Do flight packing and ground decoding follow the dictionary, and only it?"""

from __future__ import annotations

import re
from typing import Any

import pytest

from fsw import missions
from fsw.dictionary.channels import CHANNELS, ENUMS
from fsw.dictionary.commands import COMMANDS
from fsw.dictionary.events import EVENTS
from fsw.dictionary.index import fingerprint
from fsw.dictionary.limits import LIMITS
from fsw.dictionary.packets import (
    ACTUATOR_FRAME,
    PACKETS,
    PRIORITIES,
    RECORD,
    SENSOR_FRAME,
)
from fsw.dictionary.parameters import PARAMETERS
from fsw.link import layout
from fsw.schedule import TASKS
from gse.link.protection import Coding

NAMES = [row[0] for row in CHANNELS]
MISSION_ENUMS = {"STATE", "OUTPUT", "CAMERA", "EVENT", "COMMAND", "PARAMETER"}


def test_no_name_stands_twice() -> None:
    for table in (CHANNELS, PACKETS, EVENTS, COMMANDS, PARAMETERS, LIMITS):
        names = [row[0] for row in table]
        assert len(names) == len(set(names))


def test_no_apid_and_no_opcode_stands_twice() -> None:
    for table in (PACKETS, COMMANDS):
        numbers = [row[1] for row in table]
        assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("row", CHANNELS, ids=NAMES)
def test_a_channel_is_complete(row: tuple[Any, ...]) -> None:
    _, wire, _, (numerator, denominator), limits, conversion, text = row
    assert wire in {"u8", "u16", "i16", "u32", "i32"}
    assert numerator > 0
    assert denominator > 0
    assert text
    if limits:
        assert limits[0] < limits[1]
    if conversion:
        kind, table = conversion.split(":")
        assert kind in {"enum", "flags"}
        assert table in ENUMS or table in MISSION_ENUMS


def test_every_field_of_every_packet_and_frame_is_a_channel() -> None:
    for fields in (*(row[6] for row in PACKETS), SENSOR_FRAME, ACTUATOR_FRAME):
        assert set(fields) <= set(NAMES)


def test_every_packet_fits_its_task() -> None:
    tasks = {row[0]: row for row in TASKS}
    for name, _, priority, task, period, phase, _ in PACKETS:
        assert priority < len(PRIORITIES)
        if period:
            assert period % tasks[task][1] == 0, name
            assert phase % tasks[task][1] == tasks[task][2], name
            assert 0 <= phase < period


def test_every_argument_of_an_event_is_named_in_its_text_or_known() -> None:
    for name, severity, text, arguments in EVENTS:
        assert 0 <= severity < len(ENUMS["SEVERITY"])
        assert len(arguments) <= 4
        assert set(arguments) <= {*NAMES, "", "CAMERA", "CHANNEL"}, name
        assert {int(n) for n in re.findall(r"\{(\d)\}", text)} <= set(range(len(arguments)))


def test_the_nominal_downlink_fits_the_link_of_every_mission() -> None:
    """Periodic packets leave a twentieth of the link to event reports and answers to commands, in
    whichever coding it is flown."""
    sizes = {"u8": 1, "u16": 2, "i16": 2, "u32": 4, "i32": 4}
    types = {row[0]: row[1] for row in CHANNELS}
    for name in missions.NAMES:
        mission = missions.load(name)
        octets_per_s = sum(
            (14 + sum(sizes[types[f]] for f in row[6])) * 64 / row[4]
            for row in PACKETS
            if row[4] and row[2] != RECORD and row[0] not in mission.SILENT_PACKETS
        )
        assert Coding.of(mission.DOWNLINK_CODING, mission.DOWNLINK_INTERLEAVE)
        for coding in Coding:
            data_field = coding.frame_length - layout.FRAME_OVERHEAD
            capacity = mission.DOWNLINK_BITS_PER_S / 8 * data_field / coding.cadu_length
            assert octets_per_s < 0.95 * capacity, (name, coding)


class OtherMission:
    """A mission that differs in one state's name."""

    NAME = "other"
    STATES = ("CRUISE",)
    OUTPUTS = ()
    CAMERAS = ()
    LIMITS = ()


def test_the_fingerprint_is_a_small_integer_that_changes_with_the_mission() -> None:
    ours = fingerprint(missions.load("mars2020"))
    assert 0 <= ours < 1 << 30
    assert ours == fingerprint(missions.load("mars2020"))
    assert ours != fingerprint(OtherMission)
