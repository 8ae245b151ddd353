"""Is a descent on which something breaks as exact, as small and as free of the heap as another?"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from fsw import missions
from gse import fly, recording
from gse.scenarios import MISSION, SCENARIOS
from gse.sim.config import dispersed
from gse.sim.faults import parse
from gse.sim.world import World
from gse.targets import Direct, InProcess, MicroPython, MicroPython32
from tests.descent import START_S, guard, quiet

SEED = 3
# Resets in the middle of powered descent, a saturated gyro, a dead inertial unit.
FAULTED = ("beresheet-2019", "schiaparelli-2016", "luna-25-2023")


@pytest.fixture(scope="module", params=FAULTED)
def flown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of one faulted flight, recorded on CPython."""
    directory: Path = tmp_path_factory.mktemp(request.param)
    record(request.param, directory)
    return directory


def record(scenario: str, directory: Path) -> None:
    history = SCENARIOS[scenario]
    faults = [parse(line, missions.load(MISSION).STATES) for line in history.lines]
    with closing(InProcess()) as target:
        fly.fly(MISSION, SEED, target, directory, quiet, faults, history.world(SEED))


@pytest.mark.soak
@pytest.mark.parametrize("target", [MicroPython, MicroPython32])
def test_it_gives_the_same_downlink_on_micropython_with_the_heap_locked(
    flown: Path, tmp_path: Path, target: type[MicroPython | MicroPython32]
) -> None:
    with closing(target(lock_heap=True)) as flight_code:
        recorded = recording.load(flown / "sensors.bin")
        fly.replay(recorded, flight_code, tmp_path / "downlink.bin", quiet)
    assert (tmp_path / "downlink.bin").read_bytes() == (flown / "downlink.bin").read_bytes()


@pytest.mark.soak
def test_every_number_of_a_flight_with_a_fault_on_each_sensor_is_small(tmp_path: Path) -> None:
    lines = (
        "imu.axial noise at 20 for 10 sigma=30m/s2",
        "imu.rate clamp at 60 for 3 value=187deg/s",
        "imu.normal sign at 100 for 20",
        "imu freeze at 130 for 5",
        "imu.force swap at chute+1 for 1",
        "radar.range bias at heatshield for 60 value=-3000m",
        "radar.speed sign at 330 for 5",
        "radar delay at 340 for 10 frames=300",
        "computer reset at engines+4 for 1",
        "contact pulse at skycrane for 0.5",
        "clock jump at skycrane+1 value=40000s",
        "minor_frame overrun at skycrane+2 for 1 value=200ms",
    )
    faults = [parse(line, missions.load(MISSION).STATES) for line in lines]
    with closing(InProcess()) as target:
        fly.fly(MISSION, SEED, target, tmp_path, quiet, faults)
    done = guard(tmp_path / "sensors.bin")
    assert done.returncode == 0, done.stderr[-500:]


@pytest.mark.soak
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_number_of_every_scenario_is_small(scenario: str, tmp_path: Path) -> None:
    record(scenario, tmp_path)
    done = guard(tmp_path / "sensors.bin")
    assert done.returncode == 0, done.stderr[-500:]


@pytest.mark.parametrize("end_s", [130.0, pytest.param(500.0, marks=pytest.mark.soak)])
def test_a_flight_without_messages_sends_the_same_octets(tmp_path: Path, end_s: float) -> None:
    """Campaigns fly directly: what holds there holds over the link. end_s: at the latest."""
    lines = ("imu.rate noise at 100 sigma=3deg/s", "computer reset at engines+4 for 1")
    faults = [parse(line, missions.load(MISSION).STATES) for line in lines]
    before = Direct()
    config = replace(dispersed(SEED), start_from_ei_s=START_S - 5.0, end_from_ei_s=START_S)
    fly.fly(MISSION, SEED, before, tmp_path, quiet, world=World(SEED, config))
    downlinks = []
    for target in (Direct(before.retained), InProcess(before.retained)):
        directory = tmp_path / type(target).__name__
        directory.mkdir()
        config = replace(dispersed(SEED), start_from_ei_s=START_S, end_from_ei_s=end_s)
        world = World(SEED, config)
        fly.fly(MISSION, SEED, target, directory, quiet, faults, world, "WATCHDOG")
        downlinks.append((directory / "downlink.bin").read_bytes())
    assert downlinks[0] == downlinks[1]
