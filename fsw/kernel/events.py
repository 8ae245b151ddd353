"""What happened on board? Event reports, queued without allocating and squelched when they flood.

An event report (EVR) is a row number of EVENTS and up to four integers; its text stays on the
ground. Each event has a token bucket, so that one that repeats cannot crowd out the others.
"""

from array import array

from fsw.dictionary.events import EVENTS, FATAL
from fsw.dictionary.index import channel

_SCLK_S = channel("SCLK_S")
_SCLK_FRACTION = channel("SCLK_FRACTION")
_SEQUENCE = channel("EVR_SEQUENCE")
_SEVERITY = channel("EVR_SEVERITY")
_ID = channel("EVR_ID")
_ARG0 = channel("EVR_ARG0")
_DROPPED = channel("EVENTS_DROPPED")
_SQUELCHED = channel("EVENTS_SQUELCHED")

QUEUE = 32  # reports; a power of two
BURST = 16  # reports of one event before its bucket is empty: eight cameras may change plan twice

_SEVERITIES = bytes([row[1] for row in EVENTS])
_WIDTH = 7  # seconds, fraction, id, four arguments
_COUNT_MASK = 0xFFFF


class Events:
    """Queue of event reports. The oldest are kept when it is full: the first cause matters most."""

    def __init__(self, cvt):
        self._cvt = cvt
        self._queue = array("i", [0] * (QUEUE * _WIDTH))
        self._tokens = array("i", [BURST] * len(_SEVERITIES))
        self._first = 0
        self.waiting = 0
        self.seconds = self.fraction = 0  # time of the report taken last
        self.fatal = False

    def report(self, event, a=0, b=0, c=0, d=0):
        """Queues a report of a row of EVENTS now. Never fails: counts what it cannot queue."""
        cvt = self._cvt
        if _SEVERITIES[event] == FATAL:
            self.fatal = True
        elif self._tokens[event] == 0:
            cvt[_SQUELCHED] = (cvt[_SQUELCHED] + 1) & _COUNT_MASK
            return
        else:
            self._tokens[event] -= 1
        if self.waiting == QUEUE:
            cvt[_DROPPED] = (cvt[_DROPPED] + 1) & _COUNT_MASK
            return
        queue = self._queue
        i = ((self._first + self.waiting) & (QUEUE - 1)) * _WIDTH
        queue[i] = cvt[_SCLK_S]
        queue[i + 1] = cvt[_SCLK_FRACTION]
        queue[i + 2] = event
        queue[i + 3] = a
        queue[i + 4] = b
        queue[i + 5] = c
        queue[i + 6] = d
        self.waiting += 1

    def take(self):
        """Moves the oldest report into the EVR channels and off the queue; needs waiting > 0."""
        cvt = self._cvt
        queue = self._queue
        i = self._first * _WIDTH
        self.seconds = queue[i]
        self.fraction = queue[i + 1]
        event = queue[i + 2]
        cvt[_ID] = event
        cvt[_SEVERITY] = _SEVERITIES[event]
        for k in range(4):
            cvt[_ARG0 + k] = queue[i + 3 + k]
        cvt[_SEQUENCE] = (cvt[_SEQUENCE] + 1) & _COUNT_MASK
        self._first = (self._first + 1) & (QUEUE - 1)
        self.waiting -= 1

    def refill(self, tokens):
        """Gives every bucket some tokens, up to BURST; called once a second."""
        bucket = self._tokens
        for i in range(len(bucket)):
            if bucket[i] != BURST:  # few are not full, and this takes the time of a board
                bucket[i] = bucket[i] + tokens if bucket[i] + tokens < BURST else BURST
