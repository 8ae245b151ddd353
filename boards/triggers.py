"""When does each trigger pulse fall? The exact schedule of eight channels.

Time runs in counts of fsw.cam.rates, of which a minor frame, a tenth of a second and the period of
every rate that a mission may ask for are whole numbers, so nothing is rounded and nothing drifts.
The first pulse of a channel lies on a tenth of a second of SCLK. A simulated board gives these
pulses; boards/pio has hardware give them.
"""

from array import array

from fsw.cam.rates import COUNTS_PER_SECOND, period
from fsw.dictionary.channels import CAMERA_CHANNELS
from fsw.dictionary.index import channel
from fsw.kernel.cvt import COUNT_MASK

_SCLK_S = channel("SCLK_S")
_SCLK_FRACTION = channel("SCLK_FRACTION")
_TRIGGERED = tuple([channel("CAM%d_TRIGGERED" % n) for n in range(CAMERA_CHANNELS)])
_TAG_S = tuple([channel("CAM%d_TAG_S" % n) for n in range(CAMERA_CHANNELS)])
_TAG_FRACTION = tuple([channel("CAM%d_TAG_FRACTION" % n) for n in range(CAMERA_CHANNELS)])

COUNTS_PER_MINOR_FRAME = COUNTS_PER_SECOND // 64
COUNTS_PER_TENTH = COUNTS_PER_SECOND // 10

_NO_CHANGE = -1


class Triggers:
    """Channels of pulses, advanced one minor frame at a time."""

    def __init__(self):
        zeros = [0] * CAMERA_CHANNELS
        self._wanted = array("i", zeros)  # period in counts; 0: off
        self.period = array("i", zeros)  # as it is now
        self.change = array("i", [_NO_CHANGE] * CAMERA_CHANNELS)  # period from the next pulse on
        self._since = array("i", zeros)  # from when on that holds, counts from this frame's start
        self._begun = array("i", zeros)  # whether it has given its first pulse
        self.until = array("i", zeros)  # next pulse, counts from the start of this frame
        self.reckoned = array("i", zeros)  # pulses so far
        self.tag_s = array("i", zeros)
        self.tag_fraction = array("i", zeros)
        self._seconds = 0
        self._fraction = 0
        self._used = 0  # channels from the first on that were ever asked for pulses

    def set(self, n, pulses, seconds):
        """So many pulses in so many seconds: from the next pulse on, or from the next tenth of a
        second if the channel was off; 0 pulses: off, once the last period is over. A rate that
        fsw.cam.rates.period() takes."""
        self._wanted[n] = period(pulses, seconds) if pulses else 0
        if pulses and n >= self._used:
            self._used = n + 1
        self._offer(n)

    def advance(self, cvt):
        """To the minor frame whose SCLK is in the CVT: counts the pulses of the last one."""
        for n in range(self._used):
            if self.period[n]:
                self._reckon(n)
            self.account(n, cvt)
        self._seconds = cvt[_SCLK_S]
        self._fraction = cvt[_SCLK_FRACTION]
        for n in range(self._used):
            if self._wanted[n] != self.period[n]:
                self._offer(n)

    def offset(self):
        """Counts since the start of this minor frame: here nothing takes any time."""
        return 0

    def takes(self, n, now, next_pulse):
        """Whether a change now is certain to be taken with the next pulse."""
        return True

    def send(self, n, period):
        """Tells whatever gives the pulses of a new period."""

    def account(self, n, cvt):
        """Counts and tags the pulses of the last minor frame: all that were due."""
        pulses = self.reckoned[n]
        self.reckoned[n] = 0
        cvt[_TRIGGERED[n]] = (cvt[_TRIGGERED[n]] + pulses) & COUNT_MASK
        self.tag(n, cvt)

    def tag(self, n, cvt):
        """Writes the time of the last pulse reckoned."""
        cvt[_TAG_S[n]] = self.tag_s[n]
        cvt[_TAG_FRACTION[n]] = self.tag_fraction[n]

    def _offer(self, n):
        """Takes up the wanted period, unless another is on its way still."""
        if self.change[n] != _NO_CHANGE or self._wanted[n] == self.period[n]:
            return
        now = self.offset()
        if self.period[n]:
            next_pulse = self.until[n]
        else:
            start = (self._fraction >> 10) * COUNTS_PER_MINOR_FRAME
            next_pulse = now + COUNTS_PER_TENTH - (start + now) % COUNTS_PER_TENTH
        if not self.takes(n, now, next_pulse):
            return
        self.send(n, self._wanted[n])
        if self.period[n]:
            self.change[n] = self._wanted[n]
            # What has been started gives its first pulse.
            self._since[n] = now if self._begun[n] else next_pulse + 1
        else:
            self.period[n] = self._wanted[n]
            self.until[n] = next_pulse
            self._begun[n] = 0

    def _reckon(self, n):
        """The pulses that fall into the minor frame that is over."""
        until = self.until[n]
        while until < COUNTS_PER_MINOR_FRAME:
            if self.change[n] != _NO_CHANGE and until >= self._since[n]:
                self.period[n] = self.change[n]
                self.change[n] = _NO_CHANGE
                if not self.period[n]:
                    return
            self.reckoned[n] += 1
            self._begun[n] = 1
            fraction = self._fraction + (until << 10) // COUNTS_PER_MINOR_FRAME
            self.tag_s[n] = self._seconds + (fraction >> 16)
            self.tag_fraction[n] = fraction & 0xFFFF
            until += self.period[n]
        self.until[n] = until - COUNTS_PER_MINOR_FRAME
        if self.change[n] != _NO_CHANGE:
            self._since[n] -= COUNTS_PER_MINOR_FRAME
