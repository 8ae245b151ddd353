"""Does the camera plan follow its table, and are pulses and exposures accounted to the last one?"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boards.triggers import Triggers
from fsw import missions
from fsw.cam.accounts import GRACE, SILENT, Accounts
from fsw.cam.microphone import DEAF_CHECKS, Microphone
from fsw.cam.plan import NO_CEILING, Plan
from fsw.cam.rates import COUNTS_PER_SECOND, FASTEST_HZ, LONGEST_S, period
from fsw.dictionary.channels import CAMERA_CHANNELS
from fsw.dictionary.index import event
from fsw.edl.reached import Reached
from fsw.kernel.events import Events
from fsw.missions.units import metres
from tests.fsw.bench_board import RecordingBoard, Values, reported

STATES = ("FALL", "SLOW", "DOWN")


class PlanRig:
    def __init__(self, *rows: tuple[str, str, int, int, int, int]) -> None:
        self.values = Values()
        self.board = RecordingBoard()
        events = Events(self.values.cvt)
        self.reached = Reached(self.values.cvt)
        self.values["CAMERAS_READY"] = 0b11
        self.plan = Plan(STATES, ("ONE", "TWO"), rows, self.values.cvt, self.board, events)

    def run(self, state: str, altitude_m: int = 0) -> list[tuple[int, int, int]]:
        self.board.triggers.clear()
        self.values["EDL_STATE"] = STATES.index(state)
        self.values["NAV_ALTITUDE"] = metres(altitude_m)
        self.reached.run()
        self.plan.run()
        self.values["FRAME_COUNT"] += 1
        return list(self.board.triggers)


def test_a_row_is_taken_once_its_delay_after_its_state_has_passed() -> None:
    rig = PlanRig(("ONE", "SLOW", 3, NO_CEILING, 30, 1))
    assert [rig.run(s) for s in ["FALL", "SLOW", "SLOW", "SLOW"]] == [[]] * 4
    assert rig.run("DOWN") == [(0, 30, 1)]
    assert rig.run("DOWN") == []
    assert rig.values["CAM0_RATE"] == 3000


def test_a_ceiling_holds_a_row_back() -> None:
    rig = PlanRig(("TWO", "FALL", 0, metres(500), 1, 1))
    assert rig.run("FALL", 501) == []
    assert rig.run("SLOW", 500) == [(1, 1, 1)]


def test_rows_of_a_skipped_state_are_due_and_the_last_one_wins() -> None:
    rig = PlanRig(
        ("ONE", "FALL", 0, NO_CEILING, 75, 1),
        ("ONE", "SLOW", 0, NO_CEILING, 30, 1),
        ("ONE", "DOWN", 0, NO_CEILING, 0, 1),
    )
    rig.run("FALL")
    assert rig.run("DOWN") == [(0, 0, 1)]


@pytest.mark.parametrize("name", missions.NAMES)
def test_every_camera_of_a_mission_is_started_and_stopped(name: str) -> None:
    mission = missions.load(name)
    for camera in mission.CAMERAS:
        rows = [row for row in mission.CAMERA_PLAN if row[0] == camera]
        assert rows[0][4] > 0
        assert rows[-1][4] == 0


@given(st.integers(1, 40000), st.integers(1, 2000))
def test_a_rate_is_kept_to_the_count_or_refused(pulses: int, seconds: int) -> None:
    exact_s = Fraction(seconds, pulses)
    whole = (exact_s * COUNTS_PER_SECOND).denominator == 1
    if whole and Fraction(1, FASTEST_HZ) <= exact_s <= LONGEST_S:
        assert period(pulses, seconds) == exact_s * COUNTS_PER_SECOND
    else:
        with pytest.raises(ValueError, match="pulses"):
            period(pulses, seconds)


@pytest.mark.parametrize(
    ("pulses", "seconds"),
    [*((hz, 1) for hz in (200, 120, 100, 90, 75, 60, 50, 48, 45, 30, 25, 24, 15, 12, 10, 1)),
     (30000, 1001), (24000, 1001), (10, 33), (3, 10), (1, 7)],
)  # fmt: skip
def test_usual_rates_can_be_had(pulses: int, seconds: int) -> None:
    assert period(pulses, seconds) * pulses == seconds * COUNTS_PER_SECOND


@pytest.mark.parametrize(
    ("pulses", "seconds", "why"),
    [(7, 1, "would drift"), (201, 1, "would drift"), (240, 1, "apart"), (1, 8, "apart")],
)
def test_a_plan_with_a_rate_that_cannot_be_kept_is_refused(
    pulses: int, seconds: int, why: str
) -> None:
    with pytest.raises(ValueError, match=f"camera plan, ONE in SLOW: .* {why}"):
        PlanRig(("ONE", "SLOW", 3, NO_CEILING, pulses, seconds))


class TriggerRig:
    def __init__(self) -> None:
        self.values = Values()
        self.triggers = Triggers()
        self.frame = -1
        self.step()

    def step(self) -> None:
        self.frame += 1
        self.values["SCLK_S"], ticks = divmod(self.frame, 64)
        self.values["SCLK_FRACTION"] = ticks << 10
        self.triggers.advance(self.values.cvt)

    def tag(self, n: int) -> Fraction:
        return Fraction(
            (self.values[f"CAM{n}_TAG_S"] << 16) + self.values[f"CAM{n}_TAG_FRACTION"], 1 << 16
        )


@pytest.mark.parametrize(
    ("pulses", "seconds"), [(90, 1), (75, 1), (12, 1), (16, 1), (10, 33), (30000, 1001)]
)
def test_pulses_lie_exactly_on_the_ideal_schedule_for_600_seconds(
    pulses: int, seconds: int
) -> None:
    rig = TriggerRig()
    for _ in range(17):
        rig.step()
    rig.triggers.set(0, pulses, seconds)
    first = Fraction(17 * 10 // 64 + 1, 10)  # the next tenth of a second
    for _ in range(600 * 64):
        rig.step()
        now = Fraction(rig.frame, 64)
        due = max(0, -(-(now - first) * pulses // seconds)) if now > first else 0
        assert rig.values["CAM0_TRIGGERED"] == due
        if due:
            ideal = first + (due - 1) * Fraction(seconds, pulses)
            assert 0 <= ideal - rig.tag(0) < Fraction(1, 1 << 16)


@given(
    st.lists(
        st.tuples(st.integers(1, 200), st.sampled_from([75, 60, 50, 30, 25, 24, 12, 1])),
        min_size=1,
        max_size=8,
    )
)
def test_a_change_of_rate_never_makes_a_period_shorter_than_both(
    changes: list[tuple[int, int]],
) -> None:
    rig = TriggerRig()
    rig.triggers.set(0, 75, 1)
    tags = []
    shortest = Fraction(1, 75)
    for frames, rate in changes:
        for _ in range(frames):
            before = rig.values["CAM0_TRIGGERED"]
            rig.step()
            if rig.values["CAM0_TRIGGERED"] != before:
                tags.append((rig.tag(0), rig.values["CAM0_TRIGGERED"] - before))
        rig.triggers.set(0, rate, 1)
        shortest = min(shortest, Fraction(1, rate))
    for (a, _), (b, count) in pairwise(tags):
        assert (b - a) / count >= shortest - Fraction(1, 1 << 16)


def test_a_change_after_minutes_of_the_same_rate_is_taken_with_the_next_pulse() -> None:
    """What the schedule remembers of older changes is held to a board's small integers."""
    rig = TriggerRig()
    rig.triggers.set(0, 1, 1)
    for _ in range(200 * 64):  # in counts, 2^30: a sum that ran on would be a large integer
        rig.step()
    assert all(abs(value) < 1 << 30 for value in rig.triggers._since)
    before = rig.values["CAM0_TRIGGERED"]
    rig.triggers.set(0, 60, 1)
    for _ in range(128):
        rig.step()
    assert rig.values["CAM0_TRIGGERED"] - before > 60


def test_stopping_stops_with_the_next_pulse() -> None:
    rig = TriggerRig()
    rig.triggers.set(3, 75, 1)
    for _ in range(64):
        rig.step()
    count = rig.values["CAM3_TRIGGERED"]
    rig.triggers.set(3, 0, 1)
    for _ in range(64):
        rig.step()
    assert rig.values["CAM3_TRIGGERED"] == count == 68  # of 0.9 s


class AccountRig:
    def __init__(self) -> None:
        self.values = Values()
        self.events = Events(self.values.cvt)
        self.accounts = Accounts(range(CAMERA_CHANNELS), self.values.cvt, self.events)
        self.values["CAM2_FEEDBACK"] = 321  # of another flight
        self.run(1, 0, 0)

    def check(self) -> None:
        """A second of checks, without another pulse."""
        for _ in range(8):
            self.accounts.check()

    def run(self, frames: int, pulses: int, exposures: int) -> None:
        for _ in range(frames):
            self.values["CAM2_TRIGGERED"] += pulses
            self.values["CAM2_FEEDBACK"] = (self.values["CAM2_FEEDBACK"] + exposures) & 0xFFFF
            self.accounts.run()
            self.values["FRAME_COUNT"] += 1

    def reports(self) -> list[int]:
        return reported(self.events, self.values)


def test_once_settled_triggered_is_confirmed_plus_missed() -> None:
    rig = AccountRig()
    rig.run(70000, 1, 1)  # past the wrap of the feedback counter
    rig.run(50, 2, 1)
    rig.run(GRACE + 1, 0, 0)
    assert rig.values["CAM2_CONFIRMED"] == 70050
    assert rig.values["CAM2_MISSED"] == 50
    assert rig.values["CAM2_TRIGGERED"] == 70100


def test_a_camera_without_feedback_is_reported_once_and_again_when_it_is_back() -> None:
    rig = AccountRig()
    rig.run(64, 1, 1)
    rig.check()
    assert rig.reports() == []
    for _ in range(3):
        rig.run(64, 1, 0)
        rig.check()
    assert rig.reports() == [event("CAMERA_SILENT")]
    assert rig.values["CAM2_STATUS"] & SILENT
    rig.run(64, 1, 1)
    rig.check()
    assert rig.reports() == [event("CAMERA_BACK")]
    assert not rig.values["CAM2_STATUS"] & SILENT


class MicrophoneRig:
    def __init__(self) -> None:
        self.values = Values()
        self.events = Events(self.values.cvt)
        self.microphone = Microphone(("PUC_A", "MIC"), self.values.cvt, self.events)
        self.values["CAM1_RATE"] = 1600

    def run(self, checks: int, level: int) -> list[int]:
        for _ in range(checks):
            self.values["MIC_LEVEL"] = level
            self.microphone.run()
            self.microphone.check()
        return reported(self.events, self.values)


def test_the_gate_is_open_while_the_plan_gives_the_microphone_a_rate() -> None:
    rig = MicrophoneRig()
    assert rig.run(1, 40) == [event("MIC_GATE")]
    assert rig.values["MIC_GATE"] == 1
    rig.values["CAM1_RATE"] = 0
    assert rig.run(1, 40) == [event("MIC_GATE")]
    assert rig.values["MIC_GATE"] == 0


def test_a_microphone_that_records_only_zeros_is_reported_once() -> None:
    rig = MicrophoneRig()
    rig.run(10, 40)
    assert rig.run(DEAF_CHECKS - 1, 0) == []
    assert rig.run(20, 0) == [event("MIC_DEAF")]
    assert rig.run(1, 3) == []
    assert rig.run(DEAF_CHECKS, 0) == [event("MIC_DEAF")]


def test_a_closed_gate_is_no_deafness() -> None:
    rig = MicrophoneRig()
    rig.values["CAM1_RATE"] = 0
    assert event("MIC_DEAF") not in rig.run(60, 0)
