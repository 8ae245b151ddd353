"""Does a camera work? A few pulses on command, and how many of them it fed back.

For a camera that the plan lets rest. One without power gets it for the test. What the plan asks for
meanwhile ends the test.
"""

from fsw.dictionary.channels import CAMERA_CHANNELS
from fsw.dictionary.index import channel, event
from fsw.kernel.cvt import COUNT_MASK

_FRAME_COUNT = channel("FRAME_COUNT")
_TESTED = channel("CAMERAS_TESTED")
_READY = channel("CAMERAS_READY")
_RATE = tuple([channel("CAM%d_RATE" % n) for n in range(CAMERA_CHANNELS)])
_TRIGGERED = tuple([channel("CAM%d_TRIGGERED" % n) for n in range(CAMERA_CHANNELS)])
_CONFIRMED = tuple([channel("CAM%d_CONFIRMED" % n) for n in range(CAMERA_CHANNELS)])

_EVENT_TESTED = event("CAMERA_TESTED")

PULSES_PER_S = 10
_FRAMES_PER_PULSE = 7  # at least: 10 Hz takes 6.4
_GRACE = 16  # minor frames for the last exposure to be fed back
_NONE = -1


class Trial:
    """Sets and clears the bit of CAMERAS_TESTED, one camera at a time."""

    def __init__(self, cameras, cvt, events):
        self._cameras = len(cameras)
        self._cvt = cvt
        self._events = events
        self._camera = _NONE
        self._pulses = 0
        self._triggered = self._confirmed = 0  # before the test
        self._since = 0  # minor frame: test begun, camera ready or last pulse

    def start(self, camera, pulses):
        """Whether the test begins: not of a camera that films or is not there, nor two at once."""
        cvt = self._cvt
        if camera >= self._cameras or cvt[_RATE[camera]] or self._camera != _NONE:
            return False
        self._camera = camera
        self._pulses = pulses
        self._triggered = cvt[_TRIGGERED[camera]]
        self._confirmed = cvt[_CONFIRMED[camera]]
        self._since = cvt[_FRAME_COUNT]
        cvt[_TESTED] = 1 << camera
        return True

    def run(self):
        """Task CAMERAS, once the pulses of this minor frame are counted."""
        n = self._camera
        if n == _NONE:
            return
        cvt = self._cvt
        if cvt[_TESTED]:
            if not cvt[_READY] >> n & 1:
                self._since = cvt[_FRAME_COUNT]
            if self._is_over(n):
                cvt[_TESTED] = 0
                self._since = cvt[_FRAME_COUNT]
        elif self._elapsed() >= _GRACE:
            confirmed = (cvt[_CONFIRMED[n]] - self._confirmed) & COUNT_MASK
            self._events.report(_EVENT_TESTED, n, self._fired(n), confirmed)
            self._camera = _NONE

    def _is_over(self, n):
        if self._cvt[_RATE[n]] or self._fired(n) >= self._pulses:
            return True
        # Trigger hardware that gives no pulses must not keep the test, and the power, for ever.
        return self._elapsed() > (self._pulses + 2) * _FRAMES_PER_PULSE

    def _fired(self, n):
        return (self._cvt[_TRIGGERED[n]] - self._triggered) & COUNT_MASK

    def _elapsed(self):
        return (self._cvt[_FRAME_COUNT] - self._since) & COUNT_MASK
