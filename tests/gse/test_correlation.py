"""Is the fit of SCLK to UTC right, however late single packets come?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gse.correlation import JUMP_S, PERIOD_S, Pair, Picker, fits, pairs_of

UTC0 = 1.8e9


def _pairs(
    count: int, drift_ppm: float, seed: int, late: float = 0.2, jitter_s: float = 0.01
) -> list[Pair]:
    """A share of the pairs comes up to 0.4 s late."""
    r = np.random.default_rng(seed)
    sclk = 1000 + PERIOD_S * np.arange(count)
    delay = r.uniform(0, jitter_s, count) + (r.random(count) < late) * r.uniform(0, 0.4, count)
    utc = UTC0 + (sclk - 1000) * (1 + drift_ppm / 1e6) + delay
    return [
        Pair(i * 1000, float(s), float(u)) for i, (s, u) in enumerate(zip(sclk, utc, strict=True))
    ]


@given(st.floats(-150, 150), st.integers(100, 800), st.integers(0, 99))
def test_late_packets_do_not_bend_the_line(drift_ppm: float, count: int, seed: int) -> None:
    (fit,) = fits(_pairs(count, drift_ppm, seed))
    span = (count - 1) * PERIOD_S
    assert fit.is_usable
    assert fit.span_s == span
    # Jitter of 10 ms over the span, as a slope; and the offset within the jitter.
    assert fit.drift_ppm == pytest.approx(drift_ppm, abs=0.01 / span * 1e6)
    assert fit.utc_s == pytest.approx(UTC0 + 0.005, abs=0.02)
    assert len(fit.residuals_s) == count


@given(st.floats(-3000, 3000).filter(lambda s: abs(s) > 2 * JUMP_S), st.integers(5, 60))
def test_a_clock_that_is_set_begins_another_stretch(step_s: float, at: int) -> None:
    pairs = _pairs(80, 20, 3)
    moved = pairs[:at] + [Pair(p.octet, p.sclk_s + step_s, p.utc_s) for p in pairs[at:]]
    first, second = fits(moved)
    assert (first.first_octet, second.first_octet) == (0, at * 1000)
    assert second.utc_s - second.sclk_s + step_s == pytest.approx(
        first.utc_s - first.sclk_s, abs=0.1
    )


def test_one_pair_far_off_is_no_clock_that_was_set() -> None:
    pairs = _pairs(80, 20, 3)
    pairs[40] = Pair(pairs[40].octet, pairs[40].sclk_s, pairs[40].utc_s + 30)
    (fit,) = fits(pairs)
    assert max(fit.residuals_s) == pytest.approx(30, abs=0.5)
    assert fit.spread_s < 0.4


def test_a_file_read_freely_is_not_taken_for_a_clock() -> None:
    pairs = [Pair(i, 1000 + PERIOD_S * i, UTC0 + i / 1000) for i in range(20)]
    assert not any(fit.is_usable for fit in fits(pairs))
    assert fits([]) == []


def test_the_pair_that_came_soonest_counts_however_they_come() -> None:
    r = np.random.default_rng(1)
    sclk = np.sort(r.uniform(1000, 1100, 500))
    utc = UTC0 + sclk + r.uniform(0, 2, 500)
    octet = np.arange(500)
    whole = pairs_of(octet, sclk, utc)
    best: dict[int, Pair] = {}
    for o, s, u in zip(octet.tolist(), sclk.tolist(), utc.tolist(), strict=True):
        period = int(s // PERIOD_S)
        if period not in best or u - s < best[period].utc_s - best[period].sclk_s:
            best[period] = Pair(o, s, u)
    assert whole == list(best.values())
    picker = Picker()
    for start in range(0, 500, 7):
        chosen = slice(start, start + 7)
        picker.add(pairs_of(octet[chosen], sclk[chosen], utc[chosen]))
    picker.finish()
    assert picker.settled == whole
