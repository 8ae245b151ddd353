"""edlcam playback: gets from the recorder of a board what the link has lost."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from math import isfinite
from pathlib import Path

import click
from rich.markup import escape

from gse.commands.commanding import commanding_options, securing
from gse.commands.output import Output
from gse.errors import UserError
from gse.interrupt import between_frames
from gse.live.address import parse
from gse.live.connection import connect
from gse.uplink.retriever import Retriever

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
@commanding_options
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

    SOURCE is serial:PORT[?baud=N], tcp:HOST:PORT, udp:HOST:PORT, udp::PORT to listen and answer, or
    sim:DIR for a simulation that edlcam fly --serve flies into DIR. Without --gaps or a time range
    it goes on until Ctrl-C: what is lost from now on is asked for by itself, and so is navigation
    at full rate.

    Exit code 0: what was asked for has come; 1: the board has not got all of it, or the link lost
    some on the way; 2: it could not be done; 130: stopped by Ctrl-C. Whichever it is, every frame
    that was heard is in the file.
    """
    security = securing(key_file, unauthenticated)
    asked = _range(from_s, to_s, gaps_only)
    if parse(source).kind == "file":
        raise UserError("a file has no recorder to ask: name a link to a board or a simulation")
    console = Output()
    with ExitStack() as stack:
        link = stack.enter_context(closing(connect(source)))
        kept = stack.enter_context(closing(FrameFile(out))) if out else None
        retriever = Retriever(
            link,
            security,
            kept.add if kept else _drop,
            lambda text: console.print(escape(text), soft_wrap=True),
            mission,
        )
        if asked:
            retriever.ask_time(*asked)
        try:
            _listen(retriever, console, ends=gaps_only or asked is not None)
        finally:
            if retriever.frames:
                for line in _summary(retriever, out):
                    console.print(line, markup=False, soft_wrap=True)
    if not _whole(retriever, by_time=asked is not None):
        ctx.exit(1)


def _range(from_s: float | None, to_s: float | None, gaps_only: bool) -> tuple[float, float] | None:
    """The time range that was named, if one was. Raises UserError for half of one."""
    if from_s is None and to_s is None:
        return None
    if from_s is None or to_s is None or not (isfinite(from_s) and isfinite(to_s)):
        raise UserError("a time range takes both --from T and --to T, in seconds from time zero")
    if from_s > to_s:
        raise UserError(f"--to {to_s:g} is earlier than --from {from_s:g}: exchange them")
    if gaps_only:
        raise UserError("name either --gaps or a time range")
    return from_s, to_s


class FrameFile:
    """A file to which frames are added, each whole and at once: what was heard is in it whatever
    comes after, and a disk that fills leaves no part of one."""

    def __init__(self, path: Path) -> None:
        """Raises UserError when it cannot be written."""
        self._path = path
        try:
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise UserError(f"cannot write {path}: {error.strerror}; name another file") from error

    def add(self, cadu: bytes) -> None:
        """Raises UserError when it cannot be added, and then takes back what was."""
        added = 0
        try:
            while added < len(cadu):
                added += self._file.write(cadu[added:])
        except OSError as error:
            if added:
                with suppress(OSError):  # a pipe, which takes nothing back
                    os.ftruncate(self._file.fileno(), self._size() - added)
            raise UserError(
                f"cannot add to {self._path} ({error.strerror}): free some space and go on with "
                "the same command; every frame before is in it"
            ) from error

    def _size(self) -> int:
        return os.fstat(self._file.fileno()).st_size

    def close(self) -> None:
        self._file.close()


def _drop(cadu: bytes) -> None:
    """Nobody keeps it."""


def _listen(retriever: Retriever, console: Output, *, ends: bool) -> None:
    told = retriever.clock()
    with between_frames() as stop_if_asked:
        while not (ends and retriever.settled):
            stop_if_asked()
            retriever.step()
            if retriever.clock() - told > _STATUS_S and retriever.frames:
                told = retriever.clock()
                console.print(f"{retriever.missing.open:,} packets missing")


def _summary(retriever: Retriever, out: Path | None) -> Iterator[str]:
    missing = retriever.missing
    kept = f"in {out}" if out else "and not kept: name a file with --out"
    yield f"{retriever.frames:,} frames heard, {kept}."
    sent = retriever.range_sent
    if sent is not None or retriever.range_came:
        of_all = "" if sent is None else f" of {sent:,}"
        yield f"{retriever.range_came:,}{of_all} packets of that time have come."
    if missing.open or missing.lost:
        yield f"{missing.open:,} packets missing still, {missing.lost:,} not on board."


def _whole(retriever: Retriever, *, by_time: bool) -> bool:
    """Whether what was asked for has come."""
    if not by_time:
        return not retriever.missing.lost
    sent = retriever.range_sent
    return bool(retriever.range_came) and (sent is None or retriever.range_came >= sent)
