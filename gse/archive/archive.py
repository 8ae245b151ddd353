"""How does everything that is received stay? Raw first, then columns and events.

A directory with raw/ (gse.archive.raw), columns/ (gse.archive.columns) and index.sqlite
(gse.archive.index). One process writes. What a run that was not ended lacks in columns and events,
the next one that opens the archive makes from its raw octets.
"""

from __future__ import annotations

import fcntl
import json
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from fsw import missions
from fsw.link.layout import VC_REAL_TIME
from gse.archive import columns, raw
from gse.archive.columns import ColumnWriter
from gse.archive.index import NAME, Index
from gse.correlation import Pair, Picker, pairs_of
from gse.decode import Decoded
from gse.dictionary import Dictionary, load
from gse.errors import UserError
from gse.limits import Alarm
from gse.link.report import LinkReport
from gse.live.decoding import Batch, Decoding

_LOCK = "lock"
_COMPLETES = "completes"  # in it: whoever has it will not have it for long
_LOCK_S = 0.2
_SYNC_S = 0.25  # what was received is on the disk so soon
_FLUSH_S = 5.0  # columns can be read so soon


class Archive:
    """An archive that is written to; made when it is not there. For use with `with`."""

    def __init__(
        self,
        directory: Path,
        *,
        waiting: Callable[[str], None] | None = None,
        completing: bool = False,
    ) -> None:
        """waiting: takes the sentence that one who only completes the archive is waited for; None:
        nobody is. completing: to be such a one.

        Raises UserError when it cannot be written to, or another process writes to it.
        """
        self.directory = directory
        self.rebuilt: list[str] = []  # sentences: which runs were completed, and which cannot be
        try:
            directory.mkdir(parents=True, exist_ok=True)
            with ExitStack() as opened:
                opened.enter_context(_locked(directory, waiting, completing))
                self.index = Index(directory, create=True)
                opened.callback(self.index.close)
                self._recover()
                self._opened = opened.pop_all()
        except (OSError, sqlite3.Error) as error:
            raise UserError(
                f"cannot write the archive {directory} ({_why(error)}): free some space, or name "
                "another directory"
            ) from error

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._opened.close()

    def begin(self, about: raw.About) -> Recording:
        """A new run. Raises UserError when it cannot be written."""
        run = raw.last_number(self.directory / "raw") + 1
        try:
            return Recording(self, run, about)
        except (OSError, sqlite3.Error) as error:
            raise UserError(
                f"cannot write the archive {self.directory} ({_why(error)}): free some space, or "
                "name another directory"
            ) from error

    def claim(self, dictionary: Dictionary) -> None:
        """Says what the archive is of. Raises UserError when it is of something else."""
        mine = dictionary.identity
        held = self.index.about("dictionary")
        if held is None:
            self.index.set_about("dictionary", mine)
        elif held != mine:
            raise UserError(
                f"the archive {self.directory} is of mission and dictionary {held}, and this is "
                f"{mine}: name another directory; the octets are kept in its raw/"
            )

    def _recover(self) -> None:
        """Makes columns and events of runs that were not ended, that the index does not know, that
        another version of edlcam refused, or of which a file is missing."""
        query = "SELECT run FROM runs WHERE complete AND (refused IS NULL OR dictionaries = ?)"
        done = {row["run"] for row in self.index.rows(query, (_dictionaries(),))}
        done -= {p.run for p in self.index.parts() if not (self.directory / p.path).exists()}
        for run in raw.runs(self.directory / "raw"):
            if run not in done:
                self._rebuild(run)
        columns.remove_unknown(self.directory, self.index)

    def _rebuild(self, run: int) -> None:
        place = self.directory / "raw"
        about = raw.about(place, run)
        row = {"run": run, "source": about.source, "coding": about.coding}
        with self.index.transaction():
            for table in ("parts", "events", "clock"):
                self.index.run(f"DELETE FROM {table} WHERE run = ?", (run,))
            self.index.insert("runs", {**row, "begun_utc": about.begun_utc}, "OR IGNORE")
        writer = Writer(self, run)
        dictionary = load(about.mission) if about.mission else None
        times = raw.times(place, run)
        decoding = Decoding(dictionary, about.coding or None, about.late_window, times)
        size = 0
        refused = None
        try:
            for piece in raw.octets(place, run):
                size += len(piece)
                for batch in decoding.feed(piece):
                    writer.add(batch)
                writer.flush()
            for batch in decoding.finish():
                writer.add(batch)
        except UserError as error:
            refused = str(error)
        writer.finish(size, decoding.report, refused)
        what = f"run {run}: columns made again from {size:,} octets"
        self.rebuilt.append(what if refused is None else f"{what}, up to where {refused}")


class Writer:
    """Columns and events of one run."""

    def __init__(self, archive: Archive, run: int) -> None:
        self._archive = archive
        self._index = archive.index
        self._run = run
        self._columns = ColumnWriter(archive.directory, archive.index, run)
        self._events: list[dict[str, Any]] = []
        self._clock = Picker()
        self._alarms: list[Alarm] = []
        self._rows = 0
        self._claimed = False

    def add(self, batch: Batch) -> None:
        """Keeps it until flush(). Raises UserError when the archive is of something else."""
        decoded = batch.decoded
        if not self._claimed:
            self._archive.claim(decoded.dictionary)
            self._claimed = True
        self._columns.add(decoded.tables)
        self._clock.add(_pairs(decoded))
        self._alarms += batch.alarms
        for event in decoded.events.to_pylist():
            event["received_utc"] = event["received_utc"].isoformat(" ")
            event["octet"] = event.pop("offset")
            self._events.append({"run": self._run, "row": self._rows, **event})
            self._rows += 1

    def flush_events(self) -> None:
        """Makes what was added visible to others but for columns, which flush() does. Raises
        OSError, sqlite3.Error."""
        pairs = self._clock.settled
        if self._events or pairs or self._alarms:
            with self._index.transaction():
                self._index.insert_all("events", self._events)
                clock = [{"run": self._run, **asdict(pair)} for pair in pairs]
                self._index.insert_all("clock", clock)
                for alarm in self._alarms:
                    self._index.put_alarm(self._run, alarm)
            self._events.clear()
            pairs.clear()
            self._alarms.clear()

    def flush(self) -> None:
        """Raises OSError, sqlite3.Error."""
        self.flush_events()
        self._columns.flush()

    def finish(self, octets: int, report: LinkReport | None, refused: str | None) -> None:
        """Says that the run is complete. Raises OSError, sqlite3.Error."""
        self._clock.finish()
        self.flush()
        self._columns.finish()
        text = json.dumps(asdict(report)) if report else None
        coding = report.coding if report else ""
        self._index.run(
            """UPDATE runs SET complete = 1, octets = ?, report = ?, refused = ?, dictionaries = ?,
            coding = ? WHERE run = ?""",
            (octets, text, refused, _dictionaries(), coding, self._run),
        )


def _dictionaries() -> str:
    """Which this version of edlcam has."""
    return " ".join(f"{load(name).fingerprint:08X}" for name in missions.NAMES)


def _pairs(decoded: Decoded) -> list[Pair]:
    """When packets came that are sent as soon as they are made."""
    timed = [
        table.filter(pc.equal(table["virtual_channel"], VC_REAL_TIME))
        for name, table in decoded.tables.items()
        if name != "EVR" and len(table)  # event reports may have waited long
    ]

    def column(name: str) -> npt.NDArray[Any]:
        return np.concatenate([table[name].to_numpy() for table in timed])

    if not timed:
        return []
    sclk_s = column("sclk_s") + column("sclk_fraction") / 65536
    return pairs_of(column("offset"), sclk_s, column("received_utc").astype(np.int64) / 1e6)


class Recording:
    """One run while it is received. append() is for one thread, keep() for one (another)."""

    def __init__(self, archive: Archive, run: int, about: raw.About) -> None:
        """Raises OSError, sqlite3.Error when it cannot be written."""
        self.run = run
        self.unwritten = 0  # octets that wait in memory for space on the disk
        self.error = ""  # a sentence: what cannot be written, and what becomes of it
        self._archive = archive
        self._raw = raw.RawWriter(archive.directory / "raw", run, about)
        row = {"run": run, "source": about.source, "coding": about.coding}
        archive.index.insert("runs", {**row, "begun_utc": about.begun_utc})
        self._writer: Writer | None = Writer(archive, run)
        self._batches: deque[Batch] = deque()
        self._links: deque[dict[str, Any]] = deque()
        self._unwritten: deque[tuple[bytes, int]] = deque()
        self._stop = threading.Event()
        self._keeper = threading.Thread(target=self._keep_on, name="archive", daemon=True)
        self._keeper.start()

    @property
    def acknowledged(self) -> int:
        """Octets that are on the disk: neither kill -9 nor a power cut takes them."""
        return self._raw.synced

    def append(self, octets: bytes, utc_ns: int) -> None:
        """Keeps octets before they are decoded. On a full disk they wait in memory."""
        self._unwritten.append((octets, utc_ns))
        self.unwritten += len(octets)
        self.retry()

    def retry(self) -> None:
        """Writes what waits, if there is space again."""
        while self._unwritten:
            octets, utc_ns = self._unwritten[0]
            try:
                taken = self._raw.append(octets, utc_ns)
            except OSError as error:
                self.error = (
                    f"cannot write to {self._archive.directory} ({_why(error)}): free some space; "
                    "what is received waits in memory, what was written is whole"
                )
                return
            self._unwritten.popleft()
            self.unwritten -= taken
            if taken < len(octets):
                self._unwritten.appendleft((octets[taken:], utc_ns))
            elif not self._unwritten and self._writer:
                self.error = ""

    def keep(self, batch: Batch) -> None:
        """Takes a batch; it is written in its time."""
        self._batches.append(batch)

    def note_link(self, state: str, why: str, utc: float) -> None:
        """Keeps that the link came or went."""
        self._links.append({"run": self.run, "utc": utc, "state": state, "why": why})

    def finish(self, report: LinkReport | None, refused: str | None) -> None:
        """Ends the run. Raises UserError when not everything could be kept."""
        self._stop.set()
        self._keeper.join()
        self.retry()
        try:
            self._raw.close()
        except OSError as error:
            self.error = f"cannot write to {self._archive.directory} ({_why(error)})"
        if self._writer and not self._unwritten:
            self._take_batches()
        if self._writer and not self._unwritten:
            writer, size = self._writer, self._raw.written
            self._tried(lambda: writer.finish(size, report, refused))
        if self._unwritten:
            raise UserError(
                f"{self.unwritten:,} octets could not be written to {self._archive.directory}: the "
                f"disk is full; what came before, {self._raw.written:,} octets, is kept"
            )
        if self.error:
            raise UserError(self.error)

    def _keep_on(self) -> None:
        flushed = time.monotonic()
        while not self._stop.wait(_SYNC_S):
            self._tried(self._raw.sync)
            self._take_batches()
            if self._writer:
                self._tried(self._writer.flush_events)
            if self._writer and time.monotonic() - flushed > _FLUSH_S:
                self._tried(self._writer.flush)
                flushed = time.monotonic()

    def _take_batches(self) -> None:
        while self._links:
            row = self._links.popleft()
            self._tried(partial(self._archive.index.insert, "links", row))
        while self._batches:
            batch = self._batches.popleft()
            if self._writer:
                try:
                    self._writer.add(batch)
                except UserError as error:
                    self._writer = None
                    self.error = str(error)

    def _tried(self, step: Callable[[], object]) -> None:
        """Does it; what cannot be written of columns and events is made again from raw octets."""
        try:
            step()
        except UserError as error:
            self._writer = None
            self.error = str(error)
        except (OSError, sqlite3.Error) as error:
            self._writer = None
            self.error = (
                f"cannot write to {self._archive.directory} ({_why(error)}): free some space; "
                "columns and events are made again from the raw octets when it is opened next"
            )


def is_archive(directory: Path) -> bool:
    """Whether something was recorded there: an index, or raw octets of which one is made."""
    return (directory / NAME).exists() or bool(raw.runs(directory / "raw"))


def complete(directory: Path) -> None:
    """Makes whole what a crash left of an archive, unless somebody writes to it, or it can only be
    read. Raises UserError when it has no index then."""
    if is_written_to(directory):
        return
    try:
        Archive(directory, completing=True).close()
    except UserError:
        if not (directory / NAME).exists():
            raise


def is_written_to(directory: Path) -> bool:
    """Whether a process has the archive open for writing."""
    try:
        with (directory / _LOCK).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # never written to, or not ours to lock
        return False
    return False


def _locked(directory: Path, waiting: Callable[[str], None] | None, completing: bool) -> IO[str]:
    """The lock of the one who writes. Raises UserError when somebody has it."""
    with ExitStack() as undo:
        file = undo.enter_context((directory / _LOCK).open("a+"))
        if not _lock_within(file, _LOCK_S):  # a reader looks whether somebody has it
            _wait_for_completion(file, directory, waiting)
        file.truncate(0)
        if completing:
            file.write(_COMPLETES)
            file.flush()
        undo.pop_all()
        return file


def _lock_within(file: IO[str], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError:
            if time.monotonic() > until:
                return False
            time.sleep(0.02)


def _wait_for_completion(
    file: IO[str], directory: Path, waiting: Callable[[str], None] | None
) -> None:
    """Until nobody completes the archive, for who waits. Raises UserError when somebody writes to
    it otherwise."""
    told = False
    while True:
        file.seek(0)
        if file.read() != _COMPLETES:
            raise UserError(
                f"another process writes to the archive {directory}: end it, or name another "
                "directory"
            )
        if waiting is None:
            raise UserError(
                f"another process, which reads the archive {directory}, makes its columns again: "
                "wait until it has, or name another directory"
            )
        if not told:
            waiting(
                f"waiting for a process that reads the archive {directory} and makes its columns "
                "again; to record at once, name another directory"
            )
            told = True
        if _lock_within(file, _LOCK_S):
            return


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
