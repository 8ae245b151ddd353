"""What does a browser get of rows? Times in milliseconds, numbers for enumerations, few enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from gse.console.tree import EVENT_PACKET
from gse.dictionary import Channel, Dictionary

Columns = dict[str, list[Any]]

_US_PER_MS = 1000


def times(table: pa.Table) -> Columns:
    """ei: from time zero, utc: of reception; milliseconds, None where it is not known.
    virtual_channel: only what came on that of real time is so now."""
    return {
        "ei": _rounded(pc.multiply(table["time_from_ei_s"], 1000.0)),
        "utc": _rounded(pc.divide(table["received_utc"].cast(pa.int64()), float(_US_PER_MS))),
        "virtual_channel": table["virtual_channel"].to_pylist(),
    }


def columns(table: pa.Table, packet: str, names: Sequence[str], dictionary: Dictionary) -> Columns:
    """Times and values of rows of a packet; of event reports severity, name and text."""
    if packet == EVENT_PACKET:
        return times(table) | _reports(table, dictionary)
    return times(table) | {
        name: _values(table, name, dictionary) for name in names if name in table.column_names
    }


def needed(packet: str, names: Sequence[str], dictionary: Dictionary) -> list[str]:
    """Columns of a table from which columns() makes those."""
    always = ["time_from_ei_s", "received_utc", "virtual_channel"]
    if packet == EVENT_PACKET:
        return [*always, "EVR_ID", "EVR_SEVERITY", *(f"EVR_ARG{n}" for n in range(4))]
    flags = [n for n in names if _is_flags(dictionary.channels.get(n))]
    return [*always, *names, *(f"{name}_RAW" for name in flags)]


def fewer(
    time: npt.NDArray[np.float64], values: npt.NDArray[np.float64], size: int
) -> npt.NDArray[np.intp]:
    """Rows that show a curve in about so many points: of each of size / 4 equal spans of time the
    first and last, the least and greatest. All rows where there are no more than that."""
    if len(time) <= size:
        return np.arange(len(time))
    spans = max(size // 4, 1)
    low, high = np.nanmin(time), np.nanmax(time)
    share = (time - low) / (high - low) if high > low else np.zeros(len(time))
    bucket = np.minimum(np.nan_to_num(share) * spans, spans - 1).astype(np.intp)
    rows = np.arange(len(time))
    chosen = []
    # In each order, the first row of each bucket is the one that is looked for.
    for key in (rows, -rows, values, -values):
        order = np.lexsort((key, bucket))
        chosen.append(order[np.diff(bucket[order], prepend=-1) != 0])
    return np.unique(np.concatenate(chosen))


def _reports(table: pa.Table, dictionary: Dictionary) -> Columns:
    numbers = {text: number for number, text in dictionary.enums["EVENT"].items()}
    arguments = zip(*(table[f"EVR_ARG{n}"].to_pylist() for n in range(4)), strict=True)
    names = table["EVR_ID"].to_pylist()
    return {
        "severity": table["EVR_SEVERITY"].to_pylist(),
        "name": names,
        "text": [
            dictionary.event_text(numbers.get(name, _as_number(name)), [int(a) for a in given])
            for name, given in zip(names, arguments, strict=True)
        ],
    }


def _values(table: pa.Table, name: str, dictionary: Dictionary) -> list[Any]:
    channel = dictionary.channels.get(name)
    if channel is not None and channel.kind == "enum":
        numbers = {text: number for number, text in dictionary.enums[channel.table].items()}
        return [numbers.get(text, _as_number(text)) for text in table[name].to_pylist()]
    return list(table[f"{name}_RAW" if _is_flags(channel) else name].to_pylist())


def _as_number(text: str) -> int:
    """Of a value that the dictionary does not name."""
    return int(text) if text.isdecimal() else -1


def _is_flags(channel: Channel | None) -> bool:
    return channel is not None and channel.kind == "flags"


def _rounded(values: Any) -> list[Any]:
    return list(pc.round(values, 3).to_pylist())
