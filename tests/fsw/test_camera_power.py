"""Has each camera power when it is needed, time to start, and a second try when it falls silent?"""

from __future__ import annotations

import pytest

from boards.triggers import Triggers
from fsw import missions
from fsw.cam.accounts import READY, RECORDING, RUNNING, SILENT, Accounts
from fsw.cam.plan import NO_CEILING, Plan
from fsw.cam.power import LINGER, OFF_FRAMES, Power
from fsw.cam.recording import SLOW_CHECKS, Recording
from fsw.cam.trial import Trial
from fsw.dictionary.channels import CAMERA_CHANNELS
from fsw.dictionary.index import event, parameter
from fsw.dictionary.packets import CHECKPOINT
from fsw.edl.reached import Reached
from fsw.kernel.events import Events
from fsw.kernel.parameters import Parameters
from gse.sim.cameras import CameraFaults, Cameras
from gse.sim.streams import stream
from tests.fsw.bench_board import RecordingBoard, Values, reported

STATES = ("REST", "FILM", "AFTER")
CAMERAS = ("ONE", "TWO")
START = 4 * 64
POWER = (
    ("ONE", "REST", 64, "AFTER", 128, START),
    ("TWO", "FILM", 0, "AFTER", 128, START),
)
PLAN = (
    ("ONE", "FILM", 0, NO_CEILING, 30, 1),
    ("ONE", "AFTER", 0, NO_CEILING, 0, 1),
    ("TWO", "FILM", 0, NO_CEILING, 12, 1),
    ("TWO", "AFTER", 0, NO_CEILING, 0, 1),
)


class CountingBoard(RecordingBoard):
    """Real trigger counters behind the calls that a bench board records."""

    def __init__(self) -> None:
        super().__init__()
        self.counters = Triggers()

    def set_trigger(self, n: int, pulses: int, seconds: int) -> None:
        super().set_trigger(n, pulses, seconds)
        self.counters.set(n, pulses, seconds)


class Rig:
    """Two simulated cameras, and everything of fsw.cam that deals with them."""

    def __init__(self, faults: CameraFaults | None = None) -> None:
        self.values = Values()
        self.board = CountingBoard()
        self.events = Events(self.values.cvt)
        self.parameters = Parameters(missions.load("mars2020"))
        cvt, board, events = self.values.cvt, self.board, self.events
        self.reached = Reached(cvt)
        self.trial = Trial(CAMERAS, cvt, events)
        self.power = Power(STATES, CAMERAS, POWER, cvt, board, events, self.parameters)
        self.plan = Plan(STATES, CAMERAS, PLAN, cvt, board, events)
        self.accounts = Accounts(CAMERAS, cvt, events)
        self.recording = Recording(("ONE",), CAMERAS, cvt, events)
        self.cameras = Cameras(faults or CameraFaults(), stream(1, "cameras"))
        self.reports: list[int] = []

    def fly(self, state: str, seconds: float, confirm: bool = True) -> None:
        values = self.values
        for _ in range(round(seconds * 64)):
            frame = values["FRAME_COUNT"]
            values["SCLK_S"], fraction = divmod(frame, 64)
            values["SCLK_FRACTION"] = fraction << 10
            values["EDL_STATE"] = STATES.index(state)
            self.reached.run()
            for n in range(CAMERA_CHANNELS):
                values[f"CAM{n}_FEEDBACK"] = self.cameras.feedback[n]
            values["CAMERAS_RECORDING"] = self.cameras.recording if confirm else 0
            self.board.counters.advance(values.cvt)
            self.trial.run()
            self.power.run()
            self.plan.run()
            self.accounts.run()
            if frame % 8 == 5:
                self.accounts.check()
                self.recording.check()
            triggered = [values[f"CAM{n}_TRIGGERED"] for n in range(CAMERA_CHANNELS)]
            self.cameras.step(triggered, self.board.powered, frame / 64)
            values["FRAME_COUNT"] = frame + 1
            self.reports += reported(self.events, values)

    def accounted(self, n: int) -> bool:
        """Whether every pulse was fed back or missed."""
        values = self.values
        return values[f"CAM{n}_TRIGGERED"] == (
            values[f"CAM{n}_CONFIRMED"] + values[f"CAM{n}_MISSED"]
        )


def dead(n: int, after_s: float) -> CameraFaults:
    return CameraFaults(
        dead_after_s=tuple(after_s if i == n else float("inf") for i in range(CAMERA_CHANNELS))
    )


def hung(n: int, from_s: float) -> CameraFaults:
    return CameraFaults(
        hung_from_s=tuple(from_s if i == n else float("inf") for i in range(CAMERA_CHANNELS))
    )


def test_power_comes_and_goes_by_the_table() -> None:
    rig = Rig()
    rig.fly("REST", 1)
    assert rig.board.powered == 0
    rig.fly("REST", 1 / 64)
    assert rig.board.powered == 0b01
    rig.fly("FILM", 1 / 64)
    assert rig.board.powered == 0b11
    rig.fly("FILM", 10)
    rig.fly("AFTER", 2 + (LINGER - 1) / 64)
    assert rig.board.powered == 0b11
    rig.fly("AFTER", 1 / 64)
    assert rig.board.powered == 0


def test_pulses_before_a_camera_has_started_are_held_back_and_counted() -> None:
    rig = Rig()
    rig.fly("REST", 10)
    rig.fly("FILM", 10)
    values = rig.values
    assert (0, 30, 1) in rig.board.triggers
    assert values["CAM0_INHIBITED"] == 0
    assert values["CAM1_INHIBITED"] == 12 * START // 64
    assert values["CAM1_TRIGGERED"] == pytest.approx(12 * (10 - START / 64), abs=2)
    assert values["CAM0_MISSED"] == values["CAM1_MISSED"] == 0
    assert values["CAM1_STATUS"] == RUNNING | READY | RECORDING


def test_a_hung_camera_is_switched_off_and_on_and_films_again() -> None:
    rig = Rig(hung(0, 15.0))
    rig.fly("REST", 10)
    rig.fly("FILM", 30)
    assert rig.reports.count(event("CAMERA_SILENT")) == 1
    assert rig.reports.count(event("CAMERA_RETRY")) == 1
    assert rig.reports.count(event("CAMERA_BACK")) == 1
    assert not rig.values["CAM0_STATUS"] & SILENT
    held_back = 30 * (OFF_FRAMES + START) // 64
    assert rig.values["CAM0_INHIBITED"] == pytest.approx(held_back, abs=1)
    rig.fly("AFTER", 1)
    assert rig.accounted(0)
    assert rig.accounted(1)


def test_a_dead_camera_is_tried_twice_then_given_up_and_disturbs_no_other() -> None:
    rig = Rig(dead(0, 15.0))
    rig.fly("REST", 10)
    rig.fly("FILM", 60)
    assert rig.reports.count(event("CAMERA_RETRY")) == 2
    assert rig.reports.count(event("CAMERA_GIVEN_UP")) == 1
    assert rig.values["CAM0_STATUS"] & SILENT
    assert rig.values["CAM1_MISSED"] == 0
    alone = Rig()
    alone.fly("REST", 10)
    alone.fly("FILM", 60)
    assert rig.values["CAM1_TRIGGERED"] == alone.values["CAM1_TRIGGERED"]
    rig.fly("AFTER", 1)
    assert rig.accounted(0)


def test_the_number_of_tries_is_a_parameter() -> None:
    rig = Rig(dead(0, 15.0))
    rig.parameters.set(parameter("CAMERA_RETRIES"), 0)
    rig.fly("REST", 10)
    rig.fly("FILM", 20)
    assert rig.reports.count(event("CAMERA_RETRY")) == 0
    assert rig.reports.count(event("CAMERA_GIVEN_UP")) == 1


def test_after_a_reset_a_camera_that_was_starting_goes_on_starting() -> None:
    flown = Rig()
    flown.fly("REST", 2)  # one of them with power
    assert flown.values["CAMERAS_POWERED"] == 0b01
    assert not flown.values["CAMERAS_READY"]
    again = Rig()
    for name in CHECKPOINT:
        again.values[name] = flown.values[name]
    again.values["FRAME_COUNT"] += START // 4  # away
    again.power.resume()
    ready = []
    for seconds in (1, 2):
        again.fly("REST", seconds)
        ready.append(again.values["CAMERAS_READY"])
    assert ready == [0, 0b01]


def test_after_a_reset_a_camera_that_had_started_films_at_once() -> None:
    rig = Rig()
    rig.values["CAMERAS_POWERED"] = rig.values["CAMERAS_READY"] = 0b01
    rig.values["FRAME_COUNT"] = 10 * 64
    rig.values["STATE0_REACHED"] = 0
    rig.cameras.step([0] * CAMERA_CHANNELS, 0b01, 0.0)
    rig.power.resume()
    rig.fly("FILM", 2)
    assert rig.values["CAM0_INHIBITED"] == 0
    assert rig.values["CAM0_TRIGGERED"] > 50
    assert rig.values["CAM1_TRIGGERED"] == 0


def test_a_test_fire_powers_the_camera_pulses_it_and_says_what_came_back() -> None:
    rig = Rig()
    assert rig.trial.start(1, 10)
    rig.fly("REST", 10)
    assert rig.values["CAM1_TRIGGERED"] == rig.values["CAM1_CONFIRMED"] == 10
    assert rig.reports.count(event("CAMERA_TESTED")) == 1
    assert rig.board.powered == 0b01  # ONE, by the table
    assert rig.values["CAMERAS_TESTED"] == 0


def test_a_test_fire_is_refused_where_it_would_disturb() -> None:
    rig = Rig()
    assert not rig.trial.start(2, 10)  # there is no such camera
    assert rig.trial.start(1, 10)
    assert not rig.trial.start(0, 10)  # one is under way
    rig.fly("REST", 10)
    rig.fly("FILM", 1)
    assert not rig.trial.start(0, 10)  # it films


def test_the_plan_ends_a_trial() -> None:
    rig = Rig()
    rig.fly("REST", 10)
    assert rig.trial.start(0, 100)
    rig.fly("REST", 2)
    rig.fly("FILM", 2)
    assert rig.values["CAMERAS_TESTED"] == 0
    assert rig.reports.count(event("CAMERA_TESTED")) == 1
    assert rig.values["CAM0_TRIGGERED"] > 60
    assert rig.values["CAM0_MISSED"] == 0


def test_a_test_fire_without_pulses_ends_all_the_same() -> None:
    rig = Rig()
    rig.fly("REST", 10)
    rig.board.counters.set = lambda n, pulses, seconds: None  # type: ignore[method-assign]
    assert rig.trial.start(0, 10)
    rig.fly("REST", 3)
    assert rig.reports.count(event("CAMERA_TESTED")) == 1


def test_a_camera_that_films_without_confirming_is_named_once() -> None:
    rig = Rig()
    rig.fly("REST", 10)
    rig.fly("FILM", SLOW_CHECKS / 8 + 0.5, confirm=False)
    rig.fly("FILM", 10, confirm=False)
    assert rig.reports.count(event("CAMERA_NOT_RECORDING")) == 1
    assert not rig.values["CAM0_STATUS"] & RECORDING


@pytest.mark.parametrize("minor_frames", range(8))
def test_pulses_that_were_missed_once_are_no_silence_whenever_the_plan_stops(
    minor_frames: int,
) -> None:
    """While pulses come, those under way are not counted as missed yet."""
    rig = Rig(CameraFaults(miss_probability=(0.2,) + (0.0,) * (CAMERA_CHANNELS - 1)))
    rig.fly("REST", 10)
    rig.fly("FILM", 4 + minor_frames / 64)
    rig.fly("AFTER", 3)
    assert rig.values["CAM0_MISSED"] > 10
    assert rig.accounted(0)
    assert event("CAMERA_SILENT") not in rig.reports


def test_a_camera_that_dies_with_its_last_pulses_is_silent() -> None:
    rig = Rig(dead(0, 10 + 5.0))
    rig.fly("REST", 10)
    rig.fly("FILM", 6)
    rig.fly("AFTER", 1)
    assert rig.reports.count(event("CAMERA_SILENT")) == 1


@pytest.mark.parametrize("name", missions.NAMES)
def test_a_mission_gives_power_to_each_camera_of_its_plan_before_the_plan_asks(name: str) -> None:
    mission = missions.load(name)
    order = mission.STATES.index
    powered = {row[0]: row for row in mission.CAMERA_POWER}
    for camera in mission.CAMERAS:
        rows = [row for row in mission.CAMERA_PLAN if row[0] == camera]
        _, on, on_delay, off, off_delay, start = powered[camera]
        first, last = rows[0], rows[-1]
        assert (order(on), on_delay) <= (order(first[1]), first[2])
        assert (order(off), off_delay) > (order(last[1]), last[2])
        assert start > 0
