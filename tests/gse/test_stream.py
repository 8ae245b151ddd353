"""Does a stream say the same, however it is cut into pieces, and in memory that does not grow?"""

from __future__ import annotations

import random
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.link.codeblock import Codeblock
from gse.decode import decode
from gse.link.protection import Coding
from gse.link.report import Kind
from gse.link.sync import HELD
from gse.stream import Decoded, StreamDecoder
from tests.gse.captures import DICTIONARY, received, steady
from tests.gse.encoder import CADU, DATA_FIELD, Framer, Packetizer, boot, capture, space_packet


def _lives() -> list[bytes]:
    """Frames of two virtual channels and idle ones, packets that span several, and a restart."""
    packetizer, framer = Packetizer(), Framer()
    live = framer.frames([p.octets for p in steady(40)])
    old = framer.frames(
        [
            octets
            for n in range(5)
            for octets in (
                packetizer.make("NAV", sclk=900 + n).octets,
                space_packet(0x123, n, bytes(700)),
            )
        ],
        channel=1,
    )
    frames = []
    for frame in live:
        frames += [frame, *(f for f in [next(old, None)] if f), framer.idle()]
    again = Packetizer()
    second = [boot(again, DICTIONARY.fingerprint, ei_sclk=2100, sclk=1100)]
    second += [again.make("HK", sclk=1101 + n) for n in range(8)]
    return frames + capture(second)


def _coded(frame: bytes) -> bytes:
    codeblock = Codeblock()
    codeblock.take(frame, 4, CADU)
    return bytes(codeblock.finish(frame))


CRC, RS = Coding.CRC, Coding.RS
FRAMES: dict[str, list[bytes]] = {CRC: _lives(), RS: [_coded(frame) for frame in _lives()]}


def damaged(frames: list[bytes], r: random.Random) -> bytes:
    """The frames lost, twice, late, broken, cut, and with noise among them."""
    order = sorted(range(len(frames)), key=lambda n: n + r.random() * r.choice((0, 0, 3, 30)))
    rate = r.choice((0.0, 0.1, 0.5))
    pieces = []
    for n in order:
        frame = bytearray(frames[n])
        fate = r.random() / rate if rate else 1
        if fate < 0.2:
            continue
        if fate < 0.4:
            for _ in range(r.choice((1, 12, 40))):
                frame[r.randrange(len(frame))] ^= r.randrange(1, 256)
        elif fate < 0.5:
            frame[r.randrange(4)] ^= 1 << r.randrange(8)
        elif fate < 0.6:
            del frame[r.randrange(len(frame)) :]
        elif fate < 0.7:
            frame *= 2
        elif fate < 0.8:
            frame += r.randbytes(r.randrange(600))
        elif fate < 0.9:
            frame += bytes(len(frame)) * r.randrange(4)
        pieces.append(bytes(frame))
    return b"".join(pieces)


def streamed(data: bytes, coding: str, cuts: list[int]) -> Decoded:
    decoder = StreamDecoder(DICTIONARY, coding)
    edges = [0, *sorted(cuts), len(data)]
    parts = [decoder.feed(data[a:b]) for a, b in pairwise(edges)]
    return Decoded.joined([*parts, decoder.finish()])


def assert_same(one: Decoded, other: Decoded) -> None:
    assert received(one) == received(other)
    for name, records in one.records.items():
        assert np.array_equal(records.offset, other.records[name].offset)
        assert np.array_equal(records.virtual_channel, other.records[name].virtual_channel)
    for name, table in one.tables.items():
        assert table.to_pylist() == other.tables[name].to_pylist()
    assert one.events.to_pylist() == other.events.to_pylist()
    assert asdict(one.report) == asdict(other.report)


@pytest.mark.parametrize("coding", FRAMES)
@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False), st.data())
def test_pieces_say_what_the_whole_says(coding: str, r: random.Random, data: st.DataObject) -> None:
    octets = damaged(FRAMES[coding], r)
    cuts = data.draw(st.lists(st.integers(0, len(octets)), max_size=12))
    assert_same(streamed(octets, coding, cuts), streamed(octets, coding, []))


@pytest.mark.parametrize("frames", [1, 3, 7])
@pytest.mark.parametrize("coding", FRAMES)
def test_pieces_whose_tables_are_made_side_by_side_say_what_the_whole_says(
    coding: str, frames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    octets = damaged(FRAMES[coding], random.Random(frames))
    whole = decode(octets, DICTIONARY, coding)
    monkeypatch.setattr("gse.decode.PIECE", frames * CADU)
    assert_same(decode(octets, DICTIONARY, coding), whole)


def test_octet_by_octet_is_as_good_as_at_once() -> None:
    octets = damaged(FRAMES[CRC], random.Random(5))[: 16 * CADU]
    assert_same(streamed(octets, CRC, list(range(len(octets)))), streamed(octets, CRC, []))


@pytest.mark.parametrize("excess", [-1, 0, 1, 100])
@pytest.mark.parametrize("coding", FRAMES)
def test_a_long_interruption_says_the_same_in_pieces(coding: str, excess: int) -> None:
    r = random.Random(excess)
    frames = FRAMES[coding]
    length = Coding(coding).cadu_length
    noise = bytearray(r.randbytes(HELD * length + excess))
    for _ in range(40):  # markers without a frame
        at = r.randrange(len(noise))
        noise[at : at + 4] = frames[0][:4]
    unmarked = b"\0" + frames[12][1:] + b"\0" + frames[13][1:]
    octets = b"".join(frames[:12]) + unmarked + noise + b"\0" + frames[20][1:]
    octets += b"".join(frames[21:])
    cuts = [r.randrange(len(octets)) for _ in range(30)]
    whole = streamed(octets, coding, [])
    assert_same(streamed(octets, coding, cuts), whole)
    assert whole.report.markers_damaged == 3
    assert whole.report.octets == len(octets)


def test_a_packet_comes_out_with_the_octet_that_completes_it() -> None:
    sent = steady(30)
    data = b"".join(capture(sent))
    decoder = StreamDecoder(DICTIONARY, late_window=0)
    came: list[bytes] = []
    for n in range(0, len(data), CADU):
        for octets in received(decoder.feed(data[n : n + CADU])).values():
            came += octets
        complete = (n // CADU + 1) * DATA_FIELD
        lengths = np.cumsum([len(p.octets) for p in sent])
        assert len(came) == int((lengths <= complete).sum())


@pytest.mark.parametrize("before", [20, 100, 200])
def test_after_a_restart_no_frame_waits(before: int) -> None:
    """Its counter goes back, as that of a frame that came late would."""
    lives = [list(Framer().frames([Packetizer().make("NAV").octets] * before))[:before]]
    packetizer = Packetizer()
    again = [boot(packetizer, DICTIONARY.fingerprint, sclk=1100)]
    lives.append(capture(again + [packetizer.make("HK", sclk=1101 + n) for n in range(8)]))
    decoder = StreamDecoder(DICTIONARY, late_window=0)
    for n, frame in enumerate(lives[0] + lives[1], 1):
        decoder.feed(frame)
        assert decoder.report.frames_read == n
    assert decoder.report.restarts == 1


def test_frames_wait_only_for_one_that_was_overtaken() -> None:
    frames = list(Framer().frames([Packetizer().make("NAV").octets] * 300))
    decoder = StreamDecoder(DICTIONARY)
    decoder.feed(b"".join(frames[:20]))
    assert decoder.report.frames_read == 20
    decoder.feed(b"".join(frames[21:30]))
    assert decoder.report.frames_read == 20
    decoder.feed(frames[20] + frames[30])
    assert decoder.report.frames_read == 31
    assert decoder.report.frames_late == 1
    decoder.feed(b"".join(frames[32:47]))
    assert decoder.report.frames_read == 31
    decoder.feed(frames[47])  # 16 after the missing one
    assert decoder.report.frames_read == 47
    assert decoder.report.frames_missing == 1


def test_memory_does_not_grow_with_the_stream() -> None:
    clean = b"".join(FRAMES[CRC])
    noise = random.Random(1).randbytes(20 * HELD * CADU)
    for data in (clean * 60, noise):
        decoder = StreamDecoder(DICTIONARY)
        piece = 50_000
        peaks = []
        tracemalloc.start()
        try:
            for start in range(0, len(data), piece):
                decoder.feed(data[start : start + piece])
                peaks.append(tracemalloc.get_traced_memory()[0])
        finally:
            tracemalloc.stop()
        third = len(peaks) // 3
        assert max(peaks[-third:]) < 1.5 * max(peaks[third : 2 * third])


def test_before_the_first_boot_packet_only_a_whole_capture_has_times_from_entry() -> None:
    packetizer = Packetizer()
    early, late = packetizer.make("NAV", sclk=999), packetizer.make("NAV", sclk=1001)
    told = boot(packetizer, DICTIONARY.fingerprint, ei_sclk=1500, sclk=1000)
    frames = [*Framer().frames([early.octets] * 6), *Framer().frames([told.octets, late.octets])]
    data = b"".join(frames)

    def times(decoded: Decoded) -> list[float | None]:
        column: list[float | None] = decoded.tables["NAV"]["time_from_ei_s"].to_pylist()
        return column

    assert times(decode(data, DICTIONARY)) == [-501.0] * 6 + [-499.0]
    assert times(streamed(data, CRC, [])) == [None] * 6 + [-499.0]
    decoder = StreamDecoder(DICTIONARY, entry_s=1600)
    assert times(Decoded.joined([decoder.feed(data), decoder.finish()])) == [-601.0] * 6 + [-499.0]


def test_the_list_of_anomalies_is_in_the_order_of_the_way_and_place() -> None:
    octets = damaged(FRAMES[CRC], random.Random(3))
    report = streamed(octets, CRC, []).report
    kinds = list(Kind)
    keys = [(kinds.index(a.kind), a.offset) for a in report.anomalies]
    assert keys == sorted(keys)
    assert len(keys) > 5


def test_tables_of_pieces_may_be_made_by_several_threads_at_once() -> None:
    """Values that the dictionary does not name among them, which each thread meets first."""
    data = b"".join(capture(steady(400)))
    for turn in range(10):
        decoder = StreamDecoder(DICTIONARY, entry_s=2000)
        size = 1000 + 300 * turn
        found = [
            decoder.collect(np.frombuffer(data[at : at + size], np.uint8))
            for at in range(0, len(data), size)
        ]
        with ThreadPoolExecutor(4) as threads:
            parts = list(threads.map(decoder.tables, found))
        parts.append(decoder.finish())
        assert_same(Decoded.joined(parts), decode(data, DICTIONARY, CRC))


def test_a_value_that_the_dictionary_does_not_name_stays_with_its_capture() -> None:
    packetizer = Packetizer()
    first = boot(packetizer, DICTIONARY.fingerprint)
    unnamed = decode(
        b"".join(capture([first, packetizer.make("EDL", {"EDL_STATE": 200})])), DICTIONARY, CRC
    )
    other = decode(b"".join(capture([first, packetizer.make("EDL")])), DICTIONARY, CRC)
    assert unnamed.tables["EDL"]["EDL_STATE"].to_pylist() == ["200"]
    words = other.tables["EDL"]["EDL_STATE"].chunk(0).dictionary.to_pylist()
    assert "200" not in words
    assert set(DICTIONARY.enums["STATE"].values()) <= set(words)
