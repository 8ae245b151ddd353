"""edlcam flash: puts the flight software on a board with MicroPython, and waits until it flies."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import click
import serial

from fsw import missions
from gse import keys
from gse.commands.options import progress_bar
from gse.commands.output import Output
from gse.deploy import flash
from gse.deploy import key as board_key
from gse.deploy.boards import BOARDS
from gse.deploy.build import build, left_out


@click.command("flash")
@click.option("--port", help="Serial port of the board; by default the one that is plugged in.")
@click.option("--board", type=click.Choice(list(BOARDS)), default="pico", show_default=True)
@click.option("--mission", type=click.Choice(missions.NAMES), default="droptest", show_default=True)
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path),
    help="Key file of edlcam keys new: from then on only who has it can command the board.",
)
def command(port: str | None, board: str, mission: str, key_file: Path | None) -> None:
    """Copy the flight software to a board, verify it there, restart it, wait for its telemetry.

    The board needs MicroPython: docs/flashing.md says how it gets it. Only files that differ are
    copied. Unplugged half-way, the board comes up with its prompt, and the same command goes on.
    A key stays on the board when it is flashed again without one.

    Exit code 0: it sends telemetry; 2: it could not be flashed, and why.
    """
    console = Output()
    chosen = BOARDS[board]
    port = port or flash.find_port()
    files = build(chosen, mission)
    key = keys.load(key_file) if key_file else None
    if sentence := left_out(mission):
        console.print(sentence, soft_wrap=True)
    with flash.prompt(port) as transport:
        free = flash.check(transport, chosen)
        if key:
            files = board_key.files(key, flash.survey(transport)) | files  # main.py stays last
        with progress_bar(console) as progress:
            copied, removed = flash.copy(transport, files, free, progress)
        size = sum(len(contents) for contents in files.values())
        console.print(
            f"{len(files)} files, {size:,} octets, verified on the {chosen.title}: "
            f"{copied} copied, {removed} removed.",
            soft_wrap=True,
        )
        begun = time.monotonic()
        flash.restart(transport)
        verdict = flash.first_frame(_Patient(transport.serial), mission)
        console.print(
            f"First transfer frame of {mission} after {time.monotonic() - begun:.1f} s; {verdict}.",
            soft_wrap=True,
        )


class _Patient:
    """A serial port that may come back: a board that restarts can drop off the bus for a moment."""

    def __init__(self, port: serial.Serial) -> None:
        self._port = port
        self._port.timeout = 0.5

    def read(self, count: int) -> bytes:
        try:
            return bytes(self._port.read(count))
        except serial.SerialException:
            time.sleep(0.5)
            self._reopen()
            return b""

    def _reopen(self) -> None:
        self._port.close()
        with suppress(serial.SerialException):  # not there yet: it is tried again
            self._port.open()
