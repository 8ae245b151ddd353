"""Did every pulse become an exposure?

Each camera has one hardware counter of trigger pulses and one of exposures fed back. Their
difference, taken a few minor frames late so that no exposure is still under way, was missed. What
the feedback counters hold at start is not of this flight.
"""

from array import array

from fsw.dictionary.channels import CAMERA_CHANNELS
from fsw.dictionary.index import channel, event
from fsw.kernel.cvt import COUNT_MASK

_FRAME_COUNT = channel("FRAME_COUNT")
_DOUBTED = channel("TRIGGERS_DOUBTED")
_READY = channel("CAMERAS_READY")
_RECORDING = channel("CAMERAS_RECORDING")
_FEEDBACK = tuple([channel("CAM%d_FEEDBACK" % n) for n in range(CAMERA_CHANNELS)])
_TRIGGERED = tuple([channel("CAM%d_TRIGGERED" % n) for n in range(CAMERA_CHANNELS)])
_CONFIRMED = tuple([channel("CAM%d_CONFIRMED" % n) for n in range(CAMERA_CHANNELS)])
_MISSED = tuple([channel("CAM%d_MISSED" % n) for n in range(CAMERA_CHANNELS)])
_STATUS = tuple([channel("CAM%d_STATUS" % n) for n in range(CAMERA_CHANNELS)])
_RATE = tuple([channel("CAM%d_RATE" % n) for n in range(CAMERA_CHANNELS)])

_EVENT_FAULT = event("TRIGGER_FAULT")
_EVENT_SILENT = event("CAMERA_SILENT")
_EVENT_BACK = event("CAMERA_BACK")

RUNNING, SILENT, READY, RECORDING = 1, 2, 4, 8  # bits of CAM STATUS
QUIET_CHECKS = 5  # at 8 Hz without feedback before pulses that were missed are called silence
GRACE = 4  # minor frames an exposure has to be fed back; a power of two


class Accounts:
    """Reads the pulse and feedback counters, writes CONFIRMED, MISSED and STATUS."""

    def __init__(self, cameras, cvt, events):
        """cameras: those of the mission."""
        self._cameras = len(cameras)
        self._cvt = cvt
        self._events = events
        self._feedback = array("i", [0] * CAMERA_CHANNELS)
        self._triggered = array("i", [0] * (CAMERA_CHANNELS * GRACE))
        self._confirmed_before = array("i", [0] * CAMERA_CHANNELS)
        # Pulses sent when feedback came last. Of those before some were under way still, and look
        # missed once the pulses stop: only a later one tells that the camera has fallen silent.
        self._triggered_before = array("i", [0] * CAMERA_CHANNELS)
        self._quiet = array("i", [0] * CAMERA_CHANNELS)
        self._began = False
        self._doubted = 0

    def run(self):
        """Task CAMERAS, second half: counters of this minor frame."""
        cvt = self._cvt
        feedback = self._feedback
        triggered = self._triggered
        if not self._began:
            self._began = True
            for n in range(CAMERA_CHANNELS):
                feedback[n] = cvt[_FEEDBACK[n]]
        late = (cvt[_FRAME_COUNT] & (GRACE - 1)) * CAMERA_CHANNELS
        for n in range(self._cameras):
            count = cvt[_FEEDBACK[n]]
            confirmed = cvt[_CONFIRMED[n]]
            if count != feedback[n]:
                confirmed = (confirmed + ((count - feedback[n]) & 0xFFFF)) & COUNT_MASK
                cvt[_CONFIRMED[n]] = confirmed
                feedback[n] = count
            missed = triggered[late + n] - confirmed
            cvt[_MISSED[n]] = missed if missed > 0 else 0
            triggered[late + n] = cvt[_TRIGGERED[n]]

    def check(self):
        """Task CAMERA_ACCOUNTS: which cameras feed nothing back, said within a second."""
        cvt = self._cvt
        self._watch_triggers()
        for n in range(self._cameras):
            confirmed = cvt[_CONFIRMED[n]]
            missed = cvt[_MISSED[n]]
            status = cvt[_STATUS[n]] & SILENT
            if confirmed != self._confirmed_before[n]:
                if status:
                    self._events.report(_EVENT_BACK, n, missed)
                status = 0
                self._confirmed_before[n] = confirmed
                self._triggered_before[n] = cvt[_TRIGGERED[n]]
                self._quiet[n] = 0
            elif self._quiet[n] < QUIET_CHECKS:
                self._quiet[n] += 1
            elif missed and confirmed + missed > self._triggered_before[n] and not status:
                self._events.report(_EVENT_SILENT, n, missed)
                status = SILENT
            if cvt[_RATE[n]]:
                status |= RUNNING
            if cvt[_READY] >> n & 1:
                status |= READY
            if cvt[_RECORDING] >> n & 1:
                status |= RECORDING
            cvt[_STATUS[n]] = status

    def _watch_triggers(self):
        """Reports each channel whose pulses have become doubtful."""
        doubted = self._cvt[_DOUBTED]
        if doubted == self._doubted:
            return
        for n in range(CAMERA_CHANNELS):
            if doubted & ~self._doubted & 1 << n:
                self._events.report(_EVENT_FAULT, n)
        self._doubted = doubted
