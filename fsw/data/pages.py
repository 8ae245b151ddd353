"""How does a page of the recorder's log look, and which of its records are whole?

A page holds a header of eight octets: number of the page as u32, number of its first record modulo
2^16 as u16, CRC-16 of both. Then records as they came: length as u8, so many octets of a space
packet, CRC-16 of both. The CRC of a record begins with the one before it, that of the first with
the header's: so a record is whole only in its place. Behind the last record stands erased flash.

The number of a page says where it is: in sector number // PAGES of the ring, page number % PAGES.
"""

from fsw.data.areas import PAGE
from fsw.data.words import get_16, get_32, put_16, put_32, seal
from fsw.link.crc import crc16

CHECK = 2
HEADER = 8
_SEQUENCE, _HEADER_CHECK = 4, 6
LONGEST = PAGE - HEADER - 1 - CHECK  # octets of a record's packet
HIGHEST_NUMBER = (1 << 29) - 1


def begin(page, number, sequence):
    """Writes the header into an erased page; the CRC that the first record begins with."""
    put_32(page, 0, number)
    put_16(page, _SEQUENCE, sequence)
    seal(page, _HEADER_CHECK)
    return get_16(page, _HEADER_CHECK)


class PageReader:
    """Walks through the records of a page. number: of the page; sequence: of the record to come;
    start and length: of the packet of the record found last, in page; at: octet behind it."""

    def __init__(self):
        self.page = bytearray(PAGE)
        self.number = self.sequence = self.start = self.length = 0
        self.at = PAGE
        self.chain = 0  # CRC that the next record begins with

    def read(self, flash, sector, page):
        """Takes a page of the flash; whether its header is whole."""
        flash.read(sector, page, self.page)
        self.at = PAGE
        if crc16(self.page, 0, HEADER):
            return False
        number = get_32(self.page, 0)
        if number < 0 or number > HIGHEST_NUMBER:
            return False
        self.number = number
        self.sequence = get_16(self.page, _SEQUENCE)
        self.chain = get_16(self.page, _HEADER_CHECK)
        self.at = HEADER
        return True

    def step(self):
        """Finds the next whole record; False when there is none."""
        page = self.page
        at = self.at
        if at > PAGE - 2 - CHECK:
            return False
        length = page[at]
        end = at + 1 + length
        if length == 0 or end + CHECK > PAGE:
            return False
        check = crc16(page, at, end, self.chain)
        if check != get_16(page, end):
            return False
        self.chain = check
        self.start = at + 1
        self.length = length
        self.at = end + CHECK
        self.sequence = (self.sequence + 1) & 0xFFFF
        return True
