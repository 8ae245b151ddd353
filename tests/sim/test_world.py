"""Is the world the same for the same seed, and does it bear whatever a flight core drives?"""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.dictionary.channels import CHANNELS
from fsw.dictionary.index import channel
from fsw.dictionary.packets import ACTUATOR_FRAME, SENSOR_FRAME
from fsw.missions.mars2020 import NAVIGATION, OUTPUTS
from gse.sim.config import Config, NavigationErrors, dispersed, nominal
from gse.sim.sensors import Sensors
from gse.sim.streams import stream
from gse.sim.world import TRUTH_COLUMNS, World

FIRED = ACTUATOR_FRAME.index("OUTPUTS_FIRED")
WIRE = {"u8": (0, 255), "u16": (0, 65535), "i16": (-32768, 32767)}
WIRE |= {"u32": (0, (1 << 30) - 1), "i32": (-(1 << 30), (1 << 30) - 1)}  # small integers
RANGES = [WIRE[CHANNELS[channel(name)][1]] for name in SENSOR_FRAME]
NOTHING = [0] * len(ACTUATOR_FRAME)


def history(seed: int, seconds: int) -> list[tuple[list[int], tuple[float, ...]]]:
    world = World(seed)
    rows = []
    for _ in range(seconds * 64):
        world.step(NOTHING)
        rows.append((world.sensor_counts(), world.truth_row()))
    return rows


def test_the_same_seed_gives_the_same_flight() -> None:
    assert history(3, 4) == history(3, 4)


def test_another_seed_gives_another() -> None:
    assert history(3, 1) != history(4, 1)


def test_another_consumer_shifts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A world in which somebody else draws between all steps flies the same."""
    expected = history(5, 2)
    newcomer = stream(5, "newcomer")
    read = Sensors.read

    def and_draw(*arguments: object) -> list[int]:
        newcomer.random()
        return read(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Sensors, "read", and_draw)
    assert history(5, 2) == expected


def test_dispersions_stand_alone() -> None:
    """A base that differs in one thing changes no draw of another."""
    plain = dispersed(9)
    heavier = dispersed(9, replace(nominal(), rover_kg=1100.0))
    assert replace(heavier, rover_kg=plain.rover_kg) == plain


def test_it_begins_and_ends_where_it_should() -> None:
    world = World(1)
    assert world.time_from_ei_s == -620.0
    assert not world.finished
    assert len(world.sensor_counts()) == len(SENSOR_FRAME)
    assert len(world.truth_row()) == len(TRUTH_COLUMNS)
    world.step(NOTHING)
    assert world.time_from_ei_s == -620.0 + 1.0 / 64.0
    assert World(1, config=replace(nominal(), end_from_ei_s=-620.0)).finished


def test_the_coast_leads_to_entry_interface_at_zero() -> None:
    world = World(0, config=nominal())
    for _ in range(620 * 64):
        world.step(NOTHING)
    vehicle = world.vehicle
    assert world.time_from_ei_s == 0.0
    assert vehicle.motion.radius_m == pytest.approx(3522.2e3, abs=1.0)
    assert vehicle.motion.up_m_s == pytest.approx(-5335.0 * 0.26723838, abs=0.01)


def test_flight_software_knows_the_same_landing_site() -> None:
    assert nominal().site_radius_m == NAVIGATION["site_radius_m"]


def test_navigation_knowledge_is_the_truth_that_will_be() -> None:
    world = World(0, config=nominal())
    altitude, up, east, pitch = world.navigation_knowledge(-600.0)
    for _ in range(20 * 64):
        world.step(NOTHING)
    row = dict(zip(TRUTH_COLUMNS, world.truth_row(), strict=True))
    assert altitude / 256 == pytest.approx(row["altitude_m"], abs=0.1)
    assert up / 1024 == pytest.approx(row["vertical_velocity_m_s"], abs=0.002)
    assert east / 1024 == pytest.approx(row["horizontal_velocity_m_s"], abs=0.002)
    assert pitch * 45 / (1 << 23) == pytest.approx(row["pitch_deg"], abs=0.001)


def test_navigation_errors_show_up_in_what_is_known() -> None:
    errors = NavigationErrors(altitude_m=100.0, vertical_velocity_m_s=1.0)
    exact = World(0, config=nominal()).navigation_knowledge(-600.0)
    wrong = World(0, config=replace(nominal(), navigation=errors)).navigation_knowledge(-600.0)
    assert [b - a for a, b in zip(exact, wrong, strict=True)] == [25600, 1024, 0, 0]


def small_start(height_m: float, speed_m_s: float, angle_deg: float, seed: int) -> Config:
    base = replace(
        nominal(),
        start_from_ei_s=0.0,
        ei_radius_m=nominal().site_radius_m + height_m,
        ei_speed_m_s=speed_m_s,
        ei_angle_deg=angle_deg,
    )
    return dispersed(seed, base)


def in_range(world: World) -> None:
    for name, count, (lowest, highest) in zip(
        SENSOR_FRAME, world.sensor_counts(), RANGES, strict=True
    ):
        assert isinstance(count, int), name
        assert lowest <= count <= highest, name


ACTUATORS = st.tuples(
    st.integers(1, 400),  # minor frames for which it holds
    st.integers(0, (1 << 16) - 1),
    st.integers(0, 255),
    st.integers(0, (1 << 32) - 1),
)


@settings(max_examples=60)
@given(
    st.floats(1.0, 130e3),
    st.floats(0.0, 6000.0),
    st.floats(-90.0, 0.0),
    st.integers(0, 1 << 32),
    st.lists(ACTUATORS, min_size=1, max_size=8),
)
def test_nothing_that_is_driven_raises(
    height_m: float,
    speed_m_s: float,
    angle_deg: float,
    seed: int,
    driven: list[tuple[int, int, int, int]],
) -> None:
    world = World(seed, config=small_start(height_m, speed_m_s, angle_deg, seed))
    for frames, outputs, gate, triggers in driven:
        actuators = [0, 0, outputs, outputs, gate, outputs, 0] + [triggers] * 8
        for _ in range(frames):
            world.step(actuators)
            in_range(world)
        assert all(number == number for number in world.truth_row())  # noqa: PLR0124
        assert world.outcome.endswith(".")
        assert list(world.marks.values()) == sorted(world.marks.values())


@settings(max_examples=8)
@given(st.integers(0, 1 << 16), st.permutations(OUTPUTS))
def test_outputs_in_any_order_end_on_the_ground(seed: int, order: list[str]) -> None:
    world = World(seed, config=small_start(8e3, 300.0, -60.0, seed))
    actuators = list(NOTHING)
    for name in order:
        actuators[FIRED] |= 1 << OUTPUTS.index(name)
        for _ in range(4 * 64):
            world.step(actuators)
    for _ in range(440 * 64):
        if world.vehicle.frozen:
            break
        world.step(actuators)
    in_range(world)
    assert world.vehicle.frozen
    assert not world.vehicle.altitude_m
