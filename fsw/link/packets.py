"""How does a row of PACKETS become a space packet?

CCSDS 133.0-B-2 section 4.1: version 0, telemetry, secondary header present, unsegmented. Secondary
header: SCLK as CUC, 4 octets of seconds and 2 of fraction, implicit P-field (301.0-B-4 section
3.2). The last two octets are the packet error control, CRC-16 over all before them.
"""

from array import array

from fsw.link.counters import PACKET_MASK, Counters
from fsw.link.crc import crc16
from fsw.link.fields import Fields
from fsw.link.layout import PACKET_HEADER, PACKET_OVERHEAD, PACKET_TIME

NAME, APID, PRIORITY, TASK, PERIOD, PHASE, FIELDS = 0, 1, 2, 3, 4, 5, 6  # columns of PACKETS

_SECONDARY_HEADER_FLAG = 0x08
_UNSEGMENTED = 0xC0


class Packetizer:
    """Packs any row of a packet table from the CVT, counting sequences per row."""

    def __init__(self, kinds, packets, cvt, counters=None):
        """kinds, packets: see fsw.dictionary.flown; counters: by default its own."""
        self._cvt = cvt
        self._fields = tuple([Fields(kinds, row[FIELDS]) for row in packets])
        self._apid = array("H", [row[APID] for row in packets])
        self._sequence = (counters or Counters(packets)).packets
        self.lengths = array("H", [PACKET_OVERHEAD + f.length for f in self._fields])

    def pack(self, row, seconds, fraction, buffer, start):
        """Writes the packet of a row, stamped with a time, into buffer from octet start."""
        apid = self._apid[row]
        sequence = self._sequence[row]
        data_length = self.lengths[row] - PACKET_HEADER - 1
        buffer[start] = _SECONDARY_HEADER_FLAG | (apid >> 8)
        buffer[start + 1] = apid & 0xFF
        buffer[start + 2] = _UNSEGMENTED | (sequence >> 8)
        buffer[start + 3] = sequence & 0xFF
        buffer[start + 4] = data_length >> 8
        buffer[start + 5] = data_length & 0xFF
        buffer[start + 6] = (seconds >> 24) & 0xFF
        buffer[start + 7] = (seconds >> 16) & 0xFF
        buffer[start + 8] = (seconds >> 8) & 0xFF
        buffer[start + 9] = seconds & 0xFF
        buffer[start + 10] = fraction >> 8
        buffer[start + 11] = fraction & 0xFF
        end = self._fields[row].pack(self._cvt, buffer, start + PACKET_HEADER + PACKET_TIME)
        check = crc16(buffer, start, end)
        buffer[end] = check >> 8
        buffer[end + 1] = check & 0xFF
        self.skip(row)

    def skip(self, row):
        """Counts a packet that could not be sent, so that the ground sees the gap."""
        self._sequence[row] = (self._sequence[row] + 1) & PACKET_MASK
