"""Runs the flight core on MicroPython for a host, over standard input and output.

micropython boards/host/main.py [lock-heap]

With lock-heap, an allocation in any minor frame ends the run with a MemoryError at its line.
"""

import sys
from time import ticks_us

import micropython

from boards.host.flash import Flash
from boards.simserver import Server


class StandardStreams:
    """The lockstep link over the pipe of the process that started this one."""

    def __init__(self):
        self._in = sys.stdin.buffer
        self._out = sys.stdout.buffer

    def read(self, buffer, n):
        return self._in.readinto(buffer, n) == n

    def write(self, buffer, n):
        self._out.write(buffer, n)


def _leave_heap():
    pass


if "lock-heap" in sys.argv[1:]:
    _locks = (micropython.heap_lock, micropython.heap_unlock)
else:
    _locks = (_leave_heap, _leave_heap)
Server(StandardStreams(), ticks_us, _locks[0], _locks[1], Flash(), files=True).run()
