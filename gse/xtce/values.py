"""What is known of a packet while it is read, and which conditions hold for it?

Every value stands for one parameter in many packets. Conditions and amounts are worked out for all
of those at once.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gse.xtce.bits import Indices, Mask
from gse.xtce.model import (
    MOST,
    Amount,
    Comparison,
    Condition,
    Every,
    Kind,
    Lookup,
    Reference,
    ScalarType,
    Some,
    Unknown,
)

Array = npt.NDArray[Any]

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

_TEXT, _OCTETS, _NUMBER = "a text", "octets", "a number"


@dataclass(frozen=True, slots=True)
class Value:
    """One parameter in n packets.

    raw: numbers as sent, or an Arrow array of octet strings or lists. calibrated: what became of
    them, None where that is the same. valid: in which packets it is at all; None: in all.
    base: of a time, the value that it counts from.
    """

    type: ScalarType
    raw: Any
    calibrated: Any = None
    valid: Mask | None = None
    base: ScalarType | None = None

    def take(self, rows: Indices) -> Value:
        """The same in some of the packets."""
        calibrated = None if self.calibrated is None else _take(self.calibrated, rows)
        valid = None if self.valid is None else self.valid[rows]
        return replace(self, raw=_take(self.raw, rows), calibrated=calibrated, valid=valid)

    def within(self, mask: Mask | None) -> Value:
        """The same, there only where mask says so."""
        if mask is None:
            return self
        return replace(self, valid=mask if self.valid is None else self.valid & mask)

    def numbers(self, calibrated: bool) -> Any:
        """Raw or calibrated values."""
        return self.calibrated if calibrated and self.calibrated is not None else self.raw


class Undecodable(Exception):
    """Why packets of a container cannot be read, as a part of a sentence."""


Values = Mapping[str, Value]


def _take(array: Any, rows: Indices) -> Any:
    return array.take(pa.array(rows)) if isinstance(array, pa.Array) else array[rows]


def labels_of(kind: ScalarType, raw: Array) -> tuple[list[str], Indices]:
    """Labels of the different raw values, a number itself where there is none; which each has."""
    seen, which = np.unique(raw, return_inverse=True)
    single, ranges = _by_value(kind.labels)
    if not ranges:
        return [single[n] if n in single else str(n) for n in seen.tolist()], which
    rows = kind.labels
    return [next((t for a, b, t in rows if a <= n <= b), str(n)) for n in seen.tolist()], which


@functools.lru_cache(maxsize=1 << 10)
def _by_value(labels: tuple[tuple[int, int, str], ...]) -> tuple[dict[int, str], bool]:
    """The first label of each value, and whether there are some of ranges of values."""
    ranges = any(first != last for first, last, _ in labels)
    return {first: text for first, _, text in reversed(labels)}, ranges


def holds(condition: Condition, values: Values, count: int) -> Mask:
    """In which of count packets it holds; nowhere where a parameter that it tests is not there.

    Raises Undecodable when nothing before it carries the parameter, or it cannot be told.
    """
    if isinstance(condition, Unknown):
        raise Undecodable(condition.reason)
    if isinstance(condition, Every):
        result = np.ones(count, bool)
        for part in condition.of:
            result &= holds(part, values, count)
        return result
    if isinstance(condition, Some):
        result = np.zeros(count, bool)
        for part in condition.of:
            result |= holds(part, values, count)
        return result
    left = _known(condition.parameter, values)
    result = np.asarray(_compare(condition, left, values), bool)
    return result if left.valid is None else result & left.valid


def _known(parameter: str, values: Values) -> Value:
    if parameter not in values:
        raise Undecodable(
            f"the dictionary asks for {parameter} where no entry of the packet has carried it yet"
        )
    return values[parameter]


def _compare(condition: Comparison, left: Value, values: Values) -> Any:
    compare = _OPERATORS[condition.operator]
    if condition.other is not None:
        right = _known(condition.other, values)
        result = np.asarray(_compare_two(condition, left, right), bool)
        return result if right.valid is None else result & right.valid
    if condition.calibrated and left.type.kind is Kind.BOOLEAN and not _is_list(left):
        return compare(left.raw != 0, _truth(condition, left))
    what, ours = _comparable(condition.parameter, left, condition.calibrated)
    if what == _TEXT:
        return compare(ours, condition.value)
    return compare(ours, _octets(condition) if what == _OCTETS else _number(condition))


def _compare_two(condition: Comparison, left: Value, right: Value) -> Any:
    what, ours = _comparable(condition.parameter, left, condition.calibrated)
    other, theirs = _comparable(str(condition.other), right, condition.other_calibrated)
    if what != other:
        raise Undecodable(
            f"the dictionary compares {condition.parameter}, {what}, with {condition.other}, "
            f"{other}; labels and truth values are numbers where useCalibratedValue is false"
        )
    if what == _OCTETS:
        _check_order(condition)
    return _OPERATORS[condition.operator](ours, theirs)


def _comparable(parameter: str, value: Value, calibrated: bool) -> tuple[str, Any]:
    """What the values of a parameter are to a condition, and they themselves, packet by packet."""
    if isinstance(value.raw, pa.Array):
        if _is_list(value):
            raise Undecodable(f"the dictionary compares {parameter}, which has several values")
        what = _TEXT if value.type.kind is Kind.STRING else _OCTETS
        return what, np.array(value.numbers(True).to_pylist(), object)
    if calibrated and value.type.kind is Kind.ENUMERATED:
        labels, which = labels_of(value.type, value.raw)
        return _TEXT, np.array(labels, object)[which]
    if calibrated and value.type.kind is Kind.BOOLEAN:
        return "a truth value", value.raw != 0
    return _NUMBER, value.numbers(calibrated)


def _is_list(value: Value) -> bool:
    return isinstance(value.raw, pa.Array) and bool(pa.types.is_large_list(value.raw.type))


def _octets(condition: Comparison) -> bytes:
    """What octets are compared with: hexadecimal, as XTCE writes them."""
    _check_order(condition)
    try:
        return bytes.fromhex(condition.value.removeprefix("0x"))
    except ValueError as error:
        raise Undecodable(
            f"the dictionary compares {condition.parameter}, octets, with {condition.value!r}, "
            "which is not hexadecimal"
        ) from error


def _check_order(condition: Comparison) -> None:
    if condition.operator not in ("==", "!="):
        raise Undecodable(
            f"the dictionary compares {condition.parameter}, octets, by {condition.operator}; they "
            "are equal or not"
        )


def _truth(condition: Comparison, left: Value) -> bool:
    text = condition.value
    for number, _, label in left.type.labels:
        if text == label:
            return number != 0
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    return _number(condition) != 0


def _number(condition: Comparison) -> int | float:
    try:
        return int(condition.value, 0)
    except ValueError:
        pass
    try:
        return float(condition.value)
    except ValueError as error:
        raise Undecodable(
            f"the dictionary compares {condition.parameter}, a number, with {condition.value!r}"
        ) from error


def amounts(amount: Amount, values: Values, count: int) -> int | Indices:
    """How many, in each of count packets; -1 where the dictionary does not say."""
    if isinstance(amount, int):
        return amount
    if isinstance(amount, Lookup):
        found = np.full(count, -1, np.int64)
        for condition, number in reversed(amount.rows):
            found[holds(condition, values, count)] = number
        return found
    assert isinstance(amount, Reference)
    value = _known(amount.parameter, values)
    numbers = value.numbers(amount.calibrated)
    if isinstance(numbers, pa.Array):
        raise Undecodable(f"the dictionary takes {amount.parameter}, no number, for a length")
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = numbers.astype(np.float64) * amount.slope + amount.intercept
    scaled = np.nan_to_num(scaled, nan=-1)
    result = np.clip(np.rint(scaled), -1, MOST).astype(np.int64)
    return result if value.valid is None else np.where(value.valid, result, -1)
