"""Is the microphone recording, and does it hear anything?

In the camera plan the microphone is one more channel: a pulse takes a block of sound. Its gate is
open while that channel has a rate. A recorder that runs but hears only zeros is broken all the
same: that is how the sound of one descent was lost.
"""

from fsw.dictionary.channels import CAMERA_CHANNELS
from fsw.dictionary.index import channel, event

_GATE = channel("MIC_GATE")
_LEVEL = channel("MIC_LEVEL")
_RATE = tuple([channel("CAM%d_RATE" % n) for n in range(CAMERA_CHANNELS)])

_EVENT_GATE = event("MIC_GATE")
_EVENT_DEAF = event("MIC_DEAF")

NAME = "MIC"  # in the cameras of a mission
DEAF_CHECKS = 8  # at 8 Hz, of exact zeros: noise never gives that


class Microphone:
    """Reads the rate of its channel and the level, writes MIC_GATE."""

    def __init__(self, cameras, cvt, events):
        """cameras: those of the mission; without one named MIC there is no microphone."""
        self._cvt = cvt
        self._events = events
        self._rate = _RATE[cameras.index(NAME)] if NAME in cameras else None
        self._heard = False
        self._deaf = 0

    def run(self):
        """Task CAMERAS, last: the gate, and whether there was any sound."""
        if self._rate is None:
            return
        cvt = self._cvt
        gate = 1 if cvt[self._rate] else 0
        if gate != cvt[_GATE]:
            cvt[_GATE] = gate
            self._events.report(_EVENT_GATE, gate)
        if cvt[_LEVEL]:
            self._heard = True

    def check(self):
        """Task CAMERA_ACCOUNTS: reports a microphone that records only zeros, once."""
        if self._heard or not self._cvt[_GATE]:
            self._deaf = 0
        elif self._deaf < DEAF_CHECKS:
            self._deaf += 1
            if self._deaf == DEAF_CHECKS:
                self._events.report(_EVENT_DEAF, DEAF_CHECKS >> 3)
        self._heard = False
