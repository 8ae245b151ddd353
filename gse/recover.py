"""What does a dump of a board's flash hold? The recorder's log, as the tables of a decoded capture.

Pages of the log (fsw/data/pages.py) are found wherever they stand: in the recorder's area alone, in
all of the flash, in an image with something before it, or in the file BLACKBOX. What a power cut
tore is passed over, and counted.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from fsw import missions
from fsw.data.areas import ERASED, PAGE
from fsw.data.pages import CHECK, HEADER, HIGHEST_NUMBER
from fsw.link import layout
from gse import identity
from gse.columns import EntryTimes, TableBuilder
from gse.dictionary import Dictionary, load
from gse.link.crc import Octets, crc16_rows
from gse.link.frames import Frames
from gse.link.packets import Packets
from gse.link.report import LinkReport
from gse.merge import settled
from gse.records import Sorter
from gse.stream import Decoded

_SHORTEST = layout.PACKET_OVERHEAD


@dataclass(slots=True)
class LogReport(LinkReport):
    """What there was of the log. pages_torn: with octets that are no whole record behind the whole
    ones; pages_missing: numbers between the first page and the last that are not there."""

    pages_read: int = 0
    pages_torn: int = 0
    pages_missing: int = 0
    records_read: int = 0


@dataclass(slots=True)
class _Log:
    """start, length: of the packet of each record, in the order of recording; page: its page's
    octet in the dump."""

    start: list[int] = field(default_factory=list)
    length: list[int] = field(default_factory=list)
    page: list[int] = field(default_factory=list)


def recover(octets: Octets, dictionary: Dictionary | None = None) -> Decoded:
    """Every record of a dump; its report is a LogReport. dictionary: by default that of the mission
    that the first BOOT packet names.

    Raises UserError when a BOOT packet says that it was recorded with another dictionary.
    """
    report = LogReport(octets=len(octets))
    # The file BLACKBOX ends behind its last record: the rest of that page was still erased.
    octets = np.concatenate((octets, np.full(-len(octets) % PAGE, ERASED, np.uint8)))
    log = _read(octets, report)
    packets, frames = _packets(octets, log)
    if dictionary is None:
        boots = identity.identities(packets)
        dictionary = identity.dictionary_of(boots[0]) if boots else load(missions.NAMES[0])
    verified = identity.check(packets, dictionary)
    report.dictionary = (
        f"dictionary {dictionary.fingerprint:08X} verified"
        if verified
        else "dictionary not verified: no BOOT packet"
    )
    report.restarts = int(frames.restart[1:].sum())
    records = Sorter(dictionary.packets, report).feed(packets, frames).records
    found = records["BOOT"]
    entries = EntryTimes(found.frame, found.data["EI_SCLK"].astype(np.float64))
    builder = TableBuilder(dictionary)
    tables, events = builder.tables(records, entries), builder.events(records, entries)
    return settled(Decoded(dictionary, records, tables, events, report))


def _read(octets: Octets, report: LogReport) -> _Log:
    log = _Log()
    data = octets.tobytes()
    pages = _pages(octets)
    numbers = np.array([number for number, _ in pages], np.int64)
    report.pages_read = len(pages)
    if len(pages):
        span = int(numbers.max() - numbers.min()) + 1
        report.pages_missing = span - len(np.unique(numbers))
    for _, at in pages:
        end = _records(data, at, log)
        if data[end : at + PAGE].strip(bytes([ERASED])):
            report.pages_torn += 1
    report.records_read = len(log.start)
    return log


def _pages(octets: Octets) -> list[tuple[int, int]]:
    """Number and octet of each page with a whole header that has a whole record, in the order of
    their numbers."""
    for shift in range(PAGE):
        rows = octets[shift : shift + (len(octets) - shift) // PAGE * PAGE].reshape(-1, PAGE)
        headers = np.ascontiguousarray(rows[:, :HEADER])
        numbers = headers[:, :4].copy().view(">u4").reshape(-1).astype(np.int64)
        whole = np.flatnonzero((crc16_rows(headers) == 0) & (numbers <= HIGHEST_NUMBER))
        found = [(int(numbers[i]), shift + int(i) * PAGE) for i in whole]
        data = octets.tobytes() if found else b""
        found = [page for page in found if _records(data, page[1], _Log()) > page[1] + HEADER]
        if found:
            return sorted(found)
    return []


def _records(data: bytes, page: int, log: _Log) -> int:
    """Adds the whole records of a page; the octet behind the last one."""
    at = page + HEADER
    chain = int.from_bytes(data[at - CHECK : at], "big")
    while at < page + PAGE - 1 - CHECK:
        length = data[at]
        end = at + 1 + length
        if not length or end + CHECK > page + PAGE:
            break
        check = binascii.crc_hqx(data[at:end], chain)
        if check != int.from_bytes(data[end : end + CHECK], "big"):
            break
        log.start.append(at + 1)
        log.length.append(length)
        log.page.append(page)
        chain = check
        at = end + CHECK
    return at


def _packets(octets: Octets, log: _Log) -> tuple[Packets, Frames]:
    """The records as packets that came by playback, each in a frame of its own."""
    start, length, page = (np.array(a, np.int64) for a in (log.start, log.length, log.page))
    kept = length >= _SHORTEST
    start, length, page = start[kept], length[kept], page[kept]
    count = len(start)
    frame = np.arange(count)
    header = octets[start[:, None] + np.arange(4)] if count else np.zeros((0, 4), np.uint8)
    begun = (header == np.frombuffer(identity.BOOT_START, np.uint8)).all(axis=1)
    channel = np.full(count, layout.VC_PLAYBACK, np.uint8)
    none = np.zeros(count, np.int64)
    packets = Packets(
        octets=octets,
        start=start,
        length=length,
        packet_id=(header[:, 0].astype(np.uint16) << np.uint16(8)) | header[:, 1],
        frame=frame,
        offset=page,
        virtual_channel=channel,
        field=PAGE,
    )
    restart: npt.NDArray[np.bool_] = begun
    frames = Frames(
        number=0,
        octets=np.zeros((count, 0), np.uint8),
        offset=page,
        virtual_channel=channel,
        channel_count=none.astype(np.uint8),
        pointer=none.astype(np.uint16),
        gap=none,
        restart=restart,
    )
    return packets, frames
