"""What do several commands share? Options, a progress bar, a directory that can be written to."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from fsw.link import layout
from gse.errors import UserError
from gse.link.protection import Coding

_INTERLEAVE = click.IntRange(layout.INTERLEAVES[0], layout.INTERLEAVES[-1])

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


def coding_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """--coding and --interleave, which reach the command as coding, one of Coding; None: as the
    capture shows."""

    @click.option(
        "--coding",
        "scheme",
        type=click.Choice(layout.CODINGS, case_sensitive=False),
        help="Of the link: CRC, frames with their CRC alone, or RS, randomized Reed-Solomon "
        "codeblocks. By default as the capture shows.",
    )
    @click.option(
        "--interleave",
        type=_INTERLEAVE,
        help="With --coding: codewords of a codeblock, in frames of 223 octets for each; by "
        "default 1.",
    )
    @functools.wraps(function)
    def merged(scheme: str | None, interleave: int | None, **others: Any) -> Any:
        if interleave and not scheme:
            raise click.UsageError("--interleave says more of a coding: add --coding RS or CRC")
        coding = Coding.of(scheme, interleave or 1) if scheme else None
        return function(coding=coding, **others)

    return merged


interleave_option = click.option(
    "--interleave",
    type=_INTERLEAVE,
    help="Of the downlink: codewords of a codeblock, 1 to 5, in frames of 223 octets for each. By "
    "default the mission's.",
)
