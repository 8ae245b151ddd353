"""edlcam dictionary: prints what crosses the link, for people or for programs."""

from __future__ import annotations

import click

from fsw import missions
from gse import document
from gse.dictionary import Dictionary, load


def _to_xtce(dictionary: Dictionary) -> str:
    from gse.xtce.ours import to_xtce  # noqa: PLC0415 - the other formats need no yamcs-pymdb

    return to_xtce(dictionary)


_FORMATS = {"markdown": document.to_markdown, "json": document.to_json, "xtce": _to_xtce}


@click.command("dictionary")
@click.option(
    "--format",
    "file_format",
    type=click.Choice(list(_FORMATS)),
    default="markdown",
    show_default=True,
    help="markdown: the interface document; json: for a program; xtce: for Yamcs and others.",
)
@click.option("--mission", default=missions.NAMES[0], show_default=True)
def command(file_format: str, mission: str) -> None:
    """Print the dictionary: packets, channels, events, commands, parameters, limits, and what
    is done on board about anomalies."""
    click.echo(_FORMATS[file_format](load(mission)), nl=False)
