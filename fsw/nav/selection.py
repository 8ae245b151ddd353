"""What do the raw sensors say once redundant ones are put together?

A reading beyond the range of its channel is held at its end and counted: whatever a broken sensor
or a broken link delivers stays small enough for the arithmetic behind it, and is not thrown away.
"""

from array import array

from fsw.dictionary.channels import SENSOR_CHANNELS
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
        ranges = [_range(row) for row in SENSOR_CHANNELS if row[4] is not None]
        self._index = array("H", [row[0] for row in ranges])
        self._lowest = array("i", [row[1] for row in ranges])
        self._highest = array("i", [row[2] for row in ranges])

    def run(self):
        """Holds readings in their ranges; counts the contact switches that are closed, of which
        one alone proves nothing."""
        cvt = self._cvt
        held = hold(cvt, self._index, self._lowest, self._highest, len(self._index))
        cvt[_HELD] = (cvt[_HELD] + held) & _COUNT_MASK
        discretes = cvt[_DISCRETES]
        votes = 0
        for bit in range(_CONTACTS):
            votes += (discretes >> bit) & 1
        cvt[_CONTACT_VOTES] = votes


def _range(row):
    """Index of a channel, and the counts at the ends of its range."""
    numerator, denominator = row[3]
    lowest, highest = row[4]
    return (
        channel(row[0]),
        lowest * denominator // numerator,
        highest * denominator // numerator,
    )
