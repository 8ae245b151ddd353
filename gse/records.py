"""Which packets of each type arrived whole, and how many of it did not?

Sorts space packets by APID and lays the dictionary's structures over them, after checking length,
CRC and header; sequence counts (CCSDS 133.0-B-2 section 4.1.3.4.3) tell what is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fsw.link.layout import VC_REAL_TIME
from gse.dictionary import Packet
from gse.link.crc import Octets, crc16_rows
from gse.link.frames import Frames
from gse.link.packets import Indices, Packets
from gse.link.report import Kind, LinkReport, Tally
from gse.link.sync import windows
from gse.merge import merged

SECONDARY_HEADER = 0x0800  # in the first two octets, with version 0 and type 0
UNSEGMENTED = 3

_SEQUENCE_COUNTS = 1 << 14


@dataclass(frozen=True, slots=True)
class Records:
    """Packets of one type in the order of sending; arrays of shape (n,).

    data: structured, dtype of the packet. frame: in Frames; offset: of that frame in the file.
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


def sort_packets(
    packets: Packets, frames: Frames, types: Sequence[Packet], report: LinkReport
) -> dict[str, Records]:
    """Records of every type, by its name; what is refused is counted and located."""
    epoch = np.cumsum(frames.restart)
    expected = np.zeros(len(packets.start), bool)
    sorted_packets: dict[str, Records] = {}
    for packet in types:
        chosen = np.flatnonzero(packets.packet_id == (SECONDARY_HEADER | packet.apid))
        expected[chosen] = True
        records = _whole(packets, packet, chosen, report)
        if (records.virtual_channel == VC_REAL_TIME).all():
            missing = _missing(records, epoch, packet.name, report)
        else:
            records, missing = _merge(records, epoch, packet, report)
        sorted_packets[packet.name] = records
        report.packets[packet.name] = Tally(len(records.data), missing)
        report.packets_good += len(records.data)
        report.packets_missing += missing
    for i in np.flatnonzero(~expected).tolist():
        report.packets_unexpected += 1
        _note(
            packets, i, Kind.PACKET_UNEXPECTED, f"first octets {packets.packet_id[i]:04X}", report
        )
    return sorted_packets


def octets_of(packets: Packets, chosen: Indices, length: int) -> Octets:
    """The octets of chosen packets, which are all so long; shape (len(chosen), length)."""
    items = windows(packets.stream.octets, length)[packets.start[chosen]]
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


def _missing(records: Records, epoch: npt.NDArray[Any], name: str, report: LinkReport) -> int:
    """How many packets the sequence counts say are missing between the first and the last."""
    total = 0
    for before, after, rows in _steps(records, epoch):
        missing = (after - before - 1) % _SEQUENCE_COUNTS
        backward = missing >= _SEQUENCE_COUNTS // 2
        for i in np.flatnonzero(missing).tolist():
            offset = int(records.offset[rows[i]])
            if backward[i]:
                text = f"{name} {after[i]} after {before[i]}"
                report.note(Kind.SEQUENCE_BACKWARD, offset, text)
            else:
                n = int(missing[i])
                report.note(Kind.PACKETS_MISSING, offset, f"{n} {name} before this one", count=n)
                total += n
    return total


def _merge(
    records: Records, epoch: npt.NDArray[Any], packet: Packet, report: LinkReport
) -> tuple[Records, int]:
    """Records in the order in which they were packed, each once, and how many are missing."""
    epochs = epoch[records.frame]
    order, gaps = merged(
        records.sequence,
        records.sclk_s,
        records.virtual_channel == VC_REAL_TIME,
        epochs,
        packet.rate_hz,
    )
    report.packets_played_back += int((records.virtual_channel != VC_REAL_TIME).sum())
    report.packets_duplicate += len(records.data) - len(order)
    records = Records(
        records.data[order],
        records.frame[order],
        records.offset[order],
        records.virtual_channel[order],
    )
    for i in np.flatnonzero(gaps).tolist():
        n = int(gaps[i])
        text = f"{n} {packet.name} before this one"
        report.note(Kind.PACKETS_MISSING, int(records.offset[i]), text, count=n)
    return records, int(gaps.sum())


def _steps(records: Records, epoch: npt.NDArray[Any]) -> Iterator[tuple[Indices, Indices, Indices]]:
    """Sequence counts before and at each record, and the records' rows; a channel at a time.

    After a restart of the flight software, counting begins at 0.
    """
    for channel in np.flatnonzero(np.bincount(records.virtual_channel)).tolist():
        rows = np.flatnonzero(records.virtual_channel == channel)
        counts = records.sequence[rows].astype(np.int64)
        epochs = epoch[records.frame[rows]]
        before = np.where(epochs[1:] == epochs[:-1], counts[:-1], _SEQUENCE_COUNTS - 1)
        yield before, counts[1:], rows[1:]
