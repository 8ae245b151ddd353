"""Are files put together honestly, and fetched whole over a link that loses frames both ways?"""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boards import simlink
from fsw import missions
from fsw.dictionary.packets import ACTUATOR_FRAME
from gse import cli, keys
from gse.commands.files import _fetch
from gse.commands.output import Output
from gse.decode import decode, octets_of
from gse.dictionary import load
from gse.errors import UserError
from gse.files import store
from gse.files.assembly import Assembly
from gse.files.received import ReceivedFile, gaps, joined
from gse.files.transfer import Transfers
from gse.fly import _Pictures
from gse.keys import Key
from gse.lockstep import Begin, Picture, message
from gse.parameters import of_dump
from gse.recording import load as load_recording
from gse.recover import recover
from gse.sim.pictures import HEADER, HEIGHT, WIDTH, picture
from gse.sim.worlds import world_for
from gse.targets import Direct
from gse.uplink.hearing import Event, Heard, Hearing
from gse.uplink.numbers import Numbers
from gse.uplink.operator import Operator
from gse.uplink.security import VIRTUAL_CHANNEL, Security
from tests.fsw.filelink import FILE, Spacecraft
from tests.fsw.forging import KEY
from tests.gse.live import Live, Noise, clean
from tests.gse.test_cli import assert_one_sentence, run
from tests.gse.test_command import PATIENCE_S, flying

SEGMENT = 128
MARS = missions.load("mars2020")


def sent(octets: bytes, *, acknowledged: bool = False) -> list[bytes]:
    """PDUs of a whole transfer that nobody answers."""
    spacecraft = Spacecraft({0: octets})
    assert spacecraft.sender.send(FILE, acknowledged)
    while spacecraft.step():
        """Until EOF."""
    return spacecraft.sent


def content(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def assembled(pdus: list[bytes]) -> ReceivedFile:
    assembly = Assembly()
    assembly.take_all(pdus)
    (file,) = assembly.files
    return file


@settings(max_examples=80, deadline=None)
@given(size=st.integers(0, 1500), lost=st.sets(st.integers(0, 13)), seed=st.integers(0, 3))
def test_what_is_missing_of_a_file_is_said_to_the_octet(
    size: int, lost: set[int], seed: int
) -> None:
    """In whatever order PDUs come, and however often."""
    octets = content(size)
    pdus = sent(octets)
    kept = [pdu for n, pdu in enumerate(pdus) if n not in lost]
    kept += kept[:3]
    random.Random(seed).shuffle(kept)
    if not kept:
        return
    file = assembled(kept)
    expected = bytearray(octets)
    missing = set()
    for n in range(1, len(pdus) - 1):
        if n in lost:
            missing |= set(range((n - 1) * SEGMENT, min(n * SEGMENT, size)))
    for at in missing:
        expected[at] = 0
    assert file.complete == (not lost & set(range(len(pdus))))
    if 0 in lost and len(pdus) - 1 in lost:
        assert file.size is None
        return
    assert {at for start, end in file.missing for at in range(start, end)} == missing
    assert bytes(file.data.ljust(size, b"\0")) == bytes(expected)
    assert ("whole" in store.sentence(file)) == file.complete


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=20))
def test_ranges_are_joined_as_sets_of_octets_are(parts: list[tuple[int, int]]) -> None:
    held: list[tuple[int, int]] = []
    octets: set[int] = set()
    for start, length in parts:
        held = joined(held, start, start + length)
        octets |= set(range(start, start + length))
    assert {at for start, end in held for at in range(start, end)} == octets
    left_out = {at for start, end in gaps(held, 80) for at in range(start, end)}
    assert left_out == set(range(80)) - octets


def test_a_wrong_octet_is_seen_by_the_checksum() -> None:
    file = assembled(sent(content(300)))
    file.data[200] ^= 1
    assert file.damaged
    assert not file.complete
    assert "checksum is wrong" in store.sentence(file)


def test_a_number_that_comes_again_with_another_file_is_another_transfer() -> None:
    """As after a power cut."""
    assembly = Assembly()
    assembly.take_all(sent(content(300)) + sent(content(301)))
    assert [file.size for file in assembly.files] == [300, 301]
    assert all(file.complete for file in assembly.files)


def test_files_are_written_whole_or_say_what_is_missing(tmp_path: Path) -> None:
    whole, part = assembled(sent(content(300))), assembled(sent(content(500))[:3])
    paths = store.write([whole, part], tmp_path)
    assert [path.name for path in paths] == ["blackbox.log", "blackbox.1-1.log.incomplete"]
    assert paths[0].read_bytes() == content(300)
    assert paths[1].read_bytes() == content(500)[:256]
    rows = json.loads((tmp_path / store.REPORT).read_text())
    assert [row["complete"] for row in rows] == [True, False]
    assert rows[1]["missing"] == [[256, 500]]
    store.write([whole], tmp_path)
    assert not paths[1].exists(), "of an earlier run"
    part.name = "../../etc/passwd"
    (path,) = store.write([part], tmp_path, keep=True)
    assert path == tmp_path / "transfer1.incomplete"
    assert paths[0].exists()
    with pytest.raises(UserError, match="name another directory"):
        store.write([whole], Path("/dev/null/x"))


class Fetching:
    """Transfers of a whole flight core over a link that fails, in its own time."""

    def __init__(
        self,
        patch: pytest.MonkeyPatch,
        key: Key | None = None,
        up: Callable[[bytes], bytes] = clean,
        down: Callable[[bytes], bytes] = clean,
    ) -> None:
        self.live = Live(key, up, down)
        patch.setattr("spacepackets.countdown.time_ms", lambda: round(self.live.now * 1000))
        hearing = Hearing()
        self.events: list[str] = []

        def tell(event: Event) -> None:
            self.events.append(event.name)

        def security(spacecraft: int) -> Security:
            return Security(KEY, Numbers(), spacecraft, VIRTUAL_CHANNEL)

        def make(note: Callable[[Heard], None]) -> Operator:
            live = self.live
            return Operator(live, hearing, security if key else None, tell, live.clock, note)

        self.transfers = Transfers(self.live, hearing, make, self.live.clock)
        self.transfers.operator.listen()

    def fetch(self, name: str, acknowledged: bool = True) -> ReceivedFile:
        fetched = self.transfers.fetch(name, acknowledged, 60.0, lambda _: None)
        assert fetched.file is not None
        return fetched.file


@pytest.fixture
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def test_a_picture_is_fetched_whole_with_a_key_over_a_link_that_loses_a_tenth_both_ways(
    patch: pytest.MonkeyPatch,
) -> None:
    up, down = Noise(1, 0.1, 0.0), Noise(2, 0.1, 0.0)
    fetching = Fetching(patch, KEY, up, down)
    octets = picture("RDC", 1, 5000.0, 0.0)
    fetching.live.target.hand(Picture(5, octets))
    assert "THUMBNAIL5" in fetching.transfers.list(60.0)
    file = fetching.fetch("THUMBNAIL5")
    assert file.complete
    assert bytes(file.data) == octets
    assert down.units_lost > 2
    # What was captured of it, at the antenna of the board, is the same file.
    decoded = decode(bytes(fetching.live.down), load("mars2020"))
    assembly = Assembly()
    assembly.take_all(decoded.pdus)
    (captured,) = assembly.files
    assert captured.complete
    assert bytes(captured.data) == octets
    assert decoded.report.packets_unexpected == 0


def test_class_1_says_what_was_lost_and_class_2_what_parameters_there_are(
    patch: pytest.MonkeyPatch,
) -> None:
    fetching = Fetching(patch)
    parameters = fetching.fetch("PARAMETERS")
    assert parameters.complete
    dictionary = load("mars2020")
    dump = of_dump(bytes(parameters.data), dictionary)
    assert dump is not None
    assert not any(row.changed for row in dump)
    assert of_dump(bytes(parameters.data[:-1]), dictionary) is None
    octets = picture("RDC", 1, 5000.0, 0.0)
    fetching.live.target.hand(Picture(5, octets))
    file = fetching.fetch("THUMBNAIL5", acknowledged=False)
    assert file.complete
    assert bytes(file.data) == octets
    with pytest.raises(UserError, match="there is no such file on board now"):
        fetching.fetch("THUMBNAIL6")


def test_a_black_box_that_was_fetched_gives_tables(patch: pytest.MonkeyPatch) -> None:
    fetching = Fetching(patch)
    for _ in range(64 * 4):
        fetching.live.minor_frame()
    file = fetching.fetch("BLACKBOX")
    assert file.complete
    recovered = recover(octets_of(bytes(file.data)))
    texts = recovered.events.to_pydict()["text"]
    assert "the board has passed its self-test" in texts
    assert "command FILE_SEND done" not in texts, "what came after it was opened"
    captured = decode(bytes(fetching.live.down), load("mars2020")).events.to_pydict()["text"]
    assert texts == captured[: len(texts)]


class Interrupted:
    """In place of Transfers: half of a file has come when it is stopped."""

    def __init__(self, error: BaseException) -> None:
        self._error = error
        self.latest: ReceivedFile | None = None
        self.cancelled = False

    def fetch(self, *_: object) -> None:
        self.latest = assembled(sent(content(500))[:3])
        raise self._error

    def cancel(self, _: float) -> None:
        self.cancelled = True


@pytest.mark.parametrize("error", [KeyboardInterrupt(), UserError("the link is gone")])
def test_what_has_come_is_kept_when_it_is_stopped(error: BaseException, tmp_path: Path) -> None:
    transfers: Any = Interrupted(error)
    with pytest.raises(type(error)):
        _fetch(transfers, ["BLACKBOX"], True, 60.0, tmp_path, Output())
    assert (tmp_path / "blackbox.log.incomplete").read_bytes() == content(500)[:256]
    assert transfers.cancelled == isinstance(error, KeyboardInterrupt)


def test_a_picture_is_a_pgm_that_changes_with_the_height() -> None:
    low, high = picture("LCAM", 1, 500.0, 0.0), picture("LCAM", 1, 9000.0, 0.0)
    assert low.startswith(HEADER)
    assert len(low) == len(HEADER) + WIDTH * HEIGHT
    assert low != high
    assert len(set(low)) > 50, "a scene, not a plain"
    assert picture("PUC_A", 1, 500.0, 0.0) != picture("PUC_A", 1, 9000.0, 0.0)
    assert picture("MIC", 1, 0.0, 0.0) == b""


def test_files_are_fetched_from_a_live_simulation_and_found_in_its_downlink(
    tmp_path: Path,
) -> None:
    out, got, key = tmp_path / "flight", tmp_path / "got", tmp_path / "key"
    keys.save(keys.new(7), key)
    with flying(out, "--mission", "droptest") as process:
        source = f"sim:{out}"
        listed = run("files", source, "list", "--unauthenticated")
        assert listed.exit_code == 0, listed.stderr
        assert "PARAMETERS" in listed.stdout
        done = run("files", source, "get", "parameters", "--unauthenticated", "--out", got)
        assert done.exit_code == 0, done.stderr
        assert "PARAMETERS: whole" in done.stdout
        assert_one_sentence(run("files", source, "get", "PARAMETERS", "--key", key), 2)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)
    assert process.returncode == cli.INTERRUPTED
    shown = run("parameters", got / "parameters.dump")
    assert shown.exit_code == 0, shown.stderr
    assert "0 changed" in shown.stdout
    decoded = run("decode", out / "downlink.bin", "--out", tmp_path / "decoded")
    assert "parameters.dump, transfer 1: whole" in decoded.stdout
    assert (tmp_path / "decoded" / "files" / "parameters.dump").read_bytes() == (
        got / "parameters.dump"
    ).read_bytes()


def test_a_camera_that_films_hands_in_a_picture_in_its_turn() -> None:
    world = world_for("mars2020", 1)
    target = Direct()
    target.begin(Begin("mars2020", 1000, 4))
    pictures = _Pictures(MARS.CAMERAS)
    values = [0] * len(ACTUATOR_FRAME)
    values[ACTUATOR_FRAME.index("CAM5_TRIGGERED")] = 3
    values[ACTUATOR_FRAME.index("CAM7_TRIGGERED")] = 3  # the microphone
    handed = {}
    for frame in range(64 * 16):
        if octets := pictures.hand(frame, values, world, target):
            handed[frame] = octets
    expected = Picture(5, world.picture("RDC"))
    assert handed == {5 * 64: expected.message()}, "once, as it takes no other after that"


def test_a_recording_with_pictures_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "sensors.bin"
    shot = Picture(3, b"P5 picture")
    path.write_bytes(message(simlink.BEGIN, Begin("droptest", 1000, 4).payload()) + shot.message())
    recording = load_recording(path)
    assert list(recording.messages()) == [shot]
    assert len(recording) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["x", "get", "--unauthenticated"], "name what to get: PARAMETERS"),
        (["x", "get", "NONE", "--unauthenticated"], "no file named 'NONE'"),
        (["x", "list", "PARAMETERS", "--unauthenticated"], "list takes no names"),
        (["x", "list"], "name either --key FILE or"),
        (["x", "list", "--unauthenticated"], "names no link"),
        (["x", "list", "--key", "/dev/none"], "no key file"),
    ],
)
def test_what_cannot_be_asked_for_is_one_sentence(arguments: list[str], said: str) -> None:
    result = run("files", *arguments)
    assert_one_sentence(result, 2)
    assert said in result.stderr
