"""What does a capture of the downlink say? From octets to tables, with a report on the link."""

from __future__ import annotations

import mmap
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from fsw.link.layout import VC_REAL_TIME
from gse import gaps, identity
from gse.columns import event_table, packet_table
from gse.dictionary import Dictionary
from gse.link.coding import cadu_length, coding_of, find
from gse.link.crc import Octets
from gse.link.frames import Frames, read_frames
from gse.link.packets import extract_packets
from gse.link.report import LinkReport
from gse.records import Records, sort_packets


@dataclass(frozen=True, slots=True)
class Decoded:
    """Everything that a capture says. records and tables: by packet name, every type of the
    dictionary, empty where none came; records hold the octets as sent."""

    dictionary: Dictionary
    records: Mapping[str, Records]
    tables: Mapping[str, pa.Table]
    events: pa.Table
    report: LinkReport


def octets_of(data: bytes | bytearray | memoryview | mmap.mmap | Octets) -> Octets:
    """A capture as an array of octets, without a copy."""
    return data if isinstance(data, np.ndarray) else np.frombuffer(data, np.uint8)


def decode(
    data: bytes | bytearray | memoryview | mmap.mmap | Octets,
    dictionary: Dictionary,
    coding: str | None = None,
) -> Decoded:
    """Decodes a capture, damaged as it may be: what cannot be read is in the report.

    coding: one of CODINGS, as it was sent; by default, as the capture shows. Of RS, the report is a
    CodedLinkReport. Raises ValueError for another.

    Raises UserError when a BOOT packet says that it was made with another dictionary.
    """
    capture = octets_of(data)
    coding = coding or coding_of(capture)
    octets, offsets, report = find(capture, coding)
    frames = read_frames(octets, offsets, dictionary.spacecraft_id, identity.BOOT_START, report)
    packets = extract_packets(octets, frames, report)
    report.dictionary = identity.check(packets, dictionary)
    records = sort_packets(packets, frames, dictionary.packets, report)
    _check_gaps(frames, records, dictionary, coding, report)
    boots = records["BOOT"]
    return Decoded(
        dictionary=dictionary,
        records=records,
        tables={
            packet.name: packet_table(packet, records[packet.name], boots, dictionary)
            for packet in dictionary.packets
        },
        events=event_table(records["EVR"], boots, dictionary),
        report=report,
    )


def _check_gaps(
    frames: Frames,
    records: Mapping[str, Records],
    dictionary: Dictionary,
    coding: str,
    report: LinkReport,
) -> None:
    """Holds the gaps of the counter against the clock."""
    # Event reports may have waited long before they were sent, and what is played back longer.
    timed = [r for name, r in records.items() if name != "EVR"]
    live = np.concatenate([r.virtual_channel for r in timed]) == VC_REAL_TIME
    frame = np.concatenate([r.frame for r in timed])[live]
    sclk_s = np.concatenate([r.sclk_s for r in timed])[live]
    order = np.argsort(frame, kind="stable")
    clock = gaps.Clock(frame[order], sclk_s[order])
    period_s = cadu_length(coding) * 8 / dictionary.downlink_bits_per_s
    gaps.note_ambiguous(frames, clock, period_s, report)
    boots = records["BOOT"].data
    if len(boots):
        entry = float(boots["EI_SCLK"][0])
        report.gap_times_s = [(a - entry, b - entry) for a, b in gaps.gap_times(frames, clock)]
