"""What does an analyst want to see of a descent? One page with plots, that opens anywhere.

The page holds its data and the plotting library (Plotly): it needs no network. Time runs along one
axis, seconds from the mission's time zero, linked through all plots.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa
import pyarrow.parquet as pq
from plotly.offline import get_plotlyjs
from plotly.subplots import make_subplots

from fsw import missions
from fsw.dictionary.channels import CAMERA_CHANNELS
from gse.decode import Decoded
from gse.summary import CameraRow, TimelineRow, cameras, timeline
from gse.timelines import TIMELINES

G_M_S2 = 9.80665
_BELOW_ZERO = 0.03  # of an axis, so that a line on the ground shows
_TRUTH = {"color": "#9aa5b1", "width": 3}
_FLIGHT = {"color": "#c2410c", "width": 1.3}
_PALETTE = ("#b91c1c", "#c2410c", "#a16207", "#15803d", "#0e7490", "#1d4ed8", "#7e22ce", "#57534e")

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:1180px;padding:24px;color:#1c1917}
h1{font-size:26px;margin:0}h2{font-size:18px;margin:32px 0 8px}
p.lead{color:#57534e;margin:4px 0 16px}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:14px}
td,th{padding:3px 14px 3px 0;text-align:left;border-bottom:1px solid #e7e5e4}
td.n,th.n{text-align:right}tr.bad td{color:#b91c1c}
div.columns{display:flex;flex-wrap:wrap;gap:0 56px}div.scroll{max-height:420px;overflow:auto}
"""


@dataclass(frozen=True, slots=True)
class Flight:
    """What a flight's directory holds, as far as it is there."""

    name: str
    mission: str
    decoded: Decoded
    truth: pa.Table | None
    summary: dict[str, Any]

    @property
    def marks(self) -> dict[str, float]:
        marks: dict[str, float] = self.summary.get("truth", {}).get("marks", {})
        return marks


def load(directory: Path, decoded: Decoded, mission: str) -> Flight:
    """Adds truth.parquet and summary.json of a simulated flight to its decoded downlink."""
    truth = directory / "truth.parquet"
    summary = directory / "summary.json"
    return Flight(
        directory.resolve().name,
        mission,
        decoded,
        pq.read_table(truth) if truth.exists() else None,
        json.loads(summary.read_text()) if summary.exists() else {},
    )


def page(flight: Flight) -> str:
    """The whole HTML page."""
    rows = timeline(flight.mission, flight.decoded.tables, flight.marks)
    figure = _figure(flight, rows)
    plots = figure.to_html(full_html=False, include_plotlyjs=False, config={"responsive": True})
    title = f"edlcam: {flight.mission}, {flight.name}"
    return "\n".join(
        (
            "<!doctype html><html lang=en><meta charset=utf-8>",
            f"<title>{html.escape(title)}</title><style>{_STYLE}</style>",
            f"<script>{get_plotlyjs()}</script>",
            f"<h1>{html.escape(title)}</h1>",
            f"<p class=lead>{html.escape(_lead(flight))}</p>",
            plots,
            "<div class=columns><div><h2>Timeline</h2>",
            _timeline_html(rows, flight.mission),
            "</div><div><h2>Cameras</h2>",
            _cameras_html(cameras(flight.mission, flight.decoded.tables)),
            "<h2>Link</h2>",
            _link_html(flight.decoded),
            "</div></div><h2>Event reports</h2><div class=scroll>",
            _events_html(flight.decoded, flight.mission),
            "</div></html>",
        )
    )


def _lead(flight: Flight) -> str:
    outcome = flight.summary.get("truth", {}).get("outcome")
    link = flight.decoded.report
    received = f"{link.frames_good:,} transfer frames, {link.packets_good:,} packets received"
    return f"{outcome} {received}." if outcome else f"{received}."


def _series(table: pa.Table | None, *names: str) -> list[np.ndarray[Any, Any]]:
    """Columns as arrays, without the rows that have no time; empty where there is no table."""
    if table is None or not table.num_rows:
        return [np.empty(0)] * len(names)
    columns = [table[name].to_numpy(zero_copy_only=False).astype(float) for name in names]
    known = ~np.isnan(columns[0])
    return [column[known] for column in columns]


def _figure(flight: Flight, rows: Sequence[TimelineRow]) -> go.Figure:
    axes = TIMELINES[flight.mission]
    titles = (
        "Altitude above the ground, km",
        f"Altitude, last {axes.low_m:,.0f} m, m",
        "Speed, m/s",
        f"Descent rate, last {axes.slow_m_s:.0f} m/s, m/s",
        "Sensed acceleration, Earth g",
        "State",
        "Trigger rate, Hz",
        "Camera frames triggered",
        "Downlink: octets waiting, and share of idle frames",
    )
    figure = make_subplots(
        rows=len(titles),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.022,
        subplot_titles=titles,
        row_heights=[1.1, 1.1, 0.9, 0.9, 0.9, 1.3, 1.1, 1.0, 0.9],
        specs=[[{}]] * (len(titles) - 1) + [[{"secondary_y": True}]],
    )
    _altitude(figure, flight)
    _speed(figure, flight)
    _acceleration(figure, flight)
    _states(figure, flight)
    _triggers(figure, flight)
    _link(figure, flight)
    figure.update_layout(shapes=[*_event_marks(rows), *_gap_marks(flight.decoded)])
    figure.update_xaxes(range=list(axes.plotted_s), showgrid=False)
    figure.update_xaxes(title_text=f"seconds from {axes.time_zero}", row=len(titles))
    figure.update_yaxes(gridcolor="#f0efee", zeroline=False)
    figure.update_layout(
        height=2150,
        template="simple_white",
        margin={"l": 70, "r": 60, "t": 40, "b": 40},
        hovermode="x unified",
        legend={"orientation": "h", "y": 1.035},
    )
    figure.update_annotations(x=0, xanchor="left", font_size=13)
    return figure


def _event_marks(rows: Sequence[TimelineRow]) -> Iterator[dict[str, Any]]:
    """A thin line through all plots for each event of the timeline."""
    style = {"color": "#d6d3d1", "width": 1, "dash": "dot"}
    for row in rows:
        if row.simulated_s is not None:
            yield _bar(row.simulated_s, row.simulated_s) | {"type": "line", "line": style}


def _gap_marks(decoded: Decoded) -> Iterator[dict[str, Any]]:
    """A red bar through all plots for each time from which frames are missing."""
    for start, end in decoded.report.gap_times_s:
        yield _bar(start, end) | {
            "type": "rect",
            "fillcolor": "#fca5a5",
            "opacity": 0.25,
            "line_width": 0,
        }


def _bar(start: float, end: float) -> dict[str, Any]:
    return {
        "xref": "x",
        "yref": "paper",
        "x0": start,
        "x1": end,
        "y0": 0,
        "y1": 1,
        "layer": "below",
    }


def _line(
    figure: go.Figure, row: int, x: Iterable[float], y: Iterable[float], name: str, **style: Any
) -> None:
    figure.add_trace(go.Scatter(x=x, y=y, name=name, mode="lines", **style), row=row, col=1)


def _altitude(figure: go.Figure, flight: Flight) -> None:
    nav = flight.decoded.tables.get("NAV")
    time, altitude, velocity = _series(
        flight.truth, "time_from_ei_s", "altitude_m", "vertical_velocity_m_s"
    )
    _line(figure, 1, time, altitude / 1000, "truth", line=_TRUTH)
    _line(figure, 2, time, altitude, "truth", line=_TRUTH, showlegend=False)
    _line(figure, 4, time, -velocity, "truth", line=_TRUTH, showlegend=False)
    time, altitude, velocity = _series(
        nav, "time_from_ei_s", "NAV_ALTITUDE", "NAV_VERTICAL_VELOCITY"
    )
    _line(figure, 1, time, altitude / 1000, "telemetry", line=_FLIGHT)
    _line(figure, 2, time, altitude, "telemetry", line=_FLIGHT, showlegend=False)
    _line(figure, 4, time, -velocity, "telemetry", line=_FLIGHT, showlegend=False)
    axes = TIMELINES[flight.mission]
    for row, highest in ((1, axes.highest_m / 1000), (2, axes.low_m), (4, axes.slow_m_s)):
        figure.update_yaxes(range=[-_BELOW_ZERO * highest, highest], row=row)


def _speed(figure: go.Figure, flight: Flight) -> None:
    time, speed = _series(flight.truth, "time_from_ei_s", "speed_m_s")
    _line(figure, 3, time, speed, "truth", line=_TRUTH, showlegend=False)
    time, vertical, horizontal = _series(
        flight.decoded.tables.get("NAV"),
        "time_from_ei_s",
        "NAV_VERTICAL_VELOCITY",
        "NAV_HORIZONTAL_VELOCITY",
    )
    navigated = np.hypot(vertical, horizontal)
    _line(figure, 3, time, navigated, "telemetry", line=_FLIGHT, showlegend=False)


def _acceleration(figure: go.Figure, flight: Flight) -> None:
    time, sensed = _series(flight.truth, "time_from_ei_s", "sensed_acceleration_m_s2")
    _line(figure, 5, time, sensed / G_M_S2, "truth", line=_TRUTH, showlegend=False)
    time, sensed = _series(flight.decoded.tables.get("NAV"), "time_from_ei_s", "NAV_ACCELERATION")
    _line(figure, 5, time, sensed / G_M_S2, "telemetry", line=_FLIGHT, showlegend=False)


def _states(figure: go.Figure, flight: Flight) -> None:
    table = flight.decoded.tables.get("EDL")
    states = missions.load(flight.mission).STATES
    if table is None:
        return
    time = table["time_from_ei_s"].to_pylist()
    names = table["EDL_STATE"].to_pylist()
    line = {"color": "#1d4ed8", "width": 2, "shape": "hv"}
    _line(figure, 6, time, names, "state", line=line, showlegend=False)
    figure.update_yaxes(
        categoryorder="array", categoryarray=list(states), type="category", row=6, tickfont_size=10
    )


def _triggers(figure: go.Figure, flight: Flight) -> None:
    names = missions.load(flight.mission).CAMERAS
    rates = flight.decoded.tables.get("CAM_TAG")
    counts = flight.decoded.tables.get("CAM")
    for n, name in zip(range(CAMERA_CHANNELS), names, strict=False):
        line = {"color": _PALETTE[n], "width": 1.6}
        time, rate = _series(rates, "time_from_ei_s", f"CAM{n}_RATE")
        _line(figure, 7, time, rate, name, line=line | {"shape": "hv"}, legendgroup=name)
        time, count = _series(counts, "time_from_ei_s", f"CAM{n}_TRIGGERED")
        _line(figure, 8, time, count, name, line=line, legendgroup=name, showlegend=False)


def _link(figure: go.Figure, flight: Flight) -> None:
    time, depth, sent, idle = _series(
        flight.decoded.tables.get("HK"),
        "time_from_ei_s",
        "QUEUE_DEPTH",
        "FRAMES_SENT",
        "FRAMES_IDLE",
    )
    style = {"color": "#0e7490", "width": 1.3}
    _line(figure, 9, time, depth, "octets waiting", line=style, showlegend=False)
    if len(time) > 1:
        share = 100 * np.diff(idle) / np.maximum(np.diff(sent), 1)
        trace = go.Scatter(
            x=time[1:],
            y=share,
            name="idle frames, %",
            mode="lines",
            line={"color": "#a8a29e", "width": 1},
            showlegend=False,
        )
        figure.add_trace(trace, row=9, col=1, secondary_y=True)
        figure.update_yaxes(range=[0, 100], row=9, secondary_y=True, title_text="idle, %")


def _html_table(head: Sequence[str], rows: Iterable[tuple[Sequence[str], bool]], text: int) -> str:
    """head, then (cells, is bad) a row; columns from number text on are numbers."""

    def line(cells: Sequence[str], tag: str, bad: bool = False) -> str:
        parts = (
            f"<{tag}{' class=n' if i >= text else ''}>{html.escape(cell)}</{tag}>"
            for i, cell in enumerate(cells)
        )
        return f"<tr{' class=bad' if bad else ''}>{''.join(parts)}</tr>"

    body = "".join(line(cells, "td", bad) for cells, bad in rows)
    return f"<table>{line(head, 'th')}{body}</table>"


def _timeline_html(rows: Sequence[TimelineRow], mission: str) -> str:
    def cells(row: TimelineRow) -> tuple[str, str, str, str]:
        times = (row.simulated_s, row.reference_s)
        plain = tuple("-" if t is None else f"{t:.2f}" for t in times)
        difference = "-" if row.difference_s is None else f"{row.difference_s:+.2f}"
        return (row.label, *plain, difference)  # type: ignore[return-value]

    return _html_table(
        ("event", "here, s", f"{TIMELINES[mission].reference}, s", "difference"),
        ((cells(row), row.simulated_s is None) for row in rows),
        1,
    )


def _cameras_html(rows: Sequence[CameraRow]) -> str:
    return _html_table(
        ("camera", "triggered", "confirmed", "missed", "held back"),
        (
            (
                (r.name, *(f"{n:,}" for n in (r.triggered, r.confirmed, r.missed, r.inhibited))),
                r.missed > 0,
            )
            for r in rows
        ),
        1,
    )


def _link_html(decoded: Decoded) -> str:
    return _html_table(
        ("quantity", "count"),
        (((name.replace("_", " "), f"{n:,}"), False) for name, n in decoded.report.counters()),
        1,
    )


def _events_html(decoded: Decoded, mission: str) -> str:
    def time(value: float | None) -> str:
        return "-" if value is None else f"{value:.3f}"

    return _html_table(
        (f"seconds from {TIMELINES[mission].time_zero}", "severity", "event", "text"),
        (
            (
                (time(row["time_from_ei_s"]), row["severity"], row["name"], row["text"]),
                row["severity"].startswith(("WARNING", "FATAL")),
            )
            for row in decoded.events.to_pylist()
        ),
        4,
    )
