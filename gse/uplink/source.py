"""Where does the spacecraft listen and speak? Octets up and down over TCP, UDP or a serial port."""

from __future__ import annotations

import os
import select
import socket
import time
from pathlib import Path
from typing import Protocol

import serial

from gse.errors import UserError

FORMS = "tcp:HOST:PORT, udp:HOST:PORT, serial:PORT[:BAUD] or sim:DIR"
LIVE = "live"  # in the directory of a live simulation: the source it serves
BAUD = 115200
_CONNECT_S = 5.0
_LARGEST = 4096


class Source(Protocol):
    """Both directions of one link."""

    def send(self, octets: bytes) -> None:
        """Raises UserError when the far end is gone."""

    def receive(self, wait_s: float) -> bytes:
        """What has come, after so many seconds at most. Raises UserError like send."""

    def close(self) -> None: ...


def open_source(text: str) -> Source:
    """Raises UserError for a text that is none of FORMS, or when nothing is there."""
    kind, _, rest = text.partition(":")
    if kind == "sim" and rest:
        return open_source(_live(Path(rest)))
    if kind in ("tcp", "udp"):
        host, _, port = rest.rpartition(":")
        return _Socket(kind, host or "127.0.0.1", port_number(port, text))
    if kind == "serial" and rest:
        name, _, baud = rest.rpartition(":")
        return _Serial(name, int(baud)) if name and baud.isdecimal() else _Serial(rest, BAUD)
    raise UserError(f"{text!r} names no link: write {FORMS}")


def port_number(text: str, whole: str) -> int:
    """Raises UserError when it is none."""
    if text.isascii() and text.isdecimal() and int(text) <= 0xFFFF:
        return int(text)
    raise UserError(f"{whole!r} has no port number from 0 to 65535 at its end")


def _live(directory: Path) -> str:
    try:
        return (directory / LIVE).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"no simulation is live in {directory}: start one with edlcam fly --serve tcp:5000 "
            f"--out {directory}"
        ) from error


class _Socket:
    """A TCP connection, or UDP datagrams to and from one address."""

    def __init__(self, kind: str, host: str, port: int) -> None:
        self._name = f"{kind}:{host}:{port}"
        self._stream = kind == "tcp"
        try:
            self._socket = self._connected(host, port)
        except OSError as error:
            raise UserError(
                f"nothing answers at {self._name} ({error.strerror or error}): start the board or "
                "the simulation there, or name another port"
            ) from error

    def _connected(self, host: str, port: int) -> socket.socket:
        if self._stream:
            return socket.create_connection((host, port), _CONNECT_S)
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        made = socket.socket(found[0], found[1])
        try:
            made.connect(found[4])
            made.send(b"")  # whoever serves datagrams learns where to send his
        except OSError:
            made.close()
            raise
        return made

    def send(self, octets: bytes) -> None:
        try:
            self._socket.sendall(octets)
        except OSError as error:
            raise self._gone() from error

    def receive(self, wait_s: float) -> bytes:
        if not select.select([self._socket], [], [], wait_s)[0]:
            return b""
        try:
            octets = self._socket.recv(_LARGEST)
        except OSError as error:
            raise self._gone() from error
        if not octets and self._stream:
            raise self._gone()
        return octets

    def _gone(self) -> UserError:
        return UserError(
            f"{self._name} has closed the link: it serves one at a time, or it has ended"
        )

    def close(self) -> None:
        self._socket.close()


class _Serial:
    """A serial port."""

    def __init__(self, name: str, baud: int) -> None:
        self._name = name
        try:
            self._port = serial.Serial(name, baud, timeout=0, exclusive=True)
        except (OSError, ValueError) as error:  # SerialException is an OSError
            number = error.errno if isinstance(error, OSError) else None
            reason = os.strerror(number) if number else str(error)
            raise UserError(
                f"cannot open {name} ({reason}): plug the board in, and end other programs that "
                "use the port"
            ) from error

    def send(self, octets: bytes) -> None:
        try:
            self._port.write(octets)
        except OSError as error:
            raise self._gone() from error

    def receive(self, wait_s: float) -> bytes:
        try:
            octets = bytes(self._port.read(_LARGEST))
            if not octets:
                time.sleep(min(wait_s, 0.02))
            return octets
        except OSError as error:
            raise self._gone() from error

    def _gone(self) -> UserError:
        return UserError(f"the board on {self._name} went away: plug it in and try again")

    def close(self) -> None:
        self._port.close()
