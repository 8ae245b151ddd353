"""What do the instruments of Mars 2020 report, in counts, while the vehicle does what it does?

Sizes of errors come from config.SensorErrors, steps and wire types from the dictionary.
"""

from dataclasses import dataclass
from math import cos, sin
from random import Random

from gse.sim.config import SensorErrors
from gse.sim.counts import Scale, scale
from gse.sim.instruments import HouseKeeping, InertialUnit, Microphone, bit
from gse.sim.planet import STANDARD_GRAVITY_M_S2
from gse.sim.streams import stream
from gse.sim.vehicle import Vehicle

ACCELERATION_LIMIT_M_S2 = 20.0 * STANDARD_GRAVITY_M_S2
RATE_LIMIT_DEG_S = 187.5
_BUS_V = 28.0
_NO_BAROMETER = (0, 0, 0)  # BARO_PRESSURE, BARO_STATUS, BARO_SEQUENCE


@dataclass(slots=True)
class _Echo:
    """One radar measurement on its way through the electronics."""

    ready_frame: int
    range_counts: int
    speed_counts: int
    status: int


class Radar:
    """Slant range and range rate along the axis, 16 a second, two minor frames old.

    Range is referred to the wheels of the stowed rover, like the vehicle's altitude.
    """

    PERIOD = 4  # minor frames
    LATENCY = 2  # minor frames
    WARM_UP_S = 5.0  # from power to the first search [K]
    ACQUISITION_S = 1.0  # from an echo in reach to the first measurement [K]
    FARTHEST_M = 6690.0  # with ACQUISITION_S it gives the flown first lock near 6.6 km
    NEAREST_M = 6.0
    _LOWEST_BEAM = 0.5  # sine of the angle below horizontal under which the ground gives no echo

    def __init__(self, errors: SensorErrors, draws: Random) -> None:
        self._errors = errors
        self._gauss = draws.gauss
        self._range: Scale = scale("RADAR_RANGE")
        self._speed: Scale = scale("RADAR_SPEED")
        self._most_range = self._range.counts(12000.0)
        self._most_speed = self._speed.counts(400.0)
        self._valid = bit("RADAR_STATUS", "VALID")
        self._saturated = bit("RADAR_STATUS", "SATURATED")
        self._in_reach_s: float | None = None
        self._echo: _Echo | None = None
        self._output = (0, 0, 0)
        self._sequence = 0
        self.first_s: float | None = None

    def measure(self, vehicle: Vehicle, frame: int) -> tuple[int, int, int, int]:
        """RADAR_RANGE, RADAR_SPEED, RADAR_STATUS, RADAR_SEQUENCE."""
        if frame % self.PERIOD == 0 and "RADAR_POWER" in vehicle.fired_s:
            self._look(vehicle, frame)
        echo = self._echo
        if echo is not None and frame >= echo.ready_frame:
            self._echo = None
            self._output = echo.range_counts, echo.speed_counts, echo.status
            if echo.status & self._valid:
                self._sequence = (self._sequence + 1) & 0xFF
                if self.first_s is None:
                    self.first_s = vehicle.time_s
        return *self._output, self._sequence

    def _look(self, vehicle: Vehicle, frame: int) -> None:
        now = vehicle.time_s
        pitch = vehicle.attitude.pitch_rad
        beam = -sin(pitch)
        powered_s = now - vehicle.fired_s["RADAR_POWER"]
        blind = (
            not vehicle.heat_shield_gone
            or vehicle.frozen
            or not vehicle.rover.hanging  # the radar has flown away with the stage
            or powered_s < self.WARM_UP_S
            or beam < self._LOWEST_BEAM
        )
        range_m = 0.0 if blind else vehicle.altitude_m / beam
        if not self.NEAREST_M <= range_m <= self.FARTHEST_M:
            self._in_reach_s = None
            self._echo = _Echo(frame + self.LATENCY, 0, 0, 0)
            return
        if self._in_reach_s is None:
            self._in_reach_s = now
        if now - self._in_reach_s < self.ACQUISITION_S:
            return
        motion = vehicle.motion
        along = motion.up_m_s * beam - motion.east_m_s * cos(pitch)
        errors = self._errors
        range_m *= 1.0 + errors.radar_range_scale
        along *= 1.0 + errors.radar_speed_scale
        if errors.radar_range_noise or errors.radar_range_noise_m:
            range_m *= 1.0 + self._gauss(0.0, errors.radar_range_noise)
            range_m += self._gauss(0.0, errors.radar_range_noise_m)
        if errors.radar_speed_noise_m_s:
            along += self._gauss(0.0, errors.radar_speed_noise_m_s)
        far = max(0, self._range.counts(range_m))
        fast = self._speed.counts(along)
        status = self._valid
        if far > self._most_range or not -self._most_speed <= fast <= self._most_speed:
            status |= self._saturated
            far = min(far, self._most_range)
            fast = min(max(fast, -self._most_speed), self._most_speed)
        self._echo = _Echo(frame + self.LATENCY, far, fast, status)


class Switches:
    """Contact and separation switches, each with a delay of its own; contacts chatter."""

    _SEPARATIONS = (
        "CRUISE_STAGE_GONE",
        "HEAT_SHIELD_GONE",
        "BACK_SHELL_GONE",
        "ROVER_FREE",
        "BRIDLE_CUT",
    )
    _CHATTER_S = 0.08  # after contact [K]

    def __init__(self, draws: Random) -> None:
        self._random = draws.random
        contacts = ("CONTACT_A", "CONTACT_B", "CONTACT_C")
        self._contacts = [(bit("DISCRETES", n), draws.uniform(0.01, 0.06)) for n in contacts]
        self._separations = [
            (bit("DISCRETES", n), draws.uniform(0.015, 0.05)) for n in self._SEPARATIONS
        ]
        self._jumper = bit("DISCRETES", "ARMING_JUMPER")
        self._gone = (False,) * len(self._SEPARATIONS)
        self._gone_s = [0.0] * len(self._SEPARATIONS)
        self._settled_s = 0.0
        self._level = self._jumper

    def read(self, vehicle: Vehicle) -> int:
        """DISCRETES."""
        now = vehicle.time_s
        gone = vehicle.gone
        contact_s = vehicle.rover.contact_s
        if gone == self._gone and now > self._settled_s and contact_s is None:
            return self._level
        if gone != self._gone:
            for i, (is_gone, was_gone) in enumerate(zip(gone, self._gone, strict=True)):
                if is_gone and not was_gone:
                    self._gone_s[i] = now
            self._gone = gone
            self._settled_s = now + 0.1
        level = self._jumper
        for i, (switch, delay_s) in enumerate(self._separations):
            if gone[i] and now >= self._gone_s[i] + delay_s:
                level |= switch
        self._level = level
        if contact_s is not None:
            for switch, delay_s in self._contacts:
                since = now - contact_s - delay_s
                if since >= self._CHATTER_S or (since >= 0.0 and self._random() < 0.7):
                    level |= switch
        return level


class Sensors:
    """All instruments, read once a minor frame."""

    def __init__(self, errors: SensorErrors, seed: int) -> None:
        spread = errors.house_keeping_noise
        self.inertial = InertialUnit(
            errors, ACCELERATION_LIMIT_M_S2, RATE_LIMIT_DEG_S, stream(seed, "inertial noise")
        )
        self.radar = Radar(errors, stream(seed, "radar noise"))
        self.switches = Switches(stream(seed, "switches"))
        self.microphone = Microphone(spread, stream(seed, "microphone"))
        self.house_keeping = HouseKeeping(_BUS_V, spread, stream(seed, "house keeping"))
        self._throttle = scale("THROTTLE")

    def read(self, vehicle: Vehicle, frame: int, microphone_gate: int) -> list[int]:
        """Counts in the order of SENSOR_FRAME up to SENSOR_READ_TIME."""
        # The throttle comes through the umbilical, which is cut with the bridle.
        wired = vehicle.rover.hanging
        throttle = self._throttle.counts(100.0 * vehicle.throttle) if wired else 0
        wind_pa = 0.0 if vehicle.frozen else vehicle.instant.dynamic_pressure_pa
        return [
            *self.inertial.measure(vehicle.instant, vehicle.destroyed),
            *self.radar.measure(vehicle, frame),
            *_NO_BAROMETER,
            throttle,
            self.switches.read(vehicle),
            *self.microphone.listen(wind_pa, vehicle.throttle, microphone_gate),
            *self.house_keeping.measure(vehicle.time_s, frame),
        ]
