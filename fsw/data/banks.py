"""Which parameters outlast a power cut? The last set that was saved, whole.

Two banks, a sector each, hold one record in their first page: fingerprint of the parameters,
generation, values as i32, CRC-16. Saving writes the older bank; the younger whole one counts, so
that a power cut at any instant leaves the set before or the new one.
"""

from fsw.data.areas import ERASED, PAGE, area
from fsw.data.words import get_16, get_32, put_16, put_32, seal
from fsw.dictionary.index import channel, event, parameter_fingerprint
from fsw.link.crc import crc16

_BANK = channel("PARAMETER_BANK")
_GENERATION = channel("PARAMETER_GENERATION")

_EVENT_LOADED = event("PARAMETERS_LOADED")
_EVENT_DEFAULT = event("PARAMETERS_DEFAULT")
_EVENT_SAVED = event("PARAMETERS_SAVED")
_EVENT_BAD = event("PARAMETER_BANK_BAD")
_EVENT_IGNORED = event("PARAMETER_IGNORED")

_AT_GENERATION, _AT_VALUES = 4, 6
_CRC = 2
_FIRST_SECTOR, BANKS = area("PARAMETERS")
_DEFAULTS = 0  # PARAMETER_BANK; bank 0 is 1 there
_BAD, _EMPTY = -1, -2  # in place of a generation
_NONE = -1


class Banks:
    """Loads parameters from flash, and saves them there."""

    def __init__(self, cvt, events, flash, parameters, mission):
        """flash: see boards, or None. Raises ValueError for more parameters than a page holds."""
        self._cvt = cvt
        self._events = events
        self._flash = flash
        self._parameters = parameters
        self._fingerprint = parameter_fingerprint(mission)
        self._end = _AT_VALUES + 4 * len(parameters.values)
        if self._end + _CRC > PAGE:
            raise ValueError("%d parameters: a bank has no room" % len(parameters.values))
        self._page = bytearray(PAGE)
        self._young = _NONE  # bank that counts
        self._generation = 0

    def load(self):
        """At start: the younger whole bank, or defaults; says which, and what was wrong."""
        self._parameters.reset()
        self._choose()
        if self._young == _NONE:
            self._cvt[_BANK] = _DEFAULTS
            self._events.report(_EVENT_DEFAULT)
            return
        self._read(self._young)
        values = self._parameters.values
        for row in range(len(values)):
            value = get_32(self._page, _AT_VALUES + 4 * row)
            if not self._parameters.set(row, value):
                self._events.report(_EVENT_IGNORED, row, value)
        self._tell(_EVENT_LOADED)

    def save(self):
        """Writes the older bank; False when it does not hold what was written. Stalls the
        processor for tens of milliseconds."""
        if self._flash is None:
            return False
        bank = 0 if self._young == _NONE else 1 - self._young
        generation = (self._generation + 1) & 0xFFFF
        page = self._page
        for i in range(PAGE):
            page[i] = ERASED
        put_32(page, 0, self._fingerprint)
        put_16(page, _AT_GENERATION, generation)
        values = self._parameters.values
        for row in range(len(values)):
            put_32(page, _AT_VALUES + 4 * row, values[row])
        seal(page, self._end)
        self._flash.erase(_FIRST_SECTOR + bank)
        self._flash.program(_FIRST_SECTOR + bank, 0, page)
        if self._generation_in(bank) != generation:
            self._events.report(_EVENT_BAD, bank + 1)
            return False
        self._young = bank
        self._generation = generation
        self._tell(_EVENT_SAVED)
        return True

    def set_defaults(self):
        """Until the next start, or for good once they are saved."""
        self._parameters.reset()
        self._cvt[_BANK] = _DEFAULTS
        self._events.report(_EVENT_DEFAULT)

    def _tell(self, what):
        self._cvt[_BANK] = self._young + 1
        self._cvt[_GENERATION] = self._generation
        self._events.report(what, self._young + 1, self._generation)

    def _choose(self):
        """Finds the younger whole bank."""
        self._young = _NONE
        self._generation = 0
        if self._flash is None:
            return
        for bank in range(BANKS):
            generation = self._generation_in(bank)
            if generation == _BAD:
                self._events.report(_EVENT_BAD, bank + 1)
            elif generation != _EMPTY and (
                self._young == _NONE or 0 < (generation - self._generation) & 0xFFFF < 0x8000
            ):
                self._young = bank
                self._generation = generation

    def _read(self, bank):
        self._flash.read(_FIRST_SECTOR + bank, 0, self._page)

    def _generation_in(self, bank):
        """Of a whole bank of these parameters; _EMPTY or _BAD for another."""
        self._read(bank)
        page = self._page
        if crc16(page, 0, self._end + _CRC) == 0 and get_32(page, 0) == self._fingerprint:
            return get_16(page, _AT_GENERATION)
        for i in range(self._end + _CRC):
            if page[i] != ERASED:
                return _BAD
        return _EMPTY
