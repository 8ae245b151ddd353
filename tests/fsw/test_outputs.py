"""Are deployments two steps, never one, and never on the bench?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.dictionary.channels import ENUMS
from fsw.dictionary.index import event
from fsw.edl.outputs import Outputs
from fsw.edl.reached import Reached
from fsw.kernel.events import Events
from tests.fsw.bench_board import RecordingBoard, Values, reported

STATES = ("IDLE", "READY", "GO", "GONE")
OUTPUTS = ("MORTAR", "SHELL")
ROWS = (("MORTAR", "READY", "GO", 0, ()), ("SHELL", "READY", "GO", 5, ("MORTAR",)))
JUMPER = 1 << ENUMS["DISCRETES"].index("ARMING_JUMPER")


class Rig:
    def __init__(self) -> None:
        self.values = Values()
        self.board = RecordingBoard()
        self.events = Events(self.values.cvt)
        self.reached = Reached(self.values.cvt)
        self.outputs = Outputs(STATES, OUTPUTS, ROWS, self.values.cvt, self.board, self.events)
        self.values["DISCRETES"] = JUMPER

    def run(self, state: str) -> tuple[int, int]:
        self.values["EDL_STATE"] = STATES.index(state)
        self.reached.run()
        self.outputs.run()
        self.values["FRAME_COUNT"] += 1
        return self.values["OUTPUTS_ARMED"], self.values["OUTPUTS_FIRED"]

    def reports(self) -> list[int]:
        return reported(self.events, self.values)


def test_an_output_is_armed_in_one_state_and_fired_in_a_later_one() -> None:
    rig = Rig()
    assert rig.run("IDLE") == (0, 0)
    assert rig.run("READY") == (3, 0)
    assert rig.run("GO") == (3, 1)
    assert rig.board.outputs == 1
    assert [rig.run("GO")[1] for _ in range(5)] == [1, 1, 1, 1, 3]
    assert rig.board.outputs == 3
    assert rig.reports() == [event("OUTPUT_ARMED")] * 2 + [event("OUTPUT_FIRED")] * 2


def test_without_the_jumper_nothing_is_armed_and_nothing_fires() -> None:
    rig = Rig()
    rig.values["DISCRETES"] = 0
    for state in STATES:
        for _ in range(20):
            assert rig.run(state) == (0, 0)
    assert rig.board.outputs == 0
    assert rig.reports() == [event("OUTPUT_INHIBITED")] * 2


def test_pulling_the_jumper_disarms_what_has_not_fired() -> None:
    rig = Rig()
    rig.run("READY")
    rig.values["DISCRETES"] = 0
    assert rig.run("GO") == (0, 0)


def test_a_skipped_state_still_gets_what_it_owed() -> None:
    rig = Rig()
    rig.run("IDLE")
    for _ in range(7):
        armed, fired = rig.run("GONE")
    assert (armed, fired) == (3, 3)


def test_an_output_armed_no_earlier_than_fired_is_refused() -> None:
    values = Values()
    with pytest.raises(ValueError, match="MORTAR"):
        Outputs(
            STATES,
            OUTPUTS,
            (("MORTAR", "GO", "GO", 0, ()),),
            values.cvt,
            RecordingBoard(),
            Events(values.cvt),
        )


@given(
    st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=60).map(
        lambda steps: sorted(steps, key=lambda step: step[0])
    )
)
def test_nothing_fires_before_its_state_or_unarmed(steps: list[tuple[int, bool]]) -> None:
    rig = Rig()
    fired_before = 0
    for state, jumper in steps:
        rig.values["DISCRETES"] = JUMPER if jumper else 0
        _, fired = rig.run(STATES[state])
        if fired != fired_before:
            assert jumper
            assert STATES[state] in ("GO", "GONE")
        assert fired & fired_before == fired_before
        fired_before = fired
