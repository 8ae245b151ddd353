"""What becomes of many descents, each of another day and with another fault?

A case is a number: it gives the day of entry and the fault, so that any case can be flown alone.
To save the coast, cases begin shortly before entry interface: the flight code resumes there from
a checkpoint of an undisturbed flight, as after a reset, and the ground sends up the state of that
day.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from fsw import missions
from gse import decode, dictionary
from gse.fly import fly
from gse.sim.config import dispersed
from gse.sim.faults import parse
from gse.sim.streams import stream
from gse.sim.vehicle import Firing, Vehicle
from gse.sim.world import World
from gse.targets import Direct

MISSION = "mars2020"
START_S = -15.0
LAST_FAULT_S = 425.0
_AFTER_LANDING_S = 5.0
_BEGUN_S = START_S + 1.0  # what is reported before is the resumption itself

# What can break: channel, kind, key, lowest and highest value (their sign is drawn too where the
# lowest is negative), unit. Each row is drawn as often as any other.
MENU: tuple[tuple[str, str, str, float, float, str], ...] = (
    ("imu", "gone", "", 0, 0, ""),
    ("imu", "zero", "", 0, 0, ""),
    ("imu", "freeze", "", 0, 0, ""),
    ("imu.force", "swap", "", 0, 0, ""),
    ("imu.axial", "zero", "", 0, 0, ""),
    ("imu.axial", "sign", "", 0, 0, ""),
    ("imu.axial", "freeze", "", 0, 0, ""),
    ("imu.axial", "bias", "value", -10, 10, "m/s2"),
    ("imu.axial", "scale", "factor", 0.3, 2, ""),
    ("imu.axial", "noise", "sigma", 0.1, 20, ""),
    ("imu.axial", "clamp", "value", -196, 196, "m/s2"),
    ("imu.normal", "sign", "", 0, 0, ""),
    ("imu.normal", "freeze", "", 0, 0, ""),
    ("imu.normal", "bias", "value", -10, 10, "m/s2"),
    ("imu.rate", "zero", "", 0, 0, ""),
    ("imu.rate", "sign", "", 0, 0, ""),
    ("imu.rate", "freeze", "", 0, 0, ""),
    ("imu.rate", "bias", "value", -20, 20, "deg/s"),
    ("imu.rate", "scale", "factor", 0.3, 2, ""),
    ("imu.rate", "noise", "sigma", 0.1, 50, ""),
    ("imu.rate", "clamp", "value", -187, 187, "deg/s"),
    ("radar", "gone", "", 0, 0, ""),
    ("radar", "dropout", "", 0, 0, ""),
    ("radar", "zero", "", 0, 0, ""),
    ("radar", "freeze", "", 0, 0, ""),
    ("radar", "stale", "", 0, 0, ""),
    ("radar", "delay", "frames", 4, 640, ""),
    ("radar.range", "bias", "value", -4000, 4000, "m"),
    ("radar.range", "step", "value", -4000, 4000, "m"),
    ("radar.range", "scale", "factor", 0.3, 2, ""),
    ("radar.range", "noise", "sigma", 5, 1000, ""),
    ("radar.speed", "bias", "value", -100, 100, "m/s"),
    ("radar.speed", "sign", "", 0, 0, ""),
    ("radar.speed", "scale", "factor", 0.3, 2, ""),
    ("radar.speed", "noise", "sigma", 1, 100, ""),
    ("throttle", "zero", "", 0, 0, ""),
    ("throttle", "freeze", "", 0, 0, ""),
    ("contact.a", "pulse", "", 0, 0, ""),
    ("contact.b", "pulse", "", 0, 0, ""),
    ("contact.c", "dropout", "", 0, 0, ""),
    ("microphone", "zero", "", 0, 0, ""),
    ("camera.3", "gone", "", 0, 0, ""),
    ("computer", "reset", "", 0, 0, ""),
    ("clock", "jump", "value", -40000, 40000, "s"),
    ("minor_frame", "overrun", "value", 0.016, 0.2, "s"),
    ("navigation.altitude", "bias", "value", -3000, 3000, "m"),
)

# What an output may be fired in. Outside it the transition that fired it was wrong.
SAFE: dict[str, tuple[tuple[str, float, float], ...]] = {
    "MORTAR": (("mach", 0.9, 2.3),),
    "HEAT_SHIELD": (("mach", 0.0, 0.95),),
    "BACK_SHELL": (("altitude_m", 700.0, 4500.0),),
    "ENGINES": (("altitude_m", 600.0, 4500.0),),
    "ROVER": (("altitude_m", -1.0, 60.0), ("sink_m_s", -5.0, 5.0)),
}


@dataclass(frozen=True, slots=True)
class Case:
    """One descent to fly."""

    number: int
    fault: str  # "" for none


@dataclass(frozen=True, slots=True)
class Result:
    """How it went. wrong: transitions and deployments that should not have been; told: whether the
    downlink names a fault of a sensor, a camera or the computer."""

    case: Case
    landed: bool
    outcome: str
    wrong: tuple[str, ...]
    early_touchdown: bool
    told: bool
    said: tuple[str, ...]

    @property
    def accepted(self) -> bool:
        """Landed, or said why not; and nothing was done that should not have been."""
        return not self.wrong and not self.early_touchdown and (self.landed or self.told)


def single_fault(number: int) -> str:
    """The fault of a case: a row of MENU, a time, a duration and a value."""
    draws = stream(number, "campaign")
    channel, kind, key, low, high, unit = draws.choice(MENU)
    if channel == "navigation.altitude":
        return f"{channel} {kind} at boot {key}={draws.uniform(low, high):.0f}{unit}"
    line = f"{channel} {kind} at {draws.uniform(START_S + 5.0, LAST_FAULT_S):.3f}"
    if kind == "reset":
        line += f" for {draws.uniform(0.1, 2.0):.3f}"
    elif kind != "jump" and draws.random() < 0.5:
        line += f" for {10.0 ** draws.uniform(-1.5, 2.0):.3f}"
    if key:
        value = draws.uniform(low, high)
        line += f" {key}={value:.0f}{unit}" if high >= 100 else f" {key}={value:.3f}{unit}"
    return line


def cases(count: int, first: int, faults: str) -> list[Case]:
    """faults: "single", a random one each, or "none"."""
    numbers = range(first, first + count)
    return [Case(n, single_fault(n) if faults == "single" else "") for n in numbers]


class _Descent(World):
    """A world that ends when all is over."""

    @property
    def finished(self) -> bool:
        away_s = self.vehicle.marks.get("flyaway complete", float("inf"))
        return super().finished or self.time_from_ei_s > away_s + _AFTER_LANDING_S


@cache
def checkpoint_at(time_from_ei_s: float) -> bytes:
    """What an undisturbed flight keeps in retained memory at a time of its coast."""
    config = replace(dispersed(0), end_from_ei_s=time_from_ei_s)
    target = Direct()
    with tempfile.TemporaryDirectory() as name:
        fly(MISSION, 0, target, Path(name), _quietly, world=World(0, config))
    return target.retained


def _quietly(share: float, what: str) -> None:
    """No progress of a single flight."""


def fly_case(case: Case) -> Result:
    """Flies one case in this process and judges it by downlink and simulated vehicle."""
    states = missions.load(MISSION).STATES
    faults = [parse(case.fault, states)] if case.fault else []
    world = _Descent(case.number, replace(dispersed(case.number), start_from_ei_s=START_S))
    target = Direct(checkpoint_at(START_S))
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        fly(MISSION, case.number, target, directory, _quietly, faults, world, "WATCHDOG")
        decoded = decode.decode((directory / "downlink.bin").read_bytes(), dictionary.load(MISSION))
    contact_s = world.marks.get("contact", float("inf"))
    events = decoded.events.to_pylist()
    said = tuple(e["text"] for e in events if e["severity"] in {"WARNING_LO", "WARNING_HI"})
    return Result(
        case=case,
        landed=world.landed,
        outcome=world.outcome,
        wrong=(*_wrong_order(decoded), *_wrong_deployments(world.vehicle)),
        early_touchdown=world.vehicle.fired_s.get("BRIDLE", contact_s) < contact_s,
        told=any(e["name"] in _NAMES_A_FAULT for e in events if e["time_from_ei_s"] > _BEGUN_S),
        said=said,
    )


_NAMES_A_FAULT = {
    "CHECK_FAILED", "ATTITUDE_RESET", "ALTIMETER_LOST", "CAMERA_SILENT", "MIC_DEAF", "OVERRUN",
    "RESUMED",
}  # fmt: skip


def _wrong_order(decoded: decode.Decoded) -> Iterator[str]:
    """Transitions that are not in the mission's table."""
    mission = missions.load(MISSION)
    allowed = {(row[0], row[1]) for row in mission.TRANSITIONS}
    for row in decoded.tables["EVR"].to_pylist():
        if row["EVR_ID"] != "STATE_ENTERED":
            continue
        step = (mission.STATES[int(row["EVR_ARG1"])], mission.STATES[int(row["EVR_ARG0"])])
        if step not in allowed:
            yield f"{step[0]} to {step[1]}"


def _wrong_deployments(vehicle: Vehicle) -> Iterator[str]:
    """Outputs that fired outside SAFE."""
    for output, limits in SAFE.items():
        firing: Firing | None = vehicle.firings.get(output)
        if firing is None:
            continue
        for what, low, high in limits:
            value = getattr(firing, what)
            if not low <= value <= high:
                yield f"{output} at {what} {value:.2f}"


def fly_all(todo: Sequence[Case], jobs: int | None = None) -> Iterator[Result]:
    """Flies cases on so many processes (by default as many as there are cores), in order."""
    checkpoint_at(START_S)  # the processes have it from this one, as they are its copies
    with ProcessPoolExecutor(jobs, get_context("fork")) as pool:
        yield from pool.map(fly_case, todo)
