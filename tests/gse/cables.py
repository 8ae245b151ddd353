"""What is a spacecraft plugged into in tests? A serial cable that can be pulled."""

from __future__ import annotations

import fcntl
import os
import struct
import termios
import threading
import time
import tty
from collections.abc import Iterator
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

    @property
    def plugged(self) -> bool:
        return self._board >= 0

    def plug(self) -> None:
        self._board, self._port = os.openpty()
        tty.setraw(self._port)
        self.name.symlink_to(os.ttyname(self._port))

    def send(self, octets: bytes) -> None:
        os.write(self._board, octets)

    def drained(self) -> bool:
        """Whether what was sent has been read."""
        waiting = struct.unpack("i", fcntl.ioctl(self._port, termios.FIONREAD, b"\0" * 4))[0]
        return bool(waiting == 0)

    def pull(self) -> None:
        self.name.unlink()
        for number in (self._board, self._port):
            os.close(number)
        self._board = self._port = -1


class Board(threading.Thread):
    """Sends the downlink at 115200 baud for ever, whether somebody is connected or not.

    connected: frames that were sent, and read, while the session was connected.
    """

    def __init__(self, cable: Cable, session: Session, frames: Iterator[bytes]) -> None:
        super().__init__(name="board", daemon=True)
        self.connected: list[bytes] = []
        self.sent = 0
        self._cable = cable
        self._session = session
        self._frames = frames
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._on = False  # the session has been seen to be connected since the cable was plugged

    def pull(self, away_s: float) -> None:
        """Between two frames, once what was sent has been read."""
        with self._lock:
            until = time.monotonic() + 5
            while not self._cable.drained() and time.monotonic() < until:
                time.sleep(0.001)
            self._cable.pull()
            self._on = False
        time.sleep(away_s)
        connections = self._session.status.connections
        with self._lock:
            self._cable.plug()
        until = time.monotonic() + 5
        while time.monotonic() < until:
            status = self._session.status
            if status.connections > connections and status.source.link is Link.CONNECTED:
                self._on = True
                return
            time.sleep(0.005)
        raise AssertionError("the session did not connect again")

    def begin(self) -> None:
        """The session is connected for the first time."""
        self._on = True
        self.start()

    def stop(self) -> None:
        self._ended.set()
        self.join()
        until = time.monotonic() + 5
        while not self._cable.drained() and time.monotonic() < until:
            time.sleep(0.001)

    def run(self) -> None:
        begun = time.monotonic()
        while not self._ended.wait(BURST_S):
            due = int((time.monotonic() - begun) * OCTETS_PER_S / CADU)
            while self.sent < due:
                frame = next(self._frames)
                with self._lock:
                    if self._cable.plugged:
                        self._cable.send(frame)
                    if self._on:
                        self.connected.append(frame)
                    self.sent += 1
