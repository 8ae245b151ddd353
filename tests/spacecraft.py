"""What is at the far end of the uplink in tests? The flight code that takes frames, by itself."""

from __future__ import annotations

from collections.abc import MutableSequence

from fsw.dictionary.refusals import NONE
from fsw.kernel.events import Events
from fsw.link.antireplay import AntiReplay
from fsw.link.authentication import Authenticator
from fsw.link.cltu import CltuDecoder
from fsw.link.farm import Farm
from fsw.link.receiver import Receiver
from fsw.link.tcframe import TcFrame
from gse.uplink.clcw import Clcw
from tests.fsw.bench_board import Values, reported
from tests.fsw.forging import CHANNEL, KEY, KEY_ID, SPACECRAFT
from tests.fsw.stores import Store, provisioned


def clcw_of(high: int, low: int) -> Clcw:
    clcw = Clcw.read(high.to_bytes(2, "big") + low.to_bytes(2, "big"))
    assert clcw is not None
    return clcw


class Radio:
    """Octets that have come up, handed over as they fit."""

    def __init__(self) -> None:
        self.came = bytearray()

    def receive(self, buffer: MutableSequence[int]) -> int:
        count = min(len(buffer), len(self.came))
        buffer[:count] = self.came[:count]
        del self.came[:count]
        return count


class Secured:
    """A Receiver, with the parts around it."""

    def __init__(self, key: bytes | None = KEY.octets, store: Store | None = None) -> None:
        self.values = Values()
        self.events = Events(self.values.cvt)
        self.radio = Radio()
        numbers = AntiReplay(store or provisioned(key_id=KEY_ID), KEY_ID) if key else None
        self.receiver = Receiver(
            self.values.cvt,
            self.radio,
            self.events,
            SPACECRAFT,
            Authenticator(key, KEY_ID, numbers),
            numbers,
        )
        self.packets: list[bytes] = []
        self._buffer = bytearray(64)

    def deliver(self, octets: bytes) -> None:
        """Octets come up, and minor frames pass until nothing is left to do."""
        self.radio.came += octets
        while self.radio.came:
            self.minor_frame()
        for _ in range(12):
            self.minor_frame()

    def minor_frame(self) -> None:
        self.receiver.run()
        length = self.receiver.uplink(self._buffer)
        if length:
            self.packets.append(bytes(self._buffer[:length]))

    def clcw(self) -> Clcw:
        return clcw_of(self.values["CLCW_HIGH"], self.values["CLCW_LOW"])

    def reports(self) -> list[int]:
        return reported(self.events, self.values)


class Open:
    """Without a key: CLTU, frame and FARM-1 alone, with a window as small as a test likes."""

    def __init__(self, window: int) -> None:
        self.decoder = CltuDecoder()
        self.frame = TcFrame(SPACECRAFT, CHANNEL, False)
        self.farm = Farm(CHANNEL, window)
        self.packets: list[bytes] = []
        self.room = True

    def deliver(self, octets: bytes) -> None:
        for octet in octets:
            if self.decoder.take(octet):
                self._take(self.decoder.frame, self.decoder.length)

    def _take(self, buffer: bytearray, length: int) -> None:
        if self.frame.read(buffer, length) != NONE:
            self.farm.refuse()
        elif self.farm.take(self.frame, self.room):
            self.packets.append(bytes(buffer[self.frame.start : self.frame.end]))

    def clcw(self) -> Clcw:
        self.farm.report(True, True)
        return clcw_of(self.farm.clcw_high, self.farm.clcw_low)
