"""What frames are in a coded link, and how many octets of it were put right?

Marker, derandomizer, Reed-Solomon, frame CRC, in this order (CCSDS 131.0-B-4). Each codeblock goes
through the decoder once: that it can be corrected is what says that it is one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fsw.link.layout import SYNC_LENGTH, frame_length
from gse.link.crc import Octets, crc16_rows
from gse.link.randomizer import derandomize
from gse.link.reedsolomon import ReedSolomon
from gse.link.report import Kind, LinkReport
from gse.link.sync import Found, Offsets, all_markers, rows_at, without_overlap

_BATCH = 1 << 21  # octets decoded at a time, which stay in the cache


@dataclass(slots=True)
class CodedLinkReport(LinkReport):
    """Report on a coded link: its octets add up with codeblocks, marker included, in the place of
    frames. A codeblock that cannot be corrected, or whose frame has a wrong CRC nevertheless, is a
    damaged frame.

    codeblocks_corrected: those that had errors, symbols_corrected: octets put right in them.
    """

    codeblocks_corrected: int = 0
    symbols_corrected: int = 0
    codeblocks_uncorrectable: int = 0


class Codeblocks:
    """Units that are intact because they can be corrected; what was put right goes to the
    report."""

    damage = "cannot be corrected"

    def __init__(self, interleave: int, report: CodedLinkReport) -> None:
        """interleave: 1 .. 5. Raises ValueError for another."""
        self._code = ReedSolomon(interleave, frame_length(interleave))
        self.length = SYNC_LENGTH + self._code.length
        self._report = report

    def scan(self, data: Octets, start: int, limit: int) -> tuple[Found, Offsets]:
        """See gse.link.sync.Unit."""
        markers = all_markers(data, start)
        candidates = markers[markers < limit]
        good = np.zeros(len(candidates), bool)
        corrected = np.zeros(len(candidates), np.int64)
        frames = [np.zeros((0, self._code.data_octets), np.uint8)]
        batch = _BATCH // self.length
        for first in range(0, len(candidates), batch):  # they may overlap in a hostile file
            some = slice(first, first + batch)
            found, corrected[some], good[some] = self._decode(
                rows_at(data, candidates[some], self.length)
            )
            frames.append(found[good[some]])
        offset = candidates[good]
        chosen = without_overlap(offset, self.length)
        rows = frames[1] if len(frames) == 2 else np.concatenate(frames)
        self._count(corrected[good][chosen])
        if len(chosen) < len(offset):
            rows, offset = rows[chosen], offset[chosen]
        return Found.of(rows, offset), markers

    def one(self, octets: Octets) -> Octets | None:
        """See gse.link.sync.Unit."""
        frames, corrected, good = self._decode(octets[None, :])
        if not good[0]:
            return None
        self._count(corrected)
        frame: Octets = frames[0]
        return frame

    def _decode(self, rows: Octets) -> tuple[Octets, Offsets, npt.NDArray[np.bool_]]:
        """Frames, octets corrected of each, and which could be."""
        decoded = self._code.decode(derandomize(rows[:, SYNC_LENGTH:]))
        corrected: Offsets = decoded.corrected.sum(axis=1, dtype=np.int64)
        good: npt.NDArray[np.bool_] = np.logical_not(decoded.uncorrectable.any(axis=1))
        return decoded.frames, corrected, good

    def _count(self, corrected: Offsets) -> None:
        self._report.codeblocks_corrected += int(np.count_nonzero(corrected))
        self._report.symbols_corrected += int(corrected.sum())


def with_right_crc(found: Found, cadu_length: int, report: CodedLinkReport) -> Found:
    """Without the frames whose CRC is wrong although they are of codewords: these go to the
    report."""
    good = crc16_rows(found.rows) == 0
    if good.all():
        return found
    for offset in found.offset[~good].tolist():
        report.frames_good -= 1
        report.frames_damaged += 1
        report.octets_damaged += cadu_length
        report.note(Kind.FRAME_DAMAGED, offset, "a codeword, but its frame's CRC is wrong")
    return found[good]
