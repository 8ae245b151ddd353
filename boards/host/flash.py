"""What is the flash of a simulated board? Octets in memory that behave as NOR flash does."""

from fsw.data.areas import AREAS, ERASED, PAGE, PAGES, RECORDER_LEAST

SECTOR = PAGE * PAGES
_AREAS = sum([row[1] for row in AREAS])
SECTORS = _AREAS + RECORDER_LEAST
SIMULATED = _AREAS + 600  # 2.3 MB: a descent to Mars, and what comes before and after it


def _erased(sectors):
    return bytearray(bytes([ERASED]) * (sectors * SECTOR))  # MicroPython repeats no bytearray


class Flash:
    """Runs on both runtimes; memory is whoever makes it's to keep: over a simulated reset it stays,
    and a file can be loaded into it."""

    def __init__(self, sectors=SIMULATED, memory=None):
        """memory: a bytearray of sectors times SECTOR octets, erased by default."""
        self.sectors = sectors
        self.memory = memory if memory is not None else _erased(sectors)
        self.erases = 0

    def read(self, sector, page, buffer):
        memory = self.memory
        at = sector * SECTOR + page * PAGE
        for i in range(len(buffer)):
            buffer[i] = memory[at + i]

    def program(self, sector, page, buffer):
        memory = self.memory
        at = sector * SECTOR + page * PAGE
        for i in range(PAGE):
            memory[at + i] &= buffer[i]

    def erase(self, sector):
        memory = self.memory
        at = sector * SECTOR
        for i in range(at, at + SECTOR):
            memory[i] = ERASED
        self.erases += 1
