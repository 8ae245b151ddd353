"""Wherever in a descent the processor is reset: is the right state flown on, and filmed?

One descent is flown and recorded with what a reset would leave behind at each minor frame. From
any of them the flight code starts anew on the same recording, and is held against the first flight.
A transition that fell into the time away is made up for by its own legs, whose persistence begins
anew: never by a guess. make soak tries a thousand minor frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from gse.targets import InProcess
from tests.descent import MISSION, quiet
from tests.fsw.bench_board import Values, reported

SEED = 3
SETTLED = 32  # minor frames after a restart by which the state is to be right
WATCHED = 128  # minor frames flown after a restart
CAUGHT_UP = 384  # minor frames by which a transition that was missed is made up for
LONGEST_AWAY = 96  # minor frames: watchdog and start of a Pico
CASES, SOAKED = 12, 1000
CAMERAS = len(missions.load(MISSION).CAMERAS)
RATES = [channel(f"CAM{n}_RATE") for n in range(CAMERAS)]
PULSES = [channel(f"CAM{n}_TRIGGERED") for n in range(CAMERAS)]
STATE = channel("EDL_STATE")
WATCHDOG = ENUMS["RESET_CAUSE"].index("WATCHDOG")


@dataclass(frozen=True)
class Descent:
    """By minor frame: sensors, what memory kept after it, state and planned rates."""

    begin: Begin
    messages: list[bytes]
    retained: list[bytes]
    states: list[int]
    rates: list[list[int]]

    def nearby(self, frame: int, values: Sequence[Any]) -> list[Any]:
        """What was flown around a minor frame: a persistence may begin anew with a restart."""
        return list(values[frame - SETTLED : frame + 1])


@pytest.fixture(scope="module")
def descent(tmp_path_factory: pytest.TempPathFactory) -> Descent:
    directory: Path = tmp_path_factory.mktemp("descent")
    target = Watched()
    fly.fly(MISSION, SEED, target, directory, quiet)
    recorded = recording.load(directory / "sensors.bin")
    messages = [sent for sent in recorded.messages() if isinstance(sent, bytes)]
    return Descent(recorded.begin, messages, target.kept, target.states, target.rates)


class Watched(InProcess):
    """Keeps what a reset would leave behind, state and rates after each minor frame."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[bytes] = []
        self.states: list[int] = []
        self.rates: list[list[int]] = []

    def exchange(self, sensor_message: bytes) -> bytes:
        answer = super().exchange(sensor_message)
        core: Any = self._server._core
        self.kept.append(self.retained)
        self.states.append(core.cvt[STATE])
        self.rates.append([core.cvt[index] for index in RATES])
        return answer


class Restarted:
    """The flight code after a reset at a minor frame of the descent."""

    def __init__(self, descent: Descent, frame: int, away: int) -> None:
        self.descent = descent
        self.target = InProcess(descent.retained[frame])
        self.frame = frame  # the last one flown
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
        """Whether the state is that of the first flight."""
        return self.cvt[STATE] in self.descent.nearby(self.frame, self.descent.states)

    def catch_up(self, where: str) -> None:
        """Flies until it is."""
        for _ in range(CAUGHT_UP):
            if self.is_right:
                return
            self.fly(1)
        raise AssertionError(f"{where}: {self.cvt[STATE]}")

    @property
    def rates(self) -> list[int]:
        return [self.cvt[index] for index in RATES]

    @property
    def pulses(self) -> list[int]:
        return [self.cvt[index] for index in PULSES]


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
    before_reset = descent.states[frame]
    assert event("BOOTED") in flight.reports
    assert event("RESUMED") in flight.reports
    assert event("SAFE_PLAN_BEGUN") not in flight.reports
    flight.fly(SETTLED)
    where = f"reset at {frame} for {away}"
    if not flight.is_right:
        assert flight.cvt[STATE] == before_reset, where
        flight.catch_up(where)
        return
    assert flight.rates in descent.nearby(flight.frame, descent.rates), where
    before = flight.pulses
    rates = flight.rates
    flight.fly(WATCHED - SETTLED)
    if flight.rates == rates:
        for n, rate in enumerate(rates):
            due = rate * (WATCHED - SETTLED) // 6400
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
            assert flight.cvt[channel("CAMERAS_POWERED")] == (1 << CAMERAS) - 1, where
        elif flight.is_right:
            assert flight.rates in descent.nearby(flight.frame, descent.rates), where
    flight.catch_up(f"five resets after {frame}")


def test_a_reset_at_any_minor_frame_is_flown_on_from(descent: Descent) -> None:
    for frame, aways in resets(descent, CASES, 1):
        check_one(descent, frame, aways[0])


def test_five_resets_in_a_row_end_in_a_safe_plan_that_films(descent: Descent) -> None:
    for frame, aways in resets(descent, 4, 5):
        check_five(descent, frame, aways)


@pytest.mark.soak
def test_a_reset_at_a_thousand_minor_frames_is_flown_on_from(descent: Descent) -> None:
    missed = 0
    for frame, aways in resets(descent, SOAKED, 1):
        end = frame + aways[0] + SETTLED
        missed += descent.states[frame] != descent.states[end]
        check_one(descent, frame, aways[0])
    print(
        f"{SOAKED:,} resets: {SOAKED - missed:,} in the state of the first flight within {SETTLED} "
        f"minor frames, {missed} across a transition, made up for by its own legs"
    )
    assert missed < SOAKED // 20, "nearly every case is right at once"


@pytest.mark.soak
def test_five_resets_in_a_row_anywhere_end_in_a_safe_plan_that_films(descent: Descent) -> None:
    cases = resets(descent, SOAKED // 5, 5)
    for frame, aways in cases:
        check_five(descent, frame, aways)
    print(
        f"{len(cases)} times five resets in a row: all cameras filmed, every state was made up for"
    )
