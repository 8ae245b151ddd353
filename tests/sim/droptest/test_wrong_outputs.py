"""What becomes of the box when an output comes at the wrong time, or never?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.dictionary.channels import CHANNELS
from fsw.dictionary.index import channel
from fsw.dictionary.packets import ACTUATOR_FRAME, SENSOR_FRAME
from fsw.missions.droptest import OUTPUTS
from gse.sim.droptest.config import Config, nominal
from gse.sim.droptest.world import World
from tests.sim.droptest.sequencer import fly

FIRED = ACTUATOR_FRAME.index("OUTPUTS_FIRED")
IMU_STATUS = SENSOR_FRAME.index("IMU_STATUS")
BARO_STATUS = SENSOR_FRAME.index("BARO_STATUS")


def mask(*names: str) -> list[int]:
    actuators = [0] * len(ACTUATOR_FRAME)
    actuators[FIRED] = sum(1 << OUTPUTS.index(name) for name in names)
    return actuators


def short(config: Config | None = None) -> Config:
    """Let go 130 m up soon after lift-off, so that the end comes soon."""
    return replace(
        config or nominal(),
        start_from_launch_s=0.0,
        end_from_launch_s=90.0,
        climb_m_s=10.0,
        release_height_m=100.0,
        hover_s=15.0,
    )


def run(world: World, until: str, actuators: list[int]) -> None:
    """Flies until an event of the truth."""
    while until not in world.marks and not world.finished:
        world.step(actuators)


def wait(world: World, seconds: float, actuators: list[int]) -> None:
    for _ in range(round(seconds * 64)):
        world.step(actuators)


def test_a_reefed_canopy_alone_is_too_fast_and_breaks_the_instruments() -> None:
    world = fly(None, frozenset({"MAIN"})).world
    assert not world.landed
    assert world.touchdown_speed_m_s == pytest.approx(15.6, abs=0.3)
    assert "reefed" in world.outcome
    assert world.sensor_counts()[IMU_STATUS] == 0
    assert world.sensor_counts()[BARO_STATUS] == 0


def test_main_without_chute_lets_nothing_out() -> None:
    world = fly(None, frozenset({"CHUTE"})).world
    assert "line stretch" not in world.marks
    world = World(0, short())
    run(world, "touchdown", mask("MAIN"))
    assert world.vehicle.canopy.drag_area_m2 == 0.0
    assert world.touchdown_speed_m_s is not None
    assert world.touchdown_speed_m_s > 30.0


def test_both_at_once_open_fully_and_pull_harder() -> None:
    reefed, both = World(0, short()), World(0, short())
    for world, actuators in ((reefed, mask("CHUTE")), (both, mask("CHUTE", "MAIN"))):
        run(world, "release", mask())
        wait(world, 1.5, mask())
        run(world, "touchdown", actuators)
        wait(world, 1.0, actuators)
    assert both.landed
    assert "reefed canopy full" not in both.marks
    assert both.vehicle.peak_load_n > 2 * reefed.vehicle.peak_load_n


def test_a_full_canopy_at_terminal_speed_tears() -> None:
    world = World(0, replace(nominal(), start_from_launch_s=0.0))
    run(world, "release", mask())
    wait(world, 8.0, mask())
    run(world, "touchdown", mask("CHUTE", "MAIN"))
    assert world.vehicle.canopy.torn
    assert "canopy torn" in world.marks
    wait(world, 1.0, mask("CHUTE", "MAIN"))
    assert "torn canopy" in world.outcome
    assert not world.landed


def test_a_reefed_canopy_stands_the_terminal_speed_of_the_box_but_not_that_of_a_dart() -> None:
    config = replace(nominal(), start_from_launch_s=0.0, climb_m_s=30.0, release_height_m=1500.0)
    torn = {}
    for area in (config.body_drag_area_m2, 0.002):
        world = World(0, replace(config, body_drag_area_m2=area))
        run(world, "release", mask())
        wait(world, 14.0, mask())
        wait(world, 2.0, mask("CHUTE"))
        torn[area] = world.vehicle.canopy.torn
    assert torn == {0.016: False, 0.002: True}


def test_a_chute_fired_under_the_carrier_opens_after_the_release() -> None:
    world = World(0, short())
    run(world, "release", mask("CHUTE"))
    run(world, "line stretch", mask("CHUTE"))
    assert world.marks["line stretch"] == pytest.approx(world.marks["release"] + 0.5, abs=0.02)


def test_a_canopy_let_out_while_the_box_rises_turns_over_and_carries_it() -> None:
    config = replace(short(), climb_m_s=20.0, hover_s=0.0)
    world = World(0, config)
    run(world, "release", mask())
    assert world.vehicle.up_m_s > 15.0
    run(world, "touchdown", mask("CHUTE", "MAIN"))
    wait(world, 1.0, mask("CHUTE", "MAIN"))
    assert world.landed, world.outcome


def test_main_that_comes_too_late_does_not_fill() -> None:
    world = World(0, nominal())
    run(world, "release", mask())
    wait(world, 1.5, mask())
    while world.vehicle.height_m > 5.0:
        world.step(mask("CHUTE"))
    run(world, "touchdown", mask("CHUTE", "MAIN"))
    assert world.touchdown_speed_m_s is not None
    assert world.touchdown_speed_m_s > 8.0


@settings(max_examples=20)
@given(
    st.integers(0, 1 << 32),
    st.lists(
        st.tuples(st.integers(1, 400), st.integers(0, 0xFFFF), st.integers(0, (1 << 32) - 1)),
        min_size=1,
        max_size=8,
    ),
)
def test_nothing_that_is_driven_raises(seed: int, driven: list[tuple[int, int, int]]) -> None:
    world = World(seed, short(World(seed).config))
    small = (-(1 << 30), (1 << 30) - 1)
    unsigned = {"u8": 255, "u16": 65535, "u32": small[1]}
    for frames, outputs, triggers in driven:
        for _ in range(frames):
            world.step([0, 0, outputs, outputs, outputs & 1, outputs, 0] + [triggers] * 8)
            for name, count in zip(SENSOR_FRAME, world.sensor_counts(), strict=True):
                wire = CHANNELS[channel(name)][1]
                lowest, highest = (0, unsigned[wire]) if wire in unsigned else small
                assert lowest <= count <= highest, name
        assert all(number == number for number in world.truth_row())  # noqa: PLR0124
        assert world.outcome.endswith(".")
        assert world.vehicle.height_m >= 0.0
        assert list(world.marks.values()) == sorted(world.marks.values())
