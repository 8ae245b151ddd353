"""Is the state that a checkpoint tells of the right one? Asked after repeated resets only.

Until it is confirmed, no deployment output is driven: what drew the supply down must not do so
again at once, and nothing fires on the word of a checkpoint alone. Three legs confirm it: the
condition of a transition into this state, which must persist as ever; the next transition; and a
backup timer, so that a dead sensor cannot keep a parachute in its pack.
"""

from fsw.dictionary.index import channel, event
from fsw.edl.conditions import compiled, hold
from fsw.edl.machine import BACKUP, PRIMARY

_STATE = channel("EDL_STATE")
_TRANSITIONS = channel("EDL_TRANSITIONS")
_FIRED = channel("OUTPUTS_FIRED")
_HELD = channel("OUTPUTS_HELD")

_EVENT_HELD = event("OUTPUTS_HELD")
_EVENT_RELEASED = event("OUTPUTS_RELEASED")

# Minor frames: longer than the persistence of nearly every condition, shorter than a fall.
LONGEST = 128


class Confirmation:
    """Holds the deployment outputs by OUTPUTS_HELD, and releases them."""

    def __init__(self, states, transitions, cvt, events):
        """transitions: of the mission, see fsw.edl.machine."""
        self._cvt = cvt
        self._events = events
        self._into = tuple(
            [
                tuple([(compiled(row[2]), row[3]) for row in transitions if row[1] == state])
                for state in states
            ]
        )
        self._held = [0] * max([len(rows) for rows in self._into])
        self._waited = 0
        self._transitions = 0

    def begin(self):
        """Holds the outputs from here on."""
        cvt = self._cvt
        cvt[_HELD] = 1
        self._transitions = cvt[_TRANSITIONS]
        self._events.report(_EVENT_HELD, cvt[_FIRED], cvt[_STATE])

    def run(self):
        """Task EDL, between state machine and outputs."""
        cvt = self._cvt
        if not cvt[_HELD]:
            return
        self._waited += 1
        if self._agrees() or cvt[_TRANSITIONS] != self._transitions:
            self._release(PRIMARY)
        elif self._waited >= LONGEST:
            self._release(BACKUP)

    def _agrees(self):
        """Whether a condition that leads into this state has held for as long as it must."""
        i = 0
        for conditions, persistence in self._into[self._cvt[_STATE]]:
            if hold(self._cvt, conditions):
                self._held[i] += 1
                if self._held[i] >= persistence:
                    return True
            else:
                self._held[i] = 0
            i += 1
        return False

    def _release(self, cause):
        cvt = self._cvt
        cvt[_HELD] = 0
        self._events.report(_EVENT_RELEASED, cvt[_STATE], cause, cvt[_FIRED])
