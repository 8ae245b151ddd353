"""Which whole space packets do the frames carry?

Each virtual channel carries a stream of packets (CCSDS 132.0-B-3 section 4.1.4, 133.0-B-2) that
runs across its frames. Every frame says where its first packet begins, so that all frames are
walked at the same time, one packet further a step; where a frame is missing, nothing is joined.
A packet that has begun waits, with its frames, for its end: 65,542 octets a channel at most.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fsw.link import layout
from gse.link.crc import Octets
from gse.link.frames import Frames
from gse.link.report import Kind, LinkReport

Indices = npt.NDArray[np.int64]

_LENGTH_FIELD = 4  # octet of the primary header
_SHORTEST = layout.PACKET_HEADER + 1
_COUNT = 256
_FIELD_START = layout.SYNC_LENGTH + layout.FRAME_HEADER  # octets from the marker on
_FIELD = slice(layout.FRAME_HEADER, layout.FRAME_HEADER + layout.DATA_FIELD)


@dataclass(frozen=True, slots=True)
class Packets:
    """Whole packets in the order in which they were complete; arrays of shape (n,).

    start and length: octets of octets. packet_id: first two octets. frame: number of the frame in
    which it ends. offset: of the sync marker of the frame in which it begins. within: its octet
    from there.
    """

    octets: Octets
    start: Indices
    length: Indices
    packet_id: npt.NDArray[np.uint16]
    frame: Indices
    offset: Indices
    within: Indices
    virtual_channel: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Fields:
    """Data fields of frames with packets, virtual channel after virtual channel; arrays of shape
    (n,), octets (n * 211,).

    frame: number of the frame. Fields of a segment follow one another without a gap; begins: it is
    the first of one; segment_end: the octet after it.
    """

    octets: Octets
    frame: Indices
    offset: Indices
    pointer: Indices
    channel: npt.NDArray[np.uint8]
    begins: npt.NDArray[np.bool_]
    segment_end: Indices


class Reassembly:
    """Joins packets out of frames that come batch by batch, in the order of sending."""

    def __init__(self, report: LinkReport) -> None:
        self._report = report
        self._channels: dict[int, _Channel] = {}
        self._epoch = 0  # restarts of the flight software so far

    def feed(self, frames: Frames) -> Packets:
        """All packets that end in these frames but idle ones; what is cut off or contradictory is
        counted and located."""
        return self._packets(frames, final=False)

    def finish(self, frames: Frames) -> Packets:
        """The same with the last frames of the stream: what has no end by now has none."""
        return self._packets(frames, final=True)

    def _packets(self, frames: Frames, *, final: bool) -> Packets:
        fields = self._fields(frames)
        start, end, unit = _walk(fields)
        known = self._keep_unfinished(fields, start, end, unit, final=final)
        start, end, unit = start[known], end[known], unit[known]
        whole = end <= fields.segment_end[unit]
        fits = _fits(fields, end, unit, whole)
        packet_id = _word(fields.octets, np.minimum(start, len(fields.octets) - 2))
        idle = packet_id & 0x7FF == layout.IDLE_APID
        self._report_lost(fields, start, unit, fits, whole, idle)
        good = fits & whole
        self._report.packets_idle += int((good & idle).sum())
        chosen = np.flatnonzero(good & ~idle)
        return _packets(fields, start[chosen], end[chosen], unit[chosen], packet_id[chosen])

    def _fields(self, frames: Frames) -> _Fields:
        """The fields of these frames, after those of packets that had no end yet."""
        epoch = self._epoch + np.cumsum(frames.restart)
        if len(epoch):
            self._epoch = int(epoch[-1])
        present = np.bincount(frames.virtual_channel, minlength=8)
        parts = []
        for vc in sorted({*np.flatnonzero(present).tolist(), *self._channels}):
            channel = self._channels.setdefault(vc, _Channel(vc))
            whole = present[vc] == len(epoch)
            chosen = (
                np.arange(len(epoch)) if whole else np.flatnonzero(frames.virtual_channel == vc)
            )
            parts.append(channel.fields(frames, chosen, epoch[chosen], self._report))
        return _joined(parts)

    def _keep_unfinished(
        self, fields: _Fields, start: Indices, end: Indices, unit: Indices, *, final: bool
    ) -> npt.NDArray[np.bool_]:
        """Which packets are done with; the others wait in their channels with their fields."""
        known = np.ones(len(start), bool)
        last_unit = np.flatnonzero(np.diff(fields.channel, append=255) != 0)
        for i in last_unit.tolist():
            channel = self._channels[int(fields.channel[i])]
            packet = int(np.searchsorted(unit, i, side="right")) - 1
            limit = (i + 1) * layout.DATA_FIELD
            if (
                not final
                and packet >= 0
                and fields.segment_end[unit[packet]] == limit
                and fields.channel[unit[packet]] == channel.number
                and end[packet] > limit
            ):
                known[packet] = False
                channel.keep(fields, int(unit[packet]), i + 1, int(start[packet]))
            else:
                channel.keep(fields, i + 1, i + 1, limit)
        return known

    def _report_lost(
        self,
        fields: _Fields,
        start: Indices,
        unit: Indices,
        fits: npt.NDArray[np.bool_],
        whole: npt.NDArray[np.bool_],
        idle: npt.NDArray[np.bool_],
    ) -> None:
        report = self._report
        within = _FIELD_START + start - unit * layout.DATA_FIELD
        for i in np.flatnonzero(~fits & ~idle).tolist():
            report.packets_misfit += 1
            offset = int(fields.offset[unit[i]])
            report.note(Kind.PACKET_MISFIT, offset, "dropped", within=int(within[i]))
        for i in np.flatnonzero(fits & ~whole & ~idle).tolist():
            report.packet_fragments += 1
            offset = int(fields.offset[unit[i]])
            report.note(Kind.PACKET_FRAGMENT, offset, "its end is missing", within=int(within[i]))
        for i in np.flatnonzero(fields.begins & (fields.pointer > 0)).tolist():
            report.packet_fragments += 1
            offset = int(fields.offset[i])
            report.note(
                Kind.PACKET_FRAGMENT, offset, "its beginning is missing", within=_FIELD_START
            )


class _Channel:
    """A virtual channel between two batches of frames."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._count = -1  # of its last frame; -1: none yet
        self._epoch = 0  # of that frame
        self._interrupted = True  # before the next field with packets
        self._kept: _Fields | None = None

    def fields(
        self, frames: Frames, chosen: Indices, epoch: Indices, report: LinkReport
    ) -> _Fields:
        """What was kept, then the fields of chosen frames, which are all of this channel."""
        interrupted = self._interruptions(frames, chosen, epoch, report)
        carries = frames.pointer[chosen] != layout.ONLY_IDLE_DATA
        carries &= self.number != layout.VC_IDLE
        # An interruption before an idle frame is one before the next with packets.
        segment = np.cumsum(interrupted) + int(self._interrupted)
        if len(segment):
            after = segment[carries][-1] if carries.any() else 0
            self._interrupted = bool(segment[-1] > after)
        if not carries.all():
            chosen, segment = chosen[carries], segment[carries]
        octets = frames.octets if len(chosen) == len(frames.offset) else frames.octets[chosen]
        fields = _Fields(
            octets=octets[:, _FIELD],
            frame=frames.number + chosen,
            offset=frames.offset[chosen],
            pointer=frames.pointer[chosen].astype(np.int64),
            channel=np.full(len(chosen), self.number, np.uint8),
            begins=np.diff(segment, prepend=0) != 0,
            segment_end=np.zeros(0, np.int64),
        )
        kept, self._kept = self._kept, None
        return fields if kept is None else _joined([kept, fields], whole=False)

    def keep(self, fields: _Fields, first: int, last: int, start: int) -> None:
        """Keeps fields first .. last; of the first, only what begins at octet start."""
        if first == last:
            return
        chosen = slice(first, last)
        pointer = fields.pointer[chosen].copy()
        pointer[0] = start - first * layout.DATA_FIELD
        octets = fields.octets[first * layout.DATA_FIELD : last * layout.DATA_FIELD]
        self._kept = _Fields(
            octets=octets.reshape(-1, layout.DATA_FIELD).copy(),
            frame=fields.frame[chosen],
            offset=fields.offset[chosen],
            pointer=pointer,
            channel=fields.channel[chosen],
            begins=np.zeros(last - first, bool),
            segment_end=np.zeros(0, np.int64),
        )

    def _interruptions(
        self, frames: Frames, chosen: Indices, epoch: Indices, report: LinkReport
    ) -> npt.NDArray[np.bool_]:
        """Before which of its frames the stream is interrupted; the first of all is no such."""
        if not len(chosen):
            return np.zeros(0, bool)
        count = frames.channel_count[chosen].astype(np.int64)
        first = self._count < 0
        before = np.concatenate(([count[0] - 1 if first else self._count], count[:-1]))
        again = np.diff(epoch, prepend=epoch[0] if first else self._epoch) != 0
        before[again] = _COUNT - 1  # after a restart the counter begins at 0
        missing = (count - before - 1) % _COUNT
        self._count, self._epoch = int(count[-1]), int(epoch[-1])
        for i in np.flatnonzero(missing).tolist():
            n = int(missing[i])
            report.virtual_channels[self.number].missing += n
            text = f"{n} of virtual channel {self.number} before this one"
            report.note(Kind.CHANNEL_GAP, int(frames.offset[chosen[i]]), text, count=n)
        return np.asarray(again | (missing > 0))


def _joined(parts: list[_Fields], *, whole: bool = True) -> _Fields:
    """Fields one after another; whole: laid out to be walked."""
    if not parts:
        parts = [_Fields(*(np.zeros(0, t) for t in ("u1", "i8", "i8", "i8", "u1", "?", "i8")))]
    octets = [p.octets.reshape(-1, layout.DATA_FIELD) for p in parts]
    channel = np.concatenate([p.channel for p in parts])
    begins = np.concatenate([p.begins for p in parts])
    segment_end = np.zeros(0, np.int64)
    joined = octets[0] if len(octets) == 1 else np.concatenate(octets)
    if whole:
        edges = begins.copy()
        edges[1:] |= np.diff(channel) != 0
        edges[:1] = True
        firsts = np.flatnonzero(edges)
        ends = np.append(firsts, len(channel))[1:] * layout.DATA_FIELD
        segment_end = np.repeat(ends, np.diff(firsts, append=len(channel)))
        joined = np.ascontiguousarray(joined).reshape(-1)
    return _Fields(
        octets=joined,
        frame=np.concatenate([p.frame for p in parts]),
        offset=np.concatenate([p.offset for p in parts]),
        pointer=np.concatenate([p.pointer for p in parts]),
        channel=channel,
        begins=begins,
        segment_end=segment_end,
    )


def _word(octets: Octets, at: Indices) -> npt.NDArray[np.uint16]:
    """The big-endian 16-bit words at these octets."""
    return np.asarray((octets[at].astype(np.uint16) << np.uint16(8)) | octets[at + 1])


def _walk(fields: _Fields) -> tuple[Indices, Indices, Indices]:
    """Start, end and field of every packet that begins in a field, in order.

    An end beyond its segment says that the packet is cut off. A step of the loop takes every field
    to its next packet: at most 31 steps, as a packet has 7 octets or more.
    """
    begins = np.arange(len(fields.frame)) * layout.DATA_FIELD
    ends = begins + layout.DATA_FIELD
    active = np.flatnonzero(fields.pointer < layout.DATA_FIELD)
    at = (begins + fields.pointer)[active]
    steps: list[tuple[Indices, Indices, Indices]] = []
    counts = np.zeros(len(fields.frame), np.int64)
    last_header = len(fields.octets) - layout.PACKET_HEADER
    while len(active):
        length = _word(fields.octets, np.minimum(at, last_header) + _LENGTH_FIELD)
        end = at + _SHORTEST + length
        # Where the header is cut off, its length is not known.
        cut = at + layout.PACKET_HEADER > fields.segment_end[active]
        end[cut] = fields.segment_end[active][cut] + 1
        steps.append((at, end, active))
        counts[active] += 1
        more = end < ends[active]
        active, at = active[more], end[more]
    first = np.cumsum(counts) - counts
    total = int(counts.sum())
    start, stop, unit = (np.empty(total, np.int64) for _ in range(3))
    for step, (at, end, active) in enumerate(steps):
        rank = first[active] + step
        start[rank], stop[rank], unit[rank] = at, end, active
    return start, stop, unit


def _fits(
    fields: _Fields, end: Indices, unit: Indices, whole: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Whether a packet that runs into later fields ends where they say that the next one begins.

    One that ends with its field is believed: the next may not have come yet.
    """
    fits = np.ones(len(end), bool)
    across = np.flatnonzero(end > (unit + 1) * layout.DATA_FIELD)
    count = len(fields.frame)
    starts = np.flatnonzero(fields.pointer < layout.DATA_FIELD)
    following = np.append(starts, count)[np.searchsorted(starts, unit[across], side="right")]
    segment_end = fields.segment_end[unit[across]]
    last, rest = np.divmod(end[across], layout.DATA_FIELD)
    begins_there = (following == last) & (np.append(fields.pointer, -1)[following] == rest)
    fits[across] = np.where(
        whole[across],
        np.where(rest > 0, begins_there, following >= last),
        following * layout.DATA_FIELD >= segment_end,
    )
    return fits


def _packets(
    fields: _Fields,
    start: Indices,
    end: Indices,
    unit: Indices,
    packet_id: npt.NDArray[np.uint16],
) -> Packets:
    frame = fields.frame[(end - 1) // layout.DATA_FIELD]
    if len(frame) and np.diff(frame).min(initial=0) < 0:  # several virtual channels
        order = np.argsort(frame, kind="stable")
        start, end, unit = start[order], end[order], unit[order]
        packet_id, frame = packet_id[order], frame[order]
    return Packets(
        octets=fields.octets,
        start=start,
        length=end - start,
        packet_id=packet_id,
        frame=frame,
        offset=fields.offset[unit],
        within=_FIELD_START + start - unit * layout.DATA_FIELD,
        virtual_channel=fields.channel[unit],
    )
