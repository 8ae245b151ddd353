"""edlcam parameters: says which parameters the flight software has, from a dump in a capture."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from fsw import missions
from gse.commands.decode import read
from gse.commands.options import coding_option
from gse.commands.output import Output
from gse.decode import decode, octets_of
from gse.dictionary import Dictionary, load
from gse.identity import dictionary_for
from gse.link.coding import coding_of
from gse.link.crc import Octets
from gse.parameters import Reported, compared, expected, last_dump, of_dump

_LARGEST_DUMP = 1 << 16  # octets: a capture is larger


@click.command("parameters")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--expect",
    type=click.Path(path_type=Path),
    help="A TOML file of NAME = value, in the parameters' units; what it does not name is expected "
    "at its default.",
)
@click.option(
    "--mission",
    help=f"One of: {', '.join(missions.NAMES)}. By default the one that the capture names.",
)
@coding_option
def command(file: Path, expect: Path | None, mission: str | None, coding: str | None) -> None:
    """Show the last dump of parameters in FILE: a capture of the downlink, or the file PARAMETERS.

    Exit code 0: shown; 1: there is no dump in it, or it differs from what is expected; 2: it could
    not be read.
    """
    data = octets_of(read(file))
    dictionary, dump = _dump(data, mission, coding)
    wanted = expected(expect, dictionary) if expect else None
    if not dump:
        click.echo(f"edlcam: no dump in {file}: ask for one with PARAMETER_DUMP.", err=True)
        raise SystemExit(1)
    if wanted is not None:
        dump = compared(dump, wanted)
    console = Output()
    console.print(_table(dump, dictionary))
    missing = sum(r.value is None for r in dump)
    changed = sum(r.changed for r in dump)
    differing = [r.parameter.name for r in dump if r.differs]
    verdict = f"{len(dump)} parameters, {changed} changed, {missing} not received"
    if wanted is not None:
        verdict += f"; not as expected: {', '.join(differing) or 'none'}"
    console.print(verdict + ".", soft_wrap=True)
    if differing:
        raise SystemExit(1)


def _dump(
    data: Octets, mission: str | None, coding: str | None
) -> tuple[Dictionary, list[Reported]]:
    """What a file says, and the dictionary that gives it its meaning."""
    for name in (mission,) if mission else missions.NAMES:
        dictionary = load(name)
        if len(data) < _LARGEST_DUMP and (dump := of_dump(data.tobytes(), dictionary)):
            return dictionary, dump
    coding = coding or coding_of(data)
    dictionary = load(mission) if mission else dictionary_for(data, coding)
    return dictionary, last_dump(decode(data, dictionary, coding))


def _table(dump: list[Reported], dictionary: Dictionary) -> Table:
    table = Table(box=None, pad_edge=False)
    columns = ["parameter", "value", "default", "range", "changed"]
    if any(r.expected is not None for r in dump):
        columns.append("expected")
    for name in columns:
        table.add_column(name, overflow="fold")
    for r in dump:

        def shown(counts: int | None, channel: str = r.parameter.channel) -> str:
            return "not received" if counts is None else dictionary.format_value(channel, counts)

        cells = [
            r.parameter.name,
            shown(r.value),
            shown(r.default),
            f"{shown(r.parameter.lowest)} .. {shown(r.parameter.highest)}",
            "yes" if r.changed else "no",
        ]
        if r.expected is not None:
            cells.append(shown(r.expected))
        table.add_row(*cells, style="red" if r.differs else "yellow" if r.changed else "")
    return table
