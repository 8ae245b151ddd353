"""Which packets of another mission does a file bring? Piece by piece, in memory that is bounded.

They lie in it one behind another, or in transfer frames like ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa

from gse import identity
from gse.link.coding import FrameFinder, coding_of
from gse.link.frames import LATE_WINDOW, FrameOrder
from gse.link.packets import Packets as FramePackets
from gse.link.packets import Reassembly
from gse.mapped import Data, release
from gse.stream import octets_of
from gse.xtce.bits import Indices, Packets
from gse.xtce.packets import HEADER, Chain

PACKETS, FRAMES = FRAMINGS = ("packets", "frames")


@dataclass(frozen=True, slots=True)
class Source:
    """Octets of a file, how packets lie in it, the coding of its frames (None: as it shows), and
    how many octets of something else stand before each packet."""

    data: Data
    framing: str = PACKETS
    coding: str | None = None
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """Packets of a part of a file, where each begins in it, and the octet up to which it is read.

    What they lie in may be read again from the file; the next piece makes it slow.
    """

    packets: Packets
    offset: Indices
    end: int


class PacketFile(Protocol):
    """Packets of a file in turn; what it says beside them is complete after the last piece."""

    def following(self, octets: int) -> Piece | None:
        """The packets of about so many octets more; None: there are no more octets."""

    def notes(self) -> Iterator[str]: ...


def opened(source: Source) -> PacketFile:
    """The packets of a file, by its framing."""
    return _InFrames(source) if source.framing == FRAMES else _OneBehindAnother(source)


class Pace:
    """How many octets a piece has: so many that the work on it outweighs all else, and no more than
    that what becomes of them has room. How much that is, the document says: nothing, or hundreds of
    columns for a few octets."""

    _FIRST, _MOST = 1 << 16, 8 << 20
    _LEAST = 1 << 12  # whatever becomes of them
    _ROOM = 128 << 20
    _CELL = 16  # octets of a value while it is worked on: raw and calibrated

    def __init__(self) -> None:
        self.octets = self._FIRST

    def made(self, tables: Iterable[pa.Table]) -> None:
        """Of the last piece, these."""
        taken = sum(t.nbytes + self._CELL * t.num_columns * t.num_rows for t in tables)
        fitting = self.octets * self._ROOM // max(taken, 1)
        self.octets = max(self._LEAST, min(self._MOST, 8 * self.octets, fitting))


class _OneBehindAnother:
    def __init__(self, source: Source) -> None:
        self._data = source.data
        self._octets = octets_of(source.data)
        self._chain = Chain(self._octets, source.skipped)
        self._done_with = 0

    def following(self, octets: int) -> Piece | None:
        release(self._data, self._done_with, self._chain.read)
        self._done_with = self._chain.read
        if self._chain.ended:
            return None
        packets = self._chain.following(self._chain.at + octets)
        return Piece(packets, packets.start, self._chain.read)

    def notes(self) -> Iterator[str]:
        lost_at, left_over = self._chain.lost_at, self._chain.left_over
        if lost_at is not None:
            yield (
                f"no space packet begins at octet {lost_at:,}: what follows was not read; for "
                "something before each packet, use --skip-header"
            )
        elif left_over:
            yield f"the last {left_over:,} octets are no whole packet"


class _InFrames:
    def __init__(self, source: Source) -> None:
        self._data = source.data
        self._octets = octets_of(source.data)
        self._skipped = source.skipped
        self._finder = FrameFinder(source.coding or coding_of(self._octets))
        report = self._finder.report
        length = self._finder.coding.frame_length
        self._order = FrameOrder(None, identity.BOOT_START, report, LATE_WINDOW, length)
        self._reassembly = Reassembly(report)
        self._at = 0
        self._ended = False
        self._left_out = 0

    def following(self, octets: int) -> Piece | None:
        if self._ended:
            return None
        if self._at == len(self._octets):
            self._ended = True
            last = self._order.finish(self._finder.finish())
            return self._piece(self._reassembly.finish(last))
        end = min(self._at + octets, len(self._octets))
        frames = self._order.feed(self._finder.feed(self._octets[self._at : end]))
        release(self._data, self._at, end)
        self._at = end
        return self._piece(self._reassembly.feed(frames))

    def _piece(self, found: FramePackets) -> Piece:
        start, length = found.start + self._skipped, found.length - self._skipped
        whole = length >= HEADER
        self._left_out += int(np.sum(~whole))
        return Piece(
            Packets(found.octets, start[whole], length[whole]), found.offset[whole], self._at
        )

    def notes(self) -> Iterator[str]:
        report = self._finder.report
        for what in ("damaged", "missing", "duplicate"):
            if count := getattr(report, f"frames_{what}"):
                yield f"{count:,} frames {what}"
        if not report.frames_read:
            yield "there is no transfer frame in it"
        if self._left_out:
            yield (
                f"{self._left_out:,} packets left out: behind {self._skipped:,} octets of "
                "something else they have no room for a packet; give --skip-header less"
            )
