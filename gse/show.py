"""How do summaries look on a terminal?"""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table

from gse.scenarios import Finding
from gse.summary import CameraRow, TimelineRow
from gse.timelines import TIMELINES


def _seconds(value: float | None, signed: bool = False) -> str:
    if value is None:
        return "-"
    return f"{value:+.2f}" if signed else f"{value:.2f}"


def timeline_table(rows: Sequence[TimelineRow], mission_name: str) -> Table:
    """Times in seconds from the mission's time zero, beside those of its reference."""
    timeline = TIMELINES[mission_name]
    table = Table(title=f"Timeline, seconds from {timeline.time_zero}", box=box.SIMPLE_HEAD)
    table.add_column("event")
    for column in ("this flight", timeline.reference, "difference"):
        table.add_column(column, justify="right")
    for row in rows:
        late = row.difference_s is not None and abs(row.difference_s) > 10
        table.add_row(
            row.label,
            _seconds(row.simulated_s),
            _seconds(row.reference_s),
            _seconds(row.difference_s, signed=True),
            style="red" if late or row.simulated_s is None else "",
        )
    return table


def findings_table(findings: Sequence[Finding]) -> Table:
    """What had to hold, and whether it did."""
    table = Table(title="What must hold", box=box.SIMPLE_HEAD)
    table.add_column("held")
    table.add_column("statement", overflow="fold")
    for finding in findings:
        held = "yes" if finding.held else "NO"
        table.add_row(held, finding.statement, style="" if finding.held else "bold red")
    return table


def camera_table(rows: Sequence[CameraRow]) -> Table:
    """Pulses of each camera; what was neither confirmed nor missed was still under way; held back:
    planned while it had not started."""
    table = Table(title="Cameras", box=box.SIMPLE_HEAD)
    table.add_column("camera")
    for column in ("triggered", "confirmed", "missed", "held back"):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(
            row.name,
            f"{row.triggered:,}",
            f"{row.confirmed:,}",
            f"{row.missed:,}",
            f"{row.inhibited:,}",
            style="red" if row.missed else "",
        )
    images = sum(row.triggered for row in rows if row.name != "MIC")
    table.caption = f"{images:,} images" if rows else "no account received"
    return table
