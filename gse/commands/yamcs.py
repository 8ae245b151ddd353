"""edlcam yamcs: a Yamcs server for a mission, configured and started."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import click
from rich.markup import escape

from fsw import missions
from gse.commands.decode import read
from gse.commands.output import Output
from gse.decode import octets_of
from gse.dictionary import load
from gse.link.coding import CODINGS, CRC, FrameFinder
from gse.yamcs import configuration
from gse.yamcs.configuration import Ports
from gse.yamcs.server import Server

_PIECE = 1 << 16
_port = click.IntRange(1, 65535)


@click.command("yamcs")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Its directory.")
@click.option("--mission", default=missions.NAMES[0], show_default=True)
@click.option("--start", is_flag=True, help="Start the server; Ctrl-C ends it. Needs Java 17.")
@click.option(
    "--feed",
    type=click.Path(path_type=Path),
    help="With --start: a capture of the downlink whose frames the server is given.",
)
@click.option(
    "--coding",
    type=click.Choice(CODINGS, case_sensitive=False),
    default=CRC,
    show_default=True,
    help="Of the capture.",
)
@click.option("--frames-per-s", type=click.IntRange(1), default=200, show_default=True)
@click.option("--http-port", type=_port, default=configuration.HTTP_PORT, show_default=True)
@click.option("--frame-port", type=_port, default=configuration.FRAME_PORT, show_default=True)
@click.option("--command-port", type=_port, default=configuration.COMMAND_PORT, show_default=True)
def command(
    out: Path,
    mission: str,
    start: bool,
    feed: Path | None,
    coding: str,
    frames_per_s: int,
    http_port: int,
    frame_port: int,
    command_port: int,
) -> None:
    """Write the configuration of a Yamcs server for a mission: dictionary, links, archives.

    The server takes transfer frames without their sync marker, one a datagram, and gives
    telecommand packets, one a datagram.

    Exit code 0: written, or the server ended; 2: it could not be written or started; 130: Ctrl-C.
    """
    if feed is not None and not start:
        raise click.UsageError("--feed gives frames to the server that --start starts: add --start")
    ports = Ports(http_port, frame_port, command_port)
    data = None if feed is None else octets_of(read(feed))
    files = configuration.write(load(mission), out, ports)
    console = Output()
    console.print(f"{len(files)} files in {escape(str(out))}", soft_wrap=True)
    if not start:
        return
    console.print("Yamcs starts: this takes 10 to 30 s.")
    with Server(out, mission, http_port) as server:
        console.print(f"Yamcs is up: http://127.0.0.1:{http_port}; log in {escape(str(server.log))}")
        if data is not None:
            sent = 0
            finder = FrameFinder(coding)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
                for at in range(0, len(data) + _PIECE, _PIECE):
                    piece = data[at : at + _PIECE]
                    found = finder.feed(piece) if len(piece) else finder.finish()
                    for frame in found.rows:
                        link.sendto(frame.tobytes(), ("127.0.0.1", frame_port))
                        sent += 1
                        time.sleep(1 / frames_per_s)
            console.print(f"{sent:,} frames given to it.")
        server.wait()
