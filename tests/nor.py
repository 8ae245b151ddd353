"""What does a power cut leave in flash, and is flash used as it may be used?"""

from __future__ import annotations

from boards.host.flash import SECTOR
from fsw.data.areas import ERASED, PAGE, PAGES


class PowerCut(Exception):
    """The board has no power from here on."""


class NorFlash:
    """Flash that stops the test on misuse, and whose power can be cut at every octet.

    An octet programmed is one step, and so is each erased; the octet being worked on when power
    goes is left in between, with some of the bits that it should have lost.
    """

    def __init__(self, sectors: int, memory: bytearray | None = None) -> None:
        self.sectors = sectors
        self.memory = memory if memory is not None else bytearray([ERASED]) * (sectors * SECTOR)
        self.erases = 0
        self.steps = 0
        self.steps_left: int | None = None

    def _step(self, at: int, old: int, new: int) -> None:
        if self.steps_left is not None:
            if self.steps_left == 0:
                self.memory[at] = (old & new) | ((old ^ new) & 0x5A)
                raise PowerCut
            self.steps_left -= 1
        self.steps += 1
        self.memory[at] = new

    def read(self, sector: int, page: int, buffer: bytearray) -> None:
        assert 0 <= sector < self.sectors
        assert 0 <= page < PAGES
        assert len(buffer) <= PAGE * (PAGES - page)
        at = sector * SECTOR + page * PAGE
        buffer[:] = self.memory[at : at + len(buffer)]

    def program(self, sector: int, page: int, buffer: bytearray) -> None:
        assert 0 <= sector < self.sectors
        assert 0 <= page < PAGES
        assert len(buffer) == PAGE
        at = sector * SECTOR + page * PAGE
        for i in range(PAGE):
            old = self.memory[at + i]
            assert old & buffer[i] == buffer[i], "a bit can only be erased to 1"
            self._step(at + i, old, buffer[i])

    def erase(self, sector: int) -> None:
        assert 0 <= sector < self.sectors
        self.erases += 1
        for at in range(sector * SECTOR, (sector + 1) * SECTOR):
            self._step(at, self.memory[at], ERASED)
