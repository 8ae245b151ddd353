"""edlcam yamcs: a Yamcs server for a mission, configured and started."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import click
from rich.markup import escape

from fsw import missions
from gse import identity
from gse.commands.decode import read
from gse.commands.options import coding_option
from gse.commands.output import Output
from gse.decode import octets_of
from gse.dictionary import load
from gse.link.coding import FrameFinder, coding_of
from gse.link.crc import Octets
from gse.link.protection import Coding
from gse.yamcs import configuration
from gse.yamcs.configuration import Ports
from gse.yamcs.server import Server

_LOOPBACK = "127.0.0.1"
_port = click.IntRange(1, 65535)


@click.command("yamcs")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Its directory.")
@click.option(
    "--mission",
    type=click.Choice(missions.NAMES),
    help=f"By default the one that the capture fed names, else {missions.NAMES[0]}.",
)
@click.option("--start", is_flag=True, help="Start the server; Ctrl-C ends it. Needs Java 17.")
@click.option(
    "--feed",
    type=click.Path(path_type=Path),
    help="With --start: a capture of the downlink whose frames the server is given.",
)
@coding_option
@click.option("--frames-per-s", type=click.IntRange(1), default=200, show_default=True)
@click.option("--http-port", type=_port, default=configuration.HTTP_PORT, show_default=True)
@click.option("--frame-port", type=_port, default=configuration.FRAME_PORT, show_default=True)
@click.option("--command-port", type=_port, default=configuration.COMMAND_PORT, show_default=True)
def command(
    out: Path,
    mission: str | None,
    start: bool,
    feed: Path | None,
    coding: Coding | None,
    frames_per_s: int,
    http_port: int,
    frame_port: int,
    command_port: int,
) -> None:
    """Write the configuration of a Yamcs server for a mission: dictionary, links, archives.

    The server takes transfer frames without their sync marker, one a datagram, and gives
    telecommand packets, one a datagram. They are as long as the mission's, as those of the capture
    fed, or as --coding and --interleave say.

    Exit code 0: written, or the server ended; 2: it could not be written or started, it failed, or
    the capture is of another dictionary; 130: Ctrl-C.
    """
    if feed is not None and not start:
        raise click.UsageError("--feed gives frames to the server that --start starts: add --start")
    ports = Ports(http_port, frame_port, command_port)
    data = None if feed is None else octets_of(read(feed))
    if data is None:
        dictionary = load(mission or missions.NAMES[0])
        coding = coding or dictionary.coding
    else:
        coding = coding or coding_of(data)
        dictionary = identity.known(data, coding, load(mission) if mission else None)
    files = configuration.write(dictionary, out, ports, coding)
    console = Output()
    console.print(f"{len(files)} files in {escape(str(out))}", soft_wrap=True)
    if not start:
        return
    console.print("Yamcs starts: this takes 10 to 30 s.")
    with Server(out, dictionary.mission, http_port) as server:
        log = escape(str(server.log))
        console.print(f"Yamcs is up: http://{_LOOPBACK}:{http_port}; log in {log}", soft_wrap=True)
        if data is not None:
            sent = _feed(data, coding, frame_port, frames_per_s)
            console.print(f"{sent:,} frames given to it.")
        server.wait()


def _feed(data: Octets, coding: Coding, port: int, frames_per_s: int) -> int:
    """Sends the frames of a capture, one a datagram, without their markers; how many."""
    finder, sent = FrameFinder(coding), 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        for batch in (finder.feed(data), finder.finish()):
            for frame in batch.rows:
                link.sendto(frame.tobytes(), (_LOOPBACK, port))
                sent += 1
                time.sleep(1 / frames_per_s)
    return sent
