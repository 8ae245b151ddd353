"""Ground support for edlcam: simulates the descent, decodes the downlink, shows and checks it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gse.archive.reader import Reading


def open(directory: str | Path) -> Reading:
    """What is in an archive, or in a directory that edlcam decode --out wrote.

    gse.open("flight")["NAV"].between(240, 420).resample("1s").to_pandas()

    Raises UserError when there is neither.
    """
    from gse.archive.reader import open_directory  # noqa: PLC0415 few need a database

    return open_directory(directory)
