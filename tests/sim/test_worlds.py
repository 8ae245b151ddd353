"""Has every mission a world that a flight can be flown in, whichever it is?"""

from __future__ import annotations

import pytest

from fsw import missions
from fsw.dictionary.packets import ACTUATOR_FRAME, SENSOR_FRAME
from gse.sim.simulation import Simulation
from gse.sim.worlds import world_for
from gse.timelines import TIMELINES, Source

NOTHING = [0] * len(ACTUATOR_FRAME)
PLOTTED = {
    "time_from_ei_s",
    "altitude_m",
    "vertical_velocity_m_s",
    "speed_m_s",
    "sensed_acceleration_m_s2",
}


def test_a_mission_without_a_world_is_refused() -> None:
    with pytest.raises(ValueError, match="no simulated world"):
        world_for("apollo", 0)


@pytest.mark.parametrize("name", missions.NAMES)
class TestWorlds:
    def test_it_begins_before_time_zero_and_counts_on(self, name: str) -> None:
        world = world_for(name, 1)
        start = world.time_from_ei_s
        assert start < 0.0
        assert start == round(start)  # the clock of the flight code starts on a whole second
        assert world.share_done == 0.0
        assert not world.finished
        world.step(NOTHING)
        assert world.time_from_ei_s == start + 1 / 64
        assert 0.0 < world.share_done < 1e-3

    def test_its_rows_have_the_columns_it_names(self, name: str) -> None:
        world = world_for(name, 1)
        assert len(world.sensor_counts()) == len(SENSOR_FRAME)
        assert len(world.truth_row()) == len(world.truth_columns)
        assert set(world.truth_columns) >= PLOTTED
        assert world.touchdown_speed_m_s is None
        assert not world.landed
        assert world.outcome.endswith(".")

    def test_the_same_seed_gives_the_same_flight_and_another_seed_another(self, name: str) -> None:
        def flown(seed: int) -> list[list[int]]:
            world: Simulation = world_for(name, seed)
            rows = []
            for _ in range(128):
                world.step(NOTHING)
                rows.append(world.sensor_counts())
            return rows

        assert flown(3) == flown(3)
        assert flown(3) != flown(4)

    def test_each_camera_starts_within_the_time_that_the_mission_gives_it(self, name: str) -> None:
        mission = missions.load(name)
        world = world_for(name, 1)
        works_from: dict[str, int] = {}
        switched_on = [-1 if field == "CAMERAS_POWERED" else 0 for field in ACTUATOR_FRAME]
        for frame in range(64 * 5):
            recording = world.sensor_counts()[SENSOR_FRAME.index("CAMERAS_RECORDING")]
            for n, camera in enumerate(mission.CAMERAS):
                if recording >> n & 1:
                    works_from.setdefault(camera, frame)
            world.step(switched_on)
        assert set(works_from) == set(mission.CAMERAS)
        for camera, *_, start in mission.CAMERA_POWER:
            assert 64 <= works_from[camera] <= start, camera

    def test_its_timeline_names_states_that_there_are(self, name: str) -> None:
        states = missions.load(name).STATES
        events = TIMELINES[name].events
        assert events
        for event in events:
            assert event.source is not Source.STATE or event.key in states
