"""Which counts do bare space packets hold, as sent? Columns of whole numbers, nothing checked.

For files of packets without transfer frames, and wherever units would only cost time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

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
    ends = np.cumsum(counts).tolist()
    return {
        packet.name: columns(octets, order[first:last], packet)
        for packet, first, last in zip(types, [0, *ends], ends, strict=False)
    }


def columns(octets: Octets, start: Indices, packet: Packet) -> dict[str, npt.NDArray[Any]]:
    """By field, the counts of packets of one type that begin at these octets."""
    fields: Mapping[str, Any] = packet.dtype.fields or {}
    result: dict[str, npt.NDArray[Any]] = dict.fromkeys(fields, np.zeros(0))
    for width, kernel in _KERNELS.items():
        chosen = [name for name, (dtype, _) in fields.items() if dtype.itemsize == width]
        offset = np.array([fields[name][1] for name in chosen], np.int64)
        words = np.empty((len(chosen), len(start)), f"u{width}")
        kernel(octets, start, offset, words)
        for name, row in zip(chosen, words, strict=True):
            result[name] = row.view(fields[name][0].newbyteorder("="))
    return result


_KERNELS: dict[int, Callable[..., None]] = {
    1: kernels.narrow8,
    2: kernels.narrow16,
    4: kernels.narrow32,
}
