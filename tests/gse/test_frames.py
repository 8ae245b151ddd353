"""Are frames read in the order of sending, and each virtual channel by itself?"""

from __future__ import annotations

import pytest

from gse.decode import decode
from gse.link.report import Kind
from tests.gse.captures import DICTIONARY, decode_checked, received, steady
from tests.gse.encoder import (
    DATA_FIELD,
    NO_START,
    ONLY_IDLE,
    Framer,
    Packetizer,
    boot,
    capture,
)


def _navs(count: int, packetizer: Packetizer, start_s: float = 1000) -> list[bytes]:
    return [
        packetizer.make("NAV", {"NAV_ALTITUDE": n}, start_s + n / 8).octets for n in range(count)
    ]


def test_virtual_channels_interleave_without_mixing() -> None:
    real_time, playback = Packetizer(), Packetizer()
    live, old = _navs(40, real_time), _navs(40, playback, start_s=500)
    framer = Framer()
    frames = []  # frames are numbered as they are made: one of each channel in turn
    streams = framer.frames(live, 0), framer.frames(old, 1)
    for one in streams[0]:
        frames += [one, framer.idle(), next(streams[1])]
    decoded = decode(b"".join(frames), DICTIONARY)
    for channel, packets in ((0, live), (1, old)):
        records = decoded.records["NAV"]
        rows = [r.tobytes() for r in records.data[records.virtual_channel == channel]]
        assert rows == packets
    assert decoded.report.frames_idle == len(frames) // 3
    assert {n: t.received for n, t in decoded.report.virtual_channels.items()} == {
        0: len(frames) // 3,
        1: len(frames) // 3,
        7: len(frames) // 3,
    }
    assert not decoded.report.anomalies


def test_a_gap_on_one_virtual_channel_does_not_interrupt_another() -> None:
    framer = Framer()
    packets = _navs(40, Packetizer())
    frames = list(framer.frames(packets))
    framer = Framer()
    mixed = []
    for frame in frames:
        data, pointer = frame[10:221], int.from_bytes(frame[8:10], "big") & 0x7FF
        mixed += [framer.frame(0, pointer, data), framer.idle()]
    del mixed[5], mixed[10]  # two idle frames
    decoded = decode_checked(b"".join(mixed))
    assert received(decoded)["NAV"] == packets
    assert decoded.report.frames_missing == 2
    assert decoded.report.virtual_channels[0].missing == 0
    assert decoded.report.virtual_channels[7].missing == 2


def test_frames_of_another_spacecraft_are_counted_and_left_out() -> None:
    ours, theirs = capture(steady(40)), Framer(spacecraft_id=0x55)
    foreign = [theirs.frame(0, NO_START, bytes(DATA_FIELD)) for _ in range(3)]
    data = b"".join([*ours[:4], foreign[0], *ours[4:8], *foreign[1:], *ours[8:]])
    decoded = decode_checked(data)
    assert decoded.report.frames_foreign == 3
    assert decoded.report.frames_missing == 0
    assert decoded.report.packets_good == 40


@pytest.mark.parametrize(
    ("pointer", "status"),
    [(300, 0x1800), (0, 0x9800), (0, 0x5800), (0, 0x3800), (0, 0x0800)],
    ids=["pointer", "secondary header", "bit stream", "packet order", "segment length"],
)
def test_frames_with_a_malformed_header_are_counted_and_left_out(pointer: int, status: int) -> None:
    frame = Framer().frame(0, pointer, bytes(DATA_FIELD), status=status)
    decoded = decode_checked(frame)
    assert decoded.report.frames_malformed == 1
    assert decoded.report.packets_good == 0


def test_a_frame_of_only_idle_data_carries_no_packets() -> None:
    data = Packetizer().make("HK").octets.ljust(DATA_FIELD, b"\x55")
    decoded = decode_checked(Framer().frame(0, ONLY_IDLE, data))
    assert decoded.report.frames_idle == 1
    assert decoded.report.packets_good == 0


def test_frames_far_behind_are_a_gap_not_a_late_frame() -> None:
    framer = Framer()
    packets = _navs(700, Packetizer())
    frames = list(framer.frames(packets))
    lost = 100
    decoded = decode_checked(b"".join(frames[:10] + frames[10 + lost :]))
    assert decoded.report.frames_missing == lost
    assert decoded.report.frames_late == 0


def test_a_gap_too_long_for_the_counter_is_told_by_the_clock() -> None:
    # 227 octets take 0.227 s at 8 kbit/s: 300 frames are 68.1 s, of which the counter tells 44.
    packetizer, framer = Packetizer(), Framer()
    before = list(framer.frames(_navs(5, packetizer)))
    for _ in range(300):
        framer.idle()
    after = framer.frames(_navs(5, packetizer, start_s=1000 + 4 / 8 + 68.3))
    report = decode_checked(b"".join([*before, *after])).report
    assert report.frames_missing == 44
    assert report.gaps_ambiguous == 1
    (gap,) = [a for a in report.anomalies if a.kind == Kind.GAP_AMBIGUOUS]
    assert gap.count == 300
    assert gap.offset == len(before) * 227


def test_the_times_of_a_gap_are_given_from_entry_interface() -> None:
    packetizer = Packetizer()
    sent = [boot(packetizer, DICTIONARY.fingerprint, ei_sclk=1010)]
    sent += [packetizer.make("NAV", sclk=1000 + n) for n in range(30)]
    frames = capture(sent)
    report = decode_checked(b"".join(frames[:2] + frames[4:])).report
    ((before, after),) = report.gap_times_s
    assert -10 < before < after < 19
    assert after - before > 8


@pytest.mark.parametrize("frames_before", [3, 200, 257])
def test_a_restart_of_the_flight_software_is_not_a_gap(frames_before: int) -> None:
    first = Packetizer()
    idle = Framer()
    life = [boot(first, DICTIONARY.fingerprint)] + [
        first.make("HK", {"FRAME_COUNT": n}) for n in range(20)
    ]
    frames = list(idle.frames(p.octets for p in life))
    frames += [idle.idle() for _ in range(frames_before)]
    second = Packetizer()
    again = [boot(second, DICTIONARY.fingerprint, sclk=1100), second.make("HK")]
    frames += capture(again)
    decoded = decode(b"".join(frames), DICTIONARY)
    assert received(decoded)["HK"] == [p.octets for p in life + again if p.name == "HK"]
    assert decoded.report.restarts == 1
    assert decoded.report.frames_missing == 0
    assert decoded.report.packets_missing == 0
