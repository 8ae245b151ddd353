"""edlcam keys: makes the key that commands are authenticated with."""

from __future__ import annotations

from pathlib import Path

import click

from fsw.link.tclayout import HIGHEST_KEY_ID, LOWEST_KEY_ID
from gse import keys

DEFAULT = "command.key"


@click.group("keys")
def command() -> None:
    """Make the key that commands are authenticated with.

    Whoever has the file may command; whoever has lost it commands no more.
    """


@command.command("new")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path(DEFAULT),
    show_default=True,
    help="A file that does not exist yet; only you will be able to read it.",
)
@click.option(
    "--id",
    "identifier",
    type=click.IntRange(LOWEST_KEY_ID, HIGHEST_KEY_ID),
    help="What frames name the key by; by default a random number.",
)
def new(out: Path, identifier: int | None) -> None:
    """Make a key file of 32 random octets."""
    key = keys.new(identifier)
    keys.save(key, out)
    click.echo(f"key {key.identifier} is in {out}: keep a copy where nobody else can read it")
