"""Which state of the descent is this, and is it time for the next?

Runs the TRANSITIONS of a mission. Every decision has three legs: a condition that must persist, an
earliest time in the state before which it is not believed, and a backup timer that needs no sensor.
At most one transition a minor frame, so that no two events are ever mistaken for one.
"""

from array import array

from fsw.dictionary.index import channel, event
from fsw.edl.conditions import compiled, hold

_STATE = channel("EDL_STATE")
_PREVIOUS = channel("EDL_PREVIOUS")
_CAUSE = channel("EDL_CAUSE")
_TIME_IN_STATE = channel("EDL_TIME_IN_STATE")
_PERSISTENCE = channel("EDL_PERSISTENCE")
_TRANSITIONS = channel("EDL_TRANSITIONS")
_ALTITUDE = channel("NAV_ALTITUDE")
_EVENT_ENTERED = event("STATE_ENTERED")

PRIMARY, BACKUP = 1, 2  # EDL_CAUSE
NO_BACKUP = (1 << 30) - 1  # minor frames no state ever lasts
_COUNT_MASK = 0xFFFF


class Machine:
    """Reads the channels that the conditions name, writes the EDL channels."""

    def __init__(self, states, transitions, cvt, events):
        """transitions: rows of (from, to, conditions, persistence, earliest, backup), times in
        minor frames in the state; among the rows of one state the first that is due wins.

        Raises ValueError for a state that is not in states, KeyError for an unknown channel.
        """
        self._cvt = cvt
        self._events = events
        self._rows = tuple(
            [
                tuple([self._compiled(states, row, i) for i, row in enumerate(transitions)
                       if row[0] == state])
                for state in states
            ]
        )  # fmt: skip
        for row in transitions:
            states.index(row[0])
        self._held = array("i", [0] * len(transitions))

    @staticmethod
    def _compiled(states, row, number):
        _, to, conditions, persistence, earliest, backup = row
        return (states.index(to), compiled(conditions), persistence, earliest, backup, number)

    def resume(self, frames):
        """Goes on in the state in the CVT after so many minor frames without one."""
        self._cvt[_TIME_IN_STATE] += frames

    def run(self):
        """Task EDL, first half: one look at every way out of this state."""
        cvt = self._cvt
        held = self._held
        time = cvt[_TIME_IN_STATE]
        if time < NO_BACKUP - 1:
            time += 1
        cvt[_TIME_IN_STATE] = time
        longest = 0
        for to, conditions, persistence, earliest, backup, number in self._rows[cvt[_STATE]]:
            if time >= earliest and hold(cvt, conditions):
                held[number] += 1
                if held[number] >= persistence:
                    self._enter(to, PRIMARY)
                    return
            else:
                held[number] = 0
            if time >= backup:
                self._enter(to, BACKUP)
                return
            if held[number] > longest:
                longest = held[number]
        cvt[_PERSISTENCE] = longest

    def _enter(self, state, cause):
        cvt = self._cvt
        for i in range(len(self._held)):
            self._held[i] = 0
        cvt[_PREVIOUS] = cvt[_STATE]
        cvt[_STATE] = state
        cvt[_CAUSE] = cause
        cvt[_TIME_IN_STATE] = 0
        cvt[_PERSISTENCE] = 0
        cvt[_TRANSITIONS] = (cvt[_TRANSITIONS] + 1) & _COUNT_MASK
        self._events.report(_EVENT_ENTERED, state, cvt[_PREVIOUS], cause, cvt[_ALTITUDE])
