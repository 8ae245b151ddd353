"""edlcam console: the descent in a browser, live or from an archive."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fsw import missions
from gse.archive.archive import Archive, complete, is_archive
from gse.archive.tables import is_decoded
from gse.commands.options import coding_option
from gse.dictionary import load
from gse.errors import UserError
from gse.live.session import Session
from gse.live.source import Source

if TYPE_CHECKING:
    from gse.console.store import Store

_LOOPBACK = "127.0.0.1"


@click.command("console")
@click.argument("source", metavar="SOURCE|ARCHIVE")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True,
              help="Where the browser finds it; 0 takes any that is free.")  # fmt: skip
@click.option("--listen", "address", metavar="ADDR",
              help="Serve at this address of the machine, to whoever has the token that is "
              "printed; by default on this machine alone.")  # fmt: skip
@click.option(
    "--archive",
    "directory",
    type=click.Path(path_type=Path),
    help="Keep what comes from SOURCE in this archive; by default until the console ends.",
)
@click.option(
    "--mission",
    type=click.Choice(missions.NAMES),
    help="By default the one that the first BOOT packet names.",
)
@coding_option
def command(
    source: str,
    port: int,
    address: str | None,
    directory: Path | None,
    mission: str | None,
    coding: str | None,
) -> None:
    """Show what comes from SOURCE, or what is in ARCHIVE, in a browser: Open MCT with the
    dictionary as its tree, plots, cameras, link, limits, events.

    SOURCE is serial:PORT[?baud=N], tcp:HOST:PORT, udp::PORT to listen, udp:HOST:PORT, sim:DIR or
    file:PATH[?speed=N]; ARCHIVE is a directory that edlcam record wrote. make console installs Open
    MCT once. Ctrl-C ends it. docs/console.md says more.

    Exit code 2: it could not be shown; 130: ended by Ctrl-C.
    """
    from gse.console.server import OPENMCT  # noqa: PLC0415 - web server only where it is used

    if not (OPENMCT / "openmct.js").exists():
        raise UserError(
            "Open MCT is not installed: run make console in the source tree of edlcam, which needs "
            "node and npm"
        )
    if Path(source).is_dir():
        if directory:
            raise UserError("--archive keeps what comes from a SOURCE, and this is an archive")
        with _listening(address, port) as listener:
            _show_archive(Path(source), listener, address)
        return
    feed = Source(source)
    with (
        _listening(address, port) as listener,
        _place(directory) as place,
        Archive(place) as archive,
    ):
        _check_dictionary(place)
        session = Session(feed, load(mission) if mission else None, archive, coding)
        _show_session(session, archive, listener, address)


def _show_archive(directory: Path, listener: socket.socket, address: str | None) -> None:
    from gse.console.store import Store  # noqa: PLC0415

    if not is_archive(directory):
        if is_decoded(directory):
            raise UserError(
                f"{directory} holds decoded tables, which have no times of reception to go by: "
                "make an archive of their capture with edlcam record file:CAPTURE?speed=0 "
                f"--archive NEW and name that, or ask the tables with edlcam query {directory}"
            )
        raise UserError(f"{directory} is no archive: name one that edlcam record wrote")
    complete(directory)
    _check_dictionary(directory)
    with contextlib.closing(Store(directory)) as store:
        _serve(store, None, listener, address)


def _check_dictionary(directory: Path) -> None:
    """Before anybody opens a page. Raises UserError for an archive of another version."""
    from gse.console.store import Store  # noqa: PLC0415

    with contextlib.closing(Store(directory)) as store:
        _ = store.dictionary


def _show_session(
    session: Session, archive: Archive, listener: socket.socket, address: str | None
) -> None:
    from gse.console.store import Store  # noqa: PLC0415

    with contextlib.closing(Store(archive.directory)) as store, session:
        _serve(store, session, listener, address)


def _serve(
    store: Store, session: Session | None, listener: socket.socket, address: str | None
) -> None:
    import uvicorn  # noqa: PLC0415

    from gse.console.access import new_token  # noqa: PLC0415
    from gse.console.server import Console  # noqa: PLC0415

    token = new_token() if address else None
    console = Console(store, session, token)
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"http://{shown}:{port}/" + (f"?token={token}" if token else ""))
    click.echo("Ctrl-C ends it.")
    server = uvicorn.Server(
        uvicorn.Config(console.app, log_level="error", ws="websockets-sansio",
                       timeout_graceful_shutdown=1, access_log=False)
    )  # fmt: skip
    server.run([listener])


@contextlib.contextmanager
def _place(directory: Path | None) -> Iterator[Path]:
    """Of the archive: a directory that goes with the console where none is named."""
    if directory:
        yield directory
        return
    with tempfile.TemporaryDirectory(prefix="edlcam-console-") as name:
        yield Path(name)


@contextlib.contextmanager
def _listening(address: str | None, port: int) -> Iterator[socket.socket]:
    """Raises UserError when there is no such address, or somebody else listens there."""
    host = address or _LOOPBACK
    try:
        ipaddress.ip_address(host)
    except ValueError as error:
        raise UserError(
            f"--listen wants an address such as 0.0.0.0 or 192.168.1.5, and {host!r} is none"
        ) from error
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise UserError(
            f"cannot serve at {host} port {port} ({error.strerror}): end the other program there, "
            "or choose another with --port"
        ) from error
    with listener:
        yield listener
