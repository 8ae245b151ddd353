"""Does a command reach the flight software through frames alone, and does telemetry tell of it?"""

from __future__ import annotations

from collections.abc import MutableSequence

import pytest

from fsw import missions
from fsw.app import FlightCore
from fsw.dictionary.channels import ENUMS
from fsw.dictionary.index import channel, event, parameter
from fsw.link.sha256 import Sha256
from gse.uplink import cltu
from gse.uplink.clcw import Clcw
from gse.uplink.frame import UNLOCK, Frame, Kind, set_v
from gse.uplink.numbers import Numbers
from gse.uplink.packet import telecommand
from gse.uplink.security import Security
from tests.fsw.bench_board import RecordingBoard
from tests.fsw.forging import CHANNEL, KEY, KEY_ID, SPACECRAFT
from tests.fsw.stores import Store, provisioned
from tests.spacecraft import Radio, Secured

MISSION = missions.load("mars2020")
LOCK_SAMPLES = parameter("ALTIMETER_LOCK_SAMPLES")
SIMULATION, WATCHDOG = (ENUMS["RESET_CAUSE"].index(n) for n in ("SIMULATION", "WATCHDOG"))


class AuthenticatedBoard(RecordingBoard):
    """A board whose radio gives octets."""

    uplink_mode = ENUMS["UPLINK_MODE"].index("AUTHENTICATED")

    def __init__(self, store: Store, key: bytes | None = KEY.octets, rounds: int = 64) -> None:
        super().__init__()
        self.radio = Radio()
        self.command_key = (key, KEY_ID, store, Sha256(a_step=rounds))

    def receive(self, buffer: MutableSequence[int]) -> int:
        return self.radio.receive(buffer)


class Rig:
    """A flight core, and the ground with the key."""

    def __init__(self, key: bytes | None = KEY.octets, rounds: int = 64) -> None:
        self.store = provisioned(key_id=KEY_ID)
        self.rounds = rounds
        self.board = AuthenticatedBoard(self.store, key, rounds)
        self.security = Security(KEY, Numbers(), MISSION.SPACECRAFT_ID, CHANNEL)
        self.sequence = 0
        self.start(SIMULATION)

    def start(self, cause: int) -> None:
        self.core = FlightCore(self.board, MISSION, "CRC")
        self.core.start(1000, cause)
        self.run(8)

    def reset(self) -> None:
        """The watchdog: what the board keeps is kept."""
        retained = self.board.retained
        self.board = AuthenticatedBoard(self.store, rounds=self.rounds)
        self.board.retained = retained
        self.board.away_frames = 64
        self.start(WATCHDOG)

    def run(self, frames: int) -> None:
        for _ in range(frames):
            self.core.minor_frame()

    def send(self, frame: Frame) -> None:
        self.board.radio.came += cltu.encode(self.security.protect(frame))
        self.run(24 + 6 * 64 // self.rounds)

    def command(self, name: str, **arguments: int) -> str:
        self.send(Frame(Kind.AD, telecommand(name, arguments), self.sequence))
        self.sequence = (self.sequence + 1) % 256
        result: str = ENUMS["COMMAND_RESULT"][self["COMMAND_RESULT"]]
        return result

    def clcw(self) -> Clcw:
        """What came down last."""
        heard = Clcw.of_cadu(self.board.cadus[-1])
        assert heard is not None
        return heard

    def __getitem__(self, name: str) -> int:
        value: int = self.core.cvt[channel(name)]
        return value


@pytest.mark.parametrize("rounds", [64, 8])
def test_an_authenticated_command_is_carried_out(rounds: int) -> None:
    rig = Rig(rounds=rounds)
    assert rig.command("PARAMETER_SET", parameter=LOCK_SAMPLES, value=12) == "DONE"
    assert rig.core.parameters.values[LOCK_SAMPLES] == 12
    assert (rig["COMMANDS_ACCEPTED"], rig["TC_FRAMES_ACCEPTED"]) == (1, 1)
    assert (rig["CLTUS_STARTED"], rig["CLTUS_BROKEN"], rig["TC_REFUSAL"]) == (1, 0, 0)
    assert rig["TC_NUMBER"] == 1
    assert ENUMS["UPLINK_MODE"][rig["UPLINK_MODE"]] == "AUTHENTICATED"


def test_the_same_command_without_the_key_does_nothing_and_is_reported() -> None:
    for key, reason in ((None, "TC_NO_KEY"), (bytes(32), "TC_FORGED")):
        rig = Rig(key=key)
        before = list(rig.core.parameters.values)
        assert rig.command("PARAMETER_SET", parameter=LOCK_SAMPLES, value=12) == "NONE"
        assert list(rig.core.parameters.values) == before
        assert rig[reason] == 1
        assert (rig["COMMANDS_ACCEPTED"], rig["COMMANDS_REJECTED"]) == (0, 0)
        assert "TC_" + ENUMS["TC_REFUSAL"][rig["TC_REFUSAL"]] == reason


def test_a_packet_without_a_frame_is_no_longer_a_command() -> None:
    rig = Rig()
    packet = telecommand("NO_OP", {})
    rig.board.commands.append(packet)
    rig.board.radio.came += packet + cltu.encode(packet)
    rig.run(40)
    assert (rig["COMMANDS_ACCEPTED"], rig["COMMANDS_REJECTED"]) == (0, 0)
    assert rig.board.commands == [packet]


def test_the_control_word_comes_down_with_every_frame() -> None:
    rig = Rig()
    rig.run(32)
    assert rig.clcw() == Clcw(0)
    for n in range(3):
        rig.command("NO_OP")
        rig.run(32)
        assert rig.clcw() == Clcw(n + 1)
    rig.send(Frame(Kind.AD, telecommand("NO_OP", {}), 200))
    rig.run(32)
    assert rig.clcw() == Clcw(3, lockout=True)
    rig.send(Frame(Kind.BC, UNLOCK))
    rig.send(Frame(Kind.BC, set_v(77)))
    rig.run(32)
    assert rig.clcw() == Clcw(77, farm_b=2)
    assert rig["COMMANDS_ACCEPTED"] == 3


def test_a_board_without_frames_says_so_in_the_control_word() -> None:
    board = RecordingBoard()
    core = FlightCore(board, MISSION, "CRC")
    core.start(1000, SIMULATION)
    for _ in range(64):
        core.minor_frame()
    assert {cadu[-6:-2].hex() for cadu in board.cadus} == {"0100c000"}


def test_after_a_reset_the_sequence_goes_on_and_old_frames_stay_old() -> None:
    rig = Rig()
    heard = []
    for _ in range(3):
        heard.append(cltu.encode(rig.security.protect(Frame(Kind.BD, telecommand("NO_OP", {})))))
        rig.board.radio.came += heard[-1]
        rig.run(40)
        rig.command("NO_OP")
    assert rig["COMMANDS_ACCEPTED"] == 6
    rig.reset()
    rig.run(32)
    assert rig.clcw() == Clcw(3, farm_b=3)
    for octets in heard:
        rig.board.radio.came += octets
        rig.run(40)
    assert rig["TC_REPLAYED"] == 3
    assert rig["COMMANDS_ACCEPTED"] == 6
    rig.security.numbers.heard(rig["TC_NUMBER"])  # as telemetry tells the ground
    assert rig.command("NO_OP") == "DONE"
    assert rig["COMMANDS_ACCEPTED"] == 7


def test_a_locked_uplink_is_still_locked_after_a_reset() -> None:
    rig = Rig()
    rig.send(Frame(Kind.AD, telecommand("NO_OP", {}), 128))
    rig.run(8)
    rig.reset()
    rig.run(32)
    assert rig.clcw().lockout
    assert ENUMS["FARM_STATE"][rig["FARM_STATE"]] == "LOCKOUT"


def test_numbers_are_reserved_at_boot_and_not_in_flight() -> None:
    rig = Rig()
    written = rig.store.writes
    assert written > 0
    for _ in range(20):
        rig.command("NO_OP")
    assert rig.store.writes == written


def test_many_commands_at_once_come_out_in_order_and_none_is_lost() -> None:
    """Octets wait in the board's buffer while a frame is judged."""
    secured = Secured()
    security = Security(KEY, Numbers(), SPACECRAFT, CHANNEL)
    packets = [telecommand("NO_OP", {}, n) for n in range(15)]
    for n, packet in enumerate(packets):
        secured.radio.came += cltu.encode(security.protect(Frame(Kind.AD, packet, n)))
    for _ in range(400):
        secured.minor_frame()
    assert secured.packets == packets


def test_every_refusal_and_every_change_of_the_channel_is_an_event() -> None:
    secured = Secured()
    security = Security(KEY, Numbers(), SPACECRAFT, CHANNEL)
    octets = cltu.encode(security.protect(Frame(Kind.BC, UNLOCK)))
    secured.deliver(octets)
    assert secured.reports() == [event("UPLINK_CONTROL")]
    secured.deliver(octets)
    assert secured.reports() == [event("TC_REFUSED")]
    secured.deliver(cltu.encode(security.protect(Frame(Kind.AD, b"data", 128))))
    assert secured.reports() == [event("UPLINK_LOCKED")]
    secured.deliver(cltu.encode(security.protect(Frame(Kind.AD, b"data", 128))))
    assert secured.reports() == []  # it was locked already
    assert secured.values["TC_FRAMES_DISCARDED"] == 2


def test_a_flood_changes_counters_and_squelches_events() -> None:
    secured = Secured()
    octets = cltu.encode(b"\x02\xa8" + bytes(30))
    for _ in range(40):
        secured.deliver(octets)
    assert secured.values["TC_TRUNCATED"] == 40
    assert secured.values["EVENTS_SQUELCHED"] > 0
    assert secured.packets == []


def test_data_too_long_for_a_command_is_refused_as_malformed() -> None:
    rig = Rig()
    rig.send(Frame(Kind.AD, bytes(100), 0))
    assert ENUMS["COMMAND_RESULT"][rig["COMMAND_RESULT"]] == "MALFORMED"
    assert rig["COMMANDS_REJECTED"] == 1
