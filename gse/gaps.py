"""When were the missing frames sent, and how many are they where an 8-bit counter cannot tell?

The counter gives a gap modulo 256 frames. A synchronous link sends frames at a fixed rate, so the
spacecraft clock on both sides of a gap tells how many times 256 there were more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gse.link.frames import Frames
from gse.link.packets import Indices
from gse.link.report import Kind, LinkReport

_COUNT = 256


@dataclass(frozen=True, slots=True)
class Clock:
    """Spacecraft time of packets and the frame in which each begins; frames ascending."""

    frame: Indices
    sclk_s: npt.NDArray[np.float64]


def gap_times(frames: Frames, clock: Clock) -> list[tuple[float, float]]:
    """For each gap, spacecraft times of the last packet before and the first after it."""
    after = np.searchsorted(clock.frame, np.flatnonzero(frames.gap))
    after = after[(after > 0) & (after < len(clock.frame))]
    return [(float(clock.sclk_s[i - 1]), float(clock.sclk_s[i])) for i in after]


def note_ambiguous(frames: Frames, clock: Clock, period_s: float, report: LinkReport) -> None:
    """Notes each place where the clock says that at least 256 frames more are missing than counted.

    period_s: between two frames, seconds.
    """
    for i in np.flatnonzero(np.diff(clock.sclk_s) > _COUNT // 2 * period_s).tolist():
        before, after = int(clock.frame[i]), int(clock.frame[i + 1])
        if frames.restart[before + 1 : after + 1].any():
            continue  # the clock may have been set
        counted = int(frames.gap[before + 1 : after + 1].sum())
        sent = (clock.sclk_s[i + 1] - clock.sclk_s[i]) / period_s
        turns = round((sent - (after - before) - counted) / _COUNT)
        if turns >= 1:
            likely = counted + turns * _COUNT
            text = f"{counted} missing by the counter, about {likely} by the spacecraft clock"
            report.gaps_ambiguous += 1
            report.note(Kind.GAP_AMBIGUOUS, int(frames.offset[after]), text, count=likely)
