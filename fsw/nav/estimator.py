"""Where is the vehicle, how is it moving, and how good is that knowledge?

Dead reckoning at 64 Hz from what inertial readings are believed, corrected by radar or barometer;
it ends when the vehicle stands still. Integers only, in the formats of fsw.nav.reckoning.
"""

from fsw.dictionary.index import channel, event
from fsw.kernel.fixed import clamp, cosine, direction, magnitude, scale, sine, wrap
from fsw.nav.absence import Absence
from fsw.nav.air import Air
from fsw.nav.barometer import Barometer
from fsw.nav.checks import Checks, check
from fsw.nav.inertial import Inertial
from fsw.nav.radar import Radar
from fsw.nav.reckoning import HIGHEST, Reckoning
from fsw.nav.status import (
    AIDED,
    ALTIMETER_LOCK,
    AT_REST,
    ATTITUDE_DEGRADED,
    DEGRADED,
    INERTIAL_VALID,
    INITIALISED,
    NONE,
    RECKONED,
)

_SCLK_S = channel("SCLK_S")
_TIME_FROM_EI = channel("TIME_FROM_EI")
_IMU_AXIAL = channel("IMU_AXIAL")
_IMU_NORMAL = channel("IMU_NORMAL")
_IMU_RATE = channel("IMU_RATE")
_ALTITUDE = channel("NAV_ALTITUDE")
_VERTICAL = channel("NAV_VERTICAL_VELOCITY")
_HORIZONTAL = channel("NAV_HORIZONTAL_VELOCITY")
_SPEED = channel("NAV_SPEED")
_DESCENT_RATE = channel("NAV_DESCENT_RATE")
_ACCELERATION = channel("NAV_ACCELERATION")
_PEAK = channel("NAV_PEAK_ACCELERATION")
_PITCH = channel("NAV_PITCH")
_MACH = channel("NAV_MACH")
_STATUS = channel("NAV_STATUS")
_MOVED = channel("NAV_MOVED")
_RECKONED_ALTITUDE = channel("NAV_RECKONED_ALTITUDE")
_RECKONED_QUALITY = channel("NAV_RECKONED_QUALITY")
_ALTITUDE_QUALITY = channel("NAV_ALTITUDE_QUALITY")
_VELOCITY_QUALITY = channel("NAV_VELOCITY_QUALITY")
_ATTITUDE_QUALITY = channel("NAV_ATTITUDE_QUALITY")

_EVENT_INITIALISED = event("NAV_INITIALISED")
_EVENT_PEAK = event("PEAK_DECELERATION")
_EVENT_ATTITUDE_RESET = event("ATTITUDE_RESET")
_EVENT_AT_REST = event("AT_REST")

_ATTITUDE_IMPLAUSIBLE = check("ATTITUDE_IMPLAUSIBLE")

_SLOW = 500 << 10  # m/s in velocity counts: slower, a vehicle hangs from a canopy or on its engines
_MACH_OF_MODEL = 2 << 10  # from which on the drag of the aeroshell is that of its hypersonic flight
_FIRM_FORCE = 4 << 10  # m/s2 that hold an aeroshell at its trim angle

_LEVEL_GAIN = 166886  # 2^26 / (2 pi) pitch counts a radian, over 64: at 16 Hz it settles in 4 s
_TILT_SHIFT = 6  # what is sensed across the vertical is averaged over 64 samples, 4 s
_REST_SAMPLES = 16  # at 16 Hz: a second
_REST_RATE = 8738  # 3 deg/s

_LONGEST_GAP = 1 << 13  # minor frames, 128 s: over more, what moved would be no small integer


class Estimator:
    """Reads the sensor channels, writes the NAV channels."""

    def __init__(self, cvt, events, parameters, navigation):
        """navigation: the mission's NAVIGATION. Raises KeyError for one that lacks an entry."""
        self._cvt = cvt
        self._events = events
        self._peak_floor = navigation["peak_floor"]
        self._steepest, self._flattest = navigation["path_over_pitch"]
        self._longest_unaided = navigation["longest_unaided"] >> 2  # in frames at 16 Hz
        checks = Checks(cvt, events)
        self._checks = checks
        self._reckoning = Reckoning(navigation["gravity_m3_s2"], navigation["site_radius_m"])
        self._inertial = Inertial(cvt, checks, navigation["envelope"])
        self._air = Air(*navigation["aeroshell"]) if navigation["aeroshell"] else None
        common = (cvt, events, checks, parameters, self._reckoning, self._inertial)
        if navigation["altimeter"] == "RADAR":
            self._altimeter = Radar(*common, navigation["radar_latency"])
        else:
            self._altimeter = Barometer(*common)
        self._absence = Absence(cvt, self._reckoning, self._inertial)
        self._level_gain = _LEVEL_GAIN // self._reckoning.surface_gravity
        self._pending_s = -1  # second at which the loaded state holds; -1: none loaded
        self._pending = [0, 0, 0, 0]
        self._altitude_doubted = self._reckoning_doubted = False
        self._unaided = 0  # frames at 16 Hz without altimeter or rest
        self._tilt = 0  # sensed across the vertical, times 2^_TILT_SHIFT
        self._rest = 0
        self._peak_time = 0
        self._peak_reported = False

    def load(self, time_s, altitude, vertical, horizontal, pitch):
        """Takes a state (counts of the NAV channels) that holds at a second of SCLK to come.

        False, and nothing loaded, if that second has begun.
        """
        if time_s <= self._cvt[_SCLK_S]:
            return False
        self._pending[0] = altitude
        self._pending[1] = vertical << 6
        self._pending[2] = horizontal << 6
        self._pending[3] = pitch
        self._pending_s = time_s
        return True

    def resume(self, frames):
        """Goes on from the state in the CVT after so many minor frames (0 .. 2^16 - 1) without one;
        what was doubted is doubted still, and after two minutes nothing is known any more."""
        cvt = self._cvt
        self._altimeter.resume(frames)
        if frames > _LONGEST_GAP:
            cvt[_STATUS] &= ~INITIALISED
            return
        inertial = self._inertial
        inertial.resume()
        self._absence.begin(frames)
        if cvt[_STATUS] & ATTITUDE_DEGRADED:
            inertial.lose_attitude()
        if cvt[_VELOCITY_QUALITY] == DEGRADED:
            inertial.lose_velocity()
        self._altitude_doubted = cvt[_ALTITUDE_QUALITY] == DEGRADED
        self._reckoning_doubted = cvt[_RECKONED_QUALITY] == DEGRADED
        self._peak_reported = self._is_past_peak(cvt[_ACCELERATION])
        self._peak_time = cvt[_TIME_FROM_EI]

    def propagate(self):
        """Task NAVIGATION: dead reckoning over the minor frame just ended, and the altimeter."""
        cvt = self._cvt
        reckoning = self._reckoning
        self._inertial.read()
        if self._absence.frames:
            self._absence.end()
        if cvt[_STATUS] & INITIALISED:
            self._advance()
        self._altimeter.listen()
        if self._pending_s >= 0 and cvt[_SCLK_S] >= self._pending_s:
            self._initialise()
        cvt[_ALTITUDE] = reckoning.altitude
        cvt[_VERTICAL] = reckoning.vertical >> 6
        cvt[_HORIZONTAL] = reckoning.horizontal >> 6
        cvt[_DESCENT_RATE] = -(reckoning.vertical >> 6)
        cvt[_PITCH] = reckoning.pitch

    def aid(self):
        """Task NAVIGATION_AIDING: what needs no more than 16 Hz."""
        cvt = self._cvt
        self._altimeter.watch()
        cvt[_SPEED] = magnitude(cvt[_VERTICAL], cvt[_HORIZONTAL])
        sensed = magnitude(cvt[_IMU_AXIAL], cvt[_IMU_NORMAL])
        cvt[_ACCELERATION] = sensed
        self._watch_peak(sensed)
        if self._air:
            cvt[_MACH] = self._air.mach(cvt[_ALTITUDE], cvt[_SPEED])
            self._weigh()
        self._watch_rest(sensed)
        if cvt[_STATUS] & AT_REST:
            self._stand()
        elif cvt[_STATUS] & ALTIMETER_LOCK and self._air:
            self._level(sensed)
        self._grade()

    def _advance(self):
        inertial = self._inertial
        reckoning = self._reckoning
        if self._cvt[_STATUS] & AT_REST:
            reckoning.turn(inertial.rate)
        elif not inertial.carried and self._cvt[_SPEED] < _SLOW:
            reckoning.advance_upright(reckoning.surface_gravity, inertial.rate)
        elif not inertial.carried:
            reckoning.advance(0, 0, inertial.rate)
        elif inertial.attitude_is_lost and self._cvt[_SPEED] < _SLOW:
            reckoning.advance_upright(magnitude(inertial.axial, inertial.normal), inertial.rate)
        else:
            reckoning.advance(inertial.axial, inertial.normal, inertial.rate)

    def _initialise(self):
        cvt = self._cvt
        reckoning = self._reckoning
        altitude, vertical, horizontal, pitch = self._pending
        reckoning.set(altitude, vertical, horizontal, pitch)
        self._pending_s = -1
        cvt[_STATUS] |= INITIALISED
        cvt[_STATUS] &= ~ATTITUDE_DEGRADED
        self._altimeter.forget()
        self._inertial.trust_again()
        self._inertial.attitude_doubt = 0
        self._altitude_doubted = self._reckoning_doubted = False
        self._events.report(
            _EVENT_INITIALISED, altitude, reckoning.vertical >> 6, reckoning.horizontal >> 6
        )

    def _watch_peak(self, sensed):
        cvt = self._cvt
        if sensed > cvt[_PEAK]:
            cvt[_PEAK] = sensed
            self._peak_time = cvt[_TIME_FROM_EI]
        elif not self._peak_reported and self._is_past_peak(sensed):
            self._peak_reported = True
            self._events.report(_EVENT_PEAK, cvt[_PEAK], self._peak_time)

    def _is_past_peak(self, sensed):
        """Once an eighth is gone: noise and buffeting never take that much."""
        peak = self._cvt[_PEAK]
        return peak > self._peak_floor and sensed < peak - (peak >> 3)

    def _weigh(self):
        """Holds force and pitch against what the air allows, while the model of it is good."""
        cvt = self._cvt
        if not cvt[_STATUS] & INITIALISED or cvt[_MACH] < _MACH_OF_MODEL:
            self._inertial.weigh(-1)
            return
        expected = self._air.drag(cvt[_ALTITUDE], cvt[_SPEED])
        self._inertial.weigh(expected)
        if expected < _FIRM_FORCE:
            return
        path = direction(cvt[_HORIZONTAL], cvt[_VERTICAL])
        over = wrap(path - self._reckoning.pitch)
        outside = not self._steepest <= over <= self._flattest
        if self._checks.look(_ATTITUDE_IMPLAUSIBLE, outside, self._reckoning.pitch) and outside:
            self._events.report(_EVENT_ATTITUDE_RESET, self._reckoning.pitch)
            self._reckoning.pitch = wrap(path - ((self._steepest + self._flattest) >> 1))
            self._inertial.lose_attitude()

    def _level(self, sensed):
        """Turns a doubted attitude until what is sensed points up again.

        Only while what is sensed is as strong as gravity: then little accelerates, and a steady
        horizontal part is an error of pitch. A canopy that still slows down along an inclined path
        leans by up to 17 deg; beyond 25 deg the pitch is doubted. It stays so until the vehicle
        stands: levelled on a canopy, it is still some degrees off.
        """
        gravity = self._reckoning.surface_gravity
        if not gravity * 7 <= sensed * 8 <= gravity * 9:
            return
        inertial = self._inertial
        pitch = self._reckoning.pitch
        sideways = scale(inertial.axial, cosine(pitch)) - scale(inertial.normal, sine(pitch))
        self._tilt += sideways - (self._tilt >> _TILT_SHIFT)
        tilt = self._tilt >> _TILT_SHIFT
        if tilt < 0:
            tilt = -tilt
        if tilt * 12 > gravity * 5:
            inertial.lose_attitude()
        if inertial.attitude_doubt:
            self._reckoning.pitch = wrap(pitch + sideways * self._level_gain)

    def _watch_rest(self, sensed):
        cvt = self._cvt
        gravity = self._reckoning.surface_gravity
        rate = cvt[_IMU_RATE]
        still = (
            gravity * 7 <= sensed * 8 <= gravity * 9
            and -_REST_RATE <= rate <= _REST_RATE
            and cvt[_STATUS] & INERTIAL_VALID
            and self._altimeter.still()
        )
        if not still:
            self._rest = 0
            cvt[_STATUS] &= ~AT_REST
        elif self._rest < _REST_SAMPLES:
            self._rest += 1
        elif not cvt[_STATUS] & AT_REST:
            cvt[_STATUS] |= AT_REST
            self._events.report(_EVENT_AT_REST, cvt[_ALTITUDE])

    def _stand(self):
        """Standing still: nothing moves, and what is sensed points up."""
        inertial = self._inertial
        reckoning = self._reckoning
        cvt = self._cvt
        reckoning.stand()
        self._altimeter.stand()
        inertial.learn_rate_bias()
        level = direction(inertial.normal, inertial.axial)
        if cvt[_STATUS] & INITIALISED:
            reckoning.pitch = wrap(reckoning.pitch + (wrap(level - reckoning.pitch) >> 3))
        else:
            reckoning.set(0, 0, 0, level)
            cvt[_STATUS] |= INITIALISED
            self._events.report(_EVENT_INITIALISED, 0, 0, 0)
        inertial.trust_again()
        inertial.attitude_doubt = 0
        self._altitude_doubted = self._reckoning_doubted = False

    def _grade(self):
        """What each estimate rests on."""
        cvt = self._cvt
        inertial = self._inertial
        status = cvt[_STATUS]
        if inertial.attitude_doubt:
            cvt[_STATUS] |= ATTITUDE_DEGRADED
        else:
            cvt[_STATUS] &= ~ATTITUDE_DEGRADED
        if not status & INITIALISED:
            cvt[_ALTITUDE_QUALITY] = cvt[_VELOCITY_QUALITY] = cvt[_ATTITUDE_QUALITY] = NONE
            cvt[_RECKONED_QUALITY] = NONE
            return
        standing = status & AT_REST
        aided = standing or status & ALTIMETER_LOCK
        cvt[_ATTITUDE_QUALITY] = (
            DEGRADED if inertial.attitude_doubt else AIDED if standing else RECKONED
        )
        self._unaided = 0 if aided else min(self._unaided + 1, self._longest_unaided)
        doubted = inertial.is_doubted or self._unaided == self._longest_unaided
        cvt[_VELOCITY_QUALITY] = AIDED if aided else DEGRADED if doubted else RECKONED
        if doubted or self._altimeter.contradicts_reckoning:
            self._reckoning_doubted = True
        cvt[_RECKONED_ALTITUDE] = clamp(self._reckoning.altitude - cvt[_MOVED], -HIGHEST, HIGHEST)
        cvt[_RECKONED_QUALITY] = DEGRADED if self._reckoning_doubted else RECKONED
        if aided:
            self._altitude_doubted = not standing and self._altimeter.disputed
        elif doubted:
            self._altitude_doubted = True
        cvt[_ALTITUDE_QUALITY] = (
            DEGRADED if self._altitude_doubted else AIDED if aided else RECKONED
        )
