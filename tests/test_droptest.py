"""Is a drop test flown, decoded, accounted for and flown again like any other mission?"""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from fsw.dictionary.packets import PACKETS
from gse import decode, dictionary, fly, identity, recording, report, show, summary
from gse.sim.droptest.world import TRUTH_COLUMNS
from gse.targets import InProcess
from gse.timelines import DROPTEST
from tests.descent import quiet

MISSION = "droptest"
SEED = 2


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One flight; what it left behind, with the summary that the report reads."""
    path: Path = tmp_path_factory.mktemp("drop")
    with closing(InProcess()) as target:
        flight = fly.fly(MISSION, SEED, target, path, quiet)
    truth = {"marks": flight.world.marks, "outcome": flight.world.outcome}
    (path / "summary.json").write_text(json.dumps({"mission": MISSION, "truth": truth}))
    return path


@pytest.fixture(scope="module")
def decoded(directory: Path) -> decode.Decoded:
    return decode.decode((directory / "downlink.bin").read_bytes(), dictionary.load(MISSION))


def test_the_capture_says_which_mission_it_is_of_and_is_whole(
    directory: Path, decoded: decode.Decoded
) -> None:
    octets = decode.octets_of((directory / "downlink.bin").read_bytes())
    assert identity.dictionary_for(octets).mission == MISSION
    assert decoded.report.packets_missing == decoded.report.frames_missing == 0
    assert decoded.report.packets_damaged == 0


def test_every_packet_that_goes_by_the_clock_goes_down_all_the_time(
    decoded: decode.Decoded,
) -> None:
    for name, _, _, _, period, _, _ in PACKETS:
        if period and name != "EVR":
            assert abs(decoded.tables[name].num_rows - 300 * 64 // period) <= 2, name


def test_the_pressure_that_comes_down_is_that_of_the_truth(
    directory: Path, decoded: decode.Decoded
) -> None:
    truth = pq.read_table(directory / "truth.parquet")
    assert truth.column_names == list(TRUTH_COLUMNS)
    at = truth["time_from_ei_s"].to_numpy()
    baro = decoded.tables["BARO"]
    time = baro["time_from_ei_s"].to_numpy()
    carried = time < 100.0
    true = np.interp(time, at, truth["pressure_pa"].to_numpy())
    error = baro["BARO_PRESSURE"].to_numpy()[carried] - true[carried]
    assert abs(error.mean()) < 200.0  # its bias
    assert error.std() < 5.0


def test_its_account_counts_from_launch_and_stands_beside_the_truth(
    directory: Path, decoded: decode.Decoded
) -> None:
    marks = json.loads((directory / "summary.json").read_text())["truth"]["marks"]
    rows = {row.label: row for row in summary.timeline(MISSION, decoded.tables, marks)}
    assert list(rows) == [event.label for event in DROPTEST.events]
    assert rows["launch detected"].reference_s == marks["lift-off"]
    assert rows["touchdown"].simulated_s == marks["touchdown"]
    table = show.timeline_table(list(rows.values()), MISSION)
    assert table.title == "Timeline, seconds from planned launch"
    page = report.page(report.load(directory, decoded, MISSION))
    assert "seconds from planned launch" in page
    assert "entry interface" not in page.split("<h1>")[1].split("Event reports")[0]


def test_its_recording_flies_again_octet_for_octet(directory: Path) -> None:
    again = directory / "again.bin"
    with closing(InProcess()) as target:
        fly.replay(recording.load(directory / "sensors.bin"), target, again, quiet)
    assert again.read_bytes() == (directory / "downlink.bin").read_bytes()
