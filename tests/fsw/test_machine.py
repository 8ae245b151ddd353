"""Does the state machine hold to its three legs, and is every mission's table sound?"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw import missions
from fsw.dictionary.channels import MOST_WAYS
from fsw.dictionary.packets import CHECKPOINT
from fsw.edl.conditions import ALL_CLEAR, ALL_SET, GE, LE
from fsw.edl.machine import BACKUP, NO_BACKUP, PRIMARY, Machine
from fsw.kernel.events import Events
from tests.fsw.bench_board import Values

STATES = ("A", "B", "C")
LOW = (("NAV_ALTITUDE", LE, 100),)


def machine(*rows: tuple[Any, ...]) -> tuple[Machine, Values, Events]:
    values = Values()
    values["NAV_ALTITUDE"] = 1000
    events = Events(values.cvt)
    return Machine(STATES, rows, values.cvt, events), values, events


def run(machine: Machine, values: Values, altitudes: list[int]) -> list[int]:
    states = []
    for altitude in altitudes:
        values["NAV_ALTITUDE"] = altitude
        machine.run()
        states.append(values["EDL_STATE"])
    return states


def test_a_condition_must_persist_without_a_break() -> None:
    m, values, _ = machine(("A", "B", LOW, 3, 0, NO_BACKUP))
    assert run(m, values, [50, 50, 200, 50, 50, 50, 50]) == [0, 0, 0, 0, 0, 1, 1]
    assert values["EDL_CAUSE"] == PRIMARY


def test_a_condition_is_not_believed_before_the_earliest_time() -> None:
    m, values, _ = machine(("A", "B", LOW, 2, 10, NO_BACKUP))
    assert run(m, values, [50] * 12).index(1) == 10  # held in frames 10 and 11


def test_the_backup_timer_needs_no_sensor() -> None:
    m, values, _ = machine(("A", "B", LOW, 2, 0, 8))
    assert run(m, values, [1000] * 9) == [0] * 7 + [1, 1]
    assert values["EDL_CAUSE"] == BACKUP


def test_two_transitions_never_share_a_minor_frame() -> None:
    m, values, _ = machine(("A", "B", LOW, 1, 0, NO_BACKUP), ("B", "C", LOW, 1, 0, NO_BACKUP))
    assert run(m, values, [50] * 3) == [1, 2, 2]
    assert values["EDL_TRANSITIONS"] == 2


def test_persistence_starts_anew_in_each_state() -> None:
    m, values, _ = machine(("A", "B", LOW, 1, 0, 2), ("B", "C", LOW, 3, 0, NO_BACKUP))
    assert run(m, values, [50] * 4) == [1, 1, 1, 2]


def reset(m: Machine, values: Values, rows: tuple[Any, ...], away: int) -> tuple[Machine, Values]:
    """Another machine that has of the first what a checkpoint keeps."""
    again, kept, _ = machine(*rows)
    for name in CHECKPOINT:
        kept[name] = values[name]
    again.resume(away)
    return again, kept


def test_a_condition_that_held_on_both_sides_of_a_reset_held_all_the_while() -> None:
    rows = (("A", "B", LOW, 96, 0, NO_BACKUP),)
    m, values, _ = machine(*rows)
    run(m, values, [50] * 20)
    m, values = reset(m, values, rows, 40)
    assert run(m, values, [50] * 40).index(1) == 96 - 20 - 40 - 1
    m, values, _ = machine(*rows)
    run(m, values, [50] * 20)
    m, values = reset(m, values, rows, 90)  # even so, it is looked at for a quarter of a second
    assert run(m, values, [50] * 40).index(1) == 15


def test_a_condition_that_is_short_must_persist_anew_after_a_reset() -> None:
    rows = (("A", "B", LOW, 4, 0, NO_BACKUP),)
    m, values, _ = machine(*rows)
    run(m, values, [50] * 3)
    m, values = reset(m, values, rows, 90)
    assert run(m, values, [50] * 4) == [0, 0, 0, 1]


def test_a_condition_that_held_on_one_side_of_a_reset_only_begins_anew() -> None:
    rows = (("A", "B", LOW, 20, 0, NO_BACKUP),)
    m, values, _ = machine(*rows)
    run(m, values, [50] * 19)
    m, values = reset(m, values, rows, 90)
    assert run(m, values, [1000] + [50] * 30).index(1) == 20
    m, values, _ = machine(*rows)
    run(m, values, [1000] * 19)
    m, values = reset(m, values, rows, 90)
    assert run(m, values, [50] * 30).index(1) == 19


def test_two_resets_in_a_row_lose_nothing_of_a_persistence() -> None:
    rows = (("A", "B", LOW, 200, 0, NO_BACKUP),)
    m, values, _ = machine(*rows)
    run(m, values, [50] * 20)
    m, values = reset(m, values, rows, 90)
    assert run(m, values, [50] * 5) == [0] * 5
    m, values = reset(m, values, rows, 80)
    assert run(m, values, [50] * 20).index(1) == 15


def test_more_ways_out_of_a_state_than_a_checkpoint_keeps_are_refused() -> None:
    row = ("A", "B", LOW, 1, 0, NO_BACKUP)
    machine(*[row] * MOST_WAYS)
    with pytest.raises(ValueError, match="more than 6 transitions out of A"):
        machine(*[row] * (MOST_WAYS + 1))


def test_conditions_of_a_row_must_all_hold() -> None:
    both = (("NAV_ALTITUDE", LE, 100), ("NAV_STATUS", ALL_SET, 6), ("NAV_SPEED", GE, 5))
    m, values, _ = machine(("A", "B", both, 1, 0, NO_BACKUP))
    assert run(m, values, [50]) == [0]
    values["NAV_STATUS"], values["NAV_SPEED"] = 4, 5
    assert run(m, values, [50]) == [0]
    values["NAV_STATUS"] = 7
    assert run(m, values, [50]) == [1]


def test_bits_can_be_asked_to_be_clear() -> None:
    m, values, _ = machine(("A", "B", (("NAV_STATUS", ALL_CLEAR, 6),), 1, 0, NO_BACKUP))
    values["NAV_STATUS"] = 4
    assert run(m, values, [50]) == [0]
    values["NAV_STATUS"] = 1
    assert run(m, values, [50]) == [1]


def test_entering_a_state_is_reported_with_cause_and_altitude() -> None:
    m, values, events = machine(("A", "B", LOW, 1, 0, NO_BACKUP))
    run(m, values, [77])
    events.take()
    assert [values[f"EVR_ARG{i}"] for i in range(4)] == [1, 0, PRIMARY, 77]


@pytest.mark.parametrize("row", [("A", "X", LOW, 1, 0, 1), ("X", "A", LOW, 1, 0, 1)])
def test_a_state_that_does_not_exist_is_refused(row: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match=r"X|tuple"):
        machine(row)


def test_a_channel_that_does_not_exist_is_refused() -> None:
    with pytest.raises(KeyError, match="NAV_NOTHING"):
        machine(("A", "B", (("NAV_NOTHING", GE, 0),), 1, 0, 1))


@given(st.lists(st.sampled_from([50, 1000]), max_size=200))
def test_states_only_move_along_the_table_whatever_the_sensor_says(altitudes: list[int]) -> None:
    m, values, _ = machine(("A", "B", LOW, 3, 5, 40), ("B", "C", LOW, 2, 0, 30))
    states = [0, *run(m, values, altitudes)]
    assert all(0 <= b - a <= 1 for a, b in pairwise(states))


@pytest.mark.parametrize("name", missions.NAMES)
class TestMissionTables:
    def test_every_state_is_reached_from_the_first_and_none_but_the_last_traps(
        self, name: str
    ) -> None:
        mission = missions.load(name)
        ways: dict[str, set[str]] = {state: set() for state in mission.STATES}
        for start, to, *_ in mission.TRANSITIONS:
            ways[start].add(to)
        reached = {mission.STATES[0]}
        frontier = list(reached)
        while frontier:
            for state in ways[frontier.pop()] - reached:
                reached.add(state)
                frontier.append(state)
        assert reached == set(mission.STATES)
        assert [state for state in mission.STATES if not ways[state]] == [mission.STATES[-1]]

    def test_no_state_is_left_before_it_has_lasted_a_sixteenth_of_a_second(self, name: str) -> None:
        for _, _, conditions, persistence, earliest, _ in missions.load(name).TRANSITIONS:
            waits = [row[2] for row in conditions if row[0] == "EDL_TIME_IN_STATE" and row[1] == GE]
            assert max([earliest + persistence, *waits]) >= 4

    def test_every_output_is_armed_in_an_earlier_state_and_waits_for_others_that_come_before(
        self, name: str
    ) -> None:
        mission = missions.load(name)
        rows = {row[0]: row for row in mission.DEPLOYMENTS}
        assert set(rows) == set(mission.OUTPUTS)
        for _, arms, fires, delay, before in mission.DEPLOYMENTS:
            assert mission.STATES.index(arms) < mission.STATES.index(fires)
            for other in before:
                earlier = (mission.STATES.index(rows[other][2]), rows[other][3])
                assert earlier <= (mission.STATES.index(fires), delay)

    def test_every_transition_leads_forward(self, name: str) -> None:
        mission = missions.load(name)
        for start, to, *_ in mission.TRANSITIONS:
            assert mission.STATES.index(to) > mission.STATES.index(start)

    def test_every_state_after_the_first_has_a_backup_timer_that_leaves_the_condition_its_chance(
        self, name: str
    ) -> None:
        mission = missions.load(name)
        for start, _, conditions, persistence, earliest, backup in mission.TRANSITIONS:
            assert conditions
            assert persistence >= 1
            if start != mission.STATES[0]:
                assert earliest + persistence < backup < NO_BACKUP
