"""Is the fixed-point arithmetic exactly what its docstrings say?"""

from __future__ import annotations

import math
from array import array
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.kernel import fixed

SMALL = st.integers(-(1 << 30), (1 << 30) - 1)
S29 = st.integers(-(1 << 29) + 1, (1 << 29) - 1)


@given(SMALL)
def test_sine_is_within_one_count_of_the_real_sine(angle: int) -> None:
    exact = math.sin(2 * math.pi * (angle / fixed.REVOLUTION)) * 32768
    assert abs(fixed.sine(angle) - exact) <= 1


@given(st.integers(-(1 << 29), (1 << 29)))
def test_cosine_is_within_one_count_of_the_real_cosine(angle: int) -> None:
    exact = math.cos(2 * math.pi * (angle / fixed.REVOLUTION)) * 32768
    assert abs(fixed.cosine(angle) - exact) <= 1


@pytest.mark.parametrize(
    ("angle", "value"),
    [(0, 0), (1 << 24, 32768), (1 << 25, 0), (3 << 24, -32768), (-(1 << 24), -32768)],
)
def test_sine_is_exact_at_the_quarters(angle: int, value: int) -> None:
    assert fixed.sine(angle) == value


@given(S29)
def test_wrap_keeps_the_angle_and_brings_it_into_half_a_revolution(angle: int) -> None:
    wrapped = fixed.wrap(angle)
    assert -(1 << 25) <= wrapped < 1 << 25
    assert (wrapped - angle) % fixed.REVOLUTION == 0


@given(S29, st.integers(-(1 << 15), 1 << 15))
def test_scale_rounds_the_exact_product_half_up(value: int, gain: int) -> None:
    assert fixed.scale(value, gain) == math.floor(Fraction(value * gain, 1 << 15) + Fraction(1, 2))


@given(st.integers(0, (1 << 30) - 1))
def test_square_root_is_the_floor_of_the_exact_root(value: int) -> None:
    assert fixed.square_root(value) == math.isqrt(value)


@given(S29, S29)
def test_magnitude_is_below_the_exact_length_by_less_than_two_in_2_to_the_13(
    a: int, b: int
) -> None:
    exact = math.hypot(a, b)
    assert exact * (1 - 2 / (1 << 13)) - 2 <= fixed.magnitude(a, b) <= exact + 1


@given(
    st.lists(st.integers(0, 1 << 14), min_size=2, max_size=20),
    st.integers(8, 22),
    st.integers(-(1 << 28), 1 << 28),
)
def test_interpolation_stays_within_a_count_of_the_exact_line(
    nodes: list[int], shift: int, x: int
) -> None:
    table = array("i", nodes)
    value = fixed.interpolate(table, x, shift)
    position = min(max(Fraction(x, 1 << shift), Fraction(0)), Fraction(len(nodes) - 1))
    i = min(int(position), len(nodes) - 2)
    exact = nodes[i] + (nodes[i + 1] - nodes[i]) * (position - i)
    assert exact - Fraction(3, 2) <= value <= exact + Fraction(3, 2)


@given(SMALL, SMALL, SMALL)
def test_clamp_returns_the_nearest_value_of_the_range(value: int, a: int, b: int) -> None:
    lowest, highest = min(a, b), max(a, b)
    assert fixed.clamp(value, lowest, highest) == min(max(value, lowest), highest)


def _half_away(exact: Fraction) -> int:
    magnitude = math.floor(abs(exact) + Fraction(1, 2))
    return magnitude if exact >= 0 else -magnitude


@given(S29, S29, st.integers(15, 30))
def test_multiply_rounds_the_exact_product_half_away_from_zero(a: int, b: int, shift: int) -> None:
    exact = _half_away(Fraction(a * b, 1 << shift))
    assert fixed.multiply(a, b, shift) == min(max(exact, -fixed.LARGEST), fixed.LARGEST)


@given(S29, st.integers(1, (1 << 29) - 1), st.integers(0, 30))
def test_divide_floors_the_exact_quotient(a: int, b: int, shift: int) -> None:
    exact = math.floor(Fraction(a << shift, b))
    assert fixed.divide(a, b, shift) == min(max(exact, -fixed.LARGEST), fixed.LARGEST)
