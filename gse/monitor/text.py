"""How are times, numbers and levels shown on the terminal?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from rich.text import Text

DIM = "#6b7c8f"
PLAIN = "#c9d4e0"
BRIGHT = "bold #f2f6fa"
GOOD = "#5fd38d"
CAUTION = "#f2c14e"
ALARM = "bold #ff6b6b"
ACCENT = "#5bb8ff"

LEVELS = {"": PLAIN, "YELLOW": "bold #f2c14e", "RED": "bold #ffffff on #b3261e"}
SEVERITIES: Mapping[str, str] = {
    "DIAGNOSTIC": DIM,
    "ACTIVITY_LO": DIM,
    "ACTIVITY_HI": PLAIN,
    "WARNING_LO": CAUTION,
    "WARNING_HI": ALARM,
    "FATAL": "bold #ffffff on #b3261e",
}
QUALITIES: Mapping[str, str] = {
    "AIDED": GOOD,
    "RECKONED": ACCENT,
    "DEGRADED": CAUTION,
    "NONE": ALARM,
}


@dataclass(frozen=True, slots=True)
class Size:
    """Of a panel, in characters."""

    width: int
    height: int


def clock(seconds: float | None, decimals: int = 1) -> str:
    """Time from zero: T+0:04:00.6; minutes and seconds below an hour."""
    if seconds is None:
        return "T --:--"
    sign = "-" if seconds < 0 else "+"
    # Decimal places are cut, not rounded: 59.96 s must not show 60.0.
    unit = 10**decimals
    ticks = math.floor(abs(seconds) * unit + 1e-6)
    whole, part = divmod(ticks, unit)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    fraction = f".{part:0{decimals}d}" if decimals else ""
    head = f"{hours}:{minute:02d}" if hours else f"{minute:02d}"
    return f"T{sign}{head}:{second:02d}{fraction}"


def duration(seconds: float | None) -> str:
    """12.4 s, or minutes and seconds from a hundred on."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    if abs(seconds) < 100:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(abs(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if seconds < 0 else ""
    if hours:
        return f"{sign}{hours}:{minutes:02d}:{rest:02d}"
    return f"{sign}{minutes}:{rest:02d}"


def number(value: float | None, decimals: int = 1) -> str:
    return "–" if value is None else f"{value:,.{decimals}f}"


def bar(share: float, width: int, style: str) -> Text:
    """A bar filled by so much of 1."""
    filled = round(min(max(share, 0.0), 1.0) * width)
    return Text.assemble(("━" * filled, style), ("━" * (width - filled), "#24303d"))


def row(left: Text, right: Text, width: int) -> Text:
    """Left and right aligned on one line, the left one cut where there is no room."""
    room = max(width - right.cell_len - 1, 0)
    left = left.copy()
    left.truncate(room, overflow="ellipsis")
    return Text.assemble(left, " " * max(width - left.cell_len - right.cell_len, 0), right)
