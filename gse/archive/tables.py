"""How does a decoded capture stay on disk, whole or not at all?

One file a packet type, events and a report that names them: link.json, or packets.json of what an
XTCE document of another mission describes. Every file is written under a temporary name, and takes
its own only when all are complete, the report last: an interrupted run or a full disk leaves what
was there before. What a report does not name is not read.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol, Self

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from gse.decode import Decoded
from gse.dictionary import Dictionary
from gse.errors import UserError
from gse.link.report import LinkReport

_PARTIAL = ".partial"
LINK, PACKETS = _REPORTS = ("link.json", "packets.json")
_ROWS = 1 << 15  # of a table that are written at a time, or fewer where these are large:
_OCTETS = 64 << 20  # of tables that wait to be written
_LINES = 1 << 12  # of a text file that are made at a time


class TableFile(Protocol):
    """A file that is written table after table, all of one schema."""

    def write(self, table: pa.Table) -> None: ...
    def close(self) -> None: ...


Opener = Callable[[Path, pa.Schema], TableFile]
Report = tuple[str, Mapping[str, Any]]  # name of the file, one of _REPORTS, and what it says


class WholeFile:
    """A file that is written at once, by a function that takes the table and the path."""

    def __init__(self, path: Path, write: Callable[[pa.Table, Path], None]) -> None:
        self._path = path
        self._write = write

    def write(self, table: pa.Table) -> None:
        self._write(table, self._path)

    def close(self) -> None:
        """Nothing is open."""


def name_of(partial: Path) -> str:
    """The name of the table in a file that is being written."""
    return partial.name.removesuffix(_PARTIAL).rpartition(".")[0]


class Tables:
    """The files of a capture that is decoded piece by piece. As a context, it removes what is not
    finished when it is left."""

    def __init__(self, directory: Path, file_format: str, opened: Opener | None = None) -> None:
        """file_format: one of FORMATS; with opened, which opens a file, just its extension."""
        self._directory = directory
        self._format = file_format
        self._opened = opened or FORMATS[file_format]
        self._files: dict[Path, TableFile] = {}
        self._waiting: dict[Path, list[pa.Table]] = {}
        self._octets: dict[Path, int] = {}  # that wait
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
        self.add_tables({**decoded.tables, "events": decoded.events})

    def add_tables(self, tables: Mapping[str, pa.Table]) -> None:
        """The same of tables by name."""
        with self._sentence():
            self._directory.mkdir(parents=True, exist_ok=True)
            for name, table in tables.items():
                path = self._path(name)
                waiting = self._waiting.setdefault(path, [])
                waiting.append(table)
                self._octets[path] = self._octets.get(path, 0) + table.nbytes
                if sum(map(len, waiting)) >= _ROWS:
                    self._write(path)
            while sum(self._octets.values()) > _OCTETS:
                self._write(max(self._octets, key=lambda path: self._octets[path]))

    def keep(self, names: Iterable[str]) -> None:
        """Of all tables so far, only these come to stay, and the report names them so in turn.

        Raises UserError when it cannot be written.
        """
        kept = [self._path(name) for name in names]
        with self._sentence():
            for path in self._waiting.keys() - set(kept):
                if path in self._files:
                    self._files.pop(path).close()
        self._waiting = {path: self._waiting[path] for path in kept}

    def finish(self, report: Report | None) -> list[Path]:
        """Writes the report last; waits for the disk and gives all files their names; their paths.

        What an earlier report there names, and the same tables in other formats, are removed.
        Raises UserError when it cannot be written.
        """
        with self._sentence():
            paths = list(self._waiting)
            for path in self._waiting:
                self._write(path)
            for file in self._files.values():
                file.close()
            self._files = {}
            if report is not None:
                paths.append(self._write_report(*report))
            for path in paths:
                _flush(_partial(path))
            stale = set() if report is None else _stale(self._directory, paths)
            for path in paths:
                _partial(path).replace(path)
            _remove(sorted(stale))
        return paths

    def _write_report(self, name: str, said: Mapping[str, Any]) -> Path:
        path = self._directory / name
        self._partial.append(_partial(path))
        whole = {"files": [p.name for p in self._waiting], **said}
        _partial(path).write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
        return path

    def _path(self, name: str) -> Path:
        return self._directory / f"{name}.{self._format}"

    def _write(self, path: Path) -> None:
        if not self._waiting[path]:
            return
        table = pa.concat_tables(self._waiting[path])
        self._waiting[path] = []
        self._octets[path] = 0
        if path not in self._files:
            self._partial.append(_partial(path))
            self._files[path] = self._opened(_partial(path), table.schema)
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
    tables = {**decoded.tables, "events": decoded.events}
    return write_tables(
        tables, named_report(decoded.report, decoded.dictionary), directory, file_format
    )


def write_tables(
    tables: Mapping[str, pa.Table],
    report: Report | None,
    directory: Path,
    file_format: str,
    opened: Opener | None = None,
) -> list[Path]:
    """Writes NAME.file_format of every table and last the report; their paths.

    opened: as of Tables. Raises UserError when it cannot be written.
    """
    with Tables(directory, file_format, opened) as files:
        files.add_tables(tables)
        return files.finish(report)


def _partial(path: Path) -> Path:
    return path.with_name(path.name + _PARTIAL)


def named_report(report: LinkReport, dictionary: Dictionary) -> Report:
    """link.json: mission, counters, then every located anomaly."""
    return LINK, {"mission": dictionary.identity, **asdict(report)}


def is_decoded(directory: Path) -> bool:
    """Whether the tables of a capture of ours are there, whole."""
    return (directory / LINK).exists()


def reported(directory: Path) -> dict[str, Any] | None:
    """What the report in a directory says; None: there is none. "files": names of the tables that
    it is about. Raises UserError when it is damaged, or does not name them."""
    for path in (directory / name for name in _REPORTS):
        if path.exists():
            try:
                said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
                names = said["files"]
            except (ValueError, KeyError, TypeError) as error:
                raise UserError(
                    f"{path} does not name the tables that it is about: decode the capture again"
                ) from error
            if isinstance(names, list) and all(_is_name(name) for name in names):
                return said
            raise UserError(f"{path} is damaged: decode the capture again")
    return None


def files_in(directory: Path) -> dict[str, Path]:
    """The files of tables that the report in a directory is about, by the name of the table."""
    said = reported(directory) or {"files": []}
    paths = [directory / name for name in said["files"]]
    return {path.stem: path for path in paths if path.exists()}


def _is_name(name: object) -> bool:
    """Whether it is that of a file of tables, and in no other directory."""
    return isinstance(name, str) and Path(name).name == name and Path(name).suffix[1:] in FORMATS


def _stale(directory: Path, paths: list[Path]) -> set[Path]:
    """What would be taken for a part of what was written."""
    found = {path.with_suffix(f".{form}") for path in paths[:-1] for form in FORMATS}
    found |= {directory / name for name in _REPORTS}
    with contextlib.suppress(UserError):  # of a report that is damaged: nobody reads by it
        found |= set(files_in(directory).values())
    return found - set(paths)


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
        self._writer = pa_csv.CSVWriter(path, _flat(schema.empty_table()).schema)

    def write(self, table: pa.Table) -> None:
        for part in _parts(table):
            self._writer.write(_flat(part))

    def close(self) -> None:
        self._writer.close()


def as_json(value: Any, indent: int | None = None) -> str:
    """JSON of rows: null for a number that it has none for, such as NaN; times as texts."""
    try:
        return json.dumps(value, default=_as_text, allow_nan=False, indent=indent)
    except ValueError:
        return json.dumps(_finite(value), default=_as_text, indent=indent)


def _as_text(value: Any) -> str:
    """What has no form in JSON: times and decimals."""
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list) else value


def with_texts_of_times(table: pa.Table) -> pa.Table:
    """The table with ISO 8601 texts for times of day and date, also beyond the year 9999, which
    Python has none for."""
    for i, field in enumerate(table.schema):
        kind = _text_of_times(field.type)
        if kind != field.type:
            table = table.set_column(i, field.with_type(kind), table.column(i).cast(kind))
    return table


def _text_of_times(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return pa.string()
    if pa.types.is_list(kind):
        return pa.list_(_text_of_times(kind.value_type))
    if pa.types.is_large_list(kind):
        return pa.large_list(_text_of_times(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([inner.with_type(_text_of_times(inner.type)) for inner in kind])
    return kind


class _JsonLines:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._file = path.open("w", encoding="utf-8")

    def write(self, table: pa.Table) -> None:
        for part in _parts(table):
            for row in with_texts_of_times(plain(part)).to_pylist():
                self._file.write(as_json(row) + "\n")

    def close(self) -> None:
        self._file.close()


def _parts(table: pa.Table) -> Iterator[pa.Table]:
    """The rows of a table, some at a time: as texts they take many times as much memory."""
    for at in range(0, len(table), _LINES):
        yield table.slice(at, _LINES)


def plain(table: pa.Table) -> pa.Table:
    """The table with dictionary-encoded texts as texts, and octets in hexadecimal digits."""
    columns = [_plain_column(column) for column in table.columns]
    fields = [field.with_type(c.type) for field, c in zip(table.schema, columns, strict=True)]
    return pa.table(columns, schema=pa.schema(fields))


def _plain_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return column.cast(kind.value_type)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        texts = [None if v is None else v.hex() for v in column.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.string())])
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        element = kind.value_type
        if pa.types.is_binary(element) or pa.types.is_large_binary(element):
            lists = [None if v is None else [i.hex() for i in v] for v in column.to_pylist()]
            return pa.chunked_array([pa.array(lists, pa.large_list(pa.string()))])
    return column


def _flat(table: pa.Table) -> pa.Table:
    """The table with lists as JSON texts: CSV has none."""
    table = plain(table)
    for i, field in enumerate(table.schema):
        if pa.types.is_list(field.type) or pa.types.is_large_list(field.type):
            lists = with_texts_of_times(table.select([i])).column(0).to_pylist()
            texts = [None if v is None else as_json(v) for v in lists]
            table = table.set_column(i, field.name, pa.array(texts, pa.string()))
    return table


FORMATS: dict[str, Opener] = {
    "parquet": _Parquet,
    "csv": _Csv,
    "jsonl": _JsonLines,
}
