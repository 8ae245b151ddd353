"""What is in an archive, or in a directory of decoded tables? Rows by packet, time and SQL.

    flight = gse.open("flight")
    flight["NAV"].between(240, 420).resample("1s").to_pandas()
    flight.sql("SELECT max(NAV_ACCELERATION) FROM NAV")

An archive may be read while a session writes to it: each question is answered by what is there.
"""

from __future__ import annotations

import datetime
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb
import pyarrow as pa

from gse import correlation
from gse.archive.archive import complete, is_archive
from gse.archive.index import Index
from gse.archive.tables import files_in, reported
from gse.correlation import Fit, Pair
from gse.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

_Answer = TypeVar("_Answer")
Moment = float | int | str | datetime.datetime

_UNITS_S = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}
_SCLK = "(sclk_s + sclk_fraction / 65536)"
_TYPES = {"sclk_s": "BIGINT", "sclk_fraction": "BIGINT", "time_from_ei_s": "DOUBLE"}
_TIME_COLUMNS = ("sclk_s", "sclk_fraction", "time_from_ei_s", "received_utc", "utc")
_AGGREGATES = {"mean": "avg", "min": "min", "max": "max", "first": "first", "last": "last"}
_ORDERED = ("first", "last")  # by what comes first: rows are read by several threads
_NUMBERS = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE)$")

# What the index keeps, in the columns that a reader sees.
_FROM_INDEX = {
    "events": """SELECT run, received_utc, sclk_s, sclk_fraction, time_from_ei_s, sequence,
        octet AS "offset", virtual_channel, severity, name, text FROM events ORDER BY run, row""",
    "alarms": "SELECT run || '-' || number AS id, * FROM alarms ORDER BY run, number",
    "commands": "SELECT * FROM commands ORDER BY id",
    "links": "SELECT * FROM links ORDER BY rowid",
    "runs": "SELECT run, source, coding, begun_utc, octets, complete, refused FROM runs",
}
_INDEX_TYPES = {"INTEGER": pa.int64(), "REAL": pa.float64(), "TEXT": pa.string()}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one packet type, or of events; asked for when to_arrow() or to_pandas() is called."""

    source: Reading
    name: str
    conditions: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    period_s: float = 0.0
    how: str = "mean"

    @property
    def columns(self) -> list[str]:
        return list(self.source.schema(self.name))

    def between(self, start: Moment | None = None, end: Moment | None = None) -> Table:
        """Rows from start on, and before end; None: no bound.

        Numbers are seconds from time zero (time_from_ei_s; SCLK where that is not known), datetimes
        and ISO 8601 texts are UTC: the correlated time, or that of reception where there is none.
        Raises UserError for what is no time, and where rows have none: of another mission.
        """
        known = self._timed()
        conditions = [
            f"{_column_for(moment, known)} {sign} {_literal(moment)}"
            for moment, sign in ((start, ">="), (end, "<"))
            if moment is not None
        ]
        return replace(self, conditions=(*self.conditions, *conditions))

    def select(self, *columns: str) -> Table:
        """These columns alone, and those of time. Raises UserError for one that is not there."""
        known = self.source.schema(self.name)
        for column in columns:
            if column not in known:
                raise UserError(
                    f"{self.name} has no column {column!r}: there are {', '.join(known)}"
                )
        return replace(self, chosen=columns)

    def resample(self, period: str | float, how: str = "mean") -> Table:
        """One row for each period of SCLK in which something came ("100ms", "1s", "1min", seconds).

        how: mean, min, max, first or last (by SCLK), of numbers; of texts the last. rows: how many
        there were. Times are those of the beginning of the period.
        """
        self._timed()
        if how not in _AGGREGATES:
            raise UserError(f"no way to resample named {how!r}: {', '.join(_AGGREGATES)}")
        return replace(self, period_s=_seconds(period), how=how)

    def _timed(self) -> dict[str, str]:
        """The columns, those of time among them."""
        known = self.source.schema(self.name)
        if not set(_TYPES) <= set(known):
            raise UserError(
                f"{self.name} has no time of the spacecraft's clock, being decoded by an XTCE "
                "document: choose rows in SQL, by the columns that it has"
            )
        return known

    def to_arrow(self) -> pa.Table:
        """Raises UserError when it cannot be read."""
        return self.source.sql(self.query())

    def to_pandas(self) -> pd.DataFrame:
        """Raises UserError when it cannot be read."""
        frame: pd.DataFrame = self.to_arrow().to_pandas()
        return frame

    def __len__(self) -> int:
        return len(self.to_arrow())

    def query(self) -> str:
        """The same in SQL."""
        known = self.source.schema(self.name)
        chosen = [c for c in known if not self.chosen or c in (*_TIME_COLUMNS, *self.chosen)]
        where = f" WHERE {' AND '.join(self.conditions)}" if self.conditions else ""
        if not self.period_s:
            names = ", ".join(f'"{c}"' for c in chosen)
            return f'SELECT {names} FROM "{self.name}"{where}'
        bucket = f"floor({_SCLK} / {self.period_s!r})"
        parts = []
        if "run" in known:
            parts.append("run")
        parts.append(f"any_value({bucket}) * {self.period_s!r} AS sclk_s")
        shift = f"(any_value({bucket}) * {self.period_s!r} - min({_SCLK}))"
        parts.append(f"min(time_from_ei_s) + {shift} AS time_from_ei_s")
        for name in ("received_utc", "utc"):
            if name in known:
                parts.append(f"min({name}) AS {name}")
        parts.append("count(*) AS rows")
        for name in chosen:
            if name not in (*_TIME_COLUMNS, "run", "sequence", "offset", "virtual_channel"):
                how = _AGGREGATES[self.how] if _NUMBERS.match(known[name]) else "last"
                order = f" ORDER BY {_order(known)}" if how in _ORDERED else ""
                parts.append(f'{how}("{name}"{order}) AS "{name}"')
        groups = ("run, " if "run" in known else "") + bucket
        fields = ", ".join(parts)
        return f'SELECT {fields} FROM "{self.name}"{where} GROUP BY {groups} ORDER BY {groups}'


def _listed(paths: list[Path]) -> str:
    return ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)


def _sentence(error: duckdb.Error) -> str:
    """What DuckDB says, in one line."""
    return " ".join(str(error).split()).rstrip(".")


def _order(known: Mapping[str, str]) -> str:
    """In which rows were sent."""
    return ", ".join(c for c in ("sclk_s", "sclk_fraction", "sequence") if c in known)


@dataclass
class Reading:
    """An archive, or a directory that edlcam decode --out wrote. For use with `with`, and from any
    thread."""

    directory: Path
    index: Index | None = None
    _connection: Any = None
    _shown: dict[str, Any] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __enter__(self) -> Reading:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()
        if self.index:
            self.index.close()

    @property
    def names(self) -> list[str]:
        """Packet types that came, and events where there is a table of them."""
        self._retried(self._refresh)
        last = {"events"} if self.index else {"events"} & set(self._shown)
        return [*sorted(set(self._shown) - last), *last]

    def __getitem__(self, name: str) -> Table:
        """Raises UserError when none came."""
        names = self.names
        if name not in names:
            raise UserError(f"no {name} in {self.directory}: there are {', '.join(names)}")
        return Table(self, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def tables(self) -> Mapping[str, pa.Table]:
        """Every table there is, by name."""
        return {name: self[name].to_arrow() for name in self.names}

    def schema(self, name: str) -> dict[str, str]:
        """DuckDB's type of each column of a table."""
        described = self.sql(f'DESCRIBE "{name}"').to_pydict()
        return dict(zip(described["column_name"], described["column_type"], strict=True))

    def sql(self, query: str) -> pa.Table:
        """The answer to a query over the packets by their names, and events; of an archive also
        alarms, commands, links and runs. Raises UserError when there is none."""
        return self._retried(lambda: self._answer(query))

    def fits(self) -> dict[int, list[Fit]]:
        """How SCLK runs against UTC, by run; empty for decoded tables."""
        if self.index is None:
            return {}
        found: dict[int, list[Pair]] = {}
        for row in self.index.rows("SELECT * FROM clock ORDER BY run, octet"):
            pair = Pair(row["octet"], row["sclk_s"], row["utc_s"])
            found.setdefault(row["run"], []).append(pair)
        return {run: correlation.fits(pairs) for run, pairs in found.items()}

    def _retried(self, step: Callable[[], _Answer]) -> _Answer:
        with self._lock:
            try:
                return step()
            except duckdb.IOException:
                pass  # small files became one since the index was read
            try:
                return step()
            except duckdb.IOException as error:
                missing = [p for paths in self._files().values() for p in paths if not p.exists()]
                if missing:
                    raise UserError(
                        f"{missing[0]} is missing: it is made again from the raw octets when the "
                        "archive is opened next while nobody writes to it"
                    ) from error
                raise UserError(_sentence(error)) from error

    def _answer(self, query: str) -> pa.Table:
        self._refresh()
        if self.index:
            for name in _FROM_INDEX:
                if re.search(rf"\b{name}\b", query, re.IGNORECASE):
                    self._connection.register(name, self._from_index(name))
        try:
            answer = self._connection.sql(query)
            return pa.table({}) if answer is None else answer.to_arrow_table()
        except duckdb.IOException:
            raise
        except duckdb.Error as error:
            raise UserError(f"{_sentence(error)}; tables are {', '.join(self.names)}") from error

    def _refresh(self) -> None:
        """Makes the views anew where files came."""
        files = self._files()
        fits = self.fits() if files != self._shown else {}
        for name, paths in files.items():
            if self._shown.get(name) != paths:
                self._show(name, paths, fits)
        self._shown = files

    def _show(self, name: str, paths: list[Path], fits: Mapping[int, list[Fit]]) -> None:
        """Makes a view. Raises UserError when a file is damaged."""
        try:
            selected = self._select(_listed(paths), paths[0], fits)
            self._connection.execute(f'CREATE OR REPLACE VIEW "{name}" AS {selected}')
        except duckdb.IOException:
            raise
        except duckdb.Error as error:
            again = "decode the capture again"
            if self.index:
                again = "delete it, and it is made again from the raw octets"
            raise UserError(f"{self._damaged(paths)} is damaged: {again}") from error

    def _damaged(self, paths: list[Path]) -> Path:
        """Of files that cannot be read together, the one that cannot be read."""
        for path in paths:
            try:
                self._connection.execute(f"SELECT * FROM {_listed([path])} LIMIT 0")
            except duckdb.Error:
                return path
        return paths[0].parent

    def _select(self, listed: str, first: Path, fits: Mapping[int, list[Fit]]) -> str:
        if self.index is None:
            reader = {".csv": "read_csv", ".jsonl": "read_json"}.get(first.suffix)
            if reader is None:
                return f"SELECT * FROM read_parquet([{listed}])"
            return self._with_types(f"{reader}([{listed}])")
        return f"SELECT *, {_utc(fits)} AS utc FROM read_parquet([{listed}], union_by_name = true)"

    def _with_types(self, source: str) -> str:
        """With the columns of time as numbers, also where no row of a text file says that they
        are."""
        described = self._connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        casts = ", ".join(
            f"CAST({name} AS {_TYPES[name]}) AS {name}" for name, *_ in described if name in _TYPES
        )
        replaced = f" REPLACE ({casts})" if casts else ""
        return f"SELECT *{replaced} FROM {source}"

    def _files(self) -> dict[str, list[Path]]:
        if self.index is None:
            found = files_in(self.directory)
            return {name: [path] for name, path in found.items() if path.stat().st_size}
        files: dict[str, list[Path]] = {}
        for part in sorted(self.index.parts(), key=lambda p: (p.run, p.hour, p.path)):
            files.setdefault(part.packet, []).append(self.directory / part.path)
        return files

    def _from_index(self, name: str) -> pa.Table:
        assert self.index
        rows = self.index.rows(_FROM_INDEX[name])
        declared = {
            r["name"]: r["type"]
            for r in self.index.rows(f"SELECT * FROM pragma_table_info('{name}')")
        }
        names = self.index.columns(_FROM_INDEX[name])
        arrays = {
            c: pa.array(
                [row[c] for row in rows],
                _INDEX_TYPES[declared.get(c, "INTEGER" if c == "offset" else "TEXT")],
            )
            for c in names
        }
        if "received_utc" in arrays:
            arrays["received_utc"] = arrays["received_utc"].cast(pa.timestamp("us"))
        return pa.table(arrays)


def open_directory(directory: str | Path) -> Reading:
    """gse.open. Raises UserError when there is neither an archive nor decoded tables.

    What a crash left of an archive is completed first.
    """
    path = Path(directory)
    if not path.is_dir():
        raise UserError(f"{path} is no directory: name an archive, or one of edlcam decode --out")
    index = None
    if is_archive(path):
        complete(path)
        index = Index(path)
    elif reported(path) is None:
        raise UserError(
            f"{path} is neither an archive nor a directory that edlcam decode --out wrote"
        )
    connection = duckdb.connect(
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )
    connection.execute("SET TimeZone = 'UTC'")
    return Reading(path, index, connection)


def _utc(fits: Mapping[int, list[Fit]]) -> str:
    """SQL of the correlated time of a row, NULL where there is none."""
    cases = []
    for run, stretches in fits.items():
        for fit in reversed(stretches):
            if fit.is_usable:
                rate = 1 + fit.drift_ppm / 1e6
                seconds = f"{fit.utc_s!r} + ({_SCLK} - {fit.sclk_s!r}) * {rate!r}"
                cases.append(
                    f'WHEN run = {run} AND "offset" >= {fit.first_octet} '
                    f"THEN make_timestamp(CAST(({seconds}) * 1e6 AS BIGINT))"
                )
    return f"CASE {' '.join(cases)} END" if cases else "CAST(NULL AS TIMESTAMP)"


def _column_for(moment: Moment, known: Mapping[str, str]) -> str:
    if isinstance(moment, float | int):
        return f"coalesce(time_from_ei_s, {_SCLK})"
    columns = [c for c in ("utc", "received_utc") if c in known]
    if not columns:
        raise UserError("decoded tables have no UTC: give seconds from time zero")
    return f"coalesce({', '.join(columns)})"


def _literal(moment: Moment) -> str:
    if isinstance(moment, float | int):
        return repr(float(moment))
    if isinstance(moment, str):
        try:
            moment = datetime.datetime.fromisoformat(moment)
        except ValueError as error:
            raise UserError(
                f"{moment!r} is no time: write it as 2027-06-01T09:00:00, in UTC"
            ) from error
    if moment.tzinfo:
        moment = moment.astimezone(datetime.UTC).replace(tzinfo=None)
    return f"TIMESTAMP '{moment.isoformat(' ')}'"


def _seconds(period: str | float) -> float:
    number, unit = (str(period), "s")
    found = re.fullmatch(r"\s*([0-9.]+)\s*(ms|s|min|h)\s*", number)
    if found:
        number, unit = found.groups()
    try:
        seconds = float(number) * _UNITS_S[unit]
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UserError(f"{period!r} is no period: write 100ms, 1s, 1min or 1h")
    return seconds
