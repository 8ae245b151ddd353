"""What is done with every octet of the link, and with every field of a packet, in machine code?

As loops_plain.py, line for line. Only MicroPython with a native emitter takes this file. Values are
octets, addresses and channels, and so far below what viper's integers hold on a board; on a host
these have 64 bits and a channel is read without its sign, which fold = 32 puts back.
"""

# ruff: noqa: F821 - viper's names are the compiler's

import sys

_FOLD = 32 if sys.maxsize >> 32 else 0
_SMALL_HIGHEST = 0x3FFFFFFF


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


@micropython.viper
def check(table: ptr16, buffer: ptr8, start: int, end: int, crc: int) -> int:
    for i in range(start, end):
        crc = ((crc << 8) & 0xFF00) ^ table[(crc >> 8) ^ buffer[i]]
    return crc


@micropython.viper
def copy(table: ptr16, source: ptr8, start: int, end: int, target: ptr8, to: int, crc: int) -> int:
    for i in range(start, end):
        octet = source[i]
        target[to] = octet
        to += 1
        crc = ((crc << 8) & 0xFF00) ^ table[(crc >> 8) ^ octet]
    return crc


@micropython.viper
def pack(cvt: ptr32, index: ptr16, kinds: ptr8, count: int, buffer: ptr8, at: int) -> int:
    fold = int(_FOLD)
    highest = int(_SMALL_HIGHEST)
    for i in range(count):
        value = (cvt[index[i]] << fold) >> fold
        kind = kinds[i]
        low = 0
        high = highest
        if kind == 0:
            high = 0xFF
        elif kind == 1:
            high = 0xFFFF
        elif kind == 2:
            low = -0x8000
            high = 0x7FFF
        elif kind == 4:
            low = -1 - highest
        if value < low:
            value = low
        elif value > high:
            value = high
        if kind > 2:
            buffer[at] = value >> 24
            buffer[at + 1] = value >> 16
            at += 2
        if kind:
            buffer[at] = value >> 8
            at += 1
        buffer[at] = value
        at += 1
    return at


@micropython.viper
def hold(cvt: ptr32, index: ptr16, lowest: ptr32, highest: ptr32, count: int) -> int:
    fold = int(_FOLD)
    held = 0
    for i in range(count):
        value = (cvt[index[i]] << fold) >> fold
        low = (lowest[i] << fold) >> fold
        high = (highest[i] << fold) >> fold
        if value < low:
            cvt[index[i]] = low
            held += 1
        elif value > high:
            cvt[index[i]] = high
            held += 1
    return held
