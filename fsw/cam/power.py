"""Which camera has power, which has started, and what is tried when one falls silent?

A camera takes seconds to start. CAMERA_POWER of a mission says from when to when each has power and
how long it takes: pulses planned before that are held back. One that falls silent is switched off
and on again, a few times in all; the others never notice.
"""

from array import array

from fsw.cam.accounts import SILENT
from fsw.dictionary.channels import CAMERA_CHANNELS
from fsw.dictionary.index import channel, event, parameter
from fsw.edl.reached import NOT_REACHED, REACHED, has_passed
from fsw.kernel.cvt import COUNT_MASK

_FRAME_COUNT = channel("FRAME_COUNT")
_POWERED = channel("CAMERAS_POWERED")
_READY = channel("CAMERAS_READY")
_TESTED = channel("CAMERAS_TESTED")
_SAFE_PLAN = channel("SAFE_PLAN")
_STATUS = tuple([channel("CAM%d_STATUS" % n) for n in range(CAMERA_CHANNELS)])
_SINCE = tuple([channel("CAM%d_SINCE" % n) for n in range(CAMERA_CHANNELS)])
_TRIGGERED = tuple([channel("CAM%d_TRIGGERED" % n) for n in range(CAMERA_CHANNELS)])

_RETRIES = parameter("CAMERA_RETRIES")

_EVENT_RETRY = event("CAMERA_RETRY")
_EVENT_GIVEN_UP = event("CAMERA_GIVEN_UP")

_OFF, _STARTING, _STARTED = 0, 1, 2
OFF_FRAMES = 64  # minor frames without power after which a camera has forgotten everything
LINGER = 32  # minor frames of power beyond its time, for the last exposure
_TELLING = 2  # pulses after a start, and
_TELLING_FRAMES = 64  # minor frames, before silence is the camera's fault


class Power:
    """Writes CAMERAS_POWERED and CAMERAS_READY, switches the board's camera power."""

    def __init__(self, states, cameras, rows, cvt, board, events, parameters):
        """rows: (camera, state that switches on, delay, state that switches off, delay, start) with
        times in minor frames; a camera without a row has power of its own and is always ready.
        Raises ValueError for an unknown name."""
        self._cvt = cvt
        self._board = board
        self._events = events
        self._values = parameters.values
        self._rows = tuple(
            [
                (
                    cameras.index(camera),
                    REACHED[states.index(on)],
                    on_delay,
                    REACHED[states.index(off)],
                    off_delay,
                    start,
                )
                for camera, on, on_delay, off, off_delay, start in rows
            ]
        )
        self._phase = array("i", [_OFF] * CAMERA_CHANNELS)
        self._pulses = array("i", [0] * CAMERA_CHANNELS)  # sent before it had started
        self._tries = array("i", [0] * CAMERA_CHANNELS)
        self._lingers = array("i", [0] * CAMERA_CHANNELS)
        # Bit n: it has started in its time, and goes on until that ends or it falls silent. Most
        # cameras most of the time: to look at all that could be is the longest task there is.
        self._steady = 0
        self._driven = 0
        for index in _SINCE:
            cvt[index] = -OFF_FRAMES & COUNT_MASK
        own = (1 << len(cameras)) - 1
        for row in self._rows:
            own &= ~(1 << row[0])
        cvt[_POWERED] = cvt[_READY] = own

    def resume(self):
        """After a reset, over which boards keep camera power: cameras have gone on starting."""
        cvt = self._cvt
        for row in self._rows:
            n = row[0]
            if cvt[_POWERED] >> n & 1:
                self._phase[n] = _STARTED if cvt[_READY] >> n & 1 else _STARTING
                self._pulses[n] = cvt[_TRIGGERED[n]]

    def run(self):
        """Task CAMERAS, before the plan."""
        cvt = self._cvt
        for row in self._rows:
            n = row[0]
            if (
                self._steady >> n & 1
                and cvt[row[3]] == NOT_REACHED
                and not cvt[_STATUS[n]] & SILENT
            ):
                continue
            self._step(row)
        if cvt[_POWERED] != self._driven:
            self._driven = cvt[_POWERED]
            self._board.power_cameras(self._driven)

    def _step(self, row):
        n = row[0]
        phase = self._phase[n]
        if self._is_wanted(row):
            self._lingers[n] = LINGER
        elif self._lingers[n]:
            self._lingers[n] -= 1
        if not self._lingers[n]:
            if phase != _OFF:
                self._enter(n, _OFF)
        elif phase == _OFF:
            if self._time_in_phase(n) >= OFF_FRAMES:
                self._enter(n, _STARTING)
        elif phase == _STARTING:
            if self._time_in_phase(n) >= row[5]:
                self._enter(n, _STARTED)
        elif self._cvt[_STATUS[n]] & SILENT:
            self._try_again(n)
        elif has_passed(self._cvt, row[1], row[2]):
            self._steady |= 1 << n

    def _is_wanted(self, row):
        cvt = self._cvt
        if cvt[_SAFE_PLAN] or cvt[_TESTED] >> row[0] & 1:
            return True
        return has_passed(cvt, row[1], row[2]) and not has_passed(cvt, row[3], row[4])

    def _time_in_phase(self, n):
        return (self._cvt[_FRAME_COUNT] - self._cvt[_SINCE[n]]) & COUNT_MASK

    def _enter(self, n, phase):
        cvt = self._cvt
        self._phase[n] = phase
        cvt[_SINCE[n]] = cvt[_FRAME_COUNT]
        bit = 1 << n
        self._steady &= ~bit
        cvt[_POWERED] = cvt[_POWERED] & ~bit if phase == _OFF else cvt[_POWERED] | bit
        cvt[_READY] = cvt[_READY] | bit if phase == _STARTED else cvt[_READY] & ~bit
        self._pulses[n] = cvt[_TRIGGERED[n]]

    def _try_again(self, n):
        """Off and on again, unless that was tried often enough or it has only just started."""
        pulses = (self._cvt[_TRIGGERED[n]] - self._pulses[n]) & COUNT_MASK
        if pulses < _TELLING or self._time_in_phase(n) < _TELLING_FRAMES:
            return
        most = self._values[_RETRIES]
        if self._tries[n] < most:
            self._tries[n] += 1
            self._events.report(_EVENT_RETRY, n, self._tries[n])
            self._enter(n, _OFF)
        elif self._tries[n] == most:
            self._tries[n] += 1
            self._events.report(_EVENT_GIVEN_UP, n, most)
