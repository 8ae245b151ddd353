"""Was this number used before? Not even by a command before a reset.

A number is good when it exceeds the last one accepted, by not too much. What was accepted outlasts
a reset in a store of two slots, which a board has in flash or FRAM:

    read(slot, buffer)    copies RECORD octets of slot 0 or 1 into buffer
    write(slot, buffer)   replaces them; cut off at any moment, it leaves the other slot as it was

Neither may raise, nor allocate. A record does not hold the last number but one ahead of it, up to
which numbers may be used: it is written before the first of them is, and so seldom. After a reset
all of those count as used. The sender goes on beyond them: it reads them in telemetry, or jumps.
"""

from fsw.dictionary.refusals import NONE, refusal
from fsw.link.crc import crc16
from fsw.link.tclayout import HIGHEST_NUMBER

RECORD = 8  # octets: key identifier, number, CRC-16
_CHECK = 6
SLOTS = 2

AHEAD = 256  # numbers reserved at once: as many as a descent may need
WINDOW = 1 << 16  # by how much a number may exceed the last: 256 resets that the ground has missed

_REPLAYED = refusal("REPLAYED")
_TOO_FAR = refusal("TOO_FAR")
_NOT_STORED = refusal("NOT_STORED")


class AntiReplay:
    """The last number accepted under one key."""

    def __init__(self, store, key_id, ahead=AHEAD, window=WINDOW):
        """Reads the store. Where it holds no whole record of this key, no number is ever good:
        a key is put on a board together with its first record, see provision()."""
        self._store = store
        self._key_id = key_id
        self._ahead = ahead
        self._window = window
        self._record = bytearray(RECORD)
        first, second = self._read(0), self._read(1)
        self._slot = 0 if first < second else 1  # to be written next
        self.reserved = max(first, second)  # -1: there is no record
        self.last = self.reserved

    def use(self, number):
        """Makes a number, as read_number() gives it, the last one, if it is good: so it is used
        before anybody acts on it. NONE, or why it is not good, a row of REFUSALS."""
        if self.reserved < 0:
            return _NOT_STORED
        if number < 0 or number - self.last > self._window:
            return _TOO_FAR
        if number <= self.last:
            return _REPLAYED
        if number > self.reserved and not self._reserve(number):
            return _NOT_STORED
        self.last = number
        return NONE

    def reserve(self):
        """Reserves numbers now, at a quiet time, so that the next ones need no writing; whether
        that succeeded."""
        return self.reserved >= 0 and self._reserve(self.last)

    def _reserve(self, number):
        reserved = number + self._ahead if number < HIGHEST_NUMBER - self._ahead else HIGHEST_NUMBER
        for _ in range(SLOTS):  # the older one first; then either alone is enough
            write_record(self._store, self._slot, self._record, self._key_id, reserved)
            if self._read(self._slot) != reserved:
                break
            self._slot ^= 1
            self.reserved = reserved
        return self.reserved == reserved

    def _read(self, slot):
        """The number of a slot; -1 when it holds no whole record of this key."""
        record = self._record
        self._store.read(slot, record)
        if crc16(record, 0, RECORD) or (record[0] << 8) | record[1] != self._key_id:
            return -1
        return read_number(record, 2)


def read_number(buffer, at):
    """The number in four octets; -1 where it exceeds HIGHEST_NUMBER."""
    if buffer[at] > HIGHEST_NUMBER >> 24:
        return -1
    return (buffer[at] << 24) | (buffer[at + 1] << 16) | (buffer[at + 2] << 8) | buffer[at + 3]


def provision(store, key_id):
    """Writes the first record of a key that was never used: when it is put on the board, and never
    again, as whatever was sent under it before would be good once more."""
    record = bytearray(RECORD)
    for slot in range(SLOTS):
        write_record(store, slot, record, key_id, 0)


def write_record(store, slot, record, key_id, number):
    """Puts a record together in the buffer given, and into a slot."""
    record[0] = key_id >> 8
    record[1] = key_id & 0xFF
    record[2] = number >> 24
    record[3] = (number >> 16) & 0xFF
    record[4] = (number >> 8) & 0xFF
    record[5] = number & 0xFF
    check = crc16(record, 0, _CHECK)
    record[_CHECK] = check >> 8
    record[_CHECK + 1] = check & 0xFF
    store.write(slot, record)
