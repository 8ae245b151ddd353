"""Does every scenario of history hold in flight, and fail without what makes it hold?

Most fly from an undisturbed coast on, and until the stage has flown away; make soak flies all of
them, and from boot to the last exposure.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from fsw import missions
from fsw.cam.accounts import GRACE
from gse.decode import Decoded
from gse.fly import fly
from gse.scenarios import MISSION, SCENARIOS, Finding, Flown
from gse.sim.faults import parse
from gse.summary import cameras
from gse.targets import Direct
from tests.descent import boot_and_decode, decoded_of, enter_and_decode, quiet
from tests.history.naive import VARIANTS

SEED = 1
UNDER_WAY = 30 * GRACE // 64 + 1  # exposures, where cameras still film at 30 Hz


def fly_scenario(
    name: str, directory: Path, from_boot: bool = False
) -> tuple[list[Finding], Decoded]:
    """Flies a scenario in this process and judges it."""
    scenario = SCENARIOS[name]
    faults = [parse(line, missions.load(MISSION).STATES) for line in scenario.lines]
    world = scenario.world(SEED)
    if from_boot or name == FROM_BOOT:
        fly(MISSION, SEED, Direct(), directory, quiet, faults, world)
        decoded = decoded_of(directory)
    else:
        boots = any("at boot" in line for line in scenario.lines)
        begin = boot_and_decode if boots else enter_and_decode
        world, decoded = begin(SEED, directory, faults, world.config)
    return scenario.findings(Flown(world, decoded)), decoded


FROM_BOOT = "starliner-2019"  # whose clock is wrong: timers count from the coast
# The first is flown from a shell, see tests/test_commands.py; vehicles and guidance err in every
# campaign.
IN_THE_SOAK = ("mpl-1999", "chandrayaan-2-2019", "msl-2012", "phoenix-2008")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.soak) if name in IN_THE_SOAK else name
        for name in SCENARIOS
        if name != FROM_BOOT
    ],
)
def test_the_flight_code_holds(name: str, tmp_path: Path) -> None:
    check_it_holds(*fly_scenario(name, tmp_path))


@pytest.mark.soak
@pytest.mark.parametrize("name", SCENARIOS)
def test_the_flight_code_holds_from_boot(name: str, tmp_path: Path) -> None:
    check_it_holds(*fly_scenario(name, tmp_path, from_boot=True))


def check_it_holds(found: list[Finding], decoded: Decoded) -> None:
    assert not [finding.statement for finding in found if not finding.held]
    for account in cameras(MISSION, decoded.tables):
        under_way = account.triggered - account.confirmed - account.missed
        assert 0 <= under_way <= UNDER_WAY, account.name
        assert account.triggered > 0, account.name


@pytest.mark.parametrize(
    "name",
    [
        name if name == "mpl-1999" else pytest.param(name, marks=pytest.mark.soak)
        for name in SCENARIOS
    ],
)
def test_the_naive_variant_fails(name: str, tmp_path: Path) -> None:
    with VARIANTS[name]():
        found, _ = fly_scenario(name, tmp_path)
    assert not all(finding.held for finding in found)


@pytest.mark.soak
@pytest.mark.parametrize("switch", ["a", "b", "c"])
def test_one_switch_stuck_closed_never_cuts_the_bridle(switch: str, tmp_path: Path) -> None:
    fault = parse(f"contact.{switch} pulse at rover", missions.load(MISSION).STATES)
    world, _ = enter_and_decode(1, tmp_path, [fault])
    assert world.landed, world.outcome
    assert world.vehicle.fired_s["BRIDLE"] >= world.marks["contact"] + 1.5
