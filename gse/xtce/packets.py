"""Where do the space packets of a file begin? CCSDS 133.0-B-2 section 4.1: length after length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gse.kernels import read_only
from gse.link.crc import Octets
from gse.xtce import loops
from gse.xtce.bits import Packets

HEADER = 6  # octets
IDLE_APID = 0x7FF
_COUNTS = 1 << 14
_SHORTEST = 7


class Chain:
    """Space packets one behind another, each after prefix octets of something else.

    Ends where the version number is not that of a space packet: without marks between packets,
    nothing says where the next one begins. at: where the next one is to begin; ended: there is
    none.
    """

    def __init__(self, octets: Octets, prefix: int = 0) -> None:
        self._octets = read_only(octets)
        self._prefix = prefix
        self.at = prefix
        self.ended = False

    def following(self, limit: int) -> Packets:
        """The next whole packets, all that begin before an octet."""
        room = max(limit - self.at, 0) // _SHORTEST + 1
        start, length = np.empty(room, np.int64), np.empty(room, np.int64)
        count, self.at = loops.chain(self._octets, self.at, limit, self._prefix, start, length)
        self.ended = self.at < limit or limit >= len(self._octets)
        return Packets(self._octets, start[:count].copy(), length[:count].copy())

    @property
    def read(self) -> int:
        """Octets up to the end of the last whole packet."""
        return self.at - self._prefix

    @property
    def left_over(self) -> int:
        """Octets after the last whole packet."""
        return len(self._octets) - self.read

    @property
    def lost_at(self) -> int | None:
        """Where no packet begins; None: nowhere."""
        if self.at + HEADER > len(self._octets) or not self._octets[self.at] >> 5:
            return None
        return self.at


@dataclass(frozen=True, slots=True)
class Stream:
    """Packets of a file, the octets after the last whole one, and where no packet begins (None:
    nowhere)."""

    packets: Packets
    left_over: int
    lost_at: int | None


def split(octets: Octets, prefix: int = 0) -> Stream:
    """All space packets of a chain at once."""
    chain = Chain(octets, prefix)
    packets = chain.following(len(octets))
    return Stream(packets, chain.left_over, chain.lost_at)


class Received:
    """How many packets came, and how many are missing by the sequence count, by APID but that of
    idle packets; of packets that come piece by piece."""

    def __init__(self) -> None:
        self._received: dict[int, int] = {}
        self._missing: dict[int, int] = {}
        self._last: dict[int, int] = {}

    def feed(self, packets: Packets) -> None:
        if not len(packets):
            return
        head = packets.matrix[:, :4].astype(np.int64)
        apids = ((head[:, 0] & 7) << 8) | head[:, 1]
        order = np.argsort(apids, kind="stable")
        counts = (((head[:, 2] & 0x3F) << 8) | head[:, 3])[order]
        found, first = np.unique(apids[order], return_index=True)
        for apid, of_apid in zip(found.tolist(), np.split(counts, first[1:]), strict=True):
            if apid != IDLE_APID:
                self._count(apid, of_apid)

    def _count(self, apid: int, counts: npt.NDArray[np.int64]) -> None:
        before = self._last.get(apid, int(counts[0]) - 1)
        missing = (np.diff(counts, prepend=before) - 1) % _COUNTS
        forward = missing < _COUNTS // 2
        self._received[apid] = self._received.get(apid, 0) + len(counts)
        self._missing[apid] = self._missing.get(apid, 0) + int(missing[forward].sum())
        self._last[apid] = int(counts[-1])

    def tallies(self) -> dict[int, tuple[int, int]]:
        """Received and missing, by APID in ascending order."""
        return {apid: (self._received[apid], self._missing[apid]) for apid in sorted(self._last)}
