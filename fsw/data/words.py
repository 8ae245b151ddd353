"""How do integers stand in a stored record? Big-endian, as on every link."""

from fsw.link.crc import crc16

_LOWEST, _HIGHEST = -(1 << 30), (1 << 30) - 1


def put_16(buffer, at, value):
    """0 .. 65535 into two octets."""
    buffer[at] = value >> 8
    buffer[at + 1] = value & 0xFF


def get_16(buffer, at):
    """0 .. 65535 of two octets."""
    return (buffer[at] << 8) | buffer[at + 1]


def put_32(buffer, at, value):
    """A small integer into four octets."""
    put_16(buffer, at, (value >> 16) & 0xFFFF)
    put_16(buffer, at + 2, value & 0xFFFF)


def get_32(buffer, at):
    """The small integer of four octets; held at the end that it passed, if it is none."""
    high = get_16(buffer, at)
    if high >= 0x8000:
        high -= 0x10000
    if high < -0x4000:
        return _LOWEST
    if high > 0x3FFF:
        return _HIGHEST
    return (high << 16) | get_16(buffer, at + 2)


def seal(buffer, end):
    """Writes the CRC-16 of buffer[:end] behind it."""
    put_16(buffer, end, crc16(buffer, 0, end))
