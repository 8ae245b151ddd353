"""Did a codeblock of the uplink arrive whole, and which bit was it? BCH(63,56), CCSDS 231.0-B-4.

Seven octets of information, then seven parity bits, inverted, and a fill bit that says nothing.
Generator polynomial x^7 + x^6 + x^2 + 1. It detects up to three wrong bits; or it corrects one and
detects two.
"""

from fsw.link.tclayout import INFORMATION

_GENERATOR = 0x45  # without x^7
_PARITY = 0x7F
_NO_BIT = 0xFF


def _remainders():
    """What each octet leaves in the register of seven bits, empty before, once it is shifted in."""
    table = bytearray(256)
    for octet in range(256):
        register = 0
        for shift in range(7, -1, -1):
            feedback = (register >> 6) ^ (octet >> shift & 1)
            register = ((register << 1) & _PARITY) ^ (_GENERATOR if feedback else 0)
        table[octet] = register
    return bytes(table)


_REMAINDER = _remainders()


def parity(buffer, at):
    """The seven parity bits of buffer[at : at + 7], not inverted."""
    table = _REMAINDER
    register = 0
    for i in range(at, at + INFORMATION):
        register = table[(register << 1) ^ buffer[i]]
    return register


def syndrome(block):
    """0 when a codeblock of eight octets is whole, else 1 .. 127."""
    return parity(block, 0) ^ (block[INFORMATION] >> 1) ^ _PARITY


def _bits():
    """Which of the 63 bits is wrong, by syndrome; _NO_BIT where it is not just one."""
    table = bytearray([_NO_BIT] * 128)
    block = bytearray(INFORMATION + 1)
    for bit in range(63):
        for i in range(INFORMATION + 1):
            block[i] = 0
        block[bit >> 3] = 0x80 >> (bit & 7)
        # A sent block of zeros ends in inverted parity: undo the inversion, which is constant.
        table[syndrome(block) ^ _PARITY] = bit
    return bytes(table)


_BIT = _bits()


def correct(block, found):
    """Mends the one wrong bit that a syndrome other than 0 tells of; False when it is not one."""
    bit = _BIT[found]
    if bit == _NO_BIT:
        return False
    block[bit >> 3] ^= 0x80 >> (bit & 7)
    return True
