"""How does edlcam decode read a file by the XTCE dictionary of another mission?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.markup import escape
from rich.table import Table

from gse import identity
from gse.archive import tables as archive
from gse.commands.output import Output
from gse.link.coding import FrameFinder
from gse.link.crc import Octets
from gse.link.frames import LATE_WINDOW, FrameOrder
from gse.link.packets import Reassembly
from gse.xtce.bits import Indices, Packets
from gse.xtce.decode import Decoded, decode
from gse.xtce.packets import HEADER, split, tallies
from gse.xtce.read import read

PACKETS, FRAMES = FRAMINGS = ("packets", "frames")


@dataclass(frozen=True, slots=True)
class Source:
    """Octets of a file, how packets lie in it, the coding of its frames, and how many octets of
    something else stand before each packet."""

    octets: Octets
    framing: str
    coding: str
    skipped: int


@dataclass(frozen=True, slots=True)
class _Found:
    """Packets of a file, where each begins in it, and what the file says beside them."""

    packets: Packets
    offset: Indices
    notes: tuple[str, ...]


def decode_by(
    xtce: Path, container: str | None, file: Path, source: Source, out: Path | None, form: str
) -> int:
    """Decodes a file, prints what is in it, and writes its tables; the exit code.

    Raises UserError for a document that cannot be followed, or a directory that cannot be written.
    """
    document = read(xtce)
    found = _packets_in_frames(source) if source.framing == FRAMES else _packets(source)
    if not len(found.packets):
        reason = found.notes[0] if found.notes else "it is empty"
        click.echo(f"edlcam: no space packet could be read in {file}: {reason}.", err=True)
        return 1
    decoded = decode(document, found.packets, container, found.offset)
    console = Output()
    console.print(
        f"{escape(str(file))}: {len(source.octets):,} octets, {len(found.packets):,} packets, "
        f"dictionary {escape(document.name or str(xtce))}",
        soft_wrap=True,
    )
    for line in (*found.notes, *_notes(decoded)):
        console.print(f"[yellow]{escape(line)}[/yellow]", soft_wrap=True)
    console.print(_table(decoded))
    if out is None:
        console.print("No tables written: name a directory with --out.")
        return 0 if decoded.tables else 1
    report = (archive.PACKETS, _report(decoded, found))
    paths = archive.write_tables(decoded.tables, report, out, form)
    console.print(f"{len(paths)} files in {escape(str(out))}", soft_wrap=True)
    return 0 if decoded.tables else 1


def _packets(source: Source) -> _Found:
    stream = split(source.octets, source.skipped)
    notes = []
    if stream.lost_at is not None:
        notes.append(
            f"no space packet begins at octet {stream.lost_at:,}: what follows was not read; for "
            "something before each packet, use --skip-header"
        )
    elif stream.left_over:
        notes.append(f"the last {stream.left_over:,} octets are no whole packet")
    return _Found(stream.packets, stream.packets.start, tuple(notes))


def _packets_in_frames(source: Source) -> _Found:
    finder = FrameFinder(source.coding)
    report = finder.report
    frame_length = finder.coding.frame_length
    order = FrameOrder(None, identity.BOOT_START, report, LATE_WINDOW, frame_length)
    pieces = [order.feed(finder.feed(source.octets)), order.finish(finder.finish())]
    reassembly = Reassembly(report)
    batches = [reassembly.feed(pieces[0]), reassembly.finish(pieces[1])]
    shift = len(batches[0].octets)
    start = np.concatenate([batches[0].start, batches[1].start + shift]) + source.skipped
    length = np.concatenate([b.length for b in batches]) - source.skipped
    octets = np.concatenate([b.octets for b in batches])
    offset = np.concatenate([b.offset for b in batches])
    whole = length >= HEADER
    lost = {
        "damaged": report.frames_damaged,
        "missing": report.frames_missing,
        "duplicate": report.frames_duplicate,
    }
    notes = [f"{count:,} frames {what}" for what, count in lost.items() if count]
    if not report.frames_read:
        notes.append("there is no transfer frame in it")
    if not whole.all():
        notes.append(
            f"{np.sum(~whole):,} packets left out: behind {source.skipped:,} octets of something "
            "else they have no room for a packet; give --skip-header less"
        )
    return _Found(Packets(octets, start[whole], length[whole]), offset[whole], tuple(notes))


def _notes(decoded: Decoded) -> Iterator[str]:
    """What is not in the tables, and why."""
    for name, counts in decoded.counts.items():
        if counts.reason:
            yield f"{counts.received:,} packets of {name} not decoded: {counts.reason}"
        if counts.misfit:
            yield (
                f"{counts.misfit:,} packets of {name} left out: they end before the last entry of "
                "the dictionary, or a length in them cannot be"
            )
        if counts.longer:
            yield (
                f"{counts.longer:,} packets of {name} go on for up to {counts.extra_bits:,} bits "
                "behind the last entry of the dictionary"
            )
    for apid, count in decoded.unknown.items():
        yield f"{count:,} packets of APID {apid} are of no container"
    for names, count in decoded.ambiguous.items():
        yield f"{count:,} packets left out: several containers claim them, {', '.join(names)}"


def _table(decoded: Decoded) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("container")
    for name in ("packets", "columns"):
        table.add_column(name, justify="right")
    for name, counts in decoded.counts.items():
        columns = decoded.tables[name].num_columns if name in decoded.tables else 0
        table.add_row(escape(name), f"{counts.decoded:,}", str(columns))
    return table


def _report(decoded: Decoded, found: _Found) -> dict[str, Any]:
    """What packets.json says."""
    apids: dict[str, Any] = {
        str(apid): {"received": received, "missing": missing}
        for apid, (received, missing) in tallies(found.packets).items()
    }
    return {
        "notes": list(found.notes),
        "apids": apids,
        "containers": {name: asdict(counts) for name, counts in decoded.counts.items()},
        "unknown_apids": {str(apid): count for apid, count in decoded.unknown.items()},
        "ambiguous": [{"containers": n, "packets": c} for n, c in decoded.ambiguous.items()],
    }
