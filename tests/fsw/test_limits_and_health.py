"""Are limits reported when they persist, and is the watchdog fed only when it was earned?"""

from __future__ import annotations

from fsw import missions
from fsw.dictionary.index import event
from fsw.dictionary.limits import LIMITS, VOLT, limits_of
from fsw.kernel.events import Events
from fsw.kernel.health import Health, members_of
from fsw.kernel.limits import LimitMonitor
from fsw.kernel.parameters import Parameters
from fsw.schedule import TASKS
from tests.fsw.bench_board import RecordingBoard, Values, reported

NAMES = [row[0] for row in TASKS]


def healthy() -> Values:
    values = Values()
    values["BUS_VOLTAGE"] = 28 * VOLT
    return values


def test_a_limit_is_reported_once_it_has_persisted_and_again_when_it_clears() -> None:
    values = healthy()
    events = Events(values.cvt)
    monitor = LimitMonitor(LIMITS, values.cvt, events)
    values["BUS_VOLTAGE"] = 23 * VOLT
    for _ in range(3):
        monitor.run()
    assert reported(events, values) == []
    for _ in range(5):
        monitor.run()
    assert reported(events, values) == [event("LIMIT_YELLOW")]
    assert values["LIMITS_YELLOW"] == 1
    values["BUS_VOLTAGE"] = 20 * VOLT
    for _ in range(8):
        monitor.run()
    assert reported(events, values) == [event("LIMIT_RED")]
    assert (values["LIMITS_YELLOW"], values["LIMITS_RED"]) == (0, 1)
    values["BUS_VOLTAGE"] = 28 * VOLT
    for _ in range(8):
        monitor.run()
    assert reported(events, values) == [event("LIMIT_CLEARED")]


def test_a_mission_s_own_limits_take_the_place_of_the_dictionary_s() -> None:
    assert limits_of(missions.load("mars2020")) == LIMITS
    values = healthy()
    events = Events(values.cvt)
    monitor = LimitMonitor(limits_of(missions.load("droptest")), values.cvt, events)
    for volts, level in ((5, "CLEARED"), (28, "RED"), (5, "CLEARED"), (0, "RED")):
        values["BUS_VOLTAGE"] = volts * VOLT
        for _ in range(4):
            monitor.run()
        found = reported(events, values)
        assert found in ([], [event(f"LIMIT_{level}")])
        assert bool(values["LIMITS_RED"]) == (level == "RED")
    assert len(limits_of(missions.load("droptest"))) == len(LIMITS)


def test_a_single_bad_sample_is_not_reported() -> None:
    values = healthy()
    events = Events(values.cvt)
    monitor = LimitMonitor(LIMITS, values.cvt, events)
    for sample in range(40):
        values["BUS_VOLTAGE"] = 10 * VOLT if sample % 5 == 0 else 28 * VOLT
        monitor.run()
    assert reported(events, values) == []


class Window:
    """A watchdog window in which a test chooses who ran."""

    def __init__(self) -> None:
        self.ran = 0


def watchdog(values: Values, board: RecordingBoard, events: Events) -> tuple[Health, Window]:
    parameters = Parameters(missions.load("mars2020"))
    health = Health(TASKS, "HEALTH", values.cvt, board, events, parameters)
    health.scheduler = window = Window()
    return health, window


def test_the_watchdog_is_fed_only_when_every_member_ran() -> None:
    values = Values()
    board = RecordingBoard()
    events = Events(values.cvt)
    health, window = watchdog(values, board, events)
    everyone = members_of(TASKS, 8)
    window.ran = everyone
    health.run()
    assert board.feeds == 1
    for name in ("SENSORS", "NAVIGATION", "EDL", "CAMERAS", "DOWNLINK"):
        bit = 1 << NAMES.index(name)
        window.ran = everyone & ~bit
        health.run()
        assert board.feeds == 1
        assert values["WATCHDOG_ABSENT"] == bit
    assert reported(events, values) == [event("WATCHDOG_WITHHELD")] * 5


def test_a_latched_fatal_event_starves_the_watchdog() -> None:
    values = Values()
    board = RecordingBoard()
    events = Events(values.cvt)
    health, window = watchdog(values, board, events)
    events.fatal = True
    window.ran = members_of(TASKS, 8)
    health.run()
    assert board.feeds == 0


def test_tasks_that_may_be_shed_are_no_members() -> None:
    members = members_of(TASKS, 8)
    for i, row in enumerate(TASKS):
        assert bool(members >> i & 1) == (row[4] == 0 and row[1] <= 8)
