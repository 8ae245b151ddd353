"""How do values of a container become a table?

One row a packet. Columns: offset of the packet in the file, then each parameter as its reader wants
it; NAME_RAW beside it holds what was sent where that is something else. Fields say unit,
description and epoch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gse.xtce.bits import Indices
from gse.xtce.model import Kind, Number, ScalarType, Scheme
from gse.xtce.values import Value, labels_of
from gse.xtce.walk import Group

_FLOATS = (Scheme.IEEE754, Scheme.MIL_1750A)
_MOST_MICROSECONDS = float(1 << 62)


def table(group: Group, offset: Indices) -> pa.Table:
    """The table of a group. offset: of each packet in the file."""
    fields = [pa.field("offset", pa.int64(), metadata={"description": "octet of the file"})]
    arrays = [pa.array(offset)]
    taken = {"offset"}
    names = _names([path for path, _ in group.columns])
    for (path, value), name in zip(group.columns, names, strict=True):
        for suffix, array, metadata in _columns(value):
            metadata["description"] = group.descriptions[path]
            kept = {k: v for k, v in metadata.items() if v}
            named = unique(name + suffix, taken)
            fields.append(pa.field(named, array.type, metadata=kept or None))
            arrays.append(array)
    return pa.table(arrays, schema=pa.schema(fields))


def _names(paths: list[str]) -> list[str]:
    """The last part of each path; more of it where two parameters share that."""
    short = {path: path.rpartition("/")[2] for path in paths}
    users: dict[str, set[str]] = {}
    for path, name in short.items():
        users.setdefault(name, set()).add(path)
    return [
        short[p] if len(users[short[p]]) == 1 else p.strip("/").replace("/", ".") for p in paths
    ]


def unique(name: str, taken: set[str]) -> str:
    """The name, numbered where it is taken, as by a parameter that is sent twice; now it is."""
    found, number = name, 2
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    taken.add(found)
    return found


def _columns(value: Value) -> list[tuple[str, pa.Array, dict[str, str]]]:
    """Suffix, array and metadata: first what a reader wants, then what was sent."""
    kind = value.type
    raw = _raw(value)
    unit = {"unit": kind.unit}
    if kind.kind in (Kind.ENUMERATED, Kind.BOOLEAN):
        return [("", _labelled(value), unit), ("_RAW", raw, {})]
    if value.calibrated is None:
        return [("", raw, unit)]
    if kind.kind is Kind.ABSOLUTE_TIME and value.base is not None and value.base.epoch is not None:
        epoch = value.base.epoch
        text = f"{epoch.name} {epoch.start}" if epoch.name != epoch.start else f"{epoch.start}"
        if epoch.start is not None:
            return [("", _timestamps(value, epoch.start), {"epoch": text}), ("_RAW", raw, {})]
    if kind.kind in (Kind.ABSOLUTE_TIME, Kind.RELATIVE_TIME):
        unit = {"unit": "s"}
    return [("", _masked(value, value.calibrated), unit), ("_RAW", raw, {})]


def _masked(value: Value, array: Any) -> pa.Array:
    """An Arrow array, null where the value is not there or not a number by calibration."""
    absent = None if value.valid is None else ~value.valid
    if isinstance(array, pa.Array):
        if array is value.calibrated:
            array = _known(array, value.raw)
        if absent is None:
            return array
        return pc.if_else(pa.array(~absent), array, pa.scalar(None, array.type))
    if array is value.calibrated and array.dtype.kind == "f":
        unknown = _unknown(array, value.raw)
        if unknown.any():
            absent = unknown if absent is None else absent | unknown
    return pa.array(array, mask=absent)


def _unknown(calibrated: Any, raw: Any) -> Any:
    """Where a number became none by calibration."""
    sent_so = np.isnan(raw) if raw.dtype.kind == "f" else np.zeros(len(raw), bool)
    return np.isnan(calibrated) & ~sent_so


def _known(lists: pa.Array, raw: pa.Array) -> pa.Array:
    """Calibrated lists, null where a number became none."""
    numbers = _leaves(lists)
    if not pa.types.is_floating(numbers.type):
        return lists
    calibrated, sent = (a.to_numpy(zero_copy_only=False) for a in (numbers, _leaves(raw)))
    return _shaped(lists, pa.array(calibrated, mask=_unknown(calibrated, sent)))


def _leaves(lists: pa.Array) -> pa.Array:
    """What lists of any depth hold, one after another."""
    while pa.types.is_large_list(lists.type):
        lists = lists.flatten()
    return lists


def _shaped(lists: pa.Array, leaves: pa.Array) -> pa.Array:
    """The same lists with other leaves."""
    if not pa.types.is_large_list(lists.type):
        return leaves
    inner = _shaped(lists.flatten(), leaves)
    return pa.LargeListArray.from_arrays(lists.offsets, inner)


def _raw(value: Value) -> pa.Array:
    """What was sent, in the smallest type that holds all that its bits can say."""
    coding = value.type.encoding
    if not isinstance(coding, Number):
        return _masked(value, value.raw)
    if isinstance(value.raw, pa.Array):
        lists = _masked(value, value.raw)
        return lists.cast(_as_deep(lists.type, pa.from_numpy_dtype(_smallest(coding))))
    return _masked(value, value.raw.astype(_smallest(coding)))


def _smallest(coding: Number) -> np.dtype[Any]:
    """The type of numbers that holds all that these bits can say."""
    if coding.scheme is Scheme.IEEE754 and coding.bits < 64:
        return np.dtype(np.float32)
    if coding.scheme in _FLOATS:
        return np.dtype(np.float64)
    letter = "u" if coding.scheme is Scheme.UNSIGNED else "i"
    return np.dtype(f"{letter}{next(s for s in (1, 2, 4, 8) if 8 * s >= coding.bits)}")


def _as_deep(lists: pa.DataType, kind: pa.DataType) -> pa.DataType:
    """A type within as many lists as another has."""
    return (
        pa.large_list(_as_deep(lists.value_type, kind)) if pa.types.is_large_list(lists) else kind
    )


def _labelled(value: Value) -> pa.Array:
    kind = value.type
    if isinstance(value.raw, pa.Array):
        flat = _labels(kind, _leaves(value.raw).to_numpy(zero_copy_only=False))
        if isinstance(flat, pa.DictionaryArray):
            flat = flat.cast(pa.string())
        return _masked(value, _shaped(value.raw, flat))
    labels = _labels(kind, value.raw)
    if value.valid is None:
        return labels
    if isinstance(labels, pa.DictionaryArray):
        codes = pa.array(labels.indices.to_numpy(), mask=~value.valid)
        return pa.DictionaryArray.from_arrays(codes, labels.dictionary)
    return _masked(value, labels)


def _labels(kind: ScalarType, raw: Any) -> pa.Array:
    if kind.kind is Kind.BOOLEAN:
        return pa.array(raw != 0)
    labels, which = labels_of(kind, raw)
    codes = pa.array(which.astype(np.int32))
    return pa.DictionaryArray.from_arrays(codes, pa.array(labels, pa.string()))


def _timestamps(value: Value, start: str) -> pa.Array:
    """Times in the scale of their epoch, without leap seconds; null beyond what can be written."""
    seconds = value.calibrated
    if isinstance(seconds, pa.Array):
        times = _instants(_leaves(seconds).to_numpy(zero_copy_only=False), start)
        return _masked(value, _shaped(seconds, times))
    return _masked(value, _instants(seconds, start))


def _instants(seconds: Any, start: str) -> pa.Array:
    with np.errstate(over="ignore"):
        microseconds = np.round(seconds * 1e6)
    known = np.abs(microseconds) < _MOST_MICROSECONDS
    whole = np.where(known, microseconds, 0).astype(np.int64)
    times = np.datetime64(start, "us").astype(np.int64) + whole
    return pa.array(times, mask=~known).cast(pa.timestamp("us"))
