"""What does the downlink say, while it comes? From octets to tables, in bounded memory.

Whatever the pieces in which a stream is fed, the results one after another are the same: what is
not complete yet waits. That is at most: an interruption of the link up to 512 frames, 16 frames
after one that is missing, and one packet of each virtual channel.
"""

from __future__ import annotations

import mmap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from gse import identity
from gse.columns import EntryTimes, TableBuilder
from gse.dictionary import Dictionary
from gse.files.packets import pdus_of
from gse.gaps import ClockCheck
from gse.link.coding import FrameFinder
from gse.link.crc import Octets
from gse.link.frames import LATE_WINDOW, FrameOrder, Frames
from gse.link.packets import Packets, Reassembly
from gse.link.protection import Coding
from gse.link.report import LinkReport
from gse.link.sync import NOTHING
from gse.records import Records, RecordsByType, RecordsOfPieces, Sorter


@dataclass(frozen=True, slots=True)
class Decoded:
    """Everything that a capture, or a piece of it, says. records and tables: by packet name, every
    type of the dictionary, empty where none came; records hold the octets as sent. report: of
    everything since the stream began. pdus: of files, see gse.files."""

    dictionary: Dictionary
    records: Mapping[str, Records]
    tables: Mapping[str, pa.Table]
    events: pa.Table
    report: LinkReport
    pdus: tuple[bytes, ...] = ()

    @classmethod
    def joined(cls, parts: Sequence[Decoded]) -> Decoded:
        """What pieces of a stream say one after another; at least one."""
        first = parts[0]
        return cls(
            dictionary=first.dictionary,
            records=RecordsOfPieces([p.records for p in parts]),
            tables={n: _joined([p.tables[n] for p in parts]) for n in first.tables},
            events=_joined([p.events for p in parts]),
            report=parts[-1].report,
            pdus=tuple(pdu for p in parts for pdu in p.pdus),
        )


def _joined(tables: Sequence[pa.Table]) -> pa.Table:
    """One after another, of the same columns; at least one. Of most types nothing came in most
    pieces."""
    filled = [table for table in tables if len(table)] or tables[:1]
    return filled[0] if len(filled) == 1 else pa.concat_tables(filled)


@dataclass(frozen=True, slots=True)
class Collected:
    """Packets of a piece of a stream, the times of entry interface that hold for them, and PDUs of
    files."""

    records: RecordsByType
    entries: EntryTimes
    pdus: tuple[bytes, ...]


def octets_of(data: bytes | bytearray | memoryview | mmap.mmap | Octets) -> Octets:
    """Octets as an array, without a copy."""
    return data if isinstance(data, np.ndarray) else np.frombuffer(data, np.uint8)


class StreamDecoder:
    """Decodes a downlink as it comes, in bounded memory.

    report is kept up to date; its octets are those whose place in a frame, or in none, is known,
    and offsets are octets of the whole stream.
    """

    def __init__(
        self,
        dictionary: Dictionary,
        coding: str = Coding.CRC,
        *,
        late_window: int = LATE_WINDOW,
        entry_s: float | None = None,
    ) -> None:
        """coding: one of Coding, as it is sent; of Reed-Solomon, the report is a CodedLinkReport.
        late_window: frames by which one may be overtaken on its way; 0 where the link keeps their
        order, as a cable does: then no frame waits for another. entry_s: spacecraft time of entry
        interface where it is known before a BOOT packet tells it.

        Raises ValueError for another coding.
        """
        self._dictionary = dictionary
        self._finder = FrameFinder(coding)
        self.report = self._finder.report
        sent_as = self._finder.coding
        self._order = FrameOrder(
            dictionary.spacecraft_id,
            identity.BOOT_START,
            self.report,
            late_window,
            sent_as.frame_length,
        )
        self._reassembly = Reassembly(self.report)
        self._sorter = Sorter(dictionary.packets, self.report)
        period_s = sent_as.cadu_length * 8 / dictionary.downlink_bits_per_s
        self._clock = ClockCheck(period_s, self.report)
        self._builder = TableBuilder(dictionary)
        self._entry_s = entry_s
        self._first_entry_s: float | None = None
        self.report.dictionary = "dictionary not verified: no BOOT packet"

    def feed(self, octets: bytes | bytearray | memoryview | mmap.mmap | Octets) -> Decoded:
        """What became complete with these octets.

        Raises UserError when a BOOT packet says that it was made with another dictionary.
        """
        return self.tables(self.collect(octets))

    def finish(
        self, octets: bytes | bytearray | memoryview | mmap.mmap | Octets = NOTHING
    ) -> Decoded:
        """The rest, with the last octets of the stream. Raises UserError as feed() does."""
        frames = self._order.finish(self._finder.finish(octets_of(octets)))
        collected = self._collected(frames, self._reassembly.finish(frames))
        self.report.sort()
        return self.tables(collected)

    def collect(self, octets: bytes | bytearray | memoryview | mmap.mmap | Octets) -> Collected:
        """The first half of feed(): tables() is the second. Other threads may make the tables of
        pieces while the next is collected.

        Raises UserError as feed() does.
        """
        frames = self._order.feed(self._finder.feed(octets_of(octets)))
        return self._collected(frames, self._reassembly.feed(frames))

    def tables(self, collected: Collected) -> Decoded:
        """The second half of feed()."""
        records, entries = collected.records, collected.entries
        return Decoded(
            dictionary=self._dictionary,
            records=records,
            tables=self._builder.tables(records, entries),
            events=self._builder.events(records, entries),
            report=self.report,
            pdus=collected.pdus,
        )

    def _collected(self, frames: Frames, packets: Packets) -> Collected:
        if identity.check(packets, self._dictionary):
            self.report.dictionary = f"dictionary {self._dictionary.fingerprint:08X} verified"
        found = self._sorter.feed(packets, frames)
        entries = self._entries(found.records["BOOT"])
        self._clock.feed(frames, found.clock_frame, found.clock_s, self._first_entry_s)
        return Collected(found.records, entries, pdus_of(packets))

    def _entries(self, boots: Records) -> EntryTimes:
        """Times of entry interface that hold for this batch of packets."""
        frame, entry_s = boots.frame, boots.data["EI_SCLK"].astype(np.float64)
        if self._entry_s is not None:
            frame = np.concatenate(([-1], frame))
            entry_s = np.concatenate(([self._entry_s], entry_s))
        if len(boots.frame):
            self._entry_s = float(entry_s[-1])
            if self._first_entry_s is None:
                self._first_entry_s = float(boots.data["EI_SCLK"][0])
        return EntryTimes(frame, entry_s)
