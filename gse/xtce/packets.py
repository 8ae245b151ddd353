"""Where do the space packets of a file begin? CCSDS 133.0-B-2 section 4.1: length after length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gse.link.crc import Octets
from gse.xtce.bits import Packets

HEADER = 6  # octets
IDLE_APID = 0x7FF
_COUNTS = 1 << 14


@dataclass(frozen=True, slots=True)
class Stream:
    """Packets of a file, the octets after the last whole one, and where no packet begins (None:
    nowhere)."""

    packets: Packets
    left_over: int
    lost_at: int | None


def split(octets: Octets, prefix: int = 0) -> Stream:
    """Space packets one behind another, each after prefix octets of something else.

    Stops where the version number is not that of a space packet: without marks between packets,
    nothing says where the next one begins.
    """
    data = octets.data
    starts: list[int] = []
    at, size = prefix, len(octets)
    lost_at = None
    while at + HEADER <= size:
        if data[at] >> 5:
            lost_at = at
            break
        end = at + HEADER + 1 + (data[at + 4] << 8) + data[at + 5]
        if end > size:
            break
        starts.append(at)
        at = end + prefix
    start = np.array(starts, np.int64)
    following = np.append(start[1:], at)[: len(start)]
    read = int(following[-1]) - prefix if len(start) else 0
    return Stream(Packets(octets, start, following - prefix - start), size - read, lost_at)


def tallies(packets: Packets) -> dict[int, tuple[int, int]]:
    """By APID but that of idle packets: received, and missing by the sequence count."""
    if not len(packets):
        return {}
    head = packets.matrix[:, :4].astype(np.int64)
    apid = ((head[:, 0] & 7) << 8) | head[:, 1]
    count = ((head[:, 2] & 0x3F) << 8) | head[:, 3]
    found = {}
    for n in np.unique(apid[apid != IDLE_APID]).tolist():
        missing = (np.diff(count[apid == n]) - 1) % _COUNTS
        forward = missing < _COUNTS // 2
        found[n] = (int((apid == n).sum()), int(missing[forward].sum()))
    return found
