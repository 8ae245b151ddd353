"""Which rate does each camera have now?

Runs the CAMERA_PLAN of a mission. The rows of one camera are taken in order, each once: a row is
due a delay after its state was reached and, where it names a ceiling, once the vehicle is below
it. Software only changes the plan; the pulses come from the board's counters.
"""

from array import array

from fsw.dictionary.channels import CAMERA_CHANNELS
from fsw.dictionary.index import channel, event
from fsw.edl.reached import NOT_REACHED
from fsw.kernel.cvt import COUNT_MASK

_FRAME_COUNT = channel("FRAME_COUNT")
_ALTITUDE = channel("NAV_ALTITUDE")
_MIC_GATE = channel("MIC_GATE")
_RATE = tuple([channel("CAM%d_RATE" % n) for n in range(CAMERA_CHANNELS)])

_EVENT_PLAN = event("CAMERA_PLAN")

NO_CEILING = (1 << 30) - 1  # altitude counts


class Plan:
    """Reads state, time and altitude; sets trigger rates on the board and the RATE channels."""

    def __init__(self, states, cameras, rows, cvt, board, events):
        """rows: (camera, state, delay in minor frames, ceiling in altitude counts, pulses,
        seconds): so many pulses in so many seconds, 0 for none. Raises ValueError for an unknown
        name."""
        self._cvt = cvt
        self._board = board
        self._events = events
        self._rows = tuple(
            [
                tuple(
                    [
                        (channel("STATE%d_REACHED" % states.index(row[1])),) + tuple(row[2:])
                        for row in rows
                        if row[0] == camera
                    ]
                )
                for camera in cameras
            ]
        )
        for row in rows:
            cameras.index(row[0])
        self._next = array("i", [0] * len(cameras))

    def run(self):
        """Task CAMERAS, first half: takes the rows that have become due."""
        for camera in range(len(self._rows)):
            rows = self._rows[camera]
            number = self._next[camera]
            while number < len(rows) and self._is_due(rows[number]):
                number += 1
            if number != self._next[camera]:
                self._next[camera] = number
                self._apply(camera, rows[number - 1])

    def _is_due(self, row):
        reached = self._cvt[row[0]]
        if reached == NOT_REACHED:
            return False
        if (self._cvt[_FRAME_COUNT] - reached) & COUNT_MASK < row[1]:
            return False
        return self._cvt[_ALTITUDE] <= row[2]

    def _apply(self, camera, row):
        rate = row[3] * 100 // row[4]
        self._cvt[_RATE[camera]] = rate
        self._board.set_trigger(camera, row[3], row[4])
        self._events.report(_EVENT_PLAN, camera, rate)
