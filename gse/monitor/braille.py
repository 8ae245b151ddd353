"""How is a curve drawn with characters? Eight dots in each, as Braille has them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

_BLANK = 0x2800
# Bit of the dot in row 0..3 and column 0..1 of a character (Unicode, Braille patterns).
_DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
_BARS = " ▁▂▃▄▅▆▇█"


def curve(
    times: Values, values: Values, span: tuple[float, float], bounds: tuple[float, float],
    width: int, height: int,
) -> list[str]:  # fmt: skip
    """height lines of width characters. span: of time, from the left edge to the right; bounds: of
    the values, from bottom to top. Between samples that are beside each other dots are joined."""
    dots = np.zeros((4 * height, 2 * width), bool)
    if len(times) and width > 0 and height > 0:
        x = _scaled(times, span, 2 * width)
        y = 4 * height - 1 - _scaled(values, bounds, 4 * height)
        _join(dots, x, y)
    cells = dots.reshape(height, 4, width, 2).transpose(0, 2, 1, 3)
    codes = (cells * _DOTS).sum(axis=(2, 3)) + _BLANK
    return ["".join(map(chr, row)) for row in codes.tolist()]


def sparkline(values: Values, width: int) -> str:
    """One line of bars, the newest at the right; mean of the samples that a bar stands for."""
    if not len(values) or width <= 0:
        return ""
    parts = np.array_split(values, min(width, len(values)))
    means = np.array([part.mean() for part in parts])
    low, high = float(means.min()), float(means.max())
    share = (means - low) / (high - low) if high > low else np.full(len(means), 0.5)
    return "".join(_BARS[1 + round(s * (len(_BARS) - 2))] for s in share.tolist()).rjust(width)


def _scaled(values: Values, bounds: tuple[float, float], count: int) -> npt.NDArray[np.intp]:
    low, high = bounds
    share = (values - low) / (high - low) if high > low else np.full(len(values), 0.5)
    return np.clip(np.rint(share * (count - 1)), 0, count - 1).astype(np.intp)


def _join(dots: npt.NDArray[np.bool_], x: npt.NDArray[np.intp], y: npt.NDArray[np.intp]) -> None:
    dots[y, x] = True
    for i in np.flatnonzero((np.diff(x) <= 1) & (np.abs(np.diff(y)) > 1)).tolist():
        low, high = sorted((y[i], y[i + 1]))
        middle = (low + high) // 2
        dots[low:middle, x[i] if y[i] == low else x[i + 1]] = True
        dots[middle : high + 1, x[i + 1] if y[i + 1] == high else x[i]] = True
