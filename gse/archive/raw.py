"""What was received, octet for octet, and when?

A run is what one session received: segments raw/RUN-SEGMENT.raw of octets as they came, one after
another, beside each a .times of when (16 octets an entry: how many octets of the run had come, and
the Unix time in ns, both little-endian), and raw/RUN.json about the run. Octets are written before
anybody is told of them, and only ever appended.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from gse.link.frames import LATE_WINDOW

SEGMENT = 64 << 20  # octets
_ENTRY = np.dtype([("end", "<u8"), ("utc_ns", "<i8")])
_PIECE = 1 << 22  # octets read at a time


@dataclass(frozen=True, slots=True)
class About:
    """A run. coding, mission: those named by the user, else "". late_window: frames by which one
    may be overtaken on its way. begun_utc: Unix time, seconds."""

    source: str = "lost"
    coding: str = ""
    mission: str = ""
    late_window: int = LATE_WINDOW
    begun_utc: float = 0.0


class Times:
    """When the octets of a run came. ends: of the run, ascending; utc_ns: Unix time."""

    def __init__(self, ends: npt.NDArray[np.uint64], utc_ns: npt.NDArray[np.int64]) -> None:
        self._ends = ends
        self._utc_ns = utc_ns

    def at(self, octet: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Unix time in ns at which octet 0, 1, ... of the run had come."""
        if not len(self._ends):
            return np.zeros(len(octet), np.int64)
        place = np.searchsorted(self._ends, octet.astype(np.uint64), side="right")
        return np.asarray(self._utc_ns[np.minimum(place, len(self._ends) - 1)])


class LiveTimes:
    """The same while they come: of the last octets, which are those that are decoded.

    One thread appends, others ask.
    """

    _KEPT = 1 << 16

    def __init__(self) -> None:
        self._entries = np.zeros((1024, 2), np.int64)
        self._count = 0
        self._lock = threading.Lock()

    def append(self, end: int, utc_ns: int) -> None:
        """So many octets had come at that time."""
        with self._lock:
            if self._count == len(self._entries):
                self._make_room()
            self._entries[self._count] = end, utc_ns
            self._count += 1

    def at(self, octet: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """As of Times."""
        with self._lock:
            entries = self._entries[: self._count]  # never changed, only added to or replaced
        return Times(entries[:, 0].astype(np.uint64), entries[:, 1]).at(octet)

    def _make_room(self) -> None:
        kept = self._entries[-self._KEPT // 2 :]
        self._entries = np.concatenate((kept, np.zeros_like(kept)))
        self._count = len(kept)


class RawWriter:
    """Appends to a run. One thread appends, another may call sync. written, synced: octets."""

    def __init__(self, directory: Path, run: int, about: About) -> None:
        """Raises OSError when it cannot be written."""
        self._directory = directory
        self._run = run
        self.written = 0
        self.synced = 0
        self._segment = 0
        self._in_segment = 0
        self._open = threading.RLock()  # whoever has it, no file is closed beneath
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / f"{run:04}.json"
        path.write_text(json.dumps(asdict(about), indent=2) + "\n", encoding="utf-8")
        _sync_file(path)
        self._octets, self._times = self._next_segment()
        _sync_directory(directory)

    def append(self, octets: bytes, utc_ns: int) -> int:
        """Hands octets to the system; how many of them it took. Raises OSError when none."""
        if self._in_segment >= SEGMENT:
            self._roll()
        taken = _write(self._octets, octets)
        self._in_segment += taken
        self.written += taken
        entry = np.array([(self.written, utc_ns)], _ENTRY).tobytes()
        at = self._times.tell()
        # Without it, the octets are safe, and take the time of those that come next.
        with suppress(OSError):
            if _write(self._times, entry) < len(entry):
                self._times.seek(at)
        return taken

    def sync(self) -> int:
        """Waits until what was appended is on the disk; how many octets that is. Raises OSError."""
        with self._open:
            written = self.written
            if written > self.synced:
                os.fsync(self._octets.fileno())
                os.fsync(self._times.fileno())
                self.synced = written
            return self.synced

    def close(self) -> None:
        """Raises OSError when what was appended cannot be brought to the disk."""
        try:
            self.sync()
        finally:
            self._octets.close()
            self._times.close()

    def _roll(self) -> None:
        with self._open:
            self.sync()
            before = (self._octets, self._times)
            self._octets, self._times = self._next_segment()
            for file in before:
                file.close()
        _sync_directory(self._directory)

    def _next_segment(self) -> tuple[BinaryIO, BinaryIO]:
        stem = self._directory / f"{self._run:04}-{self._segment + 1:04}"
        with ExitStack() as undo:
            octets, times = (self._created(stem.with_suffix(s), undo) for s in (".raw", ".times"))
            undo.pop_all()
        self._segment += 1
        self._in_segment = 0
        return octets, times

    @staticmethod
    def _created(path: Path, undo: ExitStack) -> BinaryIO:
        """A new file, which is removed again when the other cannot be made: else no try that
        follows could make it."""
        file = undo.enter_context(path.open("xb", buffering=0))
        undo.callback(path.unlink, missing_ok=True)
        return file


def runs(directory: Path) -> list[int]:
    """Numbers of the runs that raw octets are there of, ascending."""
    return sorted({int(p.name[:4]) for p in directory.glob("[0-9][0-9][0-9][0-9]-*.raw")})


def last_number(directory: Path) -> int:
    """The highest number that a run has taken, also one of which nothing came; 0: none."""
    return max((int(p.name[:4]) for p in directory.glob("[0-9][0-9][0-9][0-9]*")), default=0)


def about(directory: Path, run: int) -> About:
    """The usual when it was lost."""
    try:
        return About(**json.loads((directory / f"{run:04}.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return About()


def size(directory: Path, run: int) -> int:
    """Octets of a run."""
    return sum(path.stat().st_size for path in _segments(directory, run))


def octets(directory: Path, run: int) -> Iterator[bytes]:
    """The octets of a run in pieces."""
    for path in _segments(directory, run):
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece


def times(directory: Path, run: int) -> Times:
    """When they came. What a crash left of an entry is not one."""
    parts = []
    for path in _segments(directory, run):
        file = path.with_suffix(".times")
        stored = file.read_bytes() if file.exists() else b""
        parts.append(np.frombuffer(stored[: len(stored) // 16 * 16], _ENTRY))
    entries = np.concatenate(parts) if parts else np.zeros(0, _ENTRY)
    # A power cut may leave zeros where the system had not written yet.
    entries = entries[(entries["end"] > 0) & (entries["utc_ns"] > 0)]
    return Times(entries["end"].astype(np.uint64), entries["utc_ns"].astype(np.int64))


def _segments(directory: Path, run: int) -> list[Path]:
    return sorted(directory.glob(f"{run:04}-*.raw"))


def _write(file: BinaryIO, data: bytes) -> int:
    """One call of the system: on a disk that is nearly full it takes a part."""
    return file.write(data)


def _sync_file(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _sync_directory(path: Path) -> None:
    """Waits until the names in it are on the disk too."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
