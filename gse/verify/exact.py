"""What is the exact result? Rational numbers, and integers wide enough to be as good as exact.

Independent of the flight code: nothing of fsw.kernel is called, and irrational functions come from
their series in 160 fractional bits.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import isqrt, log

from fsw.missions.mars2020 import NAVIGATION

BITS = 160
ONE = 1 << BITS


def _arctangent_of_inverse(n: int) -> int:
    """arctan(1/n) in 2^-BITS, by its series."""
    power = total = ONE // n
    sign = -1
    k = 3
    while power:
        power //= n * n
        total += sign * (power // k)
        sign, k = -sign, k + 2
    return total


PI = 4 * (4 * _arctangent_of_inverse(5) - _arctangent_of_inverse(239))  # Machin


def sine(turns: Fraction) -> Fraction:
    """sin(2 pi turns), good to some 2^-150."""
    turns = turns % 1
    negative = turns >= Fraction(1, 2)
    turns -= Fraction(1, 2) if negative else 0
    if turns > Fraction(1, 4):
        turns = Fraction(1, 2) - turns
    x = 2 * PI * turns.numerator // turns.denominator
    term = total = x
    k = 2
    while term:
        term = -(((term * x) >> BITS) * x >> BITS) // (k * (k + 1))
        total += term
        k += 2
    return Fraction(-total if negative else total, ONE)


def root(value: Fraction) -> Fraction:
    """Square root, good to 2^-80."""
    return Fraction(isqrt((value.numerator << BITS) // value.denominator), 1 << (BITS // 2))


def turns_of(x: int, y: int) -> Fraction:
    """Angle of a vector as a share of a revolution, -1/2 to 1/2; its argument is halved until the
    series of the arc tangent converges fast."""
    if x == 0 and y == 0:
        return Fraction(0)
    if abs(y) > abs(x):
        quarter = Fraction(1, 4) if y > 0 else Fraction(-1, 4)
        return quarter - turns_of(y, x) if y > 0 else quarter - turns_of(-y, -x)
    if x < 0:
        return _half_turn_from(turns_of(-x, -y))
    t = ONE * y // x
    for _ in range(6):
        t = ONE * t // (ONE + isqrt(ONE * ONE + t * t))
    power = total = t
    k = 3
    while power not in (0, -1):
        power = -(((power * t) >> BITS) * t >> BITS)
        total += power // k
        k += 2
    return Fraction(total * 64, 2 * PI)


def _half_turn_from(turns: Fraction) -> Fraction:
    half = Fraction(1, 2)
    return turns + half if turns < 0 else turns - half


def gravity(height_m: Fraction) -> Fraction:
    """mu / r^2 in m/s2 at a height above the landing site."""
    radius = Fraction(NAVIGATION["site_radius_m"]) + height_m
    return Fraction(NAVIGATION["gravity_m3_s2"]) / (radius * radius)


@lru_cache(maxsize=4096)
def pressure_height(pressure_pa: Fraction) -> Fraction:
    """Height in m in the US Standard Atmosphere 1976, by its closed form; good to 1e-9 m."""
    ratio = float(pressure_pa)
    warm_m, exponent = 288.15 / 0.0065, 8.31432 * 0.0065 / (9.80665 * 0.0289644)
    if ratio >= 22632.0:
        return Fraction(warm_m * (1.0 - (ratio / 101325.0) ** exponent))
    scale_m = 8.31432 * 216.65 / (9.80665 * 0.0289644)
    return Fraction(11000.0 + scale_m * log(22632.0 / ratio))
