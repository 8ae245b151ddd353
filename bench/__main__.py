"""make bench: flies one descent, then measures flight core and decoder on it, in one run."""

from __future__ import annotations

import platform
import tempfile
from contextlib import closing
from pathlib import Path

from rich.console import Console

from bench import board, coding, decode, emulated, flight, xtce
from gse.commands.options import progress_bar
from gse.fly import fly
from gse.targets import InProcess

SEED = 1


def main() -> None:
    console = Console()
    console.print(f"edlcam bench: Python {platform.python_version()}, {platform.machine()}")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with closing(InProcess()) as target, progress_bar(console) as progress:
            fly("mars2020", SEED, target, directory, progress)
        board.run(console)
        emulated.run(console)
        flight.run(directory / "sensors.bin", console)
        decode.run(console)
        xtce.run(console)
        coding.run(console)


if __name__ == "__main__":
    main()
