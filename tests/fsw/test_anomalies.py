"""Does an anomaly have to persist, is its response the table's, and does it end with it?"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw import missions
from fsw.dictionary.channels import CHANNELS, ENUMS
from fsw.dictionary.index import channel, event, parameter
from fsw.dictionary.responses import RESPONSES, SAFE, SEQUENCE, SHED
from fsw.kernel.anomalies import SAFE_BY_ANOMALY, Anomalies
from fsw.kernel.events import Events
from fsw.kernel.parameters import Parameters
from fsw.kernel.resets import ON, Resets
from fsw.kernel.scheduler import Scheduler
from fsw.schedule import SHED_BULK, SHED_HOUSEKEEPING, TASKS
from tests.fsw.bench_board import RecordingBoard, Values

NAMES = [row[0] for row in RESPONSES]
BEGUN, PASSED = event("ANOMALY_BEGUN"), event("ANOMALY_PASSED")
TABLE = (
    ("HIGH", "QUEUE_DEPTH", None, 100, 4, 2, SHED, SHED_BULK),
    ("VERY_HIGH", "QUEUE_DEPTH", None, 200, 4, 2, SHED, SHED_HOUSEKEEPING),
    ("LOW", "BUS_VOLTAGE", 10, None, 3, 3, SAFE, 0),
    ("COLD", "BOARD_TEMPERATURE", -5, 5, 2, 1, SEQUENCE, 3),
)


class Started:
    """Sequences of which one slot is stored, or none."""

    def __init__(self) -> None:
        self.stored = 3
        self.slots: list[int] = []

    def activate(self, slot: int) -> bool:
        if slot != self.stored:
            return False
        self.slots.append(slot)
        return True


class Bench:
    """The engine over a table, with a real scheduler whose tasks do nothing."""

    def __init__(self) -> None:
        self.values = Values()
        self.values["BUS_VOLTAGE"] = 20
        self.events = Events(self.values.cvt)
        self.parameters = Parameters(missions.load("mars2020"))
        self.sequences = Started()
        board = RecordingBoard()
        runs = [lambda: None] * len(TASKS)
        self.scheduler = Scheduler(TASKS, runs, self.values.cvt, board, self.events)
        self.anomalies = Anomalies(
            self.values.cvt, self.events, self.parameters, self.sequences, TABLE
        )
        self.anomalies.scheduler = self.scheduler

    def run(self, samples: int, **channels: int) -> None:
        for name, value in channels.items():
            self.values[name] = value
        for _ in range(samples):
            self.anomalies.run()

    def reports(self) -> list[tuple[int, int, int]]:
        """Event, its row of the table, and what was done about it."""
        said = []
        for _ in range(self.events.waiting):
            self.events.take()
            row = self.values["EVR_ARG0"].bit_length() - 1
            said.append((self.values["EVR_ID"], row, self.values["EVR_ARG2"]))
        return [report for report in said if report[0] in (BEGUN, PASSED)]


def test_it_must_persist_and_so_must_its_absence() -> None:
    bench = Bench()
    bench.run(3, QUEUE_DEPTH=101)
    bench.run(1, QUEUE_DEPTH=100)
    bench.run(3, QUEUE_DEPTH=101)
    assert bench.reports() == []
    bench.run(1)
    assert bench.reports() == [(BEGUN, 0, SHED)]
    bench.run(1, QUEUE_DEPTH=0)
    bench.run(1, QUEUE_DEPTH=101)
    bench.run(1, QUEUE_DEPTH=0)
    assert bench.reports() == []
    assert bench.values["ANOMALIES"] == 1
    bench.run(1)
    assert bench.reports() == [(PASSED, 0, 0)]
    assert bench.values["ANOMALIES"] == 0


def test_load_stays_shed_however_short_the_frames_are_until_it_has_passed() -> None:
    bench = Bench()
    bench.run(4, QUEUE_DEPTH=201)
    assert bench.values["SHED_LEVEL"] == SHED_HOUSEKEEPING
    for _ in range(300):
        bench.scheduler.run()
    assert bench.values["SHED_LEVEL"] == SHED_HOUSEKEEPING
    bench.run(2, QUEUE_DEPTH=150)
    for _ in range(300):
        bench.scheduler.run()
    assert bench.values["SHED_LEVEL"] == SHED_BULK, "the other anomaly stands"
    bench.run(2, QUEUE_DEPTH=0)
    for _ in range(300):
        bench.scheduler.run()
    assert bench.values["SHED_LEVEL"] == 0


def test_the_safe_plan_lasts_as_long_as_its_anomaly() -> None:
    bench = Bench()
    bench.run(3, BUS_VOLTAGE=9)
    assert bench.values["SAFE_PLAN"] == SAFE_BY_ANOMALY
    Resets(bench.values.cvt, bench.events).run()
    assert bench.values["SAFE_PLAN"] == SAFE_BY_ANOMALY
    bench.run(3, BUS_VOLTAGE=10)
    assert bench.values["SAFE_PLAN"] == 0


def test_the_safe_plan_of_repeated_resets_is_not_ended_by_an_anomaly_that_passes() -> None:
    bench = Bench()
    bench.values["SAFE_PLAN"] = ON
    bench.run(3, BUS_VOLTAGE=9)
    bench.run(3, BUS_VOLTAGE=10)
    assert bench.values["SAFE_PLAN"] == ON


def test_after_one_reset_the_anomaly_must_persist_anew() -> None:
    bench = Bench()
    bench.run(3, BUS_VOLTAGE=9)
    Resets(bench.values.cvt, bench.events).count()
    assert bench.values["SAFE_PLAN"] == 0


def test_a_stored_sequence_is_started_once_or_it_is_said_that_there_is_none() -> None:
    bench = Bench()
    bench.run(20, BOARD_TEMPERATURE=-6)
    assert bench.sequences.slots == [3]
    bench.run(1, BOARD_TEMPERATURE=0)
    bench.run(2, BOARD_TEMPERATURE=6)
    assert bench.sequences.slots == [3, 3]
    assert bench.reports() == [(BEGUN, 3, SEQUENCE), (PASSED, 3, 0), (BEGUN, 3, SEQUENCE)]
    bench.sequences.stored = 0
    bench.run(1, BOARD_TEMPERATURE=0)
    bench.run(2, BOARD_TEMPERATURE=6)
    assert bench.reports()[-1] == (BEGUN, 3, 0)


def test_a_row_that_is_not_enabled_is_reported_and_does_nothing() -> None:
    bench = Bench()
    bench.parameters.values[parameter("ANOMALY_RESPONSES")] = 0
    bench.run(20, QUEUE_DEPTH=999, BUS_VOLTAGE=0, BOARD_TEMPERATURE=9)
    assert [report[1:] for report in bench.reports()] == [(3, 0), (2, 0), (0, 0), (1, 0)]
    assert (bench.values["SHED_LEVEL"], bench.values["SAFE_PLAN"]) == (0, 0)
    assert bench.sequences.slots == []


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 20)), max_size=60))
def test_what_stands_is_what_has_persisted_whatever_comes(readings: list[tuple[int, int]]) -> None:
    bench = Bench()
    stands = [0] * len(TABLE)
    against = [0] * len(TABLE)
    for depth, volts in readings:
        bench.run(1, QUEUE_DEPTH=depth, BUS_VOLTAGE=volts)
        outside = [depth > 100, depth > 200, volts < 10, False]
        for i, (row, out) in enumerate(zip(TABLE, outside, strict=True)):
            against[i] = against[i] + 1 if out != stands[i] else 0
            if against[i] == row[5 if stands[i] else 4]:
                stands[i], against[i] = 1 - stands[i], 0
        assert bench.values["ANOMALIES"] == sum(bit << i for i, bit in enumerate(stands))
        assert bench.values["SAFE_PLAN"] == SAFE_BY_ANOMALY * stands[2]
        assert bench.values["SHED_LEVEL"] >= max(stands[0] * SHED_BULK, stands[1] * 2)


@pytest.mark.parametrize("row", RESPONSES, ids=NAMES)
def test_a_row_of_the_table_is_complete(row: tuple[Any, ...]) -> None:
    name, watched, lowest, highest, persistence, passing, response, argument = row
    assert channel(watched) < len(CHANNELS)
    assert lowest is not None or highest is not None
    assert persistence > 0
    assert passing > 0
    assert 0 < response < len(ENUMS["RESPONSE"])
    assert argument in {SHED: (1, 2), SEQUENCE: range(4)}.get(response, (0,)), name


def test_the_mask_of_parameters_and_flags_has_a_bit_for_every_row() -> None:
    assert len(RESPONSES) <= 8
    assert ENUMS["ANOMALY"] == tuple(NAMES)
