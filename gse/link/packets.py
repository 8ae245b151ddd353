"""Which whole space packets do the frames carry?

Each virtual channel carries a stream of packets (CCSDS 132.0-B-3 section 4.1.4, 133.0-B-2) that
runs across its frames. Every frame says where its first packet begins: from there each is walked by
itself, packet after packet; where a frame is missing, nothing is joined.
A packet that has begun waits, with its frames, for its end: 65,542 octets a channel at most.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from fsw.link import layout
from gse import kernels
from gse.link.crc import Octets
from gse.link.frames import Frames
from gse.link.report import Kind, LinkReport

Indices = npt.NDArray[np.int64]
_Item = TypeVar("_Item", bound=np.generic)

_SHORTEST = layout.PACKET_HEADER + 1
_COUNT = 256
_FIELD_START = layout.SYNC_LENGTH + layout.FRAME_HEADER  # octets from the marker on


@dataclass(frozen=True, slots=True)
class Packets:
    """Whole packets in the order in which they were complete; arrays of shape (n,).

    start and length: octets of octets, read-only. packet_id: first two octets. frame: number of the
    frame in which it ends. unit: data field of octets in which it begins. offset: of the sync
    marker of the frame in which it begins. field: octets of a data field.
    """

    octets: Octets
    start: Indices
    length: Indices
    packet_id: npt.NDArray[np.uint16]
    frame: Indices
    unit: Indices
    offset: Indices
    virtual_channel: npt.NDArray[np.uint8]
    field: int

    def __getitem__(self, chosen: slice | npt.NDArray[np.intp]) -> Packets:
        """Some of them, or all in another order."""
        return Packets(
            self.octets,
            self.start[chosen],
            self.length[chosen],
            self.packet_id[chosen],
            self.frame[chosen],
            self.unit[chosen],
            self.offset[chosen],
            self.virtual_channel[chosen],
            self.field,
        )

    def within(self, i: int) -> int:
        """Octet of packet i from the sync marker of the frame on in which it begins."""
        return _within(int(self.start[i]), int(self.unit[i]), self.field)


@dataclass(frozen=True, slots=True)
class _Fields:
    """Data fields of frames with packets, virtual channel after virtual channel; arrays of shape
    (n,).

    sources: octets, how far apart units stand in them, which of them are meant, and the octet of
    each at which the field begins. size: octets of a field. frame: number of the frame. Fields of a
    segment follow one another without a gap; begins: it is the first of one; segment_end: the octet
    after it.
    """

    sources: list[tuple[Octets, int, Indices, int]]
    size: int
    frame: Indices
    offset: Indices
    pointer: Indices
    channel: npt.NDArray[np.uint8]
    begins: npt.NDArray[np.bool_]
    segment_end: Indices

    def with_ends(self) -> _Fields:
        """The same, laid out to be walked."""
        count = len(self.channel)
        edges = self.begins.copy()
        edges[1:] |= self.channel[1:] != self.channel[:-1]
        edges[:1] = True
        firsts = np.flatnonzero(edges)
        ends = np.append(firsts, count)[1:] * self.size
        return replace(self, segment_end=np.repeat(ends, np.diff(firsts, append=count)))

    def octets(self) -> Octets:
        """Of all fields, shape (n * size,), read-only."""
        fields = np.empty((len(self.frame), self.size), np.uint8)
        at = 0
        for octets, step, chosen, first in self.sources:
            start = chosen * step + first
            kernels.copy_rows(octets, start, fields[at : at + len(start)])
            at += len(start)
        return kernels.read_only(fields.reshape(-1))


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
        octets = fields.octets()
        start, end, unit = _walk(octets, fields)
        known = self._keep_unfinished(fields, octets, start, end, unit, final=final)
        if not known.all():
            start, end, unit = start[known], end[known], unit[known]
        verdict = np.empty(len(start), np.uint8)
        counts = np.empty(kernels.IDLE_BROKEN + 1, np.int64)
        packets = _room(octets, len(start), fields.size)
        in_order = kernels.judge(
            octets,
            (fields.pointer, fields.segment_end, fields.frame, fields.offset, fields.channel),
            fields.size,
            (start, end, unit),
            verdict,
            counts,
            (
                packets.start,
                packets.length,
                packets.packet_id,
                packets.frame,
                packets.unit,
                packets.offset,
                packets.virtual_channel,
            ),
        )
        self._report_lost(fields, start, unit, verdict, counts)
        packets = packets[: counts[kernels.WHOLE]]
        return packets if in_order else packets[np.argsort(packets.frame, kind="stable")]

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
            parts.append(channel.fields(frames, chosen, _some(epoch, chosen), self._report))
        return _joined(parts, frames.octets.shape[1] - layout.FRAME_OVERHEAD).with_ends()

    def _keep_unfinished(
        self,
        fields: _Fields,
        octets: Octets,
        start: Indices,
        end: Indices,
        unit: Indices,
        *,
        final: bool,
    ) -> npt.NDArray[np.bool_]:
        """Which packets are done with; the others wait in their channels with their fields."""
        known = np.ones(len(start), bool)
        last_unit = np.flatnonzero(np.diff(fields.channel, append=255) != 0)
        for i in last_unit.tolist():
            channel = self._channels[int(fields.channel[i])]
            packet = int(np.searchsorted(unit, i, side="right")) - 1
            limit = (i + 1) * fields.size
            if (
                not final
                and packet >= 0
                and fields.segment_end[unit[packet]] == limit
                and fields.channel[unit[packet]] == channel.number
                and end[packet] > limit
            ):
                known[packet] = False
                channel.keep(fields, octets, int(unit[packet]), i + 1, int(start[packet]))
        return known

    def _report_lost(
        self,
        fields: _Fields,
        start: Indices,
        unit: Indices,
        verdict: npt.NDArray[np.uint8],
        counts: Indices,
    ) -> None:
        report = self._report
        report.packets_idle += int(counts[kernels.IDLE])
        report.packets_misfit += int(counts[kernels.MISFIT])
        report.packet_fragments += int(counts[kernels.FRAGMENT])
        for lost, kind, text in (
            (kernels.MISFIT, Kind.PACKET_MISFIT, "dropped"),
            (kernels.FRAGMENT, Kind.PACKET_FRAGMENT, "its end is missing"),
        ):
            for i in np.flatnonzero(verdict == lost).tolist() if counts[lost] else ():
                offset = int(fields.offset[unit[i]])
                within = _within(int(start[i]), int(unit[i]), fields.size)
                report.note(kind, offset, text, within=within)
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
        carries = _some(frames.pointer, chosen) != layout.ONLY_IDLE_DATA
        carries &= self.number != layout.VC_IDLE
        # An interruption before an idle frame is one before the next with packets.
        segment = np.cumsum(interrupted) + int(self._interrupted)
        latest = int(segment[-1]) if len(segment) else int(self._interrupted)
        if not carries.all():
            chosen, segment = chosen[carries], segment[carries]
        self._interrupted = latest > (int(segment[-1]) if len(segment) else 0)
        fields = _Fields(
            sources=[(*kernels.flat(frames.octets), chosen, layout.FRAME_HEADER)],
            size=frames.octets.shape[1] - layout.FRAME_OVERHEAD,
            frame=frames.number + chosen,
            offset=_some(frames.offset, chosen),
            pointer=_some(frames.pointer, chosen).astype(np.int64),
            channel=np.full(len(chosen), self.number, np.uint8),
            begins=np.diff(segment, prepend=0) != 0,
            segment_end=np.zeros(0, np.int64),
        )
        kept, self._kept = self._kept, None
        return fields if kept is None else _joined([kept, fields], fields.size)

    def keep(self, fields: _Fields, octets: Octets, first: int, last: int, start: int) -> None:
        """Keeps fields first .. last, with their octets; of the first, only what begins at octet
        start."""
        chosen = slice(first, last)
        pointer = fields.pointer[chosen].copy()
        size = fields.size
        pointer[0] = start - first * size
        kept = octets[first * size : last * size].copy()
        self._kept = _Fields(
            sources=[(kernels.read_only(kept), size, np.arange(last - first), 0)],
            size=size,
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
        count = _some(frames.channel_count, chosen).astype(np.int64)
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


def _some(values: npt.NDArray[_Item], chosen: Indices) -> npt.NDArray[_Item]:
    """Those at chosen places, which ascend; a copy only where some are left out."""
    return values if len(chosen) == len(values) else values[chosen]


def _joined(parts: list[_Fields], size: int) -> _Fields:
    """Fields, of so many octets, one after another."""
    if not parts:
        return _Fields([], size, *(np.zeros(0, t) for t in ("i8", "i8", "i8", "u1", "?", "i8")))
    if len(parts) == 1:
        return parts[0]
    return _Fields(
        sources=[source for p in parts for source in p.sources],
        size=size,
        frame=np.concatenate([p.frame for p in parts]),
        offset=np.concatenate([p.offset for p in parts]),
        pointer=np.concatenate([p.pointer for p in parts]),
        channel=np.concatenate([p.channel for p in parts]),
        begins=np.concatenate([p.begins for p in parts]),
        segment_end=np.zeros(0, np.int64),
    )


def _room(octets: Octets, count: int, field: int) -> Packets:
    """Packets to be written to."""
    kinds = ("i8", "i8", "u2", "i8", "i8", "i8", "u1")
    start, length, packet_id, frame, unit, offset, channel = (np.empty(count, k) for k in kinds)
    return Packets(octets, start, length, packet_id, frame, unit, offset, channel, field)


def _walk(octets: Octets, fields: _Fields) -> tuple[Indices, Indices, Indices]:
    """Start, end and field of every packet that begins in a field, in order; an end beyond its
    segment says that the packet is cut off."""
    room = len(fields.pointer) * (fields.size // _SHORTEST + 1)
    start, end, unit = (np.empty(room, np.int64) for _ in range(3))
    count = kernels.walk(octets, fields.pointer, fields.segment_end, fields.size, start, end, unit)
    return start[:count], end[:count], unit[:count]


def _within(start: int, unit: int, size: int) -> int:
    """Octet of a packet from the marker of the frame on in which it begins."""
    return _FIELD_START + start - unit * size
