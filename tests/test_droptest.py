"""Is a drop test flown, decoded, accounted for and flown again like any other mission?"""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from fsw import missions
from fsw.dictionary.packets import PACKETS, QUEUES
from fsw.edl.machine import PRIMARY
from gse import decode, dictionary, fly, identity, recording, report, show, summary
from gse.sim import faults
from gse.sim.droptest.world import TRUTH_COLUMNS
from gse.targets import Direct, InProcess, MicroPython, MicroPython32
from gse.timelines import DROPTEST
from tests.descent import guard, quiet

MISSION = "droptest"
SEED = 2


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One flight; what it left behind, with the summary that the report reads."""
    path: Path = tmp_path_factory.mktemp("drop")
    with closing(InProcess()) as target:
        flight = fly.fly(MISSION, SEED, target, path, quiet)
    assert flight.world.landed, flight.world.outcome
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
    for name, _, priority, _, period, _, _ in PACKETS:
        if period and priority < QUEUES:
            assert abs(decoded.tables[name].num_rows - 300 * 64 // period) <= 2, name


def test_every_pulse_is_an_exposure_and_no_camera_was_ever_silent(
    decoded: decode.Decoded,
) -> None:
    landed = decoded.tables["CAM"].to_pylist()[-1]
    for n, camera in enumerate(missions.load(MISSION).CAMERAS):
        triggered, confirmed, missed = (
            landed[f"CAM{n}_{count}"] for count in ("TRIGGERED", "CONFIRMED", "MISSED")
        )
        assert triggered == confirmed + missed, camera
        assert triggered > 1000, camera
        assert missed == 0, camera
    reported = set(decoded.events["name"].to_pylist())
    assert not reported & {"CAMERA_SILENT", "CAMERA_RETRY", "CAMERA_GIVEN_UP", "TRIGGER_FAULT"}


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


def test_every_state_is_entered_by_what_was_sensed_and_at_its_height(
    directory: Path, decoded: decode.Decoded
) -> None:
    marks = json.loads((directory / "summary.json").read_text())["truth"]["marks"]
    states = missions.load(MISSION).STATES
    entered = {
        states[int(row["EVR_ARG0"])]: row
        for row in decoded.tables["EVR"].to_pylist()
        if row["EVR_ID"] == "STATE_ENTERED"
    }
    # The delay after the release is a time by design; all else is seen by navigation.
    assert list(entered) == list(states[1:])
    assert {row["EVR_ARG2"] for row in entered.values()} == {PRIMARY}
    assert 0 < entered["ASCENT"]["time_from_ei_s"] - marks["lift-off"] < 10
    assert 0 < entered["FREE_FALL"]["time_from_ei_s"] - marks["release"] < 1
    truth = pq.read_table(directory / "truth.parquet")
    main_m = np.interp(
        entered["MAIN"]["time_from_ei_s"],
        truth["time_from_ei_s"].to_numpy(),
        truth["altitude_m"].to_numpy(),
    )
    assert main_m == pytest.approx(150, abs=15)
    assert 0 < entered["LANDED"]["time_from_ei_s"] - marks["touchdown"] < 15


@pytest.mark.parametrize(
    "target",
    [
        MicroPython32,
        *(pytest.param(target, marks=pytest.mark.soak) for target in (InProcess, MicroPython)),
    ],
)
def test_its_recording_flies_again_octet_for_octet_and_off_the_heap(
    directory: Path, tmp_path: Path, target: type[InProcess | MicroPython | MicroPython32]
) -> None:
    locked = {} if target is InProcess else {"lock_heap": True}
    with closing(target(**locked)) as flight_code:  # type: ignore[arg-type]
        recorded = recording.load(directory / "sensors.bin")
        fly.replay(recorded, flight_code, tmp_path / "again.bin", quiet)
    assert (tmp_path / "again.bin").read_bytes() == (directory / "downlink.bin").read_bytes()


@pytest.mark.soak
def test_every_number_of_the_drop_is_small(directory: Path) -> None:
    done = guard(directory / "sensors.bin")
    assert done.returncode == 0, done.stderr[-500:]


@pytest.mark.soak
@pytest.mark.parametrize(
    "line",
    [
        "baro gone at ascent+5",
        "imu gone at ascent+5",
        "baro freeze at free_fall",
        "baro bias at chute value=3000Pa",
        "imu zero at chute+3",
        "imu.rate clamp at free_fall value=200deg/s",
    ],
)
def test_with_one_sensor_lost_it_still_lands_softly(line: str, tmp_path: Path) -> None:
    fault = faults.parse(line, missions.load(MISSION).STATES)
    flight = fly.fly(MISSION, SEED, Direct(), tmp_path, quiet, [fault])
    assert flight.world.landed, flight.world.outcome
    decoded = decode.decode((tmp_path / "downlink.bin").read_bytes(), dictionary.load(MISSION))
    fired = [row["EVR_ARG0"] for row in decoded.tables["EVR"].to_pylist()
             if row["EVR_ID"] == "OUTPUT_FIRED"]  # fmt: skip
    assert fired == [1, 2]
