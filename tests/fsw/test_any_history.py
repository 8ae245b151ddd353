"""Does any history of readings, garbage included, take the descent off its tables?

Histories are made of segments: for some time each reading holds one value, drifts, or is noise over
its whole range. What may happen then is derived from the mission's tables here, not by the engines
that run them.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableSequence
from dataclasses import dataclass
from random import Random
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw import missions
from fsw.app import FlightCore
from fsw.dictionary.channels import ENUMS
from fsw.dictionary.index import channel
from fsw.dictionary.packets import SENSOR_FRAME
from fsw.edl.conditions import GE
from fsw.edl.machine import NO_BACKUP, Machine
from fsw.edl.outputs import Outputs
from fsw.edl.reached import Reached
from fsw.kernel.events import Events
from gse.sim.counts import scale
from tests.fsw.bench_board import RecordingBoard, Values

STATE = channel("EDL_STATE")
FIRED = channel("OUTPUTS_FIRED")
JUMPER = 1 << ENUMS["DISCRETES"].index("ARMING_JUMPER")
SMALL = (1 << 30) - 1

segments = st.lists(
    st.tuples(
        st.integers(1, 600),  # minor frames
        st.sampled_from(["hold", "drift", "noise", "ends"]),
        st.integers(0, 1 << 30),  # what the values are drawn with
    ),
    min_size=1,
    max_size=8,
)


class HistoryBoard(RecordingBoard):
    """Its sensors read a history, and time passes as it should."""

    def __init__(self, history: list[tuple[int, str, int]]) -> None:
        super().__init__()
        self._readings = readings(history)

    def read_sensors(self, cvt: MutableSequence[int]) -> None:  # type: ignore[override]
        self.now_us += 15625
        for name, value in next(self._readings).items():
            cvt[channel(name)] = value


def readings(history: list[tuple[int, str, int]]) -> Iterator[dict[str, int]]:
    """Every field of the sensor frame, minor frame by minor frame; the last segment goes on."""
    ends = {name: scale(name) for name in SENSOR_FRAME}
    while True:
        for frames, how, number in history:
            draws = Random(number)
            now = {n: draws.randint(e.lowest, e.highest) for n, e in ends.items()}
            for frame in range(frames):
                for name, limits in ends.items():
                    if how == "noise":
                        now[name] = draws.randint(limits.lowest, limits.highest)
                    elif how == "ends":
                        now[name] = draws.choice((limits.lowest, limits.highest, 0, 1))
                    elif how == "drift":
                        now[name] = min(max(now[name] + draws.randint(-99, 99), limits.lowest),
                                        limits.highest)  # fmt: skip
                for name in now:
                    if name.endswith("SEQUENCE"):
                        now[name] = frame // 4 & 0xFF  # measurements keep coming
                yield now


@dataclass(frozen=True)
class Rules:
    """What the tables of a mission allow."""

    mission: ModuleType

    def soonest(self, start: int, to: int) -> int:
        """Minor frames for which a state must last before this transition; -1: never."""
        times = [
            max(1, earliest + max(persistence, 1) - 1, *_waits(conditions))
            for a, b, conditions, persistence, earliest, _ in self.mission.TRANSITIONS
            if (a, b) == (self.mission.STATES[start], self.mission.STATES[to])
        ]
        backups = [
            row[5]
            for row in self.mission.TRANSITIONS
            if (row[0], row[1]) == (self.mission.STATES[start], self.mission.STATES[to])
        ]
        return min([*times, *backups], default=-1)

    def latest(self, state: int) -> int:
        """Minor frames after which a state has ended, whatever is sensed."""
        rows = [row for row in self.mission.TRANSITIONS if row[0] == self.mission.STATES[state]]
        return min((row[5] for row in rows), default=NO_BACKUP)

    def check(self, states: list[int], fired: list[int]) -> None:
        """states, fired: as they were after each minor frame."""
        began = 0
        for now in range(1, len(states)):
            before, after = states[now - 1], states[now]
            if before == after:
                assert now - began <= self.latest(after), f"state {after} is a trap"
                continue
            soonest = self.soonest(before, after)
            assert soonest >= 0, f"no transition leads from {before} to {after}"
            if began:  # the first state may have begun long ago
                assert now - began >= soonest, f"left {before} after {now - began}"
            began = now
        self._check_outputs(states, fired)

    def _check_outputs(self, states: list[int], fired: list[int]) -> None:
        mission = self.mission
        for output, _, fires, delay, before in mission.DEPLOYMENTS:
            bit = 1 << mission.OUTPUTS.index(output)
            others = sum(1 << mission.OUTPUTS.index(name) for name in before)
            owed = mission.STATES.index(fires)
            for now in range(1, len(states)):
                if fired[now] & bit and not fired[now - 1] & bit:
                    assert states[now] >= owed, f"{output} in state {states[now]}"
                    assert fired[now] & others == others, f"{output} before {before}"
                    if states[0] < owed:
                        reached = next(i for i, state in enumerate(states) if state >= owed)
                        assert now - reached >= delay, f"{output} after {now - reached}"


def _waits(conditions: tuple[tuple[str, int, int], ...]) -> list[int]:
    return [row[2] for row in conditions if row[0] == "EDL_TIME_IN_STATE" and row[1] == GE]


@pytest.mark.parametrize("name", missions.NAMES)
@settings(max_examples=20)
@given(history=segments, start=st.integers(0, 15))
def test_no_history_of_readings_takes_the_flight_core_off_its_tables(
    name: str, history: list[tuple[int, str, int]], start: int
) -> None:
    mission = missions.load(name)
    board = HistoryBoard(history)
    core = FlightCore(board, mission)
    core.start(mission.EI_SCLK + 300, 0)
    cvt = core.cvt
    cvt[STATE] = min(start, len(mission.STATES) - 1)
    states, outputs = [cvt[STATE]], [0]
    for _ in range(min(1500, sum(segment[0] for segment in history))):
        core.minor_frame()
        states.append(cvt[STATE])
        outputs.append(cvt[FIRED])
        assert all(-SMALL - 1 <= value <= SMALL for value in cvt)
    assert board.outputs == outputs[-1]
    Rules(mission).check(states, outputs)


CONDITIONED = {
    name: sorted(
        {row[0] for transition in missions.load(name).TRANSITIONS for row in transition[2]}
        - {"EDL_TIME_IN_STATE"}
    )
    for name in missions.NAMES
}


@pytest.mark.parametrize("name", missions.NAMES)
@settings(max_examples=10)
@given(data=st.data())
def test_whatever_navigation_says_the_whole_descent_keeps_its_windows_and_ends(
    name: str, data: st.DataObject
) -> None:
    """The state machine and the outputs from the first state with a backup to the last, on channels
    that say anything: values around every threshold, and far from it."""
    mission = missions.load(name)
    values = Values()
    cvt = values.cvt
    events = Events(cvt)
    machine = Machine(mission.STATES, mission.TRANSITIONS, cvt, events)
    reached = Reached(cvt)
    board = RecordingBoard()
    outputs = Outputs(mission.STATES, mission.OUTPUTS, mission.DEPLOYMENTS, cvt, board, events)
    rules = Rules(mission)
    values["DISCRETES"] = JUMPER
    cvt[STATE] = next(s for s in range(len(mission.STATES)) if rules.latest(s) < NO_BACKUP)
    draws = Random(data.draw(st.integers(0, 1 << 30)))
    changes = data.draw(st.sampled_from([1, 16, 640]))
    states, fired = [cvt[STATE]], [0]
    longest = sum(rules.latest(s) for s in range(len(mission.STATES) - 1) if s >= states[0])
    around = thresholds(mission)
    for frame in range(longest + 1):
        if frame % changes == 0:
            for condition in CONDITIONED[name]:
                values[condition] = draws.choice(around[condition])
        values["FRAME_COUNT"] = (values["FRAME_COUNT"] + 1) & 0xFFFF
        machine.run()
        reached.run()
        outputs.run()
        states.append(cvt[STATE])
        fired.append(cvt[FIRED])
        if cvt[STATE] == len(mission.STATES) - 1:
            break
    assert states[-1] == len(mission.STATES) - 1
    rules.check(states, fired)


def thresholds(mission: ModuleType) -> dict[str, list[int]]:
    """By channel: each count it is compared with, its neighbours, and far values."""
    found: dict[str, set[int]] = {}
    for transition in mission.TRANSITIONS:
        for condition, _, counts in transition[2]:
            found.setdefault(condition, {0, SMALL, -SMALL}).update((counts - 1, counts, counts + 1))
    return {condition: sorted(values) for condition, values in found.items()}
