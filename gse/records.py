"""Which packets of each type arrived whole, and how many of it did not?

Sorts space packets by APID and lays the dictionary's structures over them, after checking length,
CRC and header; sequence counts (CCSDS 133.0-B-2 section 4.1.3.4.3) tell what is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from fsw.link.layout import FILES_APID, VC_PLAYBACK, VC_REAL_TIME
from gse import kernels
from gse.dictionary import Packet
from gse.link.crc import Octets
from gse.link.frames import Frames
from gse.link.packets import Indices, Packets
from gse.link.report import Kind, LinkReport, Tally

SECONDARY_HEADER = 0x0800  # in the first two octets, with version 0 and type 0
UNSEGMENTED = 3

_SEQUENCE_COUNTS = 1 << 14


@dataclass(frozen=True)
class Records:
    """Packets of one type in the order in which they were complete; arrays of shape (n,).

    frame: number of the frame in which each ends; offset: of the frame in which it begins, in the
    stream. sclk_whole, sclk_fraction and sclk_s: spacecraft time as sent, and in seconds, exact.
    sequence: sequence counts, modulo 2^14. sources: where the octets are, and where each begins.
    """

    dtype: np.dtype[np.void]
    sources: tuple[tuple[Octets, Indices], ...] = field(repr=False)
    frame: Indices
    offset: Indices
    virtual_channel: npt.NDArray[np.uint8]
    sequence: npt.NDArray[np.uint16]
    sclk_whole: npt.NDArray[np.uint32]
    sclk_fraction: npt.NDArray[np.uint16]
    sclk_s: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def data(self) -> npt.NDArray[np.void]:
        """The octets as sent, dtype of the packet."""
        rows = np.empty((len(self), self.dtype.itemsize), np.uint8)
        at = 0
        for octets, start in self.sources:
            kernels.copy_rows(octets, start, rows[at : at + len(start)])
            at += len(start)
        return rows.view(self.dtype).reshape(len(self))

    def slice(self, dtype: np.dtype[np.void], first: int, last: int) -> Records:
        """Those from first up to last, which are of one type; of one source."""
        some = slice(first, last)
        ((octets, start),) = self.sources
        return Records(
            dtype,
            ((octets, start[some]),),
            self.frame[some],
            self.offset[some],
            self.virtual_channel[some],
            self.sequence[some],
            self.sclk_whole[some],
            self.sclk_fraction[some],
            self.sclk_s[some],
        )

    def taken(self, order: npt.NDArray[np.intp]) -> Records:
        """Some of them, in another order."""
        octets = self.data[order].view(np.uint8).reshape(-1)
        start = np.arange(len(order)) * self.dtype.itemsize
        return Records(
            self.dtype,
            ((octets, start),),
            self.frame[order],
            self.offset[order],
            self.virtual_channel[order],
            self.sequence[order],
            self.sclk_whole[order],
            self.sclk_fraction[order],
            self.sclk_s[order],
        )

    @classmethod
    def joined(cls, parts: Sequence[Records]) -> Records:
        """One after another; at least one."""
        parts = [p for p in parts if len(p)] or parts[:1]
        if len(parts) == 1:
            return parts[0]
        return cls(
            parts[0].dtype,
            tuple(source for p in parts for source in p.sources),
            np.concatenate([p.frame for p in parts]),
            np.concatenate([p.offset for p in parts]),
            np.concatenate([p.virtual_channel for p in parts]),
            np.concatenate([p.sequence for p in parts]),
            np.concatenate([p.sclk_whole for p in parts]),
            np.concatenate([p.sclk_fraction for p in parts]),
            np.concatenate([p.sclk_s for p in parts]),
        )


class RecordsByType(Mapping[str, Records]):
    """Packets of one batch by type, each as a part of all, made where it is asked for.

    every: of all types, type after type, of one source; first: the first of each type, in the order
    of the dictionary, and the end.
    """

    def __init__(self, types: Sequence[Packet], every: Records, first: Indices) -> None:
        self.every = every
        self.first = first
        self._types = {packet.name: (t, packet.dtype) for t, packet in enumerate(types)}
        self._parts: dict[str, Records] = {}

    def __getitem__(self, name: str) -> Records:
        if name not in self._parts:
            t, dtype = self._types[name]
            first, end = self.first[t : t + 2].tolist()
            self._parts[name] = self.every.slice(dtype, first, end)
        return self._parts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._types)

    def __len__(self) -> int:
        return len(self._types)


class RecordsOfPieces(Mapping[str, Records]):
    """Packets of a whole stream by type, out of those of its pieces: joined where they are asked
    for, as most readers want tables."""

    def __init__(self, parts: Sequence[Mapping[str, Records]]) -> None:
        """parts: each of the same types; at least one."""
        self._parts = parts
        self._joined: dict[str, Records] = {}

    def __getitem__(self, name: str) -> Records:
        if name not in self._joined:
            self._joined[name] = Records.joined([part[name] for part in self._parts])
        return self._joined[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts[0])

    def __len__(self) -> int:
        return len(self._parts[0])


def _room(octets: Octets, count: int) -> Records:
    """Packets of all types, to be written to."""
    start, frame, offset = (np.empty(count, np.int64) for _ in range(3))
    channel, sclk_s = np.empty(count, np.uint8), np.empty(count, np.float64)
    sources = ((octets, start),)
    return Records(np.dtype("V0"), sources, frame, offset, channel, *_headers(count), sclk_s)


def _headers(
    count: int,
) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint32], npt.NDArray[np.uint16]]:
    """Sequence counts, seconds and fractions, to be written to."""
    return np.empty(count, np.uint16), np.empty(count, np.uint32), np.empty(count, np.uint16)


@dataclass(frozen=True, slots=True)
class Sorted:
    """records: of every type, by its name. clock_frame, clock_s: frames in which packets end that
    tell the time, ascending, and spacecraft times of these."""

    records: RecordsByType
    clock_frame: Indices
    clock_s: npt.NDArray[np.float64]


class Sorter:
    """Sorts packets that come batch by batch; what is refused is counted and located."""

    def __init__(self, types: Sequence[Packet], report: LinkReport) -> None:
        self._types = types
        self._report = report
        self._counting = _Counting([packet.name for packet in types], report)
        self._type_of = np.full(1 << 16, -1, np.int16)
        for i, packet in enumerate(types):
            self._type_of[SECONDARY_HEADER | packet.apid] = i
        self._length_of = np.array([packet.length for packet in types], np.int64)
        # Event reports may have waited long before they were sent, and what is played back longer.
        self._tells_time = np.array([packet.name != "EVR" for packet in types])
        report.packets = {packet.name: Tally() for packet in types}

    def feed(self, packets: Packets, frames: Frames) -> Sorted:
        """packets: those that end in these frames."""
        count = len(packets.start)
        kind, verdict = np.empty(count, np.int16), np.empty(count, np.uint8)
        counts = np.zeros(len(self._types), np.int64)
        headers = _headers(count)
        kernels.classify(
            packets.octets,
            (packets.start, packets.length, packets.packet_id),
            self._type_of,
            self._length_of,
            kernels.CRC_SLICES,
            kind,
            verdict,
            counts,
            headers,
        )
        first = np.cumsum([0, *counts.tolist()])
        good = int(first[-1])
        if good < count:
            self._refuse(packets, kind, verdict)
        self._report.packets_good += good
        every = _room(packets.octets, good)
        kernels.group(
            kind,
            verdict,
            first,
            (packets.start, packets.frame, packets.offset, packets.virtual_channel, *headers),
            (
                every.sources[0][1],
                every.frame,
                every.offset,
                every.virtual_channel,
                every.sequence,
                every.sclk_whole,
                every.sclk_fraction,
            ),
            every.sclk_s,
        )
        self._counting.feed(every, first, frames)
        records = RecordsByType(self._types, every, first)
        clock_frame, clock_s = np.empty(good, np.int64), np.empty(good, np.float64)
        told = kernels.clock(
            (packets.frame, packets.virtual_channel, *headers[1:]),
            kind,
            verdict,
            self._tells_time,
            VC_REAL_TIME,
            clock_frame,
            clock_s,
        )
        return Sorted(records, clock_frame[:told], clock_s[:told])

    def _refuse(
        self, packets: Packets, kind: npt.NDArray[np.int16], verdict: npt.NDArray[np.uint8]
    ) -> None:
        report = self._report
        files = packets.packet_id == FILES_APID  # their contents are for gse.files
        for i in np.flatnonzero((verdict != kernels.GOOD) & ~files).tolist():
            name = self._types[kind[i]].name if kind[i] >= 0 else ""
            if verdict[i] == kernels.WRONG_LENGTH:
                report.packets_wrong_length += 1
                right = int(self._length_of[kind[i]])
                text = f"{name} of {packets.length[i]} octets, not {right}"
                what = Kind.PACKET_LENGTH
            elif verdict[i] == kernels.DAMAGED:
                report.packets_damaged += 1
                what, text = Kind.PACKET_DAMAGED, f"{name}: CRC wrong"
            elif verdict[i] == kernels.SEGMENTED:
                report.packets_unexpected += 1
                what, text = Kind.PACKET_UNEXPECTED, f"{name}: segmented"
            else:
                report.packets_unexpected += 1
                text = f"first octets {packets.packet_id[i]:04X}"
                what = Kind.PACKET_UNEXPECTED
            report.note(what, int(packets.offset[i]), text, within=packets.within(i))


class _Counting:
    """How many packets the sequence counts say are missing between the first and the last."""

    def __init__(self, names: Sequence[str], report: LinkReport) -> None:
        self._names = names
        self._report = report
        self._epoch = 0
        # By type and virtual channel: the last sequence count, and restarts before it.
        self._last = np.full((len(names), 8), -1)
        self._last_epoch = np.zeros((len(names), 8), np.int64)

    def feed(self, every: Records, first: Indices, frames: Frames) -> None:
        """every: packets that end in these frames, type after type; first: the first of each type,
        and the end.

        After a restart of the flight software, counting begins at 0. What was played back comes in
        no order: gse.merge puts it in its place."""
        report = self._report
        report.packets_played_back += int(np.count_nonzero(every.virtual_channel == VC_PLAYBACK))
        for name, received in zip(self._names, np.diff(first).tolist(), strict=True):
            report.packets[name].received += received
        row, before = np.empty(len(every), np.int64), np.empty(len(every), np.int64)
        found = kernels.sequence_gaps(
            first,
            (every.sequence, every.virtual_channel, every.frame),
            VC_PLAYBACK,
            self._epochs(frames),
            frames.number,
            self._last,
            self._last_epoch,
            (row, before),
        )
        types = np.searchsorted(first, row[:found], side="right") - 1
        for i, t, previous in zip(row[:found], types, before[:found], strict=True):
            self._note(self._names[t], int(previous), int(every.sequence[i]), int(every.offset[i]))

    def _epochs(self, frames: Frames) -> Indices:
        """How often the flight software had restarted before each of the next frames."""
        restarts = np.flatnonzero(frames.restart)
        if not len(restarts):  # as ever
            return np.full(len(frames.restart), self._epoch)
        epoch = self._epoch + np.cumsum(frames.restart)
        self._epoch += len(restarts)
        self._report.restart_frames += (frames.number + restarts).tolist()
        return epoch

    def _note(self, name: str, previous: int, count: int, offset: int) -> None:
        report = self._report
        missing = (count - previous - 1) % _SEQUENCE_COUNTS
        if missing >= _SEQUENCE_COUNTS // 2:
            report.note(Kind.SEQUENCE_BACKWARD, offset, f"{name} {count} after {previous}")
            return
        text = f"{missing} {name} before this one"
        report.note(Kind.PACKETS_MISSING, offset, text, count=missing)
        report.packets[name].missing += missing
        report.packets_missing += missing
