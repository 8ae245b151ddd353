"""Which packets of each type arrived whole, and how many of it did not?

Sorts space packets by APID and lays the dictionary's structures over them, after checking length,
CRC and header; sequence counts (CCSDS 133.0-B-2 section 4.1.3.4.3) tell what is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
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


@dataclass(frozen=True, slots=True)
class Sorted:
    """records: of every type, by its name. clock_frame, clock_s: frames in which packets end that
    tell the time, ascending, and spacecraft times of these."""

    records: dict[str, Records]
    clock_frame: Indices
    clock_s: npt.NDArray[np.float64]


class Sorter:
    """Sorts packets that come batch by batch; what is refused is counted and located."""

    def __init__(self, types: Sequence[Packet], report: LinkReport) -> None:
        self._types = types
        self._report = report
        self._counting = _Counting(report)
        self._type_of = np.full(1 << 16, -1, np.int16)
        for i, packet in enumerate(types):
            self._type_of[SECONDARY_HEADER | packet.apid] = i
        self._length_of = np.array([packet.length for packet in types], np.int64)
        # Event reports may have waited long before they were sent, and what is played back longer.
        self._tells_time = np.array([packet.name != "EVR" for packet in types])
        report.packets = {packet.name: Tally() for packet in types}

    def feed(self, packets: Packets, frames: Frames) -> Sorted:
        """packets: those that end in these frames."""
        report = self._report
        count = len(packets.start)
        kind, verdict = np.empty(count, np.int16), np.empty(count, np.uint8)
        counts = np.zeros(len(self._types), np.int64)
        kernels.classify(
            packets.octets,
            packets.start,
            packets.length,
            packets.packet_id,
            self._type_of,
            self._length_of,
            kernels.CRC_SLICES,
            kind,
            verdict,
            counts,
        )
        good = int(counts.sum())
        if good < count:
            self._refuse(packets, kind, verdict)
        records = self._records(packets, kind, verdict, counts)
        epoch = self._counting.epochs(frames)
        for packet in self._types:
            of_type = records[packet.name]
            tally = report.packets[packet.name]
            tally.received += len(of_type)
            if len(of_type):
                missing = self._counting.missing(of_type, epoch, frames.number, packet.name)
                tally.missing += missing
                report.packets_missing += missing
        report.packets_good += good
        return Sorted(records, *self._clock(packets, kind, verdict))

    def _clock(
        self, packets: Packets, kind: npt.NDArray[np.int16], verdict: npt.NDArray[np.uint8]
    ) -> tuple[Indices, npt.NDArray[np.float64]]:
        frame, sclk_s = np.empty(len(kind), np.int64), np.empty(len(kind), np.float64)
        count = kernels.clock(
            packets.octets,
            packets.start,
            packets.frame,
            packets.virtual_channel,
            kind,
            verdict,
            self._tells_time,
            VC_REAL_TIME,
            frame,
            sclk_s,
        )
        return frame[:count], sclk_s[:count]

    def _records(
        self,
        packets: Packets,
        kind: npt.NDArray[np.int16],
        verdict: npt.NDArray[np.uint8],
        counts: Indices,
    ) -> dict[str, Records]:
        good = int(counts.sum())
        came = (packets.start, packets.frame, packets.offset, packets.virtual_channel)
        start, frame, offset = (np.empty(good, np.int64) for _ in range(3))
        channel = np.empty(good, np.uint8)
        sequence, fraction = np.empty(good, np.uint16), np.empty(good, np.uint16)
        whole, sclk_s = np.empty(good, np.uint32), np.empty(good, np.float64)
        grouped = (start, frame, offset, channel)
        headers = (sequence, whole, fraction, sclk_s)
        kernels.group(packets.octets, kind, verdict, counts, came, grouped, headers)
        ends = np.cumsum(counts).tolist()
        records = {}
        for packet, first, last in zip(self._types, [0, *ends], ends, strict=False):
            some = slice(first, last)
            records[packet.name] = Records(
                packet.dtype,
                ((packets.octets, start[some]),),
                frame[some],
                offset[some],
                channel[some],
                sequence[some],
                whole[some],
                fraction[some],
                sclk_s[some],
            )
        return records

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

    def __init__(self, report: LinkReport) -> None:
        self._report = report
        self._epoch = 0
        # By packet: of each virtual channel, the last sequence count and restarts before it.
        self._last: dict[str, tuple[Indices, Indices]] = {}

    def epochs(self, frames: Frames) -> Indices:
        """How often the flight software had restarted before each of the next frames."""
        epoch = self._epoch + np.cumsum(frames.restart)
        if len(epoch):
            self._epoch = int(epoch[-1])
        restarts = frames.number + np.flatnonzero(frames.restart)
        self._report.restart_frames += restarts.tolist()
        return np.asarray(epoch)

    def missing(self, records: Records, epoch: Indices, first_frame: int, name: str) -> int:
        """How many are missing before these records. epoch: of the frames from first_frame on;
        after a restart of the flight software, counting begins at 0. What was played back comes in
        no order: gse.merge puts it in its place."""
        live = records.virtual_channel != VC_PLAYBACK
        self._report.packets_played_back += len(records) - int(live.sum())
        sequence, offsets = records.sequence[live], records.offset[live]
        last, last_epoch = self._last.setdefault(name, (np.full(8, -1), np.zeros(8, np.int64)))
        row, before = np.empty(len(sequence), np.int64), np.empty(len(sequence), np.int64)
        found = kernels.sequence_gaps(
            sequence,
            records.virtual_channel[live],
            records.frame[live],
            epoch,
            first_frame,
            last,
            last_epoch,
            row,
            before,
        )
        total = 0
        for i, previous in zip(row[:found].tolist(), before[:found].tolist(), strict=True):
            offset, count = int(offsets[i]), int(sequence[i])
            missing = (count - previous - 1) % _SEQUENCE_COUNTS
            if missing >= _SEQUENCE_COUNTS // 2:
                text = f"{name} {count} after {previous}"
                self._report.note(Kind.SEQUENCE_BACKWARD, offset, text)
            else:
                text = f"{missing} {name} before this one"
                self._report.note(Kind.PACKETS_MISSING, offset, text, count=missing)
                total += missing
        return total
