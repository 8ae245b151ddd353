"""Does a campaign draw the same cases again, judge by what happened, and accept what it should?"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest
from click.testing import CliRunner

from fsw import missions
from gse import campaign, cli
from gse.campaign import Case, Result
from gse.commands.campaign import verdict
from gse.sim.faults import parse

STATES = missions.load(campaign.MISSION).STATES
GOOD = Result(Case(0, ""), True, "It landed.", (), False, False, ())


def test_a_case_is_its_number() -> None:
    again = campaign.cases(20, 10, "single")
    assert campaign.cases(40, 0, "single")[10:30] == again
    assert len({case.fault for case in again}) == 20


def test_every_fault_that_is_drawn_can_be_flown() -> None:
    for case in campaign.cases(2000, 0, "single"):
        assert parse(case.fault, STATES).text == case.fault


def test_every_row_of_the_menu_is_drawn() -> None:
    drawn = {tuple(case.fault.split(" ")[:2]) for case in campaign.cases(2000, 0, "single")}
    assert drawn == {(row[0], row[1]) for row in campaign.MENU}


@pytest.mark.parametrize(
    ("change", "accepted"),
    [
        ({}, True),
        ({"landed": False, "told": True}, True),
        ({"landed": False}, False),
        ({"early_touchdown": True, "told": True}, False),
        ({"wrong": ("MORTAR at mach 3.00",), "told": True}, False),
    ],
)
def test_a_descent_is_accepted_when_it_landed_or_said_why_and_did_nothing_wrong(
    change: dict[str, object], accepted: bool
) -> None:
    result = replace(GOOD, **change)  # type: ignore[arg-type]
    assert result.accepted == accepted


@pytest.mark.soak
def test_a_descent_that_cuts_its_bridle_in_the_air_is_no_landing() -> None:
    """Touchdown without contact, by a transition table that asks for nothing."""
    mission = missions.load(campaign.MISSION)
    rows = tuple(
        (row[0], row[1], (("NAV_PITCH", 1, 1 << 25),), 1, 0, row[5])
        if row[0] == "TOUCHDOWN_SENSING"
        else row
        for row in mission.TRANSITIONS
    )
    with mock.patch.object(mission, "TRANSITIONS", rows):
        result = campaign.fly_case(Case(1, ""))
    assert result.early_touchdown
    assert not result.accepted


def test_a_slice_of_the_campaign_is_accepted_and_prints_what_became_of_it(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        cli.main, ["campaign", "--cases", "1", "--jobs", "1", "--out", str(tmp_path)]
    )
    assert result.exit_code == 0, result.output
    assert "1 of 1 descents accepted" in result.output
    lines = (tmp_path / "campaign.jsonl").read_text().splitlines()
    assert [json.loads(line)["case"]["number"] for line in lines] == [0]


def test_the_verdict_counts_what_was_accepted_and_what_landed() -> None:
    lost = replace(GOOD, landed=False, told=True)
    assert verdict([GOOD, lost]) == "2 of 2 descents accepted, 1 landed."
