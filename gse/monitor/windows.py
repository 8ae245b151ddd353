"""When may each state of a mission be entered, and when must it be at the latest?

Follows from the mission's TRANSITIONS alone: what is left open there is open here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fsw import missions
from fsw.edl.conditions import GE
from fsw.edl.machine import NO_BACKUP
from fsw.schedule import MINOR_FRAMES_PER_SECOND


@dataclass(frozen=True, slots=True)
class Exit:
    """A way out of a state. Seconds in the state: not before earliest_s; at backup_s without any
    sensor, inf where no timer runs."""

    to: str
    earliest_s: float
    backup_s: float


@dataclass(frozen=True, slots=True)
class Window:
    """Of entering a state, seconds from time zero; latest_s is inf where no timer bounds it."""

    earliest_s: float
    latest_s: float


def exits(mission_name: str) -> Mapping[str, tuple[Exit, ...]]:
    """Ways out of each state, one for each state they lead to, in the order of the table."""
    found: dict[str, dict[str, Exit]] = {}
    for state, to, conditions, _, earliest, backup in missions.load(mission_name).TRANSITIONS:
        opens = max(earliest, *_waits(conditions)) / MINOR_FRAMES_PER_SECOND
        timer = math.inf if backup == NO_BACKUP else backup / MINOR_FRAMES_PER_SECOND
        before = found.setdefault(state, {}).get(to, Exit(to, math.inf, math.inf))
        found[state][to] = Exit(to, min(before.earliest_s, opens), min(before.backup_s, timer))
    return {state: tuple(ways.values()) for state, ways in found.items()}


def windows(mission_name: str, state: str, entered_s: float) -> Mapping[str, Window]:
    """Of every state that may follow, from the one that was entered at that time; of none that the
    mission has not."""
    states: Sequence[str] = missions.load(mission_name).STATES
    if state not in states:
        return {}
    ways = exits(mission_name)
    reached = {state: Window(entered_s, entered_s)}
    for name in states[states.index(state) :]:  # every transition leads forward in this order
        if name not in reached:
            continue
        at = reached[name]
        timer = min((way.backup_s for way in ways.get(name, ())), default=math.inf)
        for way in ways.get(name, ()):
            earliest, latest = at.earliest_s + way.earliest_s, at.latest_s + timer
            known = reached.get(way.to, Window(math.inf, -math.inf))
            reached[way.to] = Window(min(known.earliest_s, earliest), max(known.latest_s, latest))
    del reached[state]
    return reached


def _waits(conditions: Sequence[Any]) -> list[int]:
    """Minor frames in the state that conditions themselves wait for."""
    return [0, *(c[2] for c in conditions if c[:2] == ("EDL_TIME_IN_STATE", GE))]
