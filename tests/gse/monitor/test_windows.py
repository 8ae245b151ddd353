from __future__ import annotations

import math

import pytest

from fsw import missions
from gse.monitor.windows import exits, windows
from gse.timelines import MARS2020


@pytest.mark.parametrize("mission", missions.NAMES)
def test_every_state_but_the_last_has_a_way_out_and_its_timer_is_not_before_its_window(
    mission: str,
) -> None:
    states = missions.load(mission).STATES
    ways = exits(mission)
    assert set(ways) == set(states[:-1])
    for found in ways.values():
        for way in found:
            assert 0 <= way.earliest_s <= way.backup_s


def test_a_state_that_waits_for_time_alone_opens_then() -> None:
    (way,) = exits("mars2020")["STRAIGHTEN_UP"]
    assert (way.to, way.earliest_s, way.backup_s) == ("PARACHUTE_READY", 14.0, 15.0)


def test_the_flown_landing_lies_in_the_windows_that_follow_from_its_parachute() -> None:
    flown = {e.key: e.flown_s for e in MARS2020.events if e.flown_s is not None}
    ahead = windows("mars2020", "PARACHUTE", flown["PARACHUTE"])
    later = [name for name in ahead if name in flown]
    assert len(later) >= 8
    for name in later:
        assert ahead[name].earliest_s <= flown[name] <= ahead[name].latest_s, name


def test_after_a_state_that_the_mission_has_not_none_follows() -> None:
    assert windows("mars2020", "200", 5.0) == {}


def test_without_a_timer_the_end_of_a_window_is_open() -> None:
    ahead = windows("droptest", "PAD", 0.0)
    assert ahead["ASCENT"].latest_s == math.inf
    assert windows("droptest", "LANDED", 5.0) == {}
