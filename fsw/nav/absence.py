"""How did the vehicle move while the processor was away?

After a reset, force and pitch rate are known at both ends of the time away: what was sensed before
is in the checkpoint, and the sensors tell what is now. Between them they are taken to have changed
evenly. A velocity that may be wrong by too much after that is in doubt, and no decision rests on it
until something has corrected it.
"""

from fsw.dictionary.index import channel
from fsw.kernel.cvt import COUNT_MASK
from fsw.kernel.fixed import magnitude
from fsw.nav.status import AT_REST, INITIALISED

_ALTITUDE = channel("NAV_ALTITUDE")
_VERTICAL = channel("NAV_VERTICAL_VELOCITY")
_HORIZONTAL = channel("NAV_HORIZONTAL_VELOCITY")
_PITCH = channel("NAV_PITCH")
_SPEED = channel("NAV_SPEED")
_STATUS = channel("NAV_STATUS")

LONGEST = 512  # minor frames, eight seconds: over more, what happened in between is a guess
_STEPS = 8
_ALLOWED_SHIFT = 4  # of the speed, for what the velocity may be wrong by
_ALLOWED = 1 << 16  # a metre a second, beside it


class Absence:
    """Moves what is reckoned over the time away, in the first minor frame after it."""

    def __init__(self, cvt, reckoning, inertial):
        self._cvt = cvt
        self._reckoning = reckoning
        self._inertial = inertial
        self.frames = 0  # still to be made up for
        self._axial = self._normal = self._rate = 0
        self._sensed = False

    def begin(self, frames):
        """Takes up what the checkpoint brought into the CVT, so many minor frames (0 .. 2^13) ago.
        To be called once the inertial unit has."""
        cvt = self._cvt
        inertial = self._inertial
        self.frames = frames
        self._axial = inertial.axial
        self._normal = inertial.normal
        self._rate = inertial.rate
        self._sensed = inertial.carried
        self._reckoning.set(cvt[_ALTITUDE], cvt[_VERTICAL] << 6, cvt[_HORIZONTAL] << 6, cvt[_PITCH])

    def end(self):
        """Task NAVIGATION, after the first readings."""
        frames = self.frames
        self.frames = 0
        inertial = self._inertial
        reckoning = self._reckoning
        status = self._cvt[_STATUS]
        if status & AT_REST or not status & INITIALISED:
            return
        if self._sensed and inertial.is_sensed and frames <= LONGEST:
            self._bridge(frames)
            if self._is_even(frames):
                return
        else:
            reckoning.raise_by((reckoning.vertical >> 14) * frames)
        inertial.force_doubt = min(inertial.force_doubt + frames, COUNT_MASK)

    def _bridge(self, frames):
        """Under forces between the two."""
        inertial = self._inertial
        stride = (frames + _STEPS - 1) // _STEPS
        done = 0
        while done < frames:
            step = min(stride, frames - done)
            middle = done + (step >> 1)
            self._reckoning.leap(
                self._axial + (inertial.axial - self._axial) * middle // frames,
                self._normal + (inertial.normal - self._normal) * middle // frames,
                self._rate + (inertial.rate - self._rate) * middle // frames,
                step,
            )
            done += step

    def _is_even(self, frames):
        """Whether the force changed so little that the velocity is known, whenever it did."""
        inertial = self._inertial
        changed = magnitude(inertial.axial - self._axial, inertial.normal - self._normal)
        allowed = (self._cvt[_SPEED] << 6 >> _ALLOWED_SHIFT) + _ALLOWED
        return changed * frames >> 1 <= allowed
