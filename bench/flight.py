"""How many minor frames a second does the flight core fly, on each interpreter?"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

import boards
from gse.targets import micropython

REPEATS = 3
MINOR_FRAMES_PER_SECOND = 64
_TREE = Path(boards.__file__).parent.parent
_LOOP = Path(__file__).with_name("core_loop.py")


@dataclass(frozen=True, slots=True)
class Rate:
    interpreter: str
    minor_frames: int
    per_second: float


def measure(recording: Path) -> list[Rate]:
    """Rates over a whole recording, the median of repeats that alternate between interpreters."""
    commands = {"CPython": Path(sys.executable), "MicroPython, 64-bit": micropython()}
    environment = os.environ | {"MICROPYPATH": str(_TREE), "PYTHONPATH": str(_TREE)}
    rates: dict[str, list[float]] = {name: [] for name in commands}
    frames = 0
    for _ in range(REPEATS):
        for name, interpreter in commands.items():
            done = subprocess.run(
                [interpreter, _LOOP, recording],
                env=environment,
                check=True,
                capture_output=True,
                text=True,
            )
            frames, spent_us = map(int, done.stdout.split())
            rates[name].append(frames / spent_us * 1e6)
    return [Rate(name, frames, statistics.median(values)) for name, values in rates.items()]


def run(recording: Path, console: Console) -> None:
    """Prints the table."""
    rates = measure(recording)
    table = Table(title="Flight core, whole descent", box=box.SIMPLE_HEAD)
    table.add_column("interpreter")
    for column in ("minor frames", "minor frames/s", "us a minor frame", "times real time"):
        table.add_column(column, justify="right")
    for rate in rates:
        table.add_row(
            rate.interpreter,
            f"{rate.minor_frames:,}",
            f"{rate.per_second:,.0f}",
            f"{1e6 / rate.per_second:.0f}",
            f"{rate.per_second / MINOR_FRAMES_PER_SECOND:.0f}",
        )
    console.print(table)
