"""What is outside its limits, since when, and has anybody seen it?

The bounds are those that flight software reports by (fsw.dictionary.limits), and GROUND for what
only the ground knows. As on board, a change counts once it has persisted. An alarm lasts from the
first such change until the channel is back; WARNING_HI and FATAL event reports are alarms that are
over at once. An alarm stays with whoever watches until it is acknowledged. Of telemetry that is
played back only event reports that are new count: what was outside its limits once is no alarm now.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow.compute as pc

from fsw.dictionary.channels import CAMERA_CHANNELS
from fsw.link.layout import VC_REAL_TIME
from fsw.schedule import MINOR_FRAMES_PER_SECOND
from gse.decode import Decoded
from gse.dictionary import Dictionary
from gse.reports import Reports

YELLOW, RED = "YELLOW", "RED"
_LEVELS = ("", YELLOW, RED)
_SAMPLES_PER_S = 8  # of the limit monitor on board
_SEVERITIES = {"WARNING_HI": YELLOW, "FATAL": RED}
_CROSSINGS = ("LIMIT_RED", "LIMIT_YELLOW", "LIMIT_CLEARED")  # the ground sees them by itself


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of a column, in its unit; None where there is no such limit. samples: packets in a row."""

    packet: str
    column: str
    unit: str
    samples: int
    red_low: float | None
    yellow_low: float | None
    yellow_high: float | None
    red_high: float | None

    def level(self, value: float) -> int:
        """0 inside the limits, 1 outside the yellow ones, 2 outside the red."""
        for level, low, high in (
            (2, self.red_low, self.red_high),
            (1, self.yellow_low, self.yellow_high),
        ):
            if (low is not None and value < low) or (high is not None and value > high):
                return level
        return 0

    def text(self) -> str:
        """As a reader is shown them, from red low to red high."""
        values = (self.red_low, self.yellow_low, self.yellow_high, self.red_high)
        shown = " ".join("-" if v is None else f"{v:g}" for v in values)
        return f"{shown} {self.unit}".rstrip()


# A relay link loses little; a fifth of the packets gone is a link about to be lost. A camera misses
# a pulse now and then while it starts; one in ten is a cable.
GROUND = (
    Bounds("HK", "packet_loss_percent", "%", 2, None, None, 2.0, 20.0),
    *(
        Bounds("CAM", f"cam{n}_missed_percent", "%", 3, None, None, 1.0, 10.0)
        for n in range(CAMERA_CHANNELS)
    ),
)


def bounds(dictionary: Dictionary) -> tuple[Bounds, ...]:
    """Every column that is watched, of the first packet that carries it."""
    found = []
    for limit in dictionary.limits.values():
        channel = dictionary.channels[limit.channel]
        carrier = next((p for p in dictionary.packets if channel in p.channels), None)
        if carrier is None:
            continue  # watched on board alone
        every_s = carrier.period / MINOR_FRAMES_PER_SECOND
        samples = limit.persistence / _SAMPLES_PER_S / every_s if every_s else 1
        values = (limit.red_low, limit.yellow_low, limit.yellow_high, limit.red_high)
        low, under, over, high = (None if v is None else channel.engineering(v) for v in values)
        found.append(
            Bounds(
                carrier.name, channel.name, channel.unit, max(round(samples), 1),
                low, under, over, high,
            )
        )  # fmt: skip
    return (*found, *GROUND)


@dataclass(frozen=True, slots=True)
class Alarm:
    """number: within the run, from 1. channel: column, or name of an event report.

    severity: YELLOW or RED, the highest since onset; raised_utc: when it became so. value: at
    onset, with its unit, or the text of an event report. Times: SCLK in seconds, and Unix time of
    reception; None while it has not returned.
    """

    number: int
    channel: str
    severity: str
    onset_sclk_s: float
    onset_utc: float
    value: str
    bounds: str
    raised_utc: float
    return_sclk_s: float | None = None
    return_utc: float | None = None

    @property
    def is_open(self) -> bool:
        return self.return_utc is None


@dataclass(slots=True)
class _Watch:
    """A column under way. changed: samples in a row that are not at its level."""

    bounds: Bounds
    level: int = 0
    changed: int = 0
    alarm: Alarm | None = None


class Monitor:
    """Of one stream, batch after batch. alarms: every one so far, by number."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._watches = [_Watch(b) for b in bounds(dictionary)]
        self._packets = {watch.bounds.packet for watch in self._watches}
        self._reports = Reports()
        self.alarms: dict[int, Alarm] = {}

    @property
    def levels(self) -> Mapping[str, str]:
        """YELLOW or RED of each column that is outside its limits."""
        return {w.bounds.column: _LEVELS[w.level] for w in self._watches if w.level}

    def check(self, decoded: Decoded) -> list[Alarm]:
        """Alarms that are new or have changed."""
        changed: dict[int, Alarm] = {}
        live = {
            name: table.filter(pc.equal(table["virtual_channel"], VC_REAL_TIME))
            for name, table in decoded.tables.items()
            if name in self._packets and len(table)
        }
        for watch in self._watches:
            table = live.get(watch.bounds.packet)
            if table is None or watch.bounds.column not in table.column_names:
                continue
            values = table[watch.bounds.column].to_pylist()
            for value, time in zip(values, _times(table), strict=True):
                if value is not None and (alarm := self._sample(watch, value, *time)):
                    changed[alarm.number] = alarm
        events = decoded.events.take(self._reports.new(decoded))
        for event, time in zip(events.to_pylist(), _times(events), strict=True):
            severity = _SEVERITIES.get(event["severity"])
            if severity and event["name"] not in _CROSSINGS:
                sclk_s, utc = time
                alarm = self._new(event["name"], severity, sclk_s, utc, event["text"], "event")
                alarm = replace(alarm, return_sclk_s=sclk_s, return_utc=utc)
                changed[alarm.number] = alarm
        self.alarms |= changed
        return list(changed.values())

    def _sample(self, watch: _Watch, value: float, sclk_s: float, utc: float) -> Alarm | None:
        """The alarm that this value changes."""
        now = watch.bounds.level(value)
        watch.changed = watch.changed + 1 if now != watch.level else 0
        if watch.changed < watch.bounds.samples:
            return None
        watch.level, watch.changed = now, 0
        alarm = watch.alarm
        if now == 0:
            watch.alarm = None
            return replace(alarm, return_sclk_s=sclk_s, return_utc=utc) if alarm else None
        severity = _LEVELS[now]
        if alarm is None:
            text, limits = f"{value:g} {watch.bounds.unit}".rstrip(), watch.bounds.text()
            alarm = self._new(watch.bounds.column, severity, sclk_s, utc, text, limits)
        elif alarm.severity == YELLOW and severity == RED:
            alarm = replace(alarm, severity=RED, raised_utc=utc)
        else:
            return None
        watch.alarm = alarm
        return alarm

    def _new(
        self, channel: str, severity: str, sclk_s: float, utc: float, value: str, limits: str
    ) -> Alarm:
        number = len(self.alarms) + 1
        alarm = Alarm(number, channel, severity, sclk_s, utc, value, limits, utc)
        self.alarms[number] = alarm
        return alarm


def _times(table: Any) -> Iterator[tuple[float, float]]:
    """SCLK and Unix time of reception of each row, seconds."""
    seconds = table["sclk_s"].to_pylist()
    fractions = table["sclk_fraction"].to_pylist()
    received = table["received_utc"].to_pylist()
    for whole, fraction, utc in zip(seconds, fractions, received, strict=True):
        yield whole + fraction / 65536, utc.replace(tzinfo=datetime.UTC).timestamp()
