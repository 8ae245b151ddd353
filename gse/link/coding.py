"""How are the frames of a downlink protected, and where are they?

The capture shows which of the codings it is: their units differ in length, so that what is sent in
one is as good as never intact in another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from fsw.link.layout import FRAME_ERROR_CONTROL, SYNC_LENGTH, SYNC_MARKER
from gse.link.codeblocks import Codeblocks, CodedLinkReport, with_right_crc
from gse.link.crc import Octets
from gse.link.protection import Coding, coding_named
from gse.link.report import LinkReport
from gse.link.sync import NOTHING, Found, Synchronizer, Uncoded, all_markers

# Octets that are looked at to see the coding: a minute of 8 kbit/s, then all of the capture.
_HEAD = 1 << 16
_PIECE = 4 << 20  # octets looked at at a time


class FrameFinder:
    """Frames with a right CRC, without their markers, out of a stream that comes piece by piece."""

    def __init__(self, coding: str) -> None:
        """coding: one of Coding. Raises ValueError for another."""
        self.coding = coding_named(coding)
        self.report = LinkReport(coding=self.coding)
        self._coded: CodedLinkReport | None = None
        if self.coding.is_reed_solomon:
            self.report = self._coded = CodedLinkReport(coding=self.coding)
            unit = Codeblocks(self.coding.interleave, self._coded)
            self._synchronizer = Synchronizer(self.report, unit)
        else:
            self._synchronizer = Synchronizer(self.report, Uncoded(self.coding.cadu_length))

    def feed(self, octets: Octets) -> Found:
        """The frames that are known with these octets."""
        damaged = self.report.frames_damaged
        return self._frames(self._synchronizer.feed(octets), damaged)

    def finish(self, octets: Octets = NOTHING) -> Found:
        """The rest, with the last octets of the stream."""
        damaged = self.report.frames_damaged
        return self._frames(self._synchronizer.finish(octets), damaged)

    def _frames(self, found: Found, damaged_before: int) -> Found:
        if self._coded is None:
            return found
        self._coded.codeblocks_uncorrectable += self._coded.frames_damaged - damaged_before
        return with_right_crc(found, self.coding.cadu_length, self._coded)


def coding_of(data: Octets) -> Coding:
    """As seen in the beginning of a capture, or else in all of it; CRC where no frame is good."""
    return seen(data[:_HEAD]) or seen(data) or Coding.CRC


def seen(data: Octets) -> Coding | None:
    """The coding in which most frames are good; None where none is in any.

    Those whose units are as far apart as markers stand are tried first, and others only where that
    is chance."""
    apart = Counter(np.diff(all_markers(data[:_PIECE], 0)).tolist())
    due = sorted(Coding, key=lambda coding: -apart[coding.cadu_length])
    spaced = [coding for coding in due if apart[coding.cadu_length]]
    for codings in (spaced, due[len(spaced) :]):
        good = {coding: _good(data, coding) for coding in codings}
        if any(good.values()):
            return max(good, key=lambda coding: good[coding])
    return None


def _good(data: Octets, coding: Coding) -> int:
    """How many frames are good; of much, how many are in the first piece with any.

    One with zeros behind it has a right CRC as a longer one, too, which then ends in zeros."""
    for found in _found(data, coding):
        if good := int(np.count_nonzero(found.rows[:, -FRAME_ERROR_CONTROL:].any(axis=1))):
            return good
    return 0


def _found(data: Octets, coding: str) -> Iterator[Found]:
    finder = FrameFinder(coding)
    for start in range(0, len(data), _PIECE):
        yield finder.feed(data[start : start + _PIECE])
    yield finder.finish()


def plain_cadu(cadu: bytes, coding: str) -> bytes | None:
    """A marker and what stands behind it, so many octets as the coding's CADU has, as a link
    without coding brings it; None where the frame's CRC is wrong."""
    for found in _found(np.frombuffer(cadu, np.uint8), coding):
        if found.offset.tolist() == [0]:
            return bytes(SYNC_MARKER.to_bytes(SYNC_LENGTH, "big") + found.rows[0].tobytes())
    return None
