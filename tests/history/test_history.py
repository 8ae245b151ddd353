"""Does every scenario of history hold in flight, and fail without what makes it hold?

Where nothing is wrong from boot on, both fly from START_S on, out of an undisturbed coast; make
soak flies every scenario from boot.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fsw import missions
from gse import decode, dictionary
from gse.campaign import checkpoint_at
from gse.decode import Decoded
from gse.fly import fly
from gse.scenarios import MISSION, SCENARIOS, Finding, Flown
from gse.sim.faults import parse
from gse.sim.world import World
from gse.summary import cameras
from gse.targets import Direct
from tests.descent import fly_and_decode, quiet
from tests.history.naive import VARIANTS

SEED = 1
START_S = -45.0  # before the first fault that is not there from boot on


def fly_scenario(
    name: str, directory: Path, from_boot: bool = False
) -> tuple[list[Finding], Decoded]:
    """Flies a scenario in this process and judges it."""
    scenario = SCENARIOS[name]
    faults = [parse(line, missions.load(MISSION).STATES) for line in scenario.lines]
    world = scenario.world(SEED)
    target, cause = Direct(), "SIMULATION"
    if not from_boot and not any("at boot" in line for line in scenario.lines):
        world = World(SEED, replace(world.config, start_from_ei_s=START_S))
        target, cause = Direct(checkpoint_at(START_S)), "WATCHDOG"
    fly(MISSION, SEED, target, directory, quiet, faults, world, cause)
    downlink = (directory / "downlink.bin").read_bytes()
    decoded = decode.decode(downlink, dictionary.load(MISSION))
    return scenario.findings(Flown(world, decoded)), decoded


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_flight_code_holds(name: str, tmp_path: Path) -> None:
    check_it_holds(*fly_scenario(name, tmp_path))


@pytest.mark.soak
@pytest.mark.parametrize("name", SCENARIOS)
def test_the_flight_code_holds_from_boot(name: str, tmp_path: Path) -> None:
    check_it_holds(*fly_scenario(name, tmp_path, from_boot=True))


def check_it_holds(found: list[Finding], decoded: Decoded) -> None:
    assert not [finding.statement for finding in found if not finding.held]
    for account in cameras(MISSION, decoded.tables):
        assert account.triggered == account.confirmed + account.missed, account.name
        assert account.triggered > 0, account.name


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_naive_variant_fails(name: str, tmp_path: Path) -> None:
    with VARIANTS[name]():
        found, _ = fly_scenario(name, tmp_path)
    assert not all(finding.held for finding in found)


@pytest.mark.parametrize("switch", ["a", "b", "c"])
def test_one_switch_stuck_closed_never_cuts_the_bridle(switch: str, tmp_path: Path) -> None:
    world, _ = fly_and_decode(1, tmp_path, f"contact.{switch} pulse at rover")
    assert world.landed, world.outcome
    assert world.vehicle.fired_s["BRIDLE"] >= world.marks["contact"] + 1.5
