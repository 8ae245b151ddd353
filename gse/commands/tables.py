"""Which tables are written, and where? Options of the commands that decode a file of ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from fsw import missions
from gse.archive.tables import FORMATS

_OPTIONS = (
    click.option(
        "--out",
        type=click.Path(path_type=Path),
        help="Directory for the tables and link.json; without it, only the summary is printed.",
    ),
    click.option(
        "--format",
        "file_format",
        type=click.Choice(list(FORMATS)),
        default="parquet",
        show_default=True,
        help="Of the tables: one file a packet type, and one of events.",
    ),
    click.option(
        "--mission",
        help=f"One of: {', '.join(missions.NAMES)}. By default the one that the file names.",
    ),
)


def table_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--out, --format and --mission, as out, file_format and mission."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
