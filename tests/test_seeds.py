"""Does a nominal landing come out of other days of entry too? make soak flies a hundred."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.descent import assert_nominal, fly_descent


@pytest.mark.soak
@pytest.mark.parametrize("seed", [0, 6, 17])
def test_every_event_is_within_ten_seconds_of_the_flown_time(seed: int, tmp_path: Path) -> None:
    descent = fly_descent(seed, tmp_path)
    assert_nominal(descent)
    assert descent.decoded.report.packets_missing == 0
