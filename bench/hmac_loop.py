"""How long does the authentication code of a frame take on this interpreter, and what is it?

INTERPRETER bench/hmac_loop.py REPEATS. HMAC-SHA-256 over frames of two lengths, with the rounds of
a board in machine code where the interpreter makes it and with the plain ones, the heap locked
where there is a lock. Prints a line for each: twin, octets, microseconds, the code in hexadecimal.
"""

# mypy: ignore-errors

import sys
import time

from fsw.link.hmac import Hmac
from fsw.link.sha256 import ROUNDS, Sha256

LENGTHS = (64, 256)  # octets of a frame with a short command, and of the longest
_HEX = "0123456789abcdef"


def _now_us():
    if sys.implementation.name == "micropython":
        return time.ticks_us()
    return time.perf_counter_ns() // 1000


def _run(hmac, message, repeats, lock, unlock):
    length = len(message)
    lock()
    before = _now_us()
    for _ in range(repeats):
        hmac.begin(message, length)
        while not hmac.step():
            pass
    after = _now_us()
    unlock()
    text = "".join([_HEX[octet >> 4] + _HEX[octet & 15] for octet in hmac.code])
    return (after - before) / repeats, text


def main(repeats):
    lock = unlock = int  # does nothing
    if sys.implementation.name == "micropython":
        import micropython  # noqa: PLC0415 - only MicroPython has it

        lock, unlock = micropython.heap_lock, micropython.heap_unlock
    twins = [("plain", Sha256())]
    try:
        from boards.viper.sha256 import rounds  # noqa: PLC0415 - only some interpreters take it

        twins.insert(0, ("viper", Sha256(rounds, ROUNDS)))
    except (ImportError, NameError, SyntaxError, ValueError):
        pass  # CPython; MicroPython without a native emitter
    key = bytes(range(32))
    for name, sha256 in twins:
        for length in LENGTHS:
            message = bytearray([(i * 109 + 89) & 0xFF for i in range(length)])
            spent_us, text = _run(Hmac(key, sha256), message, repeats, lock, unlock)
            print(name, length, spent_us, text)


main(int(sys.argv[1]))
