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

from gse.kernels import read_only
from gse.link.crc import Octets
from gse.link.sync import windows
from gse.xtce import loops

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
    words = np.empty(len(at), np.uint64)
    loops.numbers(read_only(octets), np.ascontiguousarray(at, np.int64), bits, words)
    return words


def _ones(bits: int) -> np.uint64:
    return np.uint64((1 << bits) - 1)


def runs(octets: Octets, at: Indices, bits: Indices, *, left: bool) -> pa.Array:
    """Octet strings from bits of the octets on. Where bits are no whole octets, they stand to the
    left in the last octet, or to the right in the first; the rest is zero."""
    return binary_array(*run_parts(octets, at, bits, left=left))


def run_parts(octets: Octets, at: Indices, bits: Indices, *, left: bool) -> tuple[Indices, Octets]:
    """The same, one after another: where each begins, with the end of the last; and octets."""
    at, bits = (np.ascontiguousarray(array, np.int64) for array in (at, bits))
    offsets = np.concatenate(([0], np.cumsum((bits + 7) >> 3)))
    data = np.empty(int(offsets[-1]), np.uint8)
    loops.strings(read_only(octets), at, bits, left, offsets, data)
    return offsets, data


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
