"""Which transfer frames belong to us, in which order were they sent, and which are missing?

Reads the primary headers of TM transfer frames (CCSDS 132.0-B-3 section 4.1.2) of one master
channel and puts the frames into the order of its counter. A frame waits where one that was
overtaken may still take its place before it; nothing else does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from fsw.link import layout
from gse import kernels
from gse.link.crc import Octets
from gse.link.report import Kind, LinkReport, Tally
from gse.link.sync import Found, Offsets

# How far back a frame that was overtaken may come, at most 3.6 s at 8 kbit/s: further back, a loss
# of nearly 256 frames is the likelier reading of the same counter.
LATE_WINDOW = 16
# How far back an identical frame is sought: as far as the 8-bit counter can say "back".
DUPLICATE_WINDOW = 128

_COUNT = 256


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames in the order in which they were sent; arrays of shape (n,), octets (n, frame length).

    number: of the first of them, counted from the beginning of the stream. offset: of the sync
    marker in the stream. pointer: first header pointer. gap: frames missing before this one by the
    master counter. restart: the flight software had restarted before it.
    """

    number: int
    octets: Octets
    offset: Offsets
    virtual_channel: npt.NDArray[np.uint8]
    channel_count: npt.NDArray[np.uint8]
    pointer: npt.NDArray[np.uint16]
    gap: npt.NDArray[np.int64]
    restart: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Placed:
    """Frames of ours, with their headers by themselves. place: in the order of sending, -1: of
    none, not placed or a duplicate."""

    octets: Octets
    headers: Octets
    offset: Offsets
    restart: npt.NDArray[np.bool_]  # seems to begin anew; once placed: does
    place: Offsets

    def __getitem__(self, chosen: slice | npt.NDArray[Any]) -> _Placed:
        return _Placed(
            self.octets[chosen],
            self.headers[chosen],
            self.offset[chosen],
            self.restart[chosen],
            self.place[chosen],
        )

    def __add__(self, other: _Placed) -> _Placed:
        if not len(self.place) or not len(other.place):
            return other if len(other.place) else self
        return _Placed(
            np.concatenate((self.octets, other.octets)),
            np.concatenate((self.headers, other.headers)),
            np.concatenate((self.offset, other.offset)),
            np.concatenate((self.restart, other.restart)),
            np.concatenate((self.place, other.place)),
        )

    def copy(self) -> _Placed:
        """Independent of the octets that they were found in."""
        return replace(self, octets=self.octets.copy())


def _nothing(frame_length: int) -> _Placed:
    return _Placed(
        np.zeros((0, frame_length), np.uint8),
        np.zeros((0, layout.FRAME_HEADER), np.uint8),
        np.zeros(0, np.int64),
        np.zeros(0, bool),
        np.zeros(0, np.int64),
    )


class FrameOrder:
    """Puts frames with a right CRC, which come batch by batch, into the order of sending."""

    def __init__(
        self,
        spacecraft_id: int | None,
        boot_start: bytes,
        report: LinkReport,
        late_window: int = LATE_WINDOW,
        frame_length: int = layout.FRAME_LENGTH,
    ) -> None:
        """spacecraft_id: None: frames of any. boot_start: the first octets of the packet that the
        flight software sends first; a frame that begins with it and counts from 0 says that the
        counters restarted. late_window: frames by which one may be overtaken; 0 where the link
        keeps their order, so that none waits. frame_length: octets of each.
        """
        self._spacecraft_id = spacecraft_id
        self._boot_start = np.frombuffer(boot_start, np.uint8)
        self._report = report
        self._placing = _Placing(late_window, frame_length)
        # Those that may be late, double or far ahead: what follows tells.
        self._undecided = _nothing(frame_length)
        self._waiting = _nothing(frame_length)  # for such as were overtaken
        self._number = 0
        self._last_place: int | None = None

    def feed(self, found: Found) -> Frames:
        """The frames that are next in the order of sending."""
        return self._order(found, final=False)

    def finish(self, found: Found) -> Frames:
        """The same with the last frames of the stream, and all that waited."""
        return self._order(found, final=True)

    def _order(self, found: Found, *, final: bool) -> Frames:
        arrived = self._undecided + self._ours(found)
        arrived, left = self._place(arrived, final=final)
        self._undecided = left.copy()
        placed = arrived.place >= 0
        ready = self._waiting + (arrived if placed.all() else arrived[placed])
        if len(ready.place) and np.diff(ready.place).min(initial=1) < 1:
            ready = ready[np.argsort(ready.place, kind="stable")]
        count = len(ready.place)
        if not final:
            count = int(np.searchsorted(ready.place, self._placing.open_place()))
        self._waiting = ready[count:].copy()
        return self._frames(ready[:count])

    def _ours(self, found: Found) -> _Placed:
        rows = found.rows
        count = len(rows)
        verdict, begins = np.empty(count, np.uint8), np.empty(count, bool)
        others = kernels.judge_frames(
            found.headers,
            -1 if self._spacecraft_id is None else self._spacecraft_id,
            rows.shape[1] - layout.FRAME_OVERHEAD,
            verdict,
            begins,
        )
        place = np.full(count, -1, np.int64)
        frames = _Placed(rows, found.headers, found.offset, begins, place)
        if others:
            _note_others(frames, verdict, self._report)
            frames = frames[verdict == kernels.OURS]
        # Counts from 0; and its first packet, at its beginning, is the first of all.
        likely = np.flatnonzero(frames.restart)
        first = frames.octets[likely, layout.FRAME_HEADER :][:, : len(self._boot_start)]
        frames.restart[likely] = (first == self._boot_start).all(axis=1)
        return frames

    def _place(self, arrived: _Placed, *, final: bool) -> tuple[_Placed, _Placed]:
        """The frames with their places, and the last ones whose place is to be seen yet.

        Works on runs of consecutive counters, so that an undisturbed stream costs nothing.
        """
        counts = arrived.headers[:, 2]
        place, restarted = arrived.place, np.zeros(len(counts), bool)
        placing = self._placing
        runs = _runs(arrived.headers)
        runs.reverse()
        while runs:
            run = runs.pop()
            end = run.index + run.length
            ahead = placing.expected(int(counts[run.index]))
            if ahead >= _COUNT - DUPLICATE_WINDOW:
                backward = placing.backward(arrived.octets[run.index : end], ahead)
                if backward is not None:
                    if not final and end == len(counts) and run.length < _COUNT - ahead:
                        placed = replace(arrived, restart=restarted)
                        return placed[: run.index], arrived[run.index :]
                    to, length, twice = backward
                    if length < run.length:
                        runs.append(_Run(run.index + length, run.length - length))
                        end = run.index + length
                    _note_backward(arrived.offset[run.index : end], twice, self._report)
                    if not twice:
                        placing.insert(arrived.octets[run.index : end], to)
                        place[run.index : end] = np.arange(to, to + length)
                    continue
            if ahead and arrived.restart[run.index]:
                restarted[run.index] = True
                ahead = 0
            first = placing.append(arrived.octets[run.index : end], ahead)
            place[run.index : end] = np.arange(first, first + run.length)
        return replace(arrived, restart=restarted), arrived[len(counts) :]

    def _frames(self, placed: _Placed) -> Frames:
        count = len(placed.place)
        before = self._last_place
        if count:
            before = int(placed.place[0]) - 1 if before is None else before
            self._last_place = int(placed.place[-1])
        channel, channel_count = np.empty(count, np.uint8), np.empty(count, np.uint8)
        pointer, gap = np.empty(count, np.uint16), np.empty(count, np.int64)
        received = np.empty(8, np.int64)
        idle, missing = kernels.read_headers(
            placed.headers,
            placed.place,
            before or 0,
            (channel, channel_count, pointer),
            gap,
            received,
        )
        report = self._report
        report.frames_read += count
        report.frames_idle += idle
        for vc in np.flatnonzero(received).tolist():
            report.virtual_channels.setdefault(vc, Tally()).received += int(received[vc])
        frames = Frames(
            number=self._number,
            octets=placed.octets,
            offset=placed.offset,
            virtual_channel=channel,
            channel_count=channel_count,
            pointer=pointer,
            gap=gap,
            restart=placed.restart,
        )
        self._number += count
        if missing:
            _note_missing(frames, report)
        _note_restarts(frames, report)
        return frames


def _note_others(frames: _Placed, verdict: npt.NDArray[np.uint8], report: LinkReport) -> None:
    """Counts and locates those that are malformed or of another spacecraft."""
    for i in np.flatnonzero(verdict == kernels.MALFORMED).tolist():
        report.frames_malformed += 1
        text = f"header {frames.headers[i].tobytes().hex()}"
        report.note(Kind.FRAME_MALFORMED, int(frames.offset[i]), text)
    for i in np.flatnonzero(verdict == kernels.FOREIGN).tolist():
        report.frames_foreign += 1
        spacecraft = int.from_bytes(frames.headers[i, :2].tobytes(), "big") >> 4 & 0x3FF
        report.note(Kind.FRAME_FOREIGN, int(frames.offset[i]), f"spacecraft {spacecraft:#05x}")


@dataclass(frozen=True, slots=True)
class _Run:
    """Frames with consecutive counters: index .. index + length of those at hand."""

    index: int
    length: int


def _runs(headers: Octets) -> list[_Run]:
    """Of frames with these headers."""
    first = np.empty(len(headers), np.int64)
    edges = [*first[: kernels.runs(headers, first)].tolist(), len(headers)]
    return [_Run(a, b - a) for a, b in pairwise(edges)]


class _Placing:
    """Gives each frame its place in the order of sending, from a counter modulo 256."""

    def __init__(self, late_window: int, frame_length: int) -> None:
        self._late_window = late_window
        self._top = late_window - 1  # the highest place given; the first frame may overtake some
        self._top_count = -1  # the counter there; -1 before the first frame
        # The frames of the last places, by place modulo 256.
        self._place = np.full(_COUNT, -1, np.int64)
        self._octets = np.zeros((_COUNT, frame_length), np.uint8)

    def expected(self, count: int) -> int:
        """How far ahead of the next counter value this one is, 0 .. 255."""
        return (count - self._top_count - 1) % _COUNT if self._top_count >= 0 else 0

    def append(self, frames: Octets, ahead: int) -> int:
        """Places a run ahead of everything so far; the place of its first frame."""
        first = self._top + 1 + ahead
        self._top += ahead + len(frames)
        self._top_count = int(frames[-1, 2])
        self._keep(frames, first)
        return first

    def insert(self, frames: Octets, place: int) -> None:
        """Places a run into a gap."""
        self._keep(frames, place)

    def open_place(self) -> int:
        """The first place that a late frame may yet take; what stands before it is in order."""
        first = max(self._top + 1 - self._late_window, 0)
        for place in range(first, self._top + 1):
            if not self._is_taken(place):
                return place
        return self._top + 1

    def backward(self, frames: Octets, ahead: int) -> tuple[int, int, bool] | None:
        """Place and length of the beginning of a run that came late or twice, and whether twice.

        None if it cannot have: a place is taken by another frame, or lies too far back.
        """
        back = _COUNT - ahead
        place = self._top + 1 - back
        taken = [self._is_taken(place + k) for k in range(min(len(frames), back))]
        for k in np.flatnonzero(taken).tolist():
            if not np.array_equal(self._octets[(place + k) % _COUNT], frames[k]):
                return None
        twice = taken[0]
        if not twice and back > self._late_window:
            return None
        length = next((k for k, t in enumerate(taken) if t != twice), len(taken))
        return place, length, twice

    def _is_taken(self, place: int) -> bool:
        return place >= 0 and bool(self._place[place % _COUNT] == place)

    def _keep(self, frames: Octets, place: int) -> None:
        last = frames[-_COUNT:]
        places = np.arange(place + len(frames) - len(last), place + len(frames))
        self._place[places % _COUNT] = places
        self._octets[places % _COUNT] = last


def _note_backward(offsets: Offsets, twice: bool, report: LinkReport) -> None:
    for offset in offsets.tolist():
        if twice:
            report.frames_duplicate += 1
            report.note(Kind.FRAME_DUPLICATE, offset, "dropped")
        else:
            report.frames_late += 1
            report.note(Kind.FRAME_LATE, offset, "put back in order")


def _note_missing(frames: Frames, report: LinkReport) -> None:
    for i in np.flatnonzero(frames.gap).tolist():
        missing = int(frames.gap[i])
        report.frames_missing += missing
        text = f"{missing} before this one"
        report.note(Kind.FRAMES_MISSING, int(frames.offset[i]), text, count=missing)


def _note_restarts(frames: Frames, report: LinkReport) -> None:
    for i in np.flatnonzero(frames.restart).tolist():
        report.restarts += 1
        report.note(Kind.FLIGHT_RESTART, int(frames.offset[i]), "counters begin again at 0")
