"""How strongly do the aeroshell, the parachute and the lander push against the air?"""

from bisect import bisect_right
from collections.abc import Sequence

# Aeroshell drag against Mach, as a share of its hypersonic value: a 70 degree sphere-cone loses
# drag through the transonic range. [K]; 1 above Mach 1.7, where the entry is compared with AMAT.
_BODY_MACH = (0.0, 0.7, 1.0, 1.4, 1.7)
_BODY_SHARE = (0.68, 0.70, 0.85, 0.96, 1.0)

# Disk-gap-band parachute, drag coefficient on the reference area of 364 m2 against Mach. [K]
PARACHUTE_AREA_M2 = 364.0
_PARACHUTE_MACH = (0.0, 0.5, 0.8, 1.0, 1.4, 1.8, 2.2)
_PARACHUTE_CD = (0.64, 0.63, 0.58, 0.55, 0.60, 0.52, 0.45)

# Sutton and Graves' convective heating at the stagnation point, with the constant for Mars
# (1.898e-8 W/cm2 in SI otherwise) and the nose radius with which AMAT gives the project's figures.
SUTTON_GRAVES_W_CM2 = 1.898e-8
NOSE_RADIUS_M = 1.125


def _interpolate(xs: Sequence[float], ys: Sequence[float], x: float) -> float:
    """Linear between the nodes, held at both ends."""
    i = bisect_right(xs, x)
    if i == 0:
        return ys[0]
    if i == len(xs):
        return ys[-1]
    return ys[i - 1] + (ys[i] - ys[i - 1]) * (x - xs[i - 1]) / (xs[i] - xs[i - 1])


def body_drag_share(mach: float) -> float:
    """Drag coefficient of the aeroshell as a share of the hypersonic one."""
    return 1.0 if mach >= _BODY_MACH[-1] else _interpolate(_BODY_MACH, _BODY_SHARE, mach)


def parachute_drag_coefficient(mach: float) -> float:
    """Drag coefficient of the full canopy on PARACHUTE_AREA_M2."""
    return _interpolate(_PARACHUTE_MACH, _PARACHUTE_CD, mach)


def heating_w_cm2(density_kg_m3: float, speed_m_s: float) -> float:
    """Convective heating of the stagnation point in W/cm2."""
    root = (density_kg_m3 / NOSE_RADIUS_M) ** 0.5
    return float(SUTTON_GRAVES_W_CM2 * root * speed_m_s * speed_m_s * speed_m_s)
