"""Does the reader of XTCE hold what documents rarely ask for?"""

from __future__ import annotations

import datetime
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner

from gse.cli import main
from gse.errors import UserError
from gse.xtce.decode import Decoded, decode, root_container
from gse.xtce.packets import split
from gse.xtce.read import parse
from tests.gse.captures import DICTIONARY
from tests.gse.encoder import capture
from tests.gse.valid import each_packet
from tests.gse.xtce_documents import container, document, entry, heir, integer_type, packet

U8 = integer_type("U8", 8)


def sent(data: bytes, apid: int = 1) -> bytes:
    return packet(apid, 0, "".join(f"{octet:08b}" for octet in data))


def read_back(
    types: list[str],
    parameters: dict[str, str],
    entries: str,
    *data: bytes,
    others: tuple[str, ...] = (),
    root: str | None = None,
) -> Decoded:
    """Packets with this data, by a document with the container PACKET of these entries.

    parameters: types by name; others: containers before it."""
    xtce = document(types, list(parameters.items()), [*others, container("PACKET", entries, 1)])
    octets = np.frombuffer(b"".join(sent(d) for d in data), np.uint8)
    return decode(parse(xtce), split(octets).packets, root)


def column(decoded: Decoded, name: str) -> list[Any]:
    found: list[Any] = decoded.tables["PACKET"][name].to_pylist()
    return found


def reason(decoded: Decoded) -> str:
    """Why no packet was decoded."""
    assert not decoded.tables
    (counts,) = decoded.counts.values()
    return counts.reason


def text_type(name: str, inner: str, charset: str = "UTF-8", more: str = "") -> str:
    coding = f'<StringDataEncoding encoding="{charset}" {more}>{inner}</StringDataEncoding>'
    return f'<StringParameterType name="{name}">{coding}</StringParameterType>'


def room(bits: int, ending: str = "") -> str:
    """The size of a string that always has so many bits."""
    return f"<SizeInBits><Fixed><FixedValue>{bits}</FixedValue></Fixed>{ending}</SizeInBits>"


def enumeration(name: str, *labels: str) -> str:
    """Labels from 1 on."""
    rows = "".join(f'<Enumeration value="{n}" label="{t}"/>' for n, t in enumerate(labels, 1))
    return (
        f'<EnumeratedParameterType name="{name}"><IntegerDataEncoding sizeInBits="8"/>'
        f"<EnumerationList>{rows}</EnumerationList></EnumeratedParameterType>"
    )


def where(left: str, operator: str, right: str, attributes: str = "") -> str:
    """An entry of X that is there where two parameters compare so; attributes of both."""
    sides = [
        f'<ParameterInstanceRef parameterRef="{side}" {attributes}/>' for side in (left, right)
    ]
    inner = f"{sides[0]}<ComparisonOperator>{operator}</ComparisonOperator>{sides[1]}"
    condition = f"<BooleanExpression><Condition>{inner}</Condition></BooleanExpression>"
    return entry("X", f"<IncludeCondition>{condition}</IncludeCondition>")


@pytest.mark.parametrize(
    ("operator", "there"), [("==", [9, None]), ("!=", [None, 9]), ("&lt;", [None, 9])]
)
def test_two_strings_are_compared_packet_by_packet(operator: str, there: list[int | None]) -> None:
    decoded = read_back(
        [text_type("S", room(16)), U8],
        {"P": "S", "Q": "S", "X": "U8"},
        entry("P") + entry("Q") + where("P", operator, "Q"),
        b"abab\x09",
        b"abcd\x09",
    )
    assert column(decoded, "X") == there


def test_an_enumeration_compares_with_a_string_by_its_label() -> None:
    decoded = read_back(
        [enumeration("E", "ab", "cd"), text_type("S", room(16)), U8],
        {"P": "E", "Q": "S", "X": "U8"},
        entry("P") + entry("Q") + where("P", "==", "Q"),
        b"\x01ab\x09",
        b"\x02ab\x09",
    )
    assert column(decoded, "X") == [9, None]


def test_an_enumeration_compares_with_a_number_by_what_was_sent() -> None:
    def found(attributes: str) -> Decoded:
        return read_back(
            [enumeration("E", "ab", "cd"), U8],
            {"P": "E", "Q": "U8", "X": "U8"},
            entry("P") + entry("Q") + where("P", "==", "Q", attributes),
            b"\x01\x01\x09",
            b"\x02\x01\x09",
        )

    assert column(found('useCalibratedValue="false"'), "X") == [9, None]
    assert "compares /P, a text, with /Q, a number; " in reason(found(""))


def test_a_string_and_a_number_are_not_compared() -> None:
    decoded = read_back(
        [text_type("S", room(8)), U8],
        {"P": "S", "Q": "U8", "X": "U8"},
        entry("P") + entry("Q") + where("P", "==", "Q"),
        b"aa\x09",
    )
    assert "compares /P, a text, with /Q, a number; " in reason(decoded)


def test_boolean_parameters_compare_by_their_truth() -> None:
    boolean = (
        '<BooleanParameterType name="B"><IntegerDataEncoding sizeInBits="8"/>'
        "</BooleanParameterType>"
    )
    decoded = read_back(
        [boolean, U8],
        {"P": "B", "Q": "B", "X": "U8"},
        entry("P") + entry("Q") + where("P", "==", "Q"),
        b"\x01\x02\x09",
        b"\x01\x00\x09",
    )
    assert column(decoded, "X") == [9, None]


def test_a_container_that_extends_others_is_read_from_the_first_of_them() -> None:
    base = heir("BASE", entry("B"), "CCSDSPacket", "")
    twin = heir("TWIN", entry("X"), "BASE", '<Comparison parameterRef="B" value="7"/>')
    named = heir("NAMED", entry("X"), "BASE", '<Comparison parameterRef="B" value="7"/>')
    xtce = document([U8], [("B", "U8"), ("X", "U8")], [base, twin, named])
    octets = np.frombuffer(sent(b"\x07\x2a") + sent(b"\x08\x2b", apid=3), np.uint8)
    decoded = decode(parse(xtce), split(octets).packets, "NAMED")
    assert list(decoded.tables) == ["NAMED"]
    assert decoded.tables["NAMED"]["PKT_APID"].to_pylist() == [1]
    assert decoded.tables["NAMED"]["X"].to_pylist() == [0x2A]
    assert decoded.unknown == {3: 1}


def plain(name: str, entries: str) -> str:
    """A container that other containers include."""
    return f'<SequenceContainer name="{name}"><EntryList>{entries}</EntryList></SequenceContainer>'


def include(name: str, inner: str = "") -> str:
    return f'<ContainerRefEntry containerRef="{name}">{inner}</ContainerRefEntry>'


def test_an_included_container_begins_with_what_it_extends() -> None:
    decoded = read_back(
        [U8],
        {"B": "U8", "X": "U8", "Z": "U8"},
        include("IN") + entry("Z"),
        b"\x01\x02\x03",
        others=(plain("BASE", entry("B")), heir("IN", entry("X"), "BASE", "")),
        root="CCSDSPacket",
    )
    assert [column(decoded, name) for name in "BXZ"] == [[1], [2], [3]]


def test_an_included_container_that_extends_under_a_condition_is_named() -> None:
    restricted = heir("IN", entry("X"), "BASE", '<Comparison parameterRef="B" value="1"/>')
    decoded = read_back(
        [U8],
        {"B": "U8", "X": "U8"},
        include("IN"),
        b"\x01\x02\x03",
        others=(plain("BASE", entry("B")), restricted),
        root="CCSDSPacket",
    )
    assert "includes /IN, which extends another under a condition" in reason(decoded)


ZERO = "<TerminationChar>00</TerminationChar>"


def test_a_string_may_fill_its_room_without_a_terminator() -> None:
    kinds = [text_type("S", room(32, ZERO)), U8]
    decoded = read_back(
        kinds, {"T": "S", "X": "U8"}, entry("T") + entry("X"), b"abcd\x07", b"ab\0d\x08"
    )
    assert column(decoded, "T") == ["abcd", "ab"]
    assert column(decoded, "X") == [7, 8]


@pytest.mark.parametrize("ending", ["", ZERO])
def test_a_string_behind_its_length_has_no_terminator(ending: str) -> None:
    leading = f'<LeadingSize sizeInBitsOfSizeTag="8"/>{ending}'
    kind = text_type("S", f'<Variable maxSizeInBits="800">{leading}</Variable>')
    decoded = read_back(
        [kind, U8],
        {"T": "S", "X": "U8"},
        entry("T") + entry("X"),
        b"\x10ab\x07",
        b"\x18ab\0\x08",
    )
    assert column(decoded, "T") == ["ab", "ab\0"]
    assert column(decoded, "X") == [7, 8]


def variable(terminator: str) -> str:
    ending = f"<TerminationChar>{terminator}</TerminationChar>"
    return f'<Variable maxSizeInBits="800">{ending}</Variable>'


@pytest.mark.parametrize(
    ("charset", "terminator", "texts"),
    [
        ("UTF-8", "0D0A", ["a", "ab", ""]),
        ("UTF-16BE", "000D000A", ["a", "\u0d00", "ab"]),
        ("UTF-32LE", "00000000", ["a", "\U00010000", "\u0100"]),
    ],
)
def test_a_terminator_is_found_at_any_character(
    charset: str, terminator: str, texts: list[str]
) -> None:
    octets = [t.encode(charset) + bytes.fromhex(terminator) + b"\x07" for t in texts]
    kinds = [text_type("S", variable(terminator), charset), U8]
    decoded = read_back(kinds, {"T": "S", "X": "U8"}, entry("T") + entry("X"), *octets)
    assert column(decoded, "T") == texts
    assert column(decoded, "X") == [7, 7, 7]


@pytest.mark.parametrize(
    ("charset", "terminator"), [("UTF-8", " "), ("UTF-16", "00"), ("UTF-8", "0")]
)
def test_a_terminator_that_is_no_character_is_named(charset: str, terminator: str) -> None:
    kind = text_type("S", variable(terminator), charset)
    said = reason(read_back([kind], {"T": "S"}, entry("T"), b"abc"))
    assert said.startswith("TerminationChar (line ")
    assert repr(terminator) in said


@pytest.mark.parametrize(
    ("charset", "order", "octets", "text"),
    [
        ("UTF-16", "", b"\xff\xfea\0b\0", "ab"),
        ("UTF-16", 'byteOrder="leastSignificantByteFirst"', b"\xfe\xff\0a\0b", "ab"),
        ("UTF-16", "", b"\0a\0b\0c", "abc"),
        ("UTF-16", 'byteOrder="leastSignificantByteFirst"', b"a\0b\0c\0", "abc"),
        ("UTF-32", "", b"\xff\xfe\0\0a\0\0\0", "a"),
        ("utf-8", "", b"ab", "ab"),
        ("Windows-1252", "", b"\x80", "\u20ac"),
    ],
)
def test_a_byte_order_mark_is_followed(charset: str, order: str, octets: bytes, text: str) -> None:
    kind = text_type("S", room(8 * len(octets)), charset, order)
    decoded = read_back([kind], {"T": "S"}, entry("T"), octets)
    assert column(decoded, "T") == [text]


@pytest.mark.parametrize("charset", ["base64", "idna", "undefined", "rot13"])
def test_what_is_no_character_set_of_xtce_is_named(charset: str) -> None:
    kind = text_type("S", room(32), charset)
    assert charset.upper() in reason(read_back([kind], {"T": "S"}, entry("T"), b"abcd"))


def dimension(last: int) -> str:
    first, end = (
        f"<{name}Index><FixedValue>{value}</FixedValue></{name}Index>"
        for name, value in (("Starting", 0), ("Ending", last))
    )
    return f"<DimensionList><Dimension>{first}{end}</Dimension></DimensionList>"


def array_type(name: str, element: str, more: str = "") -> str:
    return f'<ArrayParameterType name="{name}" arrayTypeRef="{element}">{more}</ArrayParameterType>'


@pytest.mark.parametrize(
    ("of_type", "of_entry", "found"),
    [("", dimension(1), [1, 2]), (dimension(2), "", [1, 2, 3]), (dimension(2), dimension(0), [1])],
)
def test_the_entry_of_an_array_may_say_its_size(
    of_type: str, of_entry: str, found: list[int]
) -> None:
    named = f'<ArrayParameterRefEntry parameterRef="X">{of_entry}</ArrayParameterRefEntry>'
    kinds = [U8, array_type("A", "U8", of_type)]
    assert column(read_back(kinds, {"X": "A"}, named, b"\1\2\3"), "X") == [found]


@pytest.mark.parametrize(
    ("criteria", "said"),
    [
        ('<Comparison parameterRef="Q" value="1"/>', "asks for /Q where no entry"),
        ('<NextContainer containerRef="PACKET"/>', "NextContainer (line "),
        ('<Comparison parameterRef="NONE" value="1"/>', "names NONE, which is not defined"),
    ],
)
def test_a_restriction_that_cannot_be_told_leaves_the_others(criteria: str, said: str) -> None:
    odd = heir("ODD", entry("X"), "CCSDSPacket", criteria)
    xtce = document([U8], [("X", "U8"), ("Q", "U8")], [container("PACKET", entry("X"), 1), odd])
    octets = np.frombuffer(sent(b"\x2a") + sent(b"\x2b", apid=3), np.uint8)
    decoded = decode(parse(xtce), split(octets).packets)
    assert column(decoded, "X") == [0x2A]
    assert said in decoded.counts["CCSDSPacket"].reason
    assert decoded.counts["CCSDSPacket"].received == 1


def calibrated(name: str, inner: str, kind: str = "Polynomial") -> str:
    calibrator = f"<{kind}Calibrator>{inner}</{kind}Calibrator>"
    return integer_type(name, 8, f"<DefaultCalibrator>{calibrator}</DefaultCalibrator>")


def times_100(name: str) -> str:
    """A length in bits: a hundred times the calibrated value of a parameter."""
    reference = f'<ParameterInstanceRef parameterRef="{name}"/><LinearAdjustment slope="100"/>'
    size = f"<SizeInBits><DynamicValue>{reference}</DynamicValue></SizeInBits>"
    return f"<BinaryDataEncoding>{size}</BinaryDataEncoding>"


def test_lengths_are_rounded_not_cut() -> None:
    hundredths = calibrated("N_T", '<Term coefficient="0.01" exponent="1"/>')
    blob = f'<BinaryParameterType name="B">{times_100("N")}</BinaryParameterType>'
    # 0.01 * 29 * 100 is a little less than 29
    decoded = read_back(
        [hundredths, blob, integer_type("REST", 3)],
        {"N": "N_T", "X": "B", "Y": "REST"},
        entry("N") + entry("X") + entry("Y"),
        b"\x1d" + (0x12345678 << 3 | 5).to_bytes(5, "big")[1:],
    )
    assert column(decoded, "X") == [(0x12345678 << 3 >> 3 & 0x1FFFFFFF).to_bytes(4, "big")]
    assert column(decoded, "Y") == [5]


def times(count: int) -> str:
    return f"<RepeatEntry><Count><FixedValue>{count}</FixedValue></Count></RepeatEntry>"


def test_what_is_beyond_a_spline_is_null_in_lists_too() -> None:
    points = '<SplinePoint raw="0" calibrated="0"/><SplinePoint raw="2" calibrated="4"/>'
    kind = calibrated("S", points, "Spline")
    decoded = read_back([kind], {"X": "S"}, entry("X", times(2)), b"\x01\x05", b"\x02\x00")
    assert column(decoded, "X") == [[2.0, None], [4.0, 0.0]]
    assert column(decoded, "X_RAW") == [[1, 5], [2, 0]]


def test_an_entry_that_repeats_backwards_is_named() -> None:
    repeat = times(3).replace("</Count>", "</Count><Offset><FixedValue>-16</FixedValue></Offset>")
    decoded = read_back([U8], {"X": "U8"}, entry("X", repeat), b"\1\2\3")
    assert "ParameterRefEntry (line " in reason(decoded)
    assert "repeats backwards" in reason(decoded)


def at(place: int) -> str:
    inner = f"<FixedValue>{place}</FixedValue>"
    return (
        '<LocationInContainerInBits referenceLocation="containerStart">'
        f"{inner}</LocationInContainerInBits>"
    )


@pytest.mark.parametrize(("data", "extra"), [(b"\5\1", 0), (b"\5\1\7", 8)])
def test_a_packet_ends_behind_the_entry_that_ends_last(data: bytes, extra: int) -> None:
    entries = entry("X", at(56)) + entry("Y", at(48))
    decoded = read_back([U8], {"X": "U8", "Y": "U8"}, entries, data)
    assert (column(decoded, "X"), column(decoded, "Y")) == ([1], [5])
    assert decoded.counts["PACKET"].extra_bits == extra


def blob_type(name: str, bits: int) -> str:
    size = f"<SizeInBits><FixedValue>{bits}</FixedValue></SizeInBits>"
    coding = f"<BinaryDataEncoding>{size}</BinaryDataEncoding>"
    return f'<BinaryParameterType name="{name}">{coding}</BinaryParameterType>'


def where_value(name: str, operator: str, value: str) -> str:
    """An entry of X that is there where a parameter compares so."""
    attributes = f'parameterRef="{name}" comparisonOperator="{operator}" value="{value}"'
    return entry("X", f"<IncludeCondition><Comparison {attributes}/></IncludeCondition>")


@pytest.mark.parametrize("value", ["01Ff", "0x01ff"])
def test_octets_compare_with_hexadecimal(value: str) -> None:
    entries = entry("P") + where_value("P", "==", value)
    kinds = [blob_type("B", 16), U8]
    decoded = read_back(kinds, {"P": "B", "X": "U8"}, entries, b"\x01\xff\x09", b"\x01\xfe\x09")
    assert column(decoded, "X") == [9, None]


def test_octets_of_two_parameters_compare_packet_by_packet() -> None:
    entries = entry("P") + entry("Q") + where("P", "!=", "Q")
    kinds = [blob_type("B", 8), U8]
    decoded = read_back(kinds, {"P": "B", "Q": "B", "X": "U8"}, entries, b"\1\2\3", b"\1\1\3")
    assert column(decoded, "X") == [3, None]


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        (entry("P") + where_value("P", "&lt;", "0102"), "octets, by <; they are equal or not"),
        (entry("P") + where("P", "&lt;", "P"), "octets, by <; they are equal or not"),
        (entry("P") + where_value("P", "==", "on"), "with 'on', which is not hexadecimal"),
        (entry("Q", times(2)) + where_value("Q", "==", "1"), "compares /Q, which has several"),
        (entry("Q", times(2)) + where_value("Q", "&lt;", "1"), "compares /Q, which has several"),
    ],
)
def test_what_cannot_be_compared_is_named(entries: str, said: str) -> None:
    kinds = [blob_type("B", 16), U8]
    decoded = read_back(kinds, {"P": "B", "Q": "U8", "X": "U8"}, entries, b"\1\2\3")
    assert said in reason(decoded)


TIME = (
    '<AbsoluteTimeParameterType name="TIME"><Encoding><IntegerDataEncoding sizeInBits="8"/>'
    "</Encoding><ReferenceTime><Epoch>UNIX</Epoch></ReferenceTime></AbsoluteTimeParameterType>"
)
SINCE = TIME.replace('name="TIME"', 'name="SINCE"').replace(
    "<Epoch>UNIX</Epoch>", '<OffsetFrom parameterRef="X"/>'
)
AS_MANY = (
    '<RepeatEntry><Count><DynamicValue><ParameterInstanceRef parameterRef="N"/></DynamicValue>'
    "</Count></RepeatEntry>"
)


def seconds(number: int) -> datetime.datetime:
    return datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=number)


@pytest.mark.parametrize(
    ("kind", "inner", "found"),
    [
        ("PAIR", "", [[1, 2], [4, 5]]),
        ("E", times(2), [["ab", "2"], ["4", "5"]]),
        ("TIME", times(2), [[seconds(1), seconds(2)], [seconds(4), seconds(5)]]),
    ],
)
def test_lists_within_lists_keep_their_depth(kind: str, inner: str, found: list[Any]) -> None:
    kinds = [U8, array_type("PAIR", "U8", dimension(1)), enumeration("E", "ab"), TIME]
    decoded = read_back(
        kinds,
        {"N": "U8", "Y": kind},
        include("IN", times(2)),
        bytes(range(6)),
        others=(plain("IN", entry("N") + entry("Y", inner)),),
        root="CCSDSPacket",
    )
    assert column(decoded, "N") == [[0, 3]]
    assert column(decoded, "Y") == [found]


@pytest.mark.parametrize(
    ("data", "found"), [(b"\0\2a\0b\0", [[], ["a", "b"]]), (b"\0\0", [[], []])]
)
def test_a_round_may_have_none_of_what_others_have(data: bytes, found: list[list[str]]) -> None:
    decoded = read_back(
        [U8, text_type("S", variable("00"))],
        {"N": "U8", "Y": "S"},
        include("IN", times(2)),
        data,
        others=(plain("IN", entry("N") + entry("Y", AS_MANY)),),
        root="CCSDSPacket",
    )
    assert column(decoded, "Y") == [found]


def test_what_no_packet_carries_has_its_column() -> None:
    decoded = read_back(
        [U8, text_type("S", variable("00"))],
        {"N": "U8", "Y": "S", "Z": "U8"},
        entry("N") + include("IN", AS_MANY) + entry("Z"),
        b"\0\7",
        others=(plain("IN", entry("Y")),),
        root="CCSDSPacket",
    )
    table = decoded.tables["PACKET"]
    assert table["Y"].to_pylist() == [[]]
    assert table.schema.field("Y").type == pa.large_list(pa.string())
    assert column(decoded, "Z") == [7]


def test_times_of_a_list_count_from_the_time_of_their_packet() -> None:
    decoded = read_back(
        [TIME, SINCE],
        {"X": "TIME", "Y": "SINCE"},
        entry("X") + entry("Y", times(2)),
        b"\x0a\1\2",
        b"\x14\1\2",
    )
    assert column(decoded, "Y") == [[seconds(11), seconds(12)], [seconds(21), seconds(22)]]


def test_a_time_that_counts_from_several_is_named() -> None:
    entries = entry("X", times(3)) + entry("Y")
    decoded = read_back([TIME, SINCE], {"X": "TIME", "Y": "SINCE"}, entries, b"\1\2\3\4")
    assert reason(decoded) == "a time counts from /X, which is no single time"


def test_an_array_longer_than_its_packet_leaves_it_out_at_once() -> None:
    texts = array_type("A", "S", dimension(0)).replace(
        "<EndingIndex><FixedValue>0</FixedValue>",
        '<EndingIndex><DynamicValue><ParameterInstanceRef parameterRef="N"/></DynamicValue>',
    )
    decoded = read_back(
        [integer_type("N_T", 40), text_type("S", room(8)), texts],
        {"N": "N_T", "X": "A"},
        entry("N") + entry("X"),
        b"\xff\xff\xff\xff\xff" + b"abc",
    )
    assert decoded.counts["PACKET"].misfit == 1


@pytest.mark.parametrize(
    ("kind", "entries"),
    [
        (text_type("X_T", room(10**20)), entry("X")),
        (blob_type("X_T", -(10**20)), entry("X")),
        (integer_type("X_T", 8), entry("X", times(10**20))),
        (integer_type("X_T", 8), entry("X", at(10**20))),
    ],
)
def test_amounts_beyond_any_packet_are_named(kind: str, entries: str) -> None:
    said = reason(read_back([kind], {"X": "X_T"}, entries, b"abc"))
    assert "(line " in said
    assert "00000000000000000000: no packet has so many bits or entries" in said


@pytest.mark.parametrize("kind", ["NOTHING", "U8"])
def test_more_entries_than_bits_leave_a_packet_out_at_once(kind: str) -> None:
    kinds = [blob_type("NOTHING", 0), U8, array_type("A", kind, dimension((1 << 40) - 1))]
    far = f"</Count><Offset><FixedValue>{1 << 40}</FixedValue></Offset>"
    for name, entries in (("A", entry("X")), (kind, entry("X", times(1 << 40))),
                          (kind, entry("X", times(1 << 40).replace("</Count>", far)))):  # fmt: skip
        assert read_back(kinds, {"X": name}, entries, b"abc").counts["PACKET"].misfit == 1


def test_idle_packets_are_not_reported_as_of_no_container() -> None:
    xtce = document([U8], [("X", "U8")], [container("PACKET", entry("X"), 1)])
    octets = b"".join(sent(b"\x07", apid) for apid in (1, 2047, 3))
    decoded = decode(parse(xtce), split(np.frombuffer(octets, np.uint8)).packets)
    assert column(decoded, "X") == [7]
    assert decoded.unknown == {3: 1}


def test_packets_of_frames_without_room_for_what_is_skipped_are_counted(tmp_path: Path) -> None:
    packets = each_packet(DICTIONARY)
    short = sum(len(p.octets) < 40 + 6 for p in packets)
    assert 0 < short < len(packets)
    xtce, data = tmp_path / "d.xml", tmp_path / "data.bin"
    xtce.write_bytes(document([U8], [("X", "U8")], [container("PACKET", entry("X"), 1)]))
    data.write_bytes(b"".join(capture(packets)))
    command = ["decode", str(data), "--dictionary", str(xtce), "--input", "frames"]
    result = CliRunner().invoke(main, [*command, "--skip-header", "40"])
    assert isinstance(result.exception, SystemExit | None)
    assert f"{short} packets left out: behind 40 octets" in result.output
    result = CliRunner().invoke(main, [*command, "--skip-header", "4000"])
    assert result.exit_code == 1
    assert f"{len(packets)} packets left out: behind 4,000 octets" in result.output


def test_containers_go_by_the_names_that_a_refusal_suggests() -> None:
    inner = (
        '<SpaceSystem name="{}"><TelemetryMetaData><ContainerSet>'
        f"{plain('HDR', entry('X'))}</ContainerSet></TelemetryMetaData></SpaceSystem>"
    )
    end = b"</SpaceSystem>"
    outer = document([U8], [("X", "U8")], []).removesuffix(end)
    parsed = parse(outer + inner.format("A").encode() + inner.format("B").encode() + end)
    with pytest.raises(UserError, match="several containers named HDR: A/HDR, B/HDR"):
        root_container(parsed, "HDR")
    for name in ("B/HDR", "/B/HDR"):
        assert root_container(parsed, name) == "/B/HDR"


def test_numbers_beyond_floating_point_are_infinite_without_a_warning() -> None:
    term = '<Term coefficient="1" exponent="999"/>'
    kinds = [calibrated("HUGE", term)]
    decoded = read_back(kinds, {"X": "HUGE"}, entry("X"), b"\xff", b"\x01")
    assert column(decoded, "X") == [float("inf"), 1.0]


def test_times_and_lengths_beyond_floating_point_are_none() -> None:
    double = '<FloatDataEncoding sizeInBits="64"/>'
    kind = TIME.replace('<IntegerDataEncoding sizeInBits="8"/>', double)
    decoded = read_back([kind], {"X": "TIME"}, entry("X"), struct.pack(">d", 1e308))
    assert column(decoded, "X") == [None]
    floats = f'<FloatParameterType name="N_T">{double}</FloatParameterType>'
    blob = f'<BinaryParameterType name="B">{times_100("N")}</BinaryParameterType>'
    entries = entry("N") + entry("X")
    decoded = read_back([floats, blob], {"N": "N_T", "X": "B"}, entries, struct.pack(">d", 1e308))
    assert decoded.counts["PACKET"].misfit == 1


@pytest.mark.parametrize(("data", "found"), [(b"\0\7", 7), (b"\1\2\7", None)])
def test_what_cannot_be_read_matters_only_where_it_is_sent(data: bytes, found: int | None) -> None:
    decoded = read_back(
        [U8, integer_type("ODD", 8, encoding="BCD")],
        {"N": "U8", "Y": "ODD", "Z": "U8"},
        entry("N") + include("IN", AS_MANY) + entry("Z"),
        data,
        others=(plain("IN", entry("Y")),),
        root="CCSDSPacket",
    )
    if found is None:
        assert "is coded as BCD" in reason(decoded)
    else:
        assert column(decoded, "Z") == [found]


def test_containers_within_containers_keep_their_rounds_apart() -> None:
    decoded = read_back(
        [U8],
        {"N": "U8", "Y": "U8"},
        include("OUT", times(2)),
        b"\0\2\5\6",
        others=(plain("IN", entry("Y")), plain("OUT", entry("N") + include("IN", AS_MANY))),
        root="CCSDSPacket",
    )
    assert column(decoded, "N") == [[0, 2]]
    assert column(decoded, "Y") == [[[], [5, 6]]]
