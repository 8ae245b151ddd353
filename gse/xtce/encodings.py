"""How is a single value coded, and what does it become? Parameter types with a data encoding."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from gse.xtce.amounts import Namer, amount, match_criteria
from gse.xtce.model import (
    Amount,
    Blob,
    Calibrator,
    Condition,
    Encoding,
    Epoch,
    Kind,
    Number,
    Polynomial,
    ScalarType,
    Scheme,
    Spline,
    Text,
)
from gse.xtce.nodes import Node, Unsupported, child, children, integer, real, required, tag, true

_KINDS = {
    "IntegerParameterType": Kind.INTEGER,
    "FloatParameterType": Kind.FLOAT,
    "EnumeratedParameterType": Kind.ENUMERATED,
    "BooleanParameterType": Kind.BOOLEAN,
    "StringParameterType": Kind.STRING,
    "BinaryParameterType": Kind.BINARY,
    "AbsoluteTimeParameterType": Kind.ABSOLUTE_TIME,
    "RelativeTimeParameterType": Kind.RELATIVE_TIME,
}
_INTEGERS = {
    "unsigned": Scheme.UNSIGNED,
    "twosComplement": Scheme.TWOS_COMPLEMENT,
    "twosCompliment": Scheme.TWOS_COMPLEMENT,  # so spelt in XTCE 1.0 and 1.1
    "signMagnitude": Scheme.SIGN_MAGNITUDE,
    "onesComplement": Scheme.ONES_COMPLEMENT,
    "onesCompliment": Scheme.ONES_COMPLEMENT,
}
_FLOATS = {
    "IEEE754": Scheme.IEEE754,
    "IEEE754_1985": Scheme.IEEE754,
    "MILSTD_1750A": Scheme.MIL_1750A,
}
_FLOAT_BITS = {Scheme.IEEE754: (16, 32, 64), Scheme.MIL_1750A: (32, 48)}
_UNITS = {"UTF-16": 2, "UTF-32": 4}  # octets of a code unit; of all others, 1
_CHARSETS = ("US-ASCII", "ISO-8859-1", "WINDOWS-1252", "UTF-8", *(
    name + order for name in _UNITS for order in ("", "LE", "BE")
))  # fmt: skip
# Seconds of a unit that a time may be sent in (XTCE TimeUnitsType).
_TIME_UNITS = {"seconds": 1.0, "picoSeconds": 1e-12, "days": 86400.0}
_MONTHS = ("months", "years")
# The first instant of each epoch that XTCE names, in its own time scale.
_EPOCHS = {
    "UNIX": "1970-01-01T00:00:00",
    "TAI": "1958-01-01T00:00:00",
    "GPS": "1980-01-06T00:00:00",
    "J2000": "2000-01-01T12:00:00",
}


def scalar_type(nodes: Sequence[Node], namer: Namer) -> ScalarType:
    """A type that is a single value. nodes: its element, then those that it extends."""
    first = nodes[0]
    if tag(first) not in _KINDS:
        raise Unsupported(first, "is not supported as a parameter type")
    kind = _KINDS[tag(first)]
    unit = _first(nodes, "UnitSet")
    labels = _first(nodes, "EnumerationList")
    if kind is Kind.ENUMERATED and labels is None:
        raise Unsupported(first, "has no EnumerationList")
    scale, offset, epoch, encoding = 1.0, 0.0, None, None
    if kind in (Kind.ABSOLUTE_TIME, Kind.RELATIVE_TIME):
        outer = _first(nodes, "Encoding")
        if outer is None:
            raise Unsupported(first, "has no Encoding: it is never sent")
        encoding = _data_encoding(outer, namer)
        scale, offset = _to_seconds(outer)
        epoch = _epoch(_first(nodes, "ReferenceTime"), namer)
        if kind is Kind.RELATIVE_TIME:
            epoch = None
    for node in nodes:
        encoding = encoding or _data_encoding(node, namer)
    if encoding is None:
        raise Unsupported(first, "has no data encoding: it is never sent")
    _check(first, kind, encoding)
    return ScalarType(
        kind=kind,
        encoding=encoding,
        unit=" ".join((u.text or "") for u in children(unit)).strip() if unit is not None else "",
        labels=_labels(first, labels, kind, nodes),
        scale=scale,
        offset=offset,
        epoch=epoch,
    )


def _check(node: Node, kind: Kind, encoding: Encoding) -> None:
    """Raises Unsupported for a kind that is coded as what it cannot be."""
    expected: Any = Number
    if kind is Kind.STRING:
        expected = Text
    elif kind is Kind.BINARY:
        expected = Blob
    if not isinstance(encoding, expected):
        raise Unsupported(node, "is coded in a way that is not supported for it")
    if (
        kind in (Kind.ENUMERATED, Kind.BOOLEAN)
        and isinstance(encoding, Number)
        and encoding.scheme in _FLOAT_BITS
    ):
        raise Unsupported(
            node, "is coded as a floating-point number, which is not supported for it"
        )


def _first(nodes: Sequence[Node], name: str) -> Node | None:
    return next((found for node in nodes if (found := child(node, name)) is not None), None)


def _labels(
    node: Node, listed: Node | None, kind: Kind, nodes: Sequence[Node]
) -> tuple[tuple[int, int, str], ...]:
    if kind is Kind.BOOLEAN:
        zero, one = (
            next((n.get(name, "") for n in nodes if n.get(name)), otherwise)
            for name, otherwise in (("zeroStringValue", "False"), ("oneStringValue", "True"))
        )
        return ((0, 0, zero), (1, 1, one))
    if kind is not Kind.ENUMERATED or listed is None:
        return ()
    labels = []
    for row in children(listed):
        first = integer(row, row.get("value"))
        last = integer(row, row.get("maxValue")) if row.get("maxValue") else first
        labels.append((first, last, row.get("label", "")))
    return tuple(labels)


def _to_seconds(node: Node) -> tuple[float, float]:
    unit = node.get("units", "seconds")
    if unit in _MONTHS or unit not in _TIME_UNITS:
        raise Unsupported(node, f"counts in {unit}, which is not supported")
    seconds = _TIME_UNITS[unit]
    scale = real(node, node.get("scale", "1"))
    return scale * seconds, real(node, node.get("offset", "0")) * seconds


def _epoch(node: Node | None, namer: Namer) -> Epoch | None:
    if node is None:
        return None
    offset = child(node, "OffsetFrom")
    if offset is not None:
        return Epoch("", None, namer(offset))
    named = required(node, "Epoch")
    name = (named.text or "").strip()
    start = _EPOCHS.get(name, name.removesuffix("Z"))
    try:
        instant = datetime.fromisoformat(start)
        if instant.tzinfo is not None:
            instant = instant.astimezone(UTC).replace(tzinfo=None)
        return Epoch(name, instant.isoformat())
    except (ValueError, OverflowError):
        raise Unsupported(named, f"is {name!r}, which is no date and no epoch of XTCE") from None


def _data_encoding(node: Node, namer: Namer) -> Encoding | None:
    for inner in children(node):
        if tag(inner) == "IntegerDataEncoding":
            bits = integer(inner, inner.get("sizeInBits", "8"))
            return _number(inner, bits, _scheme(inner, "unsigned", _INTEGERS), namer)
        if tag(inner) == "FloatDataEncoding":
            bits = integer(inner, inner.get("sizeInBits", "32"))
            scheme = _scheme(inner, "IEEE754_1985", _FLOATS)
            if bits not in _FLOAT_BITS[scheme]:
                raise Unsupported(inner, f"is {scheme} of {bits} bits, which is not supported")
            return _number(inner, bits, scheme, namer)
        if tag(inner) == "StringDataEncoding":
            return _text(inner, namer)
        if tag(inner) == "BinaryDataEncoding":
            _refuse(inner, "FromBinaryTransformAlgorithm")
            return Blob(amount(required(inner, "SizeInBits"), namer))
    return None


def _scheme(node: Node, otherwise: str, known: dict[str, Scheme]) -> Scheme:
    name = node.get("encoding", otherwise)
    if name not in known:
        raise Unsupported(node, f"is coded as {name}, which is not supported")
    return known[name]


def _number(node: Node, bits: int, scheme: Scheme, namer: Namer) -> Number:
    if not 1 <= bits <= 64:
        raise Unsupported(node, f"has {bits} bits; 1 to 64 are supported")
    _bit_order(node)
    contexts = child(node, "ContextCalibratorList")
    return Number(
        bits=bits,
        scheme=scheme,
        little_endian=_little_endian(node, bits),
        calibrator=_calibrator(child(node, "DefaultCalibrator")),
        contexts=tuple(_context(c, namer) for c in children(contexts))
        if contexts is not None
        else (),
    )


def _bit_order(node: Node) -> None:
    order = node.get("bitOrder", "mostSignificantBitFirst")
    if order != "mostSignificantBitFirst":
        raise Unsupported(node, f"has bit order {order}, which is not supported")


def _little_endian(node: Node, bits: int) -> bool:
    listed = child(node, "ByteOrderList")  # XTCE 1.0 and 1.1
    if listed is not None:
        significance = [integer(b, b.get("byteSignificance")) for b in children(listed)]
        if significance == sorted(significance, reverse=True):
            return False
        if significance != sorted(significance):
            raise Unsupported(listed, "mixes the order of octets, which is not supported")
        order = "leastSignificantByteFirst"
    else:
        order = node.get("byteOrder", "mostSignificantByteFirst")
    if order == "mostSignificantByteFirst" or (bits <= 8 and order == "leastSignificantByteFirst"):
        return False
    if order != "leastSignificantByteFirst":
        raise Unsupported(node, f"has byte order {order}, which is not supported")
    if bits % 8:
        raise Unsupported(
            node, f"has its {bits} bits in octets, least significant first: undefined"
        )
    return True


def _context(node: Node, namer: Namer) -> tuple[Condition, Calibrator]:
    calibrator = _calibrator(required(node, "Calibrator"))
    if calibrator is None:
        raise Unsupported(node, "has an empty Calibrator")
    return match_criteria(required(node, "ContextMatch"), namer), calibrator


def _calibrator(node: Node | None) -> Calibrator | None:
    for inner in children(node) if node is not None else ():
        if tag(inner) == "PolynomialCalibrator":
            return Polynomial(tuple(_term(term) for term in children(inner)))
        if tag(inner) == "SplineCalibrator":
            return _spline(inner)
        if tag(inner) != "AncillaryDataSet":
            raise Unsupported(inner, "is not supported as a calibrator")
    return None


def _term(node: Node) -> tuple[float, int]:
    exponent = integer(node, node.get("exponent"))
    if exponent < 0:
        raise Unsupported(node, "has a negative exponent")
    return real(node, node.get("coefficient")), exponent


def _spline(node: Node) -> Spline:
    order = integer(node, node.get("order", "1"))
    points = sorted(
        (real(p, p.get("raw")), real(p, p.get("calibrated")))
        for p in children(node)
        if tag(p) == "SplinePoint"
    )
    orders = {integer(p, p.get("order", str(order))) for p in children(node)}
    if order not in (0, 1) or orders - {order}:
        raise Unsupported(node, "is of an order other than 0 or 1 throughout, not supported")
    if len({raw for raw, _ in points}) < max(len(points), order + 1):
        raise Unsupported(node, "has too few points, or two at one raw value")
    raw, calibrated = zip(*points, strict=True)
    return Spline(raw, calibrated, order, true(node, "extrapolate"))


def _refuse(node: Node, name: str) -> None:
    found = child(node, name)
    if found is not None:
        raise Unsupported(found, "is not supported")


def _text(node: Node, namer: Namer) -> Text:
    charset = node.get("encoding", "UTF-8").upper()
    if charset not in _CHARSETS:
        known = ", ".join(_CHARSETS)
        raise Unsupported(node, f"has the character set {charset}, which is none of {known}")
    marked = charset in _UNITS
    if marked:
        little = node.get("byteOrder") == "leastSignificantByteFirst"
        charset += "LE" if little else "BE"
    fixed = child(node, "SizeInBits")
    variable = child(node, "Variable")
    box = fixed if fixed is not None else variable
    if box is None:
        raise Unsupported(node, "has neither SizeInBits nor Variable: its length is not known")
    bits: Amount | None = None
    if fixed is not None:
        bits = amount(fixed, namer)
    elif child(box, "DynamicValue") is not None or child(box, "DiscreteLookupList") is not None:
        bits = amount(box, namer)
    leading = child(box, "LeadingSize")
    ending = child(box, "TerminationChar")
    size = integer(leading, leading.get("sizeInBitsOfSizeTag", "16")) if leading is not None else 0
    if size % 8 or size > 64:
        raise Unsupported(required(box, "LeadingSize"), f"has {size} bits; whole octets only")
    if bits is None and not size and ending is None:
        raise Unsupported(node, "does not say where it ends")
    # XTCE 1.2: behind a LeadingSize, a TerminationChar has no meaning.
    unit = next((n for name, n in _UNITS.items() if charset.startswith(name)), 1)
    terminator = None if size else _terminator(ending, unit)
    return Text(charset, bits, terminator, size, unit, marked)


def _terminator(node: Node | None, unit: int) -> bytes | None:
    if node is None:
        return None
    try:
        octets = bytes.fromhex((node.text or "00").strip())
    except ValueError:
        raise Unsupported(node, f"is {node.text!r}, which is not hexadecimal") from None
    if not octets or len(octets) % unit:
        raise Unsupported(node, f"is {node.text!r}, not hexadecimal of {unit} octets a character")
    return octets
