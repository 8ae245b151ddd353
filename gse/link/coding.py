"""How are the frames of a downlink protected, and where are they?

By their CRC alone; or as randomized Reed-Solomon codeblocks, and by their CRC. The capture shows
which: what is sent in the one way is as good as never intact in the other.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fsw.link import layout
from fsw.link.layout import CADU_LENGTH, SYNC_LENGTH, SYNC_MARKER
from gse.link.codeblocks import CODEBLOCK, CODED_CADU_LENGTH, CodedLinkReport, mend
from gse.link.crc import Octets
from gse.link.report import LinkReport
from gse.link.sync import Found, Synchronizer

CRC, RS = CODINGS = layout.CODINGS

# Octets that are looked at to see the coding: a minute of 8 kbit/s, then all of the capture.
_HEAD = 1 << 16
_PIECE = 4 << 20  # octets looked at at a time


def cadu_length(coding: str) -> int:
    """Octets from one sync marker to the next."""
    return CODED_CADU_LENGTH if coding == RS else CADU_LENGTH


class FrameFinder:
    """Frames with a right CRC, without their markers, out of a stream that comes piece by piece."""

    def __init__(self, coding: str) -> None:
        """coding: one of CODINGS. Raises ValueError for another."""
        if coding not in CODINGS:
            raise ValueError(f"no coding named {coding!r}: choose one of {', '.join(CODINGS)}")
        self.report = LinkReport()
        self._coded: CodedLinkReport | None = None
        if coding == RS:
            self.report = self._coded = CodedLinkReport()
            self._synchronizer = Synchronizer(self.report, CODEBLOCK)
        else:
            self._synchronizer = Synchronizer(self.report)

    def feed(self, octets: Octets) -> Found:
        """The frames that are known with these octets."""
        damaged = self.report.frames_damaged
        return self._frames(self._synchronizer.feed(octets), damaged)

    def finish(self) -> Found:
        """The rest, at the end of the stream."""
        damaged = self.report.frames_damaged
        return self._frames(self._synchronizer.finish(), damaged)

    def _frames(self, found: Found, damaged_before: int) -> Found:
        if self._coded is None:
            return Found(found.rows[:, SYNC_LENGTH:], found.offset)
        self._coded.codeblocks_uncorrectable += self._coded.frames_damaged - damaged_before
        return mend(found, self._coded)


def coding_of(data: Octets) -> str:
    """As seen in the beginning of a capture, or else in all of it; CRC where no frame is good."""
    return seen(data[:_HEAD]) or seen(data) or CRC


def seen(data: Octets) -> str | None:
    """The coding in which most frames are good; None where none is in any."""
    good = {coding: _good(data, coding) for coding in CODINGS}
    return max(CODINGS, key=lambda coding: good[coding]) if any(good.values()) else None


def _good(data: Octets, coding: str) -> int:
    """How many frames are good; of much, how many are in the first piece with any."""
    for found in _found(data, coding):
        if len(found.offset):
            return len(found.offset)
    return 0


def _found(data: Octets, coding: str) -> Iterator[Found]:
    finder = FrameFinder(coding)
    for start in range(0, len(data), _PIECE):
        yield finder.feed(data[start : start + _PIECE])
    yield finder.finish()


def plain_cadu(cadu: bytes, coding: str) -> bytes | None:
    """A marker and what stands behind it, cadu_length(coding) octets, as a link without coding
    brings it; None where the frame's CRC is wrong."""
    for found in _found(np.frombuffer(cadu, np.uint8), coding):
        if found.offset.tolist() == [0]:
            return bytes(SYNC_MARKER.to_bytes(SYNC_LENGTH, "big") + found.rows[0].tobytes())
    return None
