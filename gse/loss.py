"""Which share of the packets that were sent has not come? By the sequence counts of each type.

In real time alone: what is played back or sent as a file is counted by nobody here, and what waits
on board for its turn is no loss.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from fsw.link.layout import VC_REAL_TIME
from gse.merge import SEQUENCE_COUNTS

LOSS_PACKETS = 16  # HK packets over which the loss of packets is counted: 16 s

Values = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


class Loss:
    """Of one stream, batch after batch."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}  # the highest so far, by packet type
        self._packets_sent = 0.0  # as the last HK packet says
        self._sent = self._came = 0  # before this batch
        self._last: deque[tuple[int, int]] = deque(maxlen=LOSS_PACKETS)  # at HK packets

    def add(self, tables: Mapping[str, pa.Table]) -> Values:
        """Percent for each row of HK, over the last LOSS_PACKETS of them; NaN where there are not
        so many since the board started, and for what was played back."""
        asked = {n: t for n, t in tables.items() if len(t) or n in ("BOOT", "HK")}
        live = {name: t.filter(_is_live(t)) for name, t in asked.items()}
        restarts = self._restarts(live["BOOT"], live["HK"])
        sent = np.concatenate([self._steps(n, t, restarts) for n, t in live.items()])
        offset, sclk_s, fraction = (
            np.concatenate([_numbers(t, column) for t in live.values()])
            for column in ("offset", "sclk_s", "sclk_fraction")
        )
        # In a frame, those made earlier come first.
        order = np.lexsort((sclk_s + fraction / 65536, offset))
        is_hk = np.concatenate([np.full(len(t), n == "HK") for n, t in live.items()])[order]
        at_hk = np.flatnonzero(is_hk)
        so_far = self._sent + np.cumsum(sent[order])
        stretch = np.searchsorted(restarts, offset[order][at_hk], side="right")
        begins = np.diff(stretch, prepend=0) > 0
        losses = np.full(len(tables["HK"]), np.nan)
        losses[_is_live(tables["HK"])] = [
            self._percent(int(so_far[i]), self._came + int(i) + 1, bool(new))
            for i, new in zip(at_hk, begins, strict=True)
        ]
        if len(restarts) and not (len(stretch) and stretch[-1] == len(restarts)):
            self._last.clear()  # since the last HK packet
        self._sent += int(sent.sum())
        self._came += len(sent)
        return losses

    def _restarts(self, boots: pa.Table, hk: pa.Table) -> Values:
        """Offsets of frames from which on the board counts from 0 again: it boots, or has sent
        fewer packets than before."""
        sent = _numbers(hk, "PACKETS_SENT")
        fewer = np.diff(sent, prepend=self._packets_sent) < 0
        if len(sent):
            self._packets_sent = float(sent[-1])
        booted = _numbers(boots, "sequence") == 0
        return np.unique(
            np.concatenate([_numbers(boots, "offset")[booted], _numbers(hk, "offset")[fewer]])
        )

    def _steps(self, name: str, table: pa.Table, restarts: Values) -> Counts:
        """For each row of a type, how many packets of it were sent since those before it; the first
        one after a restart counts as one."""
        sequence = _numbers(table, "sequence").astype(np.int64)
        stretch = np.searchsorted(restarts, _numbers(table, "offset"), side="right")
        steps = np.zeros(len(sequence), np.int64)
        for number in range(len(restarts) + 1):
            if number:
                self._counts.pop(name, None)
            rows = stretch == number
            if rows.any():
                before = self._counts.get(name, int(sequence[rows][0]) - 1)
                # One that is late, or comes twice, is behind the highest, and was sent before.
                ahead = _wrapped(np.diff(sequence[rows], prepend=before))
                highest = np.maximum.accumulate(np.concatenate(([0], np.cumsum(ahead))))
                steps[rows] = np.diff(highest)
                self._counts[name] = (before + int(highest[-1])) % SEQUENCE_COUNTS
        return steps

    def _percent(self, sent: int, came: int, begins: bool) -> float:
        if begins:
            self._last.clear()
        self._last.append((sent, came))
        first_sent, first_came = self._last[0]
        if len(self._last) < LOSS_PACKETS or sent == first_sent:
            return float("nan")
        lost = (sent - first_sent) - (came - first_came)
        return 100 * max(lost, 0) / (sent - first_sent)


def _wrapped(steps: Counts) -> Counts:
    """Between sequence counts, the shorter way round."""
    half = SEQUENCE_COUNTS // 2
    return (steps + half) % SEQUENCE_COUNTS - half


def _is_live(table: pa.Table) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.equal(table["virtual_channel"], VC_REAL_TIME), bool)


def _numbers(table: pa.Table, name: str) -> Values:
    return np.asarray(table[name].to_numpy(), np.float64)
