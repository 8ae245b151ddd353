"""edlcam playback: gets from the recorder of a board what the link has lost."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path
from typing import BinaryIO

import click
from rich.markup import escape

from fsw import missions
from gse import keys
from gse.commands.output import Output
from gse.errors import UserError
from gse.live.connection import connect
from gse.uplink.numbers import StoredNumbers, beside
from gse.uplink.retriever import Retriever
from gse.uplink.security import VIRTUAL_CHANNEL, Security

_STATUS_S = 10.0


@click.command("playback")
@click.argument("source", metavar="SOURCE")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="File to which every transfer frame heard is added: for edlcam decode.",
)
@click.option("--from", "from_s", type=float, metavar="T", help="Everything recorded from T on,")
@click.option("--to", "to_s", type=float, metavar="T", help="until T: seconds from time zero.")
@click.option(
    "--gaps", "gaps_only", is_flag=True, help="End as soon as nothing that was heard of is missing."
)
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path),
    help="Key file of edlcam keys new: commands go up in authenticated frames.",
)
@click.option(
    "--unauthenticated",
    is_flag=True,
    help="Commands go up as packets: for a simulation, and for a board on the bench.",
)
@click.option(
    "--mission",
    type=click.Choice(missions.NAMES),
    help="By default the one of the spacecraft that is heard.",
)
@click.pass_context
def command(
    ctx: click.Context,
    source: str,
    out: Path | None,
    from_s: float | None,
    to_s: float | None,
    gaps_only: bool,
    key_file: Path | None,
    unauthenticated: bool,
    mission: str | None,
) -> None:
    """Listen to SOURCE, and ask its recorder for what the link has lost.

    SOURCE is tcp:HOST:PORT, udp:HOST:PORT, serial:PORT[:BAUD], or sim:DIR for a simulation that
    edlcam fly --serve flies into DIR. Without --gaps or a time range it goes on until Ctrl-C: what
    is lost from now on is asked for by itself, and so is navigation at full rate.

    Exit code 0: what was asked for has come; 1: the board has not got all of it; 2: it could not be
    done; 130: stopped by Ctrl-C.
    """
    if unauthenticated == bool(key_file):
        raise UserError("name either --key FILE or --unauthenticated")
    if (from_s is None) != (to_s is None) or (from_s or 0) > (to_s or 0):
        raise UserError("a time range takes both --from T and a later --to T")
    if from_s is not None and gaps_only:
        raise UserError("name either --gaps or a time range")
    key = keys.load(key_file) if key_file else None
    console = Output()

    def security(spacecraft: int) -> Security:
        assert key
        assert key_file
        return Security(key, StoredNumbers(beside(key_file)), spacecraft, VIRTUAL_CHANNEL)

    with ExitStack() as stack:
        link = stack.enter_context(closing(connect(source)))
        file = stack.enter_context(_opened(out)) if out else None
        retriever = Retriever(
            link,
            security if key else None,
            file.write if file else _drop,
            lambda text: console.print(escape(text), soft_wrap=True),
            mission,
        )
        if from_s is not None and to_s is not None:
            retriever.ask_time(from_s, to_s)
        _listen(retriever, console, ends=gaps_only or from_s is not None)
        lost = retriever.missing.lost
    console.print(f"{retriever.frames:,} frames heard, {lost:,} packets not on board.")
    if lost:
        ctx.exit(1)


def _drop(cadu: bytes) -> None:
    """Nobody keeps it."""


def _opened(out: Path) -> BinaryIO:
    try:
        return out.open("ab")
    except OSError as error:
        raise UserError(f"cannot write {out}: {error.strerror}; name another file") from error


def _listen(retriever: Retriever, console: Output, *, ends: bool) -> None:
    told = retriever.clock()
    while not (ends and retriever.settled):
        retriever.step()
        if retriever.clock() - told > _STATUS_S and retriever.frames:
            told = retriever.clock()
            console.print(f"{retriever.missing.open:,} packets missing")
