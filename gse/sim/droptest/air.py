"""What does the Earth's air do over the site: pressure, density, wind, gusts?

The troposphere of the ICAO Standard Atmosphere (Doc 7488, the same as U.S. Standard Atmosphere 1976
below 32 km), shifted to the day's pressure and temperature at sea level.
"""

from dataclasses import dataclass
from math import exp, sqrt
from random import Random

SEA_LEVEL_PRESSURE_PA = 101325.0
SEA_LEVEL_TEMPERATURE_K = 288.15
LAPSE_K_M = 0.0065
GAS_CONSTANT_J_KG_K = 8314.32 / 28.9644  # the two constants of the standard
STANDARD_GRAVITY_M_S2 = 9.80665
_EXPONENT = STANDARD_GRAVITY_M_S2 / (GAS_CONSTANT_J_KG_K * LAPSE_K_M)
_RADIUS_M = 6356766.0  # of the standard, for the step from geometric to geopotential height

_WIND_HEIGHT_M = 10.0  # at which weather stations measure
_WIND_EXPONENT = 1.0 / 7.0  # over open land [K]
_SHORTEST_EDDY_M, _LONGEST_EDDY_M = 3.0, 300.0  # the scale is the height, in this range


@dataclass(frozen=True, slots=True)
class Air:
    """The day's still air; heights in metres above mean sea level."""

    sea_level_pressure_pa: float = SEA_LEVEL_PRESSURE_PA
    temperature_offset_k: float = 0.0

    def at(self, height_m: float) -> tuple[float, float]:
        """Static pressure in Pa and density in kg/m3."""
        geopotential_m = _RADIUS_M * height_m / (_RADIUS_M + height_m)
        ground_k = SEA_LEVEL_TEMPERATURE_K + self.temperature_offset_k
        temperature_k = ground_k - LAPSE_K_M * geopotential_m
        pressure: float = self.sea_level_pressure_pa * (temperature_k / ground_k) ** _EXPONENT
        return pressure, pressure / (GAS_CONSTANT_J_KG_K * temperature_k)


class Wind:
    """Mean wind to the east by height above ground, and gusts east and up.

    Gusts: first-order noise with the intensity (a tenth of the wind near the ground) and the scale
    (the height) that Dryden's model has for vertical gusts at low altitude.
    """

    __slots__ = ("_gauss", "_mean_m_s", "_sigma_m_s", "east_gust_m_s", "up_gust_m_s")

    def __init__(self, mean_m_s: float, draws: Random) -> None:
        """mean_m_s: 10 m above the ground."""
        self._mean_m_s = mean_m_s
        self._sigma_m_s = 0.1 * abs(mean_m_s)
        self._gauss = draws.gauss
        self.east_gust_m_s = self.up_gust_m_s = 0.0

    def mean_m_s(self, height_m: float) -> float:
        share: float = (max(height_m, 1.0) / _WIND_HEIGHT_M) ** _WIND_EXPONENT
        return self._mean_m_s * share

    def advance(self, height_m: float, airspeed_m_s: float, dt_s: float) -> None:
        """Moves on through the eddies at this airspeed."""
        if not self._sigma_m_s:
            return
        eddy_m = min(max(height_m, _SHORTEST_EDDY_M), _LONGEST_EDDY_M)
        kept = exp(-max(airspeed_m_s, 1.0) * dt_s / eddy_m)
        fresh = self._sigma_m_s * sqrt(1.0 - kept * kept)
        self.east_gust_m_s = kept * self.east_gust_m_s + self._gauss(0.0, fresh)
        self.up_gust_m_s = kept * self.up_gust_m_s + self._gauss(0.0, fresh)

    def at(self, height_m: float) -> tuple[float, float]:
        """Velocity of the air (east, up) now."""
        return self.mean_m_s(height_m) + self.east_gust_m_s, self.up_gust_m_s
