"""Does a descent go on when one source of knowledge is missing from the start?

The simulated vehicle flies as ever; what the flight code hears is cut before it reaches it.
"""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest

from fsw.dictionary.packets import SENSOR_FRAME
from gse.sim.world import World
from gse.uplink import telecommand
from tests.descent import enter_and_decode, entered, fly_and_decode

SEED = 1


@pytest.mark.soak
def test_without_a_radar_dead_reckoning_lets_the_back_shell_go_and_the_rover_still_lands(
    tmp_path: Path,
) -> None:
    sensor_counts = World.sensor_counts
    status = SENSOR_FRAME.index("RADAR_STATUS")

    def deaf(self: World) -> list[int]:
        counts = sensor_counts(self)
        counts[status] = 0
        return counts

    with mock.patch.object(World, "sensor_counts", deaf):
        world, decoded = enter_and_decode(SEED, tmp_path)
    assert world.landed, world.outcome
    assert abs(world.vehicle.firings["BACK_SHELL"].altitude_m - 2000.0) < 600.0
    assert "ALTIMETER_LOCKED" not in decoded.events["name"].to_pylist()


@pytest.mark.soak
def test_without_a_navigated_state_nothing_is_deployed_early(tmp_path: Path) -> None:
    """Zeros of a navigation that never began must not pass for slow and low."""
    no_operation = telecommand("NO_OP", {})
    with mock.patch.object(World, "telecommand_after_boot", return_value=no_operation):
        world, decoded = fly_and_decode(SEED, tmp_path)
    when = entered(decoded)
    nominal_s = {"STRAIGHTEN_UP": 223.8, "PARACHUTE": 240.63, "HEAT_SHIELD_AWAY": 263.26}
    for state, flown_s in nominal_s.items():
        time_s, leg = when[state]
        assert leg == "BACKUP"
        assert flown_s < time_s < flown_s + 60
    assert world.vehicle.parachute.fired_s is not None
