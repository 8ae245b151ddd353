"""Where is the vehicle and how is it moving, from inertial unit and radar, in integers only?

Planar navigation: height above the landing site, vertical velocity (up), horizontal velocity
(downrange) and pitch of the heat-shield axis. Dead reckoning at 64 Hz, corrected by the radar with
each of its measurements.

The counts make each integration a plain addition: acceleration in 2^-10 m/s2 times 1/64 s is
velocity in 2^-16 m/s, pitch rate in 2^-20 rev/s times 1/64 s is pitch in 2^-26 rev. Where a step
needs a shift, the remainder is carried to the next: nothing is lost to rounding over the flight.
"""

from fsw.dictionary.index import channel, event, parameter
from fsw.kernel.cvt import COUNT_MASK
from fsw.kernel.fixed import clamp, cosine, interpolate, magnitude, scale, sine, wrap
from fsw.nav.planet import (
    INVERSE_RADIUS_EXTRA,
    NODE_SHIFT,
    gravity_table,
    inverse_radius_table,
)

_SCLK_S = channel("SCLK_S")
_SCLK_FRACTION = channel("SCLK_FRACTION")
_TIME_FROM_EI = channel("TIME_FROM_EI")
_IMU_AXIAL = channel("IMU_AXIAL")
_IMU_NORMAL = channel("IMU_NORMAL")
_IMU_RATE = channel("IMU_RATE")
_IMU_STATUS = channel("IMU_STATUS")
_RADAR_RANGE = channel("RADAR_RANGE")
_RADAR_SPEED = channel("RADAR_SPEED")
_RADAR_STATUS = channel("RADAR_STATUS")
_RADAR_SEQUENCE = channel("RADAR_SEQUENCE")
_ALTITUDE = channel("NAV_ALTITUDE")
_VERTICAL = channel("NAV_VERTICAL_VELOCITY")
_HORIZONTAL = channel("NAV_HORIZONTAL_VELOCITY")
_SPEED = channel("NAV_SPEED")
_DESCENT_RATE = channel("NAV_DESCENT_RATE")
_ACCELERATION = channel("NAV_ACCELERATION")
_PEAK = channel("NAV_PEAK_ACCELERATION")
_PITCH = channel("NAV_PITCH")
_RESIDUAL = channel("NAV_RADAR_RESIDUAL")
_STATUS = channel("NAV_STATUS")

_EVENT_INITIALISED = event("NAV_INITIALISED")
_EVENT_RADAR_LOCKED = event("RADAR_LOCKED")
_EVENT_RADAR_LOST = event("RADAR_LOST")
_EVENT_INERTIAL_LOST = event("INERTIAL_LOST")
_EVENT_INERTIAL_BACK = event("INERTIAL_BACK")
_EVENT_PEAK = event("PEAK_DECELERATION")

_GATE = parameter("RADAR_GATE")
_LOCK_SAMPLES = parameter("RADAR_LOCK_SAMPLES")
_LOSS_SAMPLES = parameter("RADAR_LOSS_SAMPLES")

VALID = 1  # bit 0 of IMU_STATUS and of RADAR_STATUS
_RATE_SATURATED = 8  # bit 3 of IMU_STATUS
INITIALISED, INERTIAL_VALID, RADAR_LOCK, RADAR_USED, ATTITUDE_DEGRADED = (
    1,
    2,
    4,
    8,
    16,
)  # NAV_STATUS

_FASTEST = (8000 << 16) - 1  # velocities are held inside it: |velocity| < 2^29 counts
_HIGHEST = 1 << 29  # altitude counts

# Transport rate v / r in 2^-23 rad/s times 1/64 s, in 2^-26 rev: 8 / (64 * 2 pi), 20860.8 / 2^20.
_TRANSPORT_GAIN = 20861
_TRANSPORT_SHIFT = 20

_LEVEL_BEAM = 1 << 14  # sine of the lowest beam angle that tells a height: 30 deg
_LEVELLING = INITIALISED | RADAR_LOCK | ATTITUDE_DEGRADED
_LEVEL_GAIN = 166886  # 2^26 / (2 pi) pitch counts a radian, over 64: at 16 Hz it settles in 4 s

_MEAN_RATE_SHIFT = 6  # 64 minor frames: a second
_ALTITUDE_GAIN_SHIFT = 3  # of the radar residual, at 16 Hz: settles in half a second
_VELOCITY_GAIN_SHIFT = 3


class Estimator:
    """Reads the sensor channels, writes the NAV channels."""

    def __init__(self, cvt, events, parameters, planet):
        """planet: (gravitational parameter in m3/s2, radius of the landing site in m, radar latency
        in minor frames, sensed acceleration in counts from which on a peak is worth a report)."""
        self._cvt = cvt
        self._events = events
        self._values = parameters.values
        mu_m3_s2, site_radius_m, self._radar_latency, self._peak_floor = planet
        self._gravity = gravity_table(mu_m3_s2, site_radius_m)
        self._inverse_radius = inverse_radius_table(site_radius_m)
        self._surface_gravity = self._gravity[0] >> 6  # acceleration counts
        self._level_gain = _LEVEL_GAIN // self._surface_gravity
        self._altitude = self._vertical = self._horizontal = self._pitch = 0
        self._altitude_rest = self._vertical_rest = self._horizontal_rest = self._pitch_rest = 0
        self._quarters_rest = self._transport_rest = self._radius_rest = 0
        self._pending_s = -1  # second at which the loaded state holds; -1: none loaded
        self._pending_altitude = self._pending_vertical = 0
        self._pending_horizontal = self._pending_pitch = 0
        self._invalid_samples = 0
        self._mean_rate = 0  # of the pitch rate, times 2^_MEAN_RATE_SHIFT
        self._radar_sequence = 0
        self._radar_heard = False  # since the last watch
        self._radar_good = self._radar_bad = 0
        self._peak_time = 0
        self._peak_reported = False

    def load(self, time_s, altitude, vertical, horizontal, pitch):
        """Takes a state (counts of the NAV channels) that holds at a second of SCLK to come.

        False, and nothing loaded, if that second has begun.
        """
        if time_s <= self._cvt[_SCLK_S]:
            return False
        self._pending_altitude = altitude
        self._pending_vertical = vertical << 6
        self._pending_horizontal = horizontal << 6
        self._pending_pitch = pitch
        self._pending_s = time_s
        return True

    def propagate(self):
        """Task NAVIGATION: dead reckoning over the minor frame just ended, and the radar's word."""
        cvt = self._cvt
        self._watch_inertial()
        if cvt[_STATUS] & INITIALISED:
            self._integrate()
            if cvt[_RADAR_SEQUENCE] != self._radar_sequence:
                self._radar_sequence = cvt[_RADAR_SEQUENCE]
                self._use_radar()
        if self._pending_s >= 0 and cvt[_SCLK_S] >= self._pending_s:
            self._initialise()
        cvt[_ALTITUDE] = self._altitude
        cvt[_VERTICAL] = self._vertical >> 6
        cvt[_HORIZONTAL] = self._horizontal >> 6
        cvt[_DESCENT_RATE] = -(self._vertical >> 6)
        cvt[_PITCH] = self._pitch

    def aid(self):
        """Task NAVIGATION_AIDING: radar watch, speed, and the peak of the deceleration."""
        cvt = self._cvt
        if not self._radar_heard:
            self._radar_missing()
        self._radar_heard = False
        cvt[_SPEED] = magnitude(self._vertical >> 6, self._horizontal >> 6)
        sensed = magnitude(cvt[_IMU_AXIAL], cvt[_IMU_NORMAL])
        cvt[_ACCELERATION] = sensed
        if sensed > cvt[_PEAK]:
            cvt[_PEAK] = sensed
            self._peak_time = cvt[_TIME_FROM_EI]
        elif not self._peak_reported and cvt[_PEAK] > self._peak_floor:
            # Past its peak once an eighth is gone: noise and buffeting never take that much.
            if sensed < cvt[_PEAK] - (cvt[_PEAK] >> 3):
                self._peak_reported = True
                self._events.report(_EVENT_PEAK, cvt[_PEAK], self._peak_time)
        if cvt[_STATUS] & _LEVELLING == _LEVELLING:
            self._level(sensed)

    def _level(self, sensed):
        """Turns a degraded attitude until what is sensed points up again.

        Only on the parachute, which the radar lock implies, and only while what is sensed is as
        strong as gravity: then nothing accelerates, and a horizontal part is an error of pitch.
        """
        if not self._surface_gravity * 7 <= sensed * 8 <= self._surface_gravity * 9:
            return
        cvt = self._cvt
        sideways = scale(cvt[_IMU_AXIAL], cosine(self._pitch))
        sideways -= scale(cvt[_IMU_NORMAL], sine(self._pitch))
        self._pitch = wrap(self._pitch + sideways * self._level_gain)

    def _watch_inertial(self):
        cvt = self._cvt
        if cvt[_IMU_STATUS] & VALID:
            if self._invalid_samples:
                self._events.report(_EVENT_INERTIAL_BACK, self._invalid_samples)
                self._invalid_samples = 0
            cvt[_STATUS] |= INERTIAL_VALID
            return
        if not self._invalid_samples:
            self._events.report(_EVENT_INERTIAL_LOST)
        if self._invalid_samples < COUNT_MASK:
            self._invalid_samples += 1
        cvt[_STATUS] &= ~INERTIAL_VALID

    def _initialise(self):
        cvt = self._cvt
        self._altitude = self._pending_altitude
        self._vertical = self._pending_vertical
        self._horizontal = self._pending_horizontal
        self._pitch = self._pending_pitch
        self._altitude_rest = self._vertical_rest = self._horizontal_rest = self._pitch_rest = 0
        self._quarters_rest = self._transport_rest = self._radius_rest = 0
        self._pending_s = -1
        cvt[_STATUS] |= INITIALISED
        cvt[_STATUS] &= ~(RADAR_LOCK | RADAR_USED | ATTITUDE_DEGRADED)
        self._radar_good = 0
        self._events.report(
            _EVENT_INITIALISED, self._altitude, self._vertical >> 6, self._horizontal >> 6
        )

    def _integrate(self):
        cvt = self._cvt
        axial = cvt[_IMU_AXIAL]
        normal = cvt[_IMU_NORMAL]
        rate = self._believed_rate()

        # Sensed acceleration, turned by the pitch in the middle of the interval.
        sin_pitch = sine(self._pitch + (rate >> 1))
        cos_pitch = cosine(self._pitch + (rate >> 1))
        up = scale(axial, sin_pitch) + scale(normal, cos_pitch)
        downrange = scale(axial, cos_pitch) - scale(normal, sin_pitch)

        # The local vertical turns by v / r; velocities in 1/4 m/s keep the products small. What a
        # shift cuts off is carried to the next step: in ten minutes of coast a rounding that is
        # always the same would add up to a hundred metres.
        rest = self._horizontal + self._quarters_rest
        horizontal_quarters = rest >> 14
        self._quarters_rest = rest & 0x3FFF
        vertical_quarters = (self._vertical + (1 << 13)) >> 14
        rest = interpolate(self._inverse_radius, self._altitude, NODE_SHIFT) + self._radius_rest
        inverse_radius = rest >> INVERSE_RADIUS_EXTRA
        self._radius_rest = rest & ((1 << INVERSE_RADIUS_EXTRA) - 1)
        rest = horizontal_quarters * inverse_radius + self._transport_rest
        transport = rest >> 15  # 2^-23 rad/s
        self._transport_rest = rest & 0x7FFF
        centrifugal = (horizontal_quarters * transport + (1 << 8)) >> 9  # 2^-16 m/s2
        coriolis = (vertical_quarters * transport + (1 << 8)) >> 9
        gravity = interpolate(self._gravity, self._altitude, NODE_SHIFT)

        before = self._vertical
        rest = self._vertical_rest + centrifugal - gravity
        self._vertical = clamp(before + up + (rest >> 6), -_FASTEST, _FASTEST)
        self._vertical_rest = rest & 63
        rest = self._horizontal_rest - coriolis
        self._horizontal = clamp(self._horizontal + downrange + (rest >> 6), -_FASTEST, _FASTEST)
        self._horizontal_rest = rest & 63

        rest = self._altitude_rest + before + ((self._vertical - before) >> 1)
        self._altitude = clamp(self._altitude + (rest >> 14), -_HIGHEST, _HIGHEST)
        self._altitude_rest = rest & 0x3FFF

        rest = self._pitch_rest + transport * _TRANSPORT_GAIN
        self._pitch = wrap(self._pitch + rate + (rest >> _TRANSPORT_SHIFT))
        self._pitch_rest = rest & ((1 << _TRANSPORT_SHIFT) - 1)

    def _believed_rate(self):
        """The pitch rate to integrate: a saturated one says only that the body turns fast.

        Bridged with the mean of the last second, which an oscillation hardly moves. Integrating
        full scale instead put one lander's attitude 165 deg off, and its altitude below ground.
        """
        cvt = self._cvt
        if cvt[_IMU_STATUS] & _RATE_SATURATED:
            cvt[_STATUS] |= ATTITUDE_DEGRADED
            return self._mean_rate >> _MEAN_RATE_SHIFT
        self._mean_rate += cvt[_IMU_RATE] - (self._mean_rate >> _MEAN_RATE_SHIFT)
        return cvt[_IMU_RATE]

    def _use_radar(self):
        cvt = self._cvt
        cvt[_STATUS] &= ~RADAR_USED
        beam = -sine(self._pitch)  # 2^-15, of the angle below horizontal
        if not cvt[_RADAR_STATUS] & VALID or beam < _LEVEL_BEAM:
            return

        # The echo is some frames old: the height it gave has changed by vertical velocity since.
        moved = (self._vertical >> 8) * self._radar_latency >> 6
        residual = scale(cvt[_RADAR_RANGE], beam) + moved - self._altitude
        cvt[_RESIDUAL] = residual
        locked = cvt[_STATUS] & RADAR_LOCK
        if locked and not -self._values[_GATE] <= residual <= self._values[_GATE]:
            return
        self._radar_heard = True
        self._radar_bad = 0
        if locked:
            self._correct(residual, beam)
            return
        self._radar_good += 1
        if self._radar_good >= self._values[_LOCK_SAMPLES]:
            cvt[_STATUS] |= RADAR_LOCK
            self._altitude = clamp(self._altitude + residual, -_HIGHEST, _HIGHEST)
            self._events.report(_EVENT_RADAR_LOCKED, self._altitude, residual)

    def _correct(self, residual, beam):
        cvt = self._cvt
        cos_pitch = cosine(self._pitch)
        self._altitude += residual >> _ALTITUDE_GAIN_SHIFT
        predicted = scale(self._vertical >> 6, beam) - scale(self._horizontal >> 6, cos_pitch)
        excess = clamp(cvt[_RADAR_SPEED] - predicted, -(1 << 20), 1 << 20) << 6
        self._vertical += scale(excess, beam) >> _VELOCITY_GAIN_SHIFT
        self._horizontal -= scale(excess, cos_pitch) >> _VELOCITY_GAIN_SHIFT
        self._vertical = clamp(self._vertical, -_FASTEST, _FASTEST)
        self._horizontal = clamp(self._horizontal, -_FASTEST, _FASTEST)
        cvt[_STATUS] |= RADAR_USED

    def _radar_missing(self):
        cvt = self._cvt
        self._radar_good = 0
        if not cvt[_STATUS] & RADAR_LOCK:
            return
        self._radar_bad += 1
        if self._radar_bad >= self._values[_LOSS_SAMPLES]:
            self._radar_bad = 0
            cvt[_STATUS] &= ~RADAR_LOCK
            self._events.report(_EVENT_RADAR_LOST, self._altitude)
