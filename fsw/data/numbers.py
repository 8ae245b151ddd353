"""Where do the numbers of commands used outlast a power cut? In two sectors of the board's flash.

The store that fsw.link.antireplay asks for: a slot is a sector, its record stands in the first
page. A write erases the sector, which takes the processor tens of milliseconds: it is done at boot,
and then once in as many commands as are reserved at once.
"""

from fsw.data.areas import ERASED, PAGE, area


class NumberStore:
    """Area NUMBERS of a board's flash."""

    def __init__(self, flash):
        """flash: see boards/__init__.py."""
        self._flash = flash
        self._first = area("NUMBERS")[0]
        self._page = bytearray([ERASED] * PAGE)

    def read(self, slot, buffer):
        self._flash.read(self._first + slot, 0, buffer)

    def write(self, slot, buffer):
        page = self._page
        for i in range(len(buffer)):
            page[i] = buffer[i]
        self._flash.erase(self._first + slot)
        self._flash.program(self._first + slot, 0, page)
