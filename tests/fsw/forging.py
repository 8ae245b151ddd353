"""What may somebody without the key send? Frames that must never be accepted.

python -m tests.fsw.forging [FRAMES] [SEED] tries so many, and prints what became of them.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Callable

from fsw.dictionary.refusals import NONE, REFUSALS
from fsw.link.authentication import PENDING, Authenticator
from fsw.link.tcframe import TcFrame
from fsw.link.tclayout import LONGEST_FRAME, MAC
from gse import keys
from gse.uplink.frame import UNLOCK, Frame, Kind, seal, set_v
from gse.uplink.numbers import Numbers
from gse.uplink.packet import telecommand
from gse.uplink.security import Security
from tests.fsw.stores import numbers, provisioned

SPACECRAFT, CHANNEL = 0x2A8, 0
KEY_ID = 7
KEY = keys.Key(KEY_ID, bytes(range(32)))
ACCEPTED = "accepted"


class Channel:
    """What the board does with a frame before FARM-1 sees it."""

    def __init__(self, key: bytes | None = KEY.octets, key_id: int = KEY_ID) -> None:
        self.numbers = numbers(provisioned(key_id=key_id), key_id, ahead=256, window=1 << 16)
        self.frame = TcFrame(SPACECRAFT, CHANNEL, True)
        self.authenticator = Authenticator(key, key_id, self.numbers)

    def take(self, octets: bytes) -> str:
        """ACCEPTED, or why it is refused."""
        reason = self.frame.read(octets, len(octets))
        if reason == NONE:
            self.authenticator.begin(octets, self.frame.length)
            reason = self.authenticator.step()
            while reason == PENDING:
                reason = self.authenticator.step()
        return ACCEPTED if reason == NONE else str(REFUSALS[reason - 1][0])


def frames(random_: random.Random) -> list[Frame]:
    """One of each kind that the ground sends."""
    value = random_.randrange(256)
    return [
        Frame(Kind.AD, telecommand("NO_OP", {}), random_.randrange(256)),
        Frame(Kind.AD, telecommand("PARAMETER_SET", {"parameter": 1, "value": value}), value),
        Frame(Kind.BD, telecommand("PARAMETER_DUMP", {})),
        Frame(Kind.BC, UNLOCK),
        Frame(Kind.BC, set_v(value)),
    ]


class Attacker:
    """Has heard frames, some of which have not arrived, and knows everything but the key."""

    def __init__(self, channel: Channel, seed: int) -> None:
        self.random = random.Random(seed)
        security = Security(KEY, Numbers(), SPACECRAFT, CHANNEL)
        self.arrived = [security.protect(f) for _ in range(4) for f in frames(self.random)]
        for octets in self.arrived:
            assert channel.take(octets) == ACCEPTED
        self.lost = [security.protect(f) for _ in range(4) for f in frames(self.random)]
        other = Security(keys.Key(KEY_ID, bytes(32)), Numbers(100), SPACECRAFT, CHANNEL)
        self.other = other
        self.ways: list[Callable[[bytearray], bytes]] = [
            self.flipped, self.flipped, self.flipped_on_the_way, self.cut, self.stretched,
            self.header, self.number, self.code, self.spliced, self.with_another_key,
            self.replayed, self.garbage, self.without_security,
        ]  # fmt: skip

    def next(self) -> bytes:
        """A frame that the ground has not sent, or one that has arrived already."""
        while True:
            heard = self.random.choice(self.lost)
            forged = self.random.choice(self.ways)(bytearray(heard))
            if forged not in self.lost:
                return forged

    def reseal(self, octets: bytes | bytearray) -> bytes:
        """The right length and CRC: an attacker can do that."""
        fixed = bytearray(octets[:LONGEST_FRAME])
        length = len(fixed) + 1
        fixed[2] = fixed[2] & 0xFC | length >> 8
        fixed[3] = length & 0xFF
        return seal(bytes(fixed))

    def flipped(self, heard: bytearray) -> bytes:
        for _ in range(self.random.choice((1, 1, 2, 5))):
            heard[self.random.randrange(len(heard) - 2)] ^= 1 << self.random.randrange(8)
        return self.reseal(heard[:-2])

    def flipped_on_the_way(self, heard: bytearray) -> bytes:
        heard[self.random.randrange(len(heard))] ^= 1 << self.random.randrange(8)
        return bytes(heard)

    def cut(self, heard: bytearray) -> bytes:
        at = self.random.randrange(5, len(heard) - 2)
        return self.random.choice((bytes(heard[:at]), self.reseal(heard[:at])))

    def stretched(self, heard: bytearray) -> bytes:
        at = self.random.randrange(5, len(heard) - 2)
        more = self.random.randbytes(self.random.randrange(1, 80))
        return self.reseal(heard[:at] + more + heard[at:-2])

    def header(self, heard: bytearray) -> bytes:
        heard[0] = heard[0] & 0xCF | self.random.choice((0, 0x20, 0x30))
        heard[4] = self.random.randrange(256)
        return self.reseal(heard[:-2])

    def number(self, heard: bytearray) -> bytes:
        heard[7:11] = self.random.choice((100, 1 << 16, 1 << 30, (1 << 32) - 1)).to_bytes(4, "big")
        return self.reseal(heard[:-2])

    def code(self, heard: bytearray) -> bytes:
        code = self.random.choice((bytes(MAC), b"\xff" * MAC, self.random.randbytes(MAC)))
        return self.reseal(heard[: -2 - MAC] + code)

    def spliced(self, heard: bytearray) -> bytes:
        """The code of one frame on another."""
        code = self.random.choice(self.lost + self.arrived)[-2 - MAC : -2]
        return self.reseal(heard[: -2 - MAC] + code)

    def with_another_key(self, heard: bytearray) -> bytes:
        return self.other.protect(self.random.choice(frames(self.random)))

    def without_security(self, heard: bytearray) -> bytes:
        """As a board without a key would take it."""
        return seal(self.random.choice(frames(self.random)).encode(SPACECRAFT, CHANNEL))

    def replayed(self, heard: bytearray) -> bytes:
        return self.random.choice(self.arrived)

    def garbage(self, heard: bytearray) -> bytes:
        octets = bytearray(self.random.randbytes(self.random.randrange(1, LONGEST_FRAME)))
        octets[:2] = heard[:2]
        return self.reseal(octets) if len(octets) > 5 else bytes(octets)


def forge(count: int, seed: int) -> Counter[str]:
    """Tries so many forged frames; how many were accepted, and why the others were not."""
    channel = Channel()
    attacker = Attacker(channel, seed)
    said = Counter(channel.take(attacker.next()) for _ in range(count))
    for octets in attacker.lost:  # and none of it has done any harm
        assert channel.take(octets) == ACCEPTED
    return said


if __name__ == "__main__":
    tried = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    begun = time.perf_counter()
    outcome = forge(tried, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    took = time.perf_counter() - begun
    print(f"{tried:,} forged frames in {took:.0f} s: {outcome[ACCEPTED]} accepted")
    for reason, times in outcome.most_common():
        print(f"  {reason:<17}{times:>9,}")
