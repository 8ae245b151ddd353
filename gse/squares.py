"""Which fields of packets are read four at a time, and how are their octets picked?

A square is up to four fields next to each other of four packets: column_kernels reads it out of 16
octets of each. Picked are, for each number, four octets, the lowest first. A signed number of 16
bits is picked to the upper end of 32, and shifted back. Of an unsigned number of 32 bits half the
range is taken off, as it becomes a signed one on its way, and added after.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gse.column_kernels import SQUARE_OCTETS
from gse.counts import Field, Layout

_FIELDS = 4
_PICKED = 4  # octets of a number
_NO_OCTET = 0x80  # picked where there is none: zero
_HALF = 1 << 31


class Squares:
    """The squares of the fields of several types of packets.

    alone: the fields that are in none, as their packets are too short.
    """

    def __init__(self, layout: Layout, factor: Sequence[float], lengths: Sequence[int]) -> None:
        """factor: of each field; lengths: octets of a packet of each type, 0 for one without
        squares."""
        self._fields, self._factor = layout.fields, factor
        self.alone = np.ones(len(layout.fields), bool)
        self._members: list[list[int]] = []  # fields of each square
        self._windows: list[int] = []  # where its octets begin in the packet
        bounds = [0]
        for named, length in zip(layout.named, lengths, strict=True):
            if length >= SQUARE_OCTETS:
                self._divide([f for f, _ in named], length)
            bounds.append(len(self._windows))
        self._bounds = np.array(bounds)

    def _divide(self, fields: list[int], length: int) -> None:
        self.alone[fields] = False
        while fields:
            window = min(self._fields[fields[0]].offset, length - SQUARE_OCTETS)
            end = window + SQUARE_OCTETS
            some = [f for f in fields[:_FIELDS] if _end(self._fields[f]) <= end]
            # Where they are fewer, the first is read several times.
            self._members.append(some + some[:1] * (_FIELDS - len(some)))
            self._windows.append(window)
            fields = fields[len(some) :]

    def arrays(self) -> tuple[Any, ...]:
        """As column_kernels.read_columns wants them: the first square of each type, and the end;
        windows and members; octets picked, shift, half a range to take off and to add, factor."""
        members = [f for square in self._members for f in square]
        fields = [self._fields[f] for f in members]
        windows = [window for window in self._windows for _ in range(_FIELDS)]
        picked = [_picked(f, window) for f, window in zip(fields, windows, strict=True)]
        half = [_HALF * (f.dtype.kind == "u" and f.dtype.itemsize == 4) for f in fields]
        return (
            self._bounds,
            (
                np.array(self._windows, np.int64),
                np.array(members, np.int64).reshape(-1, _FIELDS),
            ),
            (
                np.array(picked, np.uint8).reshape(-1),
                np.array([16 * _is_shifted(f) for f in fields], np.int32),
                np.array([-h for h in half], np.int32),
                np.array(half, np.float64),
                np.array([self._factor[f] for f in members], np.float64),
            ),
        )


def _end(field: Field) -> int:
    return field.offset + field.dtype.itemsize


def _is_shifted(field: Field) -> bool:
    return field.dtype.kind == "i" and field.dtype.itemsize == 2


def _picked(field: Field, window: int) -> list[int]:
    octets = list(range(_end(field) - 1 - window, field.offset - 1 - window, -1))
    nothing = [_NO_OCTET] * (_PICKED - len(octets))
    return nothing + octets if _is_shifted(field) else octets + nothing
