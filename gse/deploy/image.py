"""How does a file system become a file that is dragged onto the board? LittleFS in UF2.

UF2: https://github.com/microsoft/uf2, blocks of 512 octets that carry 256 each. The boot ROM erases
a sector of 4096 octets when the first of its blocks comes, so a sector is sent whole or not at all:
those that hold nothing are left out.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import PurePosixPath

from littlefs import LittleFS, LittleFSError

from gse.deploy.boards import PAGE, SECTOR, Board
from gse.errors import UserError

_BLOCK = struct.Struct("<8I476sI")
_MAGIC_START_0, _MAGIC_START_1, _MAGIC_END = 0x0A324655, 0x9E5D5157, 0x0AB16F30
_FAMILY_PRESENT = 0x2000
_DISK_VERSION = 0x00020000  # LittleFS 2.0, the one that MicroPython mounts


def file_system(board: Board, files: Mapping[str, bytes]) -> bytes:
    """The board's whole file system with these files in it.

    Raises UserError when they do not fit.
    """
    made = LittleFS(
        block_size=SECTOR,
        block_count=board.storage_octets // SECTOR,
        prog_size=PAGE,
        read_size=32,
        lookahead_size=32,
        disk_version=_DISK_VERSION,
    )
    try:
        for path, contents in files.items():
            parent = PurePosixPath(path).parent
            if str(parent) != ".":
                made.makedirs(str(parent), exist_ok=True)
            with made.open(path, "wb") as file:
                file.write(contents)
    except LittleFSError as error:
        size = sum(len(contents) for contents in files.values())
        raise UserError(
            f"{size:,} octets do not fit into the {board.storage_octets:,} that a {board.title} "
            "has for files: take out missions that are not flown"
        ) from error
    return bytes(made.context.buffer)


def uf2(board: Board, storage: bytes) -> bytes:
    """A file system as a UF2 file, without the sectors that hold nothing."""
    erased = b"\xff" * SECTOR
    sectors = [
        start
        for start in range(0, len(storage), SECTOR)
        if storage[start : start + SECTOR] != erased
    ]
    pages = [sector + page for sector in sectors for page in range(0, SECTOR, PAGE)]
    return b"".join(
        _BLOCK.pack(
            _MAGIC_START_0,
            _MAGIC_START_1,
            _FAMILY_PRESENT,
            board.storage_address + at,
            PAGE,
            number,
            len(pages),
            board.family,
            storage[at : at + PAGE],
            _MAGIC_END,
        )
        for number, at in enumerate(pages)
    )
