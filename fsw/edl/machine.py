"""Which state of the descent is this, and is it time for the next?

Runs the TRANSITIONS of a mission. Every decision has three legs: a condition that must persist, an
earliest time in the state before which it is not believed, and a backup timer that needs no sensor.
At most one transition a minor frame, so that no two events are ever mistaken for one.
"""

from fsw.dictionary.channels import MOST_WAYS
from fsw.dictionary.index import channel, event
from fsw.edl.conditions import compiled, hold

_STATE = channel("EDL_STATE")
_PREVIOUS = channel("EDL_PREVIOUS")
_CAUSE = channel("EDL_CAUSE")
_TIME_IN_STATE = channel("EDL_TIME_IN_STATE")
_PERSISTENCE = channel("EDL_PERSISTENCE")
_TRANSITIONS = channel("EDL_TRANSITIONS")
_ALTITUDE = channel("NAV_ALTITUDE")
HELD = tuple([channel("WAY%d_HELD" % n) for n in range(MOST_WAYS)])  # out of this state
_EVENT_ENTERED = event("STATE_ENTERED")

PRIMARY, BACKUP = 1, 2  # EDL_CAUSE
NO_BACKUP = (1 << 30) - 1  # minor frames no state ever lasts
_SEEN_ANEW = 16  # minor frames after a reset
_COUNT_MASK = 0xFFFF


class Machine:
    """Reads the channels that the conditions name, writes the EDL channels."""

    def __init__(self, states, transitions, cvt, events):
        """transitions: rows of (from, to, conditions, persistence, earliest, backup), times in
        minor frames in the state; among the rows of one state the first that is due wins.

        Raises ValueError for a state that is not in states, or that has more than MOST_WAYS out;
        KeyError for an unknown channel.
        """
        self._cvt = cvt
        self._events = events
        for row in transitions:
            states.index(row[0])
        self._rows = tuple([self._ways(states, transitions, state) for state in states])
        self._seen = _SEEN_ANEW  # minor frames since a reset, up to this

    @staticmethod
    def _ways(states, transitions, state):
        ways = []
        for origin, to, conditions, persistence, earliest, backup in transitions:
            if origin != state:
                continue
            if len(ways) == MOST_WAYS:
                raise ValueError("more than %d transitions out of %s" % (MOST_WAYS, state))
            held = HELD[len(ways)]
            row = (states.index(to), compiled(conditions), persistence, earliest, backup, held)
            ways.append(row)
        return tuple(ways)

    def resume(self, frames):
        """Goes on in the state in the CVT after so many minor frames without one.

        A condition that held before and still holds is taken to have held all the while; but it has
        to persist anew, for a quarter of a second at most, before it is believed.
        """
        cvt = self._cvt
        cvt[_TIME_IN_STATE] += frames
        self._seen = 0
        for index in HELD:
            if cvt[index]:
                cvt[index] = min(cvt[index] + frames, _COUNT_MASK)

    def run(self):
        """Task EDL, first half: one look at every way out of this state."""
        cvt = self._cvt
        seen = self._seen
        if seen < _SEEN_ANEW:
            self._seen = seen = seen + 1
        time = cvt[_TIME_IN_STATE]
        if time < NO_BACKUP - 1:
            time += 1
        cvt[_TIME_IN_STATE] = time
        longest = 0
        for to, conditions, persistence, earliest, backup, index in self._rows[cvt[_STATE]]:
            held = 0
            if time >= earliest and hold(cvt, conditions):
                held = cvt[index] + 1
                if held >= persistence and (seen >= _SEEN_ANEW or seen >= persistence):
                    self._enter(to, PRIMARY)
                    return
            cvt[index] = held
            if time >= backup:
                self._enter(to, BACKUP)
                return
            if held > longest:
                longest = held
        cvt[_PERSISTENCE] = longest

    def _enter(self, state, cause):
        cvt = self._cvt
        for index in HELD:
            cvt[index] = 0
        cvt[_PREVIOUS] = cvt[_STATE]
        cvt[_STATE] = state
        cvt[_CAUSE] = cause
        cvt[_TIME_IN_STATE] = 0
        cvt[_PERSISTENCE] = 0
        cvt[_TRANSITIONS] = (cvt[_TRANSITIONS] + 1) & _COUNT_MASK
        self._events.report(_EVENT_ENTERED, state, cvt[_PREVIOUS], cause, cvt[_ALTITUDE])
