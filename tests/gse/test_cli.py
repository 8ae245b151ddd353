"""Does the command line say what it found, and what went wrong, in words?"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fsw.dictionary.index import event
from fsw.dictionary.packets import PACKETS
from gse import cli
from gse.commands import decode as decode_command
from tests.gse.captures import DICTIONARY, steady
from tests.gse.encoder import Packetizer, boot, capture

EDLCAM = [sys.executable, "-c", "from gse.cli import main; main(prog_name='edlcam')"]


@pytest.fixture
def downlink(tmp_path: Path) -> Path:
    path = tmp_path / "downlink.bin"
    frames = capture(steady(60))
    path.write_bytes(b"".join(frames[:5] + frames[6:]))
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli.main, [str(a) for a in arguments])


def assert_one_sentence(result: Result, code: int) -> None:
    assert result.exit_code == code
    assert result.stderr.startswith("edlcam: ")
    assert result.stderr.endswith(".\n")
    assert result.stderr.count("\n") == 1


def test_decode_summarises_and_writes_tables(downlink: Path, tmp_path: Path) -> None:
    result = run("decode", downlink, "--out", tmp_path / "tables")
    assert result.exit_code == 0
    assert f"dictionary {DICTIONARY.fingerprint:08X} verified" in result.stdout
    assert "1 missing" in result.stdout
    assert "from entry interface" in result.stdout
    assert (tmp_path / "tables" / "NAV.parquet").exists()
    written = sorted(path.stem for path in (tmp_path / "tables").iterdir())
    assert written == sorted([row[0] for row in PACKETS] + ["events", "link"])
    assert f"{len(written)} files in {tmp_path / 'tables'}" in result.stdout


def test_decode_without_out_only_prints(downlink: Path, tmp_path: Path) -> None:
    result = run("decode", downlink)
    assert result.exit_code == 0
    assert "No tables written" in result.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["downlink.bin"]


def test_decode_lists_events_as_a_timeline(tmp_path: Path) -> None:
    packetizer = Packetizer()
    armed = {"EVR_ID": event("OUTPUT_ARMED"), "EVR_SEVERITY": 1, "EVR_ARG0": 1 << 4}
    sent = [
        boot(packetizer, DICTIONARY.fingerprint, ei_sclk=1000),
        packetizer.make("EVR", armed, 1240.625),
    ]
    path = tmp_path / "d.bin"
    path.write_bytes(b"".join(capture(sent)))
    assert "  +240.625  ACTIVITY_LO  MORTAR armed\n" in run("decode", path).stdout


def test_decode_says_when_the_dictionary_is_not_verified(tmp_path: Path) -> None:
    path = tmp_path / "d.bin"
    path.write_bytes(b"".join(capture([Packetizer().make("NAV")])))
    assert "dictionary not verified: no BOOT packet" in run("decode", path).stdout


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        (b"", "it is empty"),
        (b"only words\n" * 50, "is a sync marker with a frame behind it"),
        (capture(steady(3))[0][:-1] + b"\0", "all 1 found are damaged"),
    ],
)
def test_a_file_without_frames_is_said_to_be_so(
    tmp_path: Path, contents: bytes, reason: str
) -> None:
    path = tmp_path / "no.bin"
    path.write_bytes(contents)
    result = run("decode", path, "--out", tmp_path / "tables")
    assert_one_sentence(result, 1)
    assert reason in result.stderr
    assert not (tmp_path / "tables").exists()


def test_what_cannot_be_read_or_written_is_one_sentence(downlink: Path, tmp_path: Path) -> None:
    missing = run("decode", tmp_path / "missing.bin")
    assert_one_sentence(missing, 2)
    assert "No such file or directory" in missing.stderr
    directory = run("decode", tmp_path)
    assert_one_sentence(directory, 2)
    assert "Is a directory" in directory.stderr
    unwritable = run("decode", downlink, "--out", downlink / "below-a-file")
    assert_one_sentence(unwritable, 2)
    assert "cannot write the tables" in unwritable.stderr


def test_a_file_that_cannot_be_read_is_one_sentence() -> None:
    assert_one_sentence(run("decode", Path("/proc/self/mem")), 2)


def test_another_dictionary_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "d.bin"
    path.write_bytes(b"".join(capture([boot(Packetizer(), 1)])))
    result = run("decode", path)
    assert_one_sentence(result, 2)
    assert "made with dictionary 00000001" in result.stderr


def test_an_unknown_mission_is_one_sentence(downlink: Path) -> None:
    assert_one_sentence(run("decode", downlink, "--mission", "apollo"), 2)
    assert_one_sentence(run("dictionary", "--mission", "apollo"), 2)


def test_ctrl_c_is_one_sentence(downlink: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(path: Path) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(decode_command, "read", interrupt)
    assert_one_sentence(run("decode", downlink), 130)


def test_help_lists_every_command_and_the_exit_codes() -> None:
    text = run("--help").stdout
    assert all(f"  {name}  " in text for name in cli.COMMANDS)
    assert "Exit code 0: decoded; 1: there was no transfer frame" in run("decode", "--help").stdout


def test_dictionary_prints_both_forms() -> None:
    assert run("dictionary").stdout.startswith("# Telemetry and commands of mars2020\n")
    document = json.loads(run("dictionary", "--format", "json").stdout)
    assert document["dictionary_hash"] == f"{DICTIONARY.fingerprint:08X}"


def test_a_full_disk_leaves_no_tables(downlink: Path, tmp_path: Path) -> None:
    def little_space() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))

    out = tmp_path / "tables"
    result = subprocess.run(
        [*EDLCAM, "decode", str(downlink), "--out", str(out)],
        capture_output=True,
        text=True,
        preexec_fn=little_space,
        check=False,
    )
    assert result.returncode == 2
    assert result.stderr.startswith("edlcam: cannot write the tables to ")
    assert result.stderr.count("\n") == 1
    assert not list(out.iterdir())


@pytest.mark.parametrize("arguments", [["dictionary"], ["decode", "FILE"]])
def test_a_closed_pipe_is_quiet(downlink: Path, arguments: list[str]) -> None:
    command = [*EDLCAM, *(str(downlink) if a == "FILE" else a for a in arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert process.returncode == 0
