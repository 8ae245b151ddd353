"""What do several commands share? Options, a progress bar, a directory that can be written to."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from fsw.link.layout import CODINGS
from gse.errors import UserError

target_option = click.option(
    "--target",
    default="cpython",
    show_default=True,
    help="Where the flight code runs: cpython, micropython, micropython32 or serial:PORT[?baud=N].",
)


def make_directory(path: Path) -> None:
    """Raises UserError when the directory cannot be made or written to."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / ".edlcam-can-write"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UserError(
            f"cannot write to {path}: {error.strerror}; name another directory with --out"
        ) from error


@contextlib.contextmanager
def progress_bar(console: Console) -> Iterator[Callable[[float, str], None]]:
    """Takes the share done and what is being done; shows nothing where there is no terminal."""
    columns = (
        TextColumn("{task.description:<20}"),
        BarColumn(bar_width=None),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("starting", total=1.0)
        yield lambda share, what: bar.update(task, completed=share, description=what)


coding_option = click.option(
    "--coding",
    type=click.Choice(CODINGS, case_sensitive=False),
    help="Of the link: CRC, frames with their CRC alone, or RS, randomized Reed-Solomon "
    "codeblocks. By default as the capture shows.",
)
