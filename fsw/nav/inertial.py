"""Which inertial readings can be believed, and what stands in for those that cannot?

A reading is doubted when the unit says so, when it is at full scale, when it repeats itself, or
when the air could not give it. A short gap is bridged with what was sensed before it; a long one
leaves navigation without a force, and the quality of the estimate says so.
"""

from array import array

from fsw.dictionary.index import channel
from fsw.kernel.cvt import COUNT_MASK
from fsw.kernel.fixed import clamp, magnitude
from fsw.nav.checks import check
from fsw.nav.status import INERTIAL_VALID

_AXIAL = channel("IMU_AXIAL")
_NORMAL = channel("IMU_NORMAL")
_RATE = channel("IMU_RATE")
_STATUS = channel("IMU_STATUS")
_NAV_STATUS = channel("NAV_STATUS")
_NAV_CHECKS = channel("NAV_CHECKS")
_RATE_BIAS = channel("NAV_RATE_BIAS")

_IMU_INVALID = check("IMU_INVALID")
_FORCE_SATURATED = check("FORCE_SATURATED")
_RATE_SATURATED = check("RATE_SATURATED")
_AXIAL_FLAT = check("AXIAL_FLAT")
_NORMAL_FLAT = check("NORMAL_FLAT")
_RATE_FLAT = check("RATE_FLAT")
_AXIAL_REVERSED = check("AXIAL_REVERSED")
_FORCE_IMPLAUSIBLE = check("FORCE_IMPLAUSIBLE")
_ENVELOPE_EXCEEDED = check("ENVELOPE_EXCEEDED")

# While one of these fails, what is read is no force or no rate.
_UNBELIEVABLE = sum(
    [
        1 << number
        for number in (
            _IMU_INVALID,
            _FORCE_SATURATED,
            _RATE_SATURATED,
            _AXIAL_FLAT,
            _NORMAL_FLAT,
            _RATE_FLAT,
            _FORCE_IMPLAUSIBLE,
        )
    ]
)

VALID = 1  # bit 0 of IMU_STATUS
_SATURATED_FORCE = 2 | 4
_SATURATED_RATE = 8

BRIDGED = 32  # minor frames of doubted force that a bridge carries: half a second
RATE_BRIDGED = 96  # of doubted rate

_FORCE_SHIFT = 4  # the force is bridged with the mean of 16 minor frames
_RATE_SHIFT = 6  # the rate with that of 64: an oscillation hardly moves it
_BIAS_SHIFT = 12  # what is sensed without air is bias: its mean over a minute
_LARGEST_BIAS = 1 << 10  # 1 m/s2

VACUUM = 10  # acceleration counts: less drag than a hundredth of a m/s2
_NO_AIR = 1  # so little that it is no part of what is learned as bias
_ACTIVE = 1 << 10  # drag in which a healthy gyro never rests
_SENSED_IN_VACUUM = 1 << 9  # half a m/s2
_MARGIN = 2 << 10  # of plausible force, beside a factor of three either way
_TELLING = 1 << 9  # drag from which on its sign is certain


class Inertial:
    """Reads the IMU channels; after read(): axial, normal and rate to integrate, and for how many
    minor frames force and attitude have rested on something else."""

    def __init__(self, cvt, checks, envelope):
        """envelope: (largest acceleration, largest rate) in counts that the mission expects."""
        self._cvt = cvt
        self._checks = checks
        self._largest_force, self._largest_rate = envelope
        self._last = array("i", [0] * 3)
        self._same = array("i", [0] * 3)
        self._gap = 0  # minor frames of doubted force in a row
        self._mean_axial = self._mean_normal = 0  # times 2^_FORCE_SHIFT
        self._mean_rate = 0  # times 2^_RATE_SHIFT
        self._bias_axial = self._bias_normal = 0  # times 2^_BIAS_SHIFT
        self._sign = 1
        self.expected = -1  # drag in counts that the air should give now; -1: not known
        self.axial = self.normal = self.rate = 0
        self.carried = True  # whether there is a force to integrate
        self.force_doubt = self.attitude_doubt = 0

    def read(self):
        """Takes the readings of this minor frame."""
        cvt = self._cvt
        checks = self._checks
        status = cvt[_STATUS]
        axial = cvt[_AXIAL] * self._sign
        normal = cvt[_NORMAL]
        rate = cvt[_RATE]
        doubted = checks.look(_IMU_INVALID, not status & VALID, status)
        if doubted:
            cvt[_NAV_STATUS] &= ~INERTIAL_VALID
        else:
            cvt[_NAV_STATUS] |= INERTIAL_VALID
        saturated = status & _SATURATED_FORCE
        checks.look(_FORCE_SATURATED, saturated, axial)
        checks.look(_RATE_SATURATED, status & _SATURATED_RATE, rate)
        flat = self._is_flat(0, _AXIAL_FLAT, axial)
        flat = self._is_flat(1, _NORMAL_FLAT, normal) or flat
        rate_flat = self._is_flat(2, _RATE_FLAT, rate)
        self._watch_envelope(axial, normal, rate)
        self._take_rate(rate, doubted or rate_flat or status & _SATURATED_RATE, rate_flat)
        self._take_force(
            axial, normal, doubted or flat or saturated or checks.fails(_FORCE_IMPLAUSIBLE)
        )

    def resume(self):
        """After a reset: the readings before it, in the CVT, are what a gap is bridged with."""
        cvt = self._cvt
        self._sign = -1 if self._checks.fails(_AXIAL_REVERSED) else 1
        self.axial = cvt[_AXIAL] * self._sign
        self.normal = cvt[_NORMAL]
        self.rate = cvt[_RATE] - cvt[_RATE_BIAS]
        self._mean_axial = self.axial << _FORCE_SHIFT
        self._mean_normal = self.normal << _FORCE_SHIFT
        self._mean_rate = cvt[_RATE] << _RATE_SHIFT
        self.carried = not cvt[_NAV_CHECKS] & _UNBELIEVABLE

    @property
    def is_sensed(self):
        """Whether the force is what was read in this minor frame."""
        return self._gap == 0

    def weigh(self, expected):
        """Sixteen times a second: the sensed force against the drag (counts) that the air should
        give at this height and speed; -1 where that is not known."""
        self.expected = expected
        cvt = self._cvt
        if expected < 0:
            self._checks.look(_FORCE_IMPLAUSIBLE, False, 0)
            return
        axial = cvt[_AXIAL] * self._sign
        sensed = magnitude(axial, cvt[_NORMAL])
        if expected < VACUUM:
            implausible = sensed > _SENSED_IN_VACUUM
        else:
            implausible = sensed > 3 * expected + _MARGIN or 3 * (sensed + _MARGIN) < expected
        self._checks.look(_FORCE_IMPLAUSIBLE, implausible, sensed)
        if expected < _TELLING or self._gap:
            return
        raw = cvt[_AXIAL]
        if 2 * raw >= expected or 2 * raw <= -expected:
            self._sign = -1 if self._checks.look(_AXIAL_REVERSED, raw > 0, raw) else 1

    @property
    def is_doubted(self):
        """Whether velocity has rested on something else for too long."""
        return self.force_doubt > BRIDGED or self.attitude_is_lost

    @property
    def attitude_is_lost(self):
        """Whether the pitch says nothing any more."""
        return self.attitude_doubt > RATE_BRIDGED

    def lose_attitude(self):
        """Something else proved the pitch wrong."""
        if self.attitude_doubt <= RATE_BRIDGED:
            self.attitude_doubt = RATE_BRIDGED + 1

    def lose_velocity(self):
        """It has rested on something else for too long, and nothing has corrected it."""
        if self.force_doubt <= BRIDGED:
            self.force_doubt = BRIDGED + 1

    def learn_rate_bias(self):
        """While the vehicle stands still, what the gyro senses is bias."""
        self._cvt[_RATE_BIAS] = self._mean_rate >> _RATE_SHIFT

    def trust_again(self):
        """Called when something else has corrected velocity: old doubts no longer matter."""
        self.force_doubt = 0

    def _is_flat(self, axis, number, value):
        if value != self._last[axis]:
            self._last[axis] = value
            self._same[axis] = 0
        elif self._same[axis] < COUNT_MASK:
            self._same[axis] += 1
        return self._checks.look(number, self._same[axis] > 0, value)

    def _watch_envelope(self, axial, normal, rate):
        beyond = (
            magnitude(axial, normal) > self._largest_force
            or not -self._largest_rate <= rate <= self._largest_rate
        )
        self._checks.look(_ENVELOPE_EXCEEDED, beyond, axial)

    def _take_rate(self, rate, doubted, flat):
        if not doubted:
            self._mean_rate += rate - (self._mean_rate >> _RATE_SHIFT)
            self.rate = rate - self._cvt[_RATE_BIAS]
            return
        # A body that coasts may well not turn at all; an ideal gyro then repeats its zero.
        if flat and 0 <= self.expected < _ACTIVE:
            self.rate = rate
            return
        if self.attitude_doubt < COUNT_MASK:
            self.attitude_doubt += 1
        self.rate = self._mean_rate >> _RATE_SHIFT if self.attitude_doubt <= RATE_BRIDGED else 0

    def _take_force(self, axial, normal, doubted):
        if 0 <= self.expected < VACUUM:
            # Next to nothing pushes a body that coasts there: the table of the air says how much
            # better than readings that are mostly bias.
            self.axial = self.normal = self._gap = 0
            self.carried = True
            if self.expected <= _NO_AIR:
                self._learn_bias(axial, normal)
            else:
                self.axial = -self.expected
            return
        if not doubted:
            axial -= self._bias_axial >> _BIAS_SHIFT
            normal -= self._bias_normal >> _BIAS_SHIFT
            self._mean_axial += axial - (self._mean_axial >> _FORCE_SHIFT)
            self._mean_normal += normal - (self._mean_normal >> _FORCE_SHIFT)
            self.axial = axial
            self.normal = normal
            self._gap = 0
            self.carried = True
            return
        if self._gap < COUNT_MASK:
            self._gap += 1
        if self.force_doubt < COUNT_MASK:
            self.force_doubt += 1
        self.axial = self._mean_axial >> _FORCE_SHIFT
        self.normal = self._mean_normal >> _FORCE_SHIFT
        self.carried = self._gap <= BRIDGED

    def _learn_bias(self, axial, normal):
        limit = _LARGEST_BIAS << _BIAS_SHIFT
        self._bias_axial += axial - (self._bias_axial >> _BIAS_SHIFT)
        self._bias_normal += normal - (self._bias_normal >> _BIAS_SHIFT)
        self._bias_axial = clamp(self._bias_axial, -limit, limit)
        self._bias_normal = clamp(self._bias_normal, -limit, limit)
