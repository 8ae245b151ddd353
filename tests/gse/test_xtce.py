"""Are packets read as an XTCE document of another mission says?"""

from __future__ import annotations

import datetime
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from gse.cli import main
from gse.errors import UserError
from gse.xtce import bits, loops
from gse.xtce.decode import Decoded, decode
from gse.xtce.packets import Received, split
from gse.xtce.read import parse
from tests.gse.xtce_documents import (
    Sample,
    container,
    document,
    entry,
    heir,
    in_bits,
    integer_type,
    packet,
    samples,
)
from tests.gse.xtce_peer import compare

NAMESPACES = ("http://www.omg.org/space/xtce", "http://www.omg.org/spec/XTCE/20180204")


def read_back(xtce: bytes, *packets: bytes) -> Decoded:
    return decode(parse(xtce), split(np.frombuffer(b"".join(packets), np.uint8)).packets)


def rows(xtce: bytes, *packets: bytes) -> list[dict[str, Any]]:
    """Rows of packets that are all of the container PACKET."""
    decoded = read_back(xtce, *packets)
    assert set(decoded.tables) == {"PACKET"}
    found: list[dict[str, Any]] = decoded.tables["PACKET"].to_pylist()
    return found


def one_field(kind: str, *, before: str = "", entries: str = "") -> bytes:
    """A document of packets with the parameter X, of a type X_T."""
    return document([kind, before], [("X", "X_T")], [container("PACKET", entries or entry("X"), 1)])


@settings(max_examples=25)
@given(samples())
def test_another_decoder_finds_the_same_values(sample: Sample) -> None:
    decoded, compared = compare(sample.xtce, b"".join(sample.packets))
    assert compared
    assert sum(c.decoded for c in decoded.counts.values()) == len(sample.packets)


@given(st.binary(min_size=12, max_size=40), st.data())
def test_bits_are_those_of_the_octets_as_one_number(data: bytes, draw: st.DataObject) -> None:
    size = draw.draw(st.integers(1, 64))
    at = draw.draw(st.integers(0, 8 * len(data) - size))
    whole = int.from_bytes(data, "big")
    expected = whole >> (8 * len(data) - at - size) & ((1 << size) - 1)
    octets = np.frombuffer(data, np.uint8)
    same_place = bits.Packets(octets, np.array([0]), np.array([len(data)]))
    assert bits.unsigned(same_place, at, size).tolist() == [expected]
    assert bits.gather(octets, np.array([at]), size).tolist() == [expected]


@given(st.binary(max_size=80), st.lists(st.tuples(*[st.integers(0, 640)] * 2), max_size=4))
def test_octet_strings_are_those_bits_and_zeros(data: bytes, places: list[tuple[int, int]]) -> None:
    places = [(at, size) for at, size in places if at + size <= 8 * len(data)]
    at, sizes = np.array(places, np.int64).reshape(-1, 2).T
    octets = np.frombuffer(data, np.uint8)
    left, right = (bits.runs(octets, at, sizes, left=side).to_pylist() for side in (True, False))
    whole = int.from_bytes(data, "big")
    for i, (place, size) in enumerate(places):
        number = whole >> (8 * len(data) - place - size) & ((1 << size) - 1)
        count = (size + 7) // 8
        assert right[i] == number.to_bytes(count, "big")
        assert left[i] == (number << (8 * count - size)).to_bytes(count, "big")


OF_FEW = st.lists(st.sampled_from((0, 1, 1, 2)), max_size=12).map(bytes)


@given(st.lists(OF_FEW, max_size=4), st.sampled_from((b"\0", b"\1\2", b"\0\0")), st.data())
def test_strings_end_at_the_first_mark_on_a_whole_unit(
    texts: list[bytes], mark: bytes, data: st.DataObject
) -> None:
    unit = data.draw(st.sampled_from([n for n in (1, 2) if len(mark) % n == 0]))
    offsets = np.cumsum([0, *map(len, texts)])
    found = np.empty(len(texts), np.int64)
    octets = np.frombuffer(b"".join(texts), np.uint8).copy()
    loops.ends(offsets, octets, np.frombuffer(mark, np.uint8), unit, found)
    for text, end in zip(texts, found.tolist(), strict=True):
        at = [n for n in range(0, len(text), unit) if text[n : n + len(mark)] == mark]
        assert end == (at[0] if at else -1)


@pytest.mark.parametrize(
    ("scheme", "sent", "meant"),
    [
        ("signMagnitude", 0b1000_0101, -5),
        ("signMagnitude", 0b0000_0101, 5),
        ("onesComplement", 0b1111_1010, -5),
        ("onesComplement", 0b1111_1111, 0),
        ("twosComplement", 0b1111_1011, -5),
        ("twosCompliment", 0b1111_1011, -5),
    ],
)
def test_signed_numbers_are_read_in_every_scheme(scheme: str, sent: int, meant: int) -> None:
    kind = integer_type("X_T", 8, encoding=scheme)
    assert rows(one_field(kind), packet(1, 0, in_bits(sent, 8)))[0]["X"] == meant


@pytest.mark.parametrize(
    ("octets", "meant"),
    # MIL-STD-1750A table of examples, extended precision with 24 more bits of mantissa zero
    [
        ("7fffff7f", 0.9999998807907104 * 2**127),
        ("4000007f", 0.5 * 2**127),
        ("50000005", 0.625 * 2**5),
        ("40000001", 1.0),
        ("40000000", 0.5),
        ("400000ff", 0.25),
        ("40000080", 0.5 * 2.0**-128),
        ("00000000", 0.0),
        ("80000000", -1.0),
        ("bfffff80", -0.5000001192092896 * 2.0**-128),
        ("9ffffff004", None),
        ("400000000000", 0.5),
        ("a00000ff0000", -0.75 * 0.5),
    ],
)
def test_floats_of_mil_std_1750a_are_read(octets: str, meant: float | None) -> None:
    size = 4 * len(octets)
    kind = (
        f'<FloatParameterType name="X_T"><FloatDataEncoding sizeInBits="{size}" '
        'encoding="MILSTD_1750A"/></FloatParameterType>'
    )
    sent = packet(1, 0, in_bits(int(octets, 16), size))
    if meant is None:
        assert "40 bits" in read_back(one_field(kind), sent).counts["PACKET"].reason
    else:
        assert rows(one_field(kind), sent)[0]["X"] == meant


@pytest.mark.parametrize(
    ("order", "raw", "meant"),
    [(0, 10, 1.0), (0, 19, 1.0), (0, 20, 3.0), (1, 15, 2.0), (1, 25, 4.0), (1, 9, None)],
)
def test_splines_have_steps_or_lines_and_nothing_beyond(
    order: int, raw: int, meant: float | None
) -> None:
    points = ((10, 1), (20, 3), (30, 5))
    inner = "".join(f'<SplinePoint raw="{r}" calibrated="{c}"/>' for r, c in points)
    spline = f'<SplineCalibrator order="{order}">{inner}</SplineCalibrator>'
    kind = integer_type("X_T", 8, f"<DefaultCalibrator>{spline}</DefaultCalibrator>")
    row = rows(one_field(kind), packet(1, 0, in_bits(raw, 8)))[0]
    assert (row["X"], row["X_RAW"]) == (meant, raw)


@pytest.mark.parametrize(
    ("epoch", "meant"),
    [
        ("GPS", datetime.datetime(1980, 1, 6, 0, 0, 3)),
        ("TAI", datetime.datetime(1958, 1, 1, 0, 0, 3)),
        ("UNIX", datetime.datetime(1970, 1, 1, 0, 0, 3)),
        ("J2000", datetime.datetime(2000, 1, 1, 12, 0, 3)),
        ("2020-02-29", datetime.datetime(2020, 2, 29, 0, 0, 3)),
        ("2020-02-29T06:00:00Z", datetime.datetime(2020, 2, 29, 6, 0, 3)),
        ("2000-01-01T00:00:00+02:00", datetime.datetime(1999, 12, 31, 22, 0, 3)),
    ],
)
def test_times_count_from_their_epoch(epoch: str, meant: datetime.datetime) -> None:
    kind = (
        '<AbsoluteTimeParameterType name="X_T"><Encoding scale="0.5" offset="1">'
        '<IntegerDataEncoding sizeInBits="16"/></Encoding>'
        f"<ReferenceTime><Epoch>{epoch}</Epoch></ReferenceTime></AbsoluteTimeParameterType>"
    )
    row = rows(one_field(kind), packet(1, 0, in_bits(4, 16)))[0]
    assert (row["X"], row["X_RAW"]) == (meant, 4)


def test_a_time_may_count_from_another() -> None:
    fine = (
        '<AbsoluteTimeParameterType name="FINE_T"><Encoding scale="0.25">'
        '<IntegerDataEncoding sizeInBits="8"/></Encoding><ReferenceTime>'
        '<OffsetFrom parameterRef="X"/></ReferenceTime></AbsoluteTimeParameterType>'
    )
    coarse = (
        '<AbsoluteTimeParameterType name="X_T"><Encoding>'
        '<IntegerDataEncoding sizeInBits="16"/></Encoding>'
        "<ReferenceTime><Epoch>UNIX</Epoch></ReferenceTime></AbsoluteTimeParameterType>"
    )
    xtce = document(
        [coarse, fine],
        [("X", "X_T"), ("FINE", "FINE_T")],
        [container("PACKET", entry("X") + entry("FINE"), 1)],
    )
    row = rows(xtce, packet(1, 0, in_bits(10, 16) + in_bits(2, 8)))[0]
    assert row["FINE"] == datetime.datetime(1970, 1, 1, 0, 0, 10, 500000)


def test_an_entry_is_there_only_where_its_condition_holds() -> None:
    condition = '<IncludeCondition><Comparison parameterRef="F" value="1"/></IncludeCondition>'
    xtce = document(
        [integer_type("F_T", 1), integer_type("X_T", 12), integer_type("Y_T", 7)],
        [("F", "F_T"), ("X", "X_T"), ("Y", "Y_T")],
        [container("PACKET", entry("F") + entry("X", condition) + entry("Y"), 1)],
    )
    found = rows(
        xtce,
        packet(1, 0, "1" + in_bits(0xABC, 12) + in_bits(5, 7)),
        packet(1, 1, "0" + in_bits(6, 7)),
    )
    assert [(r["F"], r["X"], r["Y"]) for r in found] == [(1, 0xABC, 5), (0, None, 6)]


def test_entries_repeat_as_often_as_a_parameter_says() -> None:
    repeat = (
        '<RepeatEntry><Count><DynamicValue><ParameterInstanceRef parameterRef="N"/>'
        "</DynamicValue></Count><Offset><FixedValue>3</FixedValue></Offset></RepeatEntry>"
    )
    xtce = document(
        [integer_type("N_T", 4), integer_type("X_T", 5), integer_type("END_T", 8)],
        [("N", "N_T"), ("X", "X_T"), ("END", "END_T")],
        [container("PACKET", entry("N") + entry("X", repeat) + entry("END"), 1)],
    )

    def sent(count: int, values: list[int]) -> bytes:
        between = "111".join(in_bits(v, 5) for v in values)
        return packet(1, count, in_bits(len(values), 4) + between + in_bits(77, 8))

    found = rows(xtce, sent(0, [1, 2, 3]), sent(1, []), sent(2, [31]))
    assert [r["X"] for r in found] == [[1, 2, 3], [], [31]]
    assert [r["END"] for r in found] == [77, 77, 77]


def test_containers_repeat_with_entries_of_varying_size() -> None:
    size = (
        "<SizeInBits><DynamicValue>"
        '<ParameterInstanceRef parameterRef="LEN"/><LinearAdjustment slope="8"/>'
        "</DynamicValue></SizeInBits>"
    )
    blob = (
        f'<BinaryParameterType name="B_T"><BinaryDataEncoding>{size}</BinaryDataEncoding>'
        "</BinaryParameterType>"
    )
    repeated = (
        '<ContainerRefEntry containerRef="PART"><RepeatEntry><Count><DynamicValue>'
        '<ParameterInstanceRef parameterRef="N"/></DynamicValue></Count></RepeatEntry>'
        "</ContainerRefEntry>"
    )
    part = (
        '<SequenceContainer name="PART"><EntryList>'
        f"{entry('LEN')}{entry('B')}</EntryList></SequenceContainer>"
    )
    xtce = document(
        [integer_type("N_T", 8), integer_type("LEN_T", 4), blob],
        [("N", "N_T"), ("LEN", "LEN_T"), ("B", "B_T")],
        [part, container("PACKET", entry("N") + repeated, 1)],
    )

    def sent(count: int, parts: list[bytes]) -> bytes:
        inner = "".join(
            in_bits(len(p), 4) + "".join(in_bits(octet, 8) for octet in p) for p in parts
        )
        return packet(1, count, in_bits(len(parts), 8) + inner)

    parts = [[b"ab", b"", b"xyz"], [], [b"q"]]
    found = rows(xtce, *(sent(i, p) for i, p in enumerate(parts)))
    assert [r["B"] for r in found] == parts
    assert [r["LEN"] for r in found] == [[len(b) for b in p] for p in parts]


def test_arrays_and_aggregates_are_read() -> None:
    array = (
        '<ArrayParameterType name="X_T" arrayTypeRef="E_T"><DimensionList><Dimension>'
        "<StartingIndex><FixedValue>0</FixedValue></StartingIndex>"
        "<EndingIndex><FixedValue>2</FixedValue></EndingIndex>"
        "</Dimension></DimensionList></ArrayParameterType>"
    )
    aggregate = (
        '<AggregateParameterType name="G_T"><MemberList><Member name="a" typeRef="E_T"/>'
        '<Member name="b" typeRef="E_T"/></MemberList></AggregateParameterType>'
    )
    more = heir("MORE", entry("Y"), "PACKET", '<Comparison parameterRef="G.b" value="9"/>')
    xtce = document(
        [integer_type("E_T", 12), array, aggregate],
        [("X", "X_T"), ("G", "G_T"), ("Y", "E_T")],
        [container("PACKET", entry("X") + entry("G"), 1), more],
    )
    values = [1, 2, 4095, 8, 9, 10]
    table = read_back(xtce, packet(1, 0, "".join(in_bits(v, 12) for v in values))).tables["MORE"]
    row = table.to_pylist()[0]
    assert (row["X"], row["G.a"], row["G.b"], row["Y"]) == ([1, 2, 4095], 8, 9, 10)


def test_entries_may_stand_at_a_place_of_their_container() -> None:
    def at(reference: str, place: int) -> str:
        return (
            f'<LocationInContainerInBits referenceLocation="{reference}">'
            f"<FixedValue>{place}</FixedValue></LocationInContainerInBits>"
        )

    xtce = document(
        [integer_type("X_T", 8)],
        [("X", "X_T"), ("Y", "X_T"), ("Z", "X_T")],
        [
            container(
                "PACKET",
                entry("X", at("containerStart", 56))
                + entry("Y", at("previousEntry", 4))
                + entry("Z", at("containerStart", 48)),
                1,
            )
        ],
    )
    row = rows(xtce, packet(1, 0, "".join(in_bits(v, 8) for v in (1, 2, 0xF3, 0x4F))))[0]
    assert (row["X"], row["Y"], row["Z"]) == (2, 0x34, 1)


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_strings_end_where_they_say(namespace: str) -> None:
    text = (
        '<StringParameterType name="X_T"><StringDataEncoding encoding="UTF-16BE">'
        '<Variable maxSizeInBits="800"><TerminationChar>0000</TerminationChar></Variable>'
        "</StringDataEncoding></StringParameterType>"
    )
    xtce = document(
        [text, integer_type("Y_T", 8)],
        [("X", "X_T"), ("Y", "Y_T")],
        [container("PACKET", entry("X") + entry("Y"), 1)],
        namespace,
    )

    def sent(count: int, word: str, end: bytes = b"\0\0\x07") -> bytes:
        octets = word.encode("utf-16-be") + end
        return packet(1, count, "".join(in_bits(octet, 8) for octet in octets))

    decoded = read_back(xtce, sent(0, "Ā"), sent(1, ""), sent(2, "mars"), sent(3, "x", b""))
    found = decoded.tables["PACKET"].to_pylist()
    assert [(r["X"], r["Y"]) for r in found] == [("Ā", 7), ("", 7), ("mars", 7)]
    assert decoded.counts["PACKET"].misfit == 1


def test_discrete_lookups_and_labels_of_ranges() -> None:
    lookup = (
        '<BinaryParameterType name="X_T"><BinaryDataEncoding><SizeInBits><DiscreteLookupList>'
        '<DiscreteLookup value="8"><Comparison parameterRef="K" value="SHORT"/></DiscreteLookup>'
        '<DiscreteLookup value="16"><Comparison parameterRef="K" value="LONG"/></DiscreteLookup>'
        "</DiscreteLookupList></SizeInBits></BinaryDataEncoding></BinaryParameterType>"
    )
    labels = (
        '<EnumeratedParameterType name="K_T"><IntegerDataEncoding sizeInBits="8"/>'
        '<EnumerationList><Enumeration value="0" maxValue="9" label="SHORT"/>'
        '<Enumeration value="10" label="LONG"/></EnumerationList></EnumeratedParameterType>'
    )
    xtce = document(
        [lookup, labels],
        [("K", "K_T"), ("X", "X_T")],
        [container("PACKET", entry("K") + entry("X"), 1)],
    )
    sent = [packet(1, i, in_bits(k, 8) + in_bits(0xABCD, 16)) for i, k in enumerate((5, 10, 11))]
    decoded = read_back(xtce, *sent)
    found = decoded.tables["PACKET"].to_pylist()
    assert [(r["K"], r["K_RAW"], r["X"]) for r in found] == [
        ("SHORT", 5, b"\xab"),
        ("LONG", 10, b"\xab\xcd"),
    ]
    assert decoded.counts["PACKET"].misfit == 1
    assert decoded.counts["PACKET"].longer == 1


def test_what_is_short_unknown_or_claimed_twice_is_counted_not_guessed() -> None:
    xtce = document(
        [integer_type("X_T", 32)],
        [("X", "X_T")],
        [
            container("PACKET", entry("X"), 1),
            container("OTHER", entry("X"), 3),
            container("TWIN", entry("X"), 3),
        ],
    )
    sent = [packet(1, 0, in_bits(7, 32)), packet(1, 1, in_bits(7, 16)), packet(2, 0, "0" * 32)]
    decoded = read_back(xtce, *sent, packet(3, 0, "0" * 32))
    assert decoded.tables["PACKET"]["X"].to_pylist() == [7]
    assert decoded.counts["PACKET"].misfit == 1
    assert decoded.unknown == {2: 1}
    assert decoded.ambiguous == {("OTHER", "TWIN"): 1}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (integer_type("X_T", 8, encoding="BCD"), "is coded as BCD"),
        (integer_type("X_T", 65), "has 65 bits"),
        (integer_type("X_T", 8, bitOrder="leastSignificantBitFirst"), "bit order"),
        (integer_type("X_T", 12, byteOrder="leastSignificantByteFirst"), "undefined"),
        (
            integer_type("X_T", 8, "<DefaultCalibrator><MathOperationCalibrator/>"
                                   "</DefaultCalibrator>"),
            "MathOperationCalibrator",
        ),
    ],
)  # fmt: skip
def test_a_construct_that_is_not_supported_is_named_and_others_are_read(
    kind: str, said: str
) -> None:
    xtce = document(
        [kind, integer_type("Y_T", 8)],
        [("X", "X_T"), ("Y", "Y_T")],
        [container("PACKET", entry("X"), 1), container("GOOD", entry("Y"), 2)],
    )
    decoded = read_back(xtce, packet(1, 0, "0" * 8), packet(2, 0, in_bits(9, 8)))
    assert said in decoded.counts["PACKET"].reason
    assert "(line " in decoded.counts["PACKET"].reason
    assert decoded.tables["GOOD"]["Y"].to_pylist() == [9]
    assert "PACKET" not in decoded.tables


@pytest.mark.parametrize(
    ("xtce", "said"),
    [
        (b"<SpaceSystem", "not well-formed"),
        (b"<Other/>", "Other (line 1) is not the SpaceSystem"),
        (b'<SpaceSystem name="A"/>', "describes no telemetry"),
        (document([], [], [container("A", "", 1, base="B")]), "names B, which is not defined"),
        (document([], [], [container("A", "", 1, base="A")]), "extends or contains itself"),
    ],
)
def test_a_document_that_cannot_be_followed_is_refused_in_one_sentence(
    xtce: bytes, said: str
) -> None:
    with pytest.raises(UserError) as error:
        parse(xtce)
    assert said in str(error.value)


def test_a_parameter_tested_before_it_was_sent_is_named() -> None:
    condition = '<IncludeCondition><Comparison parameterRef="Y" value="1"/></IncludeCondition>'
    xtce = document(
        [integer_type("X_T", 8)],
        [("X", "X_T"), ("Y", "X_T")],
        [container("PACKET", entry("X", condition) + entry("Y"), 1)],
    )
    decoded = read_back(xtce, packet(1, 0, "0" * 16))
    assert "asks for /Y where no entry" in decoded.counts["PACKET"].reason
    assert not decoded.tables


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        (
            '<AggregateParameterType name="X_T"><MemberList><Member name="a" typeRef="X_T"/>'
            "</MemberList></AggregateParameterType>",
            "is a part of itself",
        ),
        ('<IntegerParameterType name="X_T" baseType="X_T"/>', "extends itself"),
        (
            '<AbsoluteTimeParameterType name="X_T"><Encoding><IntegerDataEncoding/></Encoding>'
            "<ReferenceTime><Epoch>soon</Epoch></ReferenceTime></AbsoluteTimeParameterType>",
            "is 'soon', which is no date",
        ),
    ],
)
def test_a_type_that_cannot_be_is_named(kinds: str, said: str) -> None:
    decoded = read_back(one_field(kinds), packet(1, 0, "0" * 16))
    assert said in decoded.counts["PACKET"].reason


def test_counts_and_places_that_cannot_be_leave_a_packet_out() -> None:
    nothing = "<SizeInBits><FixedValue>0</FixedValue></SizeInBits>"
    empty = (
        f'<BinaryParameterType name="X_T"><BinaryDataEncoding>{nothing}</BinaryDataEncoding>'
        "</BinaryParameterType>"
    )
    repeat = (
        '<RepeatEntry><Count><DynamicValue><ParameterInstanceRef parameterRef="N"/>'
        "</DynamicValue></Count></RepeatEntry>"
    )
    xtce = document(
        [integer_type("N_T", 32), empty],
        [("N", "N_T"), ("X", "X_T")],
        [container("PACKET", entry("N") + entry("X", repeat), 1)],
    )
    decoded = read_back(xtce, packet(1, 0, in_bits(0xFFFFFFFF, 32)), packet(1, 1, in_bits(2, 32)))
    assert decoded.counts["PACKET"].misfit == 1
    assert decoded.tables["PACKET"]["X"].to_pylist() == [[b"", b""]]
    back = (
        '<LocationInContainerInBits referenceLocation="previousEntry">'
        "<FixedValue>-100</FixedValue></LocationInContainerInBits>"
    )
    outside = one_field(integer_type("X_T", 8), entries=entry("X", back))
    assert read_back(outside, packet(1, 0, "0" * 8)).counts["PACKET"].misfit == 1


def test_nothing_outside_the_document_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("7")
    declared = f'<!DOCTYPE SpaceSystem [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'.encode()
    body = one_field(integer_type("X_T", 8)).replace(b'name="TEST"', b'name="T"')
    head, rest = body.split(b"\n", 1)
    named = rest.replace(b"<TelemetryMetaData>", b"<LongDescription>&x;</LongDescription>"
                                                 b"<TelemetryMetaData>")  # fmt: skip
    assert parse(head + declared + named).name == "T"


def test_systems_within_systems_find_what_is_around_them() -> None:
    inner = (
        '<SpaceSystem name="SUB"><TelemetryMetaData><ParameterSet>'
        '<Parameter name="X" parameterTypeRef="X_T"/></ParameterSet><ContainerSet>'
        + heir(
            "PACKET",
            entry("X") + entry("/TEST/X"),
            "../CCSDSPacket",
            '<Comparison parameterRef="PKT_APID" value="1"/>',
        )
        + "</ContainerSet></TelemetryMetaData></SpaceSystem>"
    )
    outer = document([integer_type("X_T", 8)], [("X", "X_T")], [])
    xtce = outer.replace(b"</SpaceSystem>", inner.encode() + b"</SpaceSystem>")
    row = rows(xtce, packet(1, 0, in_bits(3, 8) + in_bits(4, 8)))[0]
    assert (row["SUB.X"], row["X"]) == (3, 4)


def test_packets_missing_and_octets_that_are_none_are_told() -> None:
    sent = [packet(5, n, "1" * 16) for n in (0, 1, 4, 5)]
    stream = split(np.frombuffer(b"".join(b"ab" + p for p in sent) + b"cd\0", np.uint8), 2)
    received = Received()
    received.feed(stream.packets)
    assert received.tallies() == {5: (4, 2)}
    assert stream.left_over == 3
    assert split(np.frombuffer(b"\xff" * 20, np.uint8)).lost_at == 0


def test_decode_writes_tables_of_another_mission(tmp_path: Path) -> None:
    xtce, data = tmp_path / "d.xml", tmp_path / "data.bin"
    xtce.write_bytes(one_field(integer_type("X_T", 8)))
    data.write_bytes(b"".join(struct.pack(">I", 9) + packet(1, n, in_bits(n, 8)) for n in range(3)))
    arguments = ["decode", str(data), "--dictionary", str(xtce)]
    wrong = CliRunner().invoke(main, arguments)
    assert wrong.exit_code == 1 or "of no container" in wrong.output
    right = CliRunner().invoke(
        main, [*arguments, "--skip-header", "4", "--out", str(tmp_path / "o"), "--format", "csv"]
    )
    assert right.exit_code == 0, right.output
    assert (tmp_path / "o" / "PACKET.csv").read_text().splitlines()[-1].endswith(",2")
    assert (tmp_path / "o" / "packets.json").exists()
