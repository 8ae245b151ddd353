"""Did an octet change on the way? CRC-16-CCITT, as CCSDS uses it for packets and frames.

Polynomial x^16 + x^12 + x^5 + 1, preset to ones, not reflected (CCSDS 132.0-B-3 section 4.1.6.2).
"""

from array import array

from fsw.kernel.loops import check

PRESET = 0xFFFF


def _crc_table():
    table = array("H", [0] * 256)
    for octet in range(256):
        crc = octet << 8
        for _ in range(8):
            crc = ((crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
        table[octet] = crc
    return table


TABLE = _crc_table()


def crc16(buffer, start, end, crc=PRESET):
    """CRC of buffer[start:end], 0 .. 65535; 0 when those octets end in their own CRC.

    crc: that of the octets before, when the message lies in several buffers.
    """
    return check(TABLE, buffer, start, end, crc)
