"""Which files can a spacecraft have? The rows of fsw/dictionary/files.py as typed records."""

from __future__ import annotations

from dataclasses import dataclass

from fsw.dictionary.files import FILES

_PICTURES = "THUMBNAILS"


@dataclass(frozen=True, slots=True)
class File:
    """row: in FILES; file_name: what it is called when it has come."""

    row: int
    name: str
    source: str
    number: int
    file_name: str
    description: str

    def describe(self, cameras: tuple[str, ...]) -> str:
        """What is in it, for a mission with these cameras."""
        if self.source == _PICTURES and self.number < len(cameras):
            return f"last small picture of {cameras[self.number]}"
        return self.description


DIRECTORY = {row[0]: File(n, *row) for n, row in enumerate(FILES)}  # by name
