"""Do event reports keep their order, their own time and their bounds?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fsw.dictionary.events import EVENTS, FATAL
from fsw.dictionary.index import event
from fsw.kernel.events import BURST, QUEUE, Events
from tests.fsw.bench_board import Values


def taken(events: Events, values: Values) -> tuple[int, ...]:
    events.take()
    return (values["EVR_ID"], *(values[f"EVR_ARG{i}"] for i in range(4)))


def test_reports_come_out_in_order_with_the_time_they_were_made() -> None:
    values = Values()
    events = Events(values.cvt)
    values["SCLK_S"], values["SCLK_FRACTION"] = 100, 1024
    events.report(event("COMMAND_DONE"), 1, 2, 3, 4)
    values["SCLK_S"], values["SCLK_FRACTION"] = 101, 2048
    events.report(event("ALTIMETER_LOST"), -5)
    assert taken(events, values) == (event("COMMAND_DONE"), 1, 2, 3, 4)
    assert (events.seconds, events.fraction) == (100, 1024)
    assert taken(events, values) == (event("ALTIMETER_LOST"), -5, 0, 0, 0)
    assert (events.seconds, events.fraction) == (101, 2048)
    assert events.waiting == 0


def test_a_flood_of_one_event_is_squelched_and_leaves_the_others_alone() -> None:
    values = Values()
    events = Events(values.cvt)
    for _ in range(1000):
        events.report(event("OVERRUN"))
    assert events.waiting == BURST
    assert values["EVENTS_SQUELCHED"] == 1000 - BURST
    events.report(event("STATE_ENTERED"))
    assert events.waiting == BURST + 1
    assert values["EVENTS_DROPPED"] == 0


def test_tokens_come_back_each_second_up_to_a_burst() -> None:
    values = Values()
    events = Events(values.cvt)
    for _ in range(BURST):
        events.report(event("OVERRUN"))
    for _ in range(BURST):
        events.take()
    events.refill(4)
    for _ in range(10):
        events.report(event("OVERRUN"))
    assert events.waiting == 4


@given(st.lists(st.integers(0, len(EVENTS) - 1), max_size=400))
def test_every_report_is_queued_squelched_or_dropped(rows: list[int]) -> None:
    values = Values()
    events = Events(values.cvt)
    for row in rows:
        events.report(row)
    assert events.waiting <= QUEUE
    assert len(rows) == events.waiting + values["EVENTS_SQUELCHED"] + values["EVENTS_DROPPED"]


def test_severities_are_those_of_the_table() -> None:
    values = Values()
    events = Events(values.cvt)
    for row in range(8):
        events.report(row)
        events.take()
        assert values["EVR_SEVERITY"] == EVENTS[row][1]
    assert not events.fatal
    assert FATAL not in [row[1] for row in EVENTS[:8]]
