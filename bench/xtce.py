"""How fast are packets of another mission decoded, and in how much memory? By the size of a file.

python -m bench.xtce --sizes 10 100 1000 prints it for files of so many MB.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from bench import variable
from bench.process import most_memory_mb
from gse.commands.decode import read
from gse.commands.decode_xtce import decode_by
from gse.xtce.files import FRAMES, PACKETS, Source

SIZES_MB = (10, 100)
_NONE = "none"
_WORK = (
    (PACKETS, _NONE), (PACKETS, "parquet"), (FRAMES, "parquet"), (PACKETS, "csv"),
    (PACKETS, "jsonl"),
)  # fmt: skip


def run(console: Console, sizes_mb: tuple[int, ...] = SIZES_MB) -> None:
    """Prints the table."""
    table = Table(title="Packets of variable length, by an XTCE document", box=box.SIMPLE_HEAD)
    table.add_column("from", no_wrap=True)
    table.add_column("tables", no_wrap=True)
    for column in ("file", "MB/s", "most memory"):
        table.add_column(column, justify="right", no_wrap=True)
    for framing, form in _WORK:
        for size in sizes_mb:
            seconds, most_mb = measure(size * 1_000_000, framing, form)
            rate = f"{size / seconds:,.0f}"
            table.add_row(framing, form, f"{size:,} MB", rate, f"{most_mb:,.0f} MB")
    console.print(table)


def measure(octets: int, framing: str, form: str) -> tuple[float, float]:
    """Seconds, and most MB of memory, to decode a file of so many octets; in a process of its own,
    whose memory is its own."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "mission.xml").write_bytes(variable.xtce())
        variable.write(directory / "first.bin", 1_000_000, framing)
        variable.write(directory / "file.bin", octets, framing)
        command = [sys.executable, "-m", "bench.xtce", "--decode", framing, form, name]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, most_mb = map(float, done.stdout.splitlines()[-1].split())
    return seconds, most_mb


def _decode(framing: str, form: str, directory: Path) -> None:
    """Prints seconds and most MB of memory; a first small file pays for compiling."""
    _decode_file(directory / "first.bin", framing, form)
    start = time.perf_counter()
    _decode_file(directory / "file.bin", framing, form)
    print(time.perf_counter() - start, most_memory_mb())


def _decode_file(path: Path, framing: str, form: str) -> None:
    xtce, out = path.with_name("mission.xml"), path.with_name("tables")
    made = (None, "parquet") if form == _NONE else (out, form)
    if decode_by(xtce, None, path, Source(read(path), framing), *made):
        raise RuntimeError(f"{path} was not decoded")


def main() -> None:
    if sys.argv[1:2] == ["--decode"]:
        _decode(sys.argv[2], sys.argv[3], Path(sys.argv[4]))
    else:
        run(Console(), tuple(map(int, sys.argv[2:])) or SIZES_MB)


if __name__ == "__main__":
    main()
