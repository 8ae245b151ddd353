"""What is at the far end of a source in tests? A flight core on a bench, over a link that fails."""

from __future__ import annotations

import random
from collections.abc import Callable

from fsw.dictionary.packets import SENSOR_FRAME
from fsw.link.receiver import OCTETS_A_FRAME
from gse.dictionary import load
from gse.keys import Key
from gse.lockstep import Begin
from gse.targets import Direct
from tests.fsw.forging import KEY

MINOR_FRAME_S = 1 / 64
MISSION = "mars2020"
BOOTED = 1000  # SCLK
_CADU = load(MISSION).coding.cadu_length


class Noise:
    """Loses whole units, and flips bits of the others."""

    def __init__(self, seed: int, lost: float, bit_errors: float) -> None:
        self._random = random.Random(seed)
        self._lost = lost
        self._bit_errors = bit_errors
        self.units_lost = self.bits_flipped = 0

    def __call__(self, octets: bytes) -> bytes:
        if self._random.random() < self._lost:
            self.units_lost += 1
            return b""
        damaged = bytearray(octets)
        at = -1
        # From one wrong bit to the next, as far as they lie apart by chance.
        while self._bit_errors:
            at += 1 + int(self._random.expovariate(self._bit_errors))
            if at >= 8 * len(octets):
                break
            damaged[at >> 3] ^= 0x80 >> (at & 7)
            self.bits_flipped += 1
        return bytes(damaged)


def clean(octets: bytes) -> bytes:
    return octets


class Live:
    """A source; time passes while it is listened to."""

    def __init__(
        self,
        key: Key | None = KEY,
        up: Callable[[bytes], bytes] = clean,
        down: Callable[[bytes], bytes] = clean,
    ) -> None:
        self.now = 0.0
        self.sent: list[bytes] = []
        self.down = bytearray()  # as the board sent it
        self.target = Direct(key=key)
        self.target.begin(Begin(MISSION, BOOTED, 4))
        self._keyed = key is not None
        self._up, self._noise_down = up, down
        self._coming = bytearray()
        self._counts = [0] * len(SENSOR_FRAME)

    def clock(self) -> float:
        return self.now

    def send(self, octets: bytes) -> None:
        self.sent.append(octets)
        self._coming += self._up(octets)

    def receive(self, wait_s: float) -> bytes:
        heard = b""
        for _ in range(max(1, round(wait_s / MINOR_FRAME_S))):
            heard += self.minor_frame()
        return heard

    def minor_frame(self) -> bytes:
        count = OCTETS_A_FRAME if self._keyed else len(self._coming)
        octets = bytes(self._coming[:count])
        del self._coming[:count]
        _, down = self.target.frame(self._counts, octets)
        self.now += MINOR_FRAME_S
        self.down += down
        return b"".join(
            self._noise_down(down[at : at + _CADU]) for at in range(0, len(down), _CADU)
        )

    def close(self) -> None:
        """Nothing to close."""
