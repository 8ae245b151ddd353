"""Does damage cost what it hit and nothing else, and is nothing invented?

Everywhere: the packets that come out are exactly those whose frames survived, octet for octet and
in the order of sending; and the report's counters add up (captures.decode_checked).
"""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gse.link.report import Kind
from tests.gse.captures import (
    decode_checked,
    frames_of,
    interleaved,
    packets,
    received,
    steady,
    surviving,
)
from tests.gse.encoder import CADU, DATA_FIELD, MARKER, Framer, Packetizer, Sent, space_packet

SENT = steady(60)
FRAMES, SPANS = frames_of(SENT)
DATA = b"".join(FRAMES)
ALL = range(len(FRAMES))

frame_numbers = st.integers(0, len(FRAMES) - 1)


def test_truncation_at_every_octet_keeps_all_packets_before_it() -> None:
    sent = steady(16)
    frames, spans = frames_of(sent)
    data = b"".join(frames)
    assert len(frames) > 3
    for length in range(3 * CADU):
        decoded = decode_checked(data[:length])
        assert received(decoded) == surviving(sent, spans, range(length // CADU))
        assert decoded.report.octets_incomplete == length % CADU or length < CADU


def test_start_at_every_octet_keeps_all_packets_after_it() -> None:
    for start in range(1, CADU + 1):
        decoded = decode_checked(DATA[start:])
        assert received(decoded) == surviving(SENT, SPANS, ALL[-(-start // CADU) :])


@settings(max_examples=80)
@given(st.lists(st.integers(0, len(DATA) * 8 - 1), min_size=1, max_size=40, unique=True))
def test_flipped_bits_cost_their_frames(bits: list[int]) -> None:
    data = bytearray(DATA)
    for bit in bits:
        data[bit // 8] ^= 1 << bit % 8
    hit = {bit // 8 // CADU for bit in bits if bit // 8 % CADU >= len(MARKER)}
    decoded = decode_checked(bytes(data))
    assert received(decoded) == surviving(SENT, SPANS, set(ALL) - hit)


@settings(max_examples=60)
@given(st.sets(frame_numbers, max_size=12))
def test_dropped_frames_are_counted_and_located(dropped: set[int]) -> None:
    kept = [n for n in ALL if n not in dropped]
    decoded = decode_checked(b"".join(FRAMES[n] for n in kept))
    assert received(decoded) == surviving(SENT, SPANS, kept)
    if kept:
        assert decoded.report.frames_missing == kept[-1] - kept[0] + 1 - len(kept)
        gaps = {
            i * CADU: kept[i] - kept[i - 1] - 1
            for i in range(1, len(kept))
            if kept[i] != kept[i - 1] + 1
        }
        located = {
            a.offset: a.count for a in decoded.report.anomalies if a.kind == Kind.FRAMES_MISSING
        }
        assert located == gaps


@settings(max_examples=60)
@given(st.lists(st.tuples(frame_numbers, st.integers(0, 20)), max_size=8))
def test_duplicated_frames_are_dropped(copies: list[tuple[int, int]]) -> None:
    order = [(float(n), n) for n in ALL]
    order += [(min(n + later + 0.5, len(FRAMES)), n) for n, later in copies]
    decoded = decode_checked(b"".join(FRAMES[n] for _, n in sorted(order)))
    assert received(decoded) == surviving(SENT, SPANS, ALL)
    assert decoded.report.frames_duplicate == len(copies)
    assert decoded.report.frames_missing == 0


@settings(max_examples=60)
@given(st.sets(st.integers(0, len(FRAMES) // 2 - 1), min_size=1))
def test_swapped_frames_are_put_back_in_order(swapped: set[int]) -> None:
    order = list(ALL)
    for n in swapped:
        order[2 * n], order[2 * n + 1] = order[2 * n + 1], order[2 * n]
    decoded = decode_checked(b"".join(FRAMES[n] for n in order))
    assert received(decoded) == surviving(SENT, SPANS, ALL)
    assert decoded.report.frames_late == len(swapped)
    assert decoded.report.frames_missing == 0


@settings(max_examples=100)
@given(st.randoms(use_true_random=False), packets(most=60))
def test_any_mixture_of_damage_invents_nothing(r: random.Random, sent: list[Sent]) -> None:
    frames, spans = frames_of(sent)
    order = sorted(range(len(frames)), key=lambda n: n + r.random() * r.choice((0, 0, 3)))
    whole: set[int] = set()
    pieces = []
    for n in order:
        frame = bytearray(frames[n])
        fate = r.random()
        if fate < 0.1:
            continue
        if fate < 0.2:
            at = r.randrange(4, CADU)
            frame[at] ^= r.randrange(1, 256)
        elif fate < 0.25:
            del frame[r.randrange(CADU) :]
        elif fate < 0.3:
            frame[r.randrange(CADU) : r.randrange(CADU)] = r.randbytes(r.randrange(40))
        else:
            whole.add(n)
            if fate < 0.4:
                frame *= 2
            elif fate < 0.45:
                frame = bytearray(r.randbytes(r.randrange(300))) + frame
        pieces.append(bytes(frame))
    decoded = decode_checked(b"".join(pieces))
    expected = surviving(sent, spans, range(len(frames)))
    for name, octets in received(decoded).items():
        rest = iter(expected[name])
        assert all(packet in rest for packet in octets)  # a subsequence: in order, none twice
    least = surviving(sent, spans, whole)
    assert all(set(least[name]) <= set(octets) for name, octets in received(decoded).items())


@settings(max_examples=60)
@given(st.binary(max_size=2000))
def test_garbage_yields_nothing(garbage: bytes) -> None:
    assert decode_checked(garbage).report.frames_good == 0


@settings(max_examples=40)
@given(st.binary(min_size=1, max_size=300))
def test_garbage_between_frames_costs_nothing(garbage: bytes) -> None:
    frames = FRAMES[:12]
    data = garbage + b"".join(interleaved(frames, garbage))
    decoded = decode_checked(data)
    assert received(decoded) == surviving(SENT, SPANS, range(12))
    assert decoded.report.frames_missing == 0


@pytest.mark.parametrize("octets", [0, 1, 3, 226])
def test_too_few_octets_for_a_frame_yield_nothing(octets: int) -> None:
    assert decode_checked(DATA[:octets]).report.frames_good == 0


def test_text_yields_nothing() -> None:
    text = ("no frames here, only words\n" * 100).encode()
    decoded = decode_checked(text)
    assert decoded.report.frames_good == 0
    assert decoded.report.octets_skipped == len(text)


def test_a_marker_inside_data_does_not_mislead() -> None:
    # Two counters that read as the marker, in every packet and at every place in the frame.
    packetizer = Packetizer()
    value = int.from_bytes(MARKER, "big")
    counts = {f"CAM{n}_TRIGGERED": value for n in range(8)}
    sent = [packetizer.make("CAM", counts) for _ in range(60)]
    frames, spans = frames_of(sent)
    data = b"".join(frames)
    assert data.count(MARKER) > 5 * len(frames)
    for start in (0, 1, 100, CADU + 30):
        decoded = decode_checked(data[start:])
        first = -(-start // CADU)
        assert received(decoded) == surviving(sent, spans, range(first, len(frames)))
        assert decoded.report.frames_good == len(frames) - first


def test_a_frame_with_a_damaged_marker_is_accepted_where_one_is_due() -> None:
    data = bytearray(DATA)
    for n in (0, 5, 6, len(FRAMES) - 1):
        data[n * CADU] ^= 0x40
    decoded = decode_checked(bytes(data))
    assert received(decoded) == surviving(SENT, SPANS, ALL)
    assert decoded.report.markers_damaged == 4
    located = [a.offset for a in decoded.report.anomalies if a.kind == Kind.MARKER_DAMAGED]
    assert located == [n * CADU for n in (0, 5, 6, len(FRAMES) - 1)]


@pytest.mark.parametrize("slip", [-3, -1, 1, 2, 50])
def test_slipped_octets_cost_the_frame_they_are_in(slip: int) -> None:
    at = 4 * CADU + 100
    data = DATA[:at] + (b"\x55" * slip if slip > 0 else b"") + DATA[at + max(-slip, 0) :]
    decoded = decode_checked(data)
    assert received(decoded) == surviving(SENT, SPANS, set(ALL) - {4})
    assert decoded.report.frames_damaged == 1
    assert decoded.report.octets_skipped == max(slip, 0)


def test_damaged_frames_are_located() -> None:
    data = bytearray(DATA)
    for n in (2, 7):
        data[n * CADU + 60] ^= 1
    decoded = decode_checked(bytes(data))
    located = [a.offset for a in decoded.report.anomalies if a.kind == Kind.FRAME_DAMAGED]
    assert located == [2 * CADU, 7 * CADU]
    assert decoded.report.frames_missing == 2


def test_a_packet_whose_length_contradicts_the_next_frame_is_dropped() -> None:
    # The frame's own CRC is right: this is what a fault on board would look like.
    nav = Packetizer().make("NAV").octets
    lying = nav[:4] + (500).to_bytes(2, "big") + nav[6:]
    framer = Framer()
    filler = space_packet(0x7FF, 0, b"\x55" * (DATA_FIELD - len(lying) - 6), secondary_header=False)
    data = framer.frame(0, 0, filler + lying)
    good = Packetizer().make("HK").octets
    data += b"".join(framer.frames([good]))
    decoded = decode_checked(data)
    assert decoded.report.packets_misfit == 1
    assert received(decoded)["HK"] == [good]
    assert received(decoded)["NAV"] == []


@pytest.mark.parametrize(
    ("octets", "counter"),
    [
        (space_packet(0x123, 0, b"\0" * 20), "packets_unexpected"),
        (space_packet(0x021, 0, b"\0" * 20), "packets_wrong_length"),
        (space_packet(0x021, 0, b"\0" * 33), "packets_damaged"),
    ],
)
def test_a_packet_that_is_not_right_is_counted_and_located(octets: bytes, counter: str) -> None:
    packetizer = Packetizer()
    first, second = (packetizer.make("HK").octets for _ in range(2))
    decoded = decode_checked(b"".join(Framer().frames([first, octets, second])))
    assert getattr(decoded.report, counter) == 1
    assert [(a.offset, a.within) for a in decoded.report.anomalies] == [(0, 10 + len(first))]
    assert received(decoded)["HK"] == [first, second]
    assert received(decoded)["NAV"] == []


def test_packets_of_seven_octets_are_all_seen() -> None:
    """More than there is usually room for."""
    good = Packetizer().make("HK").octets
    tiny = [space_packet(0x123, n, b"\0", secondary_header=False) for n in range(1000)]
    decoded = decode_checked(b"".join(Framer().frames([good, *tiny])))
    assert decoded.report.packets_unexpected == len(tiny)
    within = [10 + len(good) + 7 * n for n in range(len(tiny))]
    located = [(a.offset // CADU * DATA_FIELD, a.within) for a in decoded.report.anomalies]
    assert [before + (at or 0) for before, at in located] == within
    assert received(decoded)["HK"] == [good]
