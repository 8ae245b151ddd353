"""Who commands, and over which frames? What every command that sends something up asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from fsw import missions
from gse import keys
from gse.errors import UserError
from gse.uplink.numbers import StoredNumbers, beside
from gse.uplink.security import VIRTUAL_CHANNEL, Security

Securing = Callable[[int], Security]  # for a spacecraft identifier

_OPTIONS = (
    click.option(
        "--key",
        "key_file",
        type=click.Path(path_type=Path),
        help="Key file of edlcam keys new: commands go up in authenticated frames.",
    ),
    click.option(
        "--unauthenticated",
        is_flag=True,
        help="Commands go up as packets: for a simulation, and for a board on the bench.",
    ),
    click.option(
        "--mission",
        type=click.Choice(missions.NAMES),
        help="By default the one of the spacecraft that is heard.",
    ),
)


def commanding_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--key, --unauthenticated and --mission, as key_file, unauthenticated and mission."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def securing(key_file: Path | None, unauthenticated: bool) -> Securing | None:
    """What protects frames with the key; None: commands go up as packets.

    Raises UserError unless one of the two is named, and for a key file that is none.
    """
    if unauthenticated == bool(key_file):
        raise UserError("name either --key FILE or --unauthenticated")
    return secured_by(keys.load(key_file), key_file) if key_file else None


def secured_by(key: keys.Key, key_file: Path) -> Securing:
    """What protects frames with a key, numbered on in the file beside that of the key."""

    def security(spacecraft: int) -> Security:
        return Security(key, StoredNumbers(beside(key_file)), spacecraft, VIRTUAL_CHANNEL)

    return security
