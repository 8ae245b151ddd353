"""Which landings that failed can be flown again, and what must hold when they are?

Each scenario is one of history: what happened and where that is told, what is put on the simulated
flight, and what must hold. Signals are synthesised where the source gives none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from fsw import missions
from gse.decode import Decoded
from gse.sim.config import Config, dispersed
from gse.sim.world import World
from gse.summary import cameras, states_entered

MISSION = "mars2020"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that must hold, and whether it did."""

    statement: str
    held: bool


@dataclass(frozen=True, slots=True)
class Flown:
    """A flight of a scenario, as the ground and the simulated vehicle saw it."""

    world: World
    decoded: Decoded

    @property
    def entered(self) -> dict[str, tuple[float, str]]:
        return states_entered(MISSION, self.decoded.tables)

    def reported_s(self, name: str, argument: str = "") -> list[float]:
        """When an event was reported, with this text among its words."""
        return [
            float(row["time_from_ei_s"])
            for row in self.decoded.events.to_pylist()
            if row["name"] == name and argument in row["text"]
        ]

    def at(self, packet: str, column: str, time_s: float) -> float:
        """A number of the downlink, interpolated."""
        table = self.decoded.tables[packet]
        times, values = table["time_from_ei_s"].to_numpy(), table[column].to_numpy()
        return float(np.interp(time_s, times, values))


Judge = Callable[[Flown], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One landing of history."""

    name: str
    happened: str
    source: str
    judge: Judge
    lines: tuple[str, ...] = ()
    vehicle: Mapping[str, Any] = field(default_factory=dict)  # values of sim.config.Config

    def world(self, seed: int) -> World:
        """The simulated vehicle of a seed with what this scenario changes of it."""
        config: Config = replace(dispersed(seed), **self.vehicle)
        return World(seed, config)

    def findings(self, flown: Flown) -> list[Finding]:
        """What must hold, and whether it did; landing is always among it."""
        landed = Finding("the rover stands on the ground, softly, free of its stage", False)
        return [replace(landed, held=flown.world.landed), *self.judge(flown)]


def _in_order(flown: Flown) -> Finding:
    expected = [s for s in missions.load(MISSION).STATES if s in flown.entered]
    skipped = set(missions.load(MISSION).STATES[2:]) - set(expected)
    held = list(flown.entered) == expected and not skipped
    return Finding("no state was skipped or came out of order", held)


def _within(what: str, time_s: float | None, earliest_s: float, latest_s: float) -> Finding:
    held = time_s is not None and earliest_s <= time_s <= latest_s
    seen = "never" if time_s is None else f"{time_s:.2f} s"
    return Finding(f"{what} between {earliest_s:.2f} and {latest_s:.2f} s (was: {seen})", held)


def _first(times: list[float]) -> float | None:
    return times[0] if times else None


def _cut_after_contact(flown: Flown) -> Finding:
    contact_s = flown.world.marks.get("contact", float("inf"))
    cut_s = flown.world.vehicle.fired_s.get("BRIDLE")
    return _within("the bridle was cut", cut_s, contact_s + 1.5, contact_s + 3.0)


def _schiaparelli(flown: Flown) -> Iterator[Finding]:
    yield _in_order(flown)
    chute_s, _ = flown.entered.get("PARACHUTE", (0.0, ""))
    saturated = _first(flown.reported_s("CHECK_FAILED", "RATE_SATURATED"))
    yield _within("the saturation was reported", saturated, chute_s + 0.2, chute_s + 0.5)
    quality = flown.at("NAV", "NAV_STATUS_RAW", chute_s + 2.0)
    yield Finding("the attitude is marked degraded", int(quality) & 16 != 0)
    back_shell_s, leg = flown.entered.get("BACK_SHELL_AWAY", (0.0, ""))
    yield _within("the back shell left", back_shell_s, 347.3, 367.3)
    yield Finding("it left by its condition, not by its timer", leg == "PRIMARY")


def _mpl(flown: Flown) -> Iterator[Finding]:
    yield _in_order(flown)
    yield _cut_after_contact(flown)


def _hakuto_r(flown: Flown) -> Iterator[Finding]:
    jump_s = flown.entered.get("HEAT_SHIELD_AWAY", (0.0, ""))[0] + 60.0
    contradicted = [t for t in flown.reported_s("CHECK_FAILED", "CONTRADICTED") if t > jump_s]
    yield _within("the contradiction was reported", _first(contradicted), jump_s, jump_s + 1.0)
    locked = [t for t in flown.reported_s("ALTIMETER_LOCKED") if t > jump_s]
    yield _within("the radar was believed again", _first(locked), jump_s, jump_s + 2.0)
    back_shell_s, _ = flown.entered.get("BACK_SHELL_AWAY", (0.0, ""))
    yield _within("the back shell left", back_shell_s, 347.3, 370.0)


def _odysseus(flown: Flown) -> Iterator[Finding]:
    contact_s = flown.world.marks.get("contact", 0.0)
    error_m = flown.at("NAV", "NAV_ALTITUDE", contact_s) - 7.5
    yield Finding(f"navigation was high at contact (by {error_m:.0f} m)", error_m > 50.0)
    yield _cut_after_contact(flown)


def _beresheet(flown: Flown) -> Iterator[Finding]:
    engines_s, _ = flown.entered.get("POWERED_DESCENT", (0.0, ""))
    resumed = flown.reported_s("RESUMED", "POWERED_DESCENT")
    for number in range(5):
        reset_s = engines_s + 5.0 + 3.0 * number
        back = [t for t in resumed if reset_s < t <= reset_s + 1.0]
        yield _within(f"reset {number + 1} was survived", _first(back), reset_s, reset_s + 1.0)
        running = [
            flown.at("CAM", f"CAM{n}_TRIGGERED", reset_s + 2.6) for n in _filming("BACK_SHELL_AWAY")
        ]
        yield Finding(f"after it the cameras ran ({running})", min(running) > 0)
    yield Finding("no packet was damaged", flown.decoded.report.packets_damaged == 0)


def _filming(state: str) -> list[int]:
    """Trigger channels that a state starts."""
    mission = missions.load(MISSION)
    rows = [row for row in mission.CAMERA_PLAN if row[1] == state and row[4]]
    return [mission.CAMERAS.index(row[0]) for row in rows]


def _luna_25(flown: Flown) -> Iterator[Finding]:
    flat = _first(flown.reported_s("CHECK_FAILED", "AXIAL_FLAT"))
    yield _within("the flat sensor was declared failed", flat, -30.0, 0.0)
    yield _in_order(flown)
    legs = {flown.entered.get(s, (0.0, ""))[1] for s in ("ENTRY", "STRAIGHTEN_UP", "PARACHUTE")}
    yield Finding("the phases of entry advanced by timer", legs == {"BACKUP"})


def _genesis(flown: Flown) -> Iterator[Finding]:
    entry_s, leg = flown.entered.get("ENTRY", (None, ""))
    yield _within("entry was detected", entry_s, 45.0, 52.0)
    yield Finding("it was sensed, not timed", leg == "PRIMARY")
    reversed_s = _first(flown.reported_s("CHECK_FAILED", "AXIAL_REVERSED"))
    yield _within("the reversed axis was flagged", reversed_s, 0.0, 60.0)


def _chandrayaan(flown: Flown) -> Iterator[Finding]:
    excess = flown.reported_s("CHECK_FAILED", "ENVELOPE_EXCEEDED")
    yield _within("excess deceleration was flagged", _first(excess), 60.0, 120.0)
    rates = [t for t in excess if t > 200.0]
    yield _within("excess body rates were flagged", _first(rates), 200.0, 270.0)
    residual_m = max(abs(_lock_residual_m(flown)), 0.0)
    yield Finding(f"no data was thrown away: {residual_m:.0f} m off at lock", residual_m < 1000.0)
    yield _in_order(flown)


def _lock_residual_m(flown: Flown) -> float:
    locked_s = _first(flown.reported_s("ALTIMETER_LOCKED"))
    if locked_s is None:
        return float("inf")
    for row in flown.decoded.tables["EVR"].to_pylist():
        if row["EVR_ID"] == "ALTIMETER_LOCKED":
            return float(row["EVR_ARG1"]) / 256.0
    return float("inf")


def _msl(flown: Flown) -> Iterator[Finding]:
    yield _cut_after_contact(flown)
    contact_s = flown.world.marks.get("contact", 0.0)
    yield _within("contact came later than nominal", contact_s, 419.5, 428.0)
    for name in ("DDC", "RUC", "RDC"):
        yield Finding(f"{name} filmed contact", _rate_hz(flown, name, contact_s + 1.0) > 0.0)


def _rate_hz(flown: Flown, camera: str, time_s: float) -> float:
    """The rate that the flight code had planned for a camera at a time, by its reports."""
    number = missions.load(MISSION).CAMERAS.index(camera)
    rate = 0.0
    for row in flown.decoded.tables["EVR"].to_pylist():
        if row["EVR_ID"] == "CAMERA_PLAN" and row["EVR_ARG0"] == number:
            if row["time_from_ei_s"] > time_s:
                break
            rate = row["EVR_ARG1"] / 100.0
    return rate


def _phoenix(flown: Flown) -> Iterator[Finding]:
    marks = flown.world.marks
    stretch_s, load_s = marks.get("line stretch", 0.0), marks.get("peak inflation load", 0.0)
    yield _within("lines stretched later than flown", stretch_s, 241.67 + 5.0, 241.67 + 8.0)
    for name in ("PUC_A", "PUC_B", "PUC_C"):
        rates = [_rate_hz(flown, name, t) for t in (stretch_s - 2.0, stretch_s, load_s, load_s + 5)]
        yield Finding(f"{name} filmed the inflation at full rate", min(rates) == 75.0)


def _mars2020_cameras(flown: Flown) -> Iterator[Finding]:
    died_s = flown.entered.get("PARACHUTE", (0.0, ""))[0] + 0.05
    silent_s = _first(flown.reported_s("CAMERA_SILENT", "PUC_B"))
    yield _within("the dead camera was named", silent_s, died_s, died_s + 1.0)
    deaf_s = _first(flown.reported_s("MIC_DEAF"))
    yield _within("the deaf microphone was named", deaf_s, died_s, died_s + 1.25)
    for row in cameras(MISSION, flown.decoded.tables):
        if row.name != "PUC_B":
            yield Finding(f"{row.name} missed no pulse of {row.triggered:,}", row.missed == 0)


def _starliner(flown: Flown) -> Iterator[Finding]:
    yield _in_order(flown)
    fired_s = flown.world.vehicle.fired_s
    for output, flown_at_s, late_s in (
        ("MORTAR", 240.63, 5.0),
        ("HEAT_SHIELD", 263.26, 8.0),
        ("BACK_SHELL", 357.3, 8.0),
    ):
        fired = fired_s.get(output)
        yield _within(f"{output} fired", fired, flown_at_s - late_s, flown_at_s + late_s)
    yield _cut_after_contact(flown)


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "schiaparelli-2016",
            "a rate sensor saturated after the parachute and was believed; the attitude went wrong "
            "by 165 deg, the height below ground, and everything was released at 3.7 km",
            "ESA inquiry, 2017",
            _schiaparelli,
            lines=("imu.rate clamp at chute+0.2 for 1.0 value=187.5deg/s",),
        ),
        Scenario(
            "mpl-1999",
            "contact transients of the leg deployment were latched as touchdown and cut the "
            "engines at 40 m",
            "JPL D-18709",
            _mpl,
            lines=(
                "contact.a pulse at rover+0.1 for 0.033",
                "contact.b pulse at rover+0.12 for 0.033",
                "contact.c pulse at rover+0.5 for 0.005",
            ),
        ),
        Scenario(
            "hakuto-r-m1-2023",
            "range jumped by 3 km over a crater's rim and the radar was rejected from then on; the "
            "lander hovered near 5 km until it ran dry",
            "ispace, 2023-05-26",
            _hakuto_r,
            lines=("radar.range bias at heatshield for 60 value=-3000m",),
        ),
        Scenario(
            "odysseus-2024",
            "the rangefinders were never enabled; navigation was 100 m high at contact",
            "mission briefing",
            _odysseus,
            lines=("radar gone at ei", "navigation.altitude bias at boot value=100m"),
        ),
        Scenario(
            "beresheet-2019",
            "an inertial unit failed, and the recovery restarted the computer again and again "
            "until the engine stopped",
            "SpaceIL briefing",
            _beresheet,
            lines=(
                "imu gone at engines+2 for 2",
                "computer reset at engines+5 for 0.5",
                "computer reset at engines+8 for 0.5",
                "computer reset at engines+11 for 0.5",
                "computer reset at engines+14 for 0.5",
                "computer reset at engines+17 for 0.5",
            ),
        ),
        Scenario(
            "luna-25-2023",
            "the accelerometers were not switched on: zeros with good status; the burn ended on a "
            "timer, 127 s instead of 84 s",
            "Roscosmos, 2023-10-03",
            _luna_25,
            lines=("imu.force zero at -30",),
        ),
        Scenario(
            "genesis-2004",
            "switches installed upside down never sensed entry; there was no parachute",
            "NASA mishap board",
            _genesis,
            lines=("imu.axial sign at boot",),
        ),
        Scenario(
            "chandrayaan-2-2019",
            "engines over-thrust; errors grew faster than the guidance could remove them",
            "ISRO",
            _chandrayaan,
            vehicle={"ei_angle_deg": -16.4, "swing_kick_deg_s": 110.0},
        ),
        Scenario(
            "msl-2012",
            "gravity 0.1 % high gave 0.6 m/s instead of 0.75 m/s in the sky crane, 2.3 s longer",
            "Manning",
            _msl,
            vehicle={"guidance_velocity_error_m_s": -0.15},
        ),
        Scenario(
            "phoenix-2008",
            "unexpected lift: the parachute came 6.4 s later than predicted",
            "Desai, NTRS 20080034645",
            _phoenix,
            vehicle={"lift_to_drag": 0.29},
        ),
        Scenario(
            "mars2020-cameras-2021",
            "one parachute camera stopped around the mortar, and the sound was lost",
            "JPL",
            _mars2020_cameras,
            lines=("camera.1 gone at chute+0.05", "microphone zero at chute+0.05"),
        ),
        Scenario(
            "starliner-2019",
            "the mission clock was 11 h off at start",
            "NASA and Boeing",
            _starliner,
            lines=(
                "clock jump at boot value=11h",
                "clock jump at chute+5 value=1s",
                "clock jump at engines+5 value=1s",
                "clock jump at skycrane+1 value=-1s",
            ),
        ),
    )
}
