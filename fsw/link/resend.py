"""Which segments of a file are to be sent again? A few ranges, in the order they were asked for."""

from array import array

RANGES = 16  # what does not fit is asked for again


class Resend:
    """Ranges of segments; take() gives one segment after the other."""

    def __init__(self):
        self._first = array("H", [0] * RANGES)
        self._last = array("H", [0] * RANGES)
        self._oldest = 0
        self._ranges = 0

    def clear(self):
        self._ranges = 0

    @property
    def empty(self):
        return self._ranges == 0

    def add(self, first, last):
        """Segments first .. last; False when there is no room. What is asked for twice before it
        was sent is sent once."""
        for k in range(self._ranges):
            i = (self._oldest + k) % RANGES
            if first <= self._last[i] + 1 and last >= self._first[i] - 1:
                self._first[i] = min(first, self._first[i])
                self._last[i] = max(last, self._last[i])
                return True
        if self._ranges == RANGES:
            return False
        i = (self._oldest + self._ranges) % RANGES
        self._first[i] = first
        self._last[i] = last
        self._ranges += 1
        return True

    def take(self):
        """The next segment, off the list; there must be one."""
        i = self._oldest
        segment = self._first[i]
        if segment == self._last[i]:
            self._oldest = (i + 1) % RANGES
            self._ranges -= 1
        else:
            self._first[i] = segment + 1
        return segment
