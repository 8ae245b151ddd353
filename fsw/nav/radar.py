"""What does the radar say about height and speed? Slant range and range rate along the axis."""

from fsw.dictionary.index import channel, event, parameter
from fsw.kernel.cvt import COUNT_MASK
from fsw.kernel.fixed import clamp, cosine, divide, scale, sine
from fsw.nav.altimeter import LOCKED_NOW, REJECTED, Altimeter
from fsw.nav.checks import check
from fsw.nav.status import INITIALISED

_RANGE = channel("RADAR_RANGE")
_SPEED = channel("RADAR_SPEED")
_RADAR_STATUS = channel("RADAR_STATUS")
_SEQUENCE = channel("RADAR_SEQUENCE")
_CONTACT_VOTES = channel("CONTACT_VOTES")
_STATUS = channel("NAV_STATUS")
_MOVED = channel("NAV_MOVED")

_EVENT_ATTITUDE_RESET = event("ATTITUDE_RESET")

_SPEED_GATE = parameter("RADAR_SPEED_GATE")

_STUCK = check("ALTIMETER_STUCK")
_JUMP = check("ALTIMETER_JUMP")
_ATTITUDE_IMPLAUSIBLE = check("ATTITUDE_IMPLAUSIBLE")
_SPEED_CONTRADICTED = check("SPEED_CONTRADICTED")

_VALID, _SATURATED = 1, 2  # bits of RADAR_STATUS
_DOWN = -(1 << 24)  # pitch of an axis that points straight down
_LEVEL_BEAM = 1 << 14  # sine of the lowest beam angle that tells a height: 30 deg
_ECHOES = 8  # at a pitch that could give none, before the pitch is what is wrong
_MOVING = 4 << 10  # speed at which a range cannot stay the same
_JUMP_M = 64 << 8  # of range between two measurements, beside what the speed explains
_DRIFT_SHIFT = 5  # range against speed is averaged over 32 measurements, two seconds
_DRIFT_NOISE_SHIFT = 13
_DRIFT_AGREES = 128  # altitude counts a measurement: 8 m/s
_LAG_SHIFT = 6  # residuals are averaged over 64 measurements, 4 s
_LAG_M = 6 << 8  # beside a 512th of the range for its noise
_LAG_NOISE_SHIFT = 9
_SPEED_CONVINCES = 32  # measurements in which range and speed of the radar agree

_GAIN_SHIFT = 3  # of the residuals, at 16 Hz: settles in half a second
_RANGE_RATE_SHIFT = 5  # velocity from the height residual alone: critically damped with the above


class Radar(Altimeter):
    """Measures 16 times a second, after power-on, a few minor frames late."""

    def __init__(self, cvt, events, checks, parameters, reckoning, inertial, latency):
        """latency: minor frames from echo to measurement."""
        Altimeter.__init__(self, cvt, events, checks, parameters, reckoning, inertial)
        self._latency = latency
        self._sequence = 0
        self._range = -1  # of the last measurement; -1: there was none to compare with
        self._speed = 0
        self._drift = 0  # of range against speed, times 2^_DRIFT_SHIFT
        self._lag = 0  # mean residual, times 2^_LAG_SHIFT
        self._sideways = 0  # echoes heard at a pitch that could give none
        self._contradictions = 0
        self._gain_shift = _GAIN_SHIFT

    def resume(self, frames):
        """After a reset: what was reckoned over the time away is worth less than what is measured,
        so the first measurements count in full, half, a quarter."""
        Altimeter.resume(self, frames)
        self._gain_shift = 0

    def listen(self):
        """Takes a measurement if there is a new one."""
        cvt = self._cvt
        if cvt[_SEQUENCE] == self._sequence:
            return
        self._sequence = cvt[_SEQUENCE]
        if cvt[_RADAR_STATUS] & (_VALID | _SATURATED) != _VALID:
            self._range = -1
            return
        agrees = self._agrees_with_itself()
        if self._inertial.attitude_is_lost:
            self._reckoning.pitch = _DOWN  # as an echo proves, but for the swing
        beam = -sine(self._reckoning.pitch)  # 2^-15, of the angle below horizontal
        if beam < _LEVEL_BEAM:
            self._echo_from_the_side()
            return
        self._sideways = 0
        # The echo is some frames old: the height it gave has changed by vertical velocity since.
        moved = (self._reckoning.vertical >> 8) * self._latency >> 6
        residual = scale(cvt[_RANGE], beam) + moved - self._reckoning.altitude
        verdict = self.judge(agrees, residual)
        if verdict == REJECTED:
            return
        if verdict == LOCKED_NOW:
            self._lag = 0
            self._begin(beam)
        else:
            self._correct(residual, beam)

    def still(self):
        """Whether two of three switches say that it stands."""
        return self._cvt[_CONTACT_VOTES] >= 2

    @property
    def _speed_fits_range(self):
        """Whether ranges have changed of late as the range rate says, as well as noise, which
        grows with range, lets that be seen."""
        mean = self._drift >> _DRIFT_SHIFT
        allowed = _DRIFT_AGREES + (self._range >> _DRIFT_NOISE_SHIFT)
        return -allowed <= mean <= allowed

    def _agrees_with_itself(self):
        """Whether the range changed since the last measurement as the range rate says."""
        cvt = self._cvt
        now = cvt[_RANGE]
        speed = cvt[_SPEED]
        before = self._range
        self._range = now
        if before < 0:
            return False
        stuck = now == before and (speed == self._speed or not -_MOVING <= speed <= _MOVING)
        self._speed = speed
        deviation = now - before - (speed >> 6)  # speed for 4/64 s, in altitude counts
        jumps = not -_JUMP_M <= deviation <= _JUMP_M
        self._checks.look(_STUCK, stuck, now)
        self._checks.look(_JUMP, jumps, deviation)
        if jumps:
            self._drift = 0
            return False
        self._drift += deviation - (self._drift >> _DRIFT_SHIFT)
        return not stuck

    def _echo_from_the_side(self):
        """An echo proves that the beam looks down: a pitch that says otherwise is lost."""
        self._sideways += 1
        if self._sideways < _ECHOES:
            return
        self._sideways = 0
        self._events.report(_EVENT_ATTITUDE_RESET, self._reckoning.pitch)
        self._inertial.lose_attitude()

    def _begin(self, beam):
        """At lock: takes the radar's speed where the reckoned one is doubted or contradicted."""
        cvt = self._cvt
        if cvt[_STATUS] & INITIALISED and not self._inertial.is_doubted:
            gate = self._values[_SPEED_GATE]
            if -gate <= self._excess(beam) <= gate or not self._speed_fits_range:
                return
            # Range and range rate agree with each other, and dead reckoning with neither.
            cvt[_MOVED] = 0
            self.contradicts_reckoning = True
        reckoning = self._reckoning
        cvt[_STATUS] |= INITIALISED
        vertical = divide(cvt[_SPEED], beam, 15)
        reckoning.set(reckoning.altitude, vertical << 6, 0, reckoning.pitch)
        self._inertial.trust_again()

    def _excess(self, beam):
        """Range rate measured less that expected, in velocity counts, held at 1 km/s."""
        reckoning = self._reckoning
        expected = scale(reckoning.vertical >> 6, beam)
        if not self._inertial.attitude_doubt:
            expected -= scale(reckoning.horizontal >> 6, cosine(reckoning.pitch))
        return clamp(self._cvt[_SPEED] - expected, -(1 << 20), 1 << 20)

    def _correct(self, residual, beam):
        reckoning = self._reckoning
        shift = self._gain_shift
        if shift < _GAIN_SHIFT:
            self._gain_shift += 1
        reckoning.raise_by(residual >> shift)
        self._watch_split(residual)
        excess = self._excess(beam)
        if not self._speed_is_believed(excess):
            reckoning.push(residual << _RANGE_RATE_SHIFT, 0)
            return
        excess <<= 6
        if self._inertial.attitude_doubt:
            # One beam tells height and drift apart by the pitch alone: without it, no drift.
            across = -(reckoning.horizontal >> _GAIN_SHIFT)
        else:
            across = -scale(excess, cosine(reckoning.pitch)) >> shift
        reckoning.push(scale(excess, beam) >> shift, across)
        self._inertial.trust_again()

    def _watch_split(self, residual):
        """A residual that stays means a vertical velocity that is wrong: range rate was split into
        sinking and drifting by a wrong pitch."""
        self._lag += residual - (self._lag >> _LAG_SHIFT)
        allowed = _LAG_M + (self._range >> _LAG_NOISE_SHIFT)
        lags = not -allowed <= self._lag >> _LAG_SHIFT <= allowed
        if self._checks.look(_ATTITUDE_IMPLAUSIBLE, lags, self._lag >> _LAG_SHIFT) and lags:
            self._inertial.lose_attitude()

    def _speed_is_believed(self, excess):
        """As long as the ranges confirm it: inside its gate, or outside it for two seconds."""
        if not self._speed_fits_range:
            self._contradictions = 0
            return False
        gate = self._values[_SPEED_GATE]
        outside = not -gate <= excess <= gate
        self._checks.look(_SPEED_CONTRADICTED, outside, excess)
        if not outside:
            self._contradictions = 0
            return True
        if self._contradictions < COUNT_MASK:
            self._contradictions += 1
        return self._contradictions >= _SPEED_CONVINCES
