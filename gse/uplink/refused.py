"""Does the board go on refusing our frames, and why? As its reports of refused frames say.

One report may be of a frame that somebody else sent, and what noise has done to a frame is sent
again. A number that was used before is mended by one that was not: see gse.uplink.numbers.
"""

from __future__ import annotations

from collections import Counter

from fsw.dictionary.refusals import REFUSALS
from gse.uplink.security import Security

_BY_CHANCE = ("TRUNCATED", "OVERLONG", "ERROR_CONTROL")
_REPLAYED = "REPLAYED"
_ENOUGH = 2


class Refused:
    """Of the frames of one ground station."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def take(self, reason: int) -> str:
        """A report TC_REFUSED with this reason has come. Why no frame will be accepted, a clause
        for people; nothing as long as one may be."""
        if not 1 <= reason <= len(REFUSALS):
            return ""
        name, why = REFUSALS[reason - 1]
        self._seen[name] += 1
        if name == _REPLAYED or name in _BY_CHANCE or self._seen[name] < _ENOUGH:
            return ""
        return f"{name}, {why}"

    def heed(self, last: int, security: Security | None) -> None:
        """The board says which number it has used last: ours go on beyond it, once it has said
        that they are old."""
        if self._seen[_REPLAYED] and security:
            security.numbers.heard(last)
