"""What frames are in a coded link, and how many octets of it were put right?

Marker, derandomizer, Reed-Solomon, frame CRC, in this order (CCSDS 131.0-B-4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fsw.link.codeblock import INTERLEAVE
from fsw.link.layout import FRAME_LENGTH, SYNC_LENGTH
from gse.link.crc import Octets, crc16_rows
from gse.link.randomizer import derandomize
from gse.link.reedsolomon import Decoded, ReedSolomon
from gse.link.report import Kind, LinkReport
from gse.link.sync import Found, Unit, scan_by

_CODE = ReedSolomon(INTERLEAVE, FRAME_LENGTH)
CODED_CADU_LENGTH = SYNC_LENGTH + _CODE.length


@dataclass(slots=True)
class CodedLinkReport(LinkReport):
    """Report on a coded link: its octets add up with codeblocks, 259 octets and marker included, in
    the place of frames. A codeblock that cannot be corrected, or whose frame has a wrong CRC
    nevertheless, is a damaged frame.

    codeblocks_corrected: those that had errors, symbols_corrected: octets put right in them.
    """

    codeblocks_corrected: int = 0
    symbols_corrected: int = 0
    codeblocks_uncorrectable: int = 0


def mend(found: Found, report: CodedLinkReport) -> Found:
    """The frames, without markers, of codeblocks that can be corrected; a frame with a wrong CRC
    nevertheless goes to the report."""
    decoded = _decode(found.rows)
    corrected = decoded.corrected.sum(axis=1, dtype=np.int64)
    report.codeblocks_corrected += int(np.count_nonzero(corrected))
    report.symbols_corrected += int(corrected.sum())

    good = crc16_rows(decoded.frames) == 0
    for offset in found.offset[~good].tolist():
        report.frames_good -= 1
        report.frames_damaged += 1
        report.octets_damaged += CODED_CADU_LENGTH
        report.note(Kind.FRAME_DAMAGED, offset, "a codeword, but its frame's CRC is wrong")
    return Found(decoded.frames[good], found.offset[good])


def _decode(rows: Octets) -> Decoded:
    return _CODE.decode(derandomize(rows[:, SYNC_LENGTH:]))


def _are_correctable(rows: Octets) -> npt.NDArray[np.bool_]:
    return np.logical_not(_decode(rows).uncorrectable.any(axis=1))


def _is_correctable(row: Octets) -> bool:
    return bool(_are_correctable(row[None, :])[0])


CODEBLOCK = Unit(
    CODED_CADU_LENGTH,
    scan_by(_are_correctable, CODED_CADU_LENGTH),
    _is_correctable,
    "cannot be corrected",
)
