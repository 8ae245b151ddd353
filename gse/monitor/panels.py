"""What does each panel of the terminal console show? Functions of what is known, and of size."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from rich.text import Text

from gse.live.session import Status
from gse.live.source import Link
from gse.monitor.braille import curve, sparkline
from gse.monitor.model import Camera, Model, Trace
from gse.monitor.text import (
    ACCENT,
    ALARM,
    BRIGHT,
    CAUTION,
    DIM,
    GOOD,
    LEVELS,
    PLAIN,
    QUALITIES,
    Size,
    bar,
    clock,
    duration,
    number,
    row,
)

_QUIET_S = 3.0  # without a frame, the link is in doubt
_LOST_S = 10.0
_SPARK_S = 120.0  # shown by a sparkline


@dataclass(frozen=True, slots=True)
class View:
    """What a panel may draw from. unseen: alarms that nobody has acknowledged, by severity."""

    model: Model
    status: Status
    now_utc: float
    unseen: dict[str, int]


def _lines(texts: Iterator[Text], size: Size) -> Text:
    shown: list[Text] = []
    for text in texts:
        if len(shown) == size.height:
            break
        text.truncate(size.width, overflow="ellipsis")
        shown.append(text)
    return Text("\n").join(shown)


def header(view: View, size: Size) -> Text:
    """One line: mission, time, state of the link, alarms."""
    model = view.model
    mission = model.dictionary.mission if model.dictionary else "waiting for a BOOT packet"
    left = Text.assemble(
        (" edlcam ", f"bold #0b1118 on {ACCENT}"), (f" {mission}  ", BRIGHT),
        (clock(model.time_s), f"bold {ACCENT}"),
    )  # fmt: skip
    if size.width >= 100 and model.sclk_s is not None:
        left.append(f"   SCLK {model.sclk_s:,.2f} s", DIM)
    right = Text()
    for severity, style in (("RED", LEVELS["RED"]), ("YELLOW", "bold #0b1118 on #f2c14e")):
        if view.unseen.get(severity):
            right.append(f" {view.unseen[severity]} {severity} ", style)
            right.append(" ")
    right.append_text(_link_state(view, size))
    return row(left, right, size.width)


def _link_state(view: View, size: Size) -> Text:
    status = view.status
    name = status.source.link.value
    style = {Link.CONNECTED: GOOD, Link.WAITING: CAUTION, Link.ENDED: DIM}[status.source.link]
    if status.refused or status.archive_error:
        return Text("NOT DECODED " if status.refused else "ARCHIVE FAILS ", LEVELS["RED"])
    age = _age_s(view)
    if status.source.link is Link.CONNECTED and age is not None and age > _QUIET_S:
        name, style = f"silent for {duration(age)}", CAUTION if age < _LOST_S else ALARM
    return Text.assemble(("● ", style), (f"{name} ", style))


def _age_s(view: View) -> float | None:
    last = view.model.last_frame_utc
    return None if last is None else max(view.now_utc - last, 0.0)


def state(view: View, size: Size) -> Text:
    """Where it is, how long, and when what comes next may come, must come."""
    return _lines(_state(view, size), size)


def _state(view: View, size: Size) -> Iterator[Text]:
    model = view.model
    trouble = view.status.refused or view.status.archive_error
    if trouble:
        yield from (Text(line, ALARM) for line in textwrap.wrap(trouble, max(size.width, 1)))
    if model.state is None:
        if not trouble:
            yield Text("nothing received yet", DIM)
        return
    in_state = model.time_in_state_s
    entered = model.reached.get(model.state)
    style = f"bold {CAUTION}" if entered and entered.cause == "BACKUP" else f"bold {GOOD}"
    yield row(Text(model.state.replace("_", " "), style), Text(duration(in_state), BRIGHT),
              size.width)  # fmt: skip
    if entered:
        why = {"BACKUP": "by its backup timer", "PRIMARY": "on its condition"}.get(entered.cause)
        how = f"entered {clock(entered.time_s)}" + (f" {why}" if why else "")
        yield Text(how, CAUTION if entered.cause == "BACKUP" else DIM)
    for way in model.exits:
        yield from _exit(way.to, way.earliest_s, way.backup_s, in_state or 0.0, size)
    if not model.exits:
        yield Text("the last state", DIM)
    armed = model.outputs("ARMED") - model.outputs("FIRED")
    if armed:
        yield Text.assemble(("armed ", DIM), (" ".join(sorted(armed)), CAUTION))


def _exit(
    to: str, earliest_s: float, backup_s: float, in_state_s: float, size: Size
) -> Iterator[Text]:
    opens, left = earliest_s - in_state_s, backup_s - in_state_s
    wait = Text("window open", GOOD) if opens <= 0 else Text(f"opens in {duration(opens)}", PLAIN)
    yield row(Text.assemble(("→ ", DIM), (to.replace("_", " "), BRIGHT)), wait, size.width)
    if math.isfinite(backup_s):
        timer = Text(f" backup in {duration(max(left, 0.0))}", CAUTION if left < 5 else DIM)
        width = max(size.width - timer.cell_len - 2, 0)
        style = DIM if opens > 0 else (CAUTION if left < 5 else GOOD)
        yield Text.assemble("  ", bar(in_state_s / backup_s, width, style), timer)


def timeline(view: View, size: Size) -> Text:
    """Every state: when it was entered, and the window of those to come."""
    return _lines(_timeline(view, size), size)


def _timeline(view: View, size: Size) -> Iterator[Text]:
    model = view.model
    windows = model.windows()
    states = model.states
    here = states.index(model.state) if model.state in states else -1
    first = max(0, min(here - size.height // 2, len(states) - size.height))
    for name in states[first:]:
        label = name.replace("_", " ")
        reached = model.reached.get(name)
        if name == model.state:
            mark, style = "▶ ", f"bold {GOOD}"
        elif reached:
            mark, style = "● ", PLAIN
        else:
            mark, style = "○ ", DIM
        if reached:
            backup = reached.cause == "BACKUP"
            right = Text(clock(reached.time_s), CAUTION if backup else style)
            right.append(" B" if backup else "  ", CAUTION)
        elif name in windows:
            w = windows[name]
            latest = clock(w.latest_s, 0)[1:] if math.isfinite(w.latest_s) else "open"
            right = Text(f"{clock(w.earliest_s, 0)[1:]} to {latest}  ", DIM)
        else:
            right = Text("not entered  " if states.index(name) < here else "–  ", DIM)
        yield row(Text.assemble((mark, style), (label, style)), right, size.width)


def navigation(view: View, size: Size) -> Text:
    """Values with sparklines; with room enough, curves over the last minutes."""
    if size.height >= 18:
        return _lines(_curves(view, size), size)
    return _lines(_values(view, size), size)


def _values(view: View, size: Size) -> Iterator[Text]:
    model = view.model
    for label, trace, unit, decimals in (
        ("altitude", "altitude", "m", 0),
        ("vertical", "velocity", "m/s", 1),
        ("speed", "speed", "m/s", 1),
        ("sensed", "acceleration", "g", 2),
        ("Mach", "mach", "", 2),
    ):
        known = model.traces[trace]
        value = Text(f"{label:<9}", DIM)
        value.append(f"{number(known.last, decimals):>9}", BRIGHT)
        value.append(f" {unit:<4}", DIM)
        start = (model.time_s or 0.0) - _SPARK_S
        value.append(sparkline(known.since(start)[1], size.width - value.cell_len - 1), ACCENT)
        yield value
    pitch = Text.assemble((f"{'pitch':<9}", DIM))
    pitch.append(f"{number(model.value('NAV', 'NAV_PITCH')):>9}", BRIGHT)
    pitch.append(" deg", DIM)
    yield pitch
    yield _qualities(model)
    yield _checks(model)


def _qualities(model: Model) -> Text:
    text = Text()
    for label, column in (("alt", "NAV_ALTITUDE_QUALITY"), ("vel", "NAV_VELOCITY_QUALITY"),
                          ("att", "NAV_ATTITUDE_QUALITY")):  # fmt: skip
        quality = str(model.value("EDL", column) or "–")
        text.append(f"{label} " if not text else f" {label} ", DIM)
        text.append(quality, QUALITIES.get(quality, DIM))
    return text


def _checks(model: Model) -> Text:
    failing = str(model.value("EDL", "NAV_CHECKS") or "NONE")
    if failing == "NONE":
        return Text("all sensor checks pass", DIM)
    return Text(failing.replace("|", " "), ALARM)


@dataclass(frozen=True, slots=True)
class _Curve:
    """least: height of the plot in its unit, so that noise alone does not fill it."""

    trace: str
    label: str
    unit: str
    decimals: int
    least: float


_CURVES = (
    _Curve("altitude", "altitude", "m", 0, 10.0),
    _Curve("velocity", "vertical velocity", "m/s", 1, 2.0),
    _Curve("acceleration", "sensed acceleration", "g", 2, 0.5),
)


def _curves(view: View, size: Size) -> Iterator[Text]:
    model = view.model
    yield _qualities(model)
    yield _checks(model)
    height = (size.height - 3) // 3 - 2
    now = model.time_s or 0.0
    for drawn in _CURVES:
        yield Text("")
        yield from _curve(drawn, model.traces[drawn.trace], now, Size(size.width, height))


def _curve(drawn: _Curve, trace: Trace, now_s: float, size: Size) -> Iterator[Text]:
    span_s = _span_s(trace, now_s)
    times, values = trace.since(now_s - span_s)
    head = Text.assemble((drawn.label, PLAIN), "  ", (number(trace.last, drawn.decimals), BRIGHT),
                         (f" {drawn.unit}", DIM))  # fmt: skip
    yield row(head, Text(f"last {duration(span_s)}", DIM), size.width)
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    if high - low < drawn.least:
        low, high = (low + high - drawn.least) / 2, (low + high + drawn.least) / 2
    ends = [number(high, drawn.decimals), number(low, drawn.decimals)]
    margin = 10
    width = max(size.width - margin, 0)
    lines = curve(times, values, (now_s - span_s, now_s), (low, high), width, size.height)
    for i, line in enumerate(lines):
        end = ends[0] if i == 0 else ends[1] if i == len(lines) - 1 else ""
        yield Text.assemble((f"{end:>{margin - 2}} ", DIM), ("▕", "#24303d"), (line, ACCENT))


def _span_s(trace: Trace, now_s: float) -> float:
    """As long as something is known, at most four minutes, at least half of one."""
    first = trace.times_s[0] if trace.times_s else now_s
    known = now_s - first
    return next((s for s in (30.0, 60.0, 120.0) if known <= s), 240.0)


def cameras(view: View, size: Size) -> Text:
    """Each camera on a line: plan, pulses, exposures, and how it is."""
    return _lines(_cameras(view, size), size)


def _cameras(view: View, size: Size) -> Iterator[Text]:
    known = view.model.cameras
    if not known:
        yield Text("no account received yet", DIM)
        return
    wide = size.width >= 48
    head = f"{'':6}{'Hz':>5}{'trig':>6}{'conf':>6}{'miss':>5}"
    if wide:
        head = f"{'':7}{'plan':>8}{'triggered':>11}{'confirmed':>11}{'missed':>8}"
    yield Text(head, DIM)
    for camera in known:
        yield _camera(camera, wide)
    if len(known) < size.height - 1:
        images = [c for c in known if not c.is_microphone]
        confirmed, triggered = sum(c.confirmed for c in images), sum(c.triggered for c in images)
        yield Text.assemble((f"{triggered:,} images triggered, {confirmed:,} confirmed", DIM))


def _camera(camera: Camera, wide: bool) -> Text:
    word, style = _condition(camera)
    plain = PLAIN if camera.rate_hz else DIM
    name, rate, pulses, missed = (7, 8, 11, 8) if wide else (6, 5, 6, 5)
    text = Text(f"{camera.name:<{name}}", ALARM if camera.is_dead else plain)
    text.append(f"{_rate(camera.rate_hz, wide):>{rate}}", plain)
    text.append(
        f"{camera.triggered:>{pulses},}" if wide else f"{camera.triggered:>{pulses}}", plain
    )
    text.append(
        f"{camera.confirmed:>{pulses},}" if wide else f"{camera.confirmed:>{pulses}}", plain
    )
    doubt = ALARM if camera.is_dead else CAUTION
    text.append(f"{camera.missed:>{missed}}", doubt if camera.missed else plain)
    text.append("  ")
    text.append(word, style)
    if camera.inhibited:
        text.append(f" -{camera.inhibited}", CAUTION)  # pulses held back
    return text


def _rate(rate_hz: float | None, wide: bool) -> str:
    if rate_hz is None:
        return "–"
    if not rate_hz:
        return "off"
    return f"{rate_hz:.1f} Hz" if wide else f"{rate_hz:.1f}"


def _condition(camera: Camera) -> tuple[str, str]:
    if camera.is_dead:
        return " DEAD ", "bold #ffffff on #b3261e"
    if "RECORDING" in camera.status and camera.rate_hz:
        return "records", GOOD
    if camera.rate_hz and "RUNNING" in camera.status:
        return "films", CAUTION  # and does not say that it records
    if camera.powered is False:
        return "off", DIM
    if "READY" in camera.status:
        return "ready", PLAIN
    return "starts" if camera.powered else "idle", DIM


def link(view: View, size: Size) -> Text:
    """What came, what did not, and how long ago the last frame was."""
    return _lines(_link(view, size), size)


def _link(view: View, size: Size) -> Iterator[Text]:
    report, status = view.model.report, view.status
    age = _age_s(view)
    style = DIM if age is None else GOOD if age < _QUIET_S else CAUTION if age < _LOST_S else ALARM
    if status.source.link is Link.ENDED:
        style = DIM
    yield _pair("last frame", "–" if age is None else f"{duration(age)} ago", style, size)
    if report is None:
        yield _pair("octets", f"{status.octets:,}", PLAIN, size)
        yield Text(status.source.why, CAUTION)
        return
    missing = report.frames_missing
    share = 100 * missing / (report.frames_good + missing) if missing else 0.0
    yield _pair("frames", f"{report.frames_good:,}", PLAIN, size)
    yield _pair("missing", f"{missing:,} ({share:.2f} %)", CAUTION if missing else DIM, size)
    yield _pair("damaged", f"{report.frames_damaged:,}", CAUTION if report.frames_damaged else DIM,
                size)  # fmt: skip
    corrected = getattr(report, "symbols_corrected", None)
    shown = "uncoded link" if corrected is None else f"{corrected:,} octets"
    yield _pair("corrected", shown, DIM if not corrected else ACCENT, size)
    lost = report.packets_missing
    yield _pair("packets", f"{report.packets_good:,}", PLAIN, size)
    yield _pair("packets missing", f"{lost:,}", CAUTION if lost else DIM, size)
    yield _pair("connections", f"{status.connections:,}", DIM, size)
    if status.acknowledged:
        yield _pair("archived", f"{status.acknowledged:,} octets", DIM, size)
    if status.source.link is Link.WAITING:
        yield Text(status.source.why, CAUTION)


def board(view: View, size: Size) -> Text:
    """What has limits, coloured by them; commands; load."""
    return _lines(_board(view, size), size)


_LABELS = {
    "BUS_VOLTAGE": "bus voltage",
    "BOARD_TEMPERATURE": "board temperature",
    "FRAME_TIME": "minor frame",
    "QUEUE_DEPTH": "downlink queue",
    "packet_loss_percent": "packet loss",
}


def _label(model: Model, column: str) -> str:
    """Of a trigger channel by the name of its camera."""
    found = re.fullmatch(r"cam(\d)_missed_percent", column)
    if found and model.dictionary:
        return f"{model.dictionary.enum_text('CAMERA', int(found[1]))} missed"
    return _LABELS.get(column, column.lower().replace("_", " "))


def _board(view: View, size: Size) -> Iterator[Text]:
    model = view.model
    watched = model.watched
    if not watched:
        yield Text("no housekeeping received yet", DIM)
    for w in watched:
        label = _label(model, w.bounds.column)
        value, unit = (w.value * 1000, "ms") if w.bounds.unit == "s" else (w.value, w.bounds.unit)
        decimals = 0 if unit == "B" else 1
        shown = f" {value:,.{decimals}f} {unit} ".replace("degC", "°C")
        yield row(Text(label, DIM), Text(shown, LEVELS[w.level]), size.width)
    if model.value("HK", "FRAME_COUNT") is None:
        return
    accepted, rejected = (model.value("HK", f"COMMANDS_{n}") for n in ("ACCEPTED", "REJECTED"))
    yield _pair("commands", f"{accepted:.0f} done, {rejected:.0f} refused ",
                CAUTION if rejected else PLAIN, size)  # fmt: skip
    overruns = model.value("HK", "OVERRUNS")
    yield _pair("overruns", f"{overruns:.0f} ", CAUTION if overruns else DIM, size)
    dropped = sum(model.value("HK", f"{n}_DROPPED") for n in ("EVENTS", "PACKETS", "FRAMES"))
    yield _pair("dropped on board", f"{dropped:.0f} ", CAUTION if dropped else DIM, size)


def _pair(label: str, value: str, style: str, size: Size) -> Text:
    return row(Text(label, DIM), Text(value, style), size.width)
