"""Where in a capture do transfer frames stand?

Attached sync markers (CCSDS 131.0-B-4 section 9) are searched at every octet, and believed only
where what follows is intact: a frame by its CRC, a codeblock because it can be corrected. So a
marker pattern inside data does not mislead. What lost its marker to damage is accepted where it is
due, again only if it is intact.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fsw.link.crc import PRESET
from fsw.link.layout import CADU_LENGTH, SYNC_LENGTH, SYNC_MARKER
from gse.link.crc import BATCH, Octets, crc16_rows
from gse.link.report import Kind, LinkReport

Offsets = npt.NDArray[np.int64]

# Frames in a row that may lack their marker before their place is no longer known: each guess is
# one more chance in 65536 to take noise for a frame.
FLYWHEEL = 8


@dataclass(frozen=True, slots=True)
class Unit:
    """What stands behind each marker. length: octets, marker included; intact: which rows of such
    octets can be believed, one_is_intact: the same for one; damage: why not, in words."""

    length: int
    intact: Callable[[Octets], npt.NDArray[np.bool_]]
    one_is_intact: Callable[[Octets], bool]
    damage: str


def _crcs_are_right(rows: Octets) -> npt.NDArray[np.bool_]:
    return np.asarray(crc16_rows(rows[:, SYNC_LENGTH:]) == 0)


def _crc_is_right(row: Octets) -> bool:
    return binascii.crc_hqx(row[SYNC_LENGTH:].data, PRESET) == 0


FRAME = Unit(CADU_LENGTH, _crcs_are_right, _crc_is_right, "CRC wrong")


def find_frames(data: Octets, report: LinkReport, unit: Unit = FRAME) -> Offsets:
    """File offsets of the sync markers of all units that are intact, ascending; by default, of
    frames with a right CRC.

    Counts and locates everything else in the report: the octets add up.
    """
    report.octets = len(data)
    markers = _markers(data)
    anchors = _without_overlap(
        _intact(data, markers[markers <= len(data) - unit.length], unit), unit.length
    )
    offsets = _fill_gaps(data, markers, anchors, unit, report)
    report.frames_good = len(offsets)
    return offsets


def windows(data: Octets, length: int) -> npt.NDArray[np.void]:
    """Every run of so many octets as one item, without a copy; shape (len(data) - length + 1,)."""
    return np.ndarray((max(len(data) - length + 1, 0),), f"V{length}", data, 0, (1,))


def rows_at(data: Octets, offsets: Offsets, length: int) -> Octets:
    """The octets from each offset on; shape (len(offsets), length). A copy unless evenly spaced."""
    count = len(offsets)
    if count and length <= CADU_LENGTH and offsets[-1] - offsets[0] == (count - 1) * CADU_LENGTH:
        first = int(offsets[0])
        if np.array_equal(offsets, first + CADU_LENGTH * np.arange(count)):
            return np.ndarray((count, length), np.uint8, data, first, (CADU_LENGTH, 1))
    return windows(data, length)[offsets].view(np.uint8).reshape(count, length)


def _markers(data: Octets) -> Offsets:
    """Every octet at which the marker pattern begins."""
    first, *rest = SYNC_MARKER.to_bytes(SYNC_LENGTH, "big")
    found = np.flatnonzero(data[: max(len(data) - SYNC_LENGTH + 1, 0)] == first)
    for i, octet in enumerate(rest, 1):
        found = found[data[found + i] == octet]
    return found


def _intact(data: Octets, offsets: Offsets, unit: Unit) -> Offsets:
    """Those offsets at which a unit is intact."""
    good = np.zeros(len(offsets), bool)
    for start in range(0, len(offsets), BATCH):  # in batches: markers may overlap in a hostile file
        rows = rows_at(data, offsets[start : start + BATCH], unit.length)
        good[start : start + BATCH] = unit.intact(rows)
    return np.asarray(offsets[good])


def _without_overlap(offsets: Offsets, length: int) -> Offsets:
    """The offsets less those inside the frame before."""
    if len(offsets) < 2 or np.diff(offsets).min() >= length:
        return offsets
    kept = [int(offsets[0])]
    for offset in offsets.tolist():
        if offset >= kept[-1] + length:
            kept.append(offset)
    return np.array(kept, np.int64)


def _fill_gaps(
    data: Octets, markers: Offsets, anchors: Offsets, unit: Unit, report: LinkReport
) -> Offsets:
    """The anchors and every unit found between them; what else lies there goes to the report."""
    length = unit.length
    ends = np.concatenate(([0], anchors + length))
    starts = np.concatenate((anchors, [len(data)]))
    found: list[int] = []
    for i in np.flatnonzero(starts > ends).tolist():
        start, end = int(ends[i]), int(starts[i])
        recovered = sorted(_unmarked(data, start, end, unit, after=i > 0, before=i < len(anchors)))
        found += recovered
        for offset in recovered:
            report.markers_damaged += 1
            report.note(Kind.MARKER_DAMAGED, offset, "frame accepted where one was due")
        edges = [start, *(edge for f in recovered for edge in (f, f + length)), end]
        for left, right in zip(edges[::2], edges[1::2], strict=True):
            _account(markers, left, right, len(data), unit, report)
    if not found:
        return anchors
    return np.sort(np.concatenate((anchors, np.array(found, np.int64))))


def _unmarked(
    data: Octets, start: int, end: int, unit: Unit, *, after: bool, before: bool
) -> set[int]:
    """Offsets in a gap where a unit is due and intact.

    after: a frame ends at start, so that frames are due from there on; before: one begins at end,
    so that frames are due backwards from there.
    """
    found: set[int] = set()
    length = unit.length
    if after:
        last = start
        for offset in range(start, end - length + 1, length):
            if offset - last > FLYWHEEL * length:
                break
            if unit.one_is_intact(data[offset : offset + length]):
                found.add(offset)
                last = offset
    if before:
        floor = max(found, default=start - length) + length
        last = end
        for offset in range(end - length, floor - 1, -length):
            if last - offset > FLYWHEEL * length:
                break
            if unit.one_is_intact(data[offset : offset + length]):
                found.add(offset)
                last = offset
    return found


def _account(
    markers: Offsets, start: int, end: int, size: int, unit: Unit, report: LinkReport
) -> None:
    """Says what the octets start .. end are, between which nothing is intact."""
    length = unit.length
    if start == end:
        return
    cursor = start
    for offset in _damaged(markers, start, end, size, length):
        _skip(cursor, offset, report)
        cursor = min(offset + length, end)
        if cursor == size and cursor - offset < length:
            _incomplete(offset, cursor, length, report)
        else:
            report.frames_damaged += 1
            report.octets_damaged += cursor - offset
            report.note(Kind.FRAME_DAMAGED, offset, unit.damage, count=1)
    if end == size and 0 < end - cursor < length and cursor > 0:
        _incomplete(cursor, end, length, report)
    else:
        _skip(cursor, end, report)


def _damaged(markers: Offsets, start: int, end: int, size: int, length: int) -> Iterator[int]:
    """Where damaged frames begin: each place where one is due when only whole frames lie between
    two good ones, else each marker that is not inside a damaged frame itself."""
    if start > 0 and end < size and (end - start) % length == 0:
        yield from range(start, end, length)
        return
    cursor = start
    first, last = np.searchsorted(markers, [start, end])
    for offset in markers[first:last].tolist():
        if offset >= cursor:
            yield offset
            cursor = offset + length


def _skip(start: int, end: int, report: LinkReport) -> None:
    if end > start:
        report.octets_skipped += end - start
        report.note(
            Kind.OCTETS_SKIPPED, start, f"{end - start} octets of no frame", count=end - start
        )


def _incomplete(start: int, end: int, length: int, report: LinkReport) -> None:
    report.octets_incomplete += end - start
    text = f"{end - start} of {length} octets"
    report.note(Kind.INCOMPLETE_END, start, text, count=end - start)
