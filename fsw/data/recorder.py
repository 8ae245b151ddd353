"""What is recorded, and what gives way when the flash fills?

Every packet as it was packed, whether the real-time link could carry it or not; and navigation at
full rate, a packet of it each minor frame from a state that the mission names until it has landed.
Before the descent event reports alone are: a board may wait on the pad for a day.

Nothing erases the flash but a command, before the descent or after it. When what is left shrinks,
what is worth least stops being recorded first: see _RESERVES.
"""

from fsw.data.areas import PAGE
from fsw.dictionary.channels import ENUMS
from fsw.dictionary.index import channel, event, packet
from fsw.dictionary.packets import EVENTS, RECORD
from fsw.kernel.cvt import COUNT_MASK
from fsw.link.counters import PACKET_MASK

_STATE = channel("EDL_STATE")
_FRAME_COUNT = channel("FRAME_COUNT")
_RECORDER = channel("RECORDER_STATE")
_KEEPS = channel("RECORDER_KEEPS")
_FREE = channel("RECORDER_FREE")
_RECORDS = channel("RECORDER_RECORDS")
_LOST = channel("RECORDER_LOST")
_BEGAN = channel("RECORDER_BEGAN")
_NEXT = channel("RECORDER_NEXT")

_EVENT_READY = event("RECORDER_READY")
_EVENT_KEEPS = event("RECORDER_KEEPS")
_EVENT_FULL = event("RECORDER_FULL")
_EVENT_ERASED = event("RECORDER_ERASED")
_FULL_RATE = packet("NAV_RATE")

_NONE, _RECORDING, _FULL, _ERASING = range(4)
_STATES = ENUMS["RECORDER_STATE"]

# By priority of a packet: of how many sixty-fourths of the sectors, erased before, the last ones
# are not for it. A descent's reports and states are never given up while there is room at all.
_RESERVES = (0, 0, 1, 1, 2, 4, 16)
_SHARES = 64
_PAD_RESERVE = 32  # nor for reports before the descent
_NOTHING = -1
_COMMIT = 64  # minor frames after which a page goes to flash, full or not
_ERASE_PERIOD = 16  # minor frames from one erase to the next
_COUNT_MASK = 0xFFFF


class Recorder:
    """keeps: packets of this priority and higher are recorded, -1: none."""

    def __init__(self, cvt, events, log, counters, full_rate_from, last_state):
        """log: a Log, or None where there is no flash; counters: of the PACKETS; full_rate_from,
        last_state: states between which navigation is recorded at full rate."""
        self._cvt = cvt
        self._events = events
        self._counters = counters
        self._full_rate_from = full_rate_from
        self._last_state = last_state
        self.log = log
        self.keeps = _NOTHING
        self._dirty_since = 0
        self._erasing = _NOTHING  # sector ahead of the one in use
        self._pause = 0  # minor frames

    def start(self, resumed):
        """Finds the end of the log. resumed: this flight began before a reset."""
        log = self.log
        if log is None:
            return
        log.open()
        if not resumed or self._cvt[_BEGAN] > log.number:
            self._cvt[_BEGAN] = log.number
        self._tell()
        self.keeps = self._worth()

    def report(self):
        """Says with how much room it starts."""
        if self.log is not None:
            self._events.report(_EVENT_READY, self._cvt[_FREE])

    def put(self, buffer, start, length):
        """Records a packet of a priority that it keeps."""
        log = self.log
        if not log.dirty:
            self._dirty_since = self._cvt[_FRAME_COUNT]
        cvt = self._cvt
        if log.put(buffer, start, length):
            cvt[_RECORDS] = (cvt[_RECORDS] + 1) & COUNT_MASK
        else:
            cvt[_LOST] = (cvt[_LOST] + 1) & _COUNT_MASK

    def erase(self):
        """Begins to erase all that was recorded; False where there is nothing to erase in."""
        if self.log is None:
            return False
        self.log.forget()
        self._erasing = 1
        self.keeps = _NOTHING
        return True

    @property
    def full_rate(self):
        """Whether a packet of full-rate navigation is to be recorded in this minor frame."""
        return self.keeps == RECORD and (
            self._full_rate_from <= self._cvt[_STATE] < self._last_state
        )

    def run(self):
        """Each minor frame, after all that is packed in it."""
        log = self.log
        if log is None:
            return
        frame = self._cvt[_FRAME_COUNT]
        if self._erasing != _NOTHING:
            self._erase_next()
        else:
            if log.dirty and (frame - self._dirty_since) & COUNT_MASK >= _COMMIT:
                log.flush()
            self._choose()
        self._tell()

    def _choose(self):
        worth = self._worth()
        if worth == self.keeps:
            return
        if worth < self.keeps:
            if worth == _NOTHING:
                self._events.report(_EVENT_FULL)
            else:
                self._events.report(_EVENT_KEEPS, worth, self._cvt[_FREE])
        self.keeps = worth

    def _worth(self):
        """The lowest priority that there is room for."""
        log = self.log
        if log.full:
            return _NOTHING
        shares = log.free * _SHARES // log.pages
        if self._cvt[_STATE] == 0:
            return EVENTS if shares >= _PAD_RESERVE else _NOTHING
        worth = RECORD
        while shares < _RESERVES[worth]:
            worth -= 1
        return worth

    def _erase_next(self):
        """Erases the next sector if it is not blank; none any more once the descent has begun."""
        log = self.log
        ahead = self._erasing
        state = self._cvt[_STATE]
        if state == 0 or state == self._last_state:
            if self._pause:
                self._pause -= 1
                return
            if ahead <= log.sectors:
                if not log.is_blank(ahead):
                    log.erase(ahead)
                    self._pause = _ERASE_PERIOD
                self._erasing = ahead + 1
                return
        log.begin_anew(ahead - 1)
        self._erasing = _NOTHING
        self.keeps = self._worth()
        self._cvt[_BEGAN] = log.number
        self._tell()
        self._events.report(_EVENT_ERASED, self._cvt[_FREE])

    def _tell(self):
        cvt = self._cvt
        log = self.log
        cvt[_FREE] = 0 if log.full else log.free * PAGE
        cvt[_KEEPS] = self.keeps + 1
        ahead = (self._counters.packets[_FULL_RATE] - cvt[_NEXT]) & PACKET_MASK
        cvt[_NEXT] = (cvt[_NEXT] + ahead) & COUNT_MASK
        if self._erasing != _NOTHING:
            cvt[_RECORDER] = _ERASING
        else:
            cvt[_RECORDER] = _FULL if log.full else _RECORDING
