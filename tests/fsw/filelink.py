"""What lies between the sender of files and the ground in tests? A link that loses PDUs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fsw import missions
from fsw.data.files import Files
from fsw.dictionary.files import FILES
from fsw.dictionary.index import parameter
from fsw.kernel.events import Events
from fsw.kernel.parameters import Parameters
from fsw.link.cfdp import FileSender
from fsw.link.filequeue import FileQueue
from fsw.link.layout import LONGEST_TELECOMMAND, PACKET_HEADER
from gse.files.packets import uplink_packet
from gse.files.receiver import Receiver
from tests.fsw.bench_board import Values, reported

FILE = 1  # row of FILES that tests send
ROWS = {row[0]: n for n, row in enumerate(FILES)}
STEP_FRAMES = 4  # minor frames from one run of the task to the next

Lost = Callable[[bytes], bool]


def nothing(_: bytes) -> bool:
    """Is lost."""
    return False


class Octets:
    """A source of files, by number."""

    def __init__(self, contents: Mapping[int, bytes]) -> None:
        self.contents = dict(contents)
        self.readable = True
        self._open = b""

    def length(self, number: int) -> int:
        return len(self.contents[number]) if number in self.contents else -1

    def open(self, number: int) -> int:
        self._open = self.contents.get(number, b"")
        return self.length(number)

    def read(self, at: int, buffer: bytearray, start: int, count: int) -> bool:
        assert at + count <= len(self._open)
        buffer[start : start + count] = self._open[at : at + count]
        return self.readable


@dataclass
class Spacecraft:
    """The sender, with the parts around it, and a log of what it sends."""

    contents: Mapping[int, bytes]
    sent: list[bytes] = field(default_factory=list)  # PDUs

    def __post_init__(self) -> None:
        self.values = Values()
        self.events = Events(self.values.cvt)
        self.parameters = Parameters(missions.load("mars2020"))
        self.source = Octets(self.contents)
        files = Files({"PARAMETERS": None, "BLACKBOX": self.source, "THUMBNAILS": None})
        self.sender = FileSender(self.values.cvt, self.events, files, self.parameters)
        self.queue = FileQueue(self.sender)

    def step(self) -> bytes:
        """A run of the task; the packet that goes down after it, if any."""
        self.values["FRAME_COUNT"] += STEP_FRAMES
        self.queue.run()
        if not self.queue.waiting():
            return b""
        self.queue.choose()
        start, length = self.queue.start, self.queue.length
        packet = bytes(self.queue.buffer[start : start + length])
        self.queue.sent()
        self.sent.append(packet[PACKET_HEADER:])
        return packet

    def take(self, packet: bytes) -> None:
        """As the board's buffer holds it."""
        buffer = bytearray(LONGEST_TELECOMMAND)
        buffer[: len(packet)] = packet[: len(buffer)]
        self.sender.take(buffer, len(packet))

    def set(self, name: str, value: int) -> None:
        assert self.parameters.set(parameter(name), value)

    def reports(self) -> list[int]:
        return reported(self.events, self.values)


class Clock:
    """Of the ground: moves with the minor frames."""

    def __init__(self) -> None:
        self.ms = 0

    def __call__(self) -> int:
        return self.ms


class Link:
    """Both ends; one packet a step each way, at most."""

    def __init__(
        self, spacecraft: Spacecraft, clock: Clock, down: Lost = nothing, up: Lost = nothing
    ) -> None:
        self.spacecraft = spacecraft
        self.ground = Receiver(nak_wait_s=2.0)
        self.lost_down = self.lost_up = 0
        self._clock = clock
        self._down, self._up = down, up
        self._rising: list[bytes] = []

    def step(self) -> None:
        self._clock.ms += STEP_FRAMES * 1000 // 64
        packet = self.spacecraft.step()
        if packet and not self._down(packet):
            self.ground.take(packet[PACKET_HEADER:])
        elif packet:
            self.lost_down += 1
        self.ground.tick()
        self._rising += self.ground.pdus()
        if self._rising:
            self._send(uplink_packet(self._rising.pop(0)))

    def _send(self, packet: bytes) -> None:
        if self._up(packet):
            self.lost_up += 1
        else:
            self.spacecraft.take(packet)

    def run(self, steps: int = 40_000) -> None:
        """Until both ends are through."""
        for _ in range(steps):
            self.step()
            if not self.spacecraft.sender.busy and not self.ground.under_way:
                return
        raise AssertionError(f"after {steps} steps the transfer is still under way")
