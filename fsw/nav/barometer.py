"""What does the barometer say about height? Pressure altitude over the ground it started from."""

from fsw.dictionary.index import channel
from fsw.kernel.fixed import interpolate
from fsw.nav.altimeter import USED, Altimeter
from fsw.nav.atmosphere import HEIGHTS, PRESSURE_SHIFT
from fsw.nav.checks import check
from fsw.nav.status import INITIALISED

_PRESSURE = channel("BARO_PRESSURE")
_BARO_STATUS = channel("BARO_STATUS")
_SEQUENCE = channel("BARO_SEQUENCE")
_STATUS = channel("NAV_STATUS")
_GROUND = channel("NAV_GROUND")

_STUCK = check("ALTIMETER_STUCK")
_JUMP = check("ALTIMETER_JUMP")

_VALID = 1  # bit 0 of BARO_STATUS
_JUMP_M = 40 << 8  # of height between two measurements, beside what the speed explains
_SLOW_SHIFT = 6  # the ground's pressure altitude is a mean over 64 measurements
_STILL_M = 2 << 8  # from that mean: less than noise and weather, more than any climb leaves
_REPEATS = 16  # measurements: a sensor with noise never repeats itself so often
_LEAVES_M = 15 << 8  # height at which the ground has been left for good

_ALTITUDE_GAIN_SHIFT = 3
_VELOCITY_GAIN_SHIFT = 5  # critically damped with it at 16 Hz, more so at 32 Hz


class Barometer(Altimeter):
    """Measures 16 to 32 times a second. The height of the ground is learned while the vehicle is at
    rest there; once it has risen 15 m, it is kept."""

    def __init__(self, cvt, events, checks, parameters, reckoning, inertial):
        Altimeter.__init__(self, cvt, events, checks, parameters, reckoning, inertial)
        self._sequence = 0
        self._pressure = -1
        self._repeats = 0
        self._height = 0  # pressure altitude of the last measurement, altitude counts
        self._slow = 0  # its mean, times 2^_SLOW_SHIFT
        self._samples = 0
        self._ground = 0
        self._left = False

    def listen(self):
        """Takes a measurement if there is a new one."""
        cvt = self._cvt
        if cvt[_SEQUENCE] == self._sequence:
            return
        self._sequence = cvt[_SEQUENCE]
        if not cvt[_BARO_STATUS] & _VALID:
            return
        agrees = self._agrees_with_itself(cvt[_PRESSURE])
        if not cvt[_STATUS] & INITIALISED:
            return
        reckoning = self._reckoning
        residual = self._height - self._ground - reckoning.altitude
        if self.judge(agrees, residual) == USED:
            reckoning.raise_by(residual >> _ALTITUDE_GAIN_SHIFT)
            reckoning.push(residual << _VELOCITY_GAIN_SHIFT, 0)
            self._inertial.trust_again()
        if reckoning.altitude > _LEAVES_M:
            self._left = True

    def still(self):
        """Whether the pressure stays as it is."""
        away = self._height - (self._slow >> _SLOW_SHIFT)
        return self._samples > 1 << _SLOW_SHIFT and -_STILL_M <= away <= _STILL_M

    def stand(self):
        """While the vehicle stands, before it has ever risen: this is the ground."""
        if self._left:
            return
        self._ground = self._slow >> _SLOW_SHIFT
        self._cvt[_GROUND] = self._ground
        self._reckoning.altitude = 0

    def resume(self, frames):
        """After a reset: the ground is where it was."""
        Altimeter.resume(self, frames)
        self._ground = self._cvt[_GROUND]
        self._left = True

    def _agrees_with_itself(self, pressure):
        """Whether pressure altitude changed since the last measurement as velocity says."""
        height = interpolate(HEIGHTS, pressure, PRESSURE_SHIFT) << 4
        self._repeats = self._repeats + 1 if pressure == self._pressure else 0
        stuck = self._repeats >= _REPEATS
        self._pressure = pressure
        change = height - self._height - (self._reckoning.vertical >> 12)  # for 4/64 s
        self._height = height
        if self._samples <= 1 << _SLOW_SHIFT:
            self._samples += 1
            if self._samples == 1:
                self._slow = height << _SLOW_SHIFT
                return False
        self._slow += height - (self._slow >> _SLOW_SHIFT)
        jumps = not -_JUMP_M <= change <= _JUMP_M
        self._checks.look(_STUCK, stuck, pressure)
        self._checks.look(_JUMP, jumps, change)
        return not (stuck or jumps)
