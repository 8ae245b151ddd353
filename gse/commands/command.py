"""edlcam command: sends one command to a board or a live simulation, and says what became of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import click
from click.shell_completion import CompletionItem
from rich.markup import escape

from fsw import missions
from gse import dictionary as dictionaries
from gse.archive.index import Index
from gse.commands.commanding import commanding_options, securing
from gse.commands.output import Output
from gse.errors import UserError
from gse.live.address import FORMS
from gse.live.connection import connect
from gse.uplink import arguments, telecommand
from gse.uplink.hearing import Event, Hearing
from gse.uplink.operator import Operator, Verdict


def _dictionary(mission: str | None) -> dictionaries.Dictionary:
    """Commands are the same for every mission; names of cameras are not."""
    return dictionaries.load(mission or missions.NAMES[0])


def _complete_name(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    return [
        CompletionItem(command.name, help=command.description)
        for command in _dictionary(ctx.params.get("mission")).commands
        if command.name.startswith(incomplete.upper())
    ]


def _complete_argument(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    dictionary = _dictionary(ctx.params.get("mission"))
    found = [c for c in dictionary.commands if c.name == ctx.params.get("name")]
    offered = []
    for argument in found[0].arguments if found else ():
        names = arguments.choices(dictionary, argument) or [""]
        offered += [f"{argument.name}={name}" for name in names]
    return [CompletionItem(text) for text in offered if text.startswith(incomplete)]


@click.command("command", context_settings={"help_option_names": []})
@click.argument("source", required=False)
@click.argument("name", required=False, shell_complete=_complete_name)
@click.argument("given", nargs=-1, metavar="[ARG=VALUE]...", shell_complete=_complete_argument)
@click.option(
    "--archive",
    "directory",
    type=click.Path(path_type=Path),
    help="Archive that keeps the command and what became of it; it may be recorded to meanwhile.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=20.0,
    show_default=True,
    help="Seconds to wait for what the board says.",
)
@commanding_options
@click.option("--list", "list_them", is_flag=True, help="List the commands of the dictionary.")
@click.option("--help", "wants_help", is_flag=True, help="Show this, or what NAME takes.")
@click.pass_context
def command(
    ctx: click.Context,
    source: str | None,
    name: str | None,
    given: tuple[str, ...],
    key_file: Path | None,
    unauthenticated: bool,
    directory: Path | None,
    timeout: float,
    mission: str | None,
    list_them: bool,
    wants_help: bool,
) -> None:
    """Send the command NAME to what is at SOURCE, and print what happens on board.

    SOURCE is serial:PORT[?baud=N], tcp:HOST:PORT, udp:HOST:PORT, udp::PORT to listen and answer, or
    sim:DIR for a simulation that edlcam fly --serve flies into DIR. Values are in the units of
    telemetry. docs/commanding.md goes from a new key to an accepted command.

    Exit code 0: the board has reported it done; 1: refused, or no answer; 2: it could not be sent.
    """
    console = Output()
    if list_them:
        for known in _dictionary(mission).commands:
            console.print(f"{known.name:<16}{known.description}", markup=False, soft_wrap=True)
        return
    if wants_help:
        text = _help(mission, name) if name else ctx.get_help()
        console.print(text, markup=False, soft_wrap=True)
        return
    if not source or not name:
        raise UserError(f"name a source ({FORMS}) and a command: edlcam command --list names those")
    found = arguments.find(_dictionary(mission), name.upper())
    _check(found, given, (mission,) if mission else missions.NAMES)
    security = securing(key_file, unauthenticated)

    def tell(event: Event) -> None:
        console.print(f"{event.severity:<12}{escape(event.text)}", soft_wrap=True)

    with _kept(directory) as index, closing(connect(source)) as link:
        hearing = Hearing(mission)
        operator = Operator(link, hearing, security, tell)
        operator.listen()
        assert hearing.dictionary is not None
        counts = arguments.in_counts(hearing.dictionary, found, given)
        sent_utc = time.time()
        outcome = operator.command(telecommand(found.name, counts), found.opcode, timeout)
        if index:
            index.note_command(sent_utc, source, found.name, given, outcome.what)
    if outcome.verdict is Verdict.DONE:
        console.print(f"{found.name}: {outcome.what}.", soft_wrap=True)
        return
    click.echo(f"edlcam: {found.name}: {outcome.what}.", err=True)
    ctx.exit(1)


@contextmanager
def _kept(directory: Path | None) -> Iterator[Index | None]:
    """The index of the archive that keeps commands. Raises UserError when it is none."""
    if directory is None:
        yield None
        return
    with closing(Index(directory)) as index:
        yield index


def _check(found: dictionaries.Command, given: Sequence[str], names: Sequence[str]) -> None:
    """Raises UserError for what is wrong for all of these missions: that needs no board."""
    errors = []
    for name in names:
        try:
            arguments.in_counts(dictionaries.load(name), found, given)
        except UserError as error:
            errors.append(error)
    if len(errors) == len(names):
        raise errors[0]


def _help(mission: str | None, name: str) -> str:
    """What the dictionary says of a command."""
    dictionary = _dictionary(mission)
    found = arguments.find(dictionary, name.upper())
    lines = [f"{found.name}: {found.description}."]
    for argument in found.arguments:
        lines.append(f"  {argument.name}={arguments.describe(dictionary, argument)}")
    return "\n".join(lines)
