"""edlcam sequence: checks stored sequences before they go up, and makes their telecommands."""

from __future__ import annotations

from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from fsw import missions
from gse.commands.output import Output
from gse.dictionary import Dictionary, load
from gse.sequences import Sequence
from gse.sequences import load as load_sequence

_mission = click.option(
    "--mission",
    type=click.Choice(missions.NAMES),
    default=missions.NAMES[0],
    show_default=True,
    help="Whose states and cameras the file names.",
)
_file = click.argument("file", type=click.Path(path_type=Path))


@click.group("sequence")
def command() -> None:
    """Check stored sequences, and make the telecommands that load them.

    FILE is TOML; docs/sequences.md says what it holds. Exit code 2: it is not right, with the
    reason in one sentence.
    """


@command.command("check")
@_file
@_mission
def check(file: Path, mission: str) -> None:
    """Check FILE against the dictionary; print its table and checksum."""
    dictionary = load(mission)
    sequence = load_sequence(file, dictionary)
    console = Output()
    console.print(_table(sequence, dictionary))
    console.print(
        f"Slot {sequence.slot}, {len(sequence.entries)} entries, checksum {sequence.checksum:04X}, "
        f"{len(sequence.commands())} telecommands.",
        soft_wrap=True,
    )


@command.command("packets")
@_file
@_mission
def packets(file: Path, mission: str) -> None:
    """Print the telecommand packets that load FILE, one a line, in hexadecimal."""
    for octets in load_sequence(file, load(mission)).packets():
        click.echo(octets.hex())


def _table(sequence: Sequence, dictionary: Dictionary) -> Table:
    states = missions.load(dictionary.mission).STATES
    arguments = {c.name: {a.name: a.channel for a in c.arguments} for c in dictionary.commands}
    table = Table(box=None, pad_edge=False)
    for name in ("entry", "when", "command", "arguments"):
        table.add_column(name, overflow="fold")
    for number, entry in enumerate(sequence.entries):
        shown = [
            f"{name}={dictionary.format_value(arguments[entry.command][name], value)}"
            for name, value in entry.arguments.items()
        ]
        table.add_row(
            str(number), entry.when(states), entry.command, escape(", ".join(shown)) or "-"
        )
    return table
