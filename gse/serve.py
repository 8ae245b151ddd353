"""How can a simulated descent be talked to while it flies? One client, in real time.

What goes down is sent to the client that is connected, what it sends comes up. Minor frames pass at
64 a second; a client that does not read loses octets, as one with a bad antenna does.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress

from fsw.link import layout
from fsw.link.receiver import OCTETS_A_FRAME
from fsw.schedule import MINOR_FRAMES_PER_SECOND, TASKS
from gse.errors import UserError
from gse.live.address import host_name, port_number
from gse.uplink import cltu
from gse.uplink.frame import Frame, Kind
from gse.uplink.security import Security

_LONGEST_PACKET = 64  # octets that a simulated board takes
_MOST_WAITING = 4096
_OPENS = 96  # minor frames: by then the flight's own ground has spoken, see gse.fly
_LOOK_PERIOD = next(row[1] for row in TASKS if row[0] == "COMMANDS")
# First octets of a telecommand packet: of a command, and of one about files.
_FIRST = layout.TELECOMMAND_FIRST
_SECOND = bytes([layout.TELECOMMAND_APID & 0xFF, layout.FILES_TELECOMMAND_APID & 0xFF])


class Ground:
    """The ground of one flight."""

    def __init__(
        self,
        where: str,
        security: Security | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """where: tcp:PORT or tcp:HOST:PORT; security: where the board takes authenticated frames.

        Raises UserError for another text, or a port that is not to be had.
        """
        kind, _, rest = where.partition(":")
        if kind != "tcp":
            raise UserError(f"{where!r} cannot be served: write tcp:PORT or tcp:HOST:PORT")
        host, _, port = rest.rpartition(":")
        number = port_number(port, where)
        host = host_name(host, where) or "127.0.0.1"
        try:
            self._listener = socket.create_server((host, number))
        except socket.gaierror as error:
            raise UserError(
                f"cannot serve at {host} ({error.strerror}): name an address of this machine"
            ) from error
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise UserError(
                f"cannot serve on port {number} ({reason}): name another one"
            ) from error
        self._listener.setblocking(False)
        self._client: socket.socket | None = None
        self._security = security
        self._came = bytearray()
        self._own = bytearray()  # of the flight's own ground, still to go up
        self._frames = 0
        self._quiet = 0  # minor frames since the last packet
        self._clock = clock
        self._sleep = sleep
        self._due: float | None = None

    @property
    def source(self) -> str:
        """What edlcam command is told."""
        host, port = self._listener.getsockname()[:2]
        return f"tcp:{host}:{port}"

    def uplink(self, packet: bytes) -> bytes:
        """What comes up in this minor frame. packet: what the flight's own ground sends now."""
        self._read()  # first, so that a client that has gone makes room
        self._frames += 1
        if self._frames > _OPENS:
            self._accept()
        if self._security is None:
            return self._paced(packet)
        if packet:
            self._own += cltu.encode(self._security.protect(Frame(Kind.BD, packet)))
        waiting = self._own or self._came
        octets = bytes(waiting[:OCTETS_A_FRAME])
        del waiting[:OCTETS_A_FRAME]
        return octets

    def _paced(self, packet: bytes) -> bytes:
        """One packet at a time, as often as the board looks for one."""
        self._own += packet
        self._quiet += 1
        if self._quiet < _LOOK_PERIOD:
            return b""
        packet = bytes(self._own) or self._packet()
        self._own.clear()
        if packet:
            self._quiet = 0
        return packet

    def downlink(self, octets: bytes) -> None:
        """Sends them to the client, and waits for the end of the minor frame."""
        if self._client and octets:
            self._send(octets)
        now = self._clock()
        self._due = (now if self._due is None else self._due) + 1 / MINOR_FRAMES_PER_SECOND
        self._sleep(max(0.0, self._due - now))

    def _send(self, octets: bytes) -> None:
        assert self._client
        try:
            with suppress(BlockingIOError):  # a client that does not read loses them
                self._client.send(octets)
        except OSError:
            self._drop()

    def close(self) -> None:
        self._drop()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(BlockingIOError):
            client = self._listener.accept()[0]
            if self._client:
                client.close()  # one at a time
                return
            client.setblocking(False)
            self._client = client

    def _read(self) -> None:
        if not self._client:
            return
        try:
            octets = self._client.recv(_MOST_WAITING)
        except BlockingIOError:
            return
        except OSError:
            octets = b""
        if not octets:
            self._drop()
        self._came += octets[: _MOST_WAITING - len(self._came)]

    def _drop(self) -> None:
        if self._client:
            self._client.close()
        self._client = None
        self._came.clear()

    def _packet(self) -> bytes:
        """The first telecommand packet among the octets that came; octets before it are lost."""
        came = self._came
        while came:
            at = came.find(_FIRST)
            del came[: at if at >= 0 else len(came)]
            if len(came) > 1 and came[1] not in _SECOND:
                del came[0]
                continue
            if len(came) < layout.PACKET_HEADER:
                return b""
            length = layout.PACKET_HEADER + 1 + int.from_bytes(came[4:6], "big")
            if length > _LONGEST_PACKET:
                del came[0]
            elif len(came) < length:
                return b""
            else:
                packet = bytes(came[:length])
                del came[:length]
                return packet
        return b""
