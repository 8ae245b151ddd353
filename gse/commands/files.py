"""edlcam files: what files a board or a live simulation has, and fetches them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import click
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.table import Table

from gse.commands.commanding import commanding_options, securing
from gse.commands.output import Output
from gse.dictionary import Dictionary
from gse.errors import UserError
from gse.files import store
from gse.files.directory import DIRECTORY
from gse.files.received import ReceivedFile
from gse.files.transfer import Fetched, Transfers
from gse.live.connection import connect
from gse.uplink.hearing import Event, Heard, Hearing
from gse.uplink.operator import Operator

_CANCEL_S = 3.0
_ACTIONS = ("list", "get")


@click.command("files")
@click.argument("source")
@click.argument("action", type=click.Choice(_ACTIONS))
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("files"),
    show_default=True,
    help="Directory for what is fetched.",
)
@click.option(
    "--class",
    "service_class",
    type=click.Choice(["1", "2"]),
    default="2",
    show_default=True,
    help="Of CFDP. 2: what is lost is sent again until all is there; 1: sent once.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    help="Seconds for which nothing may come of a file.",
)
@commanding_options
@click.pass_context
def command(
    ctx: click.Context,
    source: str,
    action: str,
    names: tuple[str, ...],
    out: Path,
    service_class: str,
    key_file: Path | None,
    unauthenticated: bool,
    timeout: float,
    mission: str | None,
) -> None:
    """List the files that what is at SOURCE has, or get those with these NAMEs.

    SOURCE is as for edlcam command: serial:PORT[?baud=N], tcp:HOST:PORT, udp:HOST:PORT or sim:DIR.
    docs/files.md says which files there are. A file that did not come whole is written beside the
    others with .incomplete behind its name; files.json says what is missing of it.

    Exit code 0: listed, or all are whole; 1: one is not; 2: it could not be asked for; 130: Ctrl-C,
    what had come is kept.
    """
    console = Output()
    wanted = _wanted(action, names)
    security = securing(key_file, unauthenticated)

    def tell(event: Event) -> None:
        console.print(f"{event.severity:<12}{escape(event.text)}", soft_wrap=True)

    with closing(connect(source)) as link:
        hearing = Hearing(mission)

        def make(note: Callable[[Heard], None]) -> Operator:
            return Operator(link, hearing, security, tell, note=note)

        transfers = Transfers(link, hearing, make)
        transfers.operator.listen()
        assert hearing.dictionary is not None
        if action == "list":
            console.print(_table(transfers.list(timeout), hearing.dictionary))
            return
        fetched = _fetch(transfers, wanted, service_class == "2", timeout, out, console)
    if any(one.problem for one in fetched):
        ctx.exit(1)


def _wanted(action: str, names: tuple[str, ...]) -> list[str]:
    """The names, checked. Raises UserError."""
    wanted = [name.upper() for name in names]
    if action == "list" and wanted:
        raise UserError("list takes no names: it lists what there is")
    if action == "get" and not wanted:
        raise UserError(f"name what to get: {', '.join(DIRECTORY)}")
    for name in wanted:
        if name not in DIRECTORY:
            raise UserError(f"no file named {name!r}: there are {', '.join(DIRECTORY)}")
    return wanted


def _table(lengths: dict[str, int], dictionary: Dictionary) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("file")
    table.add_column("octets", justify="right")
    table.add_column("")
    for name, length in lengths.items():
        what = DIRECTORY[name].describe(dictionary.cameras)
        table.add_row(name, f"{length:,}", what)
    return table


def _fetch(
    transfers: Transfers,
    names: list[str],
    acknowledged: bool,
    silence_s: float,
    out: Path,
    console: Output,
) -> list[Fetched]:
    """Fetches one after the other, and writes what came, even after Ctrl-C, or when the link is
    gone."""
    fetched: list[Fetched] = []
    try:
        for name in names:
            with _bar(console) as bar:
                task = bar.add_task(name, total=None)

                def show(file: ReceivedFile, task: object = task, bar: Progress = bar) -> None:
                    held = sum(end - start for start, end in file.held)
                    bar.update(task, total=file.size, completed=held)  # type: ignore[arg-type]

                one = transfers.fetch(name, acknowledged, silence_s, show)
            fetched.append(one)
            what = store.sentence(one.file) if one.file else one.problem
            console.print(f"{name}: {escape(what)}.", soft_wrap=True)
    except KeyboardInterrupt:
        transfers.cancel(_CANCEL_S)
        raise
    finally:
        files = {id(one.file): one.file for one in fetched if one.file is not None}
        if transfers.latest is not None:
            files[id(transfers.latest)] = transfers.latest
        for path in store.write(files.values(), out, keep=True) if files else ():
            console.print(f"{path}", soft_wrap=True)
    return fetched


def _bar(console: Output) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
