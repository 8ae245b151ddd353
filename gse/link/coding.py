"""How are the frames of a capture protected, and where are they?

By their CRC alone; or as randomized Reed-Solomon codeblocks, and by their CRC.
"""

from __future__ import annotations

from fsw.link.layout import CADU_LENGTH
from gse.link.codeblocks import CODED_CADU_LENGTH, CodedLinkReport, read_codeblocks
from gse.link.crc import Octets
from gse.link.report import LinkReport
from gse.link.sync import Offsets, find_frames

CRC, RS = CODINGS = ("CRC", "RS")


def cadu_length(coding: str) -> int:
    """Octets from one sync marker to the next."""
    return CODED_CADU_LENGTH if coding == RS else CADU_LENGTH


def find(data: Octets, coding: str) -> tuple[Octets, Offsets, LinkReport]:
    """The capture with its frames in plain, offsets of those with a right CRC, and the report.

    coding: one of CODINGS. Raises ValueError for another.
    """
    if coding == RS:
        coded_report = CodedLinkReport()
        return *read_codeblocks(data, coded_report), coded_report
    if coding != CRC:
        raise ValueError(f"no coding named {coding!r}: choose one of {', '.join(CODINGS)}")
    report = LinkReport()
    return data, find_frames(data, report), report
