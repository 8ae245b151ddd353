"""How long does coding take on this interpreter, and what comes out?

INTERPRETER bench/encode_loop.py REPEATS. Encodes and randomizes codeblocks of several shapes, with
the twin chosen here and with the plain one, the heap locked where there is a lock. Prints a line
for each: twin, interleave, data octets, microseconds a codeblock to encode and to randomize, and
the last codeblock in hexadecimal.
"""

# mypy: ignore-errors

import sys
import time

import fsw.link.reedsolomon as code
from fsw.kernel import loops, loops_plain
from fsw.link import randomizer

SHAPES = ((1, 223), (1, 100), (2, 446), (3, 300), (4, 892), (5, 1115))
_HEX = "0123456789abcdef"


def _now_us():
    if sys.implementation.name == "micropython":
        return time.ticks_us()
    return time.perf_counter_ns() // 1000


def _run(shape, repeats, lock, unlock):
    interleave, data_octets = shape
    encoder = code.Encoder(interleave, data_octets)
    buffer = bytearray(data_octets + 32 * interleave)
    x = 1
    for i in range(data_octets):
        x = (x * 109 + 89) & 0xFFFF
        buffer[i] = x >> 8
    lock()
    before = _now_us()
    for _ in range(repeats):
        encoder.encode(buffer, 0)
    between = _now_us()
    for _ in range(repeats):
        randomizer.randomize(buffer, 0, len(buffer))
    after = _now_us()
    unlock()
    if repeats % 2 == 0:
        randomizer.randomize(buffer, 0, len(buffer))
    text = "".join([_HEX[octet >> 4] + _HEX[octet & 15] for octet in buffer])
    return (between - before) / repeats, (after - between) / repeats, text


def main(repeats):
    lock = unlock = int  # does nothing
    if sys.implementation.name == "micropython":
        import micropython  # noqa: PLC0415 - only MicroPython has it

        lock, unlock = micropython.heap_lock, micropython.heap_unlock
    chosen = "plain" if loops.divide is loops_plain.divide else "viper"
    for name, twin in ((chosen, loops), ("plain", loops_plain)):
        code.divide = twin.divide
        code.copy = twin.copy
        code.add = randomizer.add = twin.add
        for shape in SHAPES:
            encode_us, randomize_us, text = _run(shape, repeats, lock, unlock)
            print(name, shape[0], shape[1], encode_us, randomize_us, text)


main(int(sys.argv[1]))
