"""Which functions are verified, over which arguments, against what, and how close must they be?

One row a function of boards/verify.py: what it is for, the range of each argument, the exact result
and the largest error allowed, in LSB of the result: what the function's own docstring promises.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, isqrt

from fsw.kernel.fixed import LARGEST, REVOLUTION
from fsw.missions.mars2020 import NAVIGATION
from gse.verify import exact

Exact = Callable[..., "Sequence[Fraction | int]"]
Range = tuple[int, int]

SMALL: Range = (-(1 << 30), (1 << 30) - 1)
WIDE: Range = (-(1 << 29) + 1, (1 << 29) - 1)
NODE_M = 1 << 14  # heights between the nodes of the gravity table


@dataclass(frozen=True, slots=True)
class Function:
    """allowed_lsb: 0 for a result that must be exact. circular: whether results are angles, equal
    modulo a revolution. fits: whether arguments are within what the function promises together.
    lsb: counts that the last bit of the result stands for, with these arguments."""

    name: str
    purpose: str
    rounding: str
    arguments: tuple[Range, ...]
    exact: Exact
    allowed_lsb: tuple[Fraction, ...]
    circular: tuple[bool, ...] = (False,)
    fits: Callable[..., bool] = lambda *arguments: True
    lsb: Callable[..., int] = lambda *arguments: 1


def _half_away(value: Fraction) -> int:
    magnitude = floor(abs(value) + Fraction(1, 2))
    return magnitude if value >= 0 else -magnitude


def _held(value: int) -> int:
    return min(max(value, -LARGEST), LARGEST)


def _wrap(angle: int) -> int:
    return (angle + REVOLUTION // 2) % REVOLUTION - REVOLUTION // 2


def _length(a: int, b: int) -> Fraction:
    return exact.root(Fraction(a * a + b * b))


def _hold(value: int, operator: int, counts: int) -> bool:
    return (value >= counts, value <= counts, value & counts == counts, value & counts == 0)[
        operator
    ]


def _level(value: int, red_low: int, yellow_low: int, yellow_high: int, red_high: int) -> int:
    if not red_low <= value <= red_high:
        return 2
    return 0 if yellow_low <= value <= yellow_high else 1


def _pulses(pulses: int, seconds: int, frames: int) -> int:
    """Pulses at a tenth of a second, then one period later, two ...: those before the end of the
    last minor frame."""
    return max(0, ceil((Fraction(frames, 64) - Fraction(1, 10)) * pulses / seconds))


def _can_be_kept(pulses: int, seconds: int, frames: int) -> bool:
    """Rates of which 1/5,760,000 s are whole periods, within what a camera may have."""
    period_s = Fraction(seconds, pulses)
    return (period_s * 5760000).denominator == 1 and Fraction(1, 200) <= period_s <= 7


def _advance(
    altitude: int, vertical: int, horizontal: int, pitch: int, axial: int, normal: int, rate: int
) -> tuple[Fraction, ...]:
    """One minor frame of planar motion: sensed force turned by the pitch in the middle of the
    frame, gravity, curvature; trapezoid in height."""
    dt = Fraction(1, 64)
    turns = Fraction(pitch, REVOLUTION) + Fraction(rate, 1 << 27)
    sin, cos = exact.sine(turns), exact.sine(turns + Fraction(1, 4))
    up = (axial * sin + normal * cos) / 1024
    along = (axial * cos - normal * sin) / 1024
    height_m, v_up, v_along = (
        Fraction(altitude, 256),
        Fraction(vertical, 1 << 16),
        Fraction(horizontal, 1 << 16),
    )
    radius_m = NAVIGATION["site_radius_m"] + height_m
    after = v_up + dt * (up + v_along**2 / radius_m - exact.gravity(height_m))
    turned = v_along / radius_m * dt * exact.ONE / (2 * exact.PI)  # of a revolution
    return (
        (height_m + dt * (v_up + after) / 2) * 256,
        after * (1 << 16),
        (v_along + dt * (along - v_up * v_along / radius_m)) * (1 << 16),
        pitch + rate + turned * REVOLUTION,
    )


def _one(function: Callable[..., Fraction | int]) -> Exact:
    return lambda *arguments: (function(*arguments),)


_ZERO = (Fraction(0),)
_ACCELERATION: Range = (-200 << 10, 200 << 10)

FUNCTIONS = (
    Function(
        "sine", "turns what is sensed into up and downrange", "within 1 count of 2^-15",
        (SMALL,), _one(lambda a: exact.sine(Fraction(a, REVOLUTION)) * 32768), (Fraction(1),),
    ),
    Function(
        "cosine", "the same", "within 1 count of 2^-15",
        ((-(1 << 29), 1 << 29),),
        _one(lambda a: exact.sine(Fraction(a, REVOLUTION) + Fraction(1, 4)) * 32768),
        (Fraction(1),),
    ),
    Function(
        "wrap", "keeps an angle in half a revolution either way", "exact",
        (WIDE,), _one(_wrap), _ZERO,
    ),
    Function(
        "direction", "flight path and pitch at rest: the angle of a vector",
        "within 32 counts of 2^-26 revolutions", (WIDE, WIDE),
        _one(lambda x, y: exact.turns_of(x, y) * REVOLUTION), (Fraction(32),), (True,),
        fits=lambda x, y: (x, y) != (0, 0),
    ),
    Function(
        "scale", "a count times a sine", "half up, exact", (WIDE, (-(1 << 15), 1 << 15)),
        _one(lambda v, g: floor(Fraction(v * g, 1 << 15) + Fraction(1, 2))), _ZERO,
    ),
    Function(
        "multiply", "any product, shifted", "half away from zero, saturated, exact",
        (WIDE, WIDE, (15, 30)),
        _one(lambda a, b, s: _held(_half_away(Fraction(a * b, 1 << s)))), _ZERO,
    ),
    Function(
        "divide", "Mach number, speed along a slanted beam", "floor, saturated, exact",
        (WIDE, (1, (1 << 29) - 1), (0, 30)),
        _one(lambda a, b, s: _held(floor(Fraction(a << s, b)))), _ZERO,
    ),
    Function(
        "square_root", "lengths", "floor, exact", ((0, (1 << 30) - 1),), _one(isqrt), _ZERO,
    ),
    Function(
        "magnitude", "speed, sensed acceleration", "within 2.5 of the last of 14 bits",
        (WIDE, WIDE), _one(_length), (Fraction(5, 2),),
        lsb=lambda a, b: 1 << max(0, max(abs(a), abs(b)).bit_length() - 14),
    ),
    Function(
        "clamp", "holds a value in its range", "exact", (SMALL, SMALL, SMALL),
        _one(lambda v, low, high: min(max(v, low), high)), _ZERO,
        fits=lambda v, low, high: low <= high,
    ),
    Function(
        "gravity", "table of gravity by height", "within 6 counts of 2^-16 m/s2",
        ((0, 1 << 28),), _one(lambda h: exact.gravity(Fraction(h, 256)) * 65536), (Fraction(6),),
    ),
    Function(
        "pressure_height", "table of the standard atmosphere, above 300 hPa",
        "within 16 counts of 1/16 m: 1 m", ((30000 * 64, 115000 * 64),),
        _one(lambda p: exact.pressure_height(Fraction(p, 64)) * 16), (Fraction(16),),
    ),
    Function(
        "hold", "a condition of the state machine", "exact",
        (SMALL, (0, 3), (0, (1 << 30) - 1)), _one(lambda v, o, c: int(_hold(v, o, c))), _ZERO,
    ),
    Function(
        "level", "limits of a channel", "exact", (SMALL,) * 5, _one(_level), _ZERO,
        fits=lambda v, *limits: list(limits) == sorted(limits),
    ),
    Function(
        "pulses", "trigger pulses in some minor frames", "exact",
        ((1, 200), (1, 40), (1, 64)), _one(_pulses), _ZERO, fits=_can_be_kept,
    ),
    Function(
        "advance", "dead reckoning over one minor frame: height, velocities, pitch",
        "within 2, 24, 24 and 2 counts",
        ((0, 1 << 28), (-7000 << 16, 7000 << 16), (-7000 << 16, 7000 << 16),
         (-(1 << 25), (1 << 25) - 1), _ACCELERATION, _ACCELERATION,
         (-200 * (1 << 17) // 45, 200 * (1 << 17) // 45)),
        _advance, (Fraction(2), Fraction(24), Fraction(24), Fraction(2)),
        (False, False, False, True),
    ),
)  # fmt: skip
BY_NAME = {function.name: function for function in FUNCTIONS}
