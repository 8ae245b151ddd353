"""edlcam export: tables for the tools of others."""

from __future__ import annotations

from pathlib import Path

import click
import pyarrow as pa
from rich.markup import escape

import gse
from fsw import missions
from gse import export as exporting
from gse.commands.decode import read
from gse.commands.options import coding_option
from gse.commands.output import Output
from gse.decode import decode, octets_of
from gse.dictionary import Dictionary, load
from gse.errors import UserError
from gse.identity import dictionary_for


@click.command("export")
@click.argument("source", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Directory of the files; with --one-file, the file.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(exporting.FORMATS),
    default=exporting.NETCDF,
    show_default=True,
)
@click.option("--packet", "packets", multiple=True, help="Only this packet type; may be repeated.")
@click.option("--one-file", is_flag=True, help="All packets in one file instead of one file each.")
@click.option(
    "--mission",
    help=f"One of: {', '.join(missions.NAMES)}. By default the one that a capture names.",
)
@coding_option
def command(
    source: Path,
    out: Path,
    form: str,
    packets: tuple[str, ...],
    one_file: bool,
    mission: str | None,
    coding: str | None,
) -> None:
    """Export SOURCE: a capture of the downlink, an archive, or decoded tables (Parquet).

    Packet types of which none came get no file. Exit code 0: written; 2: nothing could be.
    """
    tables, dictionary = _tables(source, mission, coding)
    if unknown := [name for name in packets if name not in tables]:
        raise UserError(
            f"{source} has no packets named {', '.join(unknown)}: there are {', '.join(tables)}"
        )
    chosen = {name: tables[name] for name in packets} if packets else tables
    paths = exporting.export(chosen, out, form, dictionary, one_file=one_file)
    console = Output()
    for path in paths:
        console.print(escape(str(path)), soft_wrap=True)


def _tables(
    source: Path, mission: str | None, coding: str | None
) -> tuple[dict[str, pa.Table], Dictionary]:
    if source.is_dir():
        dictionary = load(mission or missions.NAMES[0])
        if not (source / "raw").is_dir():
            return exporting.read_directory(source), dictionary
        with gse.open(source) as archive:
            return dict(archive.tables()), dictionary
    data = octets_of(read(source))
    dictionary = load(mission) if mission else dictionary_for(data, coding)
    decoded = decode(data, dictionary, coding)
    if not decoded.report.frames_read:
        raise UserError(f"{source} holds no transfer frame: name a capture of the downlink")
    return {**decoded.tables, "events": decoded.events}, dictionary
