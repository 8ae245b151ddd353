"""Is everything that must run still running? The watchdog is fed only then."""

from fsw.dictionary.index import channel, event, parameter
from fsw.kernel.cvt import COUNT_MASK
from fsw.schedule import NEVER_SHED

_FEEDS = channel("WATCHDOG_FEEDS")
_ABSENT = channel("WATCHDOG_ABSENT")
_FRAME_COUNT = channel("FRAME_COUNT")
_EVENT_WITHHELD = event("WATCHDOG_WITHHELD")
_EVENT_TOKENS = parameter("EVENT_TOKENS_PER_S")


def members_of(table, window):
    """Mask of the rows that must run within a window of minor frames: those never shed that are due
    in it at least once."""
    mask = 0
    for i in range(len(table)):
        if table[i][4] == NEVER_SHED and table[i][1] <= window:
            mask |= 1 << i
    return mask


class Health:
    """Runs at the end of each watchdog window; itself one of the members it vouches for."""

    def __init__(self, table, own_name, cvt, board, events, parameters):
        names = [row[0] for row in table]
        own = names.index(own_name)
        self._members = members_of(table, table[own][1]) & ~(1 << own)
        self._cvt = cvt
        self._board = board
        self._events = events
        self._parameters = parameters
        self.scheduler = None

    def run(self):
        """Feeds the watchdog if every member ran and nothing fatal is latched."""
        cvt = self._cvt
        absent = self._members & ~self.scheduler.ran
        self.scheduler.ran = 0
        cvt[_ABSENT] = absent
        if absent or self._events.fatal:
            self._events.report(_EVENT_WITHHELD, absent)
        else:
            self._board.feed_watchdog()
            cvt[_FEEDS] = (cvt[_FEEDS] + 1) & COUNT_MASK
        if cvt[_FRAME_COUNT] & 63 < 8:
            self._events.refill(self._parameters.values[_EVENT_TOKENS])
