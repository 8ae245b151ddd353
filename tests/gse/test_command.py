"""Can somebody at a shell command a live simulation, and is told in a sentence when not?"""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

import gse
from fsw.dictionary.commands import COMMANDS
from fsw.link.receiver import OCTETS_A_FRAME
from gse import cli, dictionary, keys
from gse.archive.archive import Archive
from gse.decode import decode
from gse.errors import UserError
from gse.live.connection import LIVE, connect
from gse.serve import Ground
from gse.targets import TREE
from gse.uplink import telecommand
from gse.uplink.numbers import Numbers
from gse.uplink.security import VIRTUAL_CHANNEL, Security
from tests.gse.test_cli import EDLCAM, assert_one_sentence, run
from tests.spacecraft import Secured

PATIENCE_S = 60.0  # far longer than anything here takes


@contextmanager
def flying(out: Path, *options: str | Path) -> Iterator[subprocess.Popen[str]]:
    """edlcam fly --serve, once it can be talked to."""
    process = subprocess.Popen(
        [*EDLCAM, "fly", "--serve", "tcp:0", "--out", out, *options],
        env=os.environ | {"PYTHONPATH": str(TREE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        end = time.monotonic() + PATIENCE_S
        while not (out / LIVE).exists() or not (out / LIVE).read_text().endswith("\n"):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end
            time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "command.key"
    keys.save(keys.new(7), path)
    return path


def test_a_live_simulation_is_commanded_with_its_key_only(tmp_path: Path, key: Path) -> None:
    other = tmp_path / "other.key"
    keys.save(keys.new(7), other)
    out = tmp_path / "flight"
    kept = tmp_path / "archive"
    Archive(kept).close()
    with flying(out, "--key", key) as process:
        source = f"sim:{out}"
        done = run("command", source, "NO_OP", "--key", key, "--archive", kept)
        assert done.exit_code == 0, done.stderr
        assert "NO_OP: done on board." in done.stdout
        done = run(
            "command", source, "parameter_set", "parameter=ALTIMETER_SURPRISE", "value=200",
            "--key", key,
        )  # fmt: skip
        assert done.exit_code == 0, done.stderr
        assert "parameter ALTIMETER_SURPRISE set to" in done.stdout
        refused = run("command", source, "NO_OP", "--key", other, "--archive", kept)
        assert_one_sentence(refused, 1)
        assert "FORGED" in refused.stderr
        assert_one_sentence(run("command", source, "NO_OP", "--unauthenticated"), 2)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == cli.INTERRUPTED, said
    with gse.open(kept) as reading:
        commands = reading.sql("SELECT name, source, outcome FROM commands").to_pylist()
    assert [(c["name"], c["source"]) for c in commands] == [("NO_OP", source)] * 2
    assert commands[0]["outcome"] == "done on board"
    assert "FORGED" in commands[1]["outcome"]
    assert not (out / LIVE).exists()
    downlink = (out / "downlink.bin").read_bytes()
    texts = decode(downlink, dictionary.load("mars2020")).events.to_pydict()["text"]
    assert "command NAV_INITIALISE done" in texts, "the flight's own ground has the key, too"
    assert keys.load(key).octets not in downlink
    assert_one_sentence(run("command", source, "NO_OP", "--key", key), 2)


def test_without_a_key_commands_are_packets_and_one_client_is_served(tmp_path: Path) -> None:
    out = tmp_path / "flight"
    with flying(out):
        source = (out / LIVE).read_text().strip()
        refused = run("command", source, "CAMERA_TEST", "camera=PUC_A", "pulses=3",
                      "--unauthenticated")  # fmt: skip
        assert refused.exit_code in (0, 1)
        assert "CAMERA_TEST" in refused.output
        with socket.create_connection(("127.0.0.1", int(source.rpartition(":")[2]))) as first:
            assert first.recv(1)
            second = run("command", source, "NO_OP", "--unauthenticated")
            assert_one_sentence(second, 2)
            assert "serves one at a time" in second.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["x", "NO_OP"], "--unauthenticated"),
        (["x", "NO_OP", "--unauthenticated", "--key", "k"], "either --key FILE or"),
        (["x"], "name a source"),
        (["x", "NONE", "--unauthenticated"], "no command 'NONE'"),
        (["x", "NO_OP", "a=1", "--unauthenticated"], "takes no arguments"),
        (["x", "NO_OP", "--unauthenticated"], "names no link"),
        (["x", "NO_OP", "--key", "/dev/none"], "no key file"),
        (["x", "NO_OP", "--unauthenticated", "--archive", "/dev/none"], "/dev/none is no archive"),
    ],
)
def test_what_cannot_be_sent_is_one_sentence(arguments: list[str], said: str) -> None:
    result = run("command", *arguments)
    assert_one_sentence(result, 2)
    assert said in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--serve", "udp:5000"], "cannot be served"),
        (["--serve", "tcp:many"], "has no port number"),
        (["--key", "k"], "--key goes with --serve"),
        (["--serve", "tcp:0", "--key", "k", "--target", "micropython"], "on --target cpython only"),
        (["--serve", "tcp:0", "--key", "/dev/none"], "no key file"),
    ],
)
def test_what_cannot_be_served_is_one_sentence(
    arguments: list[str], said: str, tmp_path: Path
) -> None:
    result = run("fly", "--out", tmp_path, *arguments)
    assert_one_sentence(result, 2)
    assert said in result.stderr


def test_a_busy_port_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"cannot serve on port {port}.*name another one"):
            Ground(f"tcp:{port}")


def test_the_list_and_the_help_are_the_dictionary_s() -> None:
    listed = run("command", "--list").stdout
    for name, _, arguments, description, *_ in COMMANDS:
        assert name in listed
        assert description in listed
        shown = run("command", "x", name.lower(), "--help")
        assert shown.exit_code == 0
        for argument in arguments:
            assert f"  {argument[0]}=" in shown.stdout
    assert "altitude=-4096.00 m .. 2097152.00 m" in run("command", "x", "NAV_INITIALISE",
                                                        "--help").stdout  # fmt: skip
    assert "Usage:" in run("command", "--help").stdout


def completed(words: list[str], incomplete: str) -> list[str]:
    complete = ShellComplete(cli.main, {}, "edlcam", "_EDLCAM_COMPLETE")
    return [item.value for item in complete.get_completions(words, incomplete)]


def test_a_shell_completes_names_and_arguments() -> None:
    assert completed(["command", "x"], "cam") == ["CAMERA_TEST"]
    assert len(completed(["command", "x"], "")) == len(COMMANDS)
    given = completed(["command", "x", "CAMERA_TEST"], "camera=P")
    assert given == ["camera=PUC_A", "camera=PUC_B", "camera=PUC_C"]
    assert completed(["command", "x", "CAMERA_TEST"], "pul") == ["pulses="]


class Clock:
    """Passes when it is slept."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def until(condition: object, step: object) -> None:
    assert callable(condition)
    assert callable(step)
    end = time.monotonic() + PATIENCE_S
    while not condition():
        step()
        assert time.monotonic() < end


def test_packets_are_found_among_garbage_and_handed_over_as_the_board_looks() -> None:
    clock = Clock()
    ground = Ground("tcp:0", None, clock, clock.sleep)
    client = connect(ground.source)
    packets = [telecommand("NO_OP", {}, n) for n in range(4)]
    client.send(b"\x11\x11\x00" + packets[0] + b"\x11\x00\xff\xff\xff\xff" + packets[1] + b"\x11")
    client.send(packets[2][:5])
    got: list[tuple[int, bytes]] = []
    frames = iter(range(1_000_000))

    def step() -> None:
        n = next(frames)
        packet = ground.uplink(packets[3] if n == 0 else b"")
        if packet:
            got.append((n, packet))
            if len(got) == 3:
                client.send(packets[2][5:])

    until(lambda: len(got) == 4, step)
    assert [packet for _, packet in got] == [packets[3], packets[0], packets[1], packets[2]]
    assert all(later - earlier >= 4 for (earlier, _), (later, _) in itertools.pairwise(got))
    client.close()
    ground.close()


def test_frames_come_up_no_faster_than_a_board_takes_them(key: Path) -> None:
    clock = Clock()
    security = Security(keys.load(key), Numbers(), 0x2A8, VIRTUAL_CHANNEL)
    ground = Ground("tcp:0", security, clock, clock.sleep)
    octets = ground.uplink(telecommand("NO_OP", {}))
    while more := ground.uplink(b""):
        assert len(octets) % OCTETS_A_FRAME == 0
        octets += more
    far_end = Secured(keys.load(key).octets)
    far_end.deliver(octets)
    assert far_end.packets == [telecommand("NO_OP", {})]
    ground.close()


def test_minor_frames_last_as_long_as_they_do_and_lost_time_is_made_up() -> None:
    clock = Clock()
    ground = Ground("tcp:0", None, clock, clock.sleep)
    for _ in range(64):
        ground.downlink(b"")
    assert clock.now == pytest.approx(1.0)
    clock.now += 0.1  # something took long
    for _ in range(64):
        ground.downlink(b"")
    assert clock.now == pytest.approx(2.0)
    ground.close()


def test_a_client_that_comes_and_goes_is_followed_by_another() -> None:
    clock = Clock()
    ground = Ground("tcp:0", None, clock, clock.sleep)
    for word in (b"one", b"two"):
        client = connect(ground.source)
        heard = bytearray()

        def step(word: bytes = word, heard: bytearray = heard) -> None:
            ground.uplink(b"")
            ground.downlink(word)
            heard.extend(client.receive(0.0))  # noqa: B023 - used in this turn only

        until(lambda word=word, heard=heard: word in heard, step)
        client.close()
        until(lambda: ground._client is None, step_of(ground))
    ground.close()


def step_of(ground: Ground) -> object:
    def step() -> None:
        ground.uplink(b"")

    return step
