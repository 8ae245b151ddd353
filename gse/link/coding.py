"""How are the frames of a downlink protected, and where are they?

By their CRC alone; or as randomized Reed-Solomon codeblocks, and by their CRC.
"""

from __future__ import annotations

from fsw.link.layout import CADU_LENGTH, SYNC_LENGTH
from gse.link.codeblocks import CODEBLOCK, CODED_CADU_LENGTH, CodedLinkReport, mend
from gse.link.crc import Octets
from gse.link.report import LinkReport
from gse.link.sync import Found, Synchronizer

CRC, RS = CODINGS = ("CRC", "RS")


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
