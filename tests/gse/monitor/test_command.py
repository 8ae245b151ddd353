"""Does edlcam monitor say in a sentence what it cannot do, and leave the terminal as it should?"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from pathlib import Path

import pytest

from gse import cli
from gse.archive.archive import Archive
from gse.targets import TREE
from tests.gse.captures import steady
from tests.gse.encoder import capture
from tests.gse.test_cli import EDLCAM, assert_one_sentence, run

PATIENCE_S = 60.0
SHOWN = "mars2020"  # in the header, once something was received
SIZE = struct.pack("HHHH", 30, 100, 0, 0)  # rows, columns
ALTERNATE_OFF = b"\x1b[?1049l"  # the terminal shows again what stood there before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tty"], "names no link: write serial:PORT"),
        (["file:/no/such/file"], "cannot read /no/such/file"),
        (["serial:/dev/ttyACM0?baud=fast"], "baud is no number"),
        (["."], ". is a directory, and the monitor watches what comes"),
        (["udp::5000"], "the monitor needs a terminal"),
        (["serial:/dev/none"], "the monitor needs a terminal"),
    ],
)
def test_what_cannot_be_watched_is_one_sentence(arguments: list[str], said: str) -> None:
    result = run("monitor", *arguments)
    assert_one_sentence(result, 2)
    assert said in result.stderr


class Terminal:
    """edlcam on a terminal of its own."""

    def __init__(self, *arguments: str | Path) -> None:
        self._far, near = pty.openpty()
        fcntl.ioctl(near, termios.TIOCSWINSZ, SIZE)
        self.before = termios.tcgetattr(near)
        self._near = near
        self.process = subprocess.Popen(
            [*EDLCAM, *map(str, arguments)],
            env=os.environ | {"PYTHONPATH": str(TREE), "TERM": "xterm-256color"},
            stdin=near,
            stdout=near,
            stderr=near,
            start_new_session=True,
        )
        self.shown = b""

    def wait_for(self, text: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while text.encode() not in self.shown:
            assert time.monotonic() < end, self.shown[-2000:]
            self._read()

    def press(self, key: bytes) -> int:
        """The exit code, once it has ended."""
        os.write(self._far, key)
        end = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:
            assert time.monotonic() < end, self.shown[-2000:]
            self._read()
        self._read()
        return self.process.returncode

    def _read(self) -> None:
        if select.select([self._far], [], [], 0.1)[0]:
            self.shown += os.read(self._far, 1 << 16)

    @property
    def restored(self) -> bool:
        """Whether the terminal echoes and waits for lines again as before."""
        return termios.tcgetattr(self._near) == self.before

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for number in (self._far, self._near):
            os.close(number)


@pytest.fixture
def downlink(tmp_path: Path) -> Path:
    path = tmp_path / "downlink.bin"
    path.write_bytes(b"".join(capture(steady(60))))
    return path


@pytest.mark.parametrize(("key", "code"), [(b"q", 0), (b"\x03", cli.INTERRUPTED)])
def test_it_ends_by_a_key_and_gives_the_terminal_back(
    downlink: Path, tmp_path: Path, key: bytes, code: int
) -> None:
    kept = tmp_path / "kept"
    terminal = Terminal("monitor", f"file:{downlink}?speed=0", "--archive", kept)
    try:
        terminal.wait_for(SHOWN)
        assert terminal.press(key) == code
        assert terminal.restored
        assert ALTERNATE_OFF in terminal.shown
        after = terminal.shown.rpartition(ALTERNATE_OFF)[2].decode()
    finally:
        terminal.close()
    assert "Traceback" not in after
    assert ("edlcam: stopped by Ctrl-C" in after) == (code == cli.INTERRUPTED)
    raw = b"".join(path.read_bytes() for path in (kept / "raw").glob("*.raw"))
    assert raw == downlink.read_bytes()


def test_a_port_that_is_not_there_is_waited_for_and_an_archive_in_use_is_not(
    tmp_path: Path,
) -> None:
    terminal = Terminal("monitor", "serial:/dev/none")
    try:
        terminal.wait_for("cannot open /dev/none")
        assert terminal.press(b"q") == 0
    finally:
        terminal.close()
    with Archive(tmp_path / "a"):
        terminal = Terminal("monitor", "serial:/dev/none", "--archive", tmp_path / "a")
        try:
            terminal.wait_for("another process writes to the archive")
            assert terminal.process.wait(PATIENCE_S) == cli.CANNOT_RUN
            assert b"Traceback" not in terminal.shown
        finally:
            terminal.close()
