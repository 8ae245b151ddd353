"""Which number does the next frame get? Each one under a key is used once, whatever happens.

A file keeps a number ahead of the last one used: it is on the disk before any number up to it is
handed out, so that a ground station that is switched off in between goes on beyond it.
"""

from __future__ import annotations

import os
from pathlib import Path

from fsw.link.tclayout import HIGHEST_NUMBER
from gse.errors import UserError

AHEAD = 64  # numbers reserved at once


class Numbers:
    """Counts up, in memory only."""

    def __init__(self, last: int = 0) -> None:
        self.last = last

    def next(self) -> int:
        """A number never given before. Raises UserError when there is none left."""
        if self.last >= HIGHEST_NUMBER:
            raise UserError(
                "the key has numbered its last frame: make another one with edlcam keys new, and "
                "put it on the board"
            )
        self._ensure(self.last + 1)
        self.last += 1
        return self.last

    def heard(self, last: int) -> None:
        """The board says which number it has used last, TC_NUMBER: go on beyond that one."""
        self.last = max(self.last, last)

    def _ensure(self, number: int) -> None:
        """Makes sure that the number is never given again."""


def beside(key_file: Path) -> Path:
    """Where the numbers of a key are kept."""
    return key_file.with_name(key_file.name + ".numbers")


class StoredNumbers(Numbers):
    """Counts up over the end of this program. One program at a time."""

    def __init__(self, path: Path) -> None:
        """Begins at 0 where there is no file. Raises UserError for one that is damaged."""
        self._path = path
        self._reserved = self._read()
        super().__init__(self._reserved)

    def _read(self) -> int:
        try:
            text = self._path.read_text(encoding="ascii", errors="replace").strip()
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise UserError(f"cannot read {self._path}: {error.strerror}") from error
        if text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= HIGHEST_NUMBER:
            return int(text)
        raise UserError(
            f"{self._path} is damaged: write into it TC_NUMBER of the board's last UPLINK packet"
        )

    def _ensure(self, number: int) -> None:
        if number <= self._reserved:
            return
        reserved = min(number + AHEAD, HIGHEST_NUMBER)
        beside = self._path.with_name(self._path.name + ".new")
        try:
            with beside.open("w", encoding="ascii") as file:
                file.write(f"{reserved}\n")
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
        except OSError as error:
            raise UserError(f"cannot write {self._path}: {error.strerror}") from error
        self._reserved = reserved
