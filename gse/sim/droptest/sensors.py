"""What do the instruments of the box report, in counts?

An inertial unit and a barometer such as are soldered on hobby boards. Sizes of errors come from
config.SensorErrors, steps and wire types from the dictionary.
"""

from dataclasses import dataclass
from math import exp
from random import Random

from gse.sim.counts import scale
from gse.sim.droptest.air import STANDARD_GRAVITY_M_S2
from gse.sim.droptest.config import SensorErrors
from gse.sim.droptest.vehicle import Instant, Vehicle
from gse.sim.instruments import HouseKeeping, InertialUnit, Microphone, bit
from gse.sim.streams import stream

ACCELERATION_LIMIT_M_S2 = 16.0 * STANDARD_GRAVITY_M_S2  # the common widest range of such a unit
RATE_LIMIT_DEG_S = 200.0  # end of the channel's range
_BUS_V = 4.5  # three alkaline cells
_NO_RADAR = (0, 0, 0, 0)  # RADAR_RANGE, RADAR_SPEED, RADAR_STATUS, RADAR_SEQUENCE
_NO_THROTTLE = 0
_CARRIER_NOISE = 0.2  # that motors and propellers make, as a share of eight rocket engines


@dataclass(frozen=True, slots=True)
class _Shaken:
    """What the inertial unit feels, the carrier's vibration included."""

    axial_m_s2: float
    normal_m_s2: float
    rate_rad_s: float


class Vibration:
    """The motors of the carrier, through the sling."""

    def __init__(self, sigma_m_s2: float, draws: Random) -> None:
        self._sigma_m_s2 = sigma_m_s2
        self._gauss = draws.gauss

    def shake(self, instant: Instant) -> _Shaken:
        sigma = self._sigma_m_s2
        return _Shaken(
            instant.axial_m_s2 + self._gauss(0.0, sigma),
            instant.normal_m_s2 + self._gauss(0.0, sigma),
            instant.rate_rad_s,
        )


class Barometer:
    """Static pressure, 32 measurements a second; the air reaches it through vents, late."""

    PERIOD = 2  # minor frames
    LAG_S = 0.05  # time constant of vents and filter [K]
    _STEP_S = PERIOD / 64.0

    def __init__(self, errors: SensorErrors, draws: Random) -> None:
        self._errors = errors
        self._gauss = draws.gauss
        self._scale = scale("BARO_PRESSURE")
        self._valid = bit("BARO_STATUS", "VALID")
        self._inside_pa: float | None = None
        self._counts = 0
        self._sequence = 0

    def measure(self, vehicle: Vehicle, frame: int) -> tuple[int, int, int]:
        """BARO_PRESSURE, BARO_STATUS, BARO_SEQUENCE."""
        if vehicle.destroyed:
            return 0, 0, self._sequence
        if frame % self.PERIOD == 0:
            self._look(vehicle.instant)
        return self._counts, self._valid, self._sequence

    def _look(self, instant: Instant) -> None:
        errors = self._errors
        outside_pa = instant.pressure_pa
        outside_pa += errors.static_port_coefficient * instant.dynamic_pressure_pa
        if self._inside_pa is None:
            self._inside_pa = outside_pa
        self._inside_pa += (outside_pa - self._inside_pa) * (1.0 - exp(-self._STEP_S / self.LAG_S))
        reading = self._inside_pa + errors.barometer_bias_pa
        if errors.barometer_noise_pa:
            reading += self._gauss(0.0, errors.barometer_noise_pa)
        self._counts = self._scale.counts(reading)
        self._sequence = (self._sequence + 1) & 0xFF


class Sensors:
    """All instruments, read once a minor frame."""

    def __init__(self, errors: SensorErrors, seed: int) -> None:
        spread = errors.house_keeping_noise
        self._inertial = InertialUnit(
            errors, ACCELERATION_LIMIT_M_S2, RATE_LIMIT_DEG_S, stream(seed, "inertial noise")
        )
        self._vibration = Vibration(errors.vibration_m_s2, stream(seed, "vibration"))
        self._barometer = Barometer(errors, stream(seed, "barometer noise"))
        self._microphone = Microphone(spread, stream(seed, "microphone"))
        self._house_keeping = HouseKeeping(_BUS_V, spread, stream(seed, "house keeping"))
        self._jumper = bit("DISCRETES", "ARMING_JUMPER")

    def read(self, vehicle: Vehicle, frame: int, microphone_gate: int) -> list[int]:
        """Counts in the order of SENSOR_FRAME up to SENSOR_READ_TIME."""
        instant = vehicle.instant
        felt = self._vibration.shake(instant) if vehicle.carried else instant
        motors = _CARRIER_NOISE if vehicle.carried else 0.0
        return [
            *self._inertial.measure(felt, vehicle.destroyed),
            *_NO_RADAR,
            *self._barometer.measure(vehicle, frame),
            _NO_THROTTLE,
            self._jumper,
            *self._microphone.listen(instant.dynamic_pressure_pa, motors, microphone_gate),
            *self._house_keeping.measure(vehicle.time_s, frame),
        ]
