"""What is the time on the ground when the spacecraft clock shows this? A fit, with its residuals.

Pairs of SCLK and the Unix time at which the frame had come. Coming takes time, and sometimes longer
(a queue on board, the system here): of every few seconds the pair that came soonest counts, and the
line is fitted so that pairs that are off do not bend it (Theil-Sen: the median of the slopes
between pairs). The offset includes the way from the board's clock to here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

PERIOD_S = 4  # one pair of so many seconds of SCLK
# The clock was set, or the board restarted, where it jumps by more than that and stays there.
JUMP_S = 0.5
# Shorter, and the drift of a crystal disappears in the jitter of coming: it is taken for zero.
SHORTEST_FOR_DRIFT_S = 60.0
# No crystal is so bad: then octets did not come when they were sent, as from a file read freely.
GREATEST_DRIFT_PPM = 2000.0
GREATEST_SPREAD_S = 1.0
FEWEST_PAIRS = 3
_MOST_PAIRS = 400  # whose slopes are compared: evenly spread over all


@dataclass(frozen=True, slots=True)
class Pair:
    """sclk_s and utc_s (Unix time) of one packet; octet: of its frame in the run."""

    octet: int
    sclk_s: float
    utc_s: float

    @property
    def period(self) -> int:
        return math.floor(self.sclk_s / PERIOD_S)


@dataclass(frozen=True, slots=True)
class Fit:
    """utc = utc_s + (sclk - sclk_s) * (1 + drift_ppm / 1e6), from octet first on.

    drift_ppm: positive when a second of SCLK takes longer than a second. residuals_s: of each pair
    to the line.
    """

    first_octet: int
    sclk_s: float
    utc_s: float
    drift_ppm: float
    span_s: float
    residuals_s: tuple[float, ...]

    @property
    def is_usable(self) -> bool:
        """Whether there are enough pairs, and they came at the pace of the clock."""
        enough = len(self.residuals_s) >= FEWEST_PAIRS
        steady = enough and self.spread_s <= GREATEST_SPREAD_S
        return steady and abs(self.drift_ppm) <= GREATEST_DRIFT_PPM

    @property
    def spread_s(self) -> float:
        """Half the distance between which the middle 90 % of the residuals lie."""
        low, high = np.quantile(self.residuals_s, [0.05, 0.95])
        return float(high - low) / 2


def pairs_of(
    octet: npt.NDArray[np.int64], sclk_s: npt.NDArray[np.float64], utc_s: npt.NDArray[np.float64]
) -> list[Pair]:
    """Of each PERIOD_S of SCLK, the pair that came soonest. Arrays of one shape (n,), any order."""
    if not len(octet):
        return []
    period = np.floor(sclk_s / PERIOD_S)
    order = np.lexsort((utc_s - sclk_s, period))
    first = np.flatnonzero(np.diff(period[order], prepend=np.nan) != 0)
    chosen = order[first]
    chosen = chosen[np.argsort(octet[chosen], kind="stable")]
    return [Pair(int(octet[i]), float(sclk_s[i]), float(utc_s[i])) for i in chosen.tolist()]


class Picker:
    """Picks pairs while they come. settled: those of periods that have passed, to be taken out."""

    def __init__(self) -> None:
        self.settled: list[Pair] = []
        self._best: Pair | None = None

    def add(self, pairs: Iterable[Pair]) -> None:
        """In the order of coming."""
        for pair in pairs:
            best = self._best
            if best is None or pair.period != best.period:
                self.finish()
                self._best = pair
            elif pair.utc_s - pair.sclk_s < best.utc_s - best.sclk_s:
                self._best = pair

    def finish(self) -> None:
        """Nothing more comes."""
        if self._best:
            self.settled.append(self._best)
        self._best = None


def fits(pairs: Sequence[Pair]) -> list[Fit]:
    """One for each stretch in which the clock ran by itself, the first from octet 0 on.

    pairs: of one run, by octet.
    """
    found = [_fit(stretch) for stretch in _stretches(pairs)]
    return [replace(fit, first_octet=0) for fit in found[:1]] + found[1:]


def _stretches(pairs: Sequence[Pair]) -> Iterator[Sequence[Pair]]:
    start = 0
    delays = [pair.utc_s - pair.sclk_s for pair in pairs]
    for i in range(1, len(pairs)):
        usual = float(np.median(delays[max(start, i - 5) : i]))
        stays = i + 1 == len(pairs) or abs(delays[i + 1] - delays[i]) < JUMP_S
        if abs(delays[i] - usual) > JUMP_S and stays:
            yield pairs[start:i]
            start = i
    if pairs:
        yield pairs[start:]


def _fit(pairs: Sequence[Pair]) -> Fit:
    origin, utc0 = pairs[0].sclk_s, pairs[0].utc_s
    x = np.array([pair.sclk_s - origin for pair in pairs])
    delay = np.array([pair.utc_s - utc0 for pair in pairs]) - x
    span = float(x[-1] - x[0])
    drift = _median_slope(x, delay) if span >= SHORTEST_FOR_DRIFT_S else 0.0
    offset = float(np.median(delay - drift * x))
    residuals = delay - drift * x - offset
    return Fit(pairs[0].octet, origin, utc0 + offset, drift * 1e6, span, tuple(residuals.tolist()))


def _median_slope(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> float:
    chosen = np.linspace(0, len(x) - 1, min(len(x), _MOST_PAIRS)).astype(np.intp)
    x, y = x[chosen], y[chosen]
    first, second = np.triu_indices(len(x), 1)
    apart = x[second] - x[first] > 0
    return float(np.median((y[second] - y[first])[apart] / (x[second] - x[first])[apart]))
