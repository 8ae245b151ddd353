"""How do rows of packets become Parquet files by hour and packet, readable while they grow?

columns/PACKET/HOUR-RUN-NUMBER.parquet, HOUR the one in which the packets came (UTC). Files get
their names when they are whole, never change, and count once the index names them. Many small ones
of an hour become one. What a crash leaves is made again from the raw octets, so nothing is waited
for until a run is complete.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gse.archive.index import Index, Part
from gse.archive.tables import plain
from gse.arrow import numbers

DIRECTORY = "columns"
_HOUR_US = 3_600_000_000
_MOST_PARTS = 24  # small files of one packet and hour


class ColumnWriter:
    """Of one run. For one thread."""

    def __init__(self, directory: Path, index: Index, run: int) -> None:
        self._root = directory
        self._index = index
        self._run = run
        self._number = 0
        self._waiting: dict[tuple[str, str], list[pa.Table]] = defaultdict(list)
        self._parts: dict[tuple[str, str], list[Part]] = defaultdict(list)
        self._replaced: list[Part] = []

    def add(self, tables: Mapping[str, pa.Table]) -> None:
        """Rows in the order of sending, with received_utc; kept in memory until flush()."""
        for packet, table in tables.items():
            if len(table):
                run = numbers(np.full(len(table), self._run, np.int32))
                for hour, rows in _by_hour(table.add_column(0, "run", run)):
                    self._waiting[packet, hour].append(plain(rows))

    def flush(self) -> None:
        """Writes what was added. After OSError it is still to be written."""
        self._remove_replaced()
        made = [self._write(key, tables) for key, tables in self._waiting.items()]
        with self._index.transaction():
            for part in made:
                self._record(part)
        self._waiting.clear()
        for key, parts in list(self._parts.items()):
            if len(parts) >= _MOST_PARTS:
                self._merge(key)

    def finish(self) -> None:
        """Leaves one file a packet and hour, on the disk. Raises OSError."""
        self.flush()
        for key, parts in list(self._parts.items()):
            if len(parts) > 1:
                self._merge(key)
        self._remove_replaced()
        for (part,) in self._parts.values():
            _sync(self._root / part.path)

    def _write(self, key: tuple[str, str], tables: Iterable[pa.Table]) -> Part:
        packet, hour = key
        self._number += 1
        name = f"{hour}-{self._run:04}-{self._number:08}.parquet"
        path = self._root / DIRECTORY / packet / name
        path.parent.mkdir(parents=True, exist_ok=True)
        table = pa.concat_tables(tables)
        partial = path.with_suffix(".partial")
        try:
            pq.write_table(table, partial)
            partial.replace(path)
        except OSError:
            partial.unlink(missing_ok=True)
            raise
        return Part(self._run, packet, hour, str(path.relative_to(self._root)), len(table))

    def _record(self, part: Part) -> None:
        row = {"run": part.run, "packet": part.packet, "hour": part.hour}
        self._index.insert("parts", {**row, "path": part.path, "rows": part.rows})
        self._parts[part.packet, part.hour].append(part)

    def _merge(self, key: tuple[str, str]) -> None:
        parts = self._parts[key]
        whole = self._write(key, [pq.read_table(self._root / part.path) for part in parts])
        with self._index.transaction():
            for part in parts:
                self._index.run("DELETE FROM parts WHERE path = ?", (part.path,))
            self._parts[key] = []
            self._record(whole)
        self._replaced += parts

    def _remove_replaced(self) -> None:
        # Not at once: somebody may have read in the index that they are to be read.
        for part in self._replaced:
            (self._root / part.path).unlink(missing_ok=True)
        self._replaced.clear()


def remove_unknown(directory: Path, index: Index) -> None:
    """Removes files that the index does not name: what a crash left."""
    known = {directory / part.path for part in index.parts()}
    for path in (directory / DIRECTORY).glob("*/*"):
        if path not in known:
            path.unlink()


def _by_hour(table: pa.Table) -> Iterable[tuple[str, pa.Table]]:
    utc_us = table["received_utc"].cast(pa.int64()).to_numpy()
    hours = utc_us // _HOUR_US
    for hour in np.unique(hours).tolist():
        name = np.datetime_as_string(np.datetime64(hour, "h"), unit="h")
        rows = (
            table
            if len(np.unique(hours)) == 1
            else table.take(numbers(np.flatnonzero(hours == hour)))
        )
        yield str(name), rows


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
