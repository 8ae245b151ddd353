"""Are the pulses of the PIO where the plan has them, to the clock, whatever the processor does?"""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import adafruit_pioasm
import pioemu
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import boards.pio
from boards.pio.channels import GUARD, Channels
from boards.pio.program import (
    CLOCK_HZ,
    CLOCKS_PER_COUNT,
    GRID_GPIO,
    GRID_HZ,
    OFF,
    SHORTEST_WIDTH,
    WORDS,
    WRAP,
    WRAP_TARGET,
    low_word,
    width_word,
)
from boards.triggers import COUNTS_PER_MINOR_FRAME, Triggers
from fsw import missions
from fsw.cam.rates import COUNTS_PER_SECOND, period
from fsw.dictionary.channels import CAMERA_CHANNELS
from tests.board.pio_machine import FIFO, StateMachine
from tests.fsw.bench_board import Values

SOURCE = Path(boards.pio.__file__).parent / "trigger.pio"
GRID_PERIOD = CLOCK_HZ // GRID_HZ
CLOCKS_PER_FRAME = COUNTS_PER_MINOR_FRAME * CLOCKS_PER_COUNT
LATENCY = 3  # clocks from an edge of the grid to the pulse: two to see it, one to leave the wait
WIDTH = CLOCK_HZ // 1000  # a millisecond


def machine(width: int = WIDTH, grid_period: int = GRID_PERIOD) -> StateMachine:
    made = StateMachine(WORDS, WRAP_TARGET, WRAP, grid_period)
    made.put(width_word(width))
    return made


def test_the_words_are_the_source_assembled() -> None:
    program = adafruit_pioasm.Program(SOURCE.read_text())
    assert tuple(program.assembled) == WORDS
    assert program.pio_kwargs == {
        "sideset_enable": False,
        "sideset_pin_count": 1,
        "wrap": WRAP,
        "wrap_target": WRAP_TARGET,
    }
    assert len(WORDS) <= 32, "one block of the PIO holds no more"
    assert WORDS[3] & 0x1F == WORDS[4] & 0x1F == GRID_GPIO


def emulated(
    sends: list[tuple[int, int]], grid_period: int, until: int
) -> tuple[list[tuple[int, int]], list[int]]:
    """Level changes of the pin, and words received, as rp2040-pio-emulator has them; sends: words
    with the clock from which on the state machine has them."""
    changes: list[tuple[int, int]] = []
    state = pioemu.State()
    received: list[int] = []

    def pins(now: pioemu.State) -> int:
        clock: int = now.clock
        return ((clock - 2) % grid_period < grid_period // 2) << GRID_GPIO

    pins.__annotations__["now"] = pioemu.State  # it looks, and a string is not enough for it
    pending = list(sends)
    while state.clock < until:
        while pending and pending[0][0] <= state.clock:
            state.transmit_fifo.append(pending.pop(0)[1])
        stop = min(pending[0][0] if pending else until, until)
        for before, after in pioemu.emulate(
            list(WORDS),
            stop_when=lambda _, s, stop=stop: s.clock >= stop,
            initial_state=state,
            input_source=pins,
            side_set_base=0,
            side_set_count=1,
            wrap_target=WRAP_TARGET,
            wrap_top=WRAP,
        ):
            if (before.pin_values ^ after.pin_values) & 1:
                changes.append((before.clock, after.pin_values & 1))
            state = after
            received.extend(state.receive_fifo)
            state.receive_fifo.clear()
    return changes, received


@settings(max_examples=30)
@given(
    st.integers(SHORTEST_WIDTH, 40),
    st.lists(
        st.tuples(st.integers(3, 900), st.one_of(st.just(OFF), st.integers(1, 200))),
        min_size=1,
        max_size=4,
    ),
    st.integers(20, 300),
)
def test_the_machine_of_these_tests_is_another_emulator_s(
    width: int, steps: list[tuple[int, int]], grid_period: int
) -> None:
    sends = [(0, width_word(width))]
    for wait, word in steps:
        sends.append((sends[-1][0] + wait, word))
    until = sends[-1][0] + 1500
    changes, received = emulated(sends, grid_period, until)
    ours = StateMachine(WORDS, WRAP_TARGET, WRAP, grid_period)
    heard: list[int] = []
    for clock, word in sends:
        run_and_read(ours, clock, heard)
        ours.put(word)
    run_and_read(ours, until, heard)
    both = sorted([(c, 1) for c in ours.rising] + [(c, 0) for c in ours.falling])
    assert both == [change for change in changes if change[0] < until]
    assert heard == received[: len(heard)]
    different = [number for number, _ in groupby(heard)]  # the last is told again when it goes off
    assert different == list(range(len(different)))


def run_and_read(ours: StateMachine, until: int, heard: list[int]) -> None:
    """Reads before the FIFO is full."""
    while ours.clock < until:
        ours.run(min(until, ours.clock + 10))
        heard.extend(ours.receive)
        ours.receive.clear()


@pytest.mark.parametrize(
    ("pulses", "seconds", "width"),
    [
        (75, 1, WIDTH),
        (30, 1, 100),
        (12, 1, SHORTEST_WIDTH),
        (1, 1, WIDTH),
        (10, 33, 100),
        (90, 1, WIDTH),  # 1/76,800 s would not do
        (30000, 1001, WIDTH),
        (1, 7, WIDTH),
    ],
)
def test_period_and_width_are_exact_for_ten_minutes(pulses: int, seconds: int, width: int) -> None:
    ours = machine(width)
    ours.put(low_word(period(pulses, seconds), width))
    ours.run(600 * CLOCK_HZ)
    apart = Fraction(seconds * CLOCK_HZ, pulses)
    first = ours.rising[0]
    assert first == GRID_PERIOD + LATENCY
    assert ours.rising == [first + k * apart for k in range(len(ours.rising))]
    assert len(ours.rising) == (600 * CLOCK_HZ - first - 1) // apart + 1
    assert ours.falling == [edge + width for edge in ours.rising][: len(ours.falling)]


def test_channels_started_at_any_time_share_the_phase_of_the_grid() -> None:
    firsts = []
    for start in (5, 1_000_000, GRID_PERIOD // 2, GRID_PERIOD - 10):
        ours = machine()
        ours.run(start)
        ours.put(low_word(COUNTS_PER_SECOND, WIDTH))
        ours.run(2 * GRID_PERIOD)
        firsts.append(ours.rising[0])
    assert set(firsts) == {GRID_PERIOD + LATENCY}


@given(st.integers(0, 3 * CLOCK_HZ), st.sampled_from([75, 60, 30, 12, 1]))
def test_a_change_makes_no_runt_and_no_double_pulse(when: int, rate: int) -> None:
    ours = machine()
    before, after = COUNTS_PER_SECOND // 25, COUNTS_PER_SECOND // rate
    ours.put(low_word(before, WIDTH))
    ours.run(when)
    if len(ours.transmit) < 3:
        ours.put(low_word(after, WIDTH))
    ours.run(6 * CLOCK_HZ)
    gaps = {b - a for a, b in zip(ours.rising, ours.rising[1:], strict=False)}
    assert gaps <= {before * CLOCKS_PER_COUNT, after * CLOCKS_PER_COUNT}
    widths = {b - a for a, b in zip(ours.rising, ours.falling, strict=False)}
    assert widths == {WIDTH}


class Hardware:
    """Eight state machines, and a processor that reads and writes them when it gets to it."""

    def __init__(self, words: tuple[int, ...] = WORDS) -> None:
        self.machines = [
            StateMachine(words, WRAP_TARGET, WRAP, GRID_PERIOD) for _ in range(CAMERA_CHANNELS)
        ]
        for made in self.machines:
            made.put(width_word(WIDTH))
        self.frame = 0
        self.clock = 0

    def at(self, frame: int, late_clocks: int) -> None:
        """The processor gets to a minor frame so late."""
        self.frame = frame
        self.clock = frame * CLOCKS_PER_FRAME + late_clocks
        for made in self.machines:
            made.run(self.clock)

    def put(self, n: int, word: int) -> None:
        self.machines[n].put(word)

    def has_room(self, n: int) -> bool:
        return len(self.machines[n].transmit) < FIFO

    def number(self, n: int) -> int:
        received = self.machines[n].receive
        last = received[-1] if received else -1
        received.clear()
        return last

    def offset(self) -> int:
        return (self.clock - self.frame * CLOCKS_PER_FRAME) // CLOCKS_PER_COUNT


Change = tuple[int, int, int, int]  # minor frame, channel, pulses, seconds


class Flight:
    """Channels over hardware, flown from frame to frame, beside the ideal schedule."""

    def __init__(self, lateness: Callable[[int], int], words: tuple[int, ...] = WORDS) -> None:
        self.hardware = Hardware(words)
        self.channels = Channels(self.hardware, [WIDTH] * CAMERA_CHANNELS)
        self.values = Values()
        self.lateness = lateness
        # For each channel, words sent: the clock, and clocks between pulses asked for; None: off.
        self.sent: list[list[tuple[int, int | None]]] = [[] for _ in range(CAMERA_CHANNELS)]
        self._asked: list[int | None] = [None] * CAMERA_CHANNELS
        put = self.hardware.put

        def noted(n: int, word: int) -> None:
            self.sent[n].append((self.hardware.clock, self._asked[n]))
            put(n, word)

        self.hardware.put = noted  # type: ignore[method-assign]

    def set(self, n: int, pulses: int, seconds: int) -> None:
        apart = Fraction(seconds * CLOCK_HZ, pulses) if pulses else None
        assert apart is None or apart.denominator == 1
        self._asked[n] = int(apart) if apart else None
        self.channels.set(n, pulses, seconds)

    def fly(self, changes: list[Change], frames: int) -> None:
        by_frame: dict[int, list[Change]] = {}
        for change in changes:
            by_frame.setdefault(change[0], []).append(change)
        for frame in range(frames):
            self.hardware.at(frame, self.lateness(frame))
            self.values["SCLK_S"], ticks = divmod(frame, 64)
            self.values["SCLK_FRACTION"] = ticks << 10
            self.channels.advance(self.values.cvt)
            for _, n, pulses, seconds in by_frame.get(frame, []):
                self.set(n, pulses, seconds)

    def ideal(self, n: int, until: int) -> list[int]:
        """Clocks at which pulses should begin, by the rates asked for, the moments at which the
        processor told of them and the definition of a change: with the next pulse, or with the next
        tenth of a second when the channel is off. What was started gives its first pulse."""
        edges: list[int] = []
        sent = [*self.sent[n]]
        apart: int | None = None
        due, first = 0, 0
        while True:
            if apart is None:
                if not sent:
                    return edges
                clock, apart = sent.pop(0)
                if apart is not None:
                    clock = max(clock, due)
                    first = due = clock // GRID_PERIOD * GRID_PERIOD + GRID_PERIOD
                continue
            if sent and sent[0][0] < due and due > first:
                apart = sent.pop(0)[1]
                if apart is None:
                    continue
            if due + LATENCY >= until:
                return edges
            edges.append(due + LATENCY)
            due += apart


RATES = ((75, 1), (30, 1), (12, 1), (1, 1))
FRAMES = 600 * 64


def mission_plan(name: str) -> list[Change]:
    """The camera plan of a mission, its states spread over ten minutes, and at the beginning of
    every state a change of every channel."""
    mission = missions.load(name)
    apart = FRAMES // len(mission.STATES)
    changes = []
    for number, state in enumerate(mission.STATES):
        entered = 1 + apart * number
        for n in range(CAMERA_CHANNELS):
            changes.append((entered + n, n, *RATES[(n + number) % len(RATES)]))
        for camera, of_state, delay, _, pulses, seconds in mission.CAMERA_PLAN:
            if of_state == state:
                after = entered + 64 + delay % (apart - 128)
                changes.append((after, mission.CAMERAS.index(camera), pulses, seconds))
    return sorted(changes)


def mixed_plan() -> list[Change]:
    """Eight channels at 75, 30, 12 and 1 Hz, each with another rate every half minute."""
    return [
        (segment * 64 * 30 + 7 * n, n, *RATES[(n + segment) % len(RATES)])
        for segment in range(20)
        for n in range(CAMERA_CHANNELS)
    ]


def asked_of(plan: list[Change], n: int) -> list[int | None]:
    """Clocks between two pulses of a channel, change by change."""
    return [
        seconds * CLOCK_HZ // pulses if pulses else None
        for _, channel, pulses, seconds in plan
        if channel == n
    ]


@pytest.mark.parametrize(
    "plan",
    [*(mission_plan(name) for name in missions.NAMES), mixed_plan()],
    ids=[*missions.NAMES, "mixed"],
)
def test_every_edge_of_ten_minutes_is_the_ideal_one_and_is_counted(plan: list[Change]) -> None:
    """To the clock, with changes of every channel in every state of a mission."""
    draws = random.Random(1)
    flight = Flight(lambda _: draws.randrange(CLOCKS_PER_FRAME))
    flight.fly(plan, FRAMES)
    until = flight.hardware.clock
    for n in range(CAMERA_CHANNELS):
        edges = [edge for edge in flight.hardware.machines[n].rising if edge < until]
        assert edges == flight.ideal(n, until)
        changed = [b for a, b in pairwise([None, *asked_of(plan, n)]) if a != b]
        assert [apart for _, apart in flight.sent[n]] == changed
        # Counted at the last minor frame: those before its beginning.
        due = sum(edge - LATENCY < (FRAMES - 1) * CLOCKS_PER_FRAME for edge in edges)
        assert flight.values[f"CAM{n}_TRIGGERED"] == due
        if due:
            tag = Fraction(flight.values[f"CAM{n}_TAG_S"]) + Fraction(
                flight.values[f"CAM{n}_TAG_FRACTION"], 1 << 16
            )
            assert 0 <= Fraction(edges[due - 1] - LATENCY, CLOCK_HZ) - tag < Fraction(1, 1 << 16)
    assert flight.values["TRIGGERS_DOUBTED"] == 0


changes = st.lists(
    st.tuples(
        st.integers(1, 400),
        st.integers(0, CAMERA_CHANNELS - 1),
        st.sampled_from([0, 75, 60, 30, 16, 12, 1]),
        st.just(1),
    ),
    max_size=20,
    unique_by=lambda change: change[:2],
)


class AsLate(Triggers):
    """A simulated board that tells of a change at the moments at which the hardware is told."""

    def __init__(self, like: Channels, offset: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._like = like
        self._offset = offset

    def offset(self) -> int:
        return self._offset

    def takes(self, n: int, now: int, next_pulse: int) -> bool:
        return bool(self._like.takes(n, now, next_pulse))


@settings(max_examples=40)
@given(changes)
def test_counts_and_tags_are_those_of_the_schedule_alone(asked: list[Change]) -> None:
    """A simulated board and the hardware tell the same, but for a pulse that has just begun."""
    late = GUARD + 2
    flight = Flight(lambda _: late * CLOCKS_PER_COUNT)
    expected = Values()
    schedule: Any = AsLate(flight.channels, late)
    for frame in range(500):
        flight.hardware.at(frame, late * CLOCKS_PER_COUNT)
        for values in (flight.values, expected):
            values["SCLK_S"], ticks = divmod(frame, 64)
            values["SCLK_FRACTION"] = ticks << 10
        schedule.advance(expected.cvt)
        flight.channels.advance(flight.values.cvt)
        for at, n, pulses, seconds in asked:
            if at == frame:
                schedule.set(n, pulses, seconds)
                flight.set(n, pulses, seconds)
    assert flight.values["TRIGGERS_DOUBTED"] == 0
    for n in range(CAMERA_CHANNELS):
        behind = expected[f"CAM{n}_TRIGGERED"] - flight.values[f"CAM{n}_TRIGGERED"]
        assert 0 <= behind <= 1
        if not behind:
            for part in ("S", "FRACTION"):
                assert flight.values[f"CAM{n}_TAG_{part}"] == expected[f"CAM{n}_TAG_{part}"]


def test_a_processor_that_stops_for_seconds_moves_no_pulse_and_loses_no_count() -> None:
    def lateness(frame: int) -> int:
        """At frame 640 it stops for three seconds, and then makes up for it."""
        behind = 3 * 64 - (frame - 640) * 0.9
        return int(max(0.1, behind if frame >= 640 else 0.1) * CLOCKS_PER_FRAME)

    plan = [(5 + n, n, rate, 1) for n, rate in enumerate((75, 30, 12, 1, 75, 30, 12, 1))]
    flight = Flight(lateness)
    flight.fly(plan, 1200)
    until = flight.hardware.clock
    for n in range(CAMERA_CHANNELS):
        edges = [edge for edge in flight.hardware.machines[n].rising if edge < until]
        assert edges == flight.ideal(n, until)
        due = sum(edge - LATENCY < 1199 * CLOCKS_PER_FRAME for edge in edges)
        assert flight.values[f"CAM{n}_TRIGGERED"] == due
    assert flight.values["TRIGGERS_DOUBTED"] == 0


def test_pulses_that_nobody_heard_of_before_the_channel_went_off_are_counted() -> None:
    def lateness(frame: int) -> int:
        """Silent for a second before the end."""
        return int(max(0.1, 64 - (frame - 128) * 0.9 if frame >= 128 else 0.1) * CLOCKS_PER_FRAME)

    flight = Flight(lateness)
    flight.fly([(1, 0, 75, 1), (128, 0, 0, 1)], 400)
    edges = flight.hardware.machines[0].rising
    assert flight.values["CAM0_TRIGGERED"] == len(edges) > 75
    assert flight.values["TRIGGERS_DOUBTED"] == 0


def test_a_state_machine_that_stands_is_sent_no_more_than_it_takes() -> None:
    flight = Flight(lambda _: CLOCKS_PER_FRAME // 10)
    flight.hardware.machines[0].grid_period = 1 << 60  # no grid: it waits for ever
    changes = [(1 + 64 * n, 0, rate, 1) for n, rate in enumerate((30, 12, 0, 75, 30, 0, 12, 75, 0))]
    flight.fly(changes, 64 * 10)
    assert flight.values["TRIGGERS_DOUBTED"] == 1


def test_a_channel_that_gives_no_pulses_or_too_many_is_doubted_alone() -> None:
    for wrong in ("silent", "fast"):
        flight = Flight(lambda _: CLOCKS_PER_FRAME // 10)
        put = flight.hardware.put

        def altered(n: int, word: int, wrong: str = wrong, put: Callable[..., None] = put) -> None:
            if n != 3:
                put(n, word)
            elif wrong == "fast":
                put(n, word // 2)

        flight.hardware.put = altered  # type: ignore[method-assign]
        flight.fly([(1, n, 30, 1) for n in range(CAMERA_CHANNELS)], 64)
        assert flight.values["TRIGGERS_DOUBTED"] == 1 << 3


@pytest.mark.parametrize(
    ("at", "word", "what"),
    [
        (15, 0x80A0, "a pull that waits for the processor"),
        (14, 0xA042, "the low time not kept for the pull"),
        (4, 0x2016, "a start without the grid"),
        (11, 0xA042, "a count that is not kept"),
    ],
)
def test_a_program_with_one_wrong_word_is_found(at: int, word: int, what: str) -> None:
    words = tuple(word if n == at else right for n, right in enumerate(WORDS))
    flight = Flight(lambda _: CLOCKS_PER_FRAME // 10, words)
    flight.fly([(1, n, 30, 1) for n in range(CAMERA_CHANNELS)], 64 * 3)
    until = flight.hardware.clock
    edges = [edge for edge in flight.hardware.machines[0].rising if edge < until]
    assert edges != flight.ideal(0, until) or flight.values["TRIGGERS_DOUBTED"], what
