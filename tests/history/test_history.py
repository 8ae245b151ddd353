"""Does every scenario of history hold in flight, and fail without what makes it hold?"""

from __future__ import annotations

from pathlib import Path

import pytest

from fsw import missions
from gse import decode, dictionary
from gse.fly import fly
from gse.scenarios import MISSION, SCENARIOS, Finding, Flown
from gse.sim.faults import parse
from gse.targets import Direct
from tests.descent import fly_and_decode, quiet
from tests.history.naive import VARIANTS

SEED = 1


def findings(name: str, directory: Path) -> list[Finding]:
    """Flies a scenario in this process and judges it."""
    scenario = SCENARIOS[name]
    faults = [parse(line, missions.load(MISSION).STATES) for line in scenario.lines]
    world = scenario.world(SEED)
    fly(MISSION, SEED, Direct(), directory, quiet, faults, world)
    downlink = (directory / "downlink.bin").read_bytes()
    return scenario.findings(Flown(world, decode.decode(downlink, dictionary.load(MISSION))))


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_flight_code_holds(name: str, tmp_path: Path) -> None:
    broken = [finding.statement for finding in findings(name, tmp_path) if not finding.held]
    assert not broken


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_naive_variant_fails(name: str, tmp_path: Path) -> None:
    with VARIANTS[name]():
        found = findings(name, tmp_path)
    assert not all(finding.held for finding in found)


@pytest.mark.parametrize("switch", ["a", "b", "c"])
def test_one_switch_stuck_closed_never_cuts_the_bridle(switch: str, tmp_path: Path) -> None:
    world, _ = fly_and_decode(1, tmp_path, f"contact.{switch} pulse at rover")
    assert world.landed, world.outcome
    assert world.vehicle.fired_s["BRIDLE"] >= world.marks["contact"] + 1.5
