"""What is done with every octet of the link, and with every field of a packet? On any interpreter.

loops_viper.py is the same in machine code, line for line, loops_cpython.py by CPython's libraries;
loops.py chooses.
"""

U8, U16, I16, U32, I32 = range(5)  # kinds of fields

_SMALL_HIGHEST = (1 << 30) - 1


def divide(rows, work, interleave, at, buffer, start, end):
    """Divides data octets buffer[start:end], from octet at of the codeblock, by the generator.

    rows: 16 products for each octet; work: the remainders, in place of the octets that they follow.
    """
    span = 32 * interleave
    for i in range(start, end):
        octet = buffer[i] ^ work[at]
        work[at] = 0
        low = at
        high = at + span
        work[high] ^= octet
        row = octet << 4
        for k in range(row, row + 15):
            product = rows[k]
            low += interleave
            high -= interleave
            work[low] ^= product
            work[high] ^= product
        work[low + interleave] ^= rows[row + 15]
        at += 1


def add(sequence, at, source, start, end, target, to):
    """Writes source[start:end] plus the sequence from its octet at, modulo 2, to target[to:]."""
    for i in range(start, end):
        target[to] = source[i] ^ sequence[at]
        at += 1
        to += 1


def check(table, buffer, start, end, crc):
    """CRC-16 of buffer[start:end] after octets that gave crc; table: of the octets' remainders."""
    for i in range(start, end):
        crc = ((crc << 8) & 0xFF00) ^ table[(crc >> 8) ^ buffer[i]]
    return crc


def copy(table, source, start, end, target, to, crc):
    """Copies source[start:end] to target[to:]; their CRC-16 after octets that gave crc."""
    for i in range(start, end):
        octet = source[i]
        target[to] = octet
        to += 1
        crc = ((crc << 8) & 0xFF00) ^ table[(crc >> 8) ^ octet]
    return crc


def pack(cvt, index, kinds, count, buffer, at):
    """Writes count channels, named by index, in their kinds to buffer from octet at, big-endian;
    what a kind or a small integer does not hold is held at the end it passed. The octet after."""
    for i in range(count):
        value = cvt[index[i]]
        kind = kinds[i]
        low = 0
        high = _SMALL_HIGHEST
        if kind == U8:
            high = 0xFF
        elif kind == U16:
            high = 0xFFFF
        elif kind == I16:
            low = -0x8000
            high = 0x7FFF
        elif kind == I32:
            low = -1 - high
        if value < low:
            value = low
        elif value > high:
            value = high
        if kind > I16:
            buffer[at] = (value >> 24) & 0xFF
            buffer[at + 1] = (value >> 16) & 0xFF
            at += 2
        if kind:
            buffer[at] = (value >> 8) & 0xFF
            at += 1
        buffer[at] = value & 0xFF
        at += 1
    return at


def hold(cvt, index, lowest, highest, count):
    """Holds count channels, named by index, between lowest and highest; how many were outside."""
    held = 0
    for i in range(count):
        value = cvt[index[i]]
        if value < lowest[i]:
            cvt[index[i]] = lowest[i]
            held += 1
        elif value > highest[i]:
            cvt[index[i]] = highest[i]
            held += 1
    return held
