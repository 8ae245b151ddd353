"""How do the files get onto a board that runs MicroPython, so that it can always be tried again?

main.py is taken away first and written last: unplugged half-way, the board comes up with its prompt
and is flashed by the same command. Only what differs is copied, and everything is verified by its
SHA-256, reckoned on the board.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath
from typing import Any

import serial
from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport
from serial.tools import list_ports

from gse import decode, dictionary
from gse.deploy.boards import SECTOR, Board
from gse.deploy.build import MAIN
from gse.errors import UserError

RASPBERRY_PI = 0x2E8A
_BOOT_ROMS = (0x0003, 0x000F)  # product numbers of RP2040 and RP2350 without firmware
MPY_VERSION = 6
_ANSWER_S = 10.0
FIRST_FRAME_S = 30.0

Progress = Callable[[float, str], None]

_SURVEY = """
import os, sys, hashlib, binascii
def _walk(path):
    for entry in os.ilistdir(path or '/'):
        name = path + '/' + entry[0]
        if entry[1] & 0x4000:
            _walk(name)
        else:
            digest = hashlib.sha256()
            with open(name, 'rb') as file:
                while True:
                    some = file.read(512)
                    if not some:
                        break
                    digest.update(some)
            print(binascii.hexlify(digest.digest()).decode(), name[1:])
_walk('')
"""
_IDENTITY = (
    "import sys, os; i = sys.implementation; s = os.statvfs('/'); "
    "print(i.name, getattr(i, '_mpy', 0) & 255, s[0] * s[3], getattr(i, '_machine', '?'))"
)


def find_port() -> str:
    """The serial port of the one board that is plugged in.

    Raises UserError when there is none, or more than one.
    """
    ports = [port for port in list_ports.comports() if port.vid == RASPBERRY_PI]
    waiting = [port for port in ports if port.pid in _BOOT_ROMS]
    running = [port.device for port in ports if port.pid not in _BOOT_ROMS]
    if len(running) == 1:
        return str(running[0])
    if running:
        raise UserError(f"several boards are plugged in: name one with --port {running[0]}")
    if waiting:
        raise UserError(
            "the board has no MicroPython: copy its UF2 from micropython.org/download onto the "
            "drive that the board shows, then try again"
        )
    raise UserError(
        "no board found: plug it in with a USB cable that carries data; a new one needs "
        "MicroPython first, see docs/flashing.md"
    )


@contextmanager
def prompt(port: str) -> Iterator[SerialTransport]:
    """The board's raw prompt; whatever runs there is stopped.

    Raises UserError when the port cannot be opened, when no MicroPython answers, or when the board
    goes away.
    """
    try:
        transport = SerialTransport(port, timeout=_ANSWER_S)
    except (TransportError, OSError) as error:
        raise UserError(
            f"cannot open {port}: plug the board in, and end whatever else uses the port"
        ) from error
    try:
        try:
            transport.enter_raw_repl(timeout_overall=_ANSWER_S)
        except TransportError as error:
            raise UserError(
                f"no MicroPython answers on {port}: copy its UF2 from micropython.org/download "
                "onto the board (hold BOOTSEL while plugging in), then try again"
            ) from error
        yield transport
    except (serial.SerialException, OSError, TransportError) as error:
        raise UserError(
            f"the board on {port} went away: plug it in and run the same command again, "
            "which goes on from here"
        ) from error
    finally:
        with suppress(serial.SerialException, OSError):  # unplugged: it is closed
            transport.close()


def check(transport: SerialTransport, board: Board) -> int:
    """Free octets of the right board's file system.

    Raises UserError for another board or a MicroPython that cannot load our files.
    """
    words = _run(transport, _IDENTITY).split(maxsplit=3)
    name, mpy, free, machine = words[0], int(words[1]), int(words[2]), words[3]
    if name != "micropython":
        raise UserError(f"the board runs {name}, not MicroPython: see docs/flashing.md")
    if board.machine not in machine:
        raise UserError(
            f"this is a {machine}, not a {board.title}: name the board with --board, or plug in "
            "the right one"
        )
    if mpy != MPY_VERSION:
        raise UserError(
            f"the MicroPython on the board loads files of version {mpy}, ours are {MPY_VERSION}: "
            f"install a newer {board.firmware} from micropython.org/download"
        )
    return free


def copy(
    transport: SerialTransport, files: Mapping[str, bytes], free: int, progress: Progress
) -> tuple[int, int]:
    """Makes the board's files these; how many were copied, and how many removed.

    Raises UserError when they do not fit, or when one is not on the board as it should be.
    """
    there = survey(transport)
    wanted = {path: hashlib.sha256(contents).hexdigest() for path, contents in files.items()}
    changed = [path for path in files if there.get(path) != wanted[path]]
    stale = [path for path in there if path not in files and _is_ours(path)]
    if not changed and not stale:
        return 0, 0
    needed = sum(_sectors(files[path]) for path in changed)
    if needed > free:
        raise UserError(
            f"{needed:,} octets are to be copied and {free:,} are free on the board: delete files "
            "of yours there (mpremote fs rm), then try again"
        )
    if MAIN in there:
        transport.fs_rmfile(MAIN)
    for path in stale:
        if path != MAIN:
            transport.fs_rmfile(path)
    changed = [path for path in changed if path != MAIN]
    _make_directories(transport, changed)
    total = sum(len(files[path]) for path in changed) or 1
    done = 0
    for path in changed:
        progress(done / total, path)
        transport.fs_writefile(path, files[path])
        done += len(files[path])
    verify(transport, {path: digest for path, digest in wanted.items() if path != MAIN})
    transport.fs_writefile(MAIN, files[MAIN])
    verify(transport, wanted)
    progress(1.0, "verified")
    return len(changed) + 1, len(stale)


def survey(transport: SerialTransport) -> dict[str, str]:
    """SHA-256 of every file on the board, by path, in hexadecimal."""
    lines = _run(transport, _SURVEY).splitlines()
    return {path: digest for digest, _, path in (line.partition(" ") for line in lines if line)}


def verify(transport: SerialTransport, wanted: Mapping[str, str]) -> None:
    """Raises UserError when a file on the board is not as it should be."""
    there = survey(transport)
    for path, digest in wanted.items():
        if there.get(path) != digest:
            raise UserError(
                f"{path} is not on the board as it was sent: run the same command again; if it "
                "stays so, the flash of the board is worn out"
            )


def restart(transport: SerialTransport) -> None:
    """Starts main.py, and leaves the port to it."""
    transport.exit_raw_repl()
    transport.serial.write(b"\x04")


def first_frame(port: Any, mission: str, patience_s: float = FIRST_FRAME_S) -> str:
    """Waits for the first transfer frame of this mission; the dictionary's verdict on it.

    port: a serial port that is open and is read with a timeout. Raises UserError when none comes.
    """
    expected = dictionary.load(mission)
    received = bytearray()
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        received += port.read(256)
        found = decode.decode(bytes(received), expected)
        if found.report.frames_good and found.events.num_rows:
            return found.report.dictionary
    raise UserError(
        "the board was flashed and verified, but no transfer frame came from it within "
        f"{patience_s:.0f} s: look at its LED, and at what it says with mpremote repl"
    )


def _run(transport: SerialTransport, program: str) -> str:
    text: str = transport.exec(program).decode("utf-8", "replace").strip()
    return text


def _is_ours(path: str) -> bool:
    return path.startswith(("fsw/", "boards/")) or path in ("mission", MAIN)


def _sectors(contents: bytes) -> int:
    """Octets of flash that a file takes, with a share of its directory."""
    return -(-(len(contents) + 64) // SECTOR) * SECTOR


def _make_directories(transport: SerialTransport, paths: list[str]) -> None:
    parents = {str(parent) for path in paths for parent in PurePosixPath(path).parents}
    for parent in sorted(parents - {"."}):
        if not transport.fs_exists(parent):
            transport.fs_mkdir(parent)
