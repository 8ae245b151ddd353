"""edlcam query: answers a question in SQL about an archive or decoded tables."""

from __future__ import annotations

import datetime
import json
import sys
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.csv as pa_csv
from rich import box
from rich.table import Table

import gse
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
    Without QUERY, they are listed. The SQL is that of DuckDB.

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
        click.echo(json.dumps(answer.to_pylist(), indent=1, default=_plain))
    else:
        _show(answer)


def _flat(answer: pa.Table) -> pa.Table:
    """With differences of times in seconds, and values in values as text: CSV has neither."""
    for i, field in enumerate(answer.schema):
        if pa.types.is_interval(field.type):
            spans = answer[i].to_pylist()
            seconds = [None if s is None else s.days * 86400 + s.nanoseconds / 1e9 for s in spans]
            answer = answer.set_column(i, field.name, pa.array(seconds, pa.float64()))
        elif pa.types.is_nested(field.type):
            texts = [json.dumps(value, default=_plain) for value in answer[i].to_pylist()]
            answer = answer.set_column(i, field.name, pa.array(texts, pa.string()))
    return answer


def _plain(value: Any) -> str:
    """As JSON has neither times nor decimals."""
    return value.isoformat() if isinstance(value, datetime.datetime | datetime.date) else str(value)


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
