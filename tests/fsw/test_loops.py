"""Are CPython's own loops those of every other interpreter?"""

from __future__ import annotations

from array import array
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from fsw.kernel import loops, loops_cpython, loops_plain
from fsw.link.crc import TABLE
from fsw.link.tables import ROWS, SEQUENCE

OCTETS = st.binary(max_size=300)
SMALL = st.integers(-(1 << 30), (1 << 30) - 1)
WORD = st.integers(-(1 << 31), (1 << 31) - 1)


def test_they_run_here() -> None:
    assert loops.divide is loops_cpython.divide


@given(st.binary(max_size=60), st.integers(1, 5), st.sets(st.integers(0, 60)))
def test_division_leaves_the_same_remainders_in_whatever_pieces(
    octets: bytes, interleave: int, cuts: set[int]
) -> None:
    buffer = bytearray(octets)
    plain, work = (bytearray(len(octets) + 32 * interleave) for _ in range(2))
    edges = sorted({0, len(octets), *(cut for cut in cuts if cut < len(octets))})
    for start, end in [(0, 0), *pairwise(edges)]:
        loops_plain.divide(ROWS, plain, interleave, start, buffer, start, end)
        loops_cpython.divide(ROWS, work, interleave, start, buffer, start, end)
        assert work == plain


@given(OCTETS, st.integers(0, 0xFFFF), st.integers(0, 300), st.integers(0, 300))
def test_checks_and_copies_are_the_same(octets: bytes, crc: int, a: int, b: int) -> None:
    source = bytearray(octets)
    start, end = sorted((min(a, len(source)), min(b, len(source))))
    expected = loops_plain.check(TABLE, source, start, end, crc)
    assert loops_cpython.check(TABLE, source, start, end, crc) == expected
    plain, other = bytearray(310), bytearray(310)
    assert loops_plain.copy(TABLE, source, start, end, plain, 5, crc) == expected
    assert loops_cpython.copy(TABLE, source, start, end, other, 5, crc) == expected
    assert other == plain


@given(st.binary(max_size=100), st.integers(0, 155), st.integers(0, 9))
def test_sequences_are_added_alike(octets: bytes, at: int, to: int) -> None:
    plain, other = bytearray(120), bytearray(120)
    loops_plain.add(SEQUENCE, at, octets, 0, len(octets), plain, to)
    loops_cpython.add(SEQUENCE, at, octets, 0, len(octets), other, to)
    assert other == plain


@given(st.lists(st.tuples(st.one_of(SMALL, WORD, st.integers(-300, 70000)), st.integers(0, 4))))
def test_packets_hold_the_same_octets(fields: list[tuple[int, int]]) -> None:
    cvt = array("i", [value for value, _ in fields])
    index = array("H", range(len(fields)))
    kinds = bytes(kind for _, kind in fields)
    plain, other = (bytearray(4 * len(fields) + 3) for _ in range(2))
    end = loops_plain.pack(cvt, index, kinds, len(fields), plain, 3)
    assert loops_cpython.pack(cvt, index, kinds, len(fields), other, 3) == end
    assert other == plain
