"""Which loops go over every packet, number or string of another mission? Compiled ones, by numba.

A place is counted in bits of all octets. Octets that are not there are zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gse.kernels import compiled, leaf, load64
from gse.link.crc import Octets

_Indices = npt.NDArray[np.int64]


@compiled
def chain(
    octets: Octets, first: int, limit: int, before: int, start: _Indices, length: _Indices
) -> tuple[int, int]:
    """Whole space packets one behind another, each behind so many octets of something else, the
    first at an octet and all before another; how many, and where the next one begins.

    Ends before one that is cut off, and where the version number is not that of a space packet.
    start, length: room for one packet in each 7 octets, and one more.
    """
    count = 0
    at: Any = first
    while at < limit and at + 6 <= len(octets) and octets[at] < 32:
        whole = 7 + (np.int64(octets[at + 4]) << 8 | np.int64(octets[at + 5]))
        if at + whole > len(octets):
            break
        start[count] = at
        length[count] = whole
        count += 1
        at += whole + before
    return count, at


@leaf
def _octet(octets: Octets, index: Any) -> Any:
    return np.uint64(octets[index]) if 0 <= index < len(octets) else np.uint64(0)


@leaf
def _word(octets: Octets, at: Any) -> Any:
    """The 64 bits from a bit on."""
    first, shift = at >> 3, np.uint64(at & 7)
    if first >= 0 and first + 9 <= len(octets):
        word = load64(octets, np.uint64(first))
    else:
        word = np.uint64(0)
        for i in range(8):
            word = word << np.uint64(8) | _octet(octets, first + i)
    if shift:
        word = word << shift | _octet(octets, first + 8) >> (np.uint64(8) - shift)
    return word


@compiled
def numbers(octets: Octets, at: _Indices, bits: int, words: npt.NDArray[np.uint64]) -> None:
    """The bits from each place on as numbers, most significant first; bits: 1..64."""
    away = np.uint64(64 - bits)
    for i in range(len(at)):
        words[i] = _word(octets, at[i]) >> away


@compiled
def strings(
    octets: Octets, at: _Indices, bits: _Indices, left: bool, offsets: _Indices, data: Octets
) -> None:
    """The bits from each place on as octets, to data from offsets on. Where they are no whole
    octets they stand to the left in the last one, or to the right in the first; the rest is zero.
    """
    for i in range(len(at)):
        first, end = offsets[i], offsets[i + 1]
        if first == end:
            continue
        spare = 8 * (end - first) - bits[i]
        begin = at[i] if left else at[i] - spare
        from_octet, to = begin >> 3, first
        if begin & 7:
            while to + 8 <= end:
                word = _word(octets, begin + 8 * (to - first))
                for k in range(8):
                    data[to + k] = np.uint8(word >> np.uint64(56 - 8 * k))
                to += 8
            while to < end:
                word = _word(octets, begin + 8 * (to - first))
                data[to] = np.uint8(word >> np.uint64(56))
                to += 1
        else:
            while to < end:
                data[to] = np.uint8(_octet(octets, from_octet + to - first))
                to += 1
        if left:
            data[end - 1] &= np.uint8(0xFF << spare & 0xFF)
        else:
            data[first] &= np.uint8(0xFF >> spare)


@compiled
def ends(offsets: _Indices, data: Octets, mark: Octets, unit: int, found: _Indices) -> None:
    """At which octet of each string a mark begins, on a whole unit of so many octets; -1: nowhere.

    Strings lie one after another in data.
    """
    for i in range(len(offsets) - 1):
        first, last = offsets[i], offsets[i + 1] - len(mark)
        found[i] = -1
        at: Any = first
        while at <= last:
            same = True
            for k in range(len(mark)):
                if data[at + k] != mark[k]:
                    same = False
                    break
            if same:
                found[i] = at - first
                break
            at += unit
