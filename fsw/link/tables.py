"""Which tables does coding a frame look its octets up in?

Everything is computed, when this is imported; a board gets the finished tables, because computing
them would take the better part of a second of each start (gse/deploy/build.py).
"""

from fsw.link import galois

PRODUCTS = 16  # g_1 .. g_16: the others are the same again, and g_0 is 1
PERIOD = 255  # octets after which the pseudo-random sequence repeats


def _rows():
    """For each octet sent, itself times g_1 .. g_16, as sent."""
    exp = galois.exponentials()
    log = galois.logarithms(exp)
    dual = galois.dual_of_conventional(exp)
    g = galois.generator(exp, log)
    rows = bytearray(256 * PRODUCTS)
    for value in range(1, 256):
        row = dual[value] * PRODUCTS
        for i in range(PRODUCTS):
            rows[row + i] = dual[exp[(log[value] + log[g[i + 1]]) % 255]]
    return rows


def _sequence():
    """x^8 + x^7 + x^5 + x^3 + 1, set to ones (CCSDS 131.0-B-4 section 10)."""
    table = bytearray(PERIOD)
    register = 0xFF  # the bit to be sent next is the lowest
    for i in range(PERIOD):
        octet = 0
        for _ in range(8):
            octet = (octet << 1) | (register & 1)
            feedback = register ^ (register >> 3) ^ (register >> 5) ^ (register >> 7)
            register = (register >> 1) | ((feedback & 1) << 7)
        table[i] = octet
    return table


ROWS = _rows()
SEQUENCE = _sequence()
