"""Which event reports are new? Some come both in real time and by playback."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fsw.link.layout import VC_REAL_TIME
from gse.decode import Decoded

_Key = tuple[int, int, int]  # SCLK in seconds and fractions, and EVR_SEQUENCE


class Reports:
    """Of one stream, batch after batch.

    In real time a report comes once: the same time and number again are of a board that was
    restarted, whose clock and counts began anew.
    """

    def __init__(self) -> None:
        self._live: set[_Key] = set()
        self._played: set[_Key] = set()
        self._restarts = 0

    def new(self, decoded: Decoded) -> npt.NDArray[np.int64]:
        """Rows of the events of a batch that have not come before in the other way, nor twice by
        playback."""
        if decoded.report.restarts > self._restarts:
            self._restarts = decoded.report.restarts
            self._live.clear()  # what went before is no longer played back
            self._played.clear()
        columns = ("sclk_s", "sclk_fraction", "EVR_SEQUENCE", "virtual_channel")
        table = decoded.tables["EVR"]
        rows = zip(*(table[name].to_pylist() for name in columns), strict=True)
        return np.flatnonzero([self._is_new(*values) for values in rows])

    def _is_new(self, sclk_s: int, fraction: int, number: float, channel: int) -> bool:
        key = (sclk_s, fraction, int(number))
        if channel == VC_REAL_TIME:
            self._live.add(key)
            return key not in self._played
        is_new = key not in self._live and key not in self._played
        self._played.add(key)
        return is_new
