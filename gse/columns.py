"""How do packets become tables of engineering values?

One table a packet type, one row a packet, in the order in which they were complete. Columns: sclk_s
and sclk_fraction as sent, time_from_ei_s in seconds (null as long as no BOOT packet tells the time
of entry interface), sequence, offset (of the frame in the stream), virtual_channel, then each
channel: float64 in its unit, text of an enumeration, or text of flags with the integer in NAME_RAW.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gse import kernels
from gse.dictionary import WIRE_TYPES, Channel, Dictionary, Packet
from gse.link.crc import Octets
from gse.link.packets import Indices
from gse.records import Records

_WIRE = {
    "u8": kernels.U8,
    "u16": kernels.U16,
    "i16": kernels.I16,
    "u32": kernels.U32,
    "i32": kernels.I32,
}


_FLOAT = np.dtype(np.float64)


@dataclass(frozen=True, slots=True)
class EntryTimes:
    """Spacecraft times of entry interface that BOOT packets tell, whole seconds, and the frames in
    which these end, ascending; arrays of shape (n,)."""

    frame: Indices
    entry_s: npt.NDArray[np.float64]

    def before(self, frame: Indices) -> npt.NDArray[np.float64] | float:
        """What the last BOOT packet up to the end of each frame told, NaN before the first; one
        number where it is the same for all. frame: ascending."""
        if not len(self.frame):
            return np.nan
        if len(frame) and self.frame[0] <= frame[0] and (self.entry_s == self.entry_s[0]).all():
            return float(self.entry_s[0])  # as ever, where nobody moves it
        last = np.searchsorted(self.frame, frame, side="right")
        return np.concatenate(([np.nan], self.entry_s))[last]


class TableBuilder:
    """Makes the tables of all packet types of a dictionary."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._types = [_Type(packet, dictionary) for packet in dictionary.packets]
        linear = [column for of in self._types for column in of.linear]
        self._field = np.cumsum([0, *(len(of.linear) for of in self._types)])
        places = _Places(linear)
        # A division by a power of two is exact as a multiplication too, and faster.
        binary = [c.denominator & (c.denominator - 1) == 0 for _, c in linear]
        pairs = [(c, b) for (_, c), b in zip(linear, binary, strict=True)]
        factor = [c.numerator / c.denominator if b else c.numerator for c, b in pairs]
        divisor = [1 if b else c.denominator for c, b in pairs]
        self._fields = (
            places.offset,
            places.wire,
            np.array(factor, np.float64),
            np.array(divisor, np.float64),
        )

    def tables(self, records: Mapping[str, Records], entries: EntryTimes) -> dict[str, pa.Table]:
        """By packet name, of records of every type, each of one source, which all lie in the same
        octets."""
        every = [records[of.packet.name] for of in self._types]
        octets = every[0].sources[0][0]
        start = np.concatenate([of_type.sources[0][1] for of_type in every])
        counts = [len(of_type) for of_type in every]
        first = np.cumsum([0, *counts])
        rows = np.repeat(counts, np.diff(self._field))
        place = np.cumsum(rows) - rows
        total = int(rows.sum())
        memory = pa.allocate_buffer(total * _FLOAT.itemsize)  # from a pool that keeps its pages
        values = np.frombuffer(memory, _FLOAT)
        kernels.linear_columns(octets, start, first, self._field, self._fields, place, values)
        column = pa.Array.from_buffers(pa.float64(), total, [None, memory])
        tables = {}
        for n, (of, of_type) in enumerate(zip(self._types, every, strict=True)):
            begins = place[self._field[n] : self._field[n + 1]].tolist()
            linear = {
                channel.name: column.slice(begin, counts[n])
                for (_, channel), begin in zip(of.linear, begins, strict=True)
            }
            tables[of.packet.name] = of.table(of_type, linear, entries)
        return tables


class _Type:
    """Makes tables of one packet type."""

    def __init__(self, packet: Packet, dictionary: Dictionary) -> None:
        self.packet = packet
        self.linear = [(packet, c) for c in packet.channels if c.kind == "linear"]
        self._flags = _Places([(packet, c) for c in packet.channels if c.kind == "flags"])
        self._texts = {
            c.name: _Texts(packet, c, dictionary) for c in packet.channels if c.kind != "linear"
        }
        self._empty: pa.Table | None = None  # the same each time

    def table(
        self, records: Records, linear: Mapping[str, pa.Array], entries: EntryTimes
    ) -> pa.Table:
        """linear: the columns of linear channels, by name."""
        if len(records):
            return self._table(records, linear, entries)
        if self._empty is None:
            self._empty = self._table(records, linear, entries)
        return self._empty

    def _table(
        self, records: Records, linear: Mapping[str, pa.Array], entries: EntryTimes
    ) -> pa.Table:
        ((octets, start),) = records.sources
        counts = np.empty((len(self._flags.offset), len(start)), np.int64)
        if len(counts):
            kernels.count_columns(octets, start, self._flags.offset, self._flags.wire, counts)
        columns = _common(records, entries)
        for channel in self.packet.channels:
            if channel.kind == "linear":
                columns[channel.name] = linear[channel.name]
                continue
            columns[channel.name] = self._texts[channel.name].column(octets, start)
            if channel.kind == "flags":
                raw = counts[self._flags.row[channel.name]]
                native = np.dtype(WIRE_TYPES[channel.wire_type]).newbyteorder("=")
                columns[f"{channel.name}_RAW"] = _array(raw.astype(native))
        return pa.table(columns)


def _array(values: npt.NDArray[Any]) -> pa.Array:
    """Numbers as a column, without a copy: pa.array takes several times as long."""
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])


class _Places:
    """Where channels of packets stand: octet, wire type as kernels number it, and row by name."""

    def __init__(self, channels: Sequence[tuple[Packet, Channel]]) -> None:
        self.offset = np.array([_offset(p, c) for p, c in channels], np.int64)
        self.wire = np.array([_WIRE[c.wire_type] for _, c in channels], np.int64)
        self.row = {c.name: i for i, (_, c) in enumerate(channels)}


def _offset(packet: Packet, channel: Channel) -> int:
    fields = packet.dtype.fields
    assert fields is not None  # it is a structure
    return int(fields[channel.name][1])


class _Texts:
    """Words the counts of a channel: each one once in the life of the decoder."""

    def __init__(self, packet: Packet, channel: Channel, dictionary: Dictionary) -> None:
        self._word = dictionary.enum_text if channel.kind == "enum" else dictionary.flags_text
        self._table = channel.table
        self._places = _Places([(packet, channel)])
        # Of what has few values, a list of all codes; -1: not worded yet.
        size = {"u8": 1 << 8, "u16": 1 << 16}.get(channel.wire_type, 0)
        self._code_of = np.full(size, -1, np.int32)
        self._texts: list[str] = []
        self._column = pa.array([], pa.string())

    def column(self, octets: Octets, start: Indices) -> pa.DictionaryArray:
        if not len(self._code_of):
            counts = np.empty((1, len(start)), np.int64)
            kernels.count_columns(octets, start, self._places.offset, self._places.wire, counts)
            return _text_column(counts[0], lambda n: self._word(self._table, n))
        codes = np.empty(len(start), np.int32)
        at = 0
        offset, wide = int(self._places.offset[0]), len(self._code_of) > 1 << 8
        while True:
            at, count = kernels.codes(octets, start, offset, wide, self._code_of, at, codes)
            if at == len(start):
                break
            self._code_of[count] = len(self._texts)
            self._texts.append(self._word(self._table, count))
        if len(self._texts) > len(self._column):
            self._column = pa.array(self._texts, pa.string())
        return pa.DictionaryArray.from_arrays(_array(codes), self._column, safe=False)


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
    return {
        "sclk_s": _array(records.sclk_whole),
        "sclk_fraction": _array(records.sclk_fraction),
        "time_from_ei_s": _time_from_ei(records, entries),
        "sequence": _array(records.sequence),
        "offset": _array(records.offset),
        "virtual_channel": _array(records.virtual_channel),
    }


def _time_from_ei(records: Records, entries: EntryTimes) -> pa.Array:
    if not len(entries.frame):
        return pa.nulls(len(records), pa.float64())
    seconds = records.sclk_s - entries.before(records.frame)
    known = len(seconds) == 0 or not np.isnan(seconds[0])  # once known, it stays known
    return _array(seconds) if known else pa.array(seconds, from_pandas=True)  # NaN is null


def _text_column(raw: npt.NDArray[Any], text: Callable[[int], str]) -> pa.DictionaryArray:
    """Integers of any wire type as text; each value is worded once."""
    values, inverse = np.unique(raw, return_inverse=True)
    texts = pa.array([text(value) for value in values.tolist()], pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(inverse.astype(np.int32), pa.int32()), texts)
