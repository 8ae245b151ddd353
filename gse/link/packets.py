"""Which whole space packets do the frames carry?

Each virtual channel carries a stream of packets (CCSDS 132.0-B-3 section 4.1.4, 133.0-B-2) that
runs across its frames. Every frame says where its first packet begins: from there each is walked by
itself, packet after packet; where a frame is missing, nothing is joined.
A packet that has begun waits, with its frames, for its end: 65,542 octets a channel at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fsw.link import layout
from gse import kernels
from gse.link.crc import Octets
from gse.link.frames import Frames
from gse.link.report import Kind, LinkReport

Indices = npt.NDArray[np.int64]

_SHORTEST = layout.PACKET_HEADER + 1
_USUAL = 4 * _SHORTEST  # octets of a packet, or more: room for shorter ones is made when they come
_FIELD_START = layout.SYNC_LENGTH + layout.FRAME_HEADER  # octets from the marker on


@dataclass(frozen=True, slots=True)
class Packets:
    """Whole packets in the order in which they were complete; arrays of shape (n,).

    start and length: octets of octets, which are data fields one behind another, read-only.
    packet_id: first two octets. frame: number of the frame in which it ends. offset: of the sync
    marker of the frame in which it begins. field: octets of a data field.
    """

    octets: Octets
    start: Indices
    length: Indices
    packet_id: npt.NDArray[np.uint16]
    frame: Indices
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
            self.offset[chosen],
            self.virtual_channel[chosen],
            self.field,
        )

    def arrays(self) -> Any:
        """As kernels.reassemble fills them."""
        return (
            self.start,
            self.length,
            self.packet_id,
            self.frame,
            self.offset,
            self.virtual_channel,
        )

    def within(self, i: int) -> int:
        """Octet of packet i from the sync marker of the frame on in which it begins."""
        return _within(int(self.start[i]), self.field)


@dataclass(frozen=True, slots=True)
class _Fields:
    """Data fields of frames with packets, virtual channel after virtual channel; arrays of shape
    (n,).

    frame: number of the frame; offset: of its sync marker; source: where the field begins in the
    octets of the frames at hand, -1 where it is of those that were kept. begins: the channel was
    interrupted before it. kept: octets of its first fields, by the place of the first among all.
    """

    frame: Indices
    offset: Indices
    pointer: Indices
    source: Indices
    channel: npt.NDArray[np.uint8]
    begins: npt.NDArray[np.bool_]
    kept: dict[int, Octets]

    def __len__(self) -> int:
        return len(self.frame)

    @classmethod
    def joined(cls, parts: list[_Fields]) -> _Fields:
        """One after another."""
        if len(parts) == 1:
            return parts[0]
        kept: dict[int, Octets] = {}
        at = 0
        for part in parts:
            kept |= {at + n: octets for n, octets in part.kept.items()}
            at += len(part)
        parts = parts or [_NO_FIELDS]
        return cls(
            np.concatenate([p.frame for p in parts]),
            np.concatenate([p.offset for p in parts]),
            np.concatenate([p.pointer for p in parts]),
            np.concatenate([p.source for p in parts]),
            np.concatenate([p.channel for p in parts]),
            np.concatenate([p.begins for p in parts]),
            kept,
        )

    def arrays(self) -> Any:
        """As kernels.reassemble wants them."""
        return self.source, self.pointer, self.begins, self.frame, self.offset, self.channel

    def end_of(self, channel: int) -> int:
        """The field behind the last of a virtual channel."""
        return int(np.searchsorted(self.channel, channel, side="right"))


_NONE = np.zeros(0, np.int64)
_NO_FIELDS = _Fields(_NONE, _NONE, _NONE, _NONE, np.zeros(0, np.uint8), np.zeros(0, bool), {})


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
        size = frames.octets.shape[1] - layout.FRAME_OVERHEAD
        fields = self._fields(frames)
        octets = np.empty(len(fields) * size, np.uint8)
        for at, kept in fields.kept.items():
            octets[at * size : at * size + len(kept)] = kept
        counts = np.empty(kernels.WAITS + 1, np.int64)
        for shortest in (_USUAL, _SHORTEST):
            room = len(fields) * (size // shortest + 1) + 1
            packets = _room(kernels.read_only(octets), room, size)
            start, verdict = np.empty(room, np.int64), np.empty(room, np.uint8)
            complete, in_order = kernels.reassemble(
                kernels.flat(frames.octets)[0],
                fields.arrays(),
                size,
                final,
                octets,
                counts,
                packets.arrays(),
                (start, verdict),
            )
            if complete:
                break
        others = int(counts[[kernels.MISFIT, kernels.FRAGMENT, kernels.WAITS]].sum())
        start, verdict = start[:others], verdict[:others]
        for first in start[verdict == kernels.WAITS].tolist():
            channel = self._channels[int(fields.channel[first // size])]
            channel.keep(fields, packets.octets, first, size)
        self._report_lost(fields, start, verdict, counts, size)
        packets = packets[: counts[kernels.WHOLE]]
        return packets if in_order else packets[np.argsort(packets.frame, kind="stable")]

    def _fields(self, frames: Frames) -> _Fields:
        """The fields of these frames, after those of packets that had no end yet."""
        present = np.flatnonzero(np.bincount(frames.virtual_channel, minlength=8))
        parts = []
        for vc in sorted({*present.tolist(), *self._channels}):
            channel = self._channels.setdefault(vc, _Channel(vc))
            parts += channel.fields(frames, self._epoch, self._report)
        self._epoch += int(np.count_nonzero(frames.restart))
        return _Fields.joined([part for part in parts if len(part)])

    def _report_lost(
        self,
        fields: _Fields,
        start: Indices,
        verdict: npt.NDArray[np.uint8],
        counts: Indices,
        size: int,
    ) -> None:
        report = self._report
        report.packets_idle += int(counts[kernels.IDLE])
        report.packets_misfit += int(counts[kernels.MISFIT])
        report.packet_fragments += int(counts[kernels.FRAGMENT])
        for lost, kind, text in (
            (kernels.MISFIT, Kind.PACKET_MISFIT, "dropped"),
            (kernels.FRAGMENT, Kind.PACKET_FRAGMENT, "its end is missing"),
        ):
            for at in start[verdict == lost].tolist():
                offset = int(fields.offset[at // size])
                report.note(kind, offset, text, within=_within(at, size))
        for i in np.flatnonzero(fields.begins & (fields.pointer > 0)).tolist():
            report.packet_fragments += 1
            offset = int(fields.offset[i])
            report.note(
                Kind.PACKET_FRAGMENT, offset, "its beginning is missing", within=_FIELD_START
            )


class _Channel:
    """A virtual channel between two batches of frames."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._count = -1  # of its last frame; -1: none yet
        self._epoch = 0  # of that frame
        self._interrupted = True  # before the next field with packets
        self._kept = _NO_FIELDS

    def fields(self, frames: Frames, epoch: int, report: LinkReport) -> list[_Fields]:
        """What was kept, and the fields of its frames. epoch: restarts before the first frame."""
        room = len(frames.offset)
        chosen, pointer, source, gap_frame, gap = (np.empty(room, np.int64) for _ in range(5))
        begins = np.empty(room, bool)
        count, gaps, after = kernels.channel_fields(
            self._number,
            (frames.virtual_channel, frames.channel_count, frames.pointer, frames.restart),
            kernels.flat(frames.octets)[1],
            (self._count, self._epoch, epoch, self._interrupted),
            (chosen, pointer, source, begins),
            (gap_frame, gap),
        )
        self._count, self._epoch, self._interrupted = after
        self._note_gaps(frames.offset[gap_frame[:gaps]], gap[:gaps], report)
        kept, self._kept = self._kept, _NO_FIELDS
        fresh = _Fields(
            frame=frames.number + chosen[:count],
            offset=frames.offset if count == room else frames.offset[chosen[:count]],
            pointer=pointer[:count],
            source=source[:count],
            channel=np.full(count, self._number, np.uint8),
            begins=begins[:count],
            kept={},
        )
        return [kept, fresh]

    def keep(self, fields: _Fields, octets: Octets, start: int, size: int) -> None:
        """Keeps its last fields, with their octets, for a packet that begins at one of these; of
        the first, only what begins with it."""
        first, last = start // size, fields.end_of(self._number)
        chosen = slice(first, last)
        pointer = fields.pointer[chosen].copy()
        pointer[0] = start - first * size
        count = last - first
        self._kept = _Fields(
            frame=fields.frame[chosen],
            offset=fields.offset[chosen],
            pointer=pointer,
            source=np.full(count, -1),
            channel=fields.channel[chosen],
            begins=np.zeros(count, bool),
            kept={0: octets[first * size : last * size].copy()},
        )

    def _note_gaps(self, offsets: Indices, missing: Indices, report: LinkReport) -> None:
        """missing: frames before each of those at these offsets."""
        for offset, n in zip(offsets.tolist(), missing.tolist(), strict=True):
            report.virtual_channels[self._number].missing += n
            text = f"{n} of virtual channel {self._number} before this one"
            report.note(Kind.CHANNEL_GAP, offset, text, count=n)


def _room(octets: Octets, count: int, field: int) -> Packets:
    """Packets to be written to."""
    kinds = ("i8", "i8", "u2", "i8", "i8", "u1")
    start, length, packet_id, frame, offset, channel = (np.empty(count, k) for k in kinds)
    return Packets(octets, start, length, packet_id, frame, offset, channel, field)


def _within(start: int, size: int) -> int:
    """Octet of a packet from the marker of the frame on in which it begins."""
    return _FIELD_START + start % size
