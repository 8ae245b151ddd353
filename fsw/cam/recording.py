"""Does each camera say that it records? Pulses and exposures alone fill no card."""

from array import array

from fsw.dictionary.channels import CAMERA_CHANNELS
from fsw.dictionary.index import channel, event

_READY = channel("CAMERAS_READY")
_RECORDING = channel("CAMERAS_RECORDING")
_RATE = tuple([channel("CAM%d_RATE" % n) for n in range(CAMERA_CHANNELS)])

_EVENT_NOT_RECORDING = event("CAMERA_NOT_RECORDING")

SLOW_CHECKS = 8  # at 8 Hz, of filming without confirmation


class Recording:
    """Watches the record-confirm inputs of the cameras that have one."""

    def __init__(self, names, cameras, cvt, events):
        """names: cameras that confirm. Raises ValueError for one that there is not."""
        self._cvt = cvt
        self._events = events
        self._confirming = tuple([cameras.index(name) for name in names])
        self._unconfirmed = array("i", [0] * CAMERA_CHANNELS)

    def check(self):
        """Task CAMERA_ACCOUNTS: reports each camera that films without confirming, once."""
        cvt = self._cvt
        for n in self._confirming:
            films = cvt[_RATE[n]] and cvt[_READY] >> n & 1
            if not films or cvt[_RECORDING] >> n & 1:
                self._unconfirmed[n] = 0
            elif self._unconfirmed[n] < SLOW_CHECKS:
                self._unconfirmed[n] += 1
                if self._unconfirmed[n] == SLOW_CHECKS:
                    self._events.report(_EVENT_NOT_RECORDING, n)
