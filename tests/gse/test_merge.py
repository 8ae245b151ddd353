"""Does each packet end in its place, once, however often and in whatever order it came?"""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gse.merge import SEQUENCE_COUNTS, merged


@given(
    st.integers(0, SEQUENCE_COUNTS - 1),
    st.integers(1, 400),
    st.sampled_from([1.0, 8.0, 64.0]),
    st.randoms(use_true_random=False),
)
def test_packets_of_both_ways_are_merged_in_the_order_of_packing(
    first: int, count: int, rate_hz: float, source: random.Random
) -> None:
    step = source.choice([1, 37])  # so that counts go round within one flight
    numbers = first + step * np.arange(count)
    live = sorted(source.sample(range(count), source.randint(0, count)))
    played = source.choices(range(count), k=source.randint(0, count))
    rows = np.array(live + played, int)
    if not len(rows):
        return
    order, missing = merged(
        (numbers[rows] % SEQUENCE_COUNTS).astype(np.uint16),
        1000 + numbers[rows] / rate_hz,
        np.arange(len(rows)) < len(live),
        np.zeros(len(rows), int),
        rate_hz,
    )
    there = sorted(set(rows.tolist()))
    assert rows[order].tolist() == there
    assert missing.sum() == numbers[there[-1]] - numbers[there[0]] + 1 - len(there)
    both = set(live) & set(played)
    assert all(i < len(live) for i in order.tolist() if rows[i] in both)
