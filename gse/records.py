"""Which packets of each type arrived whole, and how many of it did not?

Sorts space packets by APID and lays the dictionary's structures over them, after checking length,
CRC and header; sequence counts (CCSDS 133.0-B-2 section 4.1.3.4.3) tell what is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gse.dictionary import Packet
from gse.link.crc import Octets, crc16_rows
from gse.link.frames import Frames
from gse.link.packets import Indices, Packets
from gse.link.report import Kind, LinkReport, Tally
from gse.link.sync import windows

SECONDARY_HEADER = 0x0800  # in the first two octets, with version 0 and type 0
UNSEGMENTED = 3

_SEQUENCE_COUNTS = 1 << 14


@dataclass(frozen=True, slots=True)
class Records:
    """Packets of one type in the order in which they were complete; arrays of shape (n,).

    data: structured, dtype of the packet. frame: number of the frame in which each ends; offset: of
    the frame in which it begins, in the stream.
    """

    data: npt.NDArray[np.void]
    frame: Indices
    offset: Indices
    virtual_channel: npt.NDArray[np.uint8]

    @property
    def sequence(self) -> npt.NDArray[np.uint16]:
        """Sequence counts, modulo 2^14."""
        return (self.data["sequence_control"] & 0x3FFF).astype(np.uint16)

    @property
    def sclk_s(self) -> npt.NDArray[np.float64]:
        """Spacecraft time in seconds, exact."""
        return np.asarray(self.data["sclk_s"] + self.data["sclk_fraction"] / 65536)

    @classmethod
    def joined(cls, parts: Sequence[Records]) -> Records:
        """One after another; at least one."""
        dtype = parts[0].data.dtype
        parts = [p for p in parts if len(p.data)] or parts[:1]
        if len(parts) == 1:
            return parts[0]
        # As plain octets: numpy would turn the fields round into those of this machine.
        octets = [p.data.view(np.uint8) for p in parts]
        return cls(
            np.concatenate(octets).view(dtype),
            np.concatenate([p.frame for p in parts]),
            np.concatenate([p.offset for p in parts]),
            np.concatenate([p.virtual_channel for p in parts]),
        )


class Sorter:
    """Sorts packets that come batch by batch; what is refused is counted and located."""

    def __init__(self, types: Sequence[Packet], report: LinkReport) -> None:
        self._types = types
        self._report = report
        self._counting = _Counting(report)
        report.packets = {packet.name: Tally() for packet in types}

    def feed(self, packets: Packets, frames: Frames) -> dict[str, Records]:
        """Records of every type, by its name. packets: those that end in these frames."""
        report = self._report
        epoch = self._counting.epochs(frames)
        expected = np.zeros(len(packets.start), bool)
        sorted_packets: dict[str, Records] = {}
        for packet in self._types:
            chosen = np.flatnonzero(packets.packet_id == (SECONDARY_HEADER | packet.apid))
            expected[chosen] = True
            records = _whole(packets, packet, chosen, report)
            missing = self._counting.missing(records, epoch[records.frame - frames.number], packet)
            sorted_packets[packet.name] = records
            tally = report.packets[packet.name]
            tally.received += len(records.data)
            tally.missing += missing
            report.packets_good += len(records.data)
            report.packets_missing += missing
        for i in np.flatnonzero(~expected).tolist():
            report.packets_unexpected += 1
            text = f"first octets {packets.packet_id[i]:04X}"
            _note(packets, i, Kind.PACKET_UNEXPECTED, text, report)
        return sorted_packets


def octets_of(packets: Packets, chosen: Indices, length: int) -> Octets:
    """The octets of chosen packets, which are all so long; shape (len(chosen), length)."""
    items = windows(packets.octets, length)[packets.start[chosen]]
    return np.asarray(items.view(np.uint8).reshape(len(chosen), length))


def _whole(packets: Packets, packet: Packet, chosen: Indices, report: LinkReport) -> Records:
    fitting = packets.length[chosen] == packet.length
    for i in chosen[~fitting].tolist():
        report.packets_wrong_length += 1
        text = f"{packet.name} of {packets.length[i]} octets, not {packet.length}"
        _note(packets, i, Kind.PACKET_LENGTH, text, report)
    chosen = chosen[fitting]
    octets = octets_of(packets, chosen, packet.length)
    right = crc16_rows(octets) == 0
    for i in chosen[~right].tolist():
        report.packets_damaged += 1
        _note(packets, i, Kind.PACKET_DAMAGED, f"{packet.name}: CRC wrong", report)
    unsegmented = octets[:, 2] >> 6 == UNSEGMENTED
    for i in chosen[right & ~unsegmented].tolist():
        report.packets_unexpected += 1
        _note(packets, i, Kind.PACKET_UNEXPECTED, f"{packet.name}: segmented", report)
    good = right & unsegmented
    if not good.all():
        chosen, octets = chosen[good], octets[good]
    return Records(
        data=octets.view(packet.dtype).reshape(len(chosen)),
        frame=packets.frame[chosen],
        offset=packets.offset[chosen],
        virtual_channel=packets.virtual_channel[chosen],
    )


def _note(packets: Packets, i: int, kind: Kind, text: str, report: LinkReport) -> None:
    report.note(kind, int(packets.offset[i]), text, within=int(packets.within[i]))


class _Counting:
    """How many packets the sequence counts say are missing between the first and the last."""

    def __init__(self, report: LinkReport) -> None:
        self._report = report
        self._epoch = 0
        # By packet and virtual channel: the last sequence count, and restarts before it.
        self._last: dict[tuple[str, int], tuple[int, int]] = {}

    def epochs(self, frames: Frames) -> Indices:
        """How often the flight software had restarted before each of the next frames."""
        epoch = self._epoch + np.cumsum(frames.restart)
        if len(epoch):
            self._epoch = int(epoch[-1])
        return np.asarray(epoch)

    def missing(self, records: Records, epoch: Indices, packet: Packet) -> int:
        """How many are missing before these records. epoch: of each."""
        total = 0
        for channel in np.flatnonzero(np.bincount(records.virtual_channel)).tolist():
            rows = np.flatnonzero(records.virtual_channel == channel)
            counts = records.sequence[rows].astype(np.int64)
            total += self._gaps(records.offset[rows], counts, epoch[rows], (packet.name, channel))
        return total

    def _gaps(self, offset: Indices, counts: Indices, epoch: Indices, key: tuple[str, int]) -> int:
        """After a restart of the flight software, counting begins at 0."""
        last, last_epoch = self._last.get(key, (int(counts[0]) - 1, int(epoch[0])))
        self._last[key] = (int(counts[-1]), int(epoch[-1]))
        before = np.concatenate(([last], counts[:-1]))
        before[np.diff(epoch, prepend=last_epoch) != 0] = _SEQUENCE_COUNTS - 1
        missing = (counts - before - 1) % _SEQUENCE_COUNTS
        backward = missing >= _SEQUENCE_COUNTS // 2
        for i in np.flatnonzero(missing).tolist():
            at, n = int(offset[i]), int(missing[i])
            if backward[i]:
                text = f"{key[0]} {counts[i]} after {before[i]}"
                self._report.note(Kind.SEQUENCE_BACKWARD, at, text)
            else:
                text = f"{n} {key[0]} before this one"
                self._report.note(Kind.PACKETS_MISSING, at, text, count=n)
        return int(missing[~backward].sum())
