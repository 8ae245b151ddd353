"""Which counts do bare space packets hold, as sent? Columns of whole numbers, nothing checked.

For files of packets without transfer frames, and wherever units would only cost time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gse import kernels
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
    return _columns(octets, order[: counts.sum()], np.concatenate(([0], np.cumsum(counts))), types)


_WIDTHS = (1, 2, 4)


def _columns(
    octets: Octets, start: Indices, first: Indices, types: Sequence[Packet]
) -> dict[str, dict[str, npt.NDArray[Any]]]:
    """Of packets that begin at these octets, type after type; first: of each type, and the end."""
    counts = np.diff(first)
    lists = [_fields(packet) for packet in types]
    field = np.cumsum([0, *map(len, lists)])
    width = np.array([dtype.itemsize for fields in lists for _, dtype, _ in fields], np.int64)
    offset = np.array([o for fields in lists for _, _, o in fields], np.int64)
    rows = np.repeat(counts, np.diff(field))
    room = [int(rows[width == w].sum()) for w in _WIDTHS]
    # From a pool that keeps its pages: new ones cost more than what is written there.
    memory = pa.allocate_buffer(sum(w * n for w, n in zip(_WIDTHS, room, strict=True)))
    block = np.frombuffer(memory, np.uint8)
    words, halves, single = np.split(block, np.cumsum([4 * room[2], 2 * room[1]]))
    columns = (single, halves.view(np.uint16), words.view(np.uint32))
    place = np.empty(len(width), np.int64)
    for w in _WIDTHS:
        of_width = width == w
        place[of_width] = np.cumsum(rows[of_width]) - rows[of_width]
    kernels.narrow_columns(octets, start, first, field, (offset, width, place), columns)
    result: dict[str, dict[str, npt.NDArray[Any]]] = {}
    at = iter(place.tolist())
    for packet, fields, count in zip(types, lists, counts.tolist(), strict=True):
        result[packet.name] = {}
        for name, dtype, _ in fields:
            begin = next(at)
            column = columns[_WIDTHS.index(dtype.itemsize)][begin : begin + count]
            result[packet.name][name] = column.view(dtype.newbyteorder("="))
    return result


def _fields(packet: Packet) -> list[tuple[str, np.dtype[Any], int]]:
    """Name, type as sent and octet of every field."""
    fields: Mapping[str, Any] = packet.dtype.fields or {}
    return [(name, dtype, offset) for name, (dtype, offset) in fields.items()]
