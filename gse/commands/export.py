"""edlcam export: tables for the tools of others."""

from __future__ import annotations

from pathlib import Path

import click
import pyarrow as pa
from rich.markup import escape

import gse
from fsw import missions
from gse import export as exporting
from gse.archive.archive import is_archive
from gse.archive.tables import reported
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
    help=f"One of: {', '.join(missions.NAMES)}. By default the one that the source names.",
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

    Tables that were decoded by an XTCE document keep the units and descriptions that it gave them.

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
) -> tuple[dict[str, pa.Table], Dictionary | None]:
    """By name, and what describes them; None: nothing of ours does."""
    if source.is_dir():
        if not is_archive(source):
            return exporting.read_directory(source), _of_directory(source, mission)
        with gse.open(source) as archive:
            assert archive.index
            flown = archive.index.about("dictionary")  # None: nothing was decoded
            return dict(archive.tables()), _flown(source, flown, mission) if flown else None
    data = octets_of(read(source))
    dictionary = load(mission) if mission else dictionary_for(data, coding)
    decoded = decode(data, dictionary, coding)
    if not decoded.report.frames_read:
        raise UserError(f"{source} holds no transfer frame: name a capture of the downlink")
    return {**decoded.tables, "events": decoded.events}, dictionary


def _of_directory(source: Path, mission: str | None) -> Dictionary | None:
    """What describes the tables in a directory. Raises UserError when that cannot be told."""
    report = reported(source)
    if report is not None and "mission" not in report:
        if mission:
            raise UserError(
                f"{source} was decoded by an XTCE document, and none of our missions describes "
                "it: leave --mission out"
            )
        return None
    if report is not None:
        return _flown(source, str(report["mission"]), mission)
    if mission is None:
        raise UserError(
            f"{source} does not say which mission its tables are of: name it with --mission, one "
            f"of {', '.join(missions.NAMES)}"
        )
    return load(mission)


def _flown(source: Path, identity: str, mission: str | None) -> Dictionary:
    """The dictionary of an identity. Raises UserError when it is not here, or another is named."""
    name = identity.partition(" ")[0]
    if mission not in (None, name):
        raise UserError(f"{source} is of mission {name}, not {mission}: leave --mission out")
    dictionary = load(name)
    if dictionary.identity != identity:
        raise UserError(
            f"{source} was decoded with mission and dictionary {identity}, and this edlcam has "
            f"{dictionary.identity}: export it with the version of edlcam that decoded it, or "
            "decode its octets again"
        )
    return dictionary
