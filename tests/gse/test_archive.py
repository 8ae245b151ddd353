"""Does an archive hold all that it has acknowledged, whatever happens to process and disk?"""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import random
import resource
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow.parquet as pq
import pytest

import gse
from gse.archive import archive as archives
from gse.archive import raw
from gse.archive.archive import Archive
from gse.archive.index import NAME
from gse.decode import decode
from gse.errors import UserError
from gse.live.session import Session
from gse.live.source import Source
from tests.gse.cables import downlink, wait_until
from tests.gse.captures import DICTIONARY, steady
from tests.gse.encoder import CADU, capture
from tests.gse.recorder import record

FRAMES = capture(steady(400))
STREAM = b"".join(FRAMES)


def _archived(tmp_path: Path, octets: bytes = STREAM, name: str = "a") -> Path:
    path = tmp_path / "downlink.bin"
    path.write_bytes(octets)
    with Archive(tmp_path / name) as archive, Session(_source(path), None, archive) as session:
        assert session.join(20)
    return tmp_path / name


def _source(path: Path) -> Source:
    return Source(f"file:{path}?speed=0")


def _run_octets(directory: Path, run: int) -> bytes:
    return b"".join(raw.octets(directory / "raw", run))


def _check_run(directory: Path, run: int, octets: bytes) -> None:
    """Columns and events of a run are what decoding its octets gives."""
    whole = decode(octets, DICTIONARY)
    with gse.open(directory) as reading:
        tables = [*whole.tables.items(), ("events", whole.events)]
        for name, table in tables:
            if name not in reading:
                assert not len(table)
                continue
            got = reading.sql(f'SELECT * FROM "{name}" WHERE run = {run}')
            # On a link that keeps frames in order, none waits: rows may come in another order.
            keys = [("virtual_channel", "ascending"), ("offset", "ascending")]
            keys += [("sequence", "ascending")]
            assert (
                got.select(table.column_names).sort_by(keys).to_pylist()
                == table.sort_by(keys).to_pylist()
            )


# kill -9


def _kill_at_random(
    directory: Path, frames: list[bytes], r: random.Random, late: bool
) -> tuple[int, int]:
    """Octets acknowledged, and octets that are in the archive, of a run that was killed. late: not
    before something was acknowledged."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.gse.recorder"])
    acknowledged = context.Value("q", 0)
    before = raw.last_number(directory / "raw")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = context.Process(
            target=record,
            args=(directory, listener.getsockname()[1], DICTIONARY.mission, acknowledged),
            daemon=True,
        )
        process.start()
        listener.settimeout(20)
        server = listener.accept()[0]
        stream = b"".join(frames)
        server.settimeout(0.05)
        begun, at = time.monotonic(), 0
        until, patience = begun + r.uniform(0.05, 0.9), begun + 60
        while (now := time.monotonic()) < until or (
            late and not acknowledged.value and now < patience
        ):
            try:
                at += server.send(stream[at : at + r.randint(1, 4000)])
            except TimeoutError:
                continue
            time.sleep(0.002)
        process.kill()
        process.join()
        server.close()
    told = acknowledged.value
    with Archive(directory) as archive:  # opens, and completes what the run lacks
        assert len(archive.rebuilt) == 1
        assert archive.rebuilt[0].startswith(f"run {before + 1}: columns made again")
    kept = _run_octets(directory, before + 1)
    assert len(kept) >= told
    assert kept == stream[: len(kept)]
    _check_run(directory, before + 1, kept)
    return told, len(kept)


def _kills(directory: Path, times: int, seed: int) -> list[tuple[int, int]]:
    frames = list(islice(downlink(), 2000))
    r = random.Random(seed)
    told = [_kill_at_random(directory, frames, r, late=n % 3 == 0) for n in range(times)]
    # What came before the last kill is still there.
    for run, (_, kept) in enumerate(told, 1):
        assert len(_run_octets(directory, run)) == kept
    return told


def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    told = _kills(tmp_path / "a", 3, 1)
    assert any(acknowledged for acknowledged, _ in told)


@pytest.mark.soak
def test_forty_kills(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = _kills(tmp_path / "a", 40, 2)
    acknowledged, kept = (sum(column) for column in zip(*told, strict=True))
    with capsys.disabled():
        print(
            f"\nkill -9, 40 times: {acknowledged:,} octets acknowledged, {kept:,} in the archive, "
            "each run decodes to what its octets say"
        )


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_columns_that_a_crash_left_out_are_made_again(tmp_path: Path, share: float) -> None:
    """As after a crash at any time: the index knows of the run, or not; octets end anywhere."""
    directory = _archived(tmp_path)
    cut = int(len(STREAM) * share)
    for path in (directory / "raw").glob("*.raw"):
        with path.open("rb+") as file:
            file.truncate(cut)
    for path in (directory / "raw").glob("*.times"):
        with path.open("rb+") as file:
            file.truncate(path.stat().st_size - 5)
    with sqlite3.connect(directory / NAME) as index:
        index.execute("UPDATE runs SET complete = 0")
    (directory / "columns" / "NAV" / "2000-01-01T00-0001-00099.parquet").write_bytes(b"half")
    _check_run(directory, 1, STREAM[:cut])
    assert not list(directory.glob("columns/NAV/2000*"))


def test_an_index_that_is_lost_is_made_again(tmp_path: Path) -> None:
    directory = _archived(tmp_path)
    with gse.open(directory) as reading:
        before = {name: table.to_pylist() for name, table in reading.tables().items()}
        alarms = reading.sql("SELECT * FROM alarms").to_pylist()
    for path in directory.glob(f"{NAME}*"):
        path.unlink()
    with gse.open(directory) as reading:
        assert {name: table.to_pylist() for name, table in reading.tables().items()} == before
        assert reading.sql("SELECT * FROM alarms").to_pylist() == alarms


def test_a_damaged_index_is_one_sentence(tmp_path: Path) -> None:
    directory = _archived(tmp_path)
    (directory / NAME).write_bytes(b"no database" * 1000)
    with pytest.raises(UserError, match=r"index.sqlite cannot be used .* Move it away"):
        gse.open(directory)


def test_an_index_that_is_damaged_behind_its_beginning_is_one_sentence(tmp_path: Path) -> None:
    directory = _archived(tmp_path)
    with (directory / NAME).open("rb+") as file:
        octets = file.read()
        file.seek(4096)
        file.write(b"damaged" * (len(octets) // 7 - 4096 // 7))
    said = r"index.sqlite cannot be used .* Move it away"
    with pytest.raises(UserError, match=said), gse.open(directory) as reading:
        reading.sql("SELECT * FROM runs")
    with pytest.raises(UserError, match=said):
        Archive(directory)
    for path in directory.glob(f"{NAME}*"):
        path.unlink()
    _check_run(directory, 1, STREAM)


def test_an_index_that_is_damaged_under_way_ends_columns_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(*_: object) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    path = tmp_path / "downlink.bin"
    path.write_bytes(STREAM)
    with Archive(tmp_path / "a") as archive, monkeypatch.context() as patched:
        session = Session(_source(path), None, archive)
        patched.setattr(archive.index, "insert_all", damaged)
        session.start()
        session.join(20)
        with pytest.raises(UserError, match="Move it away"):
            session.stop()
    assert _run_octets(tmp_path / "a", 1) == STREAM


def test_columns_that_are_damaged_or_missing_are_made_again_from_raw_octets(
    tmp_path: Path,
) -> None:
    directory = _archived(tmp_path)
    (part,) = (directory / "columns" / "NAV").iterdir()
    part.write_bytes(part.read_bytes()[:1000])
    with (
        gse.open(directory) as reading,
        pytest.raises(UserError, match=rf"{part.name} is damaged: delete it, and it is made again"),
    ):
        reading.sql("SELECT count(*) FROM NAV")
    part.unlink()
    with gse.open(directory) as reading:
        (again,) = (directory / "columns" / "NAV").iterdir()
        again.unlink()
        with pytest.raises(UserError, match=rf"{again.name} is missing: it is made again"):
            reading.sql("SELECT count(*) FROM NAV")
        with pytest.raises(UserError, match=rf"{again.name} is missing: it is made again"):
            len(reading.names)
    _check_run(directory, 1, STREAM)


def test_acknowledgements_outlive_columns_that_are_made_again(tmp_path: Path) -> None:
    directory = _archived(tmp_path)
    with gse.open(directory) as reading:
        assert reading.index
        first = reading.index.alarms()[0]
        assert reading.index.acknowledge(first.run, first.alarm.number, "ada")
        reading.index.note_command(1.0, "sim:x", "NO_OP", (), "done")
        reading.index.run("UPDATE runs SET complete = 0")
    with gse.open(directory) as reading:
        assert reading.index
        again = reading.index.alarms()[0]
        assert (again.id, again.alarm, again.acknowledged_by) == (first.id, first.alarm, "ada")
        assert reading.sql("SELECT name FROM commands").to_pylist() == [{"name": "NO_OP"}]


# The disk


def test_a_disk_that_is_full_is_one_sentence_and_leaves_raw_octets_whole(tmp_path: Path) -> None:
    """A process that may write no file longer than 200,000 octets."""
    path = tmp_path / "downlink.bin"
    most = 200_000
    stream = b"".join(islice(downlink(), 2000))
    path.write_bytes(stream)

    def no_more() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    command = [sys.executable, "-c", "from gse.cli import main; main()", "record"]
    done = subprocess.run(
        [*command, f"file:{path}?speed=0", "--archive", str(tmp_path / "a")],
        preexec_fn=no_more,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "free some space" in done.stderr or "could not be written" in done.stderr
    kept = _run_octets(tmp_path / "a", 1)
    assert len(kept) == most
    assert kept == stream[: len(kept)]


def test_octets_wait_for_space_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A piece is half written when the disk fills; later there is space again."""
    write = raw._write
    full_until = [12]

    def fill_up(file: BinaryIO, data: bytes) -> int:
        full_until[0] -= 1
        if full_until[0] == 9:
            return write(file, data[: len(data) // 2])
        if 0 < full_until[0] < 9:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data)

    monkeypatch.setattr(raw, "_write", fill_up)
    path = tmp_path / "downlink.bin"
    path.write_bytes(STREAM)
    with Archive(tmp_path / "a") as archive:
        session = Session(Source(f"file:{path}?speed=20"), None, archive)
        seen = set()
        with session:
            while not session.join(0.001):
                seen.add(session.status.archive_error)
    assert any("No space left on device): free some space" in sentence for sentence in seen)
    assert _run_octets(tmp_path / "a", 1) == STREAM
    _check_run(tmp_path / "a", 1, STREAM)


def test_a_segment_that_could_not_be_begun_is_begun_when_there_is_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fills between the file of octets and that of times."""
    monkeypatch.setattr(raw, "SEGMENT", 10)
    writer = raw.RawWriter(tmp_path, 1, raw.About())
    assert writer.append(b"0123456789", 1) == 10
    created = Path.open

    def fill_up(path: Path, *how: Any, **more: Any) -> Any:
        if path.suffix == ".times":
            raise OSError(errno.ENOSPC, "No space left on device")
        return created(path, *how, **more)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", fill_up)
        for _ in range(2):
            with pytest.raises(OSError, match="No space left on device"):
                writer.append(b"abc", 2)
    assert writer.append(b"abc", 3) == 3
    writer.close()
    assert b"".join(raw.octets(tmp_path, 1)) == b"0123456789abc"


def test_a_segment_ends_while_another_thread_forces_it_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that syncs is held between the two files, until the other has gone on or waits."""
    monkeypatch.setattr(raw, "SEGMENT", 10)
    writer = raw.RawWriter(tmp_path, 1, raw.About())
    writer.append(b"0123456789", 1)
    within, went_on = threading.Event(), threading.Event()
    force = os.fsync

    def hold(file: int) -> None:
        force(file)
        if threading.current_thread() is not threading.main_thread():
            within.set()
            went_on.wait(0.2)

    monkeypatch.setattr(os, "fsync", hold)
    with ThreadPoolExecutor(1) as pool:
        synced = pool.submit(writer.sync)
        assert within.wait(20)
        assert writer.append(b"abc", 2) == 3
        went_on.set()
        assert synced.result() == 10
    assert writer.sync() == 13
    writer.close()


def test_columns_that_cannot_be_written_are_made_when_it_is_opened_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "downlink.bin"
    path.write_bytes(STREAM)
    with Archive(tmp_path / "a") as archive, monkeypatch.context() as patched:
        patched.setattr(pq, "write_table", fail)
        session = Session(_source(path), None, archive)
        session.start()
        session.join(20)
        with pytest.raises(UserError, match="made again from the raw octets"):
            session.stop()
    _check_run(tmp_path / "a", 1, STREAM)


# Who may


def test_one_process_writes_and_others_read_meanwhile(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        source = Source(f"tcp:127.0.0.1:{listener.getsockname()[1]}")
        with Archive(tmp_path / "a") as archive, Session(source, DICTIONARY, archive) as session:
            server = listener.accept()[0]
            server.sendall(STREAM)
            with pytest.raises(UserError, match="another process writes to the archive"):
                Archive(tmp_path / "a")
            wait_until(lambda: session.status.acknowledged == len(STREAM))
            with gse.open(tmp_path / "a") as reading:
                wait_until(lambda: "NAV" in reading.names, 20)
                assert len(reading["events"]) > 0
            server.close()
    _check_run(tmp_path / "a", 1, STREAM)


def test_who_records_waits_for_who_completes_the_archive_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = _archived(tmp_path)
    with sqlite3.connect(directory / NAME) as index:
        index.execute("UPDATE runs SET complete = 0")
    within, go_on = threading.Event(), threading.Event()
    finish = archives.Writer.finish

    def hold(*arguments: Any) -> None:
        within.set()
        assert go_on.wait(20)
        finish(*arguments)

    monkeypatch.setattr(archives.Writer, "finish", hold)
    said: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        completed = pool.submit(archives.complete, directory)
        assert within.wait(20)
        with pytest.raises(UserError, match=r"which reads the archive .* makes its columns again"):
            Archive(directory)
        recording = pool.submit(lambda: Archive(directory, waiting=said.append))
        wait_until(lambda: bool(said))
        go_on.set()
        completed.result()
        with recording.result() as archive:
            assert not archive.rebuilt
            with pytest.raises(UserError, match="another process writes to the archive"):
                Archive(directory, waiting=said.append)
    assert len(said) == 1
    assert "to record at once, name another directory" in said[0]


def test_an_archive_is_of_one_mission(tmp_path: Path) -> None:
    directory = _archived(tmp_path)
    with sqlite3.connect(directory / NAME) as index:
        index.execute("UPDATE about SET value = 'droptest 00000000'")
    path = tmp_path / "downlink.bin"
    with Archive(directory) as archive:
        session = Session(_source(path), None, archive)
        session.start()
        session.join(20)
        with pytest.raises(UserError, match="is of mission and dictionary droptest 00000000"):
            session.stop()
    assert _run_octets(directory, 2) == STREAM


def test_runs_and_hours_are_kept_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs, the second of them over the turn of an hour."""
    directory = _archived(tmp_path)
    moments = iter(range(0, 10**9, 1))
    begun = 1_800_000_000_000_000_000 // 3_600_000_000_000 * 3_600_000_000_000

    def now_ns() -> int:
        return begun + (next(moments) * 2 - 3) * 10**9

    monkeypatch.setattr("gse.live.session.time.time_ns", now_ns)
    monkeypatch.setattr("gse.live.replay._FREELY", 10_000)
    _archived(tmp_path)
    files = sorted(p.name for p in (directory / "columns" / "NAV").iterdir())
    assert len(files) == 3
    assert {name[13:18] for name in files} == {"-0001", "-0002"}
    assert len({name[:13] for name in files}) == 3
    _check_run(directory, 1, STREAM)
    _check_run(directory, 2, STREAM)


def test_many_small_files_become_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_SYNC_S", 0.01)
    monkeypatch.setattr(archives, "_FLUSH_S", 0.0)
    monkeypatch.setattr("gse.archive.columns._MOST_PARTS", 3)
    monkeypatch.setattr("gse.live.session._BATCH_S", 0.01)
    path = tmp_path / "downlink.bin"
    path.write_bytes(STREAM)
    source = Source(f"file:{path}?speed=40")
    with Archive(tmp_path / "a") as archive, Session(source, None, archive) as session:
        while not session.join(0.01):
            if (tmp_path / "a" / "columns" / "NAV").exists():
                assert len(list((tmp_path / "a" / "columns" / "NAV").glob("*.parquet"))) <= 8
    assert len(list((tmp_path / "a" / "columns" / "NAV").iterdir())) == 1
    _check_run(tmp_path / "a", 1, STREAM)


def test_segments_of_raw_octets_are_one_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "SEGMENT", 5000)
    monkeypatch.setattr("gse.live.replay._FREELY", 1500)
    directory = _archived(tmp_path)
    assert len(list((directory / "raw").glob("*.raw"))) > 2
    assert _run_octets(directory, 1) == STREAM
    before = _times(directory)
    with sqlite3.connect(directory / NAME) as index:
        index.execute("UPDATE runs SET complete = 0")
    assert _times(directory) == before


def _times(directory: Path) -> list[Any]:
    with gse.open(directory) as reading:
        received: list[Any] = reading["NAV"].to_arrow()["received_utc"].to_pylist()
    return received


def test_what_is_no_archive_is_one_sentence(tmp_path: Path) -> None:
    for directory, said in (
        (tmp_path, "neither an archive nor"),
        (tmp_path / "none", "is no directory"),
    ):
        with pytest.raises(UserError, match=said):
            gse.open(directory)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write the archive"):
        Archive(tmp_path / "file")


def test_raw_octets_alone_are_an_archive(tmp_path: Path) -> None:
    """Of whatever a run there is: the octets say what they are of."""
    directory = _archived(tmp_path)
    shutil.copytree(directory / "raw", tmp_path / "b" / "raw")
    (tmp_path / "b" / "raw" / "0001.json").unlink()
    _check_run(tmp_path / "b", 1, STREAM)
    about = json.loads((directory / "raw" / "0001.json").read_text())
    assert about["source"].startswith("file:")
    assert len(STREAM) == len(FRAMES) * CADU
