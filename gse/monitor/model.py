"""What is known of the descent now? Takes batch after batch; draws nothing.

Of telemetry that is played back from the recorder only the event reports count: the rest is not
what is so now.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from fsw import missions
from fsw.dictionary.channels import CAMERA_CHANNELS
from fsw.link.layout import VC_REAL_TIME
from gse.decode import Decoded
from gse.dictionary import Dictionary
from gse.limits import Bounds, bounds
from gse.link.report import LinkReport
from gse.monitor.windows import Exit, Window, exits, windows
from gse.reports import Reports

EVENTS_KEPT = 20_000
_SAMPLES_KEPT = 8192  # 17 minutes at 8 Hz
_MICROPHONE = "MIC"

# What is drawn over time: packet and column.
TRACES = {
    "altitude": ("NAV", "NAV_ALTITUDE"),
    "velocity": ("NAV", "NAV_VERTICAL_VELOCITY"),
    "speed": ("NAV", "speed_m_s"),
    "acceleration": ("NAV", "acceleration_g"),
    "mach": ("EDL", "NAV_MACH"),
}


@dataclass(slots=True)
class Trace:
    """A value over time; the last samples of it. times_s: from time zero."""

    times_s: deque[float] = field(default_factory=lambda: deque(maxlen=_SAMPLES_KEPT))
    values: deque[float] = field(default_factory=lambda: deque(maxlen=_SAMPLES_KEPT))

    def since(self, start_s: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Times and values from then on."""
        times, values = np.array(self.times_s), np.array(self.values)
        return times[times >= start_s], values[times >= start_s]

    @property
    def last(self) -> float | None:
        return self.values[-1] if self.values else None


@dataclass(frozen=True, slots=True)
class Reached:
    """A state that was entered. time_s: from time zero; cause: PRIMARY, BACKUP or NONE."""

    state: str
    time_s: float
    cause: str


@dataclass(frozen=True, slots=True)
class Event:
    """An event report. time_s: from time zero, None where that is not known."""

    time_s: float | None
    severity: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Camera:
    """Account of a trigger channel. status: flags; powered: None until HK has said it."""

    name: str
    rate_hz: float | None
    triggered: int
    confirmed: int
    missed: int
    inhibited: int
    status: frozenset[str]
    powered: bool | None

    @property
    def is_dead(self) -> bool:
        """Triggered, and feeds nothing back."""
        return "SILENT" in self.status

    @property
    def is_microphone(self) -> bool:
        return self.name == _MICROPHONE


@dataclass(frozen=True, slots=True)
class Watched:
    """A value that has limits. level: "", YELLOW or RED."""

    bounds: Bounds
    value: float
    level: str


class Model:
    """Of one session. dictionary, report: None until something was decoded."""

    def __init__(self) -> None:
        self.dictionary: Dictionary | None = None
        self.report: LinkReport | None = None
        self.levels: Mapping[str, str] = {}  # columns outside their limits, as the session says
        self.last_frame_utc: float | None = None
        self.events: deque[Event] = deque(maxlen=EVENTS_KEPT)
        self.events_seen = 0
        self.reached: dict[str, Reached] = {}
        self.traces = {name: Trace() for name in TRACES}
        self._latest: dict[str, dict[str, Any]] = {}
        self._frames = 0
        self._place = -1  # of the state of the last EDL packet, in the order of states
        self._restarts = 0  # for which reached has been cleared
        self._flight_offset = -1  # of the first EDL packet after the last of them
        self._reports = Reports()
        self._last = (-1, 0.0)
        self._clock_s: float | None = None
        self._sclk_s: float | None = None
        self._bounds: tuple[Bounds, ...] = ()
        self._exits: Mapping[str, tuple[Exit, ...]] = {}

    def take(self, decoded: Decoded, now_utc: float) -> None:
        """A batch, the next one of the session. now_utc: Unix time, seconds."""
        if self.dictionary is None:
            self.dictionary = decoded.dictionary
            self._bounds = bounds(decoded.dictionary)
            self._exits = exits(decoded.dictionary.mission)
        self.report = decoded.report
        if self.report.frames_good != self._frames:
            self._frames, self.last_frame_utc = self.report.frames_good, now_utc
        for name, table in decoded.tables.items():
            self._take_packets(name, table)
        self._take_events(decoded)

    def value(self, packet: str, column: str) -> Any:
        """As last received, in its unit; None before that."""
        return self._latest.get(packet, {}).get(column)

    @property
    def time_s(self) -> float | None:
        """Of the last packet, from time zero."""
        return self._clock_s

    @property
    def sclk_s(self) -> float | None:
        """Spacecraft clock of the last packet."""
        return self._sclk_s

    @property
    def state(self) -> str | None:
        state: str | None = self.value("EDL", "EDL_STATE")
        return state

    @property
    def time_in_state_s(self) -> float | None:
        """As of the last packet, of whatever type."""
        entered = self.reached.get(self.state or "")
        if entered is None or self._clock_s is None:
            return None
        return max(self._clock_s - entered.time_s, 0.0)

    @property
    def exits(self) -> tuple[Exit, ...]:
        """Ways out of the state."""
        return self._exits.get(self.state or "", ())

    @property
    def states(self) -> tuple[str, ...]:
        """Of the mission, in order."""
        if self.dictionary is None:
            return ()
        return tuple(missions.load(self.dictionary.mission).STATES)

    def windows(self) -> Mapping[str, Window]:
        """When each state that may follow is entered, seconds from time zero."""
        entered = self.reached.get(self.state or "")
        if entered is None or self.dictionary is None:
            return {}
        return windows(self.dictionary.mission, entered.state, entered.time_s)

    def outputs(self, what: str) -> frozenset[str]:
        """Deployment outputs that are ARMED, or FIRED."""
        return _flags(self.value("EDL", f"OUTPUTS_{what}") or "NONE")

    @property
    def cameras(self) -> list[Camera]:
        """None before the first account."""
        accounts, tags = self._latest.get("CAM"), self._latest.get("CAM_TAG", {})
        if accounts is None or self.dictionary is None:
            return []
        powered = self.value("HK", "CAMERAS_POWERED")
        return [
            Camera(
                name=name,
                rate_hz=tags.get(f"CAM{n}_RATE"),
                triggered=int(accounts[f"CAM{n}_TRIGGERED"]),
                confirmed=int(accounts[f"CAM{n}_CONFIRMED"]),
                missed=int(accounts[f"CAM{n}_MISSED"]),
                inhibited=int(accounts[f"CAM{n}_INHIBITED"]),
                status=_flags(accounts[f"CAM{n}_STATUS"]),
                powered=None if powered is None else name in _flags(powered),
            )
            for n, name in enumerate(self.dictionary.cameras[:CAMERA_CHANNELS])
        ]

    @property
    def watched(self) -> list[Watched]:
        """What has limits and was received; of a camera only when it is outside them."""
        found = []
        for b in self._bounds:
            value, level = self.value(b.packet, b.column), self.levels.get(b.column, "")
            if value is not None and (level or b.packet != "CAM"):
                found.append(Watched(b, value, level))
        return found

    def _take_packets(self, name: str, table: pa.Table) -> None:
        if not len(table) or name == "EVR":
            return
        live = table.filter(pc.equal(table["virtual_channel"], VC_REAL_TIME))
        if not len(live):
            return
        row = live.slice(len(live) - 1).to_pylist()[0]
        self._latest[name] = row
        time = (row["offset"], row["sclk_s"] + row["sclk_fraction"] / 65536)
        if time > self._last:  # the packet that was sent last, whatever its type
            self._last, self._sclk_s, self._clock_s = time, time[1], row["time_from_ei_s"]
        for trace, (packet, column) in TRACES.items():
            if packet == name and column in live.column_names:
                self._extend(self.traces[trace], live, column)
        if name == "EDL":
            self._take_states(live)

    def _extend(self, trace: Trace, table: pa.Table, column: str) -> None:
        known = table.filter(pc.and_(table["time_from_ei_s"].is_valid(), table[column].is_valid()))
        times, values = known["time_from_ei_s"].to_pylist(), known[column].to_pylist()
        before = trace.times_s[-1] if trace.times_s else -math.inf
        back = np.flatnonzero(np.diff(times, prepend=before) < 0)
        if len(back):  # the board was restarted
            trace.times_s.clear()
            trace.values.clear()
        since = int(back[-1]) if len(back) else 0
        trace.times_s.extend(times[since:])
        trace.values.extend(values[since:])

    def _take_states(self, table: pa.Table) -> None:
        """States by their packets: the report of entering one may be lost, or still to come."""
        columns = ("EDL_STATE", "time_from_ei_s", "EDL_TIME_IN_STATE", "EDL_CAUSE", "offset")
        for state, time_s, in_state_s, cause, offset in zip(
            *(table[c].to_pylist() for c in columns), strict=True
        ):
            self._note_restart(state, offset)
            if state not in self.reached and time_s is not None:
                self.reached[state] = Reached(state, time_s - in_state_s, cause)

    def _note_restart(self, state: str, offset: int) -> None:
        """States lead forward: an earlier one than in the packet before is of another flight, or of
        a frame that came too late. What is shown of the flight is told by its own packets then."""
        if state not in self.states:
            return
        place = self.states.index(state)
        if place < self._place:
            assert self.report
            restarted = self.report.restarts > self._restarts
            self._restarts, self._flight_offset = self.report.restarts, offset
            before = () if restarted else self.states[:place]
            self.reached = {name: r for name, r in self.reached.items() if name in before}
        self._place = place

    def _take_events(self, decoded: Decoded) -> None:
        new = self._reports.new(decoded)
        reports = decoded.tables["EVR"].take(new).to_pylist()
        for event, report in zip(decoded.events.take(new).to_pylist(), reports, strict=True):
            self.events.append(
                Event(event["time_from_ei_s"], event["severity"], event["name"], event["text"])
            )
            self.events_seen += 1
            if event["name"] == "STATE_ENTERED" and report["offset"] >= self._flight_offset:
                self._report_entered(decoded.dictionary, report)

    def _report_entered(self, dictionary: Dictionary, report: Mapping[str, Any]) -> None:
        time_s = report["time_from_ei_s"]
        if time_s is None:
            return
        state = dictionary.enum_text("STATE", int(report["EVR_ARG0"]))
        cause = dictionary.enum_text("CAUSE", int(report["EVR_ARG2"]))
        self.reached[state] = Reached(state, time_s, cause)


def _flags(text: str) -> frozenset[str]:
    return frozenset(text.split("|")) - {"NONE"}
