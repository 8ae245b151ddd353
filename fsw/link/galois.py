"""In which numbers does Reed-Solomon reckon, and how are they written on the link?

The field of CCSDS 131.0-B-4 section 4.3: GF(2^8) by x^8 + x^7 + x^2 + x + 1, alpha = 2; and the
dual basis (Berlekamp representation) in which every octet of a codeblock is sent (section 4.4.2
and annex G): bit i of z, the first the most significant, is the trace of z alpha^(117 i).
Everything is computed; used at import only, here and on the ground.
"""

FIELD = 0x187
_DUAL_EXPONENT = 117
_ORDER = 255

ROOTS_FIRST = 112  # of the generator: (alpha^11)^j for j = 112 .. 143
ROOTS_STEP = 11
PARITY = 32  # octets of a codeword
CODEWORD = 255
DATA = CODEWORD - PARITY


def exponentials():
    """alpha^0 .. alpha^254, as octets."""
    table = bytearray(_ORDER)
    x = 1
    for i in range(_ORDER):
        table[i] = x
        x <<= 1
        if x & 0x100:
            x ^= FIELD
    return table


def logarithms(exp):
    """Exponent of alpha for each octet but 0, whose entry means nothing."""
    table = bytearray(_ORDER + 1)
    for i in range(_ORDER):
        table[exp[i]] = i
    return table


def dual_of_conventional(exp):
    """The octet sent for each octet of the field."""
    basis = bytearray(8)  # what is sent for 1, alpha .. alpha^7
    for i in range(8):
        for bit in range(8):
            basis[i] |= _trace(exp, i + _DUAL_EXPONENT * bit) << (7 - bit)
    table = bytearray(_ORDER + 1)
    for octet in range(_ORDER + 1):
        for i in range(8):
            if octet & (1 << i):
                table[octet] ^= basis[i]
    return table


def inverse(table):
    """The table that undoes a table of 256 different octets."""
    result = bytearray(_ORDER + 1)
    for i in range(_ORDER + 1):
        result[table[i]] = i
    return result


def generator(exp, log):
    """Coefficients g_0 .. g_32 of the generator; g_i = g_(32-i) by the choice of its roots."""
    g = bytearray(PARITY + 1)
    g[0] = 1
    for j in range(PARITY):
        root = ROOTS_STEP * (ROOTS_FIRST + j)
        for i in range(j + 1, 0, -1):
            product = exp[(log[g[i]] + root) % _ORDER] if g[i] else 0
            g[i] = g[i - 1] ^ product
        g[0] = exp[(log[g[0]] + root) % _ORDER]
    return g


def _trace(exp, exponent):
    """Trace of alpha^exponent, 0 or 1: the sum of its eight conjugates."""
    total = 0
    for k in range(8):
        total ^= exp[(exponent << k) % _ORDER]
    return total
