"""Where are the rows that a browser asks for? In the archive, and until they are there, in memory.

Rows of the run that is received now are numbered from 0 for each packet. What the archive holds of
them is forgotten here, so memory stays bounded; who has fallen behind goes on from the archive.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from gse.archive import raw
from gse.archive.index import Index, Part
from gse.archive.tables import plain
from gse.decode import Decoded
from gse.dictionary import Dictionary, load
from gse.errors import UserError

_KEPT_ROWS = 2000  # of each packet, though archived: who is nearly up to date needs no file


@dataclass(slots=True)
class _Tail:
    """The last rows of a packet. first: number of the first of them; rows: of all so far."""

    first: int = 0
    rows: int = 0
    tables: list[pa.Table] = field(default_factory=list)

    def add(self, table: pa.Table) -> None:
        self.tables.append(table)
        self.rows += len(table)

    def skip(self, rows: int) -> None:
        """Rows that are not here, nor those before them any more: numbers have no gap."""
        self.rows += rows
        self.first = self.rows
        self.tables.clear()

    def since(self, number: int) -> list[pa.Table]:
        """Rows from that number on, which is not before the first."""
        found, at = [], self.first
        for table in self.tables:
            if at + len(table) > number:
                found.append(table.slice(max(number - at, 0)))
            at += len(table)
        return found

    def forget(self, archived: int) -> None:
        """Rows before that number, as far as they are not among the last."""
        until = min(archived, self.rows - _KEPT_ROWS)
        while self.tables and self.first + len(self.tables[0]) <= until:
            self.first += len(self.tables.pop(0))


class Store:
    """Rows of an archive, and of the session that writes to it if there is one. For any thread."""

    def __init__(self, directory: Path, dictionary: Dictionary | None = None) -> None:
        """dictionary: None for that of the archive. Raises UserError when it is no archive."""
        self._directory = directory
        self._index = Index(directory)
        self._dictionary = dictionary
        self._tails: dict[str, _Tail] = {}
        self._lock = threading.Lock()
        self.run = raw.last_number(directory / "raw")  # whose rows are numbered

    def close(self) -> None:
        self._index.close()

    @property
    def dictionary(self) -> Dictionary | None:
        """None until it is known. Raises UserError when it is not that of this version."""
        if self._dictionary is None and (about := self._index.about("dictionary")):
            mission, _, fingerprint = about.partition(" ")
            dictionary = load(mission)
            if f"{dictionary.fingerprint:08X}" != fingerprint:
                raise UserError(
                    f"the archive {self._directory} was written with dictionary {fingerprint}, and "
                    f"this edlcam has {dictionary.fingerprint:08X}: use the version that wrote it"
                )
            self._dictionary = dictionary
        return self._dictionary

    def add(self, decoded: Decoded) -> None:
        """The next batch of the session. Where this fails, its rows are not in memory; they come
        from the archive once they are there."""
        rows = {name: table for name, table in decoded.tables.items() if len(table)}
        try:
            tables = {name: plain(table) for name, table in rows.items()}
        except Exception:
            with self._lock:
                for name, table in rows.items():
                    self._tails.setdefault(name, _Tail()).skip(len(table))
            raise
        with self._lock:
            self._dictionary = decoded.dictionary
            for name, table in tables.items():
                self._tails.setdefault(name, _Tail()).add(table)

    def forget_archived(self) -> None:
        """Frees what the archive holds by now."""
        archived = self._archived()
        with self._lock:
            for name, tail in self._tails.items():
                tail.forget(archived.get(name, 0))

    def counts(self) -> dict[str, int]:
        """Rows of the run so far, by packet."""
        counts = self._archived()
        with self._lock:
            for name, tail in self._tails.items():
                counts[name] = max(counts.get(name, 0), tail.rows)
        return counts

    def since(self, cursor: Mapping[str, int], most: int) -> dict[str, pa.Table]:
        """Rows of the run from those numbers on, of every packet that has any; at most so many
        together."""
        found: dict[str, pa.Table] = {}
        for name, rows in self.counts().items():
            start = cursor.get(name, 0)
            if rows > start and most > 0 and (tables := self._rows(name, start, most)):
                joined = pa.concat_tables(tables, promote_options="permissive")
                found[name] = joined.slice(0, most)
                most -= len(found[name])
        return found

    def history(
        self, packet: str, columns: Sequence[str], domain: str, start_ms: float, end_ms: float
    ) -> pa.Table:
        """Rows of every run between two times of a domain, "ei" or "utc", those at the ends
        included. Raises KeyError for a column that the packet has not."""
        chosen = _between(domain, start_ms, end_ms)
        with self._lock:
            tail = self._tails.get(packet, _Tail())
            first, kept = tail.first, list(tail.tables)
        tables, in_archive = [], 0
        for part, table in self._read(packet, columns, chosen):
            tables.append(table)
            if part.run == self.run:
                in_archive += part.rows
        at = first
        for table in kept:
            if at + len(table) > in_archive:
                fresh = table.slice(max(in_archive - at, 0)).select(list(columns))
                tables.append(fresh.filter(chosen))
            at += len(table)
        if not tables:
            return pa.table({name: pa.array([]) for name in columns})
        return pa.concat_tables(tables, promote_options="permissive")

    def extent(self, domain: str) -> tuple[float, float] | None:
        """First and last time of all rows, milliseconds."""
        column = _COLUMNS[domain]
        lows, highs = [], []
        for packet in {part.packet for part in self._index.parts()} | set(self._tails):
            if packet == "EVR":
                continue  # reports may be older than what is received
            found = pc.min_max(_in_ms(self.history(packet, [column], domain, -1e18, 1e18), column))
            if found["min"].is_valid:
                lows.append(found["min"].as_py())
                highs.append(found["max"].as_py())
        return (min(lows), max(highs)) if lows else None

    def _archived(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for part in self._index.parts(self.run):
            counts[part.packet] = counts.get(part.packet, 0) + part.rows
        return counts

    def _rows(self, packet: str, start: int, most: int) -> list[pa.Table]:
        """So many or some more; none where they were skipped and are not archived yet."""
        with self._lock:
            tail = self._tails.get(packet)
            if tail and start >= tail.first:
                return tail.since(start)
        found, at = [], 0
        for part, table in self._read(packet, None, None, self.run):
            if at + part.rows > start:
                found.append(table.slice(max(start - at, 0)))
            at += part.rows
            if sum(map(len, found)) >= most:
                break
        return found

    def _read(
        self, packet: str, columns: Sequence[str] | None, chosen: Any, run: int | None = None
    ) -> Iterator[tuple[Part, pa.Table]]:
        """Of each file of a packet, in order, the rows that are chosen."""
        parts = [part for part in self._index.parts(run) if part.packet == packet]
        for part in sorted(parts, key=lambda p: (p.run, p.hour, p.path)):
            file = ds.dataset(self._directory / part.path)
            names = None if columns is None else [c for c in columns if c in file.schema.names]
            yield part, file.to_table(columns=names, filter=chosen)


_COLUMNS = {"ei": "time_from_ei_s", "utc": "received_utc"}


def _between(domain: str, start_ms: float, end_ms: float) -> Any:
    field_ = pc.field(_COLUMNS[domain])
    if domain == "ei":
        return (field_ >= start_ms / 1000) & (field_ <= end_ms / 1000)
    least, most = -(1 << 62), 1 << 62
    low, high = (
        pa.scalar(int(min(max(ms * 1000, least), most)), pa.int64()).cast(pa.timestamp("us"))
        for ms in (start_ms, end_ms)
    )
    return (field_ >= low) & (field_ <= high)


def _in_ms(table: pa.Table, column: str) -> Any:
    if column == "time_from_ei_s":
        return pc.multiply(table[column], 1000.0)
    return pc.divide(table[column].cast(pa.int64()), 1000.0)
