"""edlcam dictionary: prints what crosses the link, for people or for programs."""

from __future__ import annotations

import click

from fsw import missions
from gse import document
from gse.dictionary import load

_FORMATS = {"markdown": document.to_markdown, "json": document.to_json}


@click.command("dictionary")
@click.option(
    "--format",
    "file_format",
    type=click.Choice(list(_FORMATS)),
    default="markdown",
    show_default=True,
    help="markdown: the interface document; json: the same for a program.",
)
@click.option("--mission", default=missions.NAMES[0], show_default=True)
def command(file_format: str, mission: str) -> None:
    """Print the dictionary: packets, channels, events, commands, parameters and limits."""
    click.echo(_FORMATS[file_format](load(mission)), nl=False)
