"""When was each state reached? Deployments and cameras count their delays from there.

A state that was skipped counts as reached together with the one after it: what it owed is still
done.
"""

from fsw.dictionary.channels import MOST_STATES
from fsw.dictionary.index import channel
from fsw.kernel.cvt import COUNT_MASK

_STATE = channel("EDL_STATE")
_FRAME_COUNT = channel("FRAME_COUNT")
REACHED = tuple([channel("STATE%d_REACHED" % n) for n in range(MOST_STATES)])

NOT_REACHED = -1


def has_passed(cvt, reached, delay):
    """Whether a delay in minor frames has passed since a state was; reached: its channel."""
    since = cvt[reached]
    if since == NOT_REACHED:
        return False
    return (cvt[_FRAME_COUNT] - since) & COUNT_MASK >= delay


class Reached:
    """Reads the state, writes the STATEnREACHED channels: minor frames, or NOT_REACHED."""

    def __init__(self, cvt):
        self._cvt = cvt
        for index in REACHED:
            cvt[index] = NOT_REACHED

    def run(self):
        """Task EDL, after the state machine."""
        cvt = self._cvt
        state = cvt[_STATE]
        while state >= 0 and cvt[REACHED[state]] == NOT_REACHED:
            cvt[REACHED[state]] = cvt[_FRAME_COUNT]
            state -= 1
