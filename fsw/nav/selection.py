"""What do the raw sensors say once redundant ones are put together?"""

from fsw.dictionary.index import channel

_DISCRETES = channel("DISCRETES")
_CONTACT_VOTES = channel("CONTACT_VOTES")

_CONTACTS = 3  # switches A, B and C: bits 0 to 2 of DISCRETES


class Selection:
    """Runs right after the board has read the sensors."""

    def __init__(self, cvt):
        self._cvt = cvt

    def run(self):
        """Counts the contact switches that are closed: one alone proves nothing."""
        cvt = self._cvt
        discretes = cvt[_DISCRETES]
        votes = 0
        for bit in range(_CONTACTS):
            votes += (discretes >> bit) & 1
        cvt[_CONTACT_VOTES] = votes
