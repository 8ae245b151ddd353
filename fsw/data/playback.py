"""What of the record goes down again? Packets that were asked for, as they were packed.

The source of virtual channel 1, see fsw.link.downlink. A request names a packet type, or all, and
either sequence counts or times. Requests are served one after the other: the log of this flight is
walked from a little before the time that the request names, some pages a minor frame, and what fits
goes down with its own sequence count and time, so that the ground can put it where it belongs.
"""

from array import array

from fsw.data.areas import PAGES
from fsw.data.words import get_32
from fsw.dictionary.channels import ENUMS
from fsw.dictionary.index import channel, event
from fsw.kernel.cvt import COUNT_MASK
from fsw.link.counters import PACKET_MASK

_BEGAN = channel("RECORDER_BEGAN")
_STATE = channel("PLAYBACK_STATE")
_WAITING = channel("PLAYBACK_WAITING")
_PACKETS = channel("PLAYBACK_PACKETS")

_EVENT_DONE = event("PLAYBACK_DONE")
_EVENT_STOPPED = event("PLAYBACK_STOPPED")

_IDLE, _SEARCHING, _SENDING = [
    ENUMS["PLAYBACK_STATE"].index(n) for n in ("IDLE", "SEARCHING", "SENDING")
]

REQUESTS = 16  # that can wait; a power of two
ALL = 0  # in place of an APID
_BY_TIME = 0  # in place of a number of packets
_PAGES_A_RUN = 2
_PROBES_A_RUN = 4
_MARGIN_S = 1  # by which packets may be out of the order of their times: reports wait
_PASSED = (PACKET_MASK + 1) >> 1  # sequence counts so far ahead are behind
_TIME = 6  # octet of a packet where its seconds begin


class Playback:
    """Reads the log of a Recorder; run() each minor frame."""

    def __init__(self, cvt, events, log, reader):
        """log: a Log, or None where there is no flash; reader: a PageReader."""
        self._cvt = cvt
        self._events = events
        self._log = log
        self._reader = reader
        # Of each request: APID, first sequence count and how many, or _BY_TIME; first and last
        # second.
        self._apid = array("H", [0] * REQUESTS)
        self._from = array("H", [0] * REQUESTS)
        self._count = array("H", [0] * REQUESTS)
        self._since = array("i", [0] * REQUESTS)
        self._until = array("i", [0] * REQUESTS)
        self._first = 0  # request served now
        self._requests = 0
        self._serving = False
        self._number = 0  # page to be read next
        self._end = 0  # page that is young enough
        self._reading = False  # a page of which records are left
        self._seeking = False
        self._passed = False  # nothing more can follow
        self._found = 0
        self._ready = False
        self.buffer = reader.page
        self.start = self.length = 0

    @property
    def active(self):
        """Whether anything that was asked for is still to go down."""
        return self._ready or self._requests > 0

    # What the ground asks for; each returns whether it may have it.

    def ask_sequence(self, apid, first, count, since_s):
        """So many packets of a type from a sequence count on, recorded at a second or later."""
        return self._ask(apid, first, count, since_s, 0)

    def ask_time(self, apid, from_s, until_s):
        """Packets of a type, or ALL, whose seconds lie in a range."""
        return until_s >= from_s and self._ask(apid, 0, _BY_TIME, from_s, until_s)

    def stop(self):
        """Forgets every request."""
        forgotten = self._requests
        self._requests = 0
        self._serving = False
        self._reading = False
        if forgotten:
            self._events.report(_EVENT_STOPPED, forgotten)
        return True

    def _ask(self, apid, first, count, since_s, until_s):
        if self._log is None or self._requests == REQUESTS:
            return False
        i = (self._first + self._requests) & (REQUESTS - 1)
        self._apid[i] = apid
        self._from[i] = first
        self._count[i] = count
        self._since[i] = since_s
        self._until[i] = until_s
        self._requests += 1
        return True

    # What the downlink asks.

    def waiting(self):
        return self._ready

    def choose(self):
        """It was found beforehand."""

    def sent(self):
        cvt = self._cvt
        cvt[_PACKETS] = (cvt[_PACKETS] + 1) & COUNT_MASK
        self._ready = False
        if self._reading:
            self._scan()

    def run(self):
        """Looks for the next packet, if none waits to be sent."""
        if not self._ready and self._requests:
            if not self._serving:
                self._begin()
            if self._seeking:
                self._seek()
            else:
                self._search()
        cvt = self._cvt
        cvt[_WAITING] = self._requests
        cvt[_STATE] = _SENDING if self._ready else _SEARCHING if self._requests else _IDLE

    def _begin(self):
        self._serving = True
        self._reading = False
        self._passed = False
        self._found = 0
        self._number = self._cvt[_BEGAN]
        self._end = self._log.number
        self._seeking = True

    def _seek(self):
        """Halves the pages among which the first one that is young enough lies. A page that cannot
        be read counts as young: the search then begins before it."""
        since = self._since[self._first] - _MARGIN_S
        for _ in range(_PROBES_A_RUN):
            if self._end - self._number <= 1:
                self._seeking = False
                return
            number = (self._number + self._end) >> 1
            if self._read(number) and self._reader.step() and self._seconds() < since:
                self._number = number
            else:
                self._end = number

    def _search(self):
        for _ in range(_PAGES_A_RUN):
            if not self._reading and not self._next_page():
                self._finish()
                return
            if self._scan():
                return

    def _next_page(self):
        """Reads the next page; False when there is none, or nothing more to be looked for."""
        log = self._log
        number = self._number
        if self._passed or number > log.number:
            return False
        if number == log.number:
            log.flush()
        self._number = number + 1
        self._reading = self._read(number)
        return True

    def _read(self, number):
        """Takes a page; whether it is there."""
        log = self._log
        reader = self._reader
        whole = reader.read(log.flash, log.sector_of(number), number % PAGES)
        return whole and reader.number == number

    def _seconds(self):
        """SCLK of the record found last."""
        return get_32(self.buffer, self._reader.start + _TIME)

    def _scan(self):
        """Whether the page has another packet that was asked for: then it is ready."""
        if not self._reading:
            return False
        reader = self._reader
        while not self._passed and reader.step():
            if self._fits():
                self.start = reader.start
                self.length = reader.length
                self._found += 1
                self._ready = True
                return True
        self._reading = False
        return False

    def _fits(self):
        i = self._first
        page = self._reader.page
        at = self._reader.start
        apid = ((page[at] & 7) << 8) | page[at + 1]
        if self._apid[i] != ALL and self._apid[i] != apid:
            return False
        if self._count[i] == _BY_TIME:
            seconds = self._seconds()
            self._passed = seconds > self._until[i] + _MARGIN_S
            return self._since[i] <= seconds <= self._until[i]
        sequence = ((page[at + 2] << 8) | page[at + 3]) & PACKET_MASK
        ahead = (sequence - self._from[i]) & PACKET_MASK
        if ahead < self._count[i]:
            # The last one ends it, without a look at all that follows.
            self._passed = ahead == self._count[i] - 1
            return True
        self._passed = ahead < _PASSED
        return False

    def _finish(self):
        i = self._first
        by_time = self._count[i] == _BY_TIME
        self._events.report(
            _EVENT_DONE, self._apid[i], self._since[i] if by_time else self._from[i], self._found
        )
        self._first = (i + 1) & (REQUESTS - 1)
        self._requests -= 1
        self._serving = False
