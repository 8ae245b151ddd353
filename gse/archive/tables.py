"""How does a decoded capture stay on disk, whole or not at all?

One file a packet type, events and link.json. Every file is written under a temporary name, and
takes its own only when all are complete, link.json last: an interrupted run or a full disk leaves
what was there before.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Protocol, Self

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from gse.decode import Decoded
from gse.errors import UserError
from gse.link.report import LinkReport

_PARTIAL = ".partial"
_ROWS = 1 << 15  # of a table that are written at a time


class TableFile(Protocol):
    """A file that is written table after table, all of one schema."""

    def write(self, table: pa.Table) -> None: ...
    def close(self) -> None: ...


class Tables:
    """The files of a capture that is decoded piece by piece. As a context, it removes what is not
    finished when it is left."""

    def __init__(self, directory: Path, file_format: str) -> None:
        self._directory = directory
        self._format = file_format
        self._files: dict[Path, TableFile] = {}
        self._waiting: dict[Path, list[pa.Table]] = {}
        self._partial: list[Path] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            with contextlib.suppress(OSError):  # what a full disk could not take is removed
                file.close()
        _remove(self._partial)

    def add(self, decoded: Decoded) -> None:
        """Writes the tables of the next piece. Raises UserError when it cannot be written."""
        with self._sentence():
            self._directory.mkdir(parents=True, exist_ok=True)
            for name, table in {**decoded.tables, "events": decoded.events}.items():
                waiting = self._waiting.setdefault(self._path(name), [])
                waiting.append(table)
                if sum(map(len, waiting)) >= _ROWS:
                    self._write(self._path(name))

    def finish(self, report: LinkReport) -> list[Path]:
        """Writes link.json, waits for the disk and gives all files their names; their paths. At
        least one piece was added. Raises UserError when it cannot be written."""
        with self._sentence():
            paths = [*self._waiting, self._directory / "link.json"]
            for path in self._waiting:
                self._write(path)
            for file in self._files.values():
                file.close()
            self._files = {}
            link = _partial(paths[-1])
            self._partial.append(link)
            link.write_text(report_json(report), encoding="utf-8")
            for path in paths:
                _flush(_partial(path))
            for path in paths:
                _partial(path).replace(path)
        return paths

    def _path(self, name: str) -> Path:
        return self._directory / f"{name}.{self._format}"

    def _write(self, path: Path) -> None:
        table = pa.concat_tables(self._waiting[path])
        self._waiting[path] = []
        if path not in self._files:
            self._partial.append(_partial(path))
            self._files[path] = FORMATS[self._format](_partial(path), table.schema)
        elif not len(table):
            return
        self._files[path].write(table)

    @contextlib.contextmanager
    def _sentence(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise UserError(
                f"cannot write the tables to {self._directory}: {error.strerror or error}; free "
                "some space or name another directory with --out"
            ) from error


def write(decoded: Decoded, directory: Path, file_format: str) -> list[Path]:
    """Writes NAME.parquet, .csv or .jsonl of every packet type, events and link.json; their paths.

    Packet types of which none came are written empty, so that no table of an earlier run is taken
    for one of this. Raises UserError when it cannot be written.
    """
    with Tables(directory, file_format) as files:
        files.add(decoded)
        return files.finish(decoded.report)


def _partial(path: Path) -> Path:
    return path.with_name(path.name + _PARTIAL)


def report_json(report: LinkReport) -> str:
    """The report as JSON text: counters, then every located anomaly."""
    return json.dumps(asdict(report), indent=2) + "\n"


def _remove(paths: list[Path]) -> None:
    """Removes what is left of them; the directory itself may be what failed."""
    for path in paths:
        if os.access(path, os.F_OK):
            path.unlink()


def _flush(path: Path) -> None:
    """Waits until a file is on the disk: a name given earlier could outlive its contents."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


class _Parquet:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(path, schema)

    def write(self, table: pa.Table) -> None:
        self._writer.write_table(table)

    def close(self) -> None:
        try:
            self._writer.close()
        finally:
            self._writer.is_open = False  # or it would try again when it is forgotten, and tell


class _Csv:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._writer = pa_csv.CSVWriter(path, _plain_schema(schema))

    def write(self, table: pa.Table) -> None:
        self._writer.write(plain(table))

    def close(self) -> None:
        self._writer.close()


class _JsonLines:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._file = path.open("w", encoding="utf-8")

    def write(self, table: pa.Table) -> None:
        for batch in plain(table).to_batches(max_chunksize=_ROWS):
            for row in batch.to_pylist():
                self._file.write(json.dumps(row) + "\n")

    def close(self) -> None:
        self._file.close()


def plain(table: pa.Table) -> pa.Table:
    """The table with dictionary-encoded texts as texts."""
    return table.cast(_plain_schema(table.schema))


def _plain_schema(schema: pa.Schema) -> pa.Schema:
    return pa.schema(
        (f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in schema
    )


FORMATS: dict[str, Callable[[Path, pa.Schema], TableFile]] = {
    "parquet": _Parquet,
    "csv": _Csv,
    "jsonl": _JsonLines,
}
