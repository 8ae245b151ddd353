"""How many bits, how often, and under which condition? The parts that many elements share.

A namer takes an element with a parameterRef and gives the path of the parameter that it means.
"""

from __future__ import annotations

from collections.abc import Callable

from gse.xtce.model import MOST, Amount, Comparison, Condition, Every, Lookup, Reference, Some
from gse.xtce.nodes import Node, Unsupported, child, children, integer, real, required, tag, true

Namer = Callable[[Node], str]

_OPERATORS = {
    "==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
    "eq": "==", "neq": "!=", "lt": "<", "leq": "<=", "gt": ">", "geq": ">=",
}  # fmt: skip


def amount(node: Node, namer: Namer) -> Amount:
    """What FixedValue, DynamicValue or DiscreteLookupList below an element says."""
    for inner in children(node):
        if tag(inner) in ("FixedValue", "Fixed"):
            fixed = child(inner, "FixedValue") if tag(inner) == "Fixed" else inner
            return _bounded(inner, fixed.text if fixed is not None else None)
        if tag(inner) == "DynamicValue":
            return _dynamic(inner, namer)
        if tag(inner) == "DiscreteLookupList":
            return Lookup(tuple(_lookup(row, namer) for row in children(inner)))
    raise Unsupported(
        node, "says neither by FixedValue nor by DynamicValue nor by a lookup how much"
    )


def _dynamic(node: Node, namer: Namer) -> Reference:
    reference = required(node, "ParameterInstanceRef")
    adjustment = child(node, "LinearAdjustment")
    slope, intercept = 1.0, 0.0
    if adjustment is not None:
        slope = real(adjustment, adjustment.get("slope", "1"))
        intercept = real(adjustment, adjustment.get("intercept", "0"))
    return Reference(namer(reference), _calibrated(reference), slope, intercept)


def _lookup(node: Node, namer: Namer) -> tuple[Condition, int]:
    return match_criteria(node, namer), _bounded(node, node.get("value"))


def _bounded(node: Node, text: str | None) -> int:
    number = integer(node, text)
    if abs(number) > MOST:
        raise Unsupported(node, f"is {number}: no packet has so many bits or entries")
    return number


def match_criteria(node: Node, namer: Namer) -> Condition:
    """All that the elements below ask for."""
    return Every(tuple(_criterion(inner, namer) for inner in children(node)))


def _criterion(node: Node, namer: Namer) -> Condition:
    if tag(node) == "Comparison":
        return Comparison(
            namer(node),
            _operator(node, node.get("comparisonOperator", "==")),
            _value(node, node.get("value")),
            _calibrated(node),
        )
    if tag(node) in ("ComparisonList", "BooleanExpression", "ANDedConditions"):
        return match_criteria(node, namer)
    if tag(node) == "ORedConditions":
        return Some(tuple(_criterion(inner, namer) for inner in children(node)))
    if tag(node) == "Condition":
        return _two_sided(node, namer)
    raise Unsupported(node, "is not supported as a condition")


def _two_sided(node: Node, namer: Namer) -> Comparison:
    references = [n for n in children(node) if tag(n) == "ParameterInstanceRef"]
    operator = _operator(node, required(node, "ComparisonOperator").text)
    if not references:
        raise Unsupported(node, "names no parameter")
    left = references[0]
    if len(references) == 2:
        right = references[1]
        return Comparison(
            namer(left), operator, "", _calibrated(left), namer(right), _calibrated(right)
        )
    value = _value(node, required(node, "Value").text)
    return Comparison(namer(left), operator, value, _calibrated(left))


def _calibrated(node: Node) -> bool:
    return true(node, "useCalibratedValue", otherwise=True)


def _operator(node: Node, text: str | None) -> str:
    operator = _OPERATORS.get((text or "").strip())
    if operator is None:
        raise Unsupported(node, f"compares by {text!r}, which is not supported")
    return operator


def _value(node: Node, text: str | None) -> str:
    if text is None:
        raise Unsupported(node, "compares with no value")
    return text
