"""What is in the file BLACKBOX? The recorder's log of this flight, page after page.

A source of files, see fsw.data.files. Pages are as fsw.data.pages says; the last one ends behind
the last record that is committed when the file is opened. What comes later changes nothing before.
"""

from fsw.data.areas import PAGE, PAGES
from fsw.data.files import NO_FILE
from fsw.dictionary.index import channel
from fsw.kernel.loops import copy
from fsw.link.crc import TABLE

_BEGAN = channel("RECORDER_BEGAN")

_NONE = -1


class BlackBox:
    """Reads a Log."""

    def __init__(self, cvt, log):
        self._cvt = cvt
        self._log = log
        self._page = bytearray(PAGE)
        self._first = 0  # page of the log where the file begins
        self._held = _NONE  # page that stands in memory

    def length(self, number):
        log = self._log
        pages = log.number - self._cvt[_BEGAN]
        return pages * PAGE + log.committed if pages >= 0 else NO_FILE

    def open(self, number):
        self._log.flush()
        self._first = self._cvt[_BEGAN]
        self._held = _NONE
        return self.length(number)

    def read(self, at, buffer, start, count):
        """False once the log was erased."""
        if self._first != self._cvt[_BEGAN]:
            return False
        page = self._page
        while count:
            number = self._first + at // PAGE
            if number != self._held:
                self._held = number
                self._log.flash.read(self._log.sector_of(number), number % PAGES, page)
            first = at % PAGE
            octets = min(count, PAGE - first)
            copy(TABLE, page, first, first + octets, buffer, start, 0)
            at += octets
            start += octets
            count -= octets
        return True
