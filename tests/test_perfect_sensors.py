"""How exact is the flight code's own arithmetic? With perfect instruments it errs alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pyarrow.parquet as pq
import pytest

from fsw.nav.inertial import Inertial
from gse import fly
from gse.sim.config import nominal
from gse.sim.world import NAVIGATION_EPOCH_S, World
from tests.descent import START_S, fly_and_decode

LOCKED_BY_S = 320.0  # seconds from entry interface


@pytest.mark.parametrize(
    "start_s", [START_S, pytest.param(nominal().start_from_ei_s, marks=pytest.mark.soak)]
)
def test_dead_reckoning_stays_within_twenty_metres(tmp_path: Path, start_s: float) -> None:
    """Through entry to the first radar lock, six minutes; from the last orbit determination on,
    fifteen. Instruments without noise do repeat themselves, which is no fault of theirs here."""
    config = replace(nominal(), start_from_ei_s=start_s, end_from_ei_s=LOCKED_BY_S)
    with (
        mock.patch.object(fly, "world_for", lambda _, seed: World(seed, config=config)),
        mock.patch.object(Inertial, "_is_flat", return_value=False),
    ):
        _, decoded = fly_and_decode(0, tmp_path)
    events = decoded.events.to_pylist()
    locked_s = next(e["time_from_ei_s"] for e in events if e["name"] == "ALTIMETER_LOCKED")
    truth = pq.read_table(tmp_path / "truth.parquet")
    nav = decoded.tables["NAV"]
    time = nav["time_from_ei_s"].to_numpy()
    for channel, column, allowed in (
        ("NAV_ALTITUDE", "altitude_m", 20.0),
        ("NAV_VERTICAL_VELOCITY", "vertical_velocity_m_s", 0.3),
        ("NAV_HORIZONTAL_VELOCITY", "horizontal_velocity_m_s", 0.3),
    ):
        true = np.interp(time, truth["time_from_ei_s"].to_numpy(), truth[column].to_numpy())
        error = np.abs(nav[channel].to_numpy() - true)
        reckoned = (time > max(NAVIGATION_EPOCH_S, start_s + 2.0) + 1) & (time < locked_s)
        # Truth is kept at 16 Hz: where it bends within a sixteenth of a second, its line is off.
        assert np.quantile(error[reckoned], 0.99) < allowed, channel
