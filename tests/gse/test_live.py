"""Is everything that is received kept and given on, whatever happens to link, disk and screen?"""

from __future__ import annotations

import errno
import io
import os
import random
import socket
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path
from unittest import mock

import pyarrow as pa
import pytest

import gse
from fsw.link.codeblock import Codeblock
from gse.archive import raw
from gse.archive.archive import Archive
from gse.decode import decode
from gse.dictionary import Dictionary
from gse.errors import UserError
from gse.link.protection import Coding
from gse.live.address import parse
from gse.live.replay import Replay
from gse.live.session import Session, Subscription
from gse.live.source import Link, Source
from gse.stream import Decoded
from tests.gse.cables import Board, Cable, downlink, wait_until
from tests.gse.captures import DICTIONARY, steady
from tests.gse.encoder import CADU, Packetizer, boot, capture

FRAMES = capture(steady(400))
STREAM = b"".join(FRAMES)


def _rows(batches: list[Decoded], name: str) -> pa.Table:
    return pa.concat_tables([b.tables[name] for b in batches])


def _raw_octets(directory: Path) -> bytes:
    place = directory / "raw"
    return b"".join(piece for run in raw.runs(place) for piece in raw.octets(place, run))


# Sources


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no link: write serial:PORT"),
        ("tty:0", "names no link"),
        ("serial:", "names no link"),
        ("serial:?baud=9600", "names no link"),
        ("serial:/dev/x?baud=fast", "baud is no number"),
        ("serial:/dev/x?baud=0.5", "baud is no number"),
        ("serial:/dev/x?bits=7", "has the option 'bits', but serial knows only baud"),
        ("tcp::5000", "names no host"),
        ("tcp:h:5000?speed=1", "tcp knows none"),
        ("udp::x", "has no port number"),
        ("file:/no/such/file", "cannot read /no/such/file"),
        ("file:/tmp/x?speed=-1", "speed is no number"),
        ("file:/tmp/x?speed=1e20", "speed is no number"),
        ("serial:/dev/x?baud=3000000000", "baud is no number"),
        ("tcp:a..b:5000", "'a..b' can be no name of a host"),
    ],
)
def test_a_source_that_is_none_is_one_sentence(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        Source(text)


def test_sources_are_named_in_one_grammar() -> None:
    port = parse("serial:/dev/ttyACM0?baud=19200")
    assert (port.kind, port.place, port.baud) == ("serial", "/dev/ttyACM0", 19200)
    assert parse("serial:/dev/ttyACM0").baud == 115200
    assert (parse("tcp:[::1]:5000").place, parse("tcp:[::1]:5000").port) == ("::1", 5000)
    assert (parse("udp::7").place, parse("udp::7").port) == ("", 7)
    assert parse("file:a b?speed=2.5").speed == 2.5


def test_a_tcp_link_that_is_closed_is_opened_again_and_loses_nothing() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    source = Source(f"tcp:127.0.0.1:{listener.getsockname()[1]}")
    came = b""
    for k in range(3):
        assert source.receive(0.05) == b""  # connects; nothing has been sent
        server = listener.accept()[0]
        server.sendall(STREAM[k * 1000 : (k + 1) * 1000])
        server.close()
        until = time.monotonic() + 5
        while source.state.link is Link.CONNECTED and time.monotonic() < until:
            came += source.receive(0.05)
        assert source.state.link is Link.WAITING
        assert "has closed the link" in source.state.why
    assert came == STREAM[:3000]
    assert source.connections == 3
    listener.close()
    source.receive(0.01)
    assert "nothing answers" in source.state.why
    source.close()
    assert source.state.link is Link.ENDED


def test_datagrams_are_heard_and_answered() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as board:
        board.bind(("127.0.0.1", 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("", 0))
            port = free.getsockname()[1]
        source = Source(f"udp::{port}")
        assert source.receive(0.0) == b""
        with pytest.raises(UserError, match="nobody to answer"):
            source.send(b"?")
        board.sendto(b"down", ("127.0.0.1", port))
        assert source.receive(1.0) == b"down"
        source.send(b"up")
        board.settimeout(1)
        assert board.recv(10) == b"up"
        source.close()


def test_a_file_comes_at_the_pace_of_its_mission(tmp_path: Path) -> None:
    """8 kbit/s at speed 20: 20,000 octets a second."""
    path = tmp_path / "downlink.bin"
    path.write_bytes(STREAM[: CADU * 60])
    source = Source(f"file:{path}?speed=20")
    begun, came = time.monotonic(), b""
    while source.state.link is not Link.ENDED:
        came += source.receive(0.1)
        # Never ahead of what is due.
        assert len(came) <= (time.monotonic() - begun) * 20_000 + 1
    assert came == STREAM[: CADU * 60]


class _Failing(io.BytesIO):
    """A medium that can be read for so many octets."""

    name = "downlink.bin"

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= 5000:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().read(5000 - self.tell())


def test_a_file_that_cannot_be_read_on_ends_and_does_not_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "downlink.bin"
    path.write_bytes(STREAM)
    source = Source(f"file:{path}?speed=0")
    came = source.receive(0.1)
    assert isinstance(source._connection, Replay)
    source._connection.close()
    monkeypatch.setattr(source._connection, "_file", _Failing(STREAM))
    while source.state.link is not Link.ENDED:
        came += source.receive(0.1)
    assert "cannot read on in downlink.bin: Input/output error" in source.state.why
    assert source.receive(0.1) == b""
    assert source.connections == 1


def test_a_pipe_is_no_file_to_be_replayed(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    end = os.open(path, os.O_RDWR)  # so that nobody waits for the other
    with pytest.raises(UserError, match="is a pipe: let it end in a file, and name that"):
        Replay(path, 1.0)
    os.close(end)


# Sessions


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_receiver_that_fails_ends_the_session_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(_file(tmp_path, STREAM), DICTIONARY)
    monkeypatch.setattr(session._source, "receive", mock.Mock(side_effect=RuntimeError("broken")))
    session.start()
    assert session.join(20)
    assert session.status.refused == "broken"
    session.stop()


def _file(tmp_path: Path, octets: bytes) -> Source:
    path = tmp_path / "downlink.bin"
    path.write_bytes(octets)
    return Source(f"file:{path}?speed=0")


def _finished(session: Session) -> Subscription:
    subscription = session.subscribe()
    with session:
        assert session.join(20)
    return subscription


def test_subscribers_get_what_decode_gives(tmp_path: Path) -> None:
    damaged = b"noise" + STREAM[:5000] + STREAM[5100:60_000] + STREAM[60_000 + CADU :]
    session = Session(_file(tmp_path, damaged), None, None)
    batches = _finished(session).drain()
    whole = decode(damaged, DICTIONARY)
    for name, table in whole.tables.items():
        got = _rows(batches, name)
        assert got.select(table.column_names).to_pylist() == table.to_pylist()
        assert got["received_utc"].null_count == 0
    assert session.status.report is not None
    assert dict(session.status.report.counters()) == dict(whole.report.counters())


@pytest.mark.parametrize("dictionary", [None, DICTIONARY])
@pytest.mark.parametrize("coding", [None, Coding.RS])
def test_a_coded_link_is_known_by_its_frames(
    tmp_path: Path, dictionary: Dictionary | None, coding: str | None
) -> None:
    codeblock = Codeblock()
    coded = b""
    for frame in FRAMES[:30]:
        codeblock.take(frame, 4, CADU)
        coded += bytes(codeblock.finish(frame))
    session = Session(_file(tmp_path, coded), dictionary, None, coding)
    batches = _finished(session).drain()
    whole = decode(b"".join(FRAMES[:30]), DICTIONARY)
    assert _rows(batches, "NAV")["sequence"].to_pylist() == (
        whole.tables["NAV"]["sequence"].to_pylist()
    )


def test_a_subscriber_that_sleeps_loses_nothing_of_a_burst(tmp_path: Path) -> None:
    _burst(2, tmp_path)


@pytest.mark.soak
def test_a_subscriber_that_sleeps_loses_nothing_of_ten_seconds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sent, got, rate = _burst(10, tmp_path)
    with capsys.disabled():
        print(f"\nburst: {sent:,} packets at {rate:,.0f} a second, {got:,} at the subscriber")


def _burst(seconds: int, tmp_path: Path) -> tuple[int, int, float]:
    """A thousand packets a second by UDP; one subscriber takes them at the very end, one lazily."""
    packetizer = Packetizer()
    packets = [boot(packetizer, DICTIONARY.fingerprint)]
    packets += [packetizer.make("NAV", {"NAV_ALTITUDE": i}, 1000) for i in range(1000 * seconds)]
    frames = capture(packets)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("", 0))
        port = free.getsockname()[1]
    with Archive(tmp_path / "a") as archive:
        session = Session(Source(f"udp::{port}"), None, archive)
        late, lazy = session.subscribe(), session.subscribe()
        got: list[Decoded] = []
        with session, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as board:
            wait_until(lambda: session.status.source.link is Link.CONNECTED)
            begun = time.monotonic()
            for i, frame in enumerate(frames):
                board.sendto(frame, ("127.0.0.1", port))
                time.sleep(max(begun + (i + 1) * seconds / len(frames) - time.monotonic(), 0))
                if i % 100 == 99:
                    got += lazy.drain()
            rate = len(packets) / (time.monotonic() - begun)
            wait_until(lambda: session.status.octets == len(frames) * CADU)
        got += lazy.drain()
    expected = list(range(1000 * seconds))
    for batches in (got, late.drain()):
        altitudes = _rows(batches, "NAV")["NAV_ALTITUDE"].to_numpy() * 256
        assert altitudes.astype(int).tolist() == expected
    with gse.open(tmp_path / "a") as reading:
        assert len(reading["NAV"]) == len(expected)
    return len(packets), len(expected) + 1, rate


def test_octets_wait_until_it_is_known_which_dictionary_they_are_of(tmp_path: Path) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    source = Source(f"tcp:127.0.0.1:{listener.getsockname()[1]}")
    session = Session(source)
    subscription = session.subscribe()
    late_boot = FRAMES[5:40] + capture(steady(60))
    with session:
        server = listener.accept()[0]
        server.sendall(b"".join(late_boot[:35]))
        wait_until(lambda: session.status.octets == 35 * CADU)
        time.sleep(0.3)
        assert session.status.dictionary is None
        assert not subscription.drain()
        server.sendall(b"".join(late_boot[35:]))
        wait_until(lambda: session.status.dictionary is not None)
        status = session.status
        assert status.dictionary
        assert status.dictionary.identity == DICTIONARY.identity
        wait_until(lambda: session.status.octets == len(late_boot) * CADU)
    server.close()
    listener.close()
    whole = decode(b"".join(late_boot), DICTIONARY)
    batches = subscription.drain()
    assert {n: len(_rows(batches, n)) for n in whole.tables} == {
        n: len(t) for n, t in whole.tables.items()
    }


def test_another_dictionary_is_refused_loudly_and_kept_raw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = capture([boot(Packetizer(), DICTIONARY.fingerprint ^ 1), *steady(40)[1:]])
    with Archive(tmp_path / "a") as archive:
        session = Session(_file(tmp_path, b"".join(other)), None, archive)
        subscription = _finished(session)
    assert f"made with dictionary {DICTIONARY.fingerprint ^ 1:08X}" in session.status.refused
    assert not subscription.drain()
    assert _raw_octets(tmp_path / "a") == b"".join(other)
    # Opened again, it is still refused; opened by the version that flew, it is decoded.
    with gse.open(tmp_path / "a") as reading:
        assert "dictionary" in reading.sql("SELECT refused FROM runs")["refused"][0].as_py()
    flown = replace(DICTIONARY, fingerprint=DICTIONARY.fingerprint ^ 1)
    monkeypatch.setattr("gse.identity.load", lambda _: flown)
    monkeypatch.setattr("gse.archive.archive.load", lambda _: flown)
    with gse.open(tmp_path / "a") as reading:
        assert len(reading["events"]) > 0
        assert reading.sql("SELECT refused FROM runs")["refused"].to_pylist() == [None]


def test_a_session_that_was_not_started_is_stopped(tmp_path: Path) -> None:
    with Archive(tmp_path / "a") as archive:
        Session(Source("udp::0"), None, archive).stop()
    with gse.open(tmp_path / "a") as reading:
        assert reading.sql("SELECT octets, complete FROM runs").to_pylist() == [
            {"octets": 0, "complete": 1}
        ]


# The cable


def _cable_session(
    tmp_path: Path, seconds: float, pulls: int, seed: int
) -> tuple[list[bytes], int, Path]:
    """Frames sent while connected, frames sent at all, and the archive."""
    cable = Cable(tmp_path / "ttyACM0")
    cable.plug()
    directory = tmp_path / "archive"
    r = random.Random(seed)
    with Archive(directory) as archive:
        session = Session(Source(f"serial:{cable.name}?baud=115200"), DICTIONARY, archive)
        with session:
            wait_until(lambda: session.status.source.link is Link.CONNECTED)
            board = Board(cable, session, downlink())
            board.begin()
            each = seconds / (pulls + 1)
            for _ in range(pulls):
                away = r.uniform(0.05, min(0.5, each / 3))
                time.sleep(max(each - away, 0))
                board.pull(away)
            time.sleep(each)
            board.stop()
        cable.pull()
    assert session.status.connections == pulls + 1
    return board.connected, board.sent, directory


def _check_cable(connected: list[bytes], directory: Path) -> None:
    """Every frame that was sent whole while connected is in the archive, raw and decoded."""
    stream = _raw_octets(directory)
    at = 0
    for frame in connected:
        at = stream.find(frame, at)
        assert at >= 0, "a frame that was sent while connected is not in the archive"
        at += len(frame)
    whole = decode(stream, DICTIONARY)
    assert whole.report.frames_good == len(connected)
    with gse.open(directory) as reading:
        for name, table in whole.tables.items():
            # late_window is 0 on a cable, where frames are never put back into order.
            got = reading[name].to_arrow() if len(table) else None
            assert (got["sequence"].to_pylist() if got else []) == table["sequence"].to_pylist()
            assert len(table) > 0


def test_every_frame_sent_while_the_cable_was_in_is_archived(tmp_path: Path) -> None:
    connected, sent, directory = _cable_session(tmp_path, 7, 3, 1)
    assert len(connected) > 0.6 * sent
    _check_cable(connected, directory)


@pytest.mark.soak
def test_ten_minutes_with_cable_pulls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    connected, sent, directory = _cable_session(tmp_path, 600, 60, 2)
    _check_cable(connected, directory)
    with capsys.disabled():
        print(
            f"\nten minutes at 115200 baud, 60 cable pulls: {sent:,} frames sent, "
            f"{len(connected):,} of them while connected, all of these in the archive"
        )


def test_frames_before_and_after_a_pull_are_whole(tmp_path: Path) -> None:
    """A frame that the pull cut is one damaged place, not a reason to lose its neighbours."""
    cable = Cable(tmp_path / "ttyACM0")
    cable.plug()
    frames = list(islice(downlink(), 40))
    session = Session(Source(f"serial:{cable.name}"), DICTIONARY)
    subscription = session.subscribe()
    with session:
        wait_until(lambda: session.status.source.link is Link.CONNECTED)
        cable.send(b"".join(frames[:10]) + frames[10][:100])
        wait_until(lambda: session.status.octets == 10 * CADU + 100)
        cable.pull()
        wait_until(lambda: session.status.source.link is Link.WAITING)
        assert "went away" in session.status.source.why or "cannot open" in (
            session.status.source.why
        )
        cable.plug()
        wait_until(lambda: session.status.connections == 2)
        wait_until(lambda: session.status.source.link is Link.CONNECTED)
        cable.send(b"".join(frames[11:]))
        wait_until(lambda: session.status.octets == 39 * CADU + 100)
    cable.pull()
    report = session.status.report
    assert report is not None
    assert (report.frames_good, report.frames_missing) == (39, 1)
    sent = decode(b"".join(frames[:10] + frames[11:]), DICTIONARY)
    batches = subscription.drain()
    assert {n: len(_rows(batches, n)) for n in sent.tables} == {
        n: len(t) for n, t in sent.tables.items()
    }
