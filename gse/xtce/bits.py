"""What is in bits m to n of every packet? Extraction from many packets at once, at any offset.

A position is counted in bits from the start of its packet: one integer where it is the same in all
packets, else an array of them. Where it is the same, octets are taken as columns of a matrix of the
packets; else they are gathered.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gse.link.crc import Octets
from gse.link.sync import windows

Indices = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Position = int | Indices
Words = npt.NDArray[np.uint64]

_WHOLE = {8: ">u1", 16: ">u2", 32: ">u4", 64: ">u8"}


class Packets:
    """Octets that packets lie in, where each starts, and its length in octets."""

    def __init__(self, octets: Octets, start: Indices, length: Indices) -> None:
        self.octets = octets
        self.start = start
        self.length = length
        self._matrix: Octets | None = None

    def __len__(self) -> int:
        return len(self.start)

    def take(self, rows: Indices) -> Packets:
        """Some of them."""
        return Packets(self.octets, self.start[rows], self.length[rows])

    @property
    def matrix(self) -> Octets:
        """As many octets of each as the shortest has; shape (n, octets)."""
        if self._matrix is None:
            shortest = int(self.length.min(initial=1 << 17))
            rows = windows(self.octets, shortest)[self.start]
            self._matrix = rows.view(np.uint8).reshape(len(self), shortest)
        return self._matrix


def align(position: Position) -> Position:
    """One integer for an array in which all are the same."""
    if isinstance(position, np.ndarray) and len(position):
        first = int(position[0])
        if (position == first).all():
            return first
    return position


def unsigned(packets: Packets, position: Position, bits: int) -> Words:
    """The bits from a position on as numbers, most significant first; bits: 1..64.

    Beyond the end of a packet the numbers mean nothing, and nothing is raised.
    """
    if isinstance(position, int) and position + bits <= 8 * packets.matrix.shape[1]:
        return _from_matrix(packets.matrix, position, bits)
    return gather(packets.octets, 8 * packets.start + position, bits)


def _from_matrix(matrix: Octets, position: int, bits: int) -> Words:
    first, shift = divmod(position, 8)
    if not shift and bits in _WHOLE:
        columns = np.ascontiguousarray(matrix[:, first : first + bits // 8])
        return columns.view(_WHOLE[bits])[:, 0].astype(np.uint64)
    count = (shift + bits + 7) // 8
    words = np.zeros(len(matrix), np.uint64)
    for i in range(min(count, 8)):
        words = (words << np.uint64(8)) | matrix[:, first + i]
    spare = 8 * count - shift - bits
    if count == 9:
        last = matrix[:, first + 8].astype(np.uint64)
        words = (words << np.uint64(8 - spare)) | (last >> np.uint64(spare))
    else:
        words >>= np.uint64(spare)
    return words & _ones(bits)


def gather(octets: Octets, at: Indices, bits: int) -> Words:
    """The same from bits of the octets themselves, each at a place of its own."""
    first, shift = at >> 3, at & 7
    count = min((7 + bits + 7) // 8, 9)
    last_octet = len(octets) - 1
    words = np.zeros(len(at), np.uint64)
    for i in range(min(count, 8)):
        octet = octets[np.clip(first + i, 0, last_octet)]
        words = (words << np.uint64(8)) | octet
    spare = 8 * min(count, 8) - shift - bits
    if count == 9:
        octet = octets[np.clip(first + 8, 0, last_octet)].astype(np.uint64)
        over = np.maximum(-spare, 0).astype(np.uint64)
        beyond = (words << over) | (octet >> (np.uint64(8) - over))
        words = np.where(spare < 0, beyond, words >> np.maximum(spare, 0).astype(np.uint64))
    else:
        words >>= spare.astype(np.uint64)
    return words & _ones(bits)


def _ones(bits: int) -> np.uint64:
    return np.uint64((1 << bits) - 1)


def runs(octets: Octets, at: Indices, bits: Indices, *, left: bool) -> pa.Array:
    """Octet strings from bits of the octets on. Where bits are no whole octets, they stand to the
    left in the last octet, or to the right in the first; the rest is zero."""
    count = (bits + 7) >> 3
    pad = 8 * count - bits
    begin = at if left else at - pad
    offsets = np.concatenate(([0], np.cumsum(count)))
    total = int(offsets[-1])
    index = np.repeat((begin >> 3) - offsets[:-1], count) + np.arange(total)
    last_octet = len(octets) - 1
    data = octets[np.clip(index, 0, last_octet)]
    if (begin & 7).any():
        shift = np.repeat(begin & 7, count).astype(np.uint16)
        following = octets[np.clip(index + 1, 0, last_octet)].astype(np.uint16)
        both = (data.astype(np.uint16) << 8) | following
        data = ((both << shift) >> 8).astype(np.uint8)
    some = count > 0
    if pad.any():
        data = data.copy()
        if left:
            data[offsets[1:][some] - 1] &= (0xFF << pad[some]).astype(np.uint8)
        else:
            data[offsets[:-1][some]] &= (0xFF >> pad[some]).astype(np.uint8)
    return binary_array(offsets, data)


def binary_array(offsets: Indices, data: Octets) -> pa.Array:
    """Octet strings that lie one after another in data."""
    large = int(offsets[-1]) >= 1 << 31
    kind, width = (pa.large_binary(), np.int64) if large else (pa.binary(), np.int32)
    buffers: list[Any] = [
        None,
        pa.py_buffer(np.ascontiguousarray(offsets.astype(width))),
        pa.py_buffer(np.ascontiguousarray(data)),
    ]
    return pa.Array.from_buffers(kind, len(offsets) - 1, buffers)
