"""Is an altimeter to be believed? Lock, gate, loss and re-admission, for radar and barometer alike.

A measurement is used when the altimeter agrees with itself and with dead reckoning. One that keeps
agreeing with itself but not with dead reckoning is lost, and locks anew half a second later at its
own height: a consistent sensor is never shut out for good, and the contradiction is reported. Who
of the two is right cannot be told then; the height is disputed, and no decision rests on it, until
they agree again or dead reckoning is itself in doubt.
"""

from fsw.dictionary.index import channel, event, parameter
from fsw.kernel.fixed import clamp
from fsw.nav.checks import check
from fsw.nav.reckoning import HIGHEST
from fsw.nav.status import ALTIMETER_LOCK, ALTIMETER_USED, AT_REST, INITIALISED

_STATUS = channel("NAV_STATUS")
_RESIDUAL = channel("NAV_ALTIMETER_RESIDUAL")
_MOVED = channel("NAV_MOVED")

_EVENT_LOCKED = event("ALTIMETER_LOCKED")
_EVENT_LOST = event("ALTIMETER_LOST")

_GATE = parameter("ALTIMETER_GATE")
_SURPRISE = parameter("ALTIMETER_SURPRISE")
_LOCK_SAMPLES = parameter("ALTIMETER_LOCK_SAMPLES")
_LOSS_SAMPLES = parameter("ALTIMETER_LOSS_SAMPLES")

_CONTRADICTED = check("ALTITUDE_CONTRADICTED")

REJECTED, USED, LOCKED_NOW = 0, 1, 2

_KEPT = 128  # minor frames of a reset over which a lock is kept
_CONFIRMED_WITHIN = 4  # sixteenths of a second after it


class Altimeter:
    """What radar and barometer share; each brings listen(), which calls judge(), and still()."""

    def __init__(self, cvt, events, checks, parameters, reckoning, inertial):
        self._cvt = cvt
        self._events = events
        self._checks = checks
        self._values = parameters.values
        self._reckoning = reckoning
        self._inertial = inertial
        self.contradicts_reckoning = False  # and has reason to be right
        self._heard = False  # since the last watch
        self._good = self._silent = 0

    def judge(self, agrees_with_itself, residual):
        """What to do with a measurement whose height differs by residual from the reckoned one."""
        cvt = self._cvt
        cvt[_RESIDUAL] = residual
        cvt[_STATUS] &= ~ALTIMETER_USED
        if not agrees_with_itself:
            self._good = 0
            return REJECTED
        locked = cvt[_STATUS] & ALTIMETER_LOCK
        allowed = self._values[_GATE] if locked else self._values[_SURPRISE]
        outside = not -allowed <= residual <= allowed
        self._checks.look(_CONTRADICTED, outside, residual)
        if locked:
            if outside:
                return REJECTED
            self._heard = True
            cvt[_STATUS] |= ALTIMETER_USED
            return USED
        self._heard = True
        self._good += 1
        if self._good < self._values[_LOCK_SAMPLES]:
            return REJECTED
        cvt[_STATUS] |= ALTIMETER_LOCK
        doubted = self._inertial.is_doubted or not cvt[_STATUS] & INITIALISED
        cvt[_MOVED] = 0 if doubted else clamp(cvt[_MOVED] + residual, -HIGHEST, HIGHEST)
        self._reckoning.raise_by(residual)
        self._events.report(_EVENT_LOCKED, self._reckoning.altitude, residual)
        return LOCKED_NOW

    @property
    def disputed(self):
        """Whether it and dead reckoning differ by more than either should err."""
        allowed = self._values[_SURPRISE]
        return not -allowed <= self._cvt[_MOVED] <= allowed

    def watch(self):
        """Sixteen times a second: loses the lock when nothing believable came for too long."""
        cvt = self._cvt
        if self._heard:
            self._heard = False
            self._silent = 0
            return
        self._good = 0
        self._silent += 1
        if self._silent < self._values[_LOSS_SAMPLES]:
            return
        self._silent = 0
        if cvt[_STATUS] & ALTIMETER_LOCK:
            cvt[_STATUS] &= ~(ALTIMETER_LOCK | ALTIMETER_USED)
            if cvt[_STATUS] & AT_REST:
                return  # where it stands, it needs none, and the radar may have flown away
            self._events.report(_EVENT_LOST, self._reckoning.altitude)

    def stand(self):
        """Called while the vehicle stands still, for an altimeter that learns from that."""

    def resume(self, frames):
        """After so many minor frames without: a lock is as good as what was reckoned over them, but
        soon lost unless a measurement confirms it."""
        self._cvt[_STATUS] &= ~ALTIMETER_USED
        if frames > _KEPT:
            self._cvt[_STATUS] &= ~ALTIMETER_LOCK
        elif self._cvt[_STATUS] & ALTIMETER_LOCK:
            self._silent = max(self._values[_LOSS_SAMPLES] - _CONFIRMED_WITHIN, 0)

    def forget(self):
        """Begins anew, without lock."""
        self._cvt[_STATUS] &= ~(ALTIMETER_LOCK | ALTIMETER_USED)
        self._cvt[_MOVED] = self._good = 0
