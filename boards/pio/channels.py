"""Which pulses did the PIO give, and when? The exact schedule, with hardware that keeps it.

The hardware counts; when a pulse fell is reckoned: it is known to the clock from the tenth of a
second it began at and the periods since. For that it must be certain which pulse a new period
begins with, so none is sent while a pulse is near: it waits for the next minor frame. A count that
cannot come from the periods asked for is doubted, and said.
"""

from array import array

from boards.pio.program import OFF, low_word
from boards.triggers import COUNTS_PER_MINOR_FRAME, Triggers
from fsw.dictionary.channels import CAMERA_CHANNELS
from fsw.dictionary.index import channel
from fsw.kernel.cvt import COUNT_MASK

_DOUBTED = channel("TRIGGERS_DOUBTED")
_TRIGGERED = tuple([channel("CAM%d_TRIGGERED" % n) for n in range(CAMERA_CHANNELS)])

GUARD = 1800  # counts, 0.3 ms: the processor may take so long between reading the time and writing
_PATIENCE = 8  # minor frames beside two periods until a count that lags is doubted


class Channels(Triggers):
    """Drives state machines that run trigger.pio, through an object of four methods:

    put(n, word)   sends a word to state machine n
    has_room(n)    whether it can take one
    number(n)      the number of the last pulse it told of since the last call, from 0; -1: none
    offset()       counts of fsw.cam.rates since this minor frame should have begun
    """

    def __init__(self, pio, width_clocks):
        """width_clocks: of the pulses of each channel, already sent. The rising edges of the grid
        must lie on tenths of a second of SCLK."""
        Triggers.__init__(self)
        self._pio = pio
        self._width = width_clocks
        self._heard = array("i", [0] * CAMERA_CHANNELS)  # pulses, as the hardware counts
        self._counted = array("i", [0] * CAMERA_CHANNELS)
        self._lagging = array("i", [0] * CAMERA_CHANNELS)  # minor frames

    def offset(self):
        return self._pio.offset()

    def takes(self, n, now, next_pulse):
        """Whether no pulse has just been or is just coming."""
        if not self._pio.has_room(n):
            return False
        past = now - next_pulse
        if past < 0:
            return past < -GUARD
        period = self.period[n]
        past %= period
        return past > GUARD and period - past > GUARD

    def send(self, n, period):
        self._pio.put(n, low_word(period, self._width[n]) if period else OFF)

    def account(self, n, cvt):
        """Counts the pulses that were both due and heard of; doubts what cannot agree."""
        number = self._pio.number(n)
        if number >= 0:
            self._heard[n] = number + 1
        ahead = self._heard[n] - self.reckoned[n]
        sure = self._heard[n] if ahead < 0 else self.reckoned[n]
        cvt[_TRIGGERED[n]] = (cvt[_TRIGGERED[n]] + sure - self._counted[n]) & COUNT_MASK
        self._counted[n] = sure
        if ahead >= 0:
            self._lagging[n] = 0
            self.tag(n, cvt)
            doubted = ahead > 0 and not self._may_be_ahead(n, ahead)
        else:
            # Unread for long, the hardware tells of pulses again only with the next one.
            if self._pio.offset() < COUNTS_PER_MINOR_FRAME:  # not making up for lost time
                self._lagging[n] = min(self._lagging[n] + 1, COUNT_MASK)
            period = self.period[n] // COUNTS_PER_MINOR_FRAME
            doubted = self._lagging[n] > _PATIENCE + 2 * period
        bit = 1 << n
        cvt[_DOUBTED] = cvt[_DOUBTED] | bit if doubted else cvt[_DOUBTED] & ~bit

    def _may_be_ahead(self, n, pulses):
        """Whether so many pulses may be heard of before they are due here: those of the minor frame
        that has begun."""
        period = self.period[n]
        if not period:
            return False
        past = self._pio.offset() + GUARD - self.until[n]
        return past >= 0 and pulses <= past // period + 1
