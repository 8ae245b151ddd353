"""edlcam record: keeps everything that is received, until Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.live import Live
from rich.markup import escape

from fsw import missions
from gse.archive.archive import Archive
from gse.commands.options import coding_option
from gse.commands.output import Output
from gse.dictionary import load
from gse.interrupt import between_frames
from gse.live.session import Session, Status
from gse.live.source import NOT_YET, Link, Source

_LOOK_S = 0.2


@click.command("record")
@click.argument("source")
@click.option(
    "--archive",
    "directory",
    type=click.Path(path_type=Path),
    required=True,
    help="Directory of the archive; made when it is not there, added to when it is.",
)
@click.option(
    "--mission",
    type=click.Choice(missions.NAMES),
    help="By default the one that the first BOOT packet names.",
)
@coding_option
@click.option(
    "--for",
    "duration_s",
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds to record; by default until Ctrl-C, or the end of a file.",
)
def command(
    source: str, directory: Path, mission: str | None, coding: str | None, duration_s: float | None
) -> None:
    """Record what comes from SOURCE into an archive: raw octets first, then columns and events.

    SOURCE is serial:PORT[?baud=N], tcp:HOST:PORT, udp::PORT to listen, udp:HOST:PORT, sim:DIR or
    file:PATH[?speed=N]. When the link breaks, it is opened again as soon as it can be. Ctrl-C ends
    the recording; docs/archive.md says what is in the archive then.

    Exit code 0: everything that was received is archived; 1: nothing came, or it could only be kept
    raw, as it is of another dictionary or spacecraft, or no frame can be read in it; 2: it could
    not be archived.
    """
    console = Output()
    feed = Source(source)
    with Archive(directory, waiting=_say) as archive:
        for sentence in archive.rebuilt:
            console.print(f"{escape(sentence)}.", soft_wrap=True)
        session = Session(feed, load(mission) if mission else None, archive, coding)
        session.start()
        try:
            _watch(session, duration_s)
        finally:
            session.stop()
    status = session.status
    for line in _summary(status, directory):
        console.print(line, soft_wrap=True, markup=False)
    if reason := _why_not_decoded(status):
        click.echo(f"edlcam: not decoded: {reason}.", err=True)
    if reason or not status.octets:
        raise click.exceptions.Exit(1)


def _say(sentence: str) -> None:
    click.echo(f"edlcam: {sentence}.", err=True)


def _why_not_decoded(status: Status) -> str:
    """A sentence without its point, of what came and is kept raw alone; else nothing."""
    report = status.report
    if status.refused or not status.octets or report is None or report.frames_read:
        return status.refused
    reason = report.why_nothing()
    if report.frames_foreign and status.dictionary:
        reason += f" than that of {status.dictionary.mission}, so leave --mission out"
    return f"no transfer frame could be read in what came: {reason}"


def _watch(session: Session, duration_s: float | None) -> None:
    """Shows how it goes, until it is to end; the first Ctrl-C ends it in good order."""
    console = Console(stderr=True)
    until = None if duration_s is None else time.monotonic() + duration_s
    said = ""
    with (
        between_frames() as stop_if_asked,
        Live(console=console, transient=True, auto_refresh=False) as line,
    ):
        try:
            while not session.join(_LOOK_S) and (until is None or time.monotonic() < until):
                stop_if_asked()
                status = session.status
                line.update(_line(status), refresh=True)
                trouble = status.refused or status.archive_error
                if status.source.link is Link.WAITING and status.source.why != NOT_YET:
                    trouble = trouble or f"waiting: {status.source.why}"
                if trouble != said:
                    said = trouble
                    console.print(f"edlcam: {escape(said) or 'all well again'}.", soft_wrap=True)
        except KeyboardInterrupt:
            return


def _line(status: Status) -> str:
    report = status.report
    frames = f", {report.frames_good:,} frames, {report.frames_missing:,} missing" if report else ""
    mission = status.dictionary.mission if status.dictionary else "waiting for a BOOT packet"
    return f"{status.source.link.value}: {status.octets:,} octets{frames}; {mission}"


def _summary(status: Status, directory: Path) -> Iterator[str]:
    times = "connection" if status.connections == 1 else "connections"
    yield f"{status.octets:,} octets in {directory}, over {status.connections} {times}"
    if status.report:
        r = status.report
        yield (
            f"{r.frames_good:,} frames, {r.frames_missing:,} missing, {r.frames_damaged:,} damaged;"
            f" {r.packets_good:,} packets, {r.packets_missing:,} missing"
        )
