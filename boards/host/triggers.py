"""When does each trigger pulse fall? Exact counters in place of a board's PIO.

Time runs in counts of 1/76,800 s: a minor frame, a tenth of a second and the period of every usual
camera rate (75, 60, 30, 25, 24, 12, 10, 1 Hz ...) are whole numbers of them, so nothing is rounded
and nothing drifts. The first pulse of a channel lies on a tenth of a second of SCLK.
"""

from array import array

from fsw.dictionary.channels import CAMERA_CHANNELS
from fsw.dictionary.index import channel
from fsw.kernel.cvt import COUNT_MASK

_SCLK_S = channel("SCLK_S")
_SCLK_FRACTION = channel("SCLK_FRACTION")
_TRIGGERED = tuple([channel("CAM%d_TRIGGERED" % n) for n in range(CAMERA_CHANNELS)])
_TAG_S = tuple([channel("CAM%d_TAG_S" % n) for n in range(CAMERA_CHANNELS)])
_TAG_FRACTION = tuple([channel("CAM%d_TAG_FRACTION" % n) for n in range(CAMERA_CHANNELS)])

COUNTS_PER_SECOND = 76800
COUNTS_PER_MINOR_FRAME = COUNTS_PER_SECOND // 64
_TENTH = COUNTS_PER_SECOND // 10


class Triggers:
    """Eight channels of pulses, advanced one minor frame at a time."""

    def __init__(self):
        self._period = array("i", [0] * CAMERA_CHANNELS)  # counts; 0: the channel is off
        self._until = array("i", [0] * CAMERA_CHANNELS)  # counts from frame start to next pulse
        self._tag_s = array("i", [0] * CAMERA_CHANNELS)
        self._tag_fraction = array("i", [0] * CAMERA_CHANNELS)
        self._seconds = 0
        self._fraction = 0

    def set(self, n, pulses, seconds):
        """So many pulses in so many seconds: from the next pulse on, or from the next tenth of a
        second if the channel was off; 0 pulses: off, now. The period is floored to whole counts."""
        if pulses == 0:
            self._period[n] = 0
            return
        if self._period[n] == 0:
            now = (self._fraction >> 10) * COUNTS_PER_MINOR_FRAME
            self._until[n] = -now % _TENTH
        self._period[n] = seconds * COUNTS_PER_SECOND // pulses

    def advance(self, cvt):
        """To the minor frame whose SCLK is in the CVT: counts the pulses of the last one."""
        for n in range(CAMERA_CHANNELS):
            if self._period[n]:
                until = self._until[n]
                while until < COUNTS_PER_MINOR_FRAME:
                    self._pulse(n, (until << 10) // COUNTS_PER_MINOR_FRAME)
                    cvt[_TRIGGERED[n]] = (cvt[_TRIGGERED[n]] + 1) & COUNT_MASK
                    until += self._period[n]
                self._until[n] = until - COUNTS_PER_MINOR_FRAME
            cvt[_TAG_S[n]] = self._tag_s[n]
            cvt[_TAG_FRACTION[n]] = self._tag_fraction[n]
        self._seconds = cvt[_SCLK_S]
        self._fraction = cvt[_SCLK_FRACTION]

    def _pulse(self, n, fraction):
        fraction += self._fraction
        self._tag_s[n] = self._seconds + (fraction >> 16)
        self._tag_fraction[n] = fraction & 0xFFFF
