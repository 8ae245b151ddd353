"""Takes frames with the heap locked, and prints what became of them.

INTERPRETER tests/runtimes/uplink_on_micropython.py [viper]

Runs on MicroPython alone: the test on the host gives the octets and compares what comes out with
what CPython makes of them. Lines of the output: counters, packets, microseconds a block.
"""

import sys
from array import array
from time import ticks_diff, ticks_us

import micropython

from boards.host.flash import Flash
from fsw.data.areas import AREAS
from fsw.data.numbers import NumberStore
from fsw.dictionary.channels import CHANNELS
from fsw.dictionary.index import channel
from fsw.dictionary.refusals import REFUSALS
from fsw.kernel.cvt import current_value_table
from fsw.kernel.events import Events
from fsw.link.antireplay import AntiReplay, provision
from fsw.link.authentication import Authenticator
from fsw.link.receiver import Receiver
from fsw.link.sha256 import ROUNDS, Sha256, rounds

SPACECRAFT = 0x2A8
KEY_ID = 7
STEPS = 20000  # minor frames at most
SLOWEST = 40  # blocks that are timed

if "viper" in sys.argv:
    from boards.viper.sha256 import rounds


class Radio:
    """Octets that have come up."""

    def __init__(self, octets):
        self._octets = octets
        self._at = 0

    def left(self):
        return len(self._octets) - self._at

    def receive(self, buffer):
        count = min(len(buffer), self.left())
        for i in range(count):
            buffer[i] = self._octets[self._at + i]
        self._at += count
        return count


def fly(receiver, radio, buffer, packets, lengths):
    """Until nothing is left; how many packets came out."""
    found = 0
    quiet = 0
    for _ in range(STEPS):
        receiver.run()
        length = receiver.uplink(buffer)
        if length:
            for i in range(min(length, len(buffer))):
                packets[found * len(buffer) + i] = buffer[i]
            lengths[found] = length
            found += 1
        quiet = 0 if radio.left() else quiet + 1
        if quiet > 40:
            break
    return found


def time_blocks(sha256, block):
    """Microseconds of so many blocks with all bits set, where a sum would leave the small integers
    first."""
    begun = ticks_us()
    for _ in range(SLOWEST):
        sha256.begin(block, 0)
        while not sha256.step():
            pass
    return ticks_diff(ticks_us(), begun)


def main():
    octets = bytes.fromhex(sys.stdin.readline().strip())
    a_step = int(sys.stdin.readline())
    cvt = current_value_table(CHANNELS)
    store = NumberStore(Flash(sum([row[1] for row in AREAS])))
    provision(store, KEY_ID)
    numbers = AntiReplay(store, KEY_ID, 4)  # so that the store is written, too
    sha256 = Sha256(rounds, a_step)
    authenticator = Authenticator(bytes(range(32)), KEY_ID, numbers, sha256)
    radio = Radio(octets)
    receiver = Receiver(cvt, radio, Events(cvt), SPACECRAFT, authenticator, numbers)
    buffer = bytearray(64)
    packets = bytearray(64 * 256)
    lengths = array("H", [0] * 256)
    full = bytearray([0xFF] * 64)
    whole = Sha256(rounds, ROUNDS)
    whole.load(array("H", [0xFFFF] * 16))

    micropython.heap_lock()
    found = fly(receiver, radio, buffer, packets, lengths)
    took = time_blocks(whole, full)
    micropython.heap_unlock()

    names = ["TC_FRAMES_ACCEPTED", "TC_FRAMES_DISCARDED", "CLTUS_STARTED", "CLTUS_BROKEN"]
    names += ["TC_NUMBER", "FARM_STATE", "CLCW_HIGH", "CLCW_LOW"]
    names += ["TC_" + row[0] for row in REFUSALS]
    print(" ".join([str(cvt[channel(name)]) for name in names]))
    for n in range(found):
        print("".join([f"{octet:02x}" for octet in packets[64 * n : 64 * n + lengths[n]]]))
    print(took // SLOWEST)


main()
