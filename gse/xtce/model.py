"""What does an XTCE document say about the layout of telemetry? Every reference is resolved.

OMG XTCE 1.2, which is CCSDS 660.1-B-2. What this model cannot hold is refused by gse.xtce.read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a parameter is to its reader."""

    INTEGER = "integer"
    FLOAT = "float"
    ENUMERATED = "enumerated"
    BOOLEAN = "boolean"
    STRING = "string"
    BINARY = "binary"
    ABSOLUTE_TIME = "absolute time"
    RELATIVE_TIME = "relative time"


class Scheme(StrEnum):
    """How a number is coded; the values are those of XTCE."""

    UNSIGNED = "unsigned"
    TWOS_COMPLEMENT = "twosComplement"
    SIGN_MAGNITUDE = "signMagnitude"
    ONES_COMPLEMENT = "onesComplement"
    IEEE754 = "IEEE754_1985"
    MIL_1750A = "MILSTD_1750A"


@dataclass(frozen=True, slots=True)
class Comparison:
    """parameter OPERATOR value; value is text as it stands, or the name of another parameter."""

    parameter: str
    operator: str
    value: str
    calibrated: bool = True
    other: str | None = None
    other_calibrated: bool = True


@dataclass(frozen=True, slots=True)
class Every:
    """All of them hold; of none, that is so."""

    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """One of them holds."""

    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can say whether it holds; why, as a part of a sentence."""

    reason: str


Condition = Comparison | Every | Some | Unknown


@dataclass(frozen=True, slots=True)
class Polynomial:
    """Terms as (coefficient, exponent)."""

    terms: tuple[tuple[float, int], ...]


@dataclass(frozen=True, slots=True)
class Spline:
    """Points by ascending raw value, joined by steps (order 0) or straight lines (order 1)."""

    raw: tuple[float, ...]
    calibrated: tuple[float, ...]
    order: int
    extrapolate: bool


Calibrator = Polynomial | Spline


@dataclass(frozen=True, slots=True)
class Lookup:
    """The value of the first condition that holds."""

    rows: tuple[tuple[Condition, int], ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """slope * parameter + intercept."""

    parameter: str
    calibrated: bool
    slope: float
    intercept: float


Amount = int | Reference | Lookup  # of bits, of entries
MOST = 1 << 40  # of them: far beyond any packet, and far within what 64 bits can add up


@dataclass(frozen=True, slots=True)
class Number:
    """A coded number of 1..64 bits."""

    bits: int
    scheme: Scheme
    little_endian: bool
    calibrator: Calibrator | None = None
    contexts: tuple[tuple[Condition, Calibrator], ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """A coded string. bits: of the room that it has; None: as far as its end goes.

    terminator: octets that end it; leading_bits: of a count of its bits before it; unit: octets of
    a code unit of its character set; marked: a byte order mark may say another order than charset.
    """

    charset: str
    bits: Amount | None
    terminator: bytes | None = None
    leading_bits: int = 0
    unit: int = 1
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Blob:
    """Octets as they are."""

    bits: Amount


Encoding = Number | Text | Blob


@dataclass(frozen=True, slots=True)
class Epoch:
    """What a time counts from: a date and what it is called, or another parameter."""

    name: str
    start: str | None  # ISO 8601
    parameter: str | None = None


@dataclass(frozen=True, slots=True)
class ScalarType:
    """labels: (first, last, label) in raw values; scale and offset turn a time into seconds."""

    kind: Kind
    encoding: Encoding
    unit: str = ""
    labels: tuple[tuple[int, int, str], ...] = ()
    scale: float = 1.0
    offset: float = 0.0
    epoch: Epoch | None = None


@dataclass(frozen=True, slots=True)
class ArrayType:
    """size: of each dimension."""

    element: ScalarType
    size: tuple[Amount, ...]


@dataclass(frozen=True, slots=True)
class AggregateType:
    """Members one after another."""

    members: tuple[tuple[str, Type], ...]


Type = ScalarType | ArrayType | AggregateType


@dataclass(frozen=True, slots=True)
class Parameter:
    """name: path from the root system, /A/B/NAME."""

    name: str
    type: Type
    description: str = ""


@dataclass(frozen=True, slots=True)
class Location:
    """Where an entry begins: bits from the start of its container, or from the entry before."""

    from_start: bool
    bits: Amount


@dataclass(frozen=True, slots=True)
class Entry:
    """content: a parameter, or the name of a container. repeat: how often; gap: bits between."""

    content: Parameter | str
    location: Location | None = None
    include: Condition | None = None
    repeat: Amount | None = None
    gap: int = 0


@dataclass(frozen=True, slots=True)
class Container:
    """name: path from the root system. restriction: of the base, for a packet to be this one.

    unsupported: why the entries are not known; its packets cannot be decoded.
    """

    name: str
    entries: tuple[Entry, ...]
    base: str | None = None
    restriction: Condition = Every(())
    abstract: bool = False
    description: str = ""
    unsupported: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """containers and heirs (names of those that extend one) by path from the root system."""

    name: str
    containers: Mapping[str, Container]
    heirs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
