"""What do tests of whole descents share? One flight, and every packet that the flight code sent."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

from fsw import missions
from fsw.dictionary.packets import PACKETS
from fsw.link.packets import Packetizer
from gse import decode, dictionary, fly, summary
from gse.campaign import checkpoint_at
from gse.decode import Decoded
from gse.sim.config import Config, dispersed
from gse.sim.faults import Fault, parse
from gse.sim.world import World
from gse.targets import TREE, Direct, InProcess

MISSION = "mars2020"
START_S = -45.0  # seconds from entry interface: out of an undisturbed coast, as after a reset
LATE_S = START_S - 120.0  # late in the coast, for a boot where no time that counts from it matters


@dataclass(frozen=True)
class Descent:
    flight: fly.Flight
    directory: Path
    downlink: bytes
    decoded: Decoded
    packed: dict[str, list[bytes]]  # by packet name, as the flight code packed them

    @property
    def timeline(self) -> list[summary.TimelineRow]:
        return summary.timeline(MISSION, self.decoded.tables, self.flight.world.marks)


@contextmanager
def packets_watched(packed: dict[str, list[bytes]]) -> Iterator[None]:
    """Copies every packet at the moment it is packed, before it goes anywhere."""
    pack: Callable[..., None] = Packetizer.pack

    def watched(
        self: Any, row: int, seconds: int, fraction: int, buffer: bytearray, start: int
    ) -> None:
        pack(self, row, seconds, fraction, buffer, start)
        packed[PACKETS[row][0]].append(bytes(buffer[start : start + self.lengths[row]]))

    with mock.patch.object(Packetizer, "pack", watched):
        yield


def quiet(share: float, what: str) -> None:
    """No progress bar."""


def fly_and_decode(seed: int, directory: Path, *faults: str) -> tuple[World, Decoded]:
    """Flies one seed in this process; the vehicle at the end, and what came down."""
    injected = [parse(line, missions.load(MISSION).STATES) for line in faults]
    flight = fly.fly(MISSION, seed, Direct(), directory, quiet, injected)
    assert isinstance(flight.world, World)
    return flight.world, decoded_of(directory)


class Brief(World):
    """A vehicle that is watched until its stage has flown away and crashed, not longer: cameras go
    on for another minute, which takes as long as all before contact does."""

    @property
    def finished(self) -> bool:
        away_s = self.vehicle.marks.get("flyaway complete", float("inf"))
        return super().finished or self.time_from_ei_s > away_s + 5.0


def enter_and_decode(
    seed: int, directory: Path, faults: Sequence[Fault] = (), config: Config | None = None
) -> tuple[World, Decoded]:
    """The same from START_S on and to the end of the descent, in less than half the time. config:
    of the vehicle; by default that of the seed."""
    world = Brief(seed, replace(config or dispersed(seed), start_from_ei_s=START_S))
    target = Direct(checkpoint_at(START_S))
    fly.fly(MISSION, seed, target, directory, quiet, faults, world, "WATCHDOG")
    return world, decoded_of(directory)


def boot_and_decode(
    seed: int, directory: Path, faults: Sequence[Fault], config: Config
) -> tuple[World, Decoded]:
    """The same from a boot late in the coast, for what is wrong from boot on."""
    world = Brief(seed, replace(config, start_from_ei_s=LATE_S))
    fly.fly(MISSION, seed, Direct(), directory, quiet, faults, world)
    return world, decoded_of(directory)


def decoded_of(directory: Path) -> Decoded:
    """What came down of a flight."""
    return decode.decode((directory / "downlink.bin").read_bytes(), dictionary.load(MISSION))


def entered(decoded: Decoded) -> dict[str, tuple[float, str]]:
    """When each state was entered and by which leg."""
    states = {
        int(row["EVR_ARG0"]): (
            row["time_from_ei_s"],
            ("", "PRIMARY", "BACKUP")[int(row["EVR_ARG2"])],
        )
        for row in decoded.tables["EVR"].to_pylist()
        if row["EVR_ID"] == "STATE_ENTERED"
    }
    names = dict(enumerate(missions.load(MISSION).STATES))
    return {names[number]: when for number, when in states.items()}


def fly_descent(seed: int, directory: Path) -> Descent:
    packed: dict[str, list[bytes]] = {row[0]: [] for row in PACKETS}
    with closing(InProcess()) as target, packets_watched(packed):
        flight = fly.fly(MISSION, seed, target, directory, quiet)
    downlink = (directory / "downlink.bin").read_bytes()
    decoded = decode.decode(downlink, dictionary.load(MISSION))
    return Descent(flight, directory, downlink, decoded, packed)


def guard(recording: Path, planted: str = "") -> subprocess.CompletedProcess[str]:
    """Flies a recording through flight code whose every number is checked, in its own process."""
    return subprocess.run(
        [sys.executable, "-m", "tests.runtimes.guard", recording, planted],
        capture_output=True,
        text=True,
        check=False,
        cwd=TREE,
    )


def assert_nominal(descent: Descent) -> None:
    """What every seed must show: landed, softly, each event within 10 s of the flown time."""
    world = descent.flight.world
    assert world.landed, world.outcome
    for row in descent.timeline:
        assert row.simulated_s is not None, f"{row.label} never happened"
        if row.difference_s is not None:
            assert abs(row.difference_s) <= 10, f"{row.label} off by {row.difference_s:.2f} s"
    assert abs(world.peak_deceleration_g / 10.69 - 1) <= 0.05
    assert world.touchdown_speed_m_s is not None
    assert abs(world.touchdown_speed_m_s - 0.75) <= 0.15
