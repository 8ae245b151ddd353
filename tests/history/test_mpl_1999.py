"""Mars Polar Lander, 1999: contact transients of the leg deployment were latched as touchdown.

The latch was looked at when sensing began, and the engines were cut at 40 m (JPL D-18709). Here the
switches close for 5 to 33 ms, 0.1 to 0.5 s after the bridle begins to pay out.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from fsw import missions
from fsw.dictionary.index import channel
from fsw.nav.selection import Selection
from tests.descent import MISSION, entered, fly_and_decode

FAULTS = (
    "contact.a pulse at rover+0.1 for 0.033",
    "contact.b pulse at rover+0.12 for 0.033",
    "contact.c pulse at rover+0.5 for 0.005",
)


def test_the_flight_code_holds(tmp_path: Path) -> None:
    world, decoded = fly_and_decode(1, tmp_path, *FAULTS)
    assert world.landed, world.outcome
    cut_s, leg = entered(decoded)["FLYAWAY"]
    assert leg == "PRIMARY"
    assert 1.5 <= cut_s - world.marks["contact"] < 2.0


def test_a_latch_that_is_not_cleared_fails(tmp_path: Path) -> None:
    """Naive: any switch that ever closed counts, and neither throttle nor persistence is asked."""
    votes = channel("CONTACT_VOTES")
    run: Callable[..., None] = Selection.run

    def latching(self: Selection) -> None:
        before = self._cvt[votes]
        run(self)
        self._cvt[votes] = max(before, self._cvt[votes])

    mission = missions.load(MISSION)
    transitions = tuple(
        (row[0], row[1], row[2][:1], 2, 0, row[5]) if row[0] == "TOUCHDOWN_SENSING" else row
        for row in mission.TRANSITIONS
    )
    with (
        mock.patch.object(Selection, "run", latching),
        mock.patch.object(mission, "TRANSITIONS", transitions),
    ):
        world, decoded = fly_and_decode(1, tmp_path, *FAULTS)
    assert not world.landed
    assert "contact" not in world.marks or entered(decoded)["FLYAWAY"][0] < world.marks["contact"]


@pytest.mark.parametrize("switch", ["a", "b", "c"])
def test_one_switch_stuck_closed_never_cuts_the_bridle(switch: str, tmp_path: Path) -> None:
    world, decoded = fly_and_decode(1, tmp_path, f"contact.{switch} pulse at rover")
    assert world.landed, world.outcome
    cut_s, _ = entered(decoded)["FLYAWAY"]
    assert cut_s >= world.marks["contact"] + 1.5
