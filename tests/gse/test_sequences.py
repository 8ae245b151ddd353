"""Is a sequence file checked before it goes up, and is a dump of parameters shown as it came?"""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fsw.dictionary.index import parameter
from fsw.dictionary.parameters import PARAMETERS
from fsw.link.sequences import ABSOLUTE, AFTER_STATE, RELATIVE
from gse import cli
from gse.dictionary import load
from gse.errors import UserError
from gse.sequences import Entry, parse
from tests.fsw.test_sequences import Sequencer
from tests.gse.captures import DICTIONARY
from tests.gse.encoder import Packetizer, boot, capture

GOOD = """
slot = 2

[[entry]]
after = 1.5
command = "CAMERA_TEST"
arguments = { camera = "DDC", pulses = 10 }

[[entry]]
at = 666952000.25
command = "PARAMETER_SET"
arguments = { parameter = "CAMERA_RETRIES", value = 3 }

[[entry]]
state = "PARACHUTE"
after = 10
command = "NO_OP"
"""


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli.main, [str(a) for a in arguments])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sequence.toml"
    path.write_text(GOOD)
    return path


def test_a_good_file_is_shown_with_its_checksum(file: Path) -> None:
    result = run("sequence", "check", file)
    assert result.exit_code == 0, result.output
    for text in ("+1.5 s", "camera=DDC, pulses=10", "at SCLK 666952000.25 s", "after PARACHUTE",
                 "parameter=CAMERA_RETRIES, value=3", "Slot 2, 3 entries"):  # fmt: skip
        assert text in result.output


def test_the_flight_software_takes_what_is_printed(file: Path) -> None:
    result = run("sequence", "packets", file)
    assert result.exit_code == 0
    rig = Sequencer()
    for line in result.output.splitlines():
        assert rig.send(bytes.fromhex(line)) == "DONE"
    assert rig["SEQUENCES_STORED"] == 1 << 2


def test_names_and_times_become_counts() -> None:
    entries = parse(
        {
            "slot": 0,
            "entry": [
                {"after": 0.5, "command": "NO_OP"},
                {"at": 10, "command": "SEQUENCE_STOP", "arguments": {"slot": 1}},
                {"state": "ENTRY", "after": 2, "command": "NO_OP"},
            ],
        },
        load("mars2020"),
        "test",
    ).entries
    assert entries == (
        Entry(RELATIVE, 32, "NO_OP", {}),
        Entry(ABSOLUTE, 640, "SEQUENCE_STOP", {"slot": 1}),
        Entry(AFTER_STATE + 2, 128, "NO_OP", {}),
    )


ONE = {"after": 1, "command": "NO_OP"}


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"slot": 4, "entry": [ONE]}, r"slot is to be 0 \.\. 3, not 4"),
        ({"slot": True, "entry": [ONE]}, "slot is to be"),
        ({"slot": 0}, r"1 \.\. 32 \[\[entry\]\]"),
        ({"slot": 0, "entry": [ONE] * 33}, r"1 \.\. 32 \[\[entry\]\]"),
        ({"slot": 0, "entry": [ONE], "sloth": 1}, "sloth is not understood"),
        ({"slot": 0, "entry": [ONE | {"whence": 1}]}, "entry 0 may have"),
        ({"slot": 0, "entry": [ONE, {"command": "NO_OP"}]}, "entry 1 is to have at, or after"),
        ({"slot": 0, "entry": [ONE | {"at": 1}]}, "is to have at, or after"),
        ({"slot": 0, "entry": [ONE | {"after": -1}]}, "after is to be 0"),
        ({"slot": 0, "entry": [ONE | {"after": float("nan")}]}, "after is to be 0"),
        ({"slot": 0, "entry": [ONE | {"state": "PAD"}]}, "no state 'PAD'"),
        ({"slot": 0, "entry": [ONE | {"command": "FIRE"}]}, "no command named 'FIRE'"),
        ({"slot": 0, "entry": [ONE | {"command": "NAV_INITIALISE"}]}, "more arguments than"),
        ({"slot": 0, "entry": [ONE | {"arguments": {"x": 1}}]}, "takes no arguments"),
        (
            {"slot": 0, "entry": [{"after": 1, "command": "CAMERA_TEST",
                                   "arguments": {"camera": 9, "pulses": 1}}]},
            "camera=9 is outside",
        ),
        (
            {"slot": 0, "entry": [{"after": 1, "command": "CAMERA_TEST",
                                   "arguments": {"camera": "EYE", "pulses": 1}}]},
            "a whole number of counts or a name, not 'EYE'",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_sentence(document: dict[str, object], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        parse(document, load("mars2020"), "test")


def test_a_file_that_is_no_toml_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "sequence.toml"
    path.write_text("slot =")
    result = run("sequence", "check", path)
    assert result.exit_code == 2
    assert "is no TOML" in result.stderr


def dumped(path: Path, *dumps: dict[int, int]) -> Path:
    """A capture with dumps of parameters, each value by number."""
    packetizer = Packetizer()
    sent = [boot(packetizer, DICTIONARY.fingerprint)]
    for dump in dumps:
        sent += [
            packetizer.make("PARAMETER", {"PARAMETER_ID": number, "PARAMETER_VALUE": value})
            for number, value in dump.items()
        ]
    path.write_bytes(b"".join(capture(sent)))
    return path


DEFAULTS = {number: row[3] for number, row in enumerate(PARAMETERS)}
RETRIES = parameter("CAMERA_RETRIES")


def test_the_last_dump_is_shown_and_what_changed_is_marked(tmp_path: Path) -> None:
    path = dumped(tmp_path / "downlink.bin", DEFAULTS, DEFAULTS | {RETRIES: 7})
    result = run("parameters", path)
    assert result.exit_code == 0, result.output
    assert f"{len(PARAMETERS)} parameters, 1 changed, 0 not received." in result.output
    (line,) = [line for line in result.output.splitlines() if line.startswith("CAMERA_RETRIES")]
    assert line.split() == ["CAMERA_RETRIES", "7", "2", "0", "..", "10", "yes"]


def test_what_is_not_as_expected_is_named_and_the_exit_code_says_so(tmp_path: Path) -> None:
    path = dumped(tmp_path / "downlink.bin", DEFAULTS | {RETRIES: 7})
    wanted = tmp_path / "expected.toml"
    wanted.write_text("CAMERA_RETRIES = 7\nALTIMETER_GATE = 250.0\n")
    assert run("parameters", path, "--expect", wanted).exit_code == 0
    wanted.write_text("ALTIMETER_GATE = 300.5\n")
    result = run("parameters", path, "--expect", wanted)
    assert result.exit_code == 1
    assert "not as expected: ALTIMETER_GATE, CAMERA_RETRIES." in result.output


def test_a_parameter_that_did_not_come_is_not_as_expected(tmp_path: Path) -> None:
    some = {number: value for number, value in DEFAULTS.items() if number != RETRIES}
    path = dumped(tmp_path / "downlink.bin", DEFAULTS, some)
    wanted = tmp_path / "expected.toml"
    wanted.write_text("")
    result = run("parameters", path, "--expect", wanted)
    assert result.exit_code == 1
    assert "1 not received; not as expected: CAMERA_RETRIES" in result.output


@pytest.mark.parametrize(
    "line", ["NOTHING = 1", "CAMERA_RETRIES = 2.5", "CAMERA_RETRIES = 11", "CAMERA_RETRIES = 'x'",
             "CAMERA_RETRIES = inf", "="]
)  # fmt: skip
def test_an_expectation_that_cannot_be_is_one_sentence(tmp_path: Path, line: str) -> None:
    path = dumped(tmp_path / "downlink.bin", DEFAULTS)
    wanted = tmp_path / "expected.toml"
    wanted.write_text(line)
    result = run("parameters", path, "--expect", wanted)
    assert result.exit_code == 2
    assert result.stderr.startswith("edlcam: ")


def test_a_capture_without_a_dump_is_said_so(tmp_path: Path) -> None:
    result = run("parameters", dumped(tmp_path / "downlink.bin"))
    assert result.exit_code == 1
    assert "no dump in" in result.stderr
