"""Which boards can be flashed, and what must be known of each?

Layouts of flash are MicroPython's (ports/rp2/boards), UF2 families those of the boot ROMs.
"""

from __future__ import annotations

from dataclasses import dataclass

SECTOR = 4096
PAGE = 256


@dataclass(frozen=True, slots=True)
class Board:
    """name: package under boards/; machine: what MicroPython calls the board; architecture: for
    mpy-cross, and its number in sys.implementation._mpy; storage: address and octets of the file
    system in flash."""

    name: str
    title: str
    machine: str
    firmware: str
    architecture: str
    architecture_number: int
    family: int
    storage_address: int
    storage_octets: int


BOARDS = {
    board.name: board
    for board in (
        Board(
            "pico",
            "Raspberry Pi Pico",
            "Raspberry Pi Pico with RP2040",
            "RPI_PICO",
            "armv6m",
            3,
            0xE48BFF56,
            0x100A0000,
            1408 * 1024,
        ),
        Board(
            "pico2",
            "Raspberry Pi Pico 2",
            "Raspberry Pi Pico2 with RP2350",
            "RPI_PICO2",
            "armv7emsp",
            7,
            0xE48BFF59,
            0x10100000,
            3072 * 1024,
        ),
    )
}
