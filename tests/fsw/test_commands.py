"""Is a good command carried out, and every other refused, counted and without effect?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw import missions
from fsw.app import FlightCore
from fsw.dictionary.channels import ENUMS
from fsw.dictionary.commands import COMMANDS
from fsw.dictionary.index import channel, parameter
from fsw.dictionary.parameters import PARAMETERS
from fsw.kernel.cvt import COUNT_MASK
from gse.errors import UserError
from gse.uplink import arming, telecommand
from tests.fsw.bench_board import RecordingBoard
from tests.nor import NorFlash

RESULTS = ENUMS["COMMAND_RESULT"]
NAV_INITIALISE = next(row[1] for row in COMMANDS if row[0] == "NAV_INITIALISE")
RESET = ENUMS["RESET_CAUSE"].index("WATCHDOG")
ARM = telecommand("ARM_COMMAND", {"command": NAV_INITIALISE})
HAZARDOUS_COMMAND = telecommand(
    "NAV_INITIALISE",
    {"time": 5000, "altitude": 0, "vertical_velocity": 0, "horizontal_velocity": 0, "pitch": 0},
)


class Rig:
    def __init__(self, flash: NorFlash | None = None) -> None:
        """flash: by default erased."""
        self.board = RecordingBoard()
        self.board.flash = flash or self.board.flash
        self.core = FlightCore(self.board, missions.load("mars2020"), "CRC")
        self.core.start(1000, 0)
        self.run(8)

    def run(self, frames: int) -> None:
        for _ in range(frames):
            self.core.minor_frame()

    def send(self, packet: bytes) -> str:
        self.board.commands.append(packet)
        self.run(4)
        result: str = RESULTS[self["COMMAND_RESULT"]]
        return result

    def __getitem__(self, name: str) -> int:
        value: int = self.core.cvt[channel(name)]
        return value


def test_a_no_op_is_done_and_counted() -> None:
    rig = Rig()
    assert rig.send(telecommand("NO_OP", {})) == "DONE"
    assert (rig["COMMANDS_ACCEPTED"], rig["COMMANDS_REJECTED"]) == (1, 0)


def test_the_clock_is_adjusted_and_no_time_in_a_state_changes() -> None:
    rig = Rig()
    before = rig["SCLK_S"], rig["EDL_TIME_IN_STATE"]
    assert rig.send(telecommand("CLOCK_ADJUST", {"seconds": 40000})) == "DONE"
    assert rig["SCLK_S"] == before[0] + 40000
    assert rig["EDL_TIME_IN_STATE"] == before[1] + 4
    assert rig.send(telecommand("CLOCK_ADJUST", {"seconds": -40000})) == "DONE"
    assert rig["SCLK_S"] == before[0]


def test_a_parameter_is_set_within_its_range_only() -> None:
    rig = Rig()
    row = parameter("ALTIMETER_LOCK_SAMPLES")
    assert rig.send(telecommand("PARAMETER_SET", {"parameter": row, "value": 12})) == "DONE"
    assert rig.core.parameters.values[row] == 12
    for value in (0, 256, -1):
        assert (
            rig.send(telecommand("PARAMETER_SET", {"parameter": row, "value": value}))
            == "OUT_OF_RANGE"
        )
    assert rig.core.parameters.values[row] == 12
    unknown = {"parameter": len(PARAMETERS), "value": 1}
    assert rig.send(telecommand("PARAMETER_SET", unknown)) == "OUT_OF_RANGE"


def test_a_navigated_state_is_taken_up_at_its_second_and_not_in_the_past() -> None:
    rig = Rig()
    state = {
        "altitude": 120000 << 8,
        "vertical_velocity": -1500 << 10,
        "horizontal_velocity": 5000 << 10,
        "pitch": -3000000,
    }
    assert rig.send(ARM) == "DONE"
    assert rig.send(telecommand("NAV_INITIALISE", {"time": 1000, **state})) == "NOT_NOW"
    assert rig.send(ARM) == "DONE"
    assert rig.send(telecommand("NAV_INITIALISE", {"time": 1002, **state})) == "DONE"
    while rig["SCLK_S"] < 1002:
        assert not rig["NAV_STATUS"] & 1
        rig.run(1)
    assert rig["NAV_STATUS"] & 1
    assert rig["NAV_ALTITUDE"] == 120000 << 8
    assert rig["NAV_HORIZONTAL_VELOCITY"] == 5000 << 10


def test_a_hazardous_command_is_carried_out_once_after_it_was_armed_only() -> None:
    rig = Rig()
    assert rig.send(HAZARDOUS_COMMAND) == "NOT_ARMED"
    assert (rig["COMMANDS_REJECTED"], rig["COMMANDS_ACCEPTED"]) == (1, 0)
    assert rig["COMMAND_OPCODE"] == NAV_INITIALISE
    assert rig.send(ARM) == "DONE"
    assert rig.send(telecommand("NO_OP", {})) == "DONE"  # what is harmless may come in between
    assert rig.send(HAZARDOUS_COMMAND) == "DONE"
    assert rig.send(HAZARDOUS_COMMAND) == "NOT_ARMED"
    assert arming(HAZARDOUS_COMMAND) == ARM
    assert arming(ARM) == arming(telecommand("NO_OP", {})) == b""


@pytest.mark.parametrize(("frames", "result"), [(636, "DONE"), (640, "NOT_ARMED")])
def test_arming_lasts_ten_seconds(frames: int, result: str) -> None:
    """Commands are looked for every four minor frames."""
    rig = Rig()
    rig.send(ARM)
    rig.run(frames)
    assert rig.send(HAZARDOUS_COMMAND) == result


def test_only_a_hazardous_command_can_be_armed_and_a_reset_disarms() -> None:
    rig = Rig()
    for opcode in (0, 0x01, 0x03, 0x20, 0xFF):
        assert rig.send(telecommand("ARM_COMMAND", {"command": opcode})) == "OUT_OF_RANGE"
    rig.send(ARM)
    rig.core = FlightCore(rig.board, missions.load("mars2020"), "CRC")
    rig.core.start(1000, RESET)
    rig.run(8)
    assert rig.send(HAZARDOUS_COMMAND) == "NOT_ARMED"


def test_the_counter_of_minor_frames_may_wrap_while_a_command_is_armed() -> None:
    rig = Rig()
    rig.core.cvt[channel("FRAME_COUNT")] = COUNT_MASK - 5
    rig.run(3)
    assert rig.send(ARM) == "DONE"
    rig.run(40)
    assert rig.send(HAZARDOUS_COMMAND) == "DONE"


def test_a_dump_sends_every_parameter() -> None:
    rig = Rig()
    rig.send(telecommand("PARAMETER_DUMP", {}))
    sent = rig["PACKETS_SENT"] + rig["PACKETS_DROPPED"]
    rig.run(64 * 3)
    marker = bytes([0x08, 0x50])  # APID 0x050
    stream = b"".join(cadu[10:221] for cadu in rig.board.cadus)
    assert stream.count(marker) >= len(PARAMETERS)
    assert rig["PACKETS_SENT"] > sent


good = telecommand("PARAMETER_SET", {"parameter": 1, "value": 99})


@pytest.mark.parametrize("cut", range(len(good)))
def test_a_truncated_command_is_refused(cut: int) -> None:
    rig = Rig()
    before = list(rig.core.parameters.values)
    result = rig.send(good[:cut])
    assert result == ("NONE" if cut == 0 else "MALFORMED")
    assert list(rig.core.parameters.values) == before


@given(st.integers(0, len(good) * 8 - 1))
def test_a_command_with_a_flipped_bit_is_refused(bit: int) -> None:
    rig = Rig()
    before = list(rig.core.parameters.values)
    damaged = bytearray(good)
    damaged[bit // 8] ^= 1 << (bit % 8)
    assert rig.send(bytes(damaged)) == "MALFORMED"
    assert rig["COMMANDS_REJECTED"] == 1
    assert list(rig.core.parameters.values) == before


@given(st.lists(st.binary(max_size=64), max_size=5))
def test_garbage_is_counted_and_has_no_effect(packets: list[bytes]) -> None:
    rig = Rig()
    before = list(rig.core.parameters.values)
    for packet in packets:
        rig.send(packet)
    assert rig["COMMANDS_ACCEPTED"] == 0
    refused = rig["COMMANDS_REJECTED"] + rig["FILE_PDUS_REFUSED"]
    assert refused == sum(1 for p in packets if p)
    assert list(rig.core.parameters.values) == before


@pytest.mark.parametrize("row", COMMANDS, ids=[row[0] for row in COMMANDS])
def test_every_argument_is_checked_on_the_ground_and_on_board(row: tuple) -> None:  # type: ignore[type-arg]
    name, _, arguments, *_ = row
    inside = {a[0]: max(a[2], 0) for a in arguments}
    for argument, _, lowest, highest in arguments:
        for value in (lowest - 1, highest + 1):
            with pytest.raises(UserError, match=argument):
                telecommand(name, {**inside, argument: value})
    with pytest.raises(UserError, match=name):
        telecommand(name, {**inside, "no_such": 1})
