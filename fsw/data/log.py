"""Where does the next record go, and what did a power cut leave of the last one?

An append-only log in a ring of sectors, see fsw.data.pages for its pages. A page is filled in
memory and programmed when it is full, or before: then once more with what came since, as bits that
are programmed stay. Only erased pages are written and nothing here erases by itself, so that no
record waits for an erase, and none that was recorded goes for a younger one. After an erase the log
goes on in the next sector of the ring: all of them wear alike.
"""

from fsw.data.areas import ERASED, PAGE, PAGES, recorder_area
from fsw.data.pages import CHECK, HEADER, HIGHEST_NUMBER, begin
from fsw.data.words import get_32, put_16
from fsw.kernel.loops import copy
from fsw.link.crc import TABLE, crc16

_BLANK = crc16(bytes([ERASED] * PAGE), 0, PAGE)
_TRIES = 2 * PAGES  # pages looked at for one that is erased: those of a torn sector, and more


class Log:
    """number: of the page being filled; free: pages behind it that are erased, as far as is known;
    full: there are none; dirty: something is not in flash yet."""

    def __init__(self, flash, reader):
        """flash: see boards, with room for a recorder; reader: a PageReader, for open() only."""
        self.flash = flash
        self._reader = reader
        self._first, self.sectors = recorder_area(flash)
        self.pages = self.sectors * PAGES
        self._page = bytearray(PAGE)
        self._head = bytearray(HEADER)
        self._at = PAGE
        self._check = 0
        self.number = 0
        self.sequence = 0
        self.free = 0
        self.full = False
        self.dirty = False

    @property
    def committed(self):
        """Octets of the page being filled that are in flash for good, once it is flushed."""
        return self._at if self._at > HEADER else 0

    def sector_of(self, number):
        """Sector of the flash in which a page is."""
        return self._first + number // PAGES % self.sectors

    def open(self):
        """Finds the end of the log, whatever was torn there."""
        newest = self._newest()
        if newest < 0:
            self.number = -1
            self._next_page()
        else:
            self._go_on_in(newest)
        self._count_free()

    def put(self, source, start, length):
        """Appends source[start:][:length], 1 .. LONGEST octets; False when the log is full."""
        if self.full:
            return False
        at = self._at
        end = at + 1 + length
        if end + CHECK > PAGE:
            self.flush()
            if not self._next_page():
                return False
            at = self._at
            end = at + 1 + length
        page = self._page
        page[at] = length
        check = crc16(page, at, at + 1, self._check)
        check = copy(TABLE, source, start, start + length, page, at + 1, check)
        put_16(page, end, check)
        self._check = check
        self._at = end + CHECK
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.dirty = True
        return True

    def flush(self):
        """Programs what is not in flash yet: then it is committed."""
        if self.dirty:
            self.flash.program(self.sector_of(self.number), self.number % PAGES, self._page)
            self.dirty = False

    # How all is erased: forget(), then every sector behind that of the page being filled, that one
    # last, then begin_anew().

    def forget(self):
        """What is not in flash yet need not go there."""
        self.dirty = False

    def is_blank(self, ahead):
        """Whether the sector so far behind that of the page being filled is erased."""
        page = self._page
        sector = self.sector_of(self.number + ahead * PAGES)
        for i in range(PAGES):
            self.flash.read(sector, i, page)
            if crc16(page, 0, PAGE) != _BLANK:
                return False
        return True

    def erase(self, ahead):
        """Erases that sector. Stalls the processor for tens of milliseconds."""
        self.flash.erase(self.sector_of(self.number + ahead * PAGES))

    def begin_anew(self, blank):
        """Goes on in the next sector, once so many are erased from there on."""
        self.free = max(blank * PAGES, self.free)
        self.number += PAGES - 1 - self.number % PAGES
        self.full = False
        self._next_page()

    def _next_page(self):
        """Moves to the next erased page and begins it; False when there is none."""
        number = self.number
        for _ in range(_TRIES):
            number += 1
            self.flash.read(self.sector_of(number), number % PAGES, self._page)
            if self.free:
                self.free -= 1
            if crc16(self._page, 0, PAGE) == _BLANK:
                self.number = number
                self._check = begin(self._page, number, self.sequence)
                self._at = HEADER
                return True
        self.full = True
        return False

    def _go_on_in(self, number):
        reader = self._reader
        reader.read(self.flash, self.sector_of(number), number % PAGES)
        while reader.step():
            pass
        self.number = number
        self.sequence = reader.sequence
        for i in range(reader.at, PAGE):
            if reader.page[i] != ERASED:
                self._next_page()  # torn: nothing can be added to it
                return
        self._check = reader.chain
        self._at = reader.at
        for i in range(PAGE):
            self._page[i] = reader.page[i]

    def _newest(self):
        """Number of the youngest page; -1 when there is none."""
        newest = -1
        for sector in range(self.sectors):
            newest = max(newest, self._number_at(sector, 0))
            # An erase that was cut short may have left the end of a sector.
            newest = max(newest, self._number_at(sector, PAGES - 1))
        sector = newest // PAGES % self.sectors if newest >= 0 else 0
        for i in range(self.sectors):
            before = newest
            for page in range(PAGES):
                newest = max(newest, self._number_at(sector, page))
            # Into the next one too: a power cut may have torn the first page there.
            if i > 0 and newest == before:
                break
            sector = (sector + 1) % self.sectors
        return newest

    def _number_at(self, sector, page):
        """Of a page with a whole header in its place; -1 of any other."""
        head = self._head
        self.flash.read(self._first + sector, page, head)
        number = get_32(head, 0)
        if crc16(head, 0, HEADER) or number < 0 or number > HIGHEST_NUMBER:
            return -1
        in_place = number % PAGES == page and number // PAGES % self.sectors == sector
        return number if in_place else -1

    def _count_free(self):
        """Looks at the first page of each sector ahead."""
        self.free = 0
        if self.full:
            return
        self.free = PAGES - 1 - self.number % PAGES
        head = self._head
        sector = self.number // PAGES % self.sectors
        for _ in range(self.sectors - 1):
            sector = (sector + 1) % self.sectors
            self.flash.read(self._first + sector, 0, head)
            for octet in head:
                if octet != ERASED:
                    return
            self.free += PAGES
