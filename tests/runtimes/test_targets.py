"""Does the same flight code answer the same in process, over pipes and over a serial port?"""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest

import boards
from boards import simlink
from fsw import missions
from fsw.app import FlightCore
from fsw.dictionary.index import channel, fingerprint
from fsw.dictionary.packets import SENSOR_FRAME
from gse.errors import UserError
from gse.link.protection import Coding
from gse.lockstep import Begin, SensorMessages, message
from gse.targets import (
    HEAP,
    InProcess,
    MicroPython,
    MicroPython32,
    SerialPort,
    Target,
    micropython,
    open_target,
)
from gse.uplink import telecommand
from tests.descent import guard

TREE = Path(boards.__file__).parent.parent
MISSION = missions.load("mars2020")
BEGIN = Begin("mars2020", MISSION.EI_SCLK - 20, 4)
MINOR_FRAMES = 64 * 20


def sensor_messages() -> Iterator[bytes]:
    """Twenty seconds of arbitrary sensor values, with a command among them."""
    builder = SensorMessages()
    for frame in range(MINOR_FRAMES):
        counts = [(frame * 7919 * (i + 1)) % 5003 for i in range(len(SENSOR_FRAME))]
        yield builder.build(counts, telecommand("PARAMETER_DUMP", {}) if frame == 65 else b"")


def fly(target: Target, begin: Begin = BEGIN) -> list[bytes]:
    with closing(target):
        assert target.begin(begin).fingerprint == fingerprint(MISSION)
        return [target.exchange(sensor_message) for sensor_message in sensor_messages()]


@contextmanager
def board_behind_a_pseudo_terminal() -> Iterator[str]:
    """MicroPython at the far end of a serial line, as a board is."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [micropython(), "-X", f"heapsize={HEAP}", TREE / "boards" / "host" / "main.py"],
        stdin=master,
        stdout=master,
        stderr=subprocess.PIPE,
        env=os.environ | {"MICROPYPATH": str(TREE)},
    )
    try:
        yield os.ttyname(slave)
    finally:
        process.kill()
        process.communicate()
        os.close(master)
        os.close(slave)


@pytest.fixture(scope="module")
def reference() -> list[bytes]:
    return fly(InProcess())


def test_micropython_answers_as_cpython_does(reference: list[bytes]) -> None:
    assert fly(MicroPython(lock_heap=False)) == reference


def test_micropython_flies_with_the_heap_locked(reference: list[bytes]) -> None:
    assert fly(MicroPython(lock_heap=True)) == reference


def test_32_bit_micropython_answers_the_same_with_the_heap_locked(reference: list[bytes]) -> None:
    assert fly(MicroPython32(lock_heap=True)) == reference


@pytest.mark.parametrize("interpreter", [MicroPython, MicroPython32])
def test_the_longest_codeblocks_leave_every_interpreter_the_same_without_the_heap(
    interpreter: Callable[..., Target],
) -> None:
    """Longer than the messages that go up the simulation link: the room is made before the lock."""
    begin = replace(BEGIN, coding=Coding.RS5)
    expected = fly(InProcess(), begin)
    assert max(map(len, expected)) > 1279
    assert fly(interpreter(lock_heap=True), begin) == expected


def test_a_serial_port_answers_as_cpython_does(reference: list[bytes]) -> None:
    with board_behind_a_pseudo_terminal() as port:
        assert fly(SerialPort(port)) == reference


PLANTED = {
    "a float": "kept = self._cvt[0] / 3",
    "a value of 31 bits": "kept = (1 << 29) + self._cvt[0] % 2 + (1 << 29)",
}


def fly_planted(line: str, command: list[str | Path], tree: Path) -> bytes:
    """One minor frame of the server with a line added to a task; what the interpreter says."""
    for package in ("fsw", "boards"):
        shutil.copytree(TREE / package, tree / package)
    main = tree / "boards" / "host" / "main.py"
    main.write_text(
        "from fsw.nav.selection import Selection\n"
        "_run = Selection.run\n"
        f"def run(self):\n    _run(self)\n    {line}\n"
        "Selection.run = run\n" + main.read_text()
    )
    process = subprocess.run(
        [*command, "lock-heap"],
        input=message(simlink.BEGIN, BEGIN.payload()) + next(sensor_messages()),
        env=os.environ | {"MICROPYPATH": str(tree)},
        cwd=tree,
        capture_output=True,
        check=False,
    )
    return process.stderr + process.stdout


@pytest.mark.parametrize("line", PLANTED.values(), ids=PLANTED.keys())
def test_the_heap_lock_on_32_bits_catches_what_is_no_small_integer(
    line: str, tmp_path: Path
) -> None:
    command: list[str | Path] = [sys.executable, "-m", "gse.micropython32", tmp_path]
    said = fly_planted(line, [*command, "boards/host/main.py"], tmp_path)
    assert b"MemoryError" in said


def test_the_heap_lock_on_64_bits_catches_a_float_but_not_31_bits(tmp_path: Path) -> None:
    """So the 32-bit interpreter is needed too."""
    caught = []
    for name, line in PLANTED.items():
        tree = tmp_path / name
        command: list[str | Path] = [
            micropython(),
            "-X",
            f"heapsize={HEAP}",
            tree / "boards" / "host" / "main.py",
        ]
        if b"MemoryError" in fly_planted(line, command, tree):
            caught.append(name)
    assert caught == ["a float"]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [("x = (1 << 29) + (1 << 29)", "is no small integer"), ("x = 1 / 3", "is a float")],
)
def test_the_guarding_integers_catch_a_planted_overflow(
    line: str, sentence: str, tmp_path: Path
) -> None:
    recording = tmp_path / "sensors.bin"
    recording.write_bytes(message(simlink.BEGIN, BEGIN.payload()) + b"".join(sensor_messages()))
    assert guard(recording).returncode == 0
    done = guard(recording, line)
    assert done.returncode != 0
    assert "fsw.nav.selection:1:4: " in done.stderr
    assert sentence in done.stderr


def test_a_damaged_message_ends_the_flight_with_a_sentence() -> None:
    target = InProcess()
    target.begin(BEGIN)
    damaged = bytearray(next(sensor_messages()))
    damaged[20] ^= 1
    with pytest.raises(UserError, match="damaged message"):
        target.exchange(bytes(damaged))


def test_a_mission_that_the_board_does_not_have_is_named() -> None:
    with pytest.raises(UserError, match="no mission named venus; there are: mars2020"):
        InProcess().begin(Begin("venus", 1, 0))


def test_a_board_with_another_dictionary_is_refused_before_it_flies() -> None:
    with (
        mock.patch("boards.simserver.FlightCore.start", other_dictionary),
        pytest.raises(UserError, match="has dictionary 00000001, but this edlcam has"),
    ):
        InProcess().begin(BEGIN)


def other_dictionary(core: FlightCore, sclk_s: int, reset_cause: int) -> None:
    core.cvt[channel("DICTIONARY_HASH")] = 1


def test_sensors_before_a_flight_has_begun_are_refused() -> None:
    with pytest.raises(UserError, match="nothing begun"):
        InProcess().exchange(next(sensor_messages()))


@pytest.mark.parametrize("target", [InProcess, MicroPython])
def test_a_time_that_no_flight_begins_at_is_refused(
    target: type[InProcess | MicroPython],
) -> None:
    with (
        closing(target()) as refusing,
        pytest.raises(UserError, match="a flight begins before second 2\\^30 of SCLK"),
    ):
        refusing.begin(replace(BEGIN, sclk_s=1 << 30))


def test_a_micropython_that_dies_is_reported_with_what_it_said() -> None:
    target = MicroPython()
    target.begin(BEGIN)
    target._process.kill()
    target._process.wait()
    with pytest.raises(UserError, match="MicroPython stopped"):
        target.exchange(next(sensor_messages()))
    target.close()


def test_something_else_on_the_serial_port_is_recognised() -> None:
    master, slave = pty.openpty()
    target = SerialPort(os.ttyname(slave))

    def chatter() -> None:
        os.read(master, 64)
        os.write(master, b"MicroPython v1.28 on Raspberry Pi Pico\r\n>>> " * 100)

    thread = threading.Thread(target=chatter)
    thread.start()
    with pytest.raises(UserError, match="something else than the simulation link"):
        target.begin(BEGIN)
    thread.join()
    target.close()
    os.close(master)
    os.close(slave)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("mars", "no target named 'mars'"),
        ("serial:", "no target named 'serial:'"),
        ("serial:/dev/no-such-port", "cannot open the serial port /dev/no-such-port"),
        ("serial:/dev/ttyX?baud=fast", "target option 'baud=fast'"),
    ],
)
def test_a_target_that_is_none_is_one_sentence(name: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        open_target(name)
