"""Does the cyclic executive keep order, phase, budgets and its promise about what gives way?"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fsw.kernel.events import Events
from fsw.kernel.scheduler import Scheduler, slots_of
from fsw.schedule import MINOR_FRAME_US, TASKS
from tests.fsw.bench_board import RecordingBoard, Values

NAMES = [row[0] for row in TASKS]


class Rig:
    """The real task table over tasks that note their runs and take a settable time."""

    def __init__(self) -> None:
        self.values = Values()
        self.board = RecordingBoard()
        self.events = Events(self.values.cvt)
        self.cost_us = dict.fromkeys(NAMES, 10)
        self.ran: list[str] = []
        self.scheduler = Scheduler(
            TASKS, [self._task(n) for n in NAMES], self.values.cvt, self.board, self.events
        )

    def _task(self, name: str) -> Callable[[], None]:
        def run() -> None:
            self.ran.append(name)
            self.board.now_us += self.cost_us[name]

        return run

    def frame(self) -> list[str]:
        self.ran.clear()
        self.scheduler.run()
        self.values["FRAME_COUNT"] += 1
        return list(self.ran)


def test_every_task_runs_at_its_rate_and_phase_in_table_order() -> None:
    rig = Rig()
    for frame in range(128):
        due = [n for n, period, phase, _, _ in TASKS if frame % period == phase]
        assert rig.frame() == due


def test_no_minor_frame_carries_all_the_slow_tasks() -> None:
    slow = {i for i, row in enumerate(TASKS) if row[1] >= 8}
    assert max(len(slow & set(slot)) for slot in slots_of(TASKS)) < len(slow)


@pytest.mark.parametrize(("period", "phase"), [(3, 0), (4, 4), (4, -1), (128, 0)])
def test_a_period_that_does_not_divide_the_major_frame_is_refused(period: int, phase: int) -> None:
    with pytest.raises(ValueError, match="ODD"):
        slots_of((("ODD", period, phase, 100, 0),))


def test_the_worst_time_and_the_overruns_of_each_task_are_kept() -> None:
    rig = Rig()
    rig.cost_us["EDL"] = 1700
    rig.frame()
    rig.cost_us["EDL"] = 20
    rig.frame()
    assert rig.values["TASK_EDL_WORST"] == 1700
    assert rig.values["TASK_EDL_OVERRUNS"] == 1
    assert rig.values["TASK_NAVIGATION_OVERRUNS"] == 0


def test_time_is_measured_across_the_wrap_of_the_tick_counter() -> None:
    rig = Rig()
    rig.board.now_us = (1 << 30) - 15
    rig.frame()
    assert 0 < rig.values["FRAME_TIME"] < 200


def test_overruns_shed_bulk_first_then_housekeeping_and_never_the_descent() -> None:
    rig = Rig()
    rig.cost_us["SENSORS"] = MINOR_FRAME_US + 1
    levels = []
    for _ in range(4):
        rig.frame()
        levels.append(rig.values["SHED_LEVEL"])
    assert levels == [1, 2, 2, 2]
    ran = [name for _ in range(64) for name in rig.frame()]
    assert not {"BULK_TELEMETRY", "HOUSEKEEPING", "LIMITS"} & set(ran)
    for name, period, _, _, shed in TASKS:
        if not shed:
            assert ran.count(name) == 64 // period
    assert rig.values["OVERRUNS"] == 68


def test_level_one_sheds_only_bulk() -> None:
    rig = Rig()
    rig.values["SHED_LEVEL"] = 1
    ran = [name for _ in range(60) for name in rig.frame()]
    assert "BULK_TELEMETRY" not in ran
    assert "HOUSEKEEPING" in ran


def test_what_was_shed_comes_back_level_by_level_after_clean_seconds() -> None:
    rig = Rig()
    rig.cost_us["SENSORS"] = MINOR_FRAME_US + 1
    rig.frame()
    rig.frame()
    rig.cost_us["SENSORS"] = 10
    levels = [rig.values["SHED_LEVEL"]]
    for _ in range(130):
        rig.frame()
        if rig.values["SHED_LEVEL"] != levels[-1]:
            levels.append(rig.values["SHED_LEVEL"])
    assert levels == [2, 1, 0]
    assert "BULK_TELEMETRY" in [name for _ in range(64) for name in rig.frame()]
