"""Can somebody at a shell get back what a live descent's link has lost, and is told when not?"""

from __future__ import annotations

import contextlib
import functools
import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from fsw import missions
from fsw.dictionary.channels import ENUMS
from fsw.dictionary.index import event
from gse import cli, fly, keys
from gse.commands import playback
from gse.commands.playback import FrameFile
from gse.decode import Decoded, decode
from gse.dictionary import load
from gse.errors import UserError
from gse.link.protection import Coding
from gse.live.connection import LIVE
from gse.serve import Ground
from gse.sim.config import dispersed
from gse.sim.world import World
from gse.targets import TREE, Direct
from gse.uplink import retriever, telecommand
from gse.uplink.numbers import StoredNumbers, beside
from gse.uplink.security import VIRTUAL_CHANNEL, Security
from tests.gse.encoder import Packetizer, boot, capture
from tests.gse.test_cli import EDLCAM, assert_one_sentence, run
from tests.gse.test_command import PATIENCE_S, flying

MARS = missions.load("mars2020")
CADU = Coding.CRC.cadu_length
SPEED = 16  # times real time
START_S = 45.0  # four seconds before entry is sensed, from when on all is recorded


class Lossy(Ground):
    """The ground of a flight that flies faster, over a link that fails from a while after somebody
    has begun to listen.

    now_s: seconds flown. outage_s: from when to when, seconds listened to. lost: frames in it.
    """

    def __init__(self, security: Security | None) -> None:
        super().__init__("tcp:0", security, sleep=lambda seconds: time.sleep(seconds / SPEED))
        self.outage_s = (0.0, 0.0)
        self.now_s = self._heard_s = 0.0
        self.lost = 0

    def downlink(self, octets: bytes) -> None:
        if self._client:
            if self.outage_s[0] <= self._heard_s < self.outage_s[1]:
                self.lost += len(octets) // CADU
                octets = b""
            self._heard_s += 1 / 64
        self._due = None  # no time is made up
        super().downlink(octets)
        self.now_s += 1 / 64


@dataclass
class Flight:
    ground: Lossy
    directory: Path
    key: Path

    @property
    def whole(self) -> bytes:
        """Everything that the board has sent so far."""
        return (self.directory / "downlink.bin").read_bytes()


class _Over(Exception):
    """The test is."""


@contextlib.contextmanager
def descending(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flight]:
    """A descent from before entry on, commanded with a key, over a link of 64 kbit/s."""
    monkeypatch.setattr(MARS, "DOWNLINK_BITS_PER_S", 64000)
    directory.mkdir()
    key_file, own = directory / "command.key", directory / "own.key"
    key = keys.new(7)
    for path in (key_file, own):
        keys.save(key, path)
    numbers = StoredNumbers(beside(own))
    ground = Lossy(Security(key, numbers, MARS.SPACECRAFT_ID, VIRTUAL_CHANNEL))
    timed = functools.partial(retriever.Retriever, clock=lambda: ground.now_s)
    monkeypatch.setattr(playback, "Retriever", timed)
    world = World(1, replace(dispersed(1), start_from_ei_s=START_S))
    over = threading.Event()

    def progress(share: float, what: str) -> None:
        if over.is_set():
            raise _Over

    def descend() -> None:
        with contextlib.suppress(_Over):
            fly.fly(
                "mars2020", 1, Direct(key=key), directory, progress, world=world, ground=ground,
                coding=Coding.CRC,
            )  # fmt: skip

    thread = threading.Thread(target=descend, daemon=True)
    thread.start()
    try:
        yield Flight(ground, directory, key_file)
    finally:
        over.set()
        thread.join(PATIENCE_S)
        ground.close()


def until(true: object) -> None:
    assert callable(true)
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def tables_of(path: Path) -> Decoded:
    return decode(path.read_bytes(), load("mars2020"))


def test_what_an_outage_took_is_in_the_file_in_the_end_and_a_time_can_be_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, again = tmp_path / "down.bin", tmp_path / "again.bin"
    with descending(tmp_path / "flight", monkeypatch) as flight:
        source = flight.ground.source
        flight.ground.outage_s = (6.0, 9.0)
        done = run("playback", source, "--gaps", "--key", flight.key, "--out", out)
        assert done.exit_code == 0, done.output
        assert flight.ground.lost > 3
        assert f"frames heard, in {out}" in done.stdout
        got = tables_of(out)
        first, last = (got.tables["NAV"]["time_from_ei_s"].to_pylist()[i] for i in (0, -1))
        # By time, whatever has been heard of it before.
        asked = run("playback", source, "--from", "51.5", "--to", "52", "--key", flight.key,
                    "--out", again)  # fmt: skip
        assert asked.exit_code == 0, asked.output
        assert "packets of that time have come" in asked.stdout
        nothing = run("playback", source, "--from", "900", "--to", "901", "--key", flight.key)
        assert nothing.exit_code == 1, nothing.output
        assert "0 of 0 packets of that time have come" in nothing.stdout
        assert "not kept: name a file with --out" in nothing.stdout
        sent = decode(flight.whole, load("mars2020"))
    assert got.report.packets_played_back > 100
    for name in ("NAV", "CAM", "HK", "EVR", "EDL"):
        times = [t for t in sent.tables[name]["time_from_ei_s"].to_pylist() if first <= t <= last]
        heard = got.tables[name]["time_from_ei_s"].to_pylist()
        assert set(times) <= set(heard), name
    rate = tables_of(again).tables["NAV_RATE"]
    seconds = rate["sclk_s"].to_numpy() + rate["sclk_fraction"].to_numpy() / 65536 - MARS.EI_SCLK
    assert ((seconds >= 51) & (seconds < 53)).sum() == len(seconds) == 128, "whole seconds"


def test_a_recorder_is_not_asked_with_a_foreign_key_and_numbers_that_are_old_are_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = tmp_path / "foreign.key"
    keys.save(keys.new(7), foreign)
    with descending(tmp_path / "flight", monkeypatch) as flight:
        source = flight.ground.source
        by_time = ("playback", source, "--from", "49", "--to", "50")
        refused = run(*by_time, "--key", foreign)
        assert refused.exit_code == 2, refused.output
        assert "frames are refused on board, FORGED" in refused.stderr
        assert refused.stderr.count("\n") == 1
        # The flight's own ground has used numbers that the file beside this key knows nothing of.
        assert not beside(flight.key).exists()
        until(lambda: StoredNumbers(beside(flight.directory / "own.key")).last > 0)
        done = run(*by_time, "--key", flight.key)
        assert done.exit_code in (0, 1), done.output
        assert "of that time have come" in done.stdout
        assert "REPLAYED" in done.stdout


def test_ctrl_c_keeps_what_came_and_a_directory_is_no_file(
    tmp_path: Path,
) -> None:
    flight, out = tmp_path / "flight", tmp_path / "down.bin"
    with flying(flight, "--mission", "droptest") as process:
        source = f"sim:{flight}"
        listening = subprocess.Popen(
            [*EDLCAM, "playback", source, "--unauthenticated", "--out", out],
            env=os.environ | {"PYTHONPATH": str(TREE)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        until(lambda: out.exists() and out.stat().st_size > 0)
        listening.send_signal(signal.SIGINT)
        said, wrong = listening.communicate(timeout=PATIENCE_S)
        assert listening.returncode == cli.INTERRUPTED, wrong
        assert wrong == "edlcam: stopped by Ctrl-C; files already complete were kept.\n"
        assert f"frames heard, in {out}." in said
        heard = out.read_bytes()
        refused = run("playback", source, "--unauthenticated", "--out", tmp_path)
        assert_one_sentence(refused, 2)
        assert "Is a directory; name another file" in refused.stderr
        process.send_signal(signal.SIGINT)  # a flight that is stopped writes what it flew
        process.communicate(timeout=PATIENCE_S)
    assert heard in (flight / "downlink.bin").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["x"], "name either --key FILE or --unauthenticated"),
        (["x", "--unauthenticated", "--key", "k"], "name either --key FILE or --unauthenticated"),
        (["x", "--key", "/dev/none"], "there is no key file /dev/none"),
        (["x", "--unauthenticated"], "names no link"),
        (["sim:/dev/none", "--unauthenticated"], "no simulation is live in /dev/none"),
        (["file:/dev/zero", "--unauthenticated"], "a file has no recorder to ask"),
        (["x", "--unauthenticated", "--from", "1"], "takes both --from T and --to T"),
        (["x", "--unauthenticated", "--to", "1"], "takes both --from T and --to T"),
        (["x", "--unauthenticated", "--from", "nan", "--to", "1"], "takes both --from T and"),
        (["x", "--unauthenticated", "--from", "0", "--to", "inf"], "takes both --from T and"),
        (["x", "--unauthenticated", "--from", "2", "--to", "1"], "--to 1 is earlier than --from 2"),
        (["x", "--unauthenticated", "--from", "1", "--to", "2", "--gaps"], "either --gaps or a"),
    ],
)
def test_what_cannot_be_asked_for_is_one_sentence(arguments: list[str], said: str) -> None:
    result = run("playback", *arguments)
    assert_one_sentence(result, 2)
    assert said in result.stderr


class Canned:
    """A source that has sent something, and then falls silent; time passes in receive()."""

    def __init__(self, octets: bytes = b"") -> None:
        self._octets = octets
        self.now = 0.0
        self.sent: list[bytes] = []

    def clock(self) -> float:
        return self.now

    def receive(self, wait_s: float) -> bytes:
        self.now += wait_s
        octets, self._octets = self._octets, b""
        return octets

    def send(self, octets: bytes) -> None:
        self.sent.append(octets)

    def close(self) -> None:
        """Nothing to close."""


def retrieve(source: Canned, for_s: float = 30.0) -> retriever.Retriever:
    made = retriever.Retriever(source, None, lambda _: None, lambda _: None, clock=source.clock)
    while source.now < for_s:
        made.step()
    return made


def test_silence_another_dictionary_and_a_board_without_flash_are_said() -> None:
    with pytest.raises(UserError, match="nothing came down in 10 s"):
        retrieve(Canned())
    packetizer = Packetizer()
    with pytest.raises(UserError, match="is of dictionary 00000001"):
        retrieve(Canned(b"".join(capture([boot(packetizer, 1)]))))
    recorder = packetizer.make("RECORDER", {"RECORDER_STATE": 0})
    with pytest.raises(UserError, match="no flash to record in"):
        retrieve(Canned(b"".join(capture([recorder]))))


def test_a_request_that_finds_no_room_on_board_is_made_again() -> None:
    refused = {
        "EVR_ID": event("COMMAND_REFUSED"),
        "EVR_ARG0": 0x71,
        "EVR_ARG1": ENUMS["COMMAND_RESULT"].index("NOT_NOW"),
    }
    packetizer = Packetizer()
    source = Canned(b"".join(capture([packetizer.make("NAV", {}, 1000)])))
    made = retriever.Retriever(source, None, lambda _: None, lambda _: None, clock=source.clock)
    made.ask_time(-1e9, 1e12)
    while len(source.sent) < 1:
        made.step()
    (asked,) = source.sent
    counts = {"apid": 0, "from": 0, "until": (1 << 30) - 1}
    assert asked[:-2] == telecommand("PLAYBACK_TIME", counts)[:-2]
    source._octets = b"".join(capture([packetizer.make("EVR", refused, 1001)]))
    while len(source.sent) < 2:
        made.step()
        assert source.now < 30
    assert not made.settled


def test_a_disk_that_fills_leaves_whole_frames_and_one_sentence(tmp_path: Path) -> None:
    """In a process of its own, whose files may not grow beyond two frames and a half."""
    path = tmp_path / "down.bin"
    frame = bytes(range(250)) + bytes(6)
    path.write_bytes(frame)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with contextlib.closing(FrameFile(path)) as file:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(frame) * 5 // 2, before[1]))
        try:
            file.add(frame)
            with pytest.raises(UserError, match=r"cannot add to .*File too large.*free some space"):
                file.add(frame)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert path.read_bytes() == 2 * frame
        file.add(frame)
    assert path.read_bytes() == 3 * frame
    with (
        contextlib.closing(FrameFile(Path("/dev/full"))) as full,
        pytest.raises(UserError, match="No space left on device"),
    ):
        full.add(frame)


def test_a_full_disk_ends_a_session_at_the_shell_in_one_sentence(tmp_path: Path) -> None:
    flight = tmp_path / "flight"
    with flying(flight, "--mission", "droptest"):
        assert (flight / LIVE).exists()
        full = run("playback", f"sim:{flight}", "--unauthenticated", "--out", "/dev/full")
        assert_one_sentence(full, 2)
        assert "cannot add to /dev/full (No space left on device)" in full.stderr
