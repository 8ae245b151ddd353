"""Wherever in a descent the processor is reset: is the right state flown on, and filmed?

A descent of each mission is flown and recorded with what a reset would leave behind at each minor
frame. From any of them the flight code starts anew on the same recording, and is held against the
first flight: its state is to be one that the first flight had half a second before, at most. A
transition that fell into the time away is made up for, never skipped: a state that is left by time
alone, such as the free fall between back shell and engines, is stayed in for its time.

make soak tries a thousand minor frames, and as many around each transition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from fsw import missions
from fsw.cam.plan import SAFE_PULSES_PER_S
from fsw.dictionary.channels import ENUMS
from fsw.dictionary.index import channel, event
from fsw.kernel.resets import TOO_MANY
from gse import fly, recording
from gse.lockstep import Begin
from gse.sim.config import dispersed
from gse.sim.simulation import Simulation
from gse.sim.world import World
from gse.sim.worlds import world_for
from gse.targets import InProcess
from tests.descent import START_S, quiet
from tests.fsw.bench_board import Values, reported

SEED = 3
SETTLED = 32  # minor frames after a restart by which the state is to be right
WATCHED = 96  # minor frames whose pulses are counted
PACED = 64  # minor frames until a channel that was told another rate has it: its longest period
CAUGHT_UP = 384  # minor frames by which even outputs that were held are released
LONGEST_AWAY = 96  # minor frames: a second of watchdog, half a second of starting
CASES, SOAKED = 12, 1000
MISSIONS = ("mars2020", "droptest")
STATE, TIME_IN_STATE = channel("EDL_STATE"), channel("EDL_TIME_IN_STATE")
READY = channel("CAMERAS_READY")
WATCHDOG = ENUMS["RESET_CAUSE"].index("WATCHDOG")


@dataclass(frozen=True)
class Descent:
    """By minor frame: sensors, what memory kept after it, state and planned rates."""

    mission: str
    begin: Begin
    messages: list[bytes]
    retained: list[bytes]
    states: list[int]
    rates: list[list[int]]

    def nearby(self, frame: int, values: Sequence[Any]) -> list[Any]:
        """What was flown around a minor frame: a persistence may begin anew with a restart."""
        return list(values[frame - SETTLED : frame + 1])

    @cached_property
    def timed(self) -> dict[int, int]:
        """States that are left by time alone, and when."""
        mission = missions.load(self.mission)
        return {
            mission.STATES.index(origin): conditions[0][2]
            for origin, _, conditions, _, _, _ in mission.TRANSITIONS
            if [name for name, _, _ in conditions] == ["EDL_TIME_IN_STATE"]
        }

    @cached_property
    def transitions(self) -> list[int]:
        """The minor frames that end in another state than the one before."""
        return [i for i, (a, b) in enumerate(pairwise(self.states), 1) if a != b]


@pytest.fixture(scope="module", params=MISSIONS)
def descent(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Descent:
    directory: Path = tmp_path_factory.mktemp("descent")
    mission: str = request.param
    target = Watched(len(missions.load(mission).CAMERAS))
    fly.fly(mission, SEED, target, directory, quiet, world=late(mission))
    recorded = recording.load(directory / "sensors.bin")
    messages = [sent for sent in recorded.messages() if isinstance(sent, bytes)]
    return Descent(mission, recorded.begin, messages, target.kept, target.states, target.rates)


def late(mission: str) -> Simulation:
    """What a mission flies, from just before entry on."""
    if mission != "mars2020":
        return world_for(mission, SEED)
    return World(SEED, replace(dispersed(SEED), start_from_ei_s=START_S))


def of_cameras(cameras: int, what: str) -> list[int]:
    """That channel of each camera."""
    return [channel(f"CAM{n}_{what}") for n in range(cameras)]


class Watched(InProcess):
    """Keeps what a reset would leave behind, state and rates after each minor frame."""

    def __init__(self, cameras: int) -> None:
        super().__init__()
        self._rates = of_cameras(cameras, "RATE")
        self.kept: list[bytes] = []
        self.states: list[int] = []
        self.rates: list[list[int]] = []

    def exchange(self, sensor_message: bytes) -> bytes:
        answer = super().exchange(sensor_message)
        core: Any = self._server._core
        self.kept.append(self.retained)
        self.states.append(core.cvt[STATE])
        self.rates.append([core.cvt[index] for index in self._rates])
        return answer


class Restarted:
    """The flight code after a reset at a minor frame of the descent."""

    def __init__(self, descent: Descent, frame: int, away: int) -> None:
        self.descent = descent
        self.target = InProcess(descent.retained[frame])
        self.cameras = len(missions.load(descent.mission).CAMERAS)
        self.reset_at = self.frame = frame  # the last one flown
        self.start(away)

    def start(self, away: int) -> None:
        begin = replace(self.descent.begin, reset_cause=WATCHDOG, away_frames=away)
        self.target.begin(begin)
        self.frame += away
        core: Any = self.target._server._core
        values = Values()
        values.cvt = self.cvt = core.cvt
        waiting = core.events.waiting
        self.reports = reported(core.events, values)
        assert waiting == len(self.reports)

    def fly(self, frames: int) -> None:
        for _ in range(frames):
            self.frame += 1
            self.target.exchange(self.descent.messages[self.frame])

    @property
    def is_right(self) -> bool:
        """Whether the state is that of the first flight, or one that it has passed since the reset
        and that is left by time alone, which has not come."""
        descent, state = self.descent, self.cvt[STATE]
        return state in descent.nearby(self.frame, descent.states) or (
            state in descent.states[self.reset_at + 1 : self.frame]
            and self.cvt[TIME_IN_STATE] < descent.timed.get(state, 0)
        )

    def catch_up(self, where: str) -> None:
        """Flies until it is."""
        for _ in range(CAUGHT_UP):
            if self.is_right:
                return
            self.fly(1)
        raise AssertionError(f"{where}: {self.cvt[STATE]}")

    @property
    def rates(self) -> list[int]:
        return [self.cvt[index] for index in of_cameras(self.cameras, "RATE")]

    @property
    def pulses(self) -> list[int]:
        return [self.cvt[index] for index in of_cameras(self.cameras, "TRIGGERED")]


def resets(descent: Descent, cases: int, each: int) -> list[tuple[int, list[int]]]:
    """Minor frames to reset at, and how long the processor is away each time."""
    draws = Random(20270601)
    room = each * (LONGEST_AWAY + SETTLED) + CAUGHT_UP
    return [
        (
            draws.randrange(SETTLED, len(descent.messages) - room),
            [draws.randrange(8, LONGEST_AWAY) for _ in range(each)],
        )
        for _ in range(cases)
    ]


def check_one(descent: Descent, frame: int, away: int) -> None:
    """One reset: state, plan and reports."""
    flight = Restarted(descent, frame, away)
    assert event("BOOTED") in flight.reports
    assert event("RESUMED") in flight.reports
    assert event("SAFE_PLAN_BEGUN") not in flight.reports
    flight.fly(SETTLED)
    where = f"reset at {frame} for {away}"
    assert flight.is_right, f"{where}: {flight.cvt[STATE]}"
    if flight.cvt[STATE] in descent.nearby(flight.frame, descent.states):
        late = descent.rates[frame + 1 : flight.frame + 1]  # a delay may count from a later entry
        assert flight.rates in late, where
    rates = flight.rates
    flight.fly(PACED)
    before, ready = flight.pulses, flight.cvt[READY]
    flight.fly(WATCHED)
    planned = descent.rates[flight.frame - WATCHED - PACED : flight.frame]
    if all(each == rates for each in (flight.rates, *planned)):
        for n, rate in enumerate(rates):
            if ready >> n & 1:  # it has started
                due = rate * WATCHED // 6400
                assert flight.pulses[n] - before[n] >= due - 1, f"{where}: camera {n}"


def check_five(descent: Descent, frame: int, aways: Sequence[int]) -> None:
    """Five resets in a row: from the third on the safe plan, which films with every camera."""
    flight = Restarted(descent, frame, aways[0])
    for number, away in enumerate(aways, 1):
        if number > 1:
            flight.start(away)
        where = f"reset {number} after {frame}"
        assert event("RESUMED") in flight.reports, where
        assert (event("SAFE_PLAN_BEGUN") in flight.reports) == (number >= TOO_MANY), where
        assert flight.cvt[channel("RESETS")] == number, where
        flight.fly(SETTLED)
        assert flight.cvt[STATE] <= descent.states[flight.frame], where
        if number >= TOO_MANY:
            assert set(flight.rates) == {SAFE_PULSES_PER_S * 100}, where
            assert flight.cvt[channel("CAMERAS_POWERED")] == (1 << flight.cameras) - 1, where
        elif flight.is_right:
            assert flight.rates in descent.nearby(flight.frame, descent.rates), where
    flight.catch_up(f"five resets after {frame}")


def test_a_reset_at_any_minor_frame_is_flown_on_from(descent: Descent) -> None:
    for frame, aways in resets(descent, CASES, 1):
        check_one(descent, frame, aways[0])


def test_five_resets_in_a_row_end_in_a_safe_plan_that_films(descent: Descent) -> None:
    for frame, aways in resets(descent, 4, 5):
        check_five(descent, frame, aways)


def around_transitions(descent: Descent, each: int) -> list[tuple[int, int]]:
    """Minor frames to reset at so that a transition falls into the time away, or just after it, and
    how long the processor is away."""
    draws = Random(20270602)
    last = len(descent.messages) - LONGEST_AWAY - SETTLED - PACED - WATCHED
    cases = []
    for frame in descent.transitions:
        for _ in range(each):
            away = draws.randrange(8, LONGEST_AWAY)
            cases.append((frame - draws.randrange(1, away + SETTLED), away))
    return [(frame, away) for frame, away in cases if SETTLED <= frame < last]


def test_a_transition_that_falls_into_the_time_away_is_made_up_for(descent: Descent) -> None:
    cases = around_transitions(descent, 2)
    assert len(cases) > len(descent.transitions)
    for frame, away in cases:
        check_one(descent, frame, away)


@pytest.mark.soak
def test_a_reset_at_a_thousand_minor_frames_is_flown_on_from(descent: Descent) -> None:
    cases = resets(descent, SOAKED, 1)
    for frame, aways in cases:
        check_one(descent, frame, aways[0])
    across = around_transitions(descent, SOAKED // len(descent.transitions))
    for frame, away in across:
        check_one(descent, frame, away)
    print(
        f"{descent.mission}: in the right state within {SETTLED} minor frames after each of "
        f"{len(cases):,} resets anywhere, and of {len(across):,} around transitions"
    )


@pytest.mark.soak
def test_five_resets_in_a_row_anywhere_end_in_a_safe_plan_that_films(descent: Descent) -> None:
    cases = resets(descent, SOAKED // 5, 5)
    for frame, aways in cases:
        check_five(descent, frame, aways)
    print(
        f"{descent.mission}, {len(cases)} times five resets in a row: all cameras filmed, every "
        "state was made up for"
    )
