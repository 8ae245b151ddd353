"""What number do coded bits mean, and what does it become by its calibrator?"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gse.xtce.bits import Words
from gse.xtce.model import Calibrator, Number, Polynomial, Scheme

Array = npt.NDArray[Any]


def decode(words: Words, number: Number) -> Array:
    """Numbers of coded bits: int64, uint64 where 64 bits are unsigned, or float64."""
    bits = number.bits
    if number.little_endian:
        words = words.byteswap() >> np.uint64(64 - bits)
    if number.scheme is Scheme.UNSIGNED:
        return words if bits == 64 else words.astype(np.int64)
    if number.scheme is Scheme.IEEE754:
        floats = words.astype(f"<u{bits // 8}").view(f"<f{bits // 8}")
        return np.asarray(floats, np.float64)
    if number.scheme is Scheme.MIL_1750A:
        return _mil_1750a(words, bits)
    if number.scheme is Scheme.TWOS_COMPLEMENT:
        return _signed(words, bits)
    negative = (words >> np.uint64(bits - 1)) == 1
    if number.scheme is Scheme.SIGN_MAGNITUDE:
        magnitude = (words & np.uint64((1 << (bits - 1)) - 1)).astype(np.int64)
        return np.where(negative, -magnitude, magnitude)
    return np.asarray(_signed(words, bits) + negative)


def _signed(words: Words, bits: int) -> Array:
    left = np.uint64(64 - bits)
    return np.asarray((words << left).view(np.int64) >> np.int64(64 - bits))


def _mil_1750a(words: Words, bits: int) -> Array:
    """MIL-STD-1750A section 4.1.4: 24 bits of mantissa and 8 of exponent, both in two's complement;
    the extended format has 16 more of mantissa behind them."""
    if bits == 32:
        mantissa = _signed(words >> np.uint64(8), 24)
        exponent = _signed(words & np.uint64(0xFF), 8)
        return np.asarray(np.ldexp(mantissa.astype(np.float64), exponent - 23))
    high = words >> np.uint64(24)
    mantissa = _signed((high << np.uint64(16)) | (words & np.uint64(0xFFFF)), 40)
    exponent = _signed((words >> np.uint64(16)) & np.uint64(0xFF), 8)
    return np.asarray(np.ldexp(mantissa.astype(np.float64), exponent - 39))


def calibrate(raw: Array, calibrator: Calibrator) -> npt.NDArray[np.float64]:
    """Calibrated values; not a number where the calibrator says nothing; infinite beyond 1e308."""
    with np.errstate(over="ignore", invalid="ignore"):
        return _calibrate(raw.astype(np.float64), calibrator)


def _calibrate(x: npt.NDArray[np.float64], calibrator: Calibrator) -> npt.NDArray[np.float64]:
    if isinstance(calibrator, Polynomial):
        total = np.zeros(len(x))
        for coefficient, exponent in calibrator.terms:
            total += coefficient * x**exponent
        return total
    points, values = np.array(calibrator.raw), np.array(calibrator.calibrated)
    if calibrator.order == 0:
        below = np.searchsorted(points, x, side="right") - 1
        result = values[np.clip(below, 0, len(points) - 1)]
    else:
        left = np.clip(np.searchsorted(points, x, side="right") - 1, 0, len(points) - 2)
        slope = np.diff(values) / np.diff(points)
        result = values[left] + slope[left] * (x - points[left])
    if not calibrator.extrapolate:
        result = np.where((x < points[0]) | (x > points[-1]), np.nan, result)
    return np.asarray(result)
