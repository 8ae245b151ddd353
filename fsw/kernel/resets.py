"""How often was the flight reset, and is it time to ask for less?

Three resets within a window are no accident: a supply that gives way, or a fault that the plan
itself brings about. From the third on the core starts in the safe plan, until a window has passed
without another: every camera has power and films at one modest rate, and deployment outputs stay
off until the state is confirmed, see fsw.cam.plan and fsw.edl.confirmation.
"""

from fsw.dictionary.index import channel, event
from fsw.kernel.cvt import COUNT_MASK
from fsw.schedule import MINOR_FRAMES_PER_SECOND

_FRAME_COUNT = channel("FRAME_COUNT")
_RESETS = channel("RESETS")
_LAST = channel("RESET_LAST")
_BEFORE = channel("RESET_BEFORE")
_SAFE_PLAN = channel("SAFE_PLAN")

_EVENT_BEGUN = event("SAFE_PLAN_BEGUN")
_EVENT_ENDED = event("SAFE_PLAN_ENDED")

WINDOW = 60 * MINOR_FRAMES_PER_SECOND
TOO_MANY = 3
OFF, ON = 0, 1  # of SAFE_PLAN, as far as resets ask for it
_COUNT_MASK = 0xFFFF


class Resets:
    """Counts resets in the CVT, which the checkpoint keeps, and sets SAFE_PLAN."""

    def __init__(self, cvt, events):
        self._cvt = cvt
        self._events = events

    def count(self):
        """After a reset, once the minor frame is known."""
        cvt = self._cvt
        now = cvt[_FRAME_COUNT]
        cvt[_RESETS] = (cvt[_RESETS] + 1) & _COUNT_MASK
        if cvt[_SAFE_PLAN] != ON:  # an anomaly's: it must persist anew
            cvt[_SAFE_PLAN] = OFF
        if cvt[_RESETS] >= TOO_MANY and (now - cvt[_BEFORE]) & COUNT_MASK < WINDOW:
            cvt[_SAFE_PLAN] = ON
        cvt[_BEFORE] = cvt[_LAST]
        cvt[_LAST] = now

    def report(self):
        """After it has been said that the flight was resumed."""
        if self._cvt[_SAFE_PLAN]:
            self._events.report(_EVENT_BEGUN, self._cvt[_RESETS])

    def run(self):
        """Ends the safe plan when it is time."""
        cvt = self._cvt
        if cvt[_SAFE_PLAN] == ON and (cvt[_FRAME_COUNT] - cvt[_LAST]) & COUNT_MASK >= WINDOW:
            cvt[_SAFE_PLAN] = OFF
            self._events.report(_EVENT_ENDED)
