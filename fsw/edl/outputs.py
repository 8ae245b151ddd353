"""Which deployment outputs are armed, and which are fired?

Runs the DEPLOYMENTS of a mission in two steps: an output is armed in one state and fired in a later
one. Arming needs the jumper that is fitted only for flight, and is looked at again when firing, so
nothing fires on the bench.
"""

from array import array

from fsw.dictionary.channels import ENUMS
from fsw.dictionary.index import channel, event
from fsw.edl.reached import REACHED
from fsw.kernel.cvt import COUNT_MASK

_STATE = channel("EDL_STATE")
_DISCRETES = channel("DISCRETES")
_ARMED = channel("OUTPUTS_ARMED")
_FIRED = channel("OUTPUTS_FIRED")
_FRAME_COUNT = channel("FRAME_COUNT")
_HELD = channel("OUTPUTS_HELD")

_EVENT_ARMED = event("OUTPUT_ARMED")
_EVENT_FIRED = event("OUTPUT_FIRED")
_EVENT_INHIBITED = event("OUTPUT_INHIBITED")

_JUMPER = 1 << ENUMS["DISCRETES"].index("ARMING_JUMPER")


class Outputs:
    """Reads the state, writes OUTPUTS_ARMED and OUTPUTS_FIRED, drives the board."""

    def __init__(self, states, outputs, deployments, cvt, board, events):
        """deployments: rows of (output, state that arms it, state that fires it, delay in minor
        frames, outputs that must have fired before). Raises ValueError for an unknown name, or an
        output armed no earlier than fired."""
        self._cvt = cvt
        self._board = board
        self._events = events
        self._bit = array("i", [1 << outputs.index(row[0]) for row in deployments])
        self._arm_state = array("i", [states.index(row[1]) for row in deployments])
        self._fire_state = array("i", [states.index(row[2]) for row in deployments])
        self._reached = array("i", [REACHED[n] for n in self._fire_state])
        self._delay = array("i", [row[3] for row in deployments])
        self._before = array(
            "i", [sum([1 << outputs.index(name) for name in row[4]]) for row in deployments]
        )
        self._inhibited = 0
        self._held = False
        for i in range(len(deployments)):
            if self._arm_state[i] >= self._fire_state[i]:
                raise ValueError("output %s is armed no earlier than fired" % deployments[i][0])

    def run(self):
        """Task EDL, second half: arms and fires what this state owes, unless outputs are held."""
        cvt = self._cvt
        if cvt[_HELD]:
            self._held = True
            return
        if self._held:
            self._held = False
            self._board.drive_outputs(cvt[_FIRED])
        state = cvt[_STATE]
        for i in range(len(self._bit)):
            bit = self._bit[i]
            if cvt[_FIRED] & bit:
                continue
            if state >= self._arm_state[i]:
                self._arm(bit)
            if state >= self._fire_state[i]:
                since = (cvt[_FRAME_COUNT] - cvt[self._reached[i]]) & COUNT_MASK
                if since >= self._delay[i]:
                    self._fire(bit, self._before[i])

    def _arm(self, bit):
        cvt = self._cvt
        if cvt[_DISCRETES] & _JUMPER:
            if not cvt[_ARMED] & bit:
                cvt[_ARMED] |= bit
                self._events.report(_EVENT_ARMED, bit)
        else:
            cvt[_ARMED] &= ~bit

    def _fire(self, bit, before):
        cvt = self._cvt
        if cvt[_ARMED] & bit and cvt[_FIRED] & before == before:
            cvt[_FIRED] |= bit
            self._board.drive_outputs(cvt[_FIRED])
            self._events.report(_EVENT_FIRED, bit)
        elif not self._inhibited & bit:
            self._inhibited |= bit
            self._events.report(_EVENT_INHIBITED, bit)
