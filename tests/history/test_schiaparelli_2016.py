"""Schiaparelli, 2016: a rate sensor saturated for a second after the parachute, and was believed.

Integrating full scale put the attitude 165 deg off; slant range then projected to an altitude below
ground, and parachute and back shell were released at 3.7 km (ESA inquiry, 2017). Here the rate is
clamped at full scale, flagged saturated, for 1.0 s from chute + 0.2 s; the radar stays good.
"""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest

from fsw import missions
from fsw.dictionary.index import channel
from fsw.nav.estimator import Estimator
from tests.descent import MISSION, entered, fly_and_decode

FAULT = "imu.rate clamp at chute+0.2 for 1.0 value=187.5deg/s"


@pytest.mark.parametrize("seed", [1, 2])
def test_the_flight_code_holds(seed: int, tmp_path: Path) -> None:
    world, decoded = fly_and_decode(seed, tmp_path, FAULT)
    when = entered(decoded)
    assert world.landed, world.outcome
    assert list(when) == list(missions.load(MISSION).STATES[1:])  # no phase skipped
    assert all(leg == "PRIMARY" for _, leg in when.values())
    back_shell_s, _ = when["BACK_SHELL_AWAY"]
    assert abs(back_shell_s - 357.30) < 10
    status = decoded.tables["NAV"]
    degraded = [
        time
        for time, flags in zip(
            status["time_from_ei_s"].to_pylist(), status["NAV_STATUS"].to_pylist(), strict=True
        )
        if "ATTITUDE_DEGRADED" in flags
    ]
    chute_s, _ = when["PARACHUTE"]
    assert chute_s + 0.1 < degraded[0] < chute_s + 0.5


def test_believing_the_saturated_rate_fails(tmp_path: Path) -> None:
    rate = channel("IMU_RATE")
    with mock.patch.object(Estimator, "_believed_rate", lambda self: self._cvt[rate]):
        world, decoded = fly_and_decode(1, tmp_path, FAULT)
    assert not world.landed
    assert decoded.tables["NAV"]["NAV_ALTITUDE"].to_numpy().min() < -1000
