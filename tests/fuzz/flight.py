"""Which parsers fly, and what does one call of each do with octets that mean nothing good?

Each target takes any octets, and lets nothing escape but a bug: flight code has no exceptions. A
target also checks what must hold whatever came. SEEDS are octets that each can make sense of, from
which a fuzzer departs.
"""

from __future__ import annotations

from collections.abc import Callable

from boards import simlink
from boards.host.flash import SECTOR, SECTORS, Flash
from boards.simserver import Server
from fsw import missions
from fsw.app import FlightCore
from fsw.data.banks import Banks
from fsw.data.numbers import NumberStore
from fsw.data.sequences import ENTRIES, SequenceStore
from fsw.dictionary.channels import SEQUENCES
from fsw.dictionary.index import fingerprint
from fsw.dictionary.packets import PACKETS, SENSOR_FRAME
from fsw.kernel.checkpoint import RETAINED, Checkpoint
from fsw.kernel.events import Events
from fsw.kernel.parameters import Parameters
from fsw.link.antireplay import AntiReplay, provision
from fsw.link.cltu import CltuDecoder
from fsw.link.counters import Counters
from fsw.link.farm import Farm
from fsw.link.tcframe import TcFrame
from gse.keys import Key
from gse.lockstep import Begin, SensorMessages, message
from gse.sequences import Entry, Sequence
from gse.uplink import cltu, telecommand
from gse.uplink.frame import UNLOCK, Frame, Kind, seal, set_v
from gse.uplink.numbers import Numbers
from gse.uplink.security import Security
from tests.fsw.bench_board import RecordingBoard, Values
from tests.fsw.forging import CHANNEL, KEY_ID, SPACECRAFT
from tests.nor import NorFlash
from tests.spacecraft import Secured

MISSION = missions.load("mars2020")
HASH = fingerprint(MISSION)
LONGEST = 4096  # octets that a target looks at


def _blocks(octets: bytes) -> None:
    """CLTUs and their BCH codeblocks, with and without correction."""
    for corrects in (False, True):
        decoder = CltuDecoder(corrects=corrects)
        for octet in octets:
            if decoder.take(octet):
                assert 0 < decoder.length <= len(decoder.frame)


def _frame(octets: bytes) -> None:
    """Transfer frames and FARM-1, as they came and with a right CRC."""
    farm = Farm(CHANNEL, 32)
    for candidate in (octets, seal(octets)):
        for secured in (False, True):
            frame = TcFrame(SPACECRAFT, CHANNEL, secured)
            buffer = bytearray(candidate)
            if frame.read(buffer, len(buffer)) == 0:
                assert 0 <= frame.start <= frame.end <= frame.length <= len(buffer)
                farm.take(frame, True)
                farm.report(True, True)
    farm.resume(int.from_bytes(octets[:2], "big"))


def _uplink(octets: bytes) -> None:
    """All of the receiver, from CLTU to FARM-1: without the key nothing comes out of it."""
    board = Secured()
    board.deliver(cltu.encode(seal(octets)) if octets[:1] < b"\x80" else octets)
    assert not board.packets


def _started(board: RecordingBoard) -> FlightCore:
    core = FlightCore(board, MISSION)
    core.start(1000, 0)
    return core


class _Core:
    """One core for many packets: a fuzzer that had to build one each time would see few."""

    def __init__(self) -> None:
        self.board = RecordingBoard()
        self.core = _started(self.board)

    def take(self, octets: bytes) -> None:
        self.board.commands.append(octets)
        for _ in range(4):
            self.core.minor_frame()
        self.board.cadus.clear()
        assert all(-(1 << 30) <= value < 1 << 30 for value in self.core.cvt)


_cores: list[_Core] = []


def _commands(octets: bytes) -> None:
    """Telecommand packets, loads of sequences among them: octets are cut up into packets at 0xFE,
    and each comes as it is, and as a packet whose length and CRC are right."""
    if not _cores:
        _cores.append(_Core())
    for part in octets.split(b"\xfe")[:8]:
        _cores[0].take(part)
        if part:
            _cores[0].take(_packet(part))


def _packet(contents: bytes) -> bytes:
    """A telecommand packet around what follows its header."""
    contents = contents[:50]
    header = b"\x11\x00\xc0\x00" + (len(contents) + 1).to_bytes(2, "big")
    return seal(header + contents)


def _flash(octets: bytes) -> None:
    """Banks, sequences and numbers of a board whose flash holds anything."""
    size = SECTORS * SECTOR
    filling = octets or b"\xff"
    memory = bytearray((filling * (size // len(filling) + 1))[:size])
    _read_flash(memory)
    for sector in range(SECTORS):  # and where every sector begins with it
        memory[sector * SECTOR : sector * SECTOR + len(octets[:SECTOR])] = octets[:SECTOR]
    _read_flash(memory)


def _read_flash(memory: bytearray) -> None:
    flash = NorFlash(SECTORS, memory)
    values = Values()
    events = Events(values.cvt)
    parameters = Parameters(MISSION)
    Banks(values.cvt, events, flash, parameters, MISSION).load()
    store = SequenceStore(flash)
    for slot in range(SEQUENCES):
        count = store.find(slot, HASH)
        assert -1 <= count <= ENTRIES
        for number in range(count):
            store.read(slot, number)
    numbers = AntiReplay(NumberStore(flash), KEY_ID)
    assert -1 <= numbers.reserved < 1 << 30


def _checkpoint(octets: bytes) -> None:
    """What a reset may leave in the retained memory; then a core starts on it."""
    values = Values()
    retained = bytearray(octets[:RETAINED].ljust(RETAINED, b"\0"))
    checkpoint = Checkpoint(values.cvt, retained, Counters(PACKETS))
    if checkpoint.restore(HASH):
        assert all(-(1 << 30) <= value < 1 << 30 for value in values.cvt)


def _zero() -> int:
    return 0


class _Wire:
    def __init__(self, octets: bytes) -> None:
        self._left = octets
        self.sent = 0

    def read(self, buffer: bytearray, n: int) -> bool:
        if len(self._left) < n:
            return False
        buffer[:n] = self._left[:n]
        self._left = self._left[n:]
        return True

    def write(self, buffer: bytearray, n: int) -> None:
        self.sent += n


def _simlink(octets: bytes) -> None:
    """A board's end of the simulation link: octets as they came, and as a message."""
    streams = [octets]
    if octets:
        streams.append(message(octets[0], octets[1:900]))
    for stream in streams:
        Server(_Wire(stream), _zero, _zero, _zero, Flash()).run()


def _valid_frames() -> list[bytes]:
    security = Security(Key(KEY_ID, b"another key".ljust(32)), Numbers(0), SPACECRAFT, CHANNEL)
    frames = [
        Frame(Kind.AD, telecommand("NO_OP", {}), 0),
        Frame(Kind.BD, telecommand("PARAMETER_DUMP", {})),
        Frame(Kind.BC, UNLOCK),
        Frame(Kind.BC, set_v(9)),
    ]
    return [frame.encode(SPACECRAFT, CHANNEL) for frame in frames] + [
        security.protect(frame)[:-2] for frame in frames
    ]


def _valid_flash() -> bytes:
    """The first sectors of a board that has stored something."""
    flash = Flash()
    values = Values()
    provision(NumberStore(flash), KEY_ID)
    Banks(values.cvt, Events(values.cvt), flash, Parameters(MISSION), MISSION).save()
    return bytes(flash.memory[2 * SECTOR : 3 * SECTOR])


def _valid_checkpoint() -> bytes:
    board = RecordingBoard()
    core = _started(board)
    for _ in range(16):
        core.minor_frame()
    return bytes(board.retained)


def _sequence_load() -> bytes:
    sequence = Sequence(1, (Entry(1, 64, "NO_OP", {}), Entry(0, 64, "SEQUENCE_STOP", {"slot": 2})))
    return b"\xfe".join(packet[6:-2] for packet in sequence.packets())


_BEGIN = message(simlink.BEGIN, Begin("mars2020", 1000, 4).payload())
_FRAMES = _valid_frames()

TARGETS: dict[str, Callable[[bytes], None]] = {
    "cltu": _blocks,
    "frame": _frame,
    "uplink": _uplink,
    "commands": _commands,
    "flash": _flash,
    "checkpoint": _checkpoint,
    "simlink": _simlink,
}


def any_of_them(octets: bytes) -> None:
    """The target that the first octet chooses."""
    if octets:
        TARGETS[list(TARGETS)[octets[0] % len(TARGETS)]](octets[1:])


SEEDS: dict[str, list[bytes]] = {
    "cltu": [cltu.encode(frame) for frame in _FRAMES],
    "frame": _FRAMES,
    "uplink": _FRAMES,
    "commands": [
        _sequence_load(),
        telecommand("NO_OP", {})[6:-2],
        telecommand("PARAMETER_SET", {"parameter": 1, "value": 5})[6:-2],
        telecommand("ARM_COMMAND", {"command": 3})[6:-2],
    ],
    "flash": [_valid_flash()],
    "checkpoint": [_valid_checkpoint()],
    "simlink": [
        _BEGIN + SensorMessages().build([0] * len(SENSOR_FRAME), telecommand("NO_OP", {})),
        b"B" + Begin("droptest", 1000, 4).payload(),
        b"F",
        message(simlink.FUNCTIONS, b"") + message(simlink.CALL, bytes(9)),
    ],
}
ALL = [bytes([n]) + seed for n, name in enumerate(TARGETS) for seed in SEEDS[name]]
