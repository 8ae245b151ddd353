"""Do the tables of the mission drop the box as planned, once navigation knows where it is?

The flight software's state machine and outputs run on truth here, in place of navigation.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from fsw.dictionary.channels import ENUMS
from fsw.dictionary.packets import ACTUATOR_FRAME
from fsw.edl.machine import BACKUP, PRIMARY, Machine
from fsw.edl.outputs import Outputs
from fsw.kernel.events import Events
from fsw.missions import droptest
from gse.sim.counts import scale
from gse.sim.droptest.world import TRUTH_COLUMNS, World
from tests.fsw.bench_board import RecordingBoard, Values

FIRED = ACTUATOR_FRAME.index("OUTPUTS_FIRED")
AIDED = ENUMS["QUALITY"].index("AIDED")


@dataclass
class Pilot:
    """Flies a world by the mission's tables; known: whether navigation knows anything."""

    world: World
    known: bool = True
    feels: bool = True
    entered: dict[str, tuple[float, int, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.values = Values()
        self.board = RecordingBoard()
        events = Events(self.values.cvt)
        cvt = self.values.cvt
        self.machine = Machine(droptest.STATES, droptest.TRANSITIONS, cvt, events)
        self.outputs = Outputs(
            droptest.STATES, droptest.OUTPUTS, droptest.DEPLOYMENTS, cvt, self.board, events
        )
        self.values["DISCRETES"] = 1 << ENUMS["DISCRETES"].index("ARMING_JUMPER")

    def know(self) -> None:
        truth = dict(zip(TRUTH_COLUMNS, self.world.truth_row(), strict=True))
        if self.known:
            self.put("NAV_ALTITUDE", truth["altitude_m"])
            self.put("NAV_DESCENT_RATE", -truth["vertical_velocity_m_s"])
            self.values["NAV_ALTITUDE_QUALITY"] = self.values["NAV_VELOCITY_QUALITY"] = AIDED
        else:
            for name in ("NAV_ALTITUDE", "NAV_DESCENT_RATE"):
                self.values[name] = 0
            self.values["NAV_ALTITUDE_QUALITY"] = self.values["NAV_VELOCITY_QUALITY"] = 0
        self.put("NAV_ACCELERATION", truth["sensed_acceleration_m_s2"] if self.feels else 0.0)

    def put(self, name: str, value: float) -> None:
        self.values[name] = scale(name).counts(value)

    def step(self) -> None:
        self.know()
        self.machine.run()
        self.outputs.run()
        state = droptest.STATES[self.values["EDL_STATE"]]
        height_m = self.world.vehicle.height_m
        self.entered.setdefault(
            state, (self.world.time_from_ei_s, self.values["EDL_CAUSE"], height_m)
        )
        actuators = [0] * len(ACTUATOR_FRAME)
        actuators[FIRED] = self.board.outputs
        self.world.step(actuators)
        self.values["FRAME_COUNT"] += 1

    def run(self) -> Pilot:
        while not self.world.finished:
            self.step()
        return self


@pytest.mark.parametrize("seed", range(6))
def test_every_day_is_flown_by_its_conditions_alone(seed: int) -> None:
    pilot = Pilot(World(seed)).run()
    world = pilot.world
    assert world.landed, world.outcome
    assert [*pilot.entered] == list(droptest.STATES)
    assert all(cause == PRIMARY for _, cause, _ in list(pilot.entered.values())[1:])
    marks = world.marks
    assert marks["lift-off"] < pilot.entered["ASCENT"][0] < marks["lift-off"] + 12
    assert marks["release"] < pilot.entered["FREE_FALL"][0] < marks["release"] + 1.0
    assert pilot.entered["CHUTE"][0] == pytest.approx(pilot.entered["FREE_FALL"][0] + 1.0, abs=0.02)
    assert 140 < pilot.entered["MAIN"][2] <= 150
    assert marks["touchdown"] + 5 < pilot.entered["LANDED"][0] < marks["touchdown"] + 6


@pytest.mark.parametrize("seed", range(3))
def test_what_goes_blind_after_the_release_lands_by_timers(seed: int) -> None:
    """Neither height nor velocity nor weight is known any more: main opens by its timer."""
    pilot = Pilot(World(seed))
    while "FREE_FALL" not in pilot.entered:
        pilot.step()
    pilot.known = pilot.feels = False
    pilot.run()
    assert pilot.world.landed, pilot.world.outcome
    assert pilot.entered["MAIN"][1] == BACKUP
    assert pilot.entered["MAIN"][2] > 60.0


def test_an_inertial_unit_that_feels_nothing_costs_nothing_but_landing_detection() -> None:
    pilot = Pilot(World(1), feels=False).run()
    assert pilot.world.landed
    assert "LANDED" not in pilot.entered
    assert pilot.entered["MAIN"][1] == PRIMARY


def test_nothing_is_fired_or_armed_on_a_pad_where_nothing_is_known() -> None:
    pilot = Pilot(World(1), known=False)
    for _ in range(60 * 64):
        pilot.step()
    assert [*pilot.entered] == ["PAD"]
    assert pilot.values["OUTPUTS_ARMED"] == 0
