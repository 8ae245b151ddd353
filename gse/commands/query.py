"""edlcam query: answers a question in SQL about an archive or decoded tables."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from rich import box
from rich.table import Table

import gse
from gse.archive.tables import as_json, with_texts_of_times
from gse.commands.output import Output

_SHOWN = 50  # rows on a terminal


@click.command("query")
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("query", required=False)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="Of the answer. A table shows the first 50 rows, the others everything.",
)
def command(directory: Path, query: str | None, file_format: str) -> None:
    """Answer QUERY, in SQL, from DIRECTORY: an archive, or what edlcam decode --out wrote.

    Tables are named after packets, and events; of an archive also alarms, commands, links and runs.
    Decoded with --dictionary, they are named after the containers of that XTCE document. Without
    QUERY, they are listed. The SQL is that of DuckDB.

    \b
    edlcam query flight "SELECT time_from_ei_s, NAV_ALTITUDE FROM NAV WHERE NAV_ALTITUDE < 100"
    edlcam query flight "SELECT name, count(*) FROM events GROUP BY name" --format csv

    Exit code 0: answered; 2: the question or the directory is not understood.
    """
    with gse.open(directory) as reading:
        if query is None:
            names = reading.names
            counts = [reading.sql(f'SELECT count(*) FROM "{n}"')[0][0].as_py() for n in names]
            answer = pa.table({"table": names, "rows": pa.array(counts, pa.int64())})
        else:
            answer = reading.sql(query)
    answer = _flat(answer)
    if file_format == "csv":
        pa_csv.write_csv(answer, sys.stdout.buffer)
    elif file_format == "json":
        click.echo(as_json(answer.to_pylist(), indent=1))
    else:
        _show(answer)


def _flat(answer: pa.Table) -> pa.Table:
    """With differences of times in seconds, and values in values as text: CSV has neither. Names
    are each there once, and times such that Python has them too."""
    answer = _in_range(answer.rename_columns(_once(answer.column_names)))
    for i, field in enumerate(answer.schema):
        if pa.types.is_interval(field.type):
            answer = answer.set_column(i, field.name, _spans(answer[i].to_pylist()))
        elif pa.types.is_nested(field.type):
            values = with_texts_of_times(answer.select([i])).column(0).to_pylist()
            texts = [as_json(value) for value in values]
            answer = answer.set_column(i, field.name, pa.array(texts, pa.string()))
    return answer


def _once(names: Sequence[str]) -> list[str]:
    """The names, the second that is the same as NAME_2."""
    given: list[str] = []
    for name in names:
        taken = {*names, *given} if name in given else set()
        tries = (name, *(f"{name}_{n}" for n in range(2, len(names) + 2)))
        given.append(next(t for t in tries if t not in taken))
    return given


def _in_range(answer: pa.Table) -> pa.Table:
    """With texts in the columns in which there is a time before the year 1 or after 9999."""
    for i, field in enumerate(answer.schema):
        if pa.types.is_timestamp(field.type) or pa.types.is_date(field.type):
            try:
                pc.min_max(answer[i]).as_py()
            except (OverflowError, ValueError):
                texts = with_texts_of_times(answer.select([i]))
                answer = answer.set_column(i, texts.field(0), texts.column(0))
    return answer


def _spans(spans: Sequence[pa.MonthDayNano | None]) -> pa.Array:
    """Seconds; where there are months, which are not all as long, ISO 8601 durations."""
    if any(span is not None and span.months for span in spans):
        return pa.array(
            [s and f"P{s.months}M{s.days}DT{s.nanoseconds / 1e9:g}S" for s in spans], pa.string()
        )
    seconds = [None if s is None else s.days * 86400 + s.nanoseconds / 1e9 for s in spans]
    return pa.array(seconds, pa.float64())


def _show(answer: pa.Table) -> None:
    console = Output()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for field in answer.schema:
        number = pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
        table.add_column(field.name, justify="right" if number else "left", overflow="fold")
    for row in answer.slice(0, _SHOWN).to_pylist():
        table.add_row(*(_cell(value) for value in row.values()))
    console.print(table)
    shown = min(len(answer), _SHOWN)
    more = "" if shown == len(answer) else f"; the first {shown} shown, --format csv gives all"
    console.print(f"{len(answer):,} rows{more}", markup=False)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.6g}" if isinstance(value, float) and abs(value) < 1e6 else str(value)
