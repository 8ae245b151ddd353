"""Which rate does each camera have now?

Runs the CAMERA_PLAN of a mission. The rows of one camera are taken in order, each once: a row is
due a delay after its state was reached and, where it names a ceiling, once the vehicle is below
it. Software only changes the plan; the pulses come from the board's counters. Those planned for a
camera that has not started are held back, and counted. While the safe plan is in force, every
camera has one rate instead, and the rows that become due wait for its end.
"""

from array import array

from fsw.cam.rates import period
from fsw.cam.trial import PULSES_PER_S
from fsw.dictionary.channels import CAMERA_CHANNELS
from fsw.dictionary.index import channel, event
from fsw.edl.reached import NOT_REACHED, REACHED, has_passed
from fsw.schedule import MINOR_FRAMES_PER_SECOND

_ALTITUDE = channel("NAV_ALTITUDE")
_READY = channel("CAMERAS_READY")
_TESTED = channel("CAMERAS_TESTED")
_SAFE_PLAN = channel("SAFE_PLAN")
_RATE = tuple([channel("CAM%d_RATE" % n) for n in range(CAMERA_CHANNELS)])
_INHIBITED = tuple([channel("CAM%d_INHIBITED" % n) for n in range(CAMERA_CHANNELS)])

_INHIBITED_MASK = 0xFFFF
_EVENT_PLAN = event("CAMERA_PLAN")

NO_CEILING = (1 << 30) - 1  # altitude counts
SAFE_PULSES_PER_S = 10  # enough to see what happens, a quarter of what the plans ask for


class Plan:
    """Reads states, altitude and which cameras are ready; sets trigger rates on the board, and the
    RATE and INHIBITED channels."""

    def __init__(self, states, cameras, rows, cvt, board, events):
        """rows: (camera, state, delay in minor frames, ceiling in altitude counts, pulses,
        seconds): so many pulses in so many seconds, 0 for none. Raises ValueError for an unknown
        name, and for a rate that cannot be kept to the clock."""
        self._cvt = cvt
        self._board = board
        self._events = events
        self._rows = tuple(
            [
                tuple(
                    [
                        (REACHED[states.index(row[1])],) + tuple(row[2:])
                        for row in rows
                        if row[0] == camera
                    ]
                )
                for camera in cameras
            ]
        )
        for row in rows:
            cameras.index(row[0])
            if row[4]:
                _check_rate(row)
        self._next = array("i", [0] * len(cameras))
        self._pulses = array("i", [0] * len(cameras))  # as planned
        self._seconds = array("i", [1] * len(cameras))
        self._given_pulses = array("i", [0] * len(cameras))  # as the board was told
        self._given_seconds = array("i", [1] * len(cameras))
        self._held_back = array("i", [0] * len(cameras))  # part of the next pulse, in 1/64 a second
        self._safe = self._ready = self._tested = 0

    def run(self):
        """Task CAMERAS, after Power: takes the rows that have become due, tells the board."""
        cvt = self._cvt
        safe = cvt[_SAFE_PLAN]
        ready = cvt[_READY]
        tested = cvt[_TESTED]
        changed = safe != self._safe or ready != self._ready or tested != self._tested
        if safe != self._safe:
            self._safe = safe
            for camera in range(len(self._rows)):
                self._show_rate(camera)
        self._ready = ready
        self._tested = tested
        for camera in range(len(self._rows)):
            if self._take_due(camera) or changed or not ready >> camera & 1:
                self._drive(camera)

    def _take_due(self, camera):
        """Whether a row of a camera has become due, which it is then."""
        rows = self._rows[camera]
        number = first = self._next[camera]
        while number < len(rows) and self._is_due(rows[number]):
            number += 1
        if number == first:
            return False
        self._next[camera] = number
        self._take(camera, rows[number - 1])
        return True

    def _is_due(self, row):
        cvt = self._cvt
        if cvt[row[0]] == NOT_REACHED:
            return False
        return has_passed(cvt, row[0], row[1]) and cvt[_ALTITUDE] <= row[2]

    def _take(self, camera, row):
        self._pulses[camera] = row[3]
        self._seconds[camera] = row[4]
        self._show_rate(camera)
        self._events.report(_EVENT_PLAN, camera, row[3] * 100 // row[4])

    def _show_rate(self, camera):
        rate = self._pulses[camera] * 100 // self._seconds[camera]
        self._cvt[_RATE[camera]] = SAFE_PULSES_PER_S * 100 if self._safe else rate

    def _drive(self, camera):
        cvt = self._cvt
        pulses = self._pulses[camera]
        seconds = self._seconds[camera]
        if self._safe:
            pulses = SAFE_PULSES_PER_S
            seconds = 1
        if not pulses and cvt[_TESTED] >> camera & 1:
            pulses = PULSES_PER_S
        if not cvt[_READY] >> camera & 1:
            if self._rate_is_set(camera):
                self._hold_back(camera, pulses, seconds)
            pulses = 0
        if pulses != self._given_pulses[camera] or seconds != self._given_seconds[camera]:
            self._given_pulses[camera] = pulses
            self._given_seconds[camera] = seconds
            self._board.set_trigger(camera, pulses, seconds)

    def _rate_is_set(self, camera):
        """Whether it is to film, and not merely under test."""
        return self._safe or self._pulses[camera]

    def _hold_back(self, camera, pulses, seconds):
        """Counts the pulses that would have been sent in this minor frame."""
        held_back = self._held_back[camera] + pulses
        pulse = seconds * MINOR_FRAMES_PER_SECOND
        while held_back >= pulse:
            held_back -= pulse
            self._cvt[_INHIBITED[camera]] = (self._cvt[_INHIBITED[camera]] + 1) & _INHIBITED_MASK
        self._held_back[camera] = held_back


def _check_rate(row):
    try:
        period(row[4], row[5])
    except ValueError as error:
        raise ValueError("camera plan, %s in %s: %s" % (row[0], row[1], error)) from error
