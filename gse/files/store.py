"""How do received files stay on disk, and what is written of one that is not whole?

A whole file has its own name. One that is not has .incomplete behind it, with zeros where octets
are missing; files.json says which those are. Of several transfers of one name, the last whole one
has the name, the others have the number of their transfer in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fsw.dictionary.channels import ENUMS
from gse.errors import UserError
from gse.files.received import ReceivedFile

REPORT = "files.json"
INCOMPLETE = ".incomplete"
_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")  # of a name that is written as it is
_CONDITIONS = ENUMS["FILE_CONDITION"]


def write(files: Iterable[ReceivedFile], directory: Path, *, keep: bool = False) -> list[Path]:
    """Writes every file, and files.json; their paths. What an earlier files.json names is removed
    first, or with keep stays in it, unless it has the name of one of these.

    Raises UserError when something cannot be written.
    """
    files = list(files)
    names = _names(files)
    report = [describe(file) | {"written": name} for file, name in zip(files, names, strict=True)]
    try:
        directory.mkdir(parents=True, exist_ok=True)
        earlier = _earlier(directory)
        if keep:
            report = [row for row in earlier if row["written"] not in names] + report
        else:
            for row in earlier:
                (directory / row["written"]).unlink(missing_ok=True)
        for file, name in zip(files, names, strict=True):
            save(directory / name, bytes(file.data))
        save(directory / REPORT, (json.dumps(report, indent=2) + "\n").encode())
    except OSError as error:
        raise UserError(
            f"cannot write files to {directory}: {error.strerror or error}; free some space or "
            "name another directory with --out"
        ) from error
    return [directory / name for name in names]


def save(path: Path, octets: bytes) -> None:
    """Writes a file whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_bytes(octets)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def local_name(file: ReceivedFile) -> str:
    """The name that a file gets on disk: its own, where it is one without a path."""
    if file.name and _PLAIN.fullmatch(file.name):
        return file.name
    return f"transfer{file.transaction}"


def describe(file: ReceivedFile) -> dict[str, Any]:
    """What files.json says of a file."""
    return {
        "name": file.name,
        "transfer": file.transaction,
        "class": 2 if file.acknowledged else 1,
        "octets": file.size,
        "complete": file.complete,
        "missing": [list(gap) for gap in file.missing],
        "checksum": "wrong" if file.damaged else "right" if file.complete else "not known",
        "ended": _CONDITIONS[file.condition],
    }


def sentence(file: ReceivedFile) -> str:
    """How a transfer stands, in a few words."""
    if file.complete:
        return f"whole, {file.size:,} octets"
    if file.condition:
        return f"cancelled ({_CONDITIONS[file.condition]}), {len(file.data):,} octets so far"
    if file.damaged:
        return f"all {file.size:,} octets, but its checksum is wrong"
    size = f"of {file.size:,}" if file.size is not None else "of an unknown number of"
    gaps = file.missing
    lost = sum(end - start for start, end in gaps)
    if not lost and file.size == len(file.data):
        return f"all {file.size:,} octets, but not its end: nothing vouches for them"
    shown = ", ".join(f"{start}-{end - 1}" for start, end in gaps[:4])
    more = f" and {len(gaps) - 4} more ranges" if len(gaps) > 4 else ""
    where = f": {shown}{more}" if shown else ""
    return f"incomplete, {lost:,} {size} octets missing{where}"


def _names(files: list[ReceivedFile]) -> list[str]:
    own = [local_name(file) for file in files]
    # The last whole one of each name.
    whole = {name: i for i, name in enumerate(own) if files[i].complete}
    names = []
    for i, (file, name) in enumerate(zip(files, own, strict=True)):
        if whole.get(name) != i and own.count(name) > 1:
            path = Path(name)
            name = f"{path.stem}.{file.transaction}-{i}{path.suffix}"  # noqa: PLW2901
        names.append(name if file.complete else name + INCOMPLETE)
    return names


def _earlier(directory: Path) -> list[dict[str, Any]]:
    """Rows of the files.json that a run before has left; none where it is not one."""
    try:
        rows = json.loads((directory / REPORT).read_text(encoding="utf-8"))
        return [row for row in rows if Path(row["written"]).name == row["written"]]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return []
