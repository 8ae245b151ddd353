"""How do packets become tables of engineering values?

One table a packet type, one row a packet, in the order of sending. Columns: sclk_s and
sclk_fraction as sent, time_from_ei_s in seconds (null without a BOOT packet), sequence, offset (of
the frame in the file), virtual_channel, then each channel: float64 in its unit, text of an
enumeration, or text of flags with the integer in NAME_RAW.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gse.dictionary import Channel, Dictionary, Packet
from gse.records import Records


def packet_table(
    packet: Packet, records: Records, boots: Records, dictionary: Dictionary
) -> pa.Table:
    """The table of a packet type. boots: the records of BOOT, for the time of entry interface."""
    columns = _common(records, boots)
    for channel in packet.channels:
        columns |= _channel_columns(channel, records.data[channel.name], dictionary)
    return pa.table(columns)


def event_table(reports: Records, boots: Records, dictionary: Dictionary) -> pa.Table:
    """Event reports as severity, name and text. reports: the records of EVR."""
    data = reports.data
    number = data["EVR_ID"].tolist()
    arguments = list(zip(*(data[f"EVR_ARG{n}"].tolist() for n in range(4)), strict=True))
    texts: dict[tuple[int, tuple[int, ...]], str] = {}  # an event that repeats is worded once
    for key in zip(number, arguments, strict=True):
        if key not in texts:
            texts[key] = dictionary.event_text(*key)
    return pa.table(
        _common(reports, boots)
        | {
            "severity": _text_column(
                data["EVR_SEVERITY"], lambda n: dictionary.enum_text("SEVERITY", n)
            ),
            "name": _text_column(data["EVR_ID"], lambda n: dictionary.enum_text("EVENT", n)),
            "text": pa.array([texts[k] for k in zip(number, arguments, strict=True)], pa.string()),
        }
    )


def _common(records: Records, boots: Records) -> dict[str, pa.Array]:
    data = records.data
    return {
        "sclk_s": pa.array(data["sclk_s"].astype(np.uint32)),
        "sclk_fraction": pa.array(data["sclk_fraction"].astype(np.uint16)),
        "time_from_ei_s": _time_from_ei(records, boots),
        "sequence": pa.array(records.sequence),
        "offset": pa.array(records.offset),
        "virtual_channel": pa.array(records.virtual_channel),
    }


def _time_from_ei(records: Records, boots: Records) -> pa.Array:
    """Each packet's time less the EI_SCLK of the BOOT packet last sent before it; before the first,
    of that one."""
    if not len(boots.data):
        return pa.nulls(len(records.data), pa.float64())
    sent = np.argsort(boots.frame, kind="stable")  # one that was played back was sent later
    last = np.searchsorted(boots.frame[sent], records.frame, side="right") - 1
    entry = boots.data["EI_SCLK"].astype(np.float64)[sent[np.maximum(last, 0)]]
    return pa.array(records.sclk_s - entry)


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
