"""edlcam monitor: the descent on a terminal, while it happens."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from fsw import missions
from gse.archive.archive import Archive
from gse.commands.options import coding_option
from gse.dictionary import load
from gse.errors import UserError
from gse.live.session import Session
from gse.live.source import Source


@click.command("monitor")
@click.argument("source")
@click.option(
    "--archive",
    "directory",
    type=click.Path(path_type=Path),
    help="Keep everything that is received in this archive; by default nothing is kept.",
)
@click.option(
    "--mission",
    type=click.Choice(missions.NAMES),
    help="By default the one that the first BOOT packet names.",
)
@coding_option
def command(source: str, directory: Path | None, mission: str | None, coding: str | None) -> None:
    """Watch what comes from SOURCE on this terminal: state, navigation, cameras, link, events.

    SOURCE is serial:PORT[?baud=N], tcp:HOST:PORT, udp::PORT to listen, udp:HOST:PORT, sim:DIR or
    file:PATH[?speed=N]. When the link breaks, it is opened again as soon as it can be. Keys are on
    the last line; docs/console.md says what the panels show.

    Exit code 0: ended by q; 2: it could not be shown; 130: ended by Ctrl-C.
    """
    from gse.monitor.app import MonitorApp  # noqa: PLC0415 - textual takes a while

    if Path(source).is_dir():
        raise UserError(
            f"{source} is a directory, and the monitor watches what comes: edlcam console shows an "
            "archive, and edlcam monitor file:CAPTURE a capture"
        )
    feed = Source(source)
    if not (sys.stdout.isatty() and sys.stdin.isatty()):
        raise UserError(
            "the monitor needs a terminal: run it in one, or keep what comes with edlcam record"
        )
    with _archive(directory) as archive:
        session = Session(feed, load(mission) if mission else None, archive, coding)
        subscription = session.subscribe()
        session.start()
        app = MonitorApp(session, subscription)
        try:
            app.run()
        finally:
            session.stop()
    if app.interrupted:
        raise KeyboardInterrupt


@contextlib.contextmanager
def _archive(directory: Path | None) -> Iterator[Archive | None]:
    if directory is None:
        yield None
        return
    with Archive(directory) as archive:
        yield archive
