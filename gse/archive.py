"""How does a decoded capture stay on disk, whole or not at all?

One file a packet type, events and link.json. Every file is written under a temporary name, and
takes its own only when all are complete, link.json last: an interrupted run or a full disk leaves
what was there before.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from gse.decode import Decoded
from gse.errors import UserError
from gse.link.report import LinkReport

_PARTIAL = ".partial"
_JSON_ROWS = 65536  # rows turned into text at a time


def write(decoded: Decoded, directory: Path, file_format: str) -> list[Path]:
    """Writes NAME.parquet, .csv or .jsonl of every packet type, events and link.json; their paths.

    Packet types of which none came are written empty, so that no table of an earlier run is taken
    for one of this. Raises UserError when it cannot be written.
    """
    tables = {**decoded.tables, "events": decoded.events}
    report = ("link.json", report_json(decoded.report))
    return write_tables(tables, report, directory, file_format, FORMATS[file_format])


def write_tables(
    tables: Mapping[str, pa.Table],
    report: tuple[str, str] | None,
    directory: Path,
    extension: str,
    writer: Callable[[pa.Table, Path], None],
) -> list[Path]:
    """Writes NAME.extension of every table and last the report, by name and text; their paths.

    Raises UserError when it cannot be written.
    """
    paths = [directory / f"{name}.{extension}" for name in tables]
    if report is not None:
        paths.append(directory / report[0])
    partial = [path.with_name(path.name + _PARTIAL) for path in paths]
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for table, path in zip(tables.values(), partial, strict=False):
            writer(table, path)
        if report is not None:
            partial[-1].write_text(report[1], encoding="utf-8")
        for path in partial:
            _flush(path)
        for path, final in zip(partial, paths, strict=True):
            path.replace(final)
    except OSError as error:
        raise UserError(
            f"cannot write the tables to {directory}: {error.strerror or error}; free some space "
            "or name another directory with --out"
        ) from error
    finally:
        _remove(partial)
    return paths


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


def _write_parquet(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path)


def _write_csv(table: pa.Table, path: Path) -> None:
    pa_csv.write_csv(_flat(table), path)


def _write_jsonl(table: pa.Table, path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        for batch in plain(table).to_batches(max_chunksize=_JSON_ROWS):
            for row in batch.to_pylist():
                file.write(json.dumps(row, default=str) + "\n")


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
            lists = table.column(i).to_pylist()
            texts = [None if v is None else json.dumps(v, default=str) for v in lists]
            table = table.set_column(i, field.name, pa.array(texts, pa.string()))
    return table


FORMATS: dict[str, Callable[[pa.Table, Path], None]] = {
    "parquet": _write_parquet,
    "csv": _write_csv,
    "jsonl": _write_jsonl,
}
