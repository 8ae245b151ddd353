"""How are the frames of a capture protected, and where are they?

By their CRC alone; or as randomized Reed-Solomon codeblocks, and by their CRC. The capture shows
which: what is sent in the one way is as good as never intact in the other.
"""

from __future__ import annotations

import numpy as np

from fsw.link import layout
from fsw.link.layout import CADU_LENGTH
from gse.link.codeblocks import CODED_CADU_LENGTH, CodedLinkReport, read_codeblocks
from gse.link.crc import Octets
from gse.link.report import LinkReport
from gse.link.sync import Offsets, find_frames

CRC, RS = CODINGS = layout.CODINGS

# Octets that are looked at to see the coding: a minute of 8 kbit/s, then all of the capture.
_HEAD = 1 << 16


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


def coding_of(data: Octets) -> str:
    """The coding in which most frames of a capture's beginning are good; where none are in any, of
    all of the capture; and CRC where there is none at all."""
    for part in (data[:_HEAD], data) if len(data) > _HEAD else (data,):
        good = {coding: len(find(part, coding)[1]) for coding in CODINGS}
        if any(good.values()):
            return max(CODINGS, key=lambda coding: good[coding])
    return CRC


def plain_cadu(cadu: bytes, coding: str) -> bytes | None:
    """A marker and what stands behind it, cadu_length(coding) octets, as a link without coding
    brings it; None where the frame's CRC is wrong."""
    mended, offsets, _ = find(np.frombuffer(cadu, np.uint8), coding)
    return mended[:CADU_LENGTH].tobytes() if offsets.tolist() == [0] else None
