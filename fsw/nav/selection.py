"""What do the raw sensors say once redundant ones are put together?

A reading beyond the range of its channel is held at its end and counted: whatever a broken sensor
or a broken link delivers stays small enough for the arithmetic behind it, and is not thrown away.
"""

from fsw.dictionary.flown import HIGHEST_READINGS, LOWEST_READINGS, READINGS
from fsw.dictionary.index import channel
from fsw.kernel.loops import hold

_HELD = channel("READINGS_HELD")
_DISCRETES = channel("DISCRETES")
_CONTACT_VOTES = channel("CONTACT_VOTES")

_COUNT_MASK = 0xFFFF
_CONTACTS = 3  # switches A, B and C: bits 0 to 2 of DISCRETES


class Selection:
    """Runs right after the board has read the sensors."""

    def __init__(self, cvt):
        self._cvt = cvt

    def run(self):
        """Holds readings in their ranges; counts the contact switches that are closed, of which
        one alone proves nothing."""
        cvt = self._cvt
        held = hold(cvt, READINGS, LOWEST_READINGS, HIGHEST_READINGS, len(READINGS))
        cvt[_HELD] = (cvt[_HELD] + held) & _COUNT_MASK
        discretes = cvt[_DISCRETES]
        votes = 0
        for bit in range(_CONTACTS):
            votes += (discretes >> bit) & 1
        cvt[_CONTACT_VOTES] = votes
