"""Where in a stream of octets do transfer frames stand?

Attached sync markers (CCSDS 131.0-B-4 section 9) are searched at every octet, and believed only
where what follows is intact: a frame by its CRC, a codeblock because it can be corrected. So a
marker pattern inside data does not mislead. What lost its marker to damage is accepted where it is
due, again only if it is intact.

However the stream is cut into pieces, the same frames are found and the same damage is told.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from fsw.link.crc import PRESET
from fsw.link.layout import CADU_LENGTH, FRAME_HEADER, SYNC_LENGTH, SYNC_MARKER
from gse import kernels
from gse.link.crc import Octets
from gse.link.report import Kind, LinkReport

Offsets = npt.NDArray[np.int64]

NOTHING: Octets = np.zeros(0, np.uint8)

# Frames in a row that may lack their marker before their place is no longer known: each guess is
# one more chance in 65536 to take noise for a frame.
FLYWHEEL = 8

# Frames that are kept while none is found: an interruption that long is still counted in frames,
# if it is of whole frames. Of a longer one, all but the last BACK frames are told by markers alone.
HELD = 512
BACK = 64


@dataclass(frozen=True, slots=True)
class Found:
    """Units that are intact. rows: the frames that they carry, without marker and code, shape (n,
    frame length); headers: their primary headers by themselves, shape (n, 6): a look at each frame,
    which is far away, takes longer than all that is done with its header. offset: of their markers
    in the stream, ascending."""

    rows: Octets
    headers: Octets
    offset: Offsets

    @classmethod
    def of(cls, rows: Octets, offset: Offsets) -> Found:
        """With the headers that stand in the rows."""
        return cls(rows, rows[:, :FRAME_HEADER].copy(), offset)

    def __getitem__(self, chosen: npt.NDArray[Any]) -> Found:
        return Found(self.rows[chosen], self.headers[chosen], self.offset[chosen])


class Unit(Protocol):
    """What stands behind each marker. length: octets, marker included; damage: why one is not to be
    believed, in words."""

    length: int
    damage: str

    def scan(self, data: Octets, start: int, limit: int) -> tuple[Found, Offsets]:
        """In octets, from one on: units that are intact, by their markers, none inside another,
        beginning before a limit; and markers, among them all that are inside no unit."""

    def one(self, octets: Octets) -> Octets | None:
        """The frame in so many octets, whatever stands in place of the marker; None where they
        cannot be believed."""


class Uncoded:
    """Units that are frames, intact because of their CRC."""

    damage = "CRC wrong"

    def __init__(self, length: int = CADU_LENGTH) -> None:
        """length: octets, marker included."""
        self.length = length

    def scan(self, data: Octets, start: int, limit: int) -> tuple[Found, Offsets]:
        """See Unit."""
        room = len(data) // self.length + 1
        frames, headers = np.empty(room, np.int64), np.empty((room, FRAME_HEADER), np.uint8)
        markers = np.empty((len(data) - start) // SYNC_LENGTH + 1, np.int64)
        found, others = kernels.scan(
            data,
            start,
            limit,
            self.length,
            SYNC_MARKER,
            kernels.CRC_SLICES,
            frames,
            headers,
            markers,
        )
        offset = frames[:found].copy()
        rows = rows_at(data, offset, self.length)[:, SYNC_LENGTH:]
        return Found(rows, headers[:found].copy(), offset), markers[:others].copy()

    def one(self, octets: Octets) -> Octets | None:
        """See Unit."""
        frame = octets[SYNC_LENGTH:]
        return frame if binascii.crc_hqx(frame.data, PRESET) == 0 else None


class Synchronizer:
    """Finds the units of a stream that comes piece by piece.

    Everything else is counted and located in the report, whose octets add up: they are those that
    were accounted for, after finish() all that came.
    """

    def __init__(self, report: LinkReport, unit: Unit | None = None) -> None:
        """unit: by default frames of interleave 1, by their CRC."""
        self._report = report
        self._unit = unit or Uncoded()
        self._kept = NOTHING  # what is not accounted for yet
        self._base = 0  # its first octet in the stream
        self._after = False  # whether a unit ends there
        self._searched = 0  # octets of it at which no unit with a marker begins
        self._markers = np.zeros(0, np.int64)  # those among them at which a marker begins
        self._skipped = (0, 0)  # a run of octets of no frame, not yet in the list

    def feed(self, octets: Octets) -> Found:
        """The units that are known with these octets."""
        return self._find(octets, final=False)

    def finish(self, octets: Octets = NOTHING) -> Found:
        """The rest, with the last octets of the stream."""
        found = self._find(octets, final=True)
        self._list_skipped()
        return found

    def _find(self, octets: Octets, *, final: bool) -> Found:
        data = np.concatenate((self._kept, octets)) if len(self._kept) else octets
        data = kernels.read_only(data)
        length = self._unit.length
        limit = max(len(data) - length + 1, 0)  # what begins before it is there whole
        scanned, fresh = self._unit.scan(data, self._searched, limit)
        anchors = scanned.offset
        gap = _Gap(data, np.concatenate((self._markers, fresh)))

        ends = np.concatenate(([0], anchors + length))
        recovered: dict[int, Octets] = {}
        for i in np.flatnonzero(anchors > ends[:-1]).tolist():
            after = i > 0 or self._after
            recovered |= self._close(gap, int(ends[i]), int(anchors[i]), after, before=True)
        start, after = int(ends[-1]), self._after or len(anchors) > 0
        if final:
            recovered |= self._close(gap, start, len(data), after, before=False)
            start = len(data)
        else:
            start, after, found = self._shorten(gap, start, limit, after)
            recovered |= found
        result = _joined(scanned, recovered)
        self._report.frames_good += len(result.offset)
        self._report.octets += length * len(result.offset)
        result = Found(result.rows, result.headers, result.offset + self._base)

        self._kept = data[start:].copy()
        self._base += start
        self._after = after
        self._searched = max(limit - start, 0)
        kept_markers = gap.markers[(gap.markers >= start) & (gap.markers < limit)]
        self._markers = kept_markers - start
        return result

    def _close(
        self, gap: _Gap, start: int, end: int, after: bool, *, before: bool
    ) -> dict[int, Octets]:
        """The frames found between two units, or up to the end of the stream, by where they begin;
        tells what else is there.

        after: a unit ends at start, so that others are due from there on; before: one begins at
        end, so that others are due backwards from there.
        """
        start, after, found = self._shorten(gap, start, end, after)
        recovered = self._unmarked(gap, start, end, after=after, before=before)
        places = sorted(recovered)
        edges = [start, *(edge for f in places for edge in (f, f + self._unit.length)), end]
        spans = list(zip(edges[::2], edges[1::2], strict=True))
        for i, (left, right) in enumerate(spans):
            whole = (after or i > 0) and (before or i < len(spans) - 1)
            self._account(gap, left, right, whole_frames=whole)
        self._note_recovered(places)
        return found | recovered

    def _shorten(
        self, gap: _Gap, start: int, end: int, after: bool
    ) -> tuple[int, bool, dict[int, Octets]]:
        """Accounts for the beginning of a gap as long as it is too long to be kept.

        Where it then begins, whether a unit ends there, and the frames found."""
        length = self._unit.length
        found: dict[int, Octets] = {}
        while end - start > HELD * length:
            stop = start + (HELD - BACK) * length
            due = self._unmarked(gap, start, stop, after=after, before=False)
            if due:
                cursor = start
                for offset in sorted(due):
                    self._account(gap, cursor, offset, whole_frames=True)
                    cursor = offset + length
                self._note_recovered(sorted(due))
                found |= due
                start, after = cursor, True
            else:
                start, after = self._account_by_markers(gap, start, stop), False
        return start, after, found

    def _note_recovered(self, offsets: list[int]) -> None:
        for offset in offsets:
            self._report.markers_damaged += 1
            self._report.note(
                Kind.MARKER_DAMAGED, self._base + offset, "frame accepted where one was due"
            )

    def _unmarked(
        self, gap: _Gap, start: int, end: int, *, after: bool, before: bool
    ) -> dict[int, Octets]:
        """Frames between start and end where a unit is due and intact, by where it begins."""
        found: dict[int, Octets] = {}
        length = self._unit.length
        tried = set(gap.markers_between(start, end))  # the scan knows that none of these is

        def is_intact(offset: int) -> bool:
            if offset not in tried:
                tried.add(offset)
                frame = self._unit.one(gap.data[offset : offset + length])
                if frame is not None:
                    found[offset] = frame
            return offset in found

        if after:
            last = start
            for offset in range(start, end - length + 1, length):
                if offset - last > FLYWHEEL * length:
                    break
                if is_intact(offset):
                    last = offset
        if before:
            floor = max(found, default=start - length) + length
            last = end
            for offset in range(end - length, max(floor, end - BACK * length) - 1, -length):
                if last - offset > FLYWHEEL * length:
                    break
                if is_intact(offset):
                    last = offset
        return found

    def _account(self, gap: _Gap, start: int, end: int, *, whole_frames: bool) -> None:
        """Says what the octets start .. end are, between which nothing is intact.

        whole_frames: units stand on both sides, so that damaged ones fill what is between if its
        length allows it. Else each marker begins one, if it is not inside one itself.
        """
        length = self._unit.length
        if start == end:
            return
        if whole_frames and (end - start) % length == 0:
            for offset in range(start, end, length):
                self._damaged(offset, length)
            return
        cursor = start
        for offset in gap.markers_between(start, end):
            if offset < cursor:
                continue
            self._skip(cursor, offset)
            cursor = min(offset + length, end)
            if cursor == len(gap.data) and cursor - offset < length:
                self._incomplete(offset, cursor)
            else:
                self._damaged(offset, cursor - offset)
        at_end = end == len(gap.data)
        if at_end and 0 < end - cursor < length and self._base + cursor > 0:
            self._incomplete(cursor, end)
        else:
            self._skip(cursor, end)

    def _account_by_markers(self, gap: _Gap, start: int, stop: int) -> int:
        """Says what the octets from start on are, up to stop or the end of a damaged unit beyond
        it; where that is."""
        cursor = start
        for offset in gap.markers_between(start, stop):
            if offset >= cursor:
                self._skip(cursor, offset)
                self._damaged(offset, self._unit.length)
                cursor = offset + self._unit.length
        self._skip(cursor, stop)
        return max(cursor, stop)

    def _damaged(self, offset: int, octets: int) -> None:
        self._report.octets += octets
        self._report.frames_damaged += 1
        self._report.octets_damaged += octets
        self._report.note(Kind.FRAME_DAMAGED, self._base + offset, self._unit.damage)

    def _skip(self, start: int, end: int) -> None:
        if end <= start:
            return
        self._report.octets += end - start
        self._report.octets_skipped += end - start
        first, last = self._skipped
        if last != self._base + start:
            self._list_skipped()
            first = self._base + start
        self._skipped = (first, self._base + end)

    def _list_skipped(self) -> None:
        start, end = self._skipped
        if end > start:
            text = f"{end - start} octets of no frame"
            self._report.note(Kind.OCTETS_SKIPPED, start, text, count=end - start)
        self._skipped = (end, end)

    def _incomplete(self, start: int, end: int) -> None:
        self._report.octets += end - start
        self._report.octets_incomplete += end - start
        text = f"{end - start} of {self._unit.length} octets"
        self._report.note(Kind.INCOMPLETE_END, self._base + start, text, count=end - start)


@dataclass(frozen=True, slots=True)
class _Gap:
    """What is known of the octets at hand: markers ascending, by octet of data."""

    data: Octets
    markers: Offsets

    def markers_between(self, start: int, end: int) -> Iterator[int]:
        first, last = np.searchsorted(self.markers, [start, end])
        yield from self.markers[first:last].tolist()


def _joined(found: Found, recovered: dict[int, Octets]) -> Found:
    """With the frames that were recovered, by where they begin."""
    if not recovered:
        return found
    offset = np.concatenate((found.offset, np.array(list(recovered), np.int64)))
    rows = np.concatenate((found.rows, np.array(list(recovered.values()), np.uint8)))
    return Found.of(rows, offset)[np.argsort(offset)]


def all_markers(data: Octets, start: int) -> Offsets:
    """Where sync markers begin in octets, from one on."""
    found = np.empty((len(data) - start) // SYNC_LENGTH + 1, np.int64)
    return start + found[: kernels.markers(data[start:], SYNC_MARKER, found)]


def windows(data: Octets, length: int) -> npt.NDArray[np.void]:
    """Every run of so many octets as one item, without a copy; shape (len(data) - length + 1,)."""
    return np.ndarray((max(len(data) - length + 1, 0),), f"V{length}", data, 0, (1,))


def rows_at(data: Octets, offsets: Offsets, length: int) -> Octets:
    """The octets from each offset on; shape (len(offsets), length). A copy unless they follow one
    another."""
    count = len(offsets)
    if count and (np.diff(offsets) == length).all():
        first = int(offsets[0])
        return data[first : first + count * length].reshape(count, length)
    return windows(data, length)[offsets].view(np.uint8).reshape(count, length)


def without_overlap(offsets: Offsets, length: int) -> npt.NDArray[np.intp]:
    """Which of the offsets of units, ascending, are not inside the unit before."""
    if len(offsets) < 2 or np.diff(offsets).min() >= length:
        return np.arange(len(offsets))
    kept, end = [], 0
    for i, offset in enumerate(offsets.tolist()):
        if offset >= end:
            kept.append(i)
            end = offset + length
    return np.array(kept, np.intp)
