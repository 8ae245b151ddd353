"""What do the instruments report that every mission carries, in counts?

Each takes what the vehicle of its mission feels; steps and wire types are the dictionary's.
"""

from math import degrees, sin
from random import Random
from typing import Protocol

from fsw.dictionary.channels import ENUMS
from gse.sim.counts import Scale, scale


class InertialErrors(Protocol):
    """Errors of an inertial unit; all zero: perfect but for steps and limits."""

    @property
    def accelerometer_bias_m_s2(self) -> tuple[float, float]: ...  # axial, normal
    @property
    def accelerometer_scale(self) -> tuple[float, float]: ...
    @property
    def accelerometer_noise_m_s2(self) -> float: ...  # one sigma a minor frame
    @property
    def gyro_bias_deg_s(self) -> float: ...
    @property
    def gyro_scale(self) -> float: ...
    @property
    def gyro_noise_deg_s(self) -> float: ...  # one sigma a minor frame


class Felt(Protocol):
    """What an inertial unit feels, mean over a minor frame: specific force and pitch rate."""

    @property
    def axial_m_s2(self) -> float: ...
    @property
    def normal_m_s2(self) -> float: ...
    @property
    def rate_rad_s(self) -> float: ...


def bit(table: str, name: str) -> int:
    """The mask of one flag."""
    return 1 << ENUMS[table].index(name)


class _Increments:
    """Quantises as an inertial unit counts: what makes no full count waits for the next frame."""

    __slots__ = ("_limit", "_rest", "_scale", "saturated")

    def __init__(self, name: str, limit: float) -> None:
        self._scale = scale(name)
        self._limit = self._scale.counts(limit)
        self._rest = 0.0
        self.saturated = False

    def counts(self, value: float) -> int:
        exact = value * self._scale.per_unit + self._rest
        whole = round(exact)
        limit = self._limit
        self.saturated = not -limit <= whole <= limit
        if self.saturated:
            self._rest = 0.0  # what is beyond full scale is lost for good
            return limit if whole > 0 else -limit
        self._rest = exact - whole
        return whole


class InertialUnit:
    """Accelerations along and across the axis, and pitch rate, each the mean of a minor frame."""

    def __init__(
        self, errors: InertialErrors, limit_m_s2: float, limit_deg_s: float, draws: Random
    ) -> None:
        self._gauss = draws.gauss
        self._axial = _Increments("IMU_AXIAL", limit_m_s2)
        self._normal = _Increments("IMU_NORMAL", limit_m_s2)
        self._rate = _Increments("IMU_RATE", limit_deg_s)
        self._axial_bias, self._normal_bias = errors.accelerometer_bias_m_s2
        self._axial_gain = 1.0 + errors.accelerometer_scale[0]
        self._normal_gain = 1.0 + errors.accelerometer_scale[1]
        self._noise_m_s2 = errors.accelerometer_noise_m_s2
        self._rate_bias = errors.gyro_bias_deg_s
        self._rate_gain = 1.0 + errors.gyro_scale
        self._rate_noise_deg_s = errors.gyro_noise_deg_s
        self._valid = bit("IMU_STATUS", "VALID")
        self._saturated = (
            bit("IMU_STATUS", "AXIAL_SATURATED"),
            bit("IMU_STATUS", "NORMAL_SATURATED"),
            bit("IMU_STATUS", "RATE_SATURATED"),
        )

    def measure(self, felt: Felt, destroyed: bool) -> tuple[int, int, int, int]:
        """IMU_AXIAL, IMU_NORMAL, IMU_RATE, IMU_STATUS."""
        if destroyed:
            return 0, 0, 0, 0
        axial = felt.axial_m_s2 * self._axial_gain + self._axial_bias
        normal = felt.normal_m_s2 * self._normal_gain + self._normal_bias
        rate = degrees(felt.rate_rad_s) * self._rate_gain + self._rate_bias
        if self._noise_m_s2:
            axial += self._gauss(0.0, self._noise_m_s2)
            normal += self._gauss(0.0, self._noise_m_s2)
        if self._rate_noise_deg_s:
            rate += self._gauss(0.0, self._rate_noise_deg_s)
        counts = self._axial.counts(axial), self._normal.counts(normal), self._rate.counts(rate)
        status = self._valid
        if self._axial.saturated:
            status |= self._saturated[0]
        if self._normal.saturated:
            status |= self._saturated[1]
        if self._rate.saturated:
            status |= self._saturated[2]
        return *counts, status


class Microphone:
    """Sound level by dynamic pressure and engines; 16 blocks a second while the gate is open."""

    _BLOCK = 4  # minor frames

    def __init__(self, spread: float, draws: Random) -> None:
        self._spread = spread
        self._random = draws.random
        self._level_scale = scale("MIC_LEVEL")
        self._level = self._blocks = self._frames = 0

    def listen(self, wind_pa: float, engines: float, gate: int) -> tuple[int, int]:
        """MIC_LEVEL, MIC_BLOCKS. wind_pa: dynamic pressure; engines: share of their full thrust."""
        if gate:
            self._frames += 1
            if self._frames % self._BLOCK == 0:
                self._blocks = (self._blocks + 1) & 0xFFFF
                heard = 40.0 + 150.0 * float(wind_pa**0.5) + 30000.0 * engines
                heard *= 1.0 + self._spread * 0.3 * (self._random() - 0.5)
                self._level = self._level_scale.counts(heard)
        else:
            self._frames = self._level = 0
        return self._level, self._blocks


class HouseKeeping:
    """Board temperature, supply voltage, and how long reading everything took."""

    def __init__(self, bus_v: float, spread: float, draws: Random) -> None:
        self._random = draws.random
        self._spread = spread
        self._bus_v = bus_v
        self._temperature: Scale = scale("BOARD_TEMPERATURE")
        self._voltage: Scale = scale("BUS_VOLTAGE")
        self._time: Scale = scale("SENSOR_READ_TIME")
        self._slow = (0, 0)

    def measure(self, time_s: float, frame: int) -> tuple[int, int, int]:
        """BOARD_TEMPERATURE, BUS_VOLTAGE, SENSOR_READ_TIME."""
        spread = self._spread
        if frame % 16 == 0:
            warm = 20.0 + 0.01 * (time_s + 620.0) + spread * 0.1 * (self._random() - 0.5)
            volts = self._bus_v + 0.3 * sin(time_s / 90.0) + spread * 0.05 * (self._random() - 0.5)
            self._slow = self._temperature.counts(warm), self._voltage.counts(volts)
        read_s = 400e-6 + spread * 40e-6 * (self._random() - 0.5)
        return *self._slow, self._time.counts(read_s)
