"""What follows from what the spacecraft says? Columns that the ground computes.

Names in lower case with their unit, beside the spacecraft's own in upper case. A row of DERIVED
says from which columns of a packet a value follows, null where one of them is not there; what takes
more than one packet is in Deriver.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fsw import missions
from fsw.dictionary.channels import CAMERA_CHANNELS
from fsw.edl.machine import NO_BACKUP
from fsw.schedule import MINOR_FRAMES_PER_SECOND
from gse.arrow import numbers
from gse.decode import Decoded
from gse.loss import LOSS_PACKETS, Loss

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Derived:
    """A column. inputs: columns of the same packet, given to compute in this order."""

    packet: str
    name: str
    unit: str
    inputs: tuple[str, ...]
    compute: Callable[..., Values]
    description: str


def _percent(part: Values, whole: Values) -> Values:
    return np.divide(100 * part, whole, out=np.zeros(len(part)), where=whole > 0)


DERIVED: tuple[Derived, ...] = (
    Derived("NAV", "descent_rate_m_s", "m/s", ("NAV_VERTICAL_VELOCITY",),
            np.negative, "downwards positive"),
    Derived("NAV", "speed_m_s", "m/s", ("NAV_VERTICAL_VELOCITY", "NAV_HORIZONTAL_VELOCITY"),
            np.hypot, "planet-relative"),
    Derived("NAV", "acceleration_g", "g", ("NAV_ACCELERATION",),
            lambda a: a / 9.80665, "sensed, in standard gravity"),
    *(
        Derived("CAM", f"cam{n}_missed_percent", "%", (f"CAM{n}_MISSED", f"CAM{n}_TRIGGERED"),
                _percent, f"pulses of trigger channel {n} without feedback")
        for n in range(CAMERA_CHANNELS)
    ),
)  # fmt: skip

# Those that Deriver computes, for documents and displays: packet, name, unit, description.
FROM_SEVERAL = (
    ("EDL", "time_to_window_s", "s", "until the earliest time of the first way out of the state"),
    ("EDL", "time_to_backup_s", "s", "until the first backup timer of the state runs out"),
    ("HK", "packet_loss_percent", "%", f"of what was sent live over the last {LOSS_PACKETS} HK"),
)


class Deriver:
    """Of one stream, batch after batch."""

    def __init__(self, mission_name: str) -> None:
        self._windows = _windows(mission_name)
        self._loss = Loss()

    def add(self, decoded: Decoded) -> Decoded:
        """With the columns that the ground computes behind the others."""
        tables = {name: _with_derived(name, table) for name, table in decoded.tables.items()}
        tables["EDL"] = self._with_windows(tables["EDL"])
        loss = _column(self._loss.add(decoded.tables))
        tables["HK"] = tables["HK"].append_column("packet_loss_percent", loss)
        return replace(decoded, tables=tables)

    def _with_windows(self, table: pa.Table) -> pa.Table:
        states = table["EDL_STATE"].to_pylist()
        in_state = _numbers(table, "EDL_TIME_IN_STATE")
        for i, name in enumerate(("time_to_window_s", "time_to_backup_s")):
            due = np.array([self._windows.get(s, (np.nan, np.nan))[i] for s in states], float)
            table = table.append_column(name, _column(np.maximum(due - in_state, 0)))
        return table


def _windows(mission_name: str) -> dict[str, tuple[float, float]]:
    """For each state with a way out: its earliest time and backup timer, seconds in the state."""
    found: dict[str, tuple[float, float]] = {}
    for state, _, _, _, earliest, backup in missions.load(mission_name).TRANSITIONS:
        latest = np.inf if backup == NO_BACKUP else backup / MINOR_FRAMES_PER_SECOND
        before = found.get(state, (np.inf, np.inf))
        window = min(before[0], earliest / MINOR_FRAMES_PER_SECOND)
        found[state] = (window, min(before[1], latest))
    return {
        state: (window, latest if np.isfinite(latest) else np.nan)
        for state, (window, latest) in found.items()
    }


def _with_derived(packet: str, table: pa.Table) -> pa.Table:
    for derived in DERIVED:
        if derived.packet == packet and set(derived.inputs) <= set(table.column_names):
            values = derived.compute(*(_numbers(table, name) for name in derived.inputs))
            table = table.append_column(derived.name, _column(values))
    return table


def _numbers(table: pa.Table, name: str) -> Values:
    return np.asarray(table[name].to_numpy(), np.float64)


def _column(values: npt.NDArray[Any]) -> pa.Array:
    """NaN becomes null."""
    return numbers(np.asarray(values, np.float64), ~np.isnan(values))
