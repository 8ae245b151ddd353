"""How does a body move over the planet under a given specific force?

State: radius, latitude, longitude, and velocity up, east and north in the planet-fixed frame. It
is regular at zero speed, so that one model serves from cruise to flyaway. With rotation off,
latitude 0 and no northward speed it is the planar polar model.

Flight steps are midpoint (second order Runge-Kutta): two force evaluations at 1/64 s. The error of
a step is a twenty-fourth of the rate of change of jerk times dt^3, 1e-5 m/s at peak deceleration,
far below the inertial unit's own; and the force at the midpoint is exactly the mean specific force
that the step applied, which is what the inertial unit must report. Coasts use fourth order and
large steps.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass
from math import ceil, cos

from gse.sim.planet import Field

Vector = tuple[float, float, float]
SpecificForce = Callable[[float, float, float, float], Vector]
"""(radius_m, up, east, north velocity) -> (up, east, north) specific force in m/s2"""


@dataclass(slots=True)
class Motion:
    """Position and planet-relative velocity."""

    radius_m: float
    latitude_rad: float
    longitude_rad: float
    up_m_s: float
    east_m_s: float
    north_m_s: float


def step(motion: Motion, field: Field, force: SpecificForce, dt_s: float) -> Vector:
    """Advances motion in place by one midpoint step; returns the specific force it applied."""
    radius, latitude = motion.radius_m, motion.latitude_rad
    up, east, north = motion.up_m_s, motion.east_m_s, motion.north_m_s
    half = 0.5 * dt_s

    force_up, force_east, force_north = force(radius, up, east, north)
    free_up, free_east, free_north = field.acceleration_m_s2(radius, latitude, up, east, north)
    middle_radius = radius + half * up
    middle_latitude = latitude + half * north / radius
    middle_up = up + half * (free_up + force_up)
    middle_east = east + half * (free_east + force_east)
    middle_north = north + half * (free_north + force_north)

    applied = force(middle_radius, middle_up, middle_east, middle_north)
    free_up, free_east, free_north = field.acceleration_m_s2(
        middle_radius, middle_latitude, middle_up, middle_east, middle_north
    )
    motion.up_m_s = up + dt_s * (free_up + applied[0])
    motion.east_m_s = east + dt_s * (free_east + applied[1])
    motion.north_m_s = north + dt_s * (free_north + applied[2])
    motion.radius_m = radius + dt_s * middle_up
    motion.latitude_rad = latitude + dt_s * middle_north / middle_radius
    eastward = dt_s * middle_east / middle_radius
    motion.longitude_rad += eastward / cos(middle_latitude) if middle_latitude else eastward
    return applied


def coast(start: Motion, field: Field, duration_s: float, largest_step_s: float = 1.0) -> Motion:
    """The state after a fall without air, forwards or backwards; fourth order Runge-Kutta."""
    steps = max(1, ceil(abs(duration_s) / largest_step_s))
    dt_s = duration_s / steps
    state = astuple(start)
    for _ in range(steps):
        k1 = _rates(state, field)
        k2 = _rates(_moved(state, k1, 0.5 * dt_s), field)
        k3 = _rates(_moved(state, k2, 0.5 * dt_s), field)
        k4 = _rates(_moved(state, k3, dt_s), field)
        mean = tuple(
            (a + 2.0 * b + 2.0 * c + d) / 6.0 for a, b, c, d in zip(k1, k2, k3, k4, strict=True)
        )
        state = _moved(state, mean, dt_s)
    return Motion(*state)


def _rates(state: tuple[float, ...], field: Field) -> tuple[float, ...]:
    radius, latitude, _, up, east, north = state
    return (
        up,
        north / radius,
        east / (radius * cos(latitude)),
        *field.acceleration_m_s2(radius, latitude, up, east, north),
    )


def _moved(state: tuple[float, ...], rates: tuple[float, ...], dt_s: float) -> tuple[float, ...]:
    return tuple(x + dt_s * rate for x, rate in zip(state, rates, strict=True))
