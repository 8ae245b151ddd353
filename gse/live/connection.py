"""Where does the spacecraft listen and speak? One connection: octets up and down.

A connection that breaks stays broken and says so; gse.live.source opens the next one.
"""

from __future__ import annotations

import os
import select
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import serial

from gse.errors import UserError
from gse.live.address import Address, parse
from gse.live.replay import Replay

LIVE = "live"  # in the directory of a live simulation: the source it serves
_CONNECT_S = 3.0
_LARGEST = 65536  # octets of a datagram, and more than a read of anything else needs
_SOCKET_BUFFER = 4 << 20  # octets: seconds of a burst while this process does something else
# A peer whose cable was pulled says nothing: after so many seconds it is asked, so often.
_ASK_AFTER_S, _ASK_EVERY_S, _ASK_TIMES = 5, 2, 3


class Connection(Protocol):
    """Both directions of one link."""

    def send(self, octets: bytes) -> None:
        """Raises UserError when the far end is gone."""

    def receive(self, wait_s: float) -> bytes:
        """What has come, after so many seconds at most. Raises UserError like send."""

    def close(self) -> None: ...


def connect(text: str) -> Connection:
    """Raises UserError for a text that names no link, or when nothing is there."""
    return connect_to(parse(text))


def connect_to(address: Address) -> Connection:
    """Raises UserError when nothing is there."""
    if address.kind == "sim":
        return connect(_live(Path(address.place)))
    if address.kind == "udp" and not address.place:
        return _Listener(address)
    if address.kind == "serial":
        return _Serial(address.place, address.baud)
    if address.kind == "file":
        return Replay(Path(address.place), address.speed)
    return _Socket(address)


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

    def __init__(self, address: Address) -> None:
        self._name = address.text
        self._stream = address.kind == "tcp"
        try:
            self._socket = self._connected(address.place, address.port)
        except OSError as error:
            raise UserError(
                f"nothing answers at {self._name} ({error.strerror or error}): start the board or "
                "the simulation there, or name another port"
            ) from error

    def _connected(self, host: str, port: int) -> socket.socket:
        if self._stream:
            made = socket.create_connection((host, port), _CONNECT_S)
            _ask_silent_peer(made)
            return made
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        made = socket.socket(found[0], found[1])
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SOCKET_BUFFER)
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


def _ask_silent_peer(made: socket.socket) -> None:
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        ("TCP_KEEPIDLE", _ASK_AFTER_S),
        ("TCP_KEEPINTVL", _ASK_EVERY_S),
        ("TCP_KEEPCNT", _ASK_TIMES),
    ):
        if hasattr(socket, option):  # not on every system
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


class _Listener:
    """UDP datagrams of whoever sends them to this port; answers go to the last sender."""

    def __init__(self, address: Address) -> None:
        self._name = address.text
        self._peer: object = None
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SOCKET_BUFFER)
            self._socket.bind(("", address.port))
        except OSError as error:
            self._socket.close()
            raise UserError(
                f"cannot listen at {self._name} ({error.strerror or error}): end the other program "
                "that does, or name another port"
            ) from error

    @property
    def port(self) -> int:
        """On which it listens: that of the source, or the one that the system chose for 0."""
        return int(self._socket.getsockname()[1])

    def send(self, octets: bytes) -> None:
        if self._peer is None:
            raise UserError(f"nothing has been heard at {self._name}, so there is nobody to answer")
        try:
            self._socket.sendto(octets, self._peer)  # type: ignore[call-overload]
        except OSError as error:
            raise UserError(f"cannot send from {self._name} ({error.strerror})") from error

    def receive(self, wait_s: float) -> bytes:
        if not select.select([self._socket], [], [], wait_s)[0]:
            return b""
        try:
            octets, self._peer = self._socket.recvfrom(_LARGEST)
        except OSError as error:
            raise UserError(f"cannot listen at {self._name} ({error.strerror})") from error
        return octets

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
        until = time.monotonic() + wait_s
        while True:
            octets = self._read()
            left = until - time.monotonic()
            if octets or left <= 0:
                return octets
            time.sleep(min(left, 0.01))

    def _read(self) -> bytes:
        # No more than is there: a read that goes on to wait and then fails would lose what it had.
        try:
            waiting = self._port.in_waiting
            return bytes(self._port.read(waiting)) if waiting else b""
        except (OSError, TypeError) as error:  # TypeError: pyserial, unplugged while it reads
            raise self._gone() from error

    def _gone(self) -> UserError:
        return UserError(f"the board on {self._name} went away: plug it in and try again")

    def close(self) -> None:
        with suppress(OSError):  # unplugged: nothing left to close
            self._port.close()
