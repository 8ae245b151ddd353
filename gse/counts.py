"""Which counts do bare space packets hold, as sent? Columns of whole numbers, nothing checked.

For files of packets without transfer frames, and wherever units would only cost time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gse import column_kernels, kernels, memory
from gse.dictionary import Packet
from gse.link.crc import Octets
from gse.link.packets import Indices
from gse.records import SECONDARY_HEADER

_SHORTEST = 7  # octets of a packet


def packet_columns(
    octets: Octets, types: Sequence[Packet]
) -> dict[str, dict[str, npt.NDArray[Any]]]:
    """By packet name and by field, header and CRC included, one array of shape (packets of it,),
    from packets that follow one another from the first octet on.

    Packets of another type or length are left out, and what comes after the last whole one.
    """
    octets = kernels.read_only(octets)
    room = len(octets) // _SHORTEST + 1
    start, length = np.empty(room, np.int64), np.empty(room, np.int64)
    packet_id = np.empty(room, np.uint16)
    count, _ = kernels.split(octets, start, length, packet_id)
    kind = np.full(1 << 16, -1, np.int16)
    for i, packet in enumerate(types):
        kind[SECONDARY_HEADER | packet.apid] = i
    lengths = np.array([p.length for p in types], np.int64)
    order, counts = np.empty(count, np.int64), np.empty(len(types), np.int64)
    kernels.starts_by_type(
        start[:count], length[:count], packet_id[:count], kind, lengths, order, counts
    )
    first = np.cumsum([0, *counts.tolist()])
    reading = Counts([_fields(packet) for packet in types]).begin(first)
    linear, coded = column_kernels.no_linear(len(types)), column_kernels.no_coded(len(types))
    column_kernels.read_columns(octets, order[: first[-1]], first, linear, coded, reading.arguments)
    read = reading.columns()
    return {packet.name: read(t) for t, packet in enumerate(types)}


class Field(NamedTuple):
    """name: of its column; offset: octet in its packet; dtype: as sent."""

    name: str
    offset: int
    dtype: np.dtype[Any]


class Layout:
    """Which fields of each type of packets are read, type after type: what kernels ask for.

    bounds: the first field of each type, and the end of the last; offset: of each field; named: the
    fields of each type, with the place of each among all.
    """

    def __init__(self, types: Sequence[Sequence[Field]]) -> None:
        self.bounds = np.cumsum([0, *map(len, types)])
        self.fields = [field for of_type in types for field in of_type]
        self.offset = np.array([field.offset for field in self.fields], np.int64)
        begins = self.bounds.tolist()
        self.named = [list(enumerate(*each)) for each in zip(types, begins[:-1], strict=True)]

    def rows(self, first: Indices) -> Indices:
        """How many values each field has. first: the first packet of each type, and the end."""
        return np.repeat(np.diff(first), np.diff(self.bounds))


class Reading(NamedTuple):
    """Columns of one kind that are about to be read. arguments: as column_kernels.read_columns
    wants them; columns: once it has read, those of a type, by name of the field."""

    arguments: tuple[Any, ...]
    columns: Callable[[], Callable[[int], dict[str, Any]]]


_WIDTHS = (1, 2, 4)


class Counts:
    """Reads the counts of fields of 1, 2 or 4 octets."""

    def __init__(self, types: Sequence[Sequence[Field]]) -> None:
        self._layout = Layout(types)
        self._width = np.array([f.dtype.itemsize for f in self._layout.fields], np.int64)

    def begin(self, first: Indices) -> Reading:
        """See Reading. first: the first packet of each type, and the end."""
        layout, width = self._layout, self._width
        rows = layout.rows(first)
        room = [int(rows[width == w].sum()) for w in _WIDTHS]
        block = memory.room(sum(w * n for w, n in zip(_WIDTHS, room, strict=True)), np.uint8)
        words, halves, single = np.split(block, np.cumsum([4 * room[2], 2 * room[1]]))
        values = (single, halves.view(np.uint16), words.view(np.uint32))
        place = np.empty(len(width), np.int64)
        for w in _WIDTHS:
            of_width = width == w
            place[of_width] = np.cumsum(rows[of_width]) - rows[of_width]

        def columns() -> Callable[[int], dict[str, npt.NDArray[Any]]]:
            return lambda t: self._of_type(t, values, place, int(first[t + 1] - first[t]))

        return Reading((layout.bounds, (layout.offset, width), place, values), columns)

    def _of_type(
        self, t: int, values: tuple[npt.NDArray[Any], ...], place: Indices, count: int
    ) -> dict[str, npt.NDArray[Any]]:
        result = {}
        for f, field in self._layout.named[t]:
            begin = int(place[f])
            column = values[_WIDTHS.index(field.dtype.itemsize)][begin : begin + count]
            result[field.name] = column.view(field.dtype.newbyteorder("="))
        return result


def _fields(packet: Packet) -> list[Field]:
    fields: Mapping[str, Any] = packet.dtype.fields or {}
    return [Field(name, offset, dtype) for name, (dtype, offset) in fields.items()]
