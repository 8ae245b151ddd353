"""What comes from the spacecraft, however often the link breaks? Reconnects by itself.

Nothing that was received is lost: what a connection gave before it broke has been returned.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from gse.errors import UserError
from gse.live.address import Address, parse
from gse.live.connection import Connection, connect_to
from gse.live.replay import Replay

NOT_YET = "not connected yet"
_RETRY_S = 0.2


class Link(Enum):
    """Whether there is a connection."""

    CONNECTED = "connected"
    WAITING = "waiting"
    ENDED = "ended"  # a file, or closed here


@dataclass(frozen=True, slots=True)
class State:
    """Of a source. why: what it waits for, in words; since: Unix time, seconds."""

    link: Link
    why: str
    since: float


class Source:
    """Octets of a SOURCE (gse.live.address.FORMS). To be received from in one thread.

    connections: how many there have been.
    """

    def __init__(self, text: str) -> None:
        """Raises UserError for a text that names no link, and for a file that cannot be read."""
        self.address: Address = parse(text)
        self.connections = 0
        self.state = State(Link.WAITING, NOT_YET, time.time())
        self._connection: Connection | None = None
        self._closed = threading.Event()
        if self.address.kind == "file" and not Path(self.address.place).is_file():
            connect_to(self.address).close()  # says why; otherwise it is a pipe or a device

    @property
    def name(self) -> str:
        """As it was written."""
        return self.address.text

    @property
    def keeps_order(self) -> bool:
        """Whether frames come in the order of sending: then none has to wait for another."""
        return self.address.kind in ("serial", "tcp", "sim")

    def receive(self, wait_s: float) -> bytes:
        """What has come, after so many seconds at most; nothing while there is no connection."""
        if self._connection is None and not self._connect():
            self._closed.wait(min(wait_s, _RETRY_S))
            return b""
        assert self._connection is not None
        try:
            octets = self._connection.receive(wait_s)
        except UserError as error:
            # A file that was opened again would come again from its beginning.
            ended = isinstance(self._connection, Replay)
            self._drop(Link.ENDED if ended else Link.WAITING, str(error))
            return b""
        if isinstance(self._connection, Replay) and self._connection.ended:
            self._drop(Link.ENDED, "the file has been read to its end")
        return octets

    def send(self, octets: bytes) -> None:
        """Raises UserError when there is no connection, or it breaks."""
        connection = self._connection
        if connection is None:
            raise UserError(f"{self.name} is not connected: {self.state.why}")
        connection.send(octets)

    def close(self) -> None:
        """From the thread that receives, or once it has ended."""
        self._closed.set()
        self._drop(Link.ENDED, "closed")

    def _connect(self) -> bool:
        if self.state.link is Link.ENDED:
            return False
        try:
            self._connection = connect_to(self.address)
        except UserError as error:
            if self.state.why != str(error):
                self.state = State(Link.WAITING, str(error), time.time())
            return False
        self.connections += 1
        self.state = State(Link.CONNECTED, "", time.time())
        return True

    def _drop(self, link: Link, why: str) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None
        if self.state.link is not Link.ENDED:
            self.state = State(link, why, time.time())
