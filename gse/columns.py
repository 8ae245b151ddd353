"""How do packets become tables of engineering values?

One table a packet type, one row a packet, in the order in which they were complete. Columns: sclk_s
and sclk_fraction as sent, time_from_ei_s in seconds (null as long as no BOOT packet tells the time
of entry interface), sequence, offset (of the frame in the stream), virtual_channel, then each
channel: float64 in its unit, text of an enumeration, or text of flags with the integer in NAME_RAW.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gse.dictionary import Channel, Dictionary, Packet
from gse.link.packets import Indices
from gse.records import Records


@dataclass(frozen=True, slots=True)
class EntryTimes:
    """Spacecraft times of entry interface that BOOT packets tell, whole seconds, and the frames in
    which these end, ascending; arrays of shape (n,)."""

    frame: Indices
    entry_s: npt.NDArray[np.float64]

    def before(self, frame: Indices) -> npt.NDArray[np.float64]:
        """What the last BOOT packet up to the end of each frame told; NaN before the first."""
        last = np.searchsorted(self.frame, frame, side="right")
        return np.concatenate(([np.nan], self.entry_s))[last]


def packet_table(
    packet: Packet, records: Records, entries: EntryTimes, dictionary: Dictionary
) -> pa.Table:
    """The table of a packet type."""
    columns = _common(records, entries)
    for channel in packet.channels:
        columns |= _channel_columns(channel, records.data[channel.name], dictionary)
    return pa.table(columns)


def event_table(reports: Records, entries: EntryTimes, dictionary: Dictionary) -> pa.Table:
    """Event reports as severity, name and text. reports: the records of EVR."""
    data = reports.data
    number = data["EVR_ID"].tolist()
    arguments = list(zip(*(data[f"EVR_ARG{n}"].tolist() for n in range(4)), strict=True))
    texts: dict[tuple[int, tuple[int, ...]], str] = {}  # an event that repeats is worded once
    for key in zip(number, arguments, strict=True):
        if key not in texts:
            texts[key] = dictionary.event_text(*key)
    return pa.table(
        _common(reports, entries)
        | {
            "severity": _text_column(
                data["EVR_SEVERITY"], lambda n: dictionary.enum_text("SEVERITY", n)
            ),
            "name": _text_column(data["EVR_ID"], lambda n: dictionary.enum_text("EVENT", n)),
            "text": pa.array([texts[k] for k in zip(number, arguments, strict=True)], pa.string()),
        }
    )


def _common(records: Records, entries: EntryTimes) -> dict[str, pa.Array]:
    data = records.data
    return {
        "sclk_s": pa.array(data["sclk_s"].astype(np.uint32)),
        "sclk_fraction": pa.array(data["sclk_fraction"].astype(np.uint16)),
        "time_from_ei_s": _time_from_ei(records, entries),
        "sequence": pa.array(records.sequence),
        "offset": pa.array(records.offset),
        "virtual_channel": pa.array(records.virtual_channel),
    }


def _time_from_ei(records: Records, entries: EntryTimes) -> pa.Array:
    seconds = records.sclk_s - entries.before(records.frame)
    return pa.array(seconds, from_pandas=True)  # NaN is null


def _channel_columns(
    channel: Channel, raw: npt.NDArray[Any], dictionary: Dictionary
) -> dict[str, pa.Array]:
    if channel.kind == "enum":
        return {channel.name: _text_column(raw, lambda n: dictionary.enum_text(channel.table, n))}
    if channel.kind == "flags":
        return {
            channel.name: _text_column(raw, lambda n: dictionary.flags_text(channel.table, n)),
            f"{channel.name}_RAW": pa.array(raw.astype(raw.dtype.newbyteorder("="))),
        }
    return {channel.name: pa.array(channel.engineering_array(raw))}


def _text_column(raw: npt.NDArray[Any], text: Callable[[int], str]) -> pa.DictionaryArray:
    """Integers of any wire type as text; each value is worded once."""
    if raw.dtype.itemsize <= 2 and raw.dtype.kind == "u":
        counts = np.bincount(raw)  # much faster than sorting
        values = np.flatnonzero(counts)
        code = np.zeros(len(counts), np.int32)
        code[values] = np.arange(len(values))
        codes = code[raw]
    else:
        values, inverse = np.unique(raw, return_inverse=True)
        codes = inverse.astype(np.int32)
    texts = pa.array([text(value) for value in values.tolist()], pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), texts)
