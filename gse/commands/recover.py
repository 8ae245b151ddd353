"""edlcam recover: writes the tables of what a board recorded, out of a dump of its flash."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from rich.markup import escape

from gse.archive import tables as archive
from gse.commands.decode import Seen, packets_table, read, time_span
from gse.commands.output import Output
from gse.commands.tables import table_options
from gse.decode import Decoded, octets_of
from gse.dictionary import load
from gse.recover import LogReport, recover


@click.command("recover")
@click.argument("dump", type=click.Path(path_type=Path))
@table_options
def command(dump: Path, out: Path | None, file_format: str, mission: str | None) -> None:
    """Recover what a board recorded from DUMP, a raw copy of its flash, or of the recorder's part.

    Writes the same tables as edlcam decode. What a power cut tore is passed over, and said.

    Exit code 0: recovered; 1: there is no record in the file; 2: it could not be read; 130: stopped
    by Ctrl-C.
    """
    octets = octets_of(read(dump, "a dump of a board's flash"))
    decoded = recover(octets, load(mission) if mission else None)
    report = decoded.report
    assert isinstance(report, LogReport)
    if not report.records_read:
        what = (
            f"nowhere in its {report.octets:,} octets is a record" if len(octets) else "it is empty"
        )
        click.echo(f"edlcam: nothing was recorded in {dump}: {what}.", err=True)
        raise click.exceptions.Exit(1)
    paths = archive.write(decoded, out, file_format) if out else []
    console = Output()
    for line in _summary(dump, decoded, report):
        console.print(line, soft_wrap=True)
    console.print(packets_table(report))
    if out:
        console.print(f"{len(paths)} files in {escape(str(out))}", soft_wrap=True)
    else:
        console.print("No tables written: name a directory with --out.")


def _summary(dump: Path, decoded: Decoded, r: LogReport) -> Iterator[str]:
    yield (
        f"{escape(str(dump))}: {r.octets:,} octets, mission {decoded.dictionary.mission}, "
        f"{r.dictionary}"
    )
    line = f"Log:     {r.records_read:,} records in {r.pages_read:,} pages"
    if r.restarts:
        line += f", of {r.restarts + 1} flights"
    if r.pages_torn:
        line += f", [yellow]{r.pages_torn:,} pages torn[/yellow]"
    if r.pages_missing:
        line += f", [yellow]{r.pages_missing:,} pages missing[/yellow]"
    yield line
    seen = Seen(decoded.dictionary, r)
    seen.add(decoded)
    if span := time_span(seen):
        yield span
