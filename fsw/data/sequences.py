"""Which commands are stored, and where? Slots of up to ENTRIES commands, a sector each.

A sequence is collected in memory and goes to flash when the ground has confirmed its checksum. Its
header is programmed last and says how many entries there are, their CRC-16 and the dictionary that
gives them meaning: a power cut leaves a slot with the whole sequence, or with none.

An entry has 24 octets, big-endian: kind u8, fraction u8, opcode u16, seconds u32, four arguments
i32. Ten stand in a page, the header in the page before them.
"""

from array import array

from fsw.data.areas import ERASED, PAGE, area
from fsw.data.words import get_16, get_32, put_16, put_32, seal
from fsw.dictionary.channels import SEQUENCES
from fsw.link.crc import PRESET, crc16

ENTRIES = 32
ENTRY = 24
ARGUMENTS = 4
PER_PAGE = 10
_PAGES = (ENTRIES + PER_PAGE - 1) // PER_PAGE
_FIRST_SECTOR, _SECTORS = area("SEQUENCES")

_SLOT, _COUNT, _CHECKSUM, _END = 4, 5, 6, 8  # of the header, after the dictionary's hash
_CRC = 2

NOTHING, DAMAGED = 0, -1  # in place of a number of entries


def _at(number):
    """Octet of an entry, where the pages of entries follow one another."""
    return number // PER_PAGE * PAGE + number % PER_PAGE * ENTRY


class SequenceStore:
    """kind, fraction, opcode, seconds and arguments: of the entry that was read last."""

    def __init__(self, flash):
        """flash: see boards, or None. Raises ValueError for a flash area with too few sectors."""
        if _SECTORS < SEQUENCES:
            raise ValueError("flash area SEQUENCES is too small")
        self._flash = flash
        self._page = bytearray(PAGE)
        self._collected = bytearray(_PAGES * PAGE)
        view = memoryview(self._collected)
        self._pages = tuple([view[i * PAGE : (i + 1) * PAGE] for i in range(_PAGES)])
        self.count = 0  # entries collected
        self.kind = self.fraction = self.opcode = self.seconds = 0
        self.arguments = array("i", [0] * ARGUMENTS)

    def begin(self):
        """Forgets what was collected."""
        for i in range(len(self._collected)):
            self._collected[i] = ERASED
        self.count = 0

    def add(self, kind, seconds, fraction, opcode, arguments, first):
        """Collects an entry, whose arguments stand in an array from index first on; False when
        there are ENTRIES already."""
        if self.count == ENTRIES:
            return False
        buffer = self._collected
        at = _at(self.count)
        buffer[at] = kind
        buffer[at + 1] = fraction
        put_16(buffer, at + 2, opcode)
        put_32(buffer, at + 4, seconds)
        for i in range(ARGUMENTS):
            put_32(buffer, at + 8 + 4 * i, arguments[first + i])
        self.count += 1
        return True

    def checksum(self):
        """CRC-16 over the entries collected."""
        crc = PRESET
        for number in range(self.count):
            at = _at(number)
            crc = crc16(self._collected, at, at + ENTRY, crc)
        return crc

    def commit(self, slot, dictionary_hash):
        """Writes what was collected into a slot; whether it is there now. Stalls the processor for
        tens of milliseconds."""
        if self._flash is None:
            return False
        sector = _FIRST_SECTOR + slot
        checksum = self.checksum()
        self._flash.erase(sector)
        for page in range((self.count + PER_PAGE - 1) // PER_PAGE):
            self._flash.program(sector, 1 + page, self._pages[page])
        header = self._page
        for i in range(PAGE):
            header[i] = ERASED
        put_32(header, 0, dictionary_hash)
        header[_SLOT] = slot
        header[_COUNT] = self.count
        put_16(header, _CHECKSUM, checksum)
        seal(header, _END)
        self._flash.program(sector, 0, header)
        return self.find(slot, dictionary_hash) == self.count

    def find(self, slot, dictionary_hash):
        """Entries of a slot, 1 .. ENTRIES; NOTHING when it is empty, DAMAGED when what is there is
        not whole, or has its meaning from another dictionary."""
        if self._flash is None:
            return NOTHING
        page = self._page
        sector = _FIRST_SECTOR + slot
        self._flash.read(sector, 0, page)
        if page[_SLOT] == page[_COUNT] == ERASED and get_16(page, _END) == 0xFFFF:
            return NOTHING
        count = page[_COUNT]
        checksum = get_16(page, _CHECKSUM)
        if crc16(page, 0, _END + _CRC) or get_32(page, 0) != dictionary_hash:
            return DAMAGED
        if page[_SLOT] != slot or count == 0 or count > ENTRIES:
            return DAMAGED
        crc = PRESET
        for number in range(count):
            at = _at(number) % PAGE
            if at == 0:
                self._flash.read(sector, 1 + number // PER_PAGE, page)
            crc = crc16(page, at, at + ENTRY, crc)
        return count if crc == checksum else DAMAGED

    def read(self, slot, number):
        """Takes an entry of a slot into the attributes."""
        page = self._page
        self._flash.read(_FIRST_SECTOR + slot, 1 + number // PER_PAGE, page)
        at = _at(number) % PAGE
        self.kind = page[at]
        self.fraction = page[at + 1]
        self.opcode = get_16(page, at + 2)
        self.seconds = get_32(page, at + 4)
        for i in range(ARGUMENTS):
            self.arguments[i] = get_32(page, at + 8 + 4 * i)
