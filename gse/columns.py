"""How do packets become tables of engineering values?

One table a packet type, one row a packet, in the order in which they were complete. Columns: sclk_s
and sclk_fraction as sent, time_from_ei_s in seconds (null as long as no BOOT packet tells the time
of entry interface), sequence, offset (of the frame in the stream), virtual_channel, then each
channel: float64 in its unit, text of an enumeration, or text of flags with the integer in NAME_RAW.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gse import arrow, column_kernels, memory
from gse.arrow import numbers
from gse.counts import Counts, Field, Layout, Reading
from gse.dictionary import Channel, Dictionary, Packet
from gse.link.packets import Indices
from gse.records import Records, RecordsByType
from gse.squares import Squares

_Number = TypeVar("_Number", bound=np.generic)

_WIRE = {
    "u8": column_kernels.U8,
    "u16": column_kernels.U16,
    "i16": column_kernels.I16,
    "u32": column_kernels.U32,
    "i32": column_kernels.I32,
}


@dataclass(frozen=True, slots=True)
class EntryTimes:
    """Spacecraft times of entry interface that BOOT packets tell, whole seconds, and the frames in
    which these end, ascending; arrays of shape (n,)."""

    frame: Indices
    entry_s: npt.NDArray[np.float64]

    def before(self, frame: Indices) -> npt.NDArray[np.float64] | float:
        """What the last BOOT packet up to the end of each frame told, NaN before the first; one
        number where it is the same for all."""
        if not len(self.frame):
            return np.nan
        if len(frame) and self.frame[0] <= frame.min() and (self.entry_s == self.entry_s[0]).all():
            return float(self.entry_s[0])  # as ever, where nobody moves it
        last = np.searchsorted(self.frame, frame, side="right")
        return np.concatenate(([np.nan], self.entry_s))[last]


class TableBuilder:
    """Makes the tables of a dictionary; several threads may ask at once."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._types = dictionary.packets
        self._dictionary = dictionary
        self._plan = _plan(dictionary)
        self._texts = _Texts(self._plan.texts)

    def tables(self, records: RecordsByType, entries: EntryTimes) -> dict[str, pa.Table]:
        """By packet name."""
        every, first = records.every, records.first
        empty = self._plan.empty
        if not len(every) and len(empty) == len(self._types):
            return {packet.name: empty[packet.name] for packet in self._types}
        ((octets, start),) = every.sources
        common = _common(every, _time_from_ei(every.frame, every.sclk_s, entries))
        readings = [
            reader.begin(first) for reader in (self._plan.linear, self._texts, self._plan.counts)
        ]
        arguments = (reading.arguments for reading in readings)
        column_kernels.read_columns(octets, start, first, *arguments)
        reads = [reading.columns() for reading in readings]
        tables = {}
        bounds = first.tolist()
        for t, packet in enumerate(self._types):
            count = bounds[t + 1] - bounds[t]
            table = None if count else empty.get(packet.name)
            if table is None:
                columns = {name: column.slice(bounds[t], count) for name, column in common.items()}
                columns |= self._channels(t, *(read(t) for read in reads))
                table = pa.table(columns)
                if not count:
                    empty[packet.name] = table
            tables[packet.name] = table
        return tables

    def events(self, records: RecordsByType, entries: EntryTimes) -> pa.Table:
        """Event reports as severity, name and text."""
        reports = records["EVR"]
        if len(reports):
            return _event_table(reports, entries, self._dictionary)
        if self._plan.no_events is None:
            self._plan.no_events = _event_table(reports, entries, self._dictionary)
        return self._plan.no_events

    def _channels(
        self,
        t: int,
        linear: dict[str, pa.Array],
        texts: dict[str, pa.Array],
        counts: Mapping[str, npt.NDArray[Any]],
    ) -> dict[str, pa.Array]:
        columns = linear | texts
        for channel in self._plan.counted[t]:
            name = channel.name
            if name not in texts:
                columns[name] = self._worded(channel, counts[name])
            if channel.kind == "flags":
                columns[_raw(name)] = numbers(counts[name])
        return {name: columns[name] for name in self._plan.names[t]}

    def _worded(self, channel: Channel, counts: npt.NDArray[Any]) -> pa.DictionaryArray:
        word = _word_of(channel, self._dictionary)
        return _text_column(counts, lambda n: word(channel.table, n))


class _Plan:
    """What follows from a dictionary alone: decoders come and go.

    names: of the columns of channels, by type; counted: channels of which counts are columns, or
    worded by themselves. empty, no_events: tables without rows, once somebody asked for them.
    """

    def __init__(self, dictionary: Dictionary) -> None:
        types = dictionary.packets
        self.names = [[name for c in packet.channels for name in _columns(c)] for packet in types]
        self.counted = [[c for c in packet.channels if _is_counted(c)] for packet in types]
        self.linear = _Linear(types)
        self.texts = _TextPlan(dictionary)
        self.counts = Counts([_fields(packet, _is_counted) for packet in types])
        self.empty: dict[str, pa.Table] = {}
        self.no_events: pa.Table | None = None


@lru_cache(maxsize=8)
def _plan(dictionary: Dictionary) -> _Plan:
    return _Plan(dictionary)


def _fields(packet: Packet, chosen: Callable[[Channel], bool]) -> list[Field]:
    """Where chosen channels of a packet stand."""
    fields = packet.dtype.fields
    assert fields is not None  # it is a structure
    named = [(c.name, fields[c.name]) for c in packet.channels if chosen(c)]
    return [Field(name, place[1], place[0]) for name, place in named]


def _columns(channel: Channel) -> list[str]:
    """Names of the columns of a channel."""
    return [channel.name, _raw(channel.name)] if channel.kind == "flags" else [channel.name]


def _raw(name: str) -> str:
    """Of the column of integers beside that of their text."""
    return f"{name}_RAW"


def _is_coded(channel: Channel) -> bool:
    """Whether it is text of few values."""
    return channel.kind != "linear" and channel.wire_type in ("u8", "u16")


def _is_counted(channel: Channel) -> bool:
    """Whether its counts are asked for as they came."""
    return channel.kind == "flags" or (channel.kind == "enum" and not _is_coded(channel))


def _word_of(channel: Channel, dictionary: Dictionary) -> Callable[[str, int], str]:
    return dictionary.enum_text if channel.kind == "enum" else dictionary.flags_text


class _Linear:
    """Reads channels in their units."""

    def __init__(self, types: Sequence[Packet]) -> None:
        self._layout = layout = Layout([_fields(packet, _is_linear) for packet in types])
        channels = [c for packet in types for c in packet.channels if _is_linear(c)]
        # A division by a power of two is exact as a multiplication too, and faster.
        binary = [c.denominator & (c.denominator - 1) == 0 for c in channels]
        pairs = list(zip(channels, binary, strict=True))
        factor = [c.numerator / c.denominator if b else c.numerator for c, b in pairs]
        divisor = [1 if b else c.denominator for c, b in pairs]
        wire = [_WIRE[c.wire_type] for c in channels]
        lengths = [packet.length if column_kernels.SQUARES else 0 for packet in types]
        squares = Squares(layout, factor, lengths)
        self._fields = (
            layout.offset,
            np.array(wire, np.int64),
            np.array(factor, np.float64),
            np.array(divisor, np.float64),
            squares.alone,
        )
        self._squares = squares.arrays()

    def begin(self, first: Indices) -> Reading:
        """See Reading."""
        layout = self._layout
        values, place = _room(layout, first, np.float64)

        def columns() -> Callable[[int], dict[str, pa.Array]]:
            return _sliced(numbers(values), layout, place, first)

        arguments = (layout.bounds, self._fields, self._squares, place, values)
        return Reading(arguments, columns)


def _sliced(
    column: pa.Array, layout: Layout, place: Indices, first: Indices
) -> Callable[[int], dict[str, pa.Array]]:
    """The columns of a type, out of one of all fields, by name of the field."""
    begin, bounds = place.tolist(), first.tolist()

    def of_type(t: int) -> dict[str, pa.Array]:
        count = bounds[t + 1] - bounds[t]
        return {field.name: column.slice(begin[f], count) for f, field in layout.named[t]}

    return of_type


def _is_linear(channel: Channel) -> bool:
    return channel.kind == "linear"


def _room(
    layout: Layout, first: Indices, kind: type[_Number]
) -> tuple[npt.NDArray[_Number], Indices]:
    """Columns of all fields, one after another, to be written to, and where each begins."""
    rows = layout.rows(first)
    return memory.room(int(rows.sum()), kind), np.cumsum(rows) - rows


@dataclass(frozen=True, slots=True)
class _Codes:
    """Codes of counts that are text. of: by table and count, -1: it has none yet; texts: by table
    and code, also as columns."""

    of: npt.NDArray[np.int32]
    texts: list[list[str]]
    columns: list[pa.Array]


class _TextPlan:
    """Which channels are text of few values, in tables of which a list of all codes is kept.

    layout: where they stand; table: of each. codes: those of the values that the dictionary names.
    base: of each field, where the codes of its counts begin among those of all tables; wide:
    whether it is of two octets.
    """

    def __init__(self, dictionary: Dictionary) -> None:
        types = dictionary.packets
        self.layout = Layout([_fields(packet, _is_coded) for packet in types])
        channels = [c for packet in types for c in packet.channels if _is_coded(c)]
        kinds = {(c.kind, c.table, c.wire_type): c for c in channels}
        number = {key: n for n, key in enumerate(kinds)}
        size = [1 << 8 if c.wire_type == "u8" else 1 << 16 for c in kinds.values()]
        bounds = np.cumsum([0, *size])
        self.table = [number[c.kind, c.table, c.wire_type] for c in channels]
        self.base = bounds[np.array(self.table, np.int64)]
        self.wide = np.array([c.wire_type == "u16" for c in channels], bool)
        self._words = [(_word_of(c, dictionary), c.table) for c in kinds.values()]
        self._bounds = bounds[:-1]
        nothing = _Codes(
            np.full(bounds[-1], -1, np.int32), [[] for _ in kinds], [_NO_TEXT] * len(kinds)
        )
        known = [_named(c, dictionary) for c in kinds.values()]
        named = [bounds[t] + n for t in range(len(kinds)) for n in known[t] if n < size[t]]
        self.codes = self.more(nothing, np.array(named, np.int64))

    def more(self, codes: _Codes, new: Indices) -> _Codes:
        """With codes of counts that have none yet, by their places in codes.of."""
        of, texts, columns = codes.of.copy(), list(codes.texts), list(codes.columns)
        tables = np.searchsorted(self._bounds, new, side="right") - 1
        for table in np.unique(tables).tolist():
            word, name = self._words[table]
            places = new[tables == table]
            of[places] = len(texts[table]) + np.arange(len(places))
            counts = (places - self._bounds[table]).tolist()
            texts[table] = [*texts[table], *(word(name, count) for count in counts)]
            columns[table] = arrow.texts(texts[table])
        return _Codes(of, texts, columns)


_NO_TEXT = arrow.texts([])


def _named(channel: Channel, dictionary: Dictionary) -> list[int]:
    """The counts of a channel that its table names; of flags, none or one alone."""
    values = dictionary.enums[channel.table]
    return [*values] if channel.kind == "enum" else [0, *(1 << bit for bit in values)]


class _Texts:
    """Reads these channels: each value of a table is worded once in the life of the decoder."""

    def __init__(self, plan: _TextPlan) -> None:
        self._plan = plan
        self._fields = (plan.layout.offset, plan.wide, plan.base)
        self._codes = plan.codes  # replaced as a whole: other threads have what is worded, or less
        self._lock = Lock()

    def begin(self, first: Indices) -> Reading:
        """See Reading."""
        layout = self._plan.layout
        values, place = _room(layout, first, np.int32)
        least = np.empty(len(self._plan.table), np.int32)
        codes = self._codes

        def columns() -> Callable[[int], dict[str, pa.Array]]:
            new = np.flatnonzero(least < 0)
            known = codes
            if len(new):
                rows = layout.rows(first)
                known = self._meet(values, (place[new], rows[new], self._plan.base[new]))
            return self._worded(_sliced(numbers(values), layout, place, first), known)

        arguments = (layout.bounds, self._fields, place, codes.of, values, least)
        return Reading(arguments, columns)

    def _worded(
        self, coded: Callable[[int], dict[str, pa.Array]], codes: _Codes
    ) -> Callable[[int], dict[str, pa.Array]]:
        """The columns of a type as text."""
        named, table = self._plan.layout.named, self._plan.table

        def of_type(t: int) -> dict[str, pa.Array]:
            columns = coded(t)
            return {
                field.name: pa.DictionaryArray.from_arrays(
                    columns[field.name], codes.columns[table[f]], safe=False
                )
                for f, field in named[t]
            }

        return of_type

    def _meet(self, values: npt.NDArray[np.int32], columns: tuple[Any, Any, Any]) -> _Codes:
        """Codes for columns in which some counts had none; now they have. columns: as unmet of the
        kernels wants them."""
        with self._lock:
            found = np.zeros(len(self._codes.of), bool)
            column_kernels.unmet(values, columns, self._codes.of, found)
            codes = self._codes = self._plan.more(self._codes, np.flatnonzero(found))
        column_kernels.recode(values, columns, codes.of)
        return codes


def _event_table(reports: Records, entries: EntryTimes, dictionary: Dictionary) -> pa.Table:
    data = reports.data
    number = data["EVR_ID"].tolist()
    arguments = list(zip(*(data[f"EVR_ARG{n}"].tolist() for n in range(4)), strict=True))
    texts: dict[tuple[int, tuple[int, ...]], str] = {}  # an event that repeats is worded once
    for key in zip(number, arguments, strict=True):
        if key not in texts:
            texts[key] = dictionary.event_text(*key)
    return pa.table(
        _common(reports, _time_from_ei(reports.frame, reports.sclk_s, entries))
        | {
            "severity": _text_column(
                data["EVR_SEVERITY"], lambda n: dictionary.enum_text("SEVERITY", n)
            ),
            "name": _text_column(data["EVR_ID"], lambda n: dictionary.enum_text("EVENT", n)),
            "text": arrow.texts([texts[k] for k in zip(number, arguments, strict=True)]),
        }
    )


def _common(records: Records, time_s: pa.Array) -> dict[str, pa.Array]:
    return {
        "sclk_s": numbers(records.sclk_whole),
        "sclk_fraction": numbers(records.sclk_fraction),
        "time_from_ei_s": time_s,
        "sequence": numbers(records.sequence),
        "offset": numbers(records.offset),
        "virtual_channel": numbers(records.virtual_channel),
    }


def _time_from_ei(frame: Indices, sclk_s: npt.NDArray[np.float64], entries: EntryTimes) -> pa.Array:
    """Seconds of packets that end in these frames."""
    if not len(entries.frame):
        return pa.nulls(len(frame), pa.float64())
    entry_s = entries.before(frame)
    seconds = sclk_s - entry_s
    known = None if isinstance(entry_s, float) else ~np.isnan(seconds)
    return numbers(seconds, known)


def _text_column(raw: npt.NDArray[Any], text: Callable[[int], str]) -> pa.DictionaryArray:
    """Integers of any wire type as text; each value is worded once."""
    values, inverse = np.unique(raw, return_inverse=True)
    texts = arrow.texts([text(value) for value in values.tolist()])
    return pa.DictionaryArray.from_arrays(numbers(inverse.astype(np.int32)), texts)
