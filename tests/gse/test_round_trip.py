"""Do the tables hold, value for value, what was sent?"""

from __future__ import annotations

import struct
from collections import defaultdict
from fractions import Fraction
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from space_packet_parser import ccsds_generator

from fsw.dictionary import channels
from fsw.dictionary.commands import COMMANDS
from fsw.dictionary.events import EVENTS
from fsw.dictionary.limits import LIMITS
from fsw.dictionary.packets import PACKETS, PRIORITIES
from fsw.dictionary.parameters import PARAMETERS
from fsw.missions import mars2020
from gse import column_kernels
from gse.decode import decode
from gse.dictionary import Dictionary
from tests.gse import xtce
from tests.gse.captures import DICTIONARY, decode_checked, frames_of, packets, steady
from tests.gse.encoder import (
    FIELDS,
    RANGES,
    Framer,
    Packetizer,
    Sent,
    boot,
    capture,
    space_packet,
    with_crc,
)

ROWS = {row[0]: row for row in channels.CHANNELS}


@settings(max_examples=60)
@given(packets())
def test_every_value_comes_back_in_its_unit(sent: list[Sent]) -> None:
    decoded = decode_checked(b"".join(capture(sent)))
    by_name: dict[str, list[Sent]] = defaultdict(list)
    for packet in sent:
        by_name[packet.name].append(packet)
    for name, fields in FIELDS.items():
        table = decoded.tables[name].to_pydict()
        assert table["sclk_s"] == [p.sclk_s for p in by_name[name]]
        assert table["sclk_fraction"] == [p.sclk_fraction for p in by_name[name]]
        assert table["sequence"] == [p.sequence for p in by_name[name]]
        for field in fields:
            counts = [p.counts[field] for p in by_name[name]]
            _, _, _, (numerator, denominator), _, conversion, _ = ROWS[field]
            if conversion == "":
                assert table[field] == [float(Fraction(c * numerator, denominator)) for c in counts]
            elif conversion.startswith("flags"):
                flags = conversion.removeprefix("flags:")
                assert table[f"{field}_RAW"] == counts
                assert table[field] == [DICTIONARY.flags_text(flags, c) for c in counts]
            else:
                texts = DICTIONARY.enums[conversion.removeprefix("enum:")]
                assert table[field] == [texts.get(c, str(c)) for c in counts]
    assert decoded.report.packets_missing == 0
    assert not decoded.report.anomalies


@settings(max_examples=25)
@given(packets(most=25))
def test_another_decoder_reads_the_same_counts(sent: list[Sent]) -> None:
    decoded = decode(b"".join(capture(sent)), DICTIONARY)
    definition = xtce.definition()
    seen = dict.fromkeys(FIELDS, 0)
    for raw in ccsds_generator(b"".join(p.octets for p in sent)):
        theirs = definition.parse_bytes(raw)
        name = next(p.name for p in DICTIONARY.packets if p.apid == theirs["PKT_APID"])
        ours = decoded.records[name].data[seen[name]]
        seen[name] += 1
        assert theirs["TIME_S"] == ours["sclk_s"]
        assert theirs["SEQUENCE_COUNT"] == ours["sequence_control"] & 0x3FFF
        assert [theirs[field] for field in FIELDS[name]] == [ours[f] for f in FIELDS[name]]
    assert seen == {name: len(r.data) for name, r in decoded.records.items()}


def dictionary_with(packet: tuple[object, ...], *rows: tuple[object, ...]) -> Dictionary:
    """That of the mission with a packet type and channels more."""
    return Dictionary.from_tables(
        channels=(*channels.CHANNELS, *rows),
        enums=channels.ENUMS,
        packets=(*PACKETS, packet),
        priorities=PRIORITIES,
        events=EVENTS,
        commands=COMMANDS,
        parameters=PARAMETERS,
        limits=LIMITS,
        mission=mars2020,
        fingerprint=0,
    )


def test_packets_may_run_across_several_frames() -> None:
    dictionary = dictionary_with(("LONG", 0x7E, 0, "TELEMETRY", 0, 0, tuple(ROWS)))
    length = dictionary.packet("LONG").length
    assert length > 2 * 211
    sent = [
        with_crc(space_packet(0x7E, n, bytes(6) + bytes([n]) * (length - 12))[:-2])
        for n in range(40)
    ]
    decoded = decode(b"".join(Framer().frames(sent)), dictionary)
    assert [row.tobytes() for row in decoded.records["LONG"].data] == sent
    assert decoded.tables["LONG"]["MISSION_ID"].to_pylist() == list(range(40))
    assert not decoded.report.anomalies


def test_flags_and_names_may_be_of_any_width() -> None:
    dictionary = dictionary_with(
        ("WIDE", 0x7E, 0, "TELEMETRY", 0, 0, ("WIDE_FLAGS", "WIDE_NAME", "SIGNED_NAME")),
        ("WIDE_FLAGS", "u32", "", (1, 1), None, "flags:OUTPUT", "bits"),
        ("WIDE_NAME", "u32", "", (1, 1), None, "enum:STATE", "a number"),
        ("SIGNED_NAME", "i16", "", (1, 1), None, "enum:STATE", "a number"),
    )
    counts = [(1 << 31 | 1, 1, 2), (0, 1 << 31, -5), (2, 1, 2)]
    sent = [
        with_crc(space_packet(0x7E, n, bytes(6) + struct.pack(">IIh", *row) + bytes(2))[:-2])
        for n, row in enumerate(counts)
    ]
    table = decode(b"".join(Framer().frames(sent)), dictionary).tables["WIDE"].to_pydict()
    states = dictionary.enums["STATE"]
    assert table["WIDE_FLAGS_RAW"] == [flags for flags, _, _ in counts]
    assert table["WIDE_FLAGS"] == [dictionary.flags_text("OUTPUT", f) for f, _, _ in counts]
    assert table["WIDE_NAME"] == [states[1], str(1 << 31), states[1]]
    assert table["SIGNED_NAME"] == [states[2], "-5", states[2]]


def test_times_count_from_the_entry_interface_of_boot() -> None:
    packetizer = Packetizer()
    sent = [
        packetizer.make("NAV", sclk=999.5),
        boot(packetizer, DICTIONARY.fingerprint, ei_sclk=1500, sclk=1000),
        packetizer.make("NAV", sclk=1499.25),
        packetizer.make("NAV", sclk=1500.5),
    ]
    decoded = decode_checked(b"".join(capture(sent)))
    assert decoded.tables["NAV"]["time_from_ei_s"].to_pylist() == [-500.5, -0.75, 0.5]
    assert decoded.report.dictionary.endswith("verified")


def test_times_are_null_without_boot() -> None:
    decoded = decode_checked(b"".join(capture([Packetizer().make("NAV")])))
    assert decoded.tables["NAV"]["time_from_ei_s"].to_pylist() == [None]
    assert decoded.report.dictionary == "dictionary not verified: no BOOT packet"


def test_events_say_what_happened() -> None:
    packetizer = Packetizer()
    states, outputs = DICTIONARY.enums["STATE"], DICTIONARY.enums["OUTPUT"]
    sky_crane = next(n for n, text in states.items() if text == "SKY_CRANE")
    mortar = next(n for n, text in outputs.items() if text == "MORTAR")
    numbers = {event.name: event.number for event in DICTIONARY.events}

    def report(name: str, severity: int, *arguments: int) -> Sent:
        counts = {f"EVR_ARG{n}": a for n, a in enumerate(arguments)}
        return packetizer.make("EVR", {"EVR_ID": numbers[name], "EVR_SEVERITY": severity} | counts)

    sent = [
        report("STATE_ENTERED", 2, sky_crane, sky_crane - 1, 1, 20 * 256 + 128),
        report("OUTPUT_FIRED", 2, 1 << mortar),
        report("CAMERA_PLAN", 1, 3, 1200),
        report("LIMIT_RED", 4, list(DICTIONARY.channels).index("BUS_VOLTAGE"), 20 * 1024),
        packetizer.make("EVR", {"EVR_ID": 999, "EVR_SEVERITY": 77, "EVR_ARG1": -5}),
    ]
    events = decode_checked(b"".join(capture(sent))).events
    assert events["text"].to_pylist() == [
        "SKY_CRANE entered, PRIMARY condition, at altitude 20.50 m",
        "MORTAR fired",
        "camera DDC at 12.00 Hz",
        "channel BUS_VOLTAGE outside its red limits at 20480 counts",
        "event 999 is not in the dictionary: 0, -5, 0, 0",
    ]
    assert events["severity"].to_pylist() == [
        "ACTIVITY_HI", "ACTIVITY_HI", "ACTIVITY_LO", "WARNING_HI", "77",
    ]  # fmt: skip
    assert events["name"].to_pylist()[-2:] == ["LIMIT_RED", "999"]


def test_offsets_point_at_the_frame_in_which_a_packet_begins() -> None:
    sent = steady(60)
    frames, spans = frames_of(sent)
    decoded = decode_checked(b"\0" * 5 + b"".join(frames))
    for name, table in decoded.tables.items():
        expected = [
            5 + span.start * 227
            for packet, span in zip(sent, spans, strict=True)
            if packet.name == name
        ]
        assert table["offset"].to_pylist() == expected


SCALES = ((1, 1), (1, 8), (3, 7))
NUMBERS = [
    (f"{wire}_{k}".upper(), wire, "", scale, None, "", "a number")
    for wire in RANGES
    for k, scale in enumerate(SCALES)
]
FORMATS = {"u8": "B", "u16": "H", "i16": "h", "u32": "I", "i32": "i"}


@pytest.mark.parametrize("squares", [True, False])
@settings(max_examples=60)
@given(data=st.data())
def test_numbers_in_any_order_come_back_however_many_are_read_at_a_time(
    squares: bool, data: st.DataObject
) -> None:
    rows = data.draw(st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=15, unique=True))
    dictionary = dictionary_with(
        ("MIXED", 0x7E, 0, "TELEMETRY", 0, 0, tuple(row[0] for row in rows)), *NUMBERS
    )
    values = st.tuples(*(st.integers(*RANGES[row[1]]) for row in rows))
    sent = data.draw(st.lists(values, min_size=1, max_size=11))
    form = ">" + "".join(FORMATS[row[1]] for row in rows)
    octets = [
        with_crc(space_packet(0x7E, n, bytes(6) + struct.pack(form, *counts) + bytes(2))[:-2])
        for n, counts in enumerate(sent)
    ]
    with mock.patch.object(column_kernels, "SQUARES", squares and column_kernels.SQUARES):
        table = decode(b"".join(Framer().frames(octets)), dictionary).tables["MIXED"]
    for row, counts in zip(rows, zip(*sent, strict=True), strict=True):
        exact = [Fraction(count) * Fraction(*row[3]) for count in counts]
        assert table[row[0]].to_pylist() == [float(value) for value in exact]
