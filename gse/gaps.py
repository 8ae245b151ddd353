"""When were the missing frames sent, and how many are they where an 8-bit counter cannot tell?

The counter gives a gap modulo 256 frames. A synchronous link sends frames at a fixed rate, so the
spacecraft clock on both sides of a gap tells how many times 256 there were more.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gse import kernels
from gse.link.frames import Frames
from gse.link.packets import Indices
from gse.link.report import ANOMALIES_LISTED, Kind, LinkReport

_COUNT = 256


class ClockCheck:
    """Holds the gaps of the counter against the clock, batch by batch."""

    def __init__(self, period_s: float, report: LinkReport) -> None:
        """period_s: between two frames, seconds."""
        self._period_s = period_s
        self._report = report
        self._entry_s: float | None = None
        # The last packet that tells the time: its frame, time, and what was before that frame.
        self._last: tuple[int, float] | None = None
        self._missing = self._restarts = 0  # after its frame
        self._open: list[float] = []  # times before gaps that no packet has followed yet
        self._times: list[tuple[float, float]] = []  # of gaps, spacecraft clock

    def feed(
        self,
        frames: Frames,
        frame: Indices,
        sclk_s: npt.NDArray[np.float64],
        entry_s: float | None,
    ) -> None:
        """frame, sclk_s: in which each packet ends that tells the time, ascending, and that time.
        entry_s: spacecraft time of entry interface, once known."""
        inner = frame - frames.number
        missing, restarts = _up_to_each(frames.gap), _up_to_each(frames.restart)
        self._note_times(frames, inner, sclk_s)
        self._note_ambiguous(frames, inner, sclk_s, missing, restarts)
        if len(frame):
            last = int(inner[-1]) + 1
            self._last = int(frame[-1]), float(sclk_s[-1])
            self._missing = int(missing[-1] - missing[last])
            self._restarts = int(restarts[-1] - restarts[last])
        else:
            self._missing += int(missing[-1])
            self._restarts += int(restarts[-1])
        entry_is_new = self._entry_s is None and entry_s is not None
        self._entry_s = entry_s if self._entry_s is None else self._entry_s
        if self._entry_s is not None:
            known = 0 if entry_is_new else len(self._report.gap_times_s)
            self._report.gap_times_s += [
                (a - self._entry_s, b - self._entry_s) for a, b in self._times[known:]
            ]

    def _note_times(self, frames: Frames, inner: Indices, sclk_s: npt.NDArray[np.float64]) -> None:
        """For each gap, spacecraft times of the last packet before and the first after it."""
        if len(inner):
            self._times += [(before, float(sclk_s[0])) for before in self._open]
            self._open = []
        last_s = None if self._last is None else self._last[1]
        for i in np.searchsorted(inner, np.flatnonzero(frames.gap)).tolist():
            before = float(sclk_s[i - 1]) if i else last_s
            if before is None or len(self._times) + len(self._open) >= ANOMALIES_LISTED:
                continue
            if i < len(sclk_s):
                self._times.append((before, float(sclk_s[i])))
            else:
                self._open.append(before)

    def _note_ambiguous(
        self,
        frames: Frames,
        inner: Indices,
        sclk_s: npt.NDArray[np.float64],
        missing: Indices,
        restarts: Indices,
    ) -> None:
        """Notes each place where the clock says that at least 256 frames more are missing than
        counted."""
        if self._last is not None:
            sclk_s = np.concatenate(([self._last[1]], sclk_s))
            inner = np.concatenate(([self._last[0] - frames.number], inner))
        later = np.empty(len(sclk_s), np.int64)
        for i in later[: kernels.jumps(sclk_s, _COUNT // 2 * self._period_s, later)].tolist():
            before, after = int(inner[i]), int(inner[i + 1])
            first = max(before + 1, 0)
            carried = before < 0
            if restarts[after + 1] - restarts[first] + carried * self._restarts:
                continue  # the clock may have been set
            counted = int(missing[after + 1] - missing[first] + carried * self._missing)
            sent = (sclk_s[i + 1] - sclk_s[i]) / self._period_s
            turns = round((sent - (after - before) - counted) / _COUNT)
            if turns >= 1:
                likely = counted + turns * _COUNT
                text = f"{counted} missing by the counter, about {likely} by the spacecraft clock"
                self._report.gaps_ambiguous += 1
                self._report.note(Kind.GAP_AMBIGUOUS, int(frames.offset[after]), text, count=likely)


def _up_to_each(counts: npt.NDArray[Any]) -> Indices:
    """Sums of what stands before each of them, and before the end."""
    if not counts.any():  # as ever, where nothing was lost
        return np.zeros(len(counts) + 1, np.int64)
    return np.concatenate(([0], np.cumsum(counts)))
