"""Which transfer frames belong to us, in which order were they sent, and which are missing?

Reads the primary headers of TM transfer frames (CCSDS 132.0-B-3 section 4.1.2) of one master
channel and puts the frames into the order of its counter.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from fsw.link import layout
from gse.link.crc import Octets
from gse.link.report import Kind, LinkReport, Tally
from gse.link.sync import Offsets, rows_at, windows

# How far back a frame that was overtaken may come, at most 3.6 s at 8 kbit/s: further back, a loss
# of nearly 256 frames is the likelier reading of the same counter.
LATE_WINDOW = 16
# How far back an identical frame is sought: as far as the 8-bit counter can say "back".
DUPLICATE_WINDOW = 128

_COUNT = 256


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames in the order in which they were sent; all arrays of shape (n,).

    offset: of the sync marker in the file. pointer: first header pointer. gap: frames missing
    before this one by the master counter. restart: the flight software had restarted before it.
    """

    offset: Offsets
    virtual_channel: npt.NDArray[np.uint8]
    channel_count: npt.NDArray[np.uint8]
    pointer: npt.NDArray[np.uint16]
    gap: npt.NDArray[np.int64]
    restart: npt.NDArray[np.bool_]

    def data_fields(self, data: Octets, chosen: npt.NDArray[np.intp]) -> Octets:
        """Data fields of the chosen frames one after another; shape (len(chosen) * 211,)."""
        start = layout.SYNC_LENGTH + layout.FRAME_HEADER
        fields = rows_at(data, self.offset[chosen] + start, layout.DATA_FIELD)
        return np.ascontiguousarray(fields).reshape(-1)


def read_frames(
    data: Octets, offsets: Offsets, spacecraft_id: int | None, boot_start: bytes, report: LinkReport
) -> Frames:
    """Frames of a spacecraft (None: of any), from the offsets of frames with a right CRC.

    boot_start: the first octets of the packet that the flight software sends first; a frame that
    begins with it and counts from 0 says that the counters restarted.
    """
    headers = rows_at(data, offsets + layout.SYNC_LENGTH, layout.FRAME_HEADER)
    kept = _ours(headers, offsets, spacecraft_id, report)
    offsets, headers = offsets[kept], headers[kept]
    begins = windows(data, len(boot_start))[
        offsets + layout.SYNC_LENGTH + layout.FRAME_HEADER
    ] == np.void(boot_start)
    pointer = ((headers[:, 4].astype(np.uint16) << np.uint16(8)) | headers[:, 5]) & np.uint16(0x7FF)
    restart = begins & (pointer == 0) & (headers[:, 2] == 0)

    place, restarted = _places(data, offsets, headers[:, 2], restart, report)
    order = np.flatnonzero(place >= 0)
    if len(order) and np.diff(place[order]).min(initial=1) < 1:
        order = order[np.argsort(place[order], kind="stable")]
    gap = np.diff(place[order], prepend=place[order[:1]] - 1) - 1
    frames = Frames(
        offset=offsets[order],
        virtual_channel=(headers[order, 1] >> 1) & 7,
        channel_count=headers[order, 3],
        pointer=pointer[order],
        gap=gap,
        restart=restarted[order],
    )
    _count(frames, report)
    return frames


def _ours(
    headers: Octets, offsets: Offsets, spacecraft_id: int | None, report: LinkReport
) -> npt.NDArray[np.bool_]:
    """Which frames are well formed and of this spacecraft; counts and locates the others."""
    status = (headers[:, 4].astype(np.uint16) << 8) | headers[:, 5]
    pointer = status & 0x7FF
    well_formed = (
        (headers[:, 0] >> 6 == 0)  # version
        & (headers[:, 1] & 1 == 1)  # operational control field present
        & (status & 0xF800 == layout.DATA_FIELD_STATUS)
        & ((pointer < layout.DATA_FIELD) | (pointer >= layout.ONLY_IDLE_DATA))
    )
    spacecraft = ((headers[:, 0] & 0x3F).astype(np.uint16) << 4) | (headers[:, 1] >> 4)
    ours = well_formed if spacecraft_id is None else well_formed & (spacecraft == spacecraft_id)
    for i in np.flatnonzero(~well_formed).tolist():
        report.frames_malformed += 1
        report.note(Kind.FRAME_MALFORMED, int(offsets[i]), f"header {headers[i].tobytes().hex()}")
    for i in np.flatnonzero(well_formed & ~ours).tolist():
        report.frames_foreign += 1
        report.note(Kind.FRAME_FOREIGN, int(offsets[i]), f"spacecraft {spacecraft[i]:#05x}")
    return np.asarray(ours)


@dataclass(slots=True)
class _Run:
    """Frames at index .. index + length that stand at place, place + 1 ..."""

    place: int
    index: int
    length: int


class _Placing:
    """Gives each frame its place in the order of sending, from a counter modulo 256."""

    def __init__(self, data: Octets, offsets: Offsets) -> None:
        self._data = data
        self._offsets = offsets
        self._placed: list[_Run] = []
        self._top = LATE_WINDOW - 1  # the highest place given; the first frame may overtake some
        self._top_count = -1  # the counter there

    def expected(self, count: int) -> int:
        """How far ahead of the next counter value this one is, 0 .. 255."""
        return (count - self._top_count - 1) % _COUNT if self._placed else 0

    def append(self, run: _Run, count: int, ahead: int) -> None:
        """Places a run ahead of everything so far."""
        run.place = self._top + 1 + ahead
        self._placed.append(run)
        self._top = run.place + run.length - 1
        self._top_count = (count + run.length - 1) % _COUNT

    def insert(self, run: _Run, place: int) -> None:
        """Places a run into a gap."""
        run.place = place
        self._placed.append(run)

    def at(self, place: int) -> int | None:
        """Index of the frame at a place not long ago; None where one is missing."""
        for run in reversed(self._placed[-2 * DUPLICATE_WINDOW :]):
            if run.place <= place < run.place + run.length:
                return run.index + place - run.place
        return None

    def same(self, a: int, b: int) -> bool:
        """Whether two frames are octet for octet the same, after the marker."""
        first, second = (
            self._data[o + layout.SYNC_LENGTH : o + layout.CADU_LENGTH]
            for o in (int(self._offsets[a]), int(self._offsets[b]))
        )
        return bool(np.array_equal(first, second))

    def backward(self, run: _Run, ahead: int) -> tuple[int, int, bool] | None:
        """Place and length of the beginning of a run that came late or twice, and whether twice.

        None if it cannot have: a place is taken by another frame, or lies too far back.
        """
        back = _COUNT - ahead
        place = self._top + 1 - back
        taken = [self.at(place + k) for k in range(min(run.length, back))]
        if any(t is not None and not self.same(t, run.index + k) for k, t in enumerate(taken)):
            return None
        twice = taken[0] is not None
        if not twice and back > LATE_WINDOW:
            return None
        length = next((k for k, t in enumerate(taken) if (t is not None) != twice), len(taken))
        return place, length, twice


def _places(
    data: Octets,
    offsets: Offsets,
    counts: npt.NDArray[np.uint8],
    restart: npt.NDArray[np.bool_],
    report: LinkReport,
) -> tuple[Offsets, npt.NDArray[np.bool_]]:
    """Place of each frame in the order of sending (-1: a duplicate), and where counters restarted.

    Works on runs of consecutive counters, so that an undisturbed capture costs nothing.
    """
    place = np.full(len(offsets), -1, np.int64)
    restarted = np.zeros(len(offsets), bool)
    placing = _Placing(data, offsets)
    steps = np.diff(counts)  # modulo 256 by its type
    edges = [*np.flatnonzero(np.concatenate(([True], steps != 1))[: len(counts)]), len(counts)]
    runs = [_Run(0, int(a), int(b - a)) for a, b in pairwise(edges)]
    runs.reverse()
    while runs:
        run = runs.pop()
        count = int(counts[run.index])
        ahead = placing.expected(count)
        if ahead >= _COUNT - DUPLICATE_WINDOW:
            backward = placing.backward(run, ahead)
            if backward is not None:
                to, length, twice = backward
                if length < run.length:
                    runs.append(_Run(0, run.index + length, run.length - length))
                    run.length = length
                _note_backward(offsets[run.index : run.index + length], twice, report)
                if not twice:
                    placing.insert(run, to)
                    place[run.index : run.index + length] = np.arange(to, to + length)
                continue
        if ahead and restart[run.index]:
            restarted[run.index] = True
            ahead = 0
        placing.append(run, count, ahead)
        place[run.index : run.index + run.length] = np.arange(run.place, run.place + run.length)
    return place, restarted


def _note_backward(offsets: Offsets, twice: bool, report: LinkReport) -> None:
    for offset in offsets.tolist():
        if twice:
            report.frames_duplicate += 1
            report.note(Kind.FRAME_DUPLICATE, offset, "dropped")
        else:
            report.frames_late += 1
            report.note(Kind.FRAME_LATE, offset, "put back in order")


def _count(frames: Frames, report: LinkReport) -> None:
    report.frames_read = len(frames.offset)
    report.frames_idle = int((frames.pointer == layout.ONLY_IDLE_DATA).sum())
    report.frames_missing = int(frames.gap.sum())
    for i in np.flatnonzero(frames.gap).tolist():
        missing = int(frames.gap[i])
        text = f"{missing} before this one"
        report.note(Kind.FRAMES_MISSING, int(frames.offset[i]), text, count=missing)
    for i in np.flatnonzero(frames.restart).tolist():
        report.restarts += 1
        report.note(Kind.FLIGHT_RESTART, int(frames.offset[i]), "counters begin again at 0")
    for channel, received in enumerate(np.bincount(frames.virtual_channel, minlength=8).tolist()):
        if received:
            report.virtual_channels[channel] = Tally(received)
