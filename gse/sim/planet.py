"""How heavy is Mars, how does it turn, and what does its air do at each height?

Air: the mean Mars-GRAM profile that AMAT distributes (atmdata/Mars/mars-gram-avg.dat), every 5 km.
Between nodes the logarithm of density and the speed of sound are linear. 5 km is close enough:
with nodes 20 km apart the line misses the bulge at 70 km by 18 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, exp, log, sin

MU_M3_S2 = 4.282837e13
EQUATORIAL_RADIUS_M = 3396.2e3
J2 = 1.96045e-3
ROTATION_RAD_S = 7.08824e-5
STANDARD_GRAVITY_M_S2 = 9.80665  # the g that loads are quoted in

NODE_STEP_M = 5000.0
LOWEST_NODE_M = -5000.0
AIRLESS_ABOVE_M = 200e3  # below 1e-12 kg/m3 there: a force of a micronewton

# density in kg/m3 and speed of sound in m/s at 0, 5, 10 ... 125 km above the datum
_MEAN_PROFILE = (
    (1.319e-2, 236.38), (8.976e-3, 227.61), (5.762e-3, 220.70), (3.596e-3, 214.44),
    (2.190e-3, 208.34), (1.302e-3, 202.16), (7.659e-4, 194.73), (4.203e-4, 191.53),
    (2.357e-4, 183.96), (1.263e-4, 180.55), (6.420e-5, 179.26), (3.175e-5, 185.49),
    (1.754e-5, 190.67), (1.175e-5, 190.96), (7.254e-6, 189.32), (4.006e-6, 186.86),
    (2.022e-6, 183.70), (9.557e-7, 180.46), (4.192e-7, 177.85), (1.795e-7, 176.18),
    (7.749e-8, 175.98), (3.384e-8, 177.95), (1.488e-8, 181.53), (6.725e-9, 188.24),
    (3.205e-9, 195.63), (1.632e-9, 203.58),
)  # fmt: skip

NODES = len(_MEAN_PROFILE) + 1  # one more below the datum: the landing site lies at -2.5 km


@dataclass(frozen=True, slots=True)
class Field:
    """Gravity and the rotation of the frame that positions and velocities are given in."""

    mu_m3_s2: float = MU_M3_S2
    j2: float = 0.0
    equatorial_radius_m: float = EQUATORIAL_RADIUS_M
    rotation_rad_s: float = 0.0

    def acceleration_m_s2(
        self, radius_m: float, latitude_rad: float, up_m_s: float, east_m_s: float, north_m_s: float
    ) -> tuple[float, float, float]:
        """(up, east, north) of a force-free body: gravity, curvature, Coriolis, centrifugal.

        Regular at zero speed; singular only at the poles and the centre.
        """
        gravity = self.mu_m3_s2 / (radius_m * radius_m)
        up = (east_m_s * east_m_s + north_m_s * north_m_s) / radius_m - gravity
        east = -up_m_s * east_m_s / radius_m
        north = -up_m_s * north_m_s / radius_m
        if latitude_rad == 0.0 and north_m_s == 0.0 and not self.rotation_rad_s and not self.j2:
            return up, east, north  # the planar polar model: what is left out below is zero
        sin_lat = sin(latitude_rad)
        cos_lat = cos(latitude_rad)
        tan_lat = sin_lat / cos_lat
        rate = self.rotation_rad_s
        up += rate * cos_lat * (2.0 * east_m_s + rate * radius_m * cos_lat)
        east += east_m_s * north_m_s * tan_lat / radius_m
        east += 2.0 * rate * (north_m_s * sin_lat - up_m_s * cos_lat)
        north -= east_m_s * east_m_s * tan_lat / radius_m
        north -= rate * sin_lat * (2.0 * east_m_s + rate * radius_m * cos_lat)
        if self.j2:
            ratio = self.equatorial_radius_m / radius_m
            oblate = self.j2 * ratio * ratio * gravity
            up -= 1.5 * oblate * (1.0 - 3.0 * sin_lat * sin_lat)
            north -= 3.0 * oblate * sin_lat * cos_lat
        return up, east, north


def _aloft_share(node: int) -> float:
    """How much of the dispersion aloft (rather than the low one) counts at a node: 0 to 10 km."""
    height_m = LOWEST_NODE_M + node * NODE_STEP_M
    return min(1.0, max(0.0, height_m / 10e3))


class Atmosphere:
    """Density, speed of sound and east wind by height above the datum.

    log_aloft, log_low: errors of the logarithm of density above 10 km and below 0 km, blended
    between; wind_east_m_s: at the NODES heights, lowest first; empty for still air.
    """

    __slots__ = ("_log_density", "_log_slope", "_sound", "_sound_slope", "_wind", "_wind_slope")

    def __init__(
        self, log_aloft: float = 0.0, log_low: float = 0.0, wind_east_m_s: Sequence[float] = ()
    ) -> None:
        density = [log(row[0]) for row in _MEAN_PROFILE]
        density.insert(0, 2.0 * density[0] - density[1])
        for node in range(NODES):
            share = _aloft_share(node)
            density[node] += share * log_aloft + (1.0 - share) * log_low
        sound = [row[1] for row in _MEAN_PROFILE]
        sound.insert(0, 2.0 * sound[0] - sound[1])
        wind = list(wind_east_m_s) or [0.0] * NODES
        if len(wind) != NODES:
            raise ValueError(f"{len(wind)} winds for {NODES} heights")
        self._log_density, self._log_slope = _segments(density)
        self._sound, self._sound_slope = _segments(sound)
        self._wind, self._wind_slope = _segments(wind)

    def at(self, height_m: float) -> tuple[float, float, float]:
        """Density in kg/m3, speed of sound and east wind in m/s at a height above the datum.

        Density goes on exponentially beyond both ends; sound and wind stop at the upper one.
        """
        if height_m > AIRLESS_ABOVE_M:
            return 0.0, self._sound[-1], 0.0
        above = height_m - LOWEST_NODE_M
        i = int(above / NODE_STEP_M)
        if i > NODES - 2:
            i = NODES - 2
            above_held = NODE_STEP_M
        else:
            i = max(i, 0)
            above_held = above - i * NODE_STEP_M
        density = exp(self._log_density[i] + self._log_slope[i] * (above - i * NODE_STEP_M))
        sound = self._sound[i] + self._sound_slope[i] * above_held
        return density, sound, self._wind[i] + self._wind_slope[i] * above_held


def _segments(nodes: Sequence[float]) -> tuple[list[float], list[float]]:
    """Values at the nodes and the slope per metre from each to the next."""
    slopes = [(b - a) / NODE_STEP_M for a, b in pairwise(nodes)]
    return list(nodes), slopes
