"""How does a frame become a communications link transmission unit? CCSDS 231.0-B-4.

Written from the standard, apart from what decodes it on board: parity by dividing a polynomial.
"""

from __future__ import annotations

from fsw.link.tclayout import FILL, INFORMATION, START_0, START_1, TAIL

_GENERATOR = 0b1100_0101  # x^7 + x^6 + x^2 + 1
_PARITY_BITS = 7


def encode(frame: bytes) -> bytes:
    """Start sequence, codeblocks, tail sequence. The last codeblock is filled up."""
    frame += bytes([FILL]) * (-len(frame) % INFORMATION)
    blocks = (frame[at : at + INFORMATION] for at in range(0, len(frame), INFORMATION))
    return bytes([START_0, START_1]) + b"".join(map(codeblock, blocks)) + TAIL


def codeblock(information: bytes) -> bytes:
    """Seven octets with their parity, inverted, and the fill bit."""
    remainder = int.from_bytes(information, "big") << _PARITY_BITS
    while remainder.bit_length() > _PARITY_BITS:
        remainder ^= _GENERATOR << (remainder.bit_length() - _PARITY_BITS - 1)
    return information + bytes([(remainder ^ 0x7F) << 1])
