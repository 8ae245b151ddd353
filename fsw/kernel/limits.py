"""Which channels are outside their limits, and for long enough to say so?"""

from array import array

from fsw.dictionary.index import channel, event

_YELLOW = channel("LIMITS_YELLOW")
_RED = channel("LIMITS_RED")

_EVENT_OF_LEVEL = (event("LIMIT_CLEARED"), event("LIMIT_YELLOW"), event("LIMIT_RED"))


def level(value, red_low, yellow_low, yellow_high, red_high):
    """0 inside the limits, 1 outside the yellow ones, 2 outside the red; None is no limit."""
    if (red_low is not None and value < red_low) or (red_high is not None and value > red_high):
        return 2
    if (yellow_low is not None and value < yellow_low) or (
        yellow_high is not None and value > yellow_high
    ):
        return 1
    return 0


class LimitMonitor:
    """Watches every row of a table of limits; a change of level counts once it has persisted."""

    def __init__(self, limits, cvt, events):
        """limits: rows as in fsw.dictionary.limits."""
        self._cvt = cvt
        self._events = events
        self._rows = tuple([(channel(row[0]),) + row[1:] for row in limits])
        self._levels = array("i", [0] * len(limits))
        self._changed = array("i", [0] * len(limits))

    def run(self):
        """One sample of every watched channel."""
        cvt = self._cvt
        levels = self._levels
        changed = self._changed
        i = yellow = red = 0
        for index, persistence, red_low, yellow_low, yellow_high, red_high in self._rows:
            now = level(cvt[index], red_low, yellow_low, yellow_high, red_high)
            changed[i] = changed[i] + 1 if now != levels[i] else 0
            if changed[i] >= persistence:
                levels[i] = now
                changed[i] = 0
                self._events.report(_EVENT_OF_LEVEL[now], index, cvt[index])
            if levels[i] == 1:
                yellow += 1
            elif levels[i] == 2:
                red += 1
            i += 1
        cvt[_YELLOW] = yellow
        cvt[_RED] = red
