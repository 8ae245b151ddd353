"""edlcam image: the flight software as a file that is dragged onto a board."""

from __future__ import annotations

from pathlib import Path

import click

from fsw import missions
from gse.commands.output import Output
from gse.deploy import image
from gse.deploy.boards import BOARDS
from gse.deploy.build import build, left_out
from gse.errors import UserError


@click.command("image")
@click.option("--board", type=click.Choice(list(BOARDS)), default="pico", show_default=True)
@click.option("--mission", type=click.Choice(missions.NAMES), default="droptest", show_default=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("edlcam.uf2"),
    show_default=True,
)
def command(board: str, mission: str, output: Path) -> None:
    """Make a UF2 file of the board's whole file system, to be dropped on the drive it shows.

    For people without tools: install MicroPython by its UF2 first, then hold BOOTSEL while plugging
    the board in again and drop this one. All files that were on the board are replaced.

    Exit code 0: written; 2: it could not be made or written.
    """
    chosen = BOARDS[board]
    files = build(chosen, mission)
    contents = image.uf2(chosen, image.file_system(chosen, files))
    partial = output.with_name(output.name + ".partial")
    try:
        partial.write_bytes(contents)
        partial.rename(output)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UserError(
            f"cannot write {output}: {error.strerror or error}; free some space or name another "
            "file with -o"
        ) from error
    Output().print(
        f"{output}: {len(contents):,} octets, {len(files)} files for the {chosen.title}, "
        f"mission {mission}. It replaces every file on the board.",
        soft_wrap=True,
    )
    if sentence := left_out(mission):
        Output().print(sentence, soft_wrap=True)
