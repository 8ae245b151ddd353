"""How much of a board does the flight software take: of its flash, and of its memory?"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from fsw import missions
from gse.deploy import image
from gse.deploy.boards import BOARDS
from gse.deploy.build import build
from gse.targets import micropython

_SCRIPT = Path(__file__).with_name("core_memory.py")


def run(console: Console) -> None:
    """Prints two tables."""
    flash = Table(title="Files on a board", box=box.SIMPLE_HEAD)
    flash.add_column("board")
    for column in ("files", "octets", "octets of UF2", "of its file system"):
        flash.add_column(column, justify="right")
    for board in BOARDS.values():
        files = build(board, missions.NAMES[0])
        storage = image.file_system(board, files)
        uf2 = image.uf2(board, storage)
        flash.add_row(
            board.title,
            f"{len(files)}",
            f"{sum(map(len, files.values())):,}",
            f"{len(uf2):,}",
            f"{len(uf2) / 2 / board.storage_octets:.0%}",  # half of a UF2 block is data
        )
    console.print(flash)
    memory = Table(title="Heap after start, compiled modules included", box=box.SIMPLE_HEAD)
    memory.add_column("mission")
    for column in ("octets on 64 bits; a word of a board has half", "with files to send down"):
        memory.add_column(column, justify="right")
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name)
        for path, contents in build(BOARDS["pico"], missions.NAMES[0]).items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_bytes(contents)
        (tree / _SCRIPT.name).write_bytes(_SCRIPT.read_bytes())
        for mission in missions.NAMES:
            memory.add_row(
                mission, f"{_heap(tree, mission):,}", f"{_heap(tree, mission, 'files'):,}"
            )
    console.print(memory)


def _heap(tree: Path, mission: str, *options: str) -> int:
    done = subprocess.run(
        [micropython(), _SCRIPT.name, mission, *options],
        cwd=tree,
        env=os.environ | {"MICROPYPATH": str(tree)},
        check=True,
        capture_output=True,
        text=True,
    )
    return int(done.stdout)
