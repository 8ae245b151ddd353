"""Which XTCE documents are the tests made of, and which packets are as they say?"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

NAMESPACE = "http://www.omg.org/spec/XTCE/20180204"
HEADER = (
    ("VERSION", 3), ("TYPE", 1), ("SECONDARY_HEADER", 1), ("PKT_APID", 11),
    ("SEQUENCE_FLAGS", 2), ("SEQUENCE_COUNT", 14), ("DATA_LENGTH", 16),
)  # fmt: skip


def document(
    types: Sequence[str],
    parameters: Sequence[tuple[str, str]],
    containers: Sequence[str],
    namespace: str = NAMESPACE,
) -> bytes:
    """A document with the primary header of space packets in the abstract container CCSDSPacket.

    parameters: name and name of the type.
    """
    header_types = "".join(integer_type(f"{name}_T", bits) for name, bits in HEADER)
    all_parameters = [(name, f"{name}_T") for name, _ in HEADER] + list(parameters)
    defined = "".join(f'<Parameter name="{n}" parameterTypeRef="{t}"/>' for n, t in all_parameters)
    entries = "".join(entry(name) for name, _ in HEADER)
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<SpaceSystem name="TEST" xmlns="{namespace}">
<TelemetryMetaData>
<ParameterTypeSet>{header_types}{"".join(types)}</ParameterTypeSet>
<ParameterSet>{defined}</ParameterSet>
<ContainerSet>
<SequenceContainer name="CCSDSPacket" abstract="true">
<EntryList>{entries}</EntryList>
</SequenceContainer>
{"".join(containers)}
</ContainerSet>
</TelemetryMetaData>
</SpaceSystem>"""
    return text.encode()


def integer_type(name: str, bits: int, inner: str = "", **attributes: str) -> str:
    """An integer; attributes and elements of its encoding."""
    more = "".join(f' {key}="{value}"' for key, value in attributes.items())
    coding = f'<IntegerDataEncoding sizeInBits="{bits}"{more}>{inner}</IntegerDataEncoding>'
    return f'<IntegerParameterType name="{name}">{coding}</IntegerParameterType>'


def entry(name: str, inner: str = "") -> str:
    """An entry of a parameter."""
    return f'<ParameterRefEntry parameterRef="{name}">{inner}</ParameterRefEntry>'


def container(name: str, entries: str, apid: int, base: str = "CCSDSPacket") -> str:
    """A container of packets with an APID."""
    return heir(name, entries, base, f'<Comparison parameterRef="PKT_APID" value="{apid}"/>')


def heir(name: str, entries: str, base: str, criteria: str) -> str:
    """A container that extends another where criteria hold."""
    return (
        f'<SequenceContainer name="{name}"><EntryList>{entries}</EntryList>'
        f'<BaseContainer containerRef="{base}"><RestrictionCriteria>{criteria}'
        f"</RestrictionCriteria></BaseContainer></SequenceContainer>"
    )


def packet(apid: int, count: int, bits: str) -> bytes:
    """A space packet with these bits behind its primary header, filled to whole octets."""
    bits += "0" * (-len(bits) % 8) or ("0" * 8 if not bits else "")
    data = int(bits, 2).to_bytes(len(bits) // 8, "big")
    return struct.pack(">HHH", apid, 0xC000 | count % 0x4000, len(data) - 1) + data


def in_bits(value: int, bits: int) -> str:
    """An unsigned number in so many bits."""
    return f"{value % (1 << bits):0{bits}b}"


@dataclass(frozen=True, slots=True)
class Field:
    """Types of a parameter, its entries by name, and a strategy of the bits sent for them."""

    types: tuple[str, ...]
    names: tuple[str, ...]
    sent: st.SearchStrategy[str]


@dataclass(frozen=True, slots=True)
class Sample:
    """A document and packets that are as it says."""

    xtce: bytes
    packets: tuple[bytes, ...]


NUMBERS = st.integers(-100, 100)


@st.composite
def _calibrators(draw: st.DrawFn, earlier: Sequence[str]) -> str:
    kind = draw(st.sampled_from(("", "polynomial", "spline", "context")))
    if kind == "polynomial":
        return f"<DefaultCalibrator>{draw(_polynomials())}</DefaultCalibrator>"
    if kind == "spline":
        return f"<DefaultCalibrator>{draw(_splines())}</DefaultCalibrator>"
    if kind == "context" and earlier:
        tested = draw(st.sampled_from(list(earlier)))
        limit = draw(st.integers(0, 40))
        comparison = (
            f'<Comparison parameterRef="{tested}" comparisonOperator="&lt;" value="{limit}" '
            'useCalibratedValue="false"/>'
        )
        return (
            "<ContextCalibratorList><ContextCalibrator>"
            f"<ContextMatch>{comparison}</ContextMatch>"
            f"<Calibrator>{draw(_polynomials())}</Calibrator>"
            "</ContextCalibrator></ContextCalibratorList>"
        )
    return ""


@st.composite
def _polynomials(draw: st.DrawFn) -> str:
    terms = draw(st.lists(NUMBERS, min_size=1, max_size=3))
    rows = "".join(f'<Term coefficient="{c / 8}" exponent="{e}"/>' for e, c in enumerate(terms))
    return f"<PolynomialCalibrator>{rows}</PolynomialCalibrator>"


@st.composite
def _splines(draw: st.DrawFn) -> str:
    order = draw(st.sampled_from((0, 1)))
    inner = sorted(draw(st.sets(st.integers(-1000, 1000), min_size=2, max_size=5)))
    raws = [-(2.0**66), *inner, 2.0**66]  # all that can be sent lies within
    points = "".join(
        f'<SplinePoint raw="{raw}" calibrated="{draw(NUMBERS)}"/>' for raw in map(float, raws)
    )
    return f'<SplineCalibrator order="{order}" extrapolate="true">{points}</SplineCalibrator>'


def _words(bits: int) -> st.SearchStrategy[str]:
    highest = (1 << bits) - 1
    edges = st.sampled_from((0, 1 % (highest + 1), highest, highest >> 1, (highest >> 1) + 1))
    return st.one_of(st.integers(0, highest), edges).map(lambda n: in_bits(n, bits))


@st.composite
def _integers(draw: st.DrawFn, name: str, earlier: Sequence[str]) -> Field:
    bits = draw(st.integers(1, 64))
    attributes = {"encoding": draw(st.sampled_from(("unsigned", "twosComplement")))}
    if bits % 8 == 0 and draw(st.booleans()):
        attributes["byteOrder"] = "leastSignificantByteFirst"
    kind = integer_type(f"{name}_T", bits, draw(_calibrators(earlier)), **attributes)
    return Field((kind,), (name,), _words(bits))


@st.composite
def _floats(draw: st.DrawFn, name: str) -> Field:
    bits, scheme = draw(
        st.sampled_from(((16, "IEEE754"), (32, "IEEE754"), (64, "IEEE754"), (32, "MILSTD_1750A")))
    )
    order = draw(st.sampled_from(("least", "most"))) + "SignificantByteFirst"
    kind = (
        f'<FloatParameterType name="{name}_T"><FloatDataEncoding sizeInBits="{bits}" '
        f'encoding="{scheme}" byteOrder="{order}"/></FloatParameterType>'
    )
    return Field((kind,), (name,), _words(bits))


@st.composite
def _enumerations(draw: st.DrawFn, name: str) -> Field:
    bits = draw(st.integers(1, 3))
    labels = "".join(f'<Enumeration value="{n}" label="L{n}"/>' for n in range(1 << bits))
    kind = (
        f'<EnumeratedParameterType name="{name}_T"><IntegerDataEncoding sizeInBits="{bits}"/>'
        f"<EnumerationList>{labels}</EnumerationList></EnumeratedParameterType>"
    )
    return Field((kind,), (name,), _words(bits))


@st.composite
def _times(draw: st.DrawFn, name: str) -> Field:
    bits = draw(st.integers(1, 40))
    coding = f'<Encoding units="seconds"><IntegerDataEncoding sizeInBits="{bits}"/></Encoding>'
    kind = f'<RelativeTimeParameterType name="{name}_T">{coding}</RelativeTimeParameterType>'
    return Field((kind,), (name,), _words(bits))


@st.composite
def _booleans(draw: st.DrawFn, name: str) -> Field:
    bits = draw(st.integers(1, 8))
    coding = f'<IntegerDataEncoding sizeInBits="{bits}"/>'
    kind = f'<BooleanParameterType name="{name}_T">{coding}</BooleanParameterType>'
    return Field((kind,), (name,), _words(bits))


def _octets(data: bytes) -> str:
    return "".join(in_bits(octet, 8) for octet in data)


@st.composite
def _strings(draw: st.DrawFn, name: str) -> Field:
    """A string that fills its room, one that ends before a terminator, one behind its length."""
    room = draw(st.integers(2, 9))
    ending = draw(st.sampled_from(("", "<TerminationChar>00</TerminationChar>",
                                   '<LeadingSize sizeInBitsOfSizeTag="8"/>')))  # fmt: skip
    size = f"<SizeInBits><Fixed><FixedValue>{8 * room}</FixedValue></Fixed>{ending}</SizeInBits>"
    coding = f'<StringDataEncoding encoding="ISO-8859-1">{size}</StringDataEncoding>'
    kind = f'<StringParameterType name="{name}_T">{coding}</StringParameterType>'
    texts = st.binary(min_size=room, max_size=room)
    if "Termination" in ending:
        texts = texts.map(lambda t: t[: room - 1].replace(b"\0", b"x") + b"\0")
    elif ending:
        texts = texts.flatmap(
            lambda t: st.integers(0, room - 1).map(lambda n: bytes([8 * n]) + t[1:])
        )
    return Field((kind,), (name,), texts.map(_octets))


@st.composite
def _blobs(draw: st.DrawFn, name: str) -> Field:
    bits = draw(st.integers(1, 70))
    size = f"<SizeInBits><FixedValue>{bits}</FixedValue></SizeInBits>"
    coding = f"<BinaryDataEncoding>{size}</BinaryDataEncoding>"
    kind = f'<BinaryParameterType name="{name}_T">{coding}</BinaryParameterType>'
    return Field((kind,), (name,), _words(bits))


@st.composite
def _variable(draw: st.DrawFn, name: str) -> Field:
    """A count of octets less some, then so many octets: of a string, or as they are."""
    less = draw(st.integers(0, 3))
    reference = f'<ParameterInstanceRef parameterRef="{name}_LENGTH" useCalibratedValue="false"/>'
    adjustment = f'<LinearAdjustment slope="8" intercept="{8 * less}"/>'
    size = f"<DynamicValue>{reference}{adjustment}</DynamicValue>"
    if draw(st.booleans()):
        coding = f"<BinaryDataEncoding><SizeInBits>{size}</SizeInBits></BinaryDataEncoding>"
        kind = f'<BinaryParameterType name="{name}_T">{coding}</BinaryParameterType>'
    else:
        coding = (
            '<StringDataEncoding encoding="ISO-8859-1"><Variable maxSizeInBits="800">'
            f"{size}</Variable></StringDataEncoding>"
        )
        kind = f'<StringParameterType name="{name}_T">{coding}</StringParameterType>'
    length = integer_type(f"{name}_LENGTH_T", 5)
    sent = st.binary(min_size=max(less, 1), max_size=20).map(
        lambda data: in_bits(len(data) - less, 5) + _octets(data)
    )
    return Field((length, kind), (f"{name}_LENGTH", name), sent)


@st.composite
def fields(draw: st.DrawFn, prefix: str) -> list[Field]:
    """Some fields of any kind, one behind another."""
    made: list[Field] = []
    numbers: list[str] = []
    for i in range(draw(st.integers(1, 6))):
        name = f"{prefix}{i}"
        kinds = (_floats, _enumerations, _times, _booleans, _strings, _blobs, _variable)
        chosen = draw(st.sampled_from((None, None, *kinds)))
        if chosen is None:
            made.append(draw(_integers(name, numbers)))
            numbers.append(name)
        else:
            made.append(draw(chosen(name)))
    return made


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """A document of two containers, one of which has an heir of its own, and packets of them."""
    first, second, third = (draw(fields(prefix)) for prefix in ("A", "B", "C"))
    selector = Field((integer_type("SELECTOR_T", 3),), ("SELECTOR",), _words(3))
    first = [selector, *first]
    limit = draw(st.integers(0, 7))
    criteria = (
        "<BooleanExpression><ANDedConditions>"
        '<Condition><ParameterInstanceRef parameterRef="SELECTOR" useCalibratedValue="false"/>'
        f"<ComparisonOperator>&gt;=</ComparisonOperator><Value>{limit}</Value></Condition>"
        '<Condition><ParameterInstanceRef parameterRef="PKT_APID" useCalibratedValue="false"/>'
        "<ComparisonOperator>!=</ComparisonOperator><Value>99</Value></Condition>"
        "</ANDedConditions></BooleanExpression>"
    )
    everything = [*first, *second, *third]
    xtce = document(
        [kind for f in everything for kind in f.types],
        [(name, f"{name}_T") for f in everything for name in f.names],
        [
            container("FIRST", _entries(first), 1),
            container("SECOND", _entries(second), 2),
            heir("THIRD", _entries(third), "FIRST", criteria),
        ],
    )
    packets = []
    for i in range(draw(st.integers(1, 8))):
        if draw(st.booleans()):
            packets.append(packet(2, i, "".join(draw(f.sent) for f in second)))
            continue
        bits = [draw(f.sent) for f in first]
        if int(bits[0], 2) >= limit:
            bits += [draw(f.sent) for f in third]
        packets.append(packet(1, i, "".join(bits)))
    return Sample(xtce, tuple(packets))


def _entries(listed: Sequence[Field]) -> str:
    return "".join(entry(name) for f in listed for name in f.names)
