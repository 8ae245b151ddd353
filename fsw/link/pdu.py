"""How are the PDUs of a file written, and those read that come back?

CCSDS 727.0-B-5 section 5; which part of it is in fsw/link/filelayout.py. A writer puts a PDU and
the header of its space packet straight into the buffer that goes down; a reader believes a PDU only
when everything in it fits.
"""

from fsw.data.words import get_16, get_32, put_16, put_32
from fsw.link import filelayout as layout
from fsw.link.crc import crc16
from fsw.link.layout import (
    FILES_APID,
    FILES_TELECOMMAND_APID,
    LONGEST_TELECOMMAND,
    PACKET_HEADER,
    TELECOMMAND_FIRST,
)

_UNSEGMENTED = 0xC000
_DIRECTIVE = layout.HEADER  # octet of a PDU
_AFTER = layout.HEADER + 1
_REQUEST = 8  # octets of a segment request
_SHORTEST = PACKET_HEADER + _AFTER + 1 + layout.CRC


class PduWriter:
    """PDUs of a sender. transaction and unacknowledged say of which transaction, until changed."""

    def __init__(self):
        self.transaction = 0
        self.unacknowledged = False
        self.count = 0  # of the packet, 0 .. 2^14 - 1

    def metadata(self, buffer, at, length, name):
        """Of a file of this length, whose name the receiver shall give it too. Every method writes
        a packet from octet at of the buffer on, and returns its octets."""
        pdu = self._begin(buffer, at, layout.METADATA)
        buffer[pdu + _AFTER] = layout.MODULAR
        put_32(buffer, pdu + _AFTER + 1, length)
        end = pdu + _AFTER + 5
        for _ in range(2):  # source and destination
            buffer[end] = len(name)
            end += 1
            for octet in name:
                buffer[end] = octet
                end += 1
        return self._end(buffer, at, end)

    def file_data(self, buffer, at, offset):
        """Octet of the buffer where a segment is to be written; to be ended with end_file_data."""
        pdu = self._begin(buffer, at, 0)
        buffer[pdu] |= layout.FILE_DATA
        put_32(buffer, pdu + layout.HEADER, offset)
        return pdu + layout.HEADER + 4

    def end_file_data(self, buffer, at, end):
        """end: octet after the segment."""
        return self._end(buffer, at, end)

    def eof(self, buffer, at, condition, high, low, length):
        """high, low: halves of the checksum; length: of what it was taken over."""
        pdu = self._begin(buffer, at, layout.EOF)
        end = pdu + _AFTER
        buffer[end] = condition << 4
        put_16(buffer, end + 1, high)
        put_16(buffer, end + 3, low)
        put_32(buffer, end + 5, length)
        end += 9
        if condition != layout.NO_ERROR:  # where the fault was seen
            buffer[end] = layout.ENTITY_ID
            buffer[end + 1] = 1
            buffer[end + 2] = layout.FLIGHT_ENTITY
            end += 3
        return self._end(buffer, at, end)

    def ack_of_finished(self, buffer, at, transaction, condition, status):
        """Of any transaction."""
        kept = self.transaction
        self.transaction = transaction
        pdu = self._begin(buffer, at, layout.ACK)
        self.transaction = kept
        buffer[pdu] &= ~layout.UNACKNOWLEDGED
        buffer[pdu + _AFTER] = layout.ACK_OF_FINISHED
        buffer[pdu + _AFTER + 1] = (condition << 4) | status
        return self._end(buffer, at, pdu + _AFTER + 2)

    def _begin(self, buffer, at, directive):
        pdu = at + PACKET_HEADER
        flags = layout.VERSION | layout.WITH_CRC
        if self.unacknowledged:
            flags |= layout.UNACKNOWLEDGED
        buffer[pdu] = flags
        buffer[pdu + 3] = layout.LENGTHS
        buffer[pdu + 4] = layout.FLIGHT_ENTITY
        put_16(buffer, pdu + 5, self.transaction)
        buffer[pdu + 7] = layout.GROUND_ENTITY
        buffer[pdu + _DIRECTIVE] = directive
        return pdu

    def _end(self, buffer, at, end):
        pdu = at + PACKET_HEADER
        put_16(buffer, pdu + 1, end + layout.CRC - pdu - layout.HEADER)
        put_16(buffer, end, crc16(buffer, pdu, end))
        end += layout.CRC
        put_16(buffer, at, FILES_APID)
        put_16(buffer, at + 2, _UNSEGMENTED | self.count)
        put_16(buffer, at + 4, end - pdu - 1)
        return end - at


class PduReader:
    """Reads telecommand packets with PDUs of a receiver into its attributes, which hold once read()
    has returned a directive."""

    def __init__(self):
        self.transaction = 0
        self.condition = 0  # of FINISHED, and of the EOF that is acknowledged
        self.incomplete = False  # what FINISHED says of the file
        self.requests = 0  # of NAK
        self._first = 0  # octet of the first request
        self.start = self.end = 0  # of the request that was read last

    def read(self, buffer, length):
        """ACK (of EOF), NAK, FINISHED or KEEP_ALIVE; 0 for whatever is no such PDU for us."""
        if length < _SHORTEST or length > LONGEST_TELECOMMAND:
            return 0
        if buffer[0] != TELECOMMAND_FIRST or buffer[1] != FILES_TELECOMMAND_APID & 0xFF:
            return 0
        octets = length - PACKET_HEADER
        if get_16(buffer, 4) != octets - 1 or not self._is_ours(buffer, octets):
            return 0
        self.transaction = get_16(buffer, PACKET_HEADER + 5)
        directive = buffer[PACKET_HEADER + _DIRECTIVE]
        at = PACKET_HEADER + _AFTER
        left = length - layout.CRC - at
        if directive == layout.ACK:
            known = left == 2 and buffer[at] == layout.ACK_OF_EOF
            self.condition = buffer[at + 1] >> 4
        elif directive == layout.FINISHED:
            known = True  # what follows its first octet says more than we ask
            self.condition = buffer[at] >> 4
            self.incomplete = bool(buffer[at] & 0x04)
        elif directive == layout.NAK:
            known = left >= _REQUEST and left % _REQUEST == 0
            self.requests = left // _REQUEST - 1  # the scope comes first
            self._first = at + _REQUEST
        else:
            known = directive == layout.KEEP_ALIVE and left == 4
        return directive if known else 0

    def request(self, buffer, i):
        """Takes request i of a NAK; False for one that is none: its end lies before its start, or
        beyond any file of ours."""
        at = self._first + _REQUEST * i
        self.start = get_32(buffer, at)
        self.end = get_32(buffer, at + 4)
        return 0 <= self.start <= self.end

    def _is_ours(self, buffer, octets):
        """Whether a PDU of so many octets is whole, and from the receiver."""
        pdu = PACKET_HEADER
        ours = layout.VERSION | layout.TOWARDS_SENDER | layout.WITH_CRC
        if buffer[pdu] != ours or buffer[pdu + 3] != layout.LENGTHS:
            return False
        if get_16(buffer, pdu + 1) != octets - layout.HEADER:
            return False
        if buffer[pdu + 4] != layout.FLIGHT_ENTITY or buffer[pdu + 7] != layout.GROUND_ENTITY:
            return False
        return crc16(buffer, pdu, pdu + octets) == 0
