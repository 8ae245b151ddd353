"""Do both twins of the innermost loops give the same? MICROPYTHON loops_on_micropython.py ROUNDS.

Says "plain" where the interpreter cannot make machine code, else "same".
"""

# mypy: ignore-errors

import sys
from array import array

from fsw.kernel import loops, loops_plain
from fsw.link.crc import TABLE

_CHANNELS, _FIELDS = 50, 40


class _Random:
    def __init__(self):
        self._state = 1

    def bits(self, count):
        self._state = (self._state * 1103515245 + 12345) & 0x7FFFFFFF
        return self._state >> (31 - count)

    def value(self):
        """A small integer of any size and sign."""
        size = 1 + self.bits(5) % 30
        return self.bits(size) - (self.bits(1) << size)


def compare(a, b, random):
    cvt = array("i", [random.value() for _ in range(_CHANNELS)])
    index = array("H", [random.bits(8) % _CHANNELS for _ in range(_FIELDS)])
    kinds = bytes([random.bits(8) % 5 for _ in range(_FIELDS)])
    first, second = bytearray(4 * _FIELDS + 3), bytearray(4 * _FIELDS + 3)
    end = a.pack(cvt, index, kinds, _FIELDS, first, 3)
    assert end == b.pack(cvt, index, kinds, _FIELDS, second, 3)
    assert first == second
    crc = a.check(TABLE, first, 1, end, 0xFFFF)
    assert crc == b.check(TABLE, first, 1, end, 0xFFFF)
    copied, twice = bytearray(len(first)), bytearray(len(first))
    assert a.copy(TABLE, first, 1, end, copied, 0, 0xFFFF) == crc
    assert b.copy(TABLE, first, 1, end, twice, 0, 0xFFFF) == crc
    assert copied == twice
    lowest = array("i", [min(random.value(), 0) for _ in range(_FIELDS)])
    highest = array("i", [max(random.value(), 0) for _ in range(_FIELDS)])
    held, again = array("i", cvt), array("i", cvt)
    count = a.hold(held, index, lowest, highest, _FIELDS)
    assert count == b.hold(again, index, lowest, highest, _FIELDS)
    assert list(held) == list(again)


if loops.pack is loops_plain.pack:
    print("plain")
else:
    source = _Random()
    for _ in range(int(sys.argv[1])):
        compare(loops, loops_plain, source)
    print("same")
