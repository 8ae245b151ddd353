"""How did a descent go? Timeline beside a reference, frames of each camera, link: as tables.

Everything comes from the decoded downlink; the simulated vehicle adds only what no telemetry can
know, and only where a flight was simulated here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from fsw import missions
from fsw.dictionary.channels import ENUMS
from gse.timelines import TIMELINES, Event, Source


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One event: simulated_s is None when it did not happen or was not received.

    reference_s: the flown time, or that of the simulated vehicle; None where there is neither.
    """

    label: str
    simulated_s: float | None
    reference_s: float | None

    @property
    def difference_s(self) -> float | None:
        if self.simulated_s is None or self.reference_s is None:
            return None
        return self.simulated_s - self.reference_s


@dataclass(frozen=True, slots=True)
class CameraRow:
    """Pulses of one camera by its last received account."""

    name: str
    triggered: int
    confirmed: int
    missed: int
    inhibited: int


Tables = Mapping[str, pa.Table]


def timeline(mission_name: str, tables: Tables, marks: Mapping[str, float]) -> list[TimelineRow]:
    """The mission's timeline, each event with its time from time zero in seconds."""
    states = missions.load(mission_name).STATES
    reports = _first_reports(tables, states)
    return [
        TimelineRow(event.label, _time_of(event, reports, marks), _reference_s(event, marks))
        for event in TIMELINES[mission_name].events
    ]


def _time_of(
    event: Event, reports: Mapping[str, float], marks: Mapping[str, float]
) -> float | None:
    return (marks if event.source is Source.TRUTH else reports).get(event.key)


def _reference_s(event: Event, marks: Mapping[str, float]) -> float | None:
    return marks.get(event.truth) if event.flown_s is None else event.flown_s


def _first_reports(tables: Tables, states: tuple[str, ...]) -> dict[str, float]:
    """When each state was first reported entered and each other event first reported."""
    first: dict[str, float] = {}
    if "EVR" not in tables:
        return first
    table = tables["EVR"].select(["time_from_ei_s", "EVR_ID", "EVR_ARG0"])
    for time_s, name, argument in zip(*(c.to_pylist() for c in table.columns), strict=True):
        key = name
        if name == "STATE_ENTERED" and 0 <= argument < len(states):
            key = states[int(argument)]
        if time_s is not None:
            first.setdefault(key, time_s)
    return first


def states_entered(mission_name: str, tables: Tables) -> dict[str, tuple[float, str]]:
    """When each state was entered, in seconds from time zero, and by which leg: PRIMARY or BACKUP.
    In the order of entering."""
    states = missions.load(mission_name).STATES
    causes = ENUMS["CAUSE"]
    return {
        states[int(row["EVR_ARG0"])]: (row["time_from_ei_s"], causes[int(row["EVR_ARG2"])])
        for row in tables["EVR"].to_pylist()
        if row["EVR_ID"] == "STATE_ENTERED"
    }


def cameras(mission_name: str, tables: Tables) -> list[CameraRow]:
    """The last account of every camera of the mission; none without a CAM packet."""
    if "CAM" not in tables or not tables["CAM"].num_rows:
        return []
    last = tables["CAM"].slice(tables["CAM"].num_rows - 1).to_pylist()[0]
    return [
        CameraRow(
            name,
            int(last[f"CAM{n}_TRIGGERED"]),
            int(last[f"CAM{n}_CONFIRMED"]),
            int(last[f"CAM{n}_MISSED"]),
            int(last[f"CAM{n}_INHIBITED"]),
        )
        for n, name in enumerate(missions.load(mission_name).CAMERAS)
    ]
