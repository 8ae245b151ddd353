"""Does one whole descent through the real flight code land, come down whole and repeat exactly?"""

from __future__ import annotations

import hashlib
import shutil
import struct
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pyarrow.parquet as pq
import pytest
from space_packet_parser import ccsds_generator

from fsw import missions
from fsw.dictionary.channels import CHANNELS
from fsw.dictionary.packets import PACKETS, QUEUES
from gse import fly, recording, targets
from gse.errors import UserError
from gse.link.coding import plain_cadu
from gse.link.protection import Coding
from gse.sim.config import dispersed
from gse.sim.world import World
from gse.summary import cameras
from gse.targets import InProcess, MicroPython, MicroPython32, Target
from tests.descent import MISSION, Descent, assert_nominal, fly_descent, guard, quiet
from tests.gse import xtce

SEED = 1
STRUCT = {"u8": "B", "u16": "H", "i16": "h", "u32": "I", "i32": "i"}
ROWS = {row[0]: row for row in CHANNELS}


@pytest.fixture(scope="module")
def descent(tmp_path_factory: pytest.TempPathFactory) -> Descent:
    return fly_descent(SEED, tmp_path_factory.mktemp("descent"))


def test_it_lands_with_every_event_within_ten_seconds_of_the_flown_time(descent: Descent) -> None:
    assert_nominal(descent)


def test_nothing_is_lost_between_packing_and_decoding(descent: Descent) -> None:
    """Every packet packed is decoded octet for octet, but those still waiting at the end, and those
    that are only recorded."""
    sent = [row[0] for row in PACKETS if row[2] < QUEUES]
    for name, packed in ((name, descent.packed[name]) for name in sent):
        decoded = [bytes(record) for record in descent.decoded.records[name].data]
        assert decoded == packed[: len(decoded)], name
        assert len(packed) - len(decoded) <= 3, name
    report = descent.decoded.report
    assert report.packets_missing == report.frames_missing == report.octets_skipped == 0
    assert report.packets_damaged == report.frames_damaged == 0


def test_every_value_decodes_to_what_an_independent_reader_sees(descent: Descent) -> None:
    """struct over the packed octets and the dictionary's LSBs, against the decoded columns."""
    for name, _, _, _, _, _, fields in PACKETS:
        layout = ">" + "".join(STRUCT[ROWS[f][1]] for f in fields)
        table = descent.decoded.tables[name]
        raw = [struct.unpack_from(layout, p, 12) for p in descent.packed[name][: table.num_rows]]
        for i, field in enumerate(fields):
            _, _, _, (numerator, denominator), _, conversion, _ = ROWS[field]
            if conversion.startswith("enum:"):
                continue
            column = table[f"{field}_RAW"] if conversion else table[field]
            values = [counts[i] * numerator / denominator for counts in raw]
            assert column.to_pylist() == values, field


def test_another_decoder_reads_the_same_from_every_packet_that_was_flown(
    descent: Descent,
) -> None:
    """space_packet_parser on the packet layer, field by field, on what the flight code packed."""
    definition = xtce.definition()
    names = {row[1]: row[0] for row in PACKETS}
    fields = {row[0]: row[6] for row in PACKETS}
    records = {name: record.data for name, record in descent.decoded.records.items()}
    flown = b"".join(
        octets for name, packed in descent.packed.items() for octets in packed[: len(records[name])]
    )
    seen = dict.fromkeys(records, 0)
    for raw in ccsds_generator(flown):
        theirs = definition.parse_bytes(raw)
        name = names[theirs["PKT_APID"]]
        ours = records[name][seen[name]]
        seen[name] += 1
        assert theirs["TIME_S"] == ours["sclk_s"]
        assert [theirs[field] for field in fields[name]] == [ours[field] for field in fields[name]]
    assert seen == {name: len(data) for name, data in records.items()}


def test_the_link_carries_eight_kilobits_a_second(descent: Descent) -> None:
    seconds = descent.flight.minor_frames / 64
    assert len(descent.downlink) == pytest.approx(8000 / 8 * seconds, abs=227)


def test_the_first_packet_of_all_says_which_dictionary_the_rest_is_in(descent: Descent) -> None:
    frame = plain_cadu(descent.downlink[: Coding.RS.cadu_length], Coding.RS)
    assert frame
    assert frame[10:12] == b"\x08\x10"  # APID of BOOT in the first frame's data field


def test_frames_of_each_camera_follow_from_rate_and_window(descent: Descent) -> None:
    """Pulses counted by hardware against rate times time between the reported plan changes."""
    events = descent.decoded.tables["EVR"].to_pylist()
    names = missions.load(MISSION).CAMERAS
    end_s = descent.flight.world.time_from_ei_s
    for number, account in enumerate(cameras(MISSION, descent.decoded.tables)):
        changes = [
            (row["time_from_ei_s"], row["EVR_ARG1"] / 100)
            for row in events
            if row["EVR_ID"] == "CAMERA_PLAN" and row["EVR_ARG0"] == number
        ]
        ends = [time for time, _ in changes[1:]] + [end_s]
        expected = sum(
            (end - start) * rate for (start, rate), end in zip(changes, ends, strict=True)
        )
        assert account.name == names[number]
        # A pulse each way a plan change; 0.30 Hz stands for a period of 3.3 s.
        assert account.triggered == pytest.approx(expected, rel=0.011, abs=len(changes))
        assert account.triggered == account.confirmed
        assert account.missed == 0


def test_lander_vision_pulses_fall_on_tenths_of_a_second(descent: Descent) -> None:
    table = descent.decoded.tables["CAM_TAG"]
    ticks = table["CAM6_TAG_S"].to_numpy() * 65536 + np.round(
        table["CAM6_TAG_FRACTION"].to_numpy() * 65536
    )
    tenths = ticks[ticks > 0] * 10 / 65536
    assert len(tenths) > 60
    assert np.abs(tenths - np.round(tenths)).max() <= 10 / 65536


def test_navigation_follows_the_truth(descent: Descent) -> None:
    truth = pq.read_table(descent.directory / "truth.parquet")
    time = truth["time_from_ei_s"].to_numpy()
    nav = descent.decoded.tables["NAV"]
    at = nav["time_from_ei_s"].to_numpy()
    error = np.abs(nav["NAV_ALTITUDE"].to_numpy() - np.interp(at, time, truth["altitude_m"]))
    locked_s = next(r.simulated_s for r in descent.timeline if r.label == "radar lock")
    contact_s = next(r.simulated_s for r in descent.timeline if r.label == "contact")
    assert locked_s is not None
    assert contact_s is not None
    assert error[(at > -599) & (at < locked_s)].max() < 1500
    assert error[(at > locked_s + 5) & (at < contact_s)].max() < 15


def replayed(descent: Descent, target: Target, directory: Path) -> str:
    recorded = recording.load(descent.directory / "sensors.bin")
    with closing(target):
        fly.replay(recorded, target, directory / "downlink.bin", quiet)
    return hashlib.sha256((directory / "downlink.bin").read_bytes()).hexdigest()


@pytest.mark.soak
def test_the_same_seed_gives_the_same_octets_again(descent: Descent, tmp_path: Path) -> None:
    assert fly_descent(SEED, tmp_path).downlink == descent.downlink


@pytest.mark.parametrize("target", [InProcess, MicroPython])
def test_its_first_minutes_are_the_same_again(
    descent: Descent, tmp_path: Path, target: type[InProcess | MicroPython]
) -> None:
    config = dispersed(SEED)
    world = World(SEED, replace(config, end_from_ei_s=config.start_from_ei_s + 120.0))
    with closing(target()) as flight_code:
        fly.fly(MISSION, SEED, flight_code, tmp_path, quiet, world=world)
    for name in ("downlink.bin", "sensors.bin"):
        octets = (tmp_path / name).read_bytes()
        assert len(octets) > 10_000
        assert (descent.directory / name).read_bytes().startswith(octets), name


@pytest.mark.soak
def test_the_recording_gives_the_same_downlink_on_cpython(descent: Descent, tmp_path: Path) -> None:
    expected = hashlib.sha256(descent.downlink).hexdigest()
    assert replayed(descent, InProcess(), tmp_path) == expected


@pytest.mark.parametrize(
    "target", [MicroPython, pytest.param(MicroPython32, marks=pytest.mark.soak)]
)
def test_the_recording_gives_the_same_downlink_on_micropython_with_the_heap_locked(
    descent: Descent, tmp_path: Path, target: type[MicroPython | MicroPython32]
) -> None:
    expected = hashlib.sha256(descent.downlink).hexdigest()
    assert replayed(descent, target(lock_heap=True), tmp_path) == expected


@pytest.mark.soak
@pytest.mark.parametrize("target", [MicroPython, MicroPython32])
def test_what_allocates_in_the_last_state_only_is_caught_when_it_is_reached(
    descent: Descent, tmp_path: Path, target: type[MicroPython | MicroPython32]
) -> None:
    last = len(missions.load(MISSION).STATES) - 1
    for package in ("fsw", "boards"):
        shutil.copytree(targets.TREE / package, tmp_path / package)
    main = tmp_path / "boards" / "host" / "main.py"
    main.write_text(
        "from fsw.dictionary.index import channel\n"
        "from fsw.nav.selection import Selection\n"
        "_run, _state = Selection.run, channel('EDL_STATE')\n"
        "def run(self):\n"
        "    _run(self)\n"
        f"    kept = [0] if self._cvt[_state] == {last} else None\n"
        "Selection.run = run\n" + main.read_text()
    )
    with (
        mock.patch.object(targets, "TREE", tmp_path),
        pytest.raises(UserError, match="MemoryError: memory allocation failed, heap is locked"),
    ):
        replayed(descent, target(lock_heap=True), tmp_path)
    # All of the downlink but the last few seconds had come by then.
    came = (tmp_path / "downlink.bin").stat().st_size
    assert 0.9 < came / len(descent.downlink) < 1


@pytest.mark.soak
def test_every_intermediate_of_the_flight_code_is_a_small_integer(descent: Descent) -> None:
    done = guard(descent.directory / "sensors.bin")
    assert done.returncode == 0, done.stderr
    checks = int(done.stdout.split()[0])
    assert checks > 100 * descent.flight.minor_frames  # the guard was really in the code
