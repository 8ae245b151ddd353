"""Do fly, replay-sensors and report say in one sentence what is wrong, and lose nothing?"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from boards import simlink
from fsw import missions
from fsw.dictionary.packets import SENSOR_FRAME
from gse import fly, recording
from gse.lockstep import Begin, SensorMessages, message
from gse.targets import TREE, InProcess
from tests.descent import quiet

EDLCAM = Path(sys.executable).with_name("edlcam")
SECONDS = 40


def edlcam(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [EDLCAM, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120
    )


def assert_one_sentence(done: subprocess.CompletedProcess[str], words: str, code: int = 2) -> None:
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("edlcam: ")
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.fixture
def flown(tmp_path: Path) -> Path:
    """A directory as fly leaves it, of forty seconds of arbitrary sensors."""
    begin = Begin("mars2020", missions.load("mars2020").EI_SCLK - 20, 4)
    builder = SensorMessages()
    octets = message(simlink.BEGIN, begin.payload())
    for frame in range(64 * SECONDS):
        octets += builder.build([(frame * 31 * (i + 1)) % 211 for i in range(len(SENSOR_FRAME))])
    (tmp_path / "sensors.bin").write_bytes(octets)
    with closing(InProcess()) as target:
        recorded = recording.load(tmp_path / "sensors.bin")
        fly.replay(recorded, target, tmp_path / "downlink.bin", quiet)
    return tmp_path


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (
            "apollo",
            "no target named 'apollo': choose cpython, micropython, micropython32 or serial:PORT",
        ),
        ("serial:/dev/ttyNONE", "cannot open the serial port /dev/ttyNONE"),
    ],
)
def test_a_target_that_is_not_there_is_named(tmp_path: Path, target: str, words: str) -> None:
    assert_one_sentence(edlcam("fly", "--target", target, "--out", tmp_path), words)


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = edlcam("fly", "--out", tmp_path / "file" / "sub")
    assert_one_sentence(done, "cannot write to")


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "sensors.bin").symlink_to("/dev/full")
    assert_one_sentence(edlcam("fly", "--out", tmp_path), "No space left on device")


def test_ctrl_c_keeps_what_was_flown(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [EDLCAM, "fly", "--target", "micropython", "--out", tmp_path],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    sensors = tmp_path / "sensors.bin"
    deadline = time.monotonic() + 60
    while not (sensors.exists() and sensors.stat().st_size > 50_000):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert pq.read_table(tmp_path / "truth.parquet").num_rows > 50
    replay = edlcam("replay-sensors", sensors, "--target", "cpython")
    assert replay.returncode == 0, replay.stderr + replay.stdout
    assert edlcam("decode", tmp_path / "downlink.bin").returncode == 0


def test_a_recording_replays_to_the_same_octets(flown: Path) -> None:
    done = edlcam("replay-sensors", flown / "sensors.bin", "--target", "micropython")
    assert done.returncode == 0, done.stderr
    assert "the same, octet for octet" in done.stdout
    assert (flown / "replay" / "downlink.bin").read_bytes() == (flown / "downlink.bin").read_bytes()


def test_a_replay_that_differs_says_where_and_exits_with_one(flown: Path) -> None:
    downlink = bytearray((flown / "downlink.bin").read_bytes())
    downlink[1234] ^= 1
    (flown / "downlink.bin").write_bytes(downlink)
    done = edlcam("replay-sensors", flown / "sensors.bin")
    assert done.returncode == 1
    assert "DIFFERENT from octet 1,234 on" in done.stdout


def test_a_recording_cut_short_is_flown_as_far_as_it_goes(flown: Path) -> None:
    octets = (flown / "sensors.bin").read_bytes()
    (flown / "sensors.bin").write_bytes(octets[: len(octets) * 2 // 3])
    done = edlcam("replay-sensors", flown / "sensors.bin")
    assert done.returncode == 0, done.stderr
    assert "ends within a message" in done.stdout
    assert "as far as the recording goes" in done.stdout


def test_no_recording_is_one_sentence(flown: Path) -> None:
    assert_one_sentence(edlcam("replay-sensors", flown / "none.bin"), "No such file")
    for name, content in {
        "empty": b"",
        "text": b"no sensors here, only text",
        "downlink": (flown / "downlink.bin").read_bytes(),
    }.items():
        (flown / name).write_bytes(content)
        done = edlcam("replay-sensors", flown / name)
        assert_one_sentence(done, "is not a sensor recording")


def test_a_recording_damaged_within_is_named_with_the_octet(flown: Path) -> None:
    octets = bytearray((flown / "sensors.bin").read_bytes())
    octets[5000] ^= 0x10
    (flown / "sensors.bin").write_bytes(octets)
    done = edlcam("replay-sensors", flown / "sensors.bin")
    assert_one_sentence(done, "is damaged at octet 4")


def test_a_report_needs_no_network_and_no_truth(flown: Path) -> None:
    done = edlcam("report", flown)
    assert done.returncode == 0, done.stderr
    page = (flown / "report.html").read_text()
    assert "<script src=" not in page
    assert 'href="http' not in page.split("</script>")[-1]
    assert "Altitude above the ground" in page


def test_a_report_of_nothing_is_one_sentence(tmp_path: Path) -> None:
    assert_one_sentence(edlcam("report", tmp_path / "none"), "name a directory that edlcam fly")


@pytest.mark.parametrize(
    ("summary", "words"),
    [
        ("{", "is damaged: delete it or fly again"),
        (json.dumps({"mission": "venus"}), "names the unknown mission 'venus'"),
    ],
)
def test_a_report_with_a_damaged_summary_is_one_sentence(
    flown: Path, summary: str, words: str
) -> None:
    (flown / "summary.json").write_text(summary)
    assert_one_sentence(edlcam("report", flown), words)


def fly_mpl(directory: Path, patched: str) -> subprocess.CompletedProcess[str]:
    """edlcam fly --scenario mpl-1999, with something of it patched."""
    program = (
        "from dataclasses import replace\n"
        "from unittest.mock import patch\n"
        "from gse import scenarios\n"
        "from gse.cli import main\n"
        "from tests.descent import START_S, Brief\n"
        f"with patch.object({patched}):\n"
        "    main(prog_name='edlcam')\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program, "fly", "--scenario", "mpl-1999", "--out", directory],
        capture_output=True,
        text=True,
        check=False,
        cwd=TREE,
    )


def test_a_scenario_says_what_happened_and_what_held(tmp_path: Path) -> None:
    """A flight that boots late in its coast."""
    late = "lambda seed, config: Brief(seed, replace(config, start_from_ei_s=START_S))"
    done = fly_mpl(tmp_path, f"scenarios, 'World', {late}")
    assert done.returncode == 0, done.stderr
    assert "mpl-1999: " in done.stdout
    document = json.loads((tmp_path / "summary.json").read_text())
    assert document["scenario"] == "mpl-1999"
    assert document["findings"]
    assert all(finding["held"] for finding in document["findings"])


def test_a_scenario_that_does_not_hold_exits_with_one(tmp_path: Path) -> None:
    """A flight that ends before it enters, let alone lands."""
    early = "property(lambda world: world.time_from_ei_s > -615)"
    done = fly_mpl(tmp_path, f"scenarios.World, 'finished', {early}")
    assert done.returncode == 1, done.stderr
    findings = json.loads((tmp_path / "summary.json").read_text())["findings"]
    assert not all(finding["held"] for finding in findings)


def test_a_scenario_of_another_mission_is_refused(tmp_path: Path) -> None:
    done = edlcam("fly", "--mission", "droptest", "--scenario", "mpl-1999", "--out", tmp_path)
    assert_one_sentence(done, "scenarios are flown with the mission mars2020")
