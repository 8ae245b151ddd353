"""What is a spacecraft plugged into in tests? A serial cable that can be pulled."""

from __future__ import annotations

import os
import threading
import time
import tty
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from gse.live.session import Session
from gse.live.source import Link
from tests.gse.captures import DICTIONARY, OTHERS
from tests.gse.encoder import CADU, FIELDS, Framer, Packetizer, boot

OCTETS_PER_S = 115200 / 10  # eight bits in ten
BURST_S = 0.02


def downlink(packets_a_piece: int = 40) -> Iterator[bytes]:
    """Frames without end: every type of packet, and BOOT often enough to be met."""
    packetizer, framer = Packetizer(), Framer()
    for piece in count():
        sclk = 1000 + piece * packets_a_piece / 8
        sent = [boot(packetizer, DICTIONARY.fingerprint, sclk=sclk)]
        for i in range(1, packets_a_piece):
            name = OTHERS[(piece + i) * 7 % len(OTHERS)]
            counts = {field: (i * 37 + k) % 100 for k, field in enumerate(FIELDS[name])}
            sent.append(packetizer.make(name, counts, sclk + i / 8))
        yield from framer.frames(packet.octets for packet in sent)


class Cable:
    """A pseudo-terminal whose name is the same whenever it is plugged in, as a board's is."""

    def __init__(self, name: Path) -> None:
        self.name = name
        self._board = self._port = -1

    def plug(self) -> None:
        self._board, self._port = os.openpty()
        tty.setraw(self._port)
        self.name.symlink_to(os.ttyname(self._port))

    def send(self, octets: bytes) -> None:
        while octets:
            octets = octets[os.write(self._board, octets) :]

    def pull(self) -> None:
        self.name.unlink()
        for number in (self._board, self._port):
            os.close(number)
        self._board = self._port = -1


class Board(threading.Thread):
    """Sends the downlink at 115200 baud for ever; into nothing while the port is not open, as a
    board does over USB.

    connected: frames that were sent whole while it was. octets: written to the port.
    """

    def __init__(self, cable: Cable, session: Session, frames: Iterator[bytes]) -> None:
        super().__init__(name="board", daemon=True)
        self.connected: list[bytes] = []
        self.sent = self.octets = 0
        self._cable = cable
        self._session = session
        self._frames = frames
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._open = False

    def begin(self) -> None:
        """The session is connected for the first time."""
        self._open = True
        self.start()

    def pull(self, away_s: float) -> None:
        """In the middle of a frame, once what was sent has come; then plugs it in again."""
        with self._lock:
            self._write(next(self._frames)[: CADU // 2])
            self.sent += 1
            self._wait_until_come()
            self._open = False
            self._cable.pull()
        time.sleep(away_s)
        connections = self._session.status.connections
        self._cable.plug()
        wait_until(lambda: self._session.status.connections > connections)
        wait_until(lambda: self._session.status.source.link is Link.CONNECTED)
        with self._lock:
            self._open = True

    def stop(self) -> None:
        """Ends when everything sent has come."""
        self._ended.set()
        self.join()
        self._wait_until_come()

    def run(self) -> None:
        begun = time.monotonic()
        while not self._ended.wait(BURST_S):
            due = int((time.monotonic() - begun) * OCTETS_PER_S / CADU)
            while self.sent < due:
                with self._lock:
                    frame = next(self._frames)
                    if self._open:
                        self._write(frame)
                        self.connected.append(frame)
                    self.sent += 1

    def _write(self, octets: bytes) -> None:
        self._cable.send(octets)
        self.octets += len(octets)

    def _wait_until_come(self) -> None:
        wait_until(lambda: self._session.status.octets >= self.octets)


def wait_until(true: Callable[[], bool], seconds: float = 20) -> None:
    """Raises AssertionError when it does not become true."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.005)
