"""How does edlcam decode read a file by the XTCE dictionary of another mission?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gse.archive import tables as archive
from gse.commands.options import progress_bar
from gse.commands.output import Output
from gse.xtce.decode import Decoder
from gse.xtce.files import Pace, PacketFile, Source, opened
from gse.xtce.packets import Received
from gse.xtce.read import read
from gse.xtce.tally import Account


@dataclass(slots=True)
class _Seen:
    """What is said of a file after its last piece. columns: of each table."""

    packets: int = 0
    columns: dict[str, int] = field(default_factory=dict)
    received: Received = field(default_factory=Received)
    notes: tuple[str, ...] = ()
    account: Account = field(default_factory=Account)
    paths: list[Path] = field(default_factory=list)


def decode_by(
    xtce: Path, container: str | None, file: Path, source: Source, out: Path | None, form: str
) -> int:
    """Decodes a file, prints what is in it, and writes its tables; the exit code.

    Raises UserError for a document that cannot be followed, or a directory that cannot be written.
    """
    document = read(xtce)
    seen = _keep(Decoder(document, container), source, out, form)
    if not seen.packets:
        reason = seen.notes[0] if seen.notes else "it is empty"
        click.echo(f"edlcam: no space packet could be read in {file}: {reason}.", err=True)
        return 1
    console = Output()
    console.print(
        f"{escape(str(file))}: {len(source.data):,} octets, {seen.packets:,} packets, "
        f"dictionary {escape(document.name or str(xtce))}",
        soft_wrap=True,
    )
    for line in (*seen.notes, *_notes(seen.account)):
        console.print(f"[yellow]{escape(line)}[/yellow]", soft_wrap=True)
    console.print(_table(seen))
    if out is None:
        console.print("No tables written: name a directory with --out.")
    else:
        console.print(f"{len(seen.paths)} files in {escape(str(out))}", soft_wrap=True)
    return 0 if seen.account.decoded else 1


def _keep(decoder: Decoder, source: Source, out: Path | None, form: str) -> _Seen:
    """What is seen in a file, and its tables written, piece by piece."""
    seen = _Seen()
    packets = opened(source)
    with (
        progress_bar(Console(stderr=True)) as progress,
        archive.Tables(out or Path(), form) as files,
    ):
        for share in _decoded(decoder, packets, seen, files if out else None, len(source.data)):
            progress(share, "decoding")
        seen.notes = tuple(packets.notes())
        seen.account = decoder.account()
        if out and seen.packets:
            files.keep(seen.account.decoded)
            seen.paths = files.finish((archive.PACKETS, _report(seen)))
    return seen


def _decoded(
    decoder: Decoder, packets: PacketFile, seen: _Seen, files: archive.Tables | None, size: int
) -> Iterator[float]:
    """Decodes piece after piece; which share of the file is done with."""
    pace = Pace()
    while (piece := packets.following(pace.octets)) is not None:
        tables = decoder.feed(piece.packets, piece.offset)
        seen.packets += len(piece.packets)
        seen.received.feed(piece.packets)
        seen.columns.update({name: table.num_columns for name, table in tables.items()})
        if files is not None and len(piece.packets):
            files.add_tables(tables)
        pace.made(tables.values())
        yield piece.end / max(size, 1)


def _notes(account: Account) -> Iterator[str]:
    """What is not in the tables, and why."""
    for name, counts in account.counts.items():
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
    for apid, count in account.unknown.items():
        yield f"{count:,} packets of APID {apid} are of no container"
    for names, count in account.ambiguous.items():
        yield f"{count:,} packets left out: several containers claim them, {', '.join(names)}"


def _table(seen: _Seen) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("container")
    for name in ("packets", "columns"):
        table.add_column(name, justify="right")
    for name, counts in seen.account.counts.items():
        columns = seen.columns[name] if name in seen.account.decoded else 0
        table.add_row(escape(name), f"{counts.decoded:,}", str(columns))
    return table


def _report(seen: _Seen) -> dict[str, Any]:
    """What packets.json says."""
    account = seen.account
    apids: dict[str, Any] = {
        str(apid): {"received": received, "missing": missing}
        for apid, (received, missing) in seen.received.tallies().items()
    }
    return {
        "notes": list(seen.notes),
        "apids": apids,
        "containers": {name: asdict(counts) for name, counts in account.counts.items()},
        "unknown_apids": {str(apid): count for apid, count in account.unknown.items()},
        "ambiguous": [{"containers": n, "packets": c} for n, c in account.ambiguous.items()],
    }
