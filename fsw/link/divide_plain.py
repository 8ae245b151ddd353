"""What is done with every octet of a coded frame? On any interpreter; see divide_viper.py."""


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
