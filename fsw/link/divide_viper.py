"""What is done with every octet of a coded frame, in machine code? Line for line divide_plain.py.

Only MicroPython with a native emitter takes this file; all values are octets and their addresses,
far below what viper's 32-bit integers hold.
"""

# ruff: noqa: F821 - viper's names are the compiler's


@micropython.viper
def divide(rows: ptr8, work: ptr8, interleave: int, at: int, buffer: ptr8, start: int, end: int):
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


@micropython.viper
def add(sequence: ptr8, at: int, source: ptr8, start: int, end: int, target: ptr8, to: int):
    for i in range(start, end):
        target[to] = source[i] ^ sequence[at]
        at += 1
        to += 1
