"""What happened, what was sent, what was out of limits, and where do the columns stand? SQLite.

Everything but commands and acknowledgements is derived from the raw octets and can be made again.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gse.errors import UserError
from gse.limits import Alarm

NAME = "index.sqlite"
_VERSION = 1
_BUSY_S = 10.0

_SCHEMA = """
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE runs (
    run INTEGER PRIMARY KEY, source TEXT NOT NULL, coding TEXT NOT NULL, begun_utc REAL NOT NULL,
    octets INTEGER NOT NULL DEFAULT 0, complete INTEGER NOT NULL DEFAULT 0, report TEXT,
    refused TEXT, dictionaries TEXT
) STRICT;
CREATE TABLE parts (
    run INTEGER NOT NULL, packet TEXT NOT NULL, hour TEXT NOT NULL, path TEXT PRIMARY KEY,
    rows INTEGER NOT NULL
) STRICT;
CREATE TABLE events (
    run INTEGER NOT NULL, row INTEGER NOT NULL, received_utc TEXT NOT NULL, sclk_s INTEGER NOT NULL,
    sclk_fraction INTEGER NOT NULL, time_from_ei_s REAL, sequence INTEGER NOT NULL,
    octet INTEGER NOT NULL, virtual_channel INTEGER NOT NULL, severity TEXT NOT NULL,
    name TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (run, row)
) STRICT;
CREATE TABLE links (
    run INTEGER NOT NULL, utc REAL NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL
) STRICT;
CREATE TABLE clock (
    run INTEGER NOT NULL, octet INTEGER NOT NULL, sclk_s REAL NOT NULL, utc_s REAL NOT NULL
) STRICT;
CREATE TABLE commands (
    id INTEGER PRIMARY KEY, utc REAL NOT NULL, source TEXT NOT NULL, name TEXT NOT NULL,
    arguments TEXT NOT NULL, outcome TEXT NOT NULL
) STRICT;
CREATE TABLE alarms (
    run INTEGER NOT NULL, number INTEGER NOT NULL, channel TEXT NOT NULL, severity TEXT NOT NULL,
    onset_sclk_s REAL NOT NULL, onset_utc REAL NOT NULL, value TEXT NOT NULL, bounds TEXT NOT NULL,
    raised_utc REAL NOT NULL, return_sclk_s REAL, return_utc REAL,
    acknowledged_utc REAL, acknowledged_by TEXT, PRIMARY KEY (run, number)
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Part:
    """A Parquet file. path: within the archive."""

    run: int
    packet: str
    hour: str
    path: str
    rows: int


@dataclass(frozen=True, slots=True)
class KeptAlarm:
    """An alarm, and who has seen it when (Unix time); None: nobody since it was raised last."""

    run: int
    alarm: Alarm
    acknowledged_utc: float | None = None
    acknowledged_by: str | None = None

    @property
    def id(self) -> str:
        """RUN-NUMBER, by which it is acknowledged."""
        return f"{self.run}-{self.alarm.number}"

    @classmethod
    def of_row(cls, row: dict[str, Any]) -> KeptAlarm:
        run, utc, who = (row.pop(k) for k in ("run", "acknowledged_utc", "acknowledged_by"))
        alarm = Alarm(**row)
        if utc is not None and utc < alarm.raised_utc:
            utc = who = None  # what was seen was yellow, and it is red now
        return cls(run, alarm, utc, who)


class Index:
    """A connection; may be used from several threads."""

    def __init__(self, directory: Path, *, create: bool = False) -> None:
        """Raises UserError when it is none, or of another version of edlcam."""
        self._path = directory / NAME
        if not create and not self._path.exists():
            raise UserError(f"{directory} is no archive: edlcam record makes one")
        self._lock = threading.RLock()
        try:
            self._connection = sqlite3.connect(
                self._path.absolute().as_uri() + ("" if create else "?mode=rw"),
                timeout=_BUSY_S,
                check_same_thread=False,
                isolation_level=None,
                uri=True,
            )
            self._connection.row_factory = sqlite3.Row
            self._prepare(create)
        except sqlite3.OperationalError as error:
            raise UserError(
                f"{self._path} cannot be used ({error}): free some space on the disk, and see that "
                "you may write there"
            ) from error
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error

    def _damaged(self, error: sqlite3.DatabaseError) -> UserError:
        return UserError(
            f"{self._path} cannot be used ({error}): it is damaged. Move it away, and it is "
            "made again from the raw octets, without commands and acknowledgements"
        )

    @contextmanager
    def _locked(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread. Raises UserError when the file turns out damaged."""
        with self._lock:
            try:
                yield self._connection
            except sqlite3.DatabaseError as error:
                if type(error) is sqlite3.DatabaseError:  # its heirs say what else it is
                    raise self._damaged(error) from error
                raise

    def _prepare(self, create: bool) -> None:
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0 and create:
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.executescript(
                f"BEGIN; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;"
            )
        elif version != _VERSION:
            raise UserError(
                f"{self._path} is of format {version}, and this edlcam reads format {_VERSION}: "
                "use the version of edlcam that wrote it"
            )
        self._connection.execute("PRAGMA synchronous = FULL")

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of what is done in it, or nothing."""
        with self._locked() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if connection.in_transaction:  # SQLite ends it itself on a full disk
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        with self._locked() as connection:
            return connection.execute(query, values).fetchall()

    def columns(self, query: str) -> list[str]:
        """Names of the columns that a query gives."""
        with self._locked() as connection:
            return [column[0] for column in connection.execute(query).description]

    def run(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Rows that it changed."""
        with self._locked() as connection:
            return connection.execute(statement, values).rowcount

    def insert(self, table: str, row: Mapping[str, Any], conflict: str = "") -> int:
        """Adds a row, and gives its number. conflict: as in INSERT OR ..."""
        names = ", ".join(row)
        marks = ", ".join("?" * len(row))
        with self._locked() as connection:
            done = connection.execute(
                f"INSERT {conflict} INTO {table} ({names}) VALUES ({marks})", tuple(row.values())
            )
            return done.lastrowid or 0

    def insert_all(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        for row in rows:
            self.insert(table, row)

    def about(self, key: str) -> str | None:
        found = self.rows("SELECT value FROM about WHERE key = ?", (key,))
        return None if not found else str(found[0]["value"])

    def set_about(self, key: str, value: str) -> None:
        self.insert("about", {"key": key, "value": value}, "OR REPLACE")

    def put_alarm(self, run: int, alarm: Alarm) -> None:
        """Adds or changes it; whether it was acknowledged stays."""
        row = {"run": run, **asdict(alarm)}
        changed = ", ".join(f"{name} = excluded.{name}" for name in row)
        statement = f"""INSERT INTO alarms ({", ".join(row)}) VALUES ({", ".join("?" * len(row))})
            ON CONFLICT (run, number) DO UPDATE SET {changed}"""
        self.run(statement, tuple(row.values()))

    def alarms(self, run: int | None = None) -> list[KeptAlarm]:
        """In the order of their onset; of one run, or of all."""
        chosen = "" if run is None else "WHERE run = ?"
        values = () if run is None else (run,)
        query = f"SELECT * FROM alarms {chosen} ORDER BY run, number"
        return [KeptAlarm.of_row(dict(row)) for row in self.rows(query, values)]

    def acknowledge(self, run: int, number: int, who: str) -> bool:
        """Says that somebody has seen an alarm; whether there is one."""
        statement = """UPDATE alarms SET acknowledged_utc = ?, acknowledged_by = ?
            WHERE run = ? AND number = ?"""
        return self.run(statement, (time.time(), who, run, number)) > 0

    def parts(self, run: int | None = None) -> list[Part]:
        chosen = "" if run is None else "WHERE run = ?"
        values = () if run is None else (run,)
        columns = "run, packet, hour, path, rows"
        found = self.rows(f"SELECT {columns} FROM parts {chosen} ORDER BY rowid", values)
        return [Part(**dict(row)) for row in found]

    def note_command(
        self, utc: float, source: str, name: str, arguments: Sequence[str], outcome: str
    ) -> None:
        """A command that was sent, and what became of it."""
        values = {"utc": utc, "source": source, "name": name, "outcome": outcome}
        self.insert("commands", {**values, "arguments": " ".join(arguments)})
