"""Is what leaves the board a gapless stream of valid transfer frames at the rate of the link?"""

from __future__ import annotations

import crcmod.predefined
import pytest

from fsw.dictionary import flown
from fsw.dictionary.packets import BULK, EVENTS, PACKETS
from fsw.link import layout
from fsw.link.downlink import TURN, Downlink
from fsw.link.packets import Packetizer
from fsw.link.queues import SLOTS, Queues
from tests.fsw.bench_board import RecordingBoard, Values

independent_crc = crcmod.predefined.mkCrcFun("crc-ccitt-false")
ROW = {row[0]: i for i, row in enumerate(PACKETS)}


class Source:
    """Packets of one virtual channel, of which some are waiting."""

    def __init__(self, apid: int, waiting: int = 0) -> None:
        self.apid = apid
        self.left = waiting
        self.buffer = bytearray(1024)
        self.start = self.length = 0
        self.chosen: list[bytes] = []
        self.done = 0

    def waiting(self) -> bool:
        return self.left > 0

    def choose(self) -> None:
        assert self.left
        assert self.done == len(self.chosen), "the last one has not been sent"
        n = len(self.chosen)
        self.start = 7 * n % 101
        self.length = 20 + 37 * n % 450
        packet = bytearray([self.apid >> 8, self.apid & 0xFF, 0xC0 | n >> 8, n & 0xFF, 0, 0])
        packet[4:6] = (self.length - 7).to_bytes(2, "big")
        packet += bytes((n + i) & 0xFF for i in range(self.length - 6))
        self.buffer[self.start : self.start + self.length] = packet
        self.chosen.append(bytes(packet))

    def sent(self) -> None:
        self.left -= 1
        self.done += 1


class Rig:
    def __init__(
        self,
        bits_per_s: int = 8000,
        playback: Source | None = None,
        files: Source | None = None,
        interleave: int = 1,
    ) -> None:
        self.values = Values()
        self.board = RecordingBoard()
        self.packetizer = Packetizer(flown.KINDS, flown.PACKETS, self.values.cvt)
        self.queues = Queues(self.values.cvt, PACKETS, self.packetizer.lengths)
        self.link = Downlink(
            self.values.cvt,
            self.board,
            self.queues,
            0x2A8,
            bits_per_s,
            playback=playback,
            files=files,
            interleave=interleave,
        )
        self.sent: list[bytes] = []

    def put(self, name: str, priority: int) -> bool:
        row = ROW[name]
        length = self.packetizer.lengths[row]
        at = self.queues.put(priority, length)
        if at < 0:
            self.packetizer.skip(row)
            return False
        self.packetizer.pack(row, 5, 0, self.queues.buffer, at)
        self.sent.append(bytes(self.queues.buffer[at : at + length]))
        return True

    def run(self, frames: int) -> None:
        for _ in range(frames):
            self.link.run()


def vcid(cadu: bytes) -> int:
    return cadu[5] >> 1 & 7


def packets_in(cadus: list[bytes], vc: int = layout.VC_REAL_TIME) -> list[bytes]:
    """All packets of a virtual channel, checking every first header pointer on the way."""
    stream = b""
    starts = set()
    for cadu in cadus:
        if vcid(cadu) != vc:
            continue
        pointer = int.from_bytes(cadu[8:10], "big") & 0x7FF
        if pointer != layout.NO_PACKET_START:
            starts.add(len(stream) + pointer)
        stream += cadu[10:-6]
    packets = []
    at = 0
    frame_starts: dict[int, int] = {}
    while at + 6 <= len(stream):
        frame_starts.setdefault(at // (len(cadus[0]) - 16), at)
        length = int.from_bytes(stream[at + 4 : at + 6], "big") + 7
        if at + length > len(stream):
            break
        packets.append(stream[at : at + length])
        at += length
    assert {s for s in starts if s < at} == set(frame_starts.values()) - {at}
    return packets


def is_idle(packet: bytes) -> bool:
    return (packet[0] & 7) << 8 | packet[1] == layout.IDLE_APID


@pytest.mark.parametrize("interleave", layout.INTERLEAVES)
@pytest.mark.parametrize("bits_per_s", [1000, 8000, 9600, 115200])
def test_octets_leave_at_the_rate_of_the_link_to_the_frame(
    bits_per_s: int, interleave: int
) -> None:
    rig = Rig(bits_per_s, interleave=interleave)
    rig.run(64 * 60)
    assert {len(cadu) for cadu in rig.board.cadus} == {rig.link.cadu_length}
    assert rig.link.cadu_length == 4 + 223 * interleave
    expected = bits_per_s * 60 / 8 / rig.link.cadu_length
    assert len(rig.board.cadus) == pytest.approx(expected, abs=1)


def test_every_frame_passes_an_independent_check_of_marker_header_and_crc() -> None:
    rig = Rig()
    for second in range(20):
        rig.put("NAV", second % 6)
        rig.run(64)
    for number, cadu in enumerate(rig.board.cadus):
        assert cadu[:4] == bytes.fromhex("1acffc1d")
        assert len(cadu) == 227
        assert independent_crc(cadu[4:]) == 0
        assert cadu[4] << 4 | cadu[5] >> 4 == 0x2A8
        assert cadu[5] & 1 == 1
        assert cadu[6] == number & 0xFF
        assert cadu[221:225] == bytes.fromhex("0100c000")
    counts = [c[7] for c in rig.board.cadus if vcid(c) == layout.VC_REAL_TIME]
    assert counts == [n & 0xFF for n in range(len(counts))]


def test_with_nothing_to_send_only_idle_frames_leave() -> None:
    rig = Rig()
    rig.run(64 * 10)
    assert {vcid(c) for c in rig.board.cadus} == {layout.VC_IDLE}
    assert {int.from_bytes(c[8:10], "big") & 0x7FF for c in rig.board.cadus} == {
        layout.ONLY_IDLE_DATA
    }
    assert rig.values["FRAMES_IDLE"] == rig.values["FRAMES_SENT"] == len(rig.board.cadus)


@pytest.mark.parametrize("interleave", layout.INTERLEAVES)
def test_every_packet_arrives_whole_in_order_across_frame_boundaries(interleave: int) -> None:
    rig = Rig(interleave=interleave)
    names = ["EVR", "NAV", "CAM", "HK", "TASKS", "BOOT"]
    for i in range(600):
        rig.put(names[i % len(names)], 2)
        rig.run(5 + i % 7)
    rig.run(64 * interleave)
    arrived = [p for p in packets_in(rig.board.cadus) if not is_idle(p)]
    assert arrived == rig.sent[: len(arrived)]
    assert len(rig.sent) - len(arrived) <= 1 + interleave // 2


def test_the_highest_priority_goes_first_and_a_packet_under_way_is_not_broken() -> None:
    rig = Rig()
    for _ in range(SLOTS):
        rig.put("SENSORS", BULK)
    rig.run(2)  # the first bulk packet is now under way
    rig.put("EVR", EVENTS)
    rig.run(64 * 3)
    apids = [p[1] for p in packets_in(rig.board.cadus) if not is_idle(p)]
    assert apids[:3] == [0x22, 0x11, 0x22]


def test_a_full_queue_drops_and_counts_and_leaves_a_sequence_gap() -> None:
    rig = Rig()
    assert [rig.put("NAV", 3) for _ in range(SLOTS + 5)] == [True] * SLOTS + [False] * 5
    assert rig.values["PACKETS_DROPPED"] == 5
    rig.run(64 * 3)
    rig.put("NAV", 3)
    rig.run(64)
    arrived = [p for p in packets_in(rig.board.cadus) if not is_idle(p)]
    sequences = [int.from_bytes(p[2:4], "big") & 0x3FFF for p in arrived]
    assert sequences == [*range(SLOTS), SLOTS + 5]
    assert rig.values["QUEUE_DEPTH"] == 0


def test_each_virtual_channel_carries_its_own_packets_whole_and_in_order() -> None:
    playback, files = Source(0x022, 200), Source(0x033, 200)
    rig = Rig(64000, playback, files)
    for i in range(64 * 30):
        if i % 5 == 0:
            rig.put("NAV", 3)
        rig.run(1)
    rig.run(64 * 3)
    real_time = [p for p in packets_in(rig.board.cadus) if not is_idle(p)]
    assert real_time == rig.sent
    for vc, source in ((layout.VC_PLAYBACK, playback), (layout.VC_FILES, files)):
        packets = [p for p in packets_in(rig.board.cadus, vc) if not is_idle(p)]
        assert packets == source.chosen
        assert len(packets) == source.done == 200
        counts = [c[7] for c in rig.board.cadus if vcid(c) == vc]
        assert counts == [n & 0xFF for n in range(len(counts))]


def test_real_time_goes_first_and_leaves_what_it_does_not_need() -> None:
    playback = Source(0x022, 1000)
    rig = Rig(8000, playback)
    while len(rig.board.cadus) < 60:
        while rig.queues.has_room(3):
            rig.put("NAV", 3)  # more than the link carries
        rig.run(1)
    assert {vcid(c) for c in rig.board.cadus} == {layout.VC_REAL_TIME}
    rig.run(64 * 20)  # nothing more: what waits goes first, then playback alone
    channels = [vcid(c) for c in rig.board.cadus]
    assert channels == sorted(channels)
    assert channels.count(layout.VC_PLAYBACK) > 60


def test_files_get_their_turn_beside_playback() -> None:
    rig = Rig(8000, Source(0x022, 10_000), Source(0x033, 10_000))
    rig.run(64 * 30)
    channels = [vcid(c) for c in rig.board.cadus]
    turn = [layout.VC_PLAYBACK] * TURN + [layout.VC_FILES]
    assert channels[: 4 * len(turn)] == turn * 4


def test_a_source_that_runs_dry_holds_no_other_up() -> None:
    playback = Source(0x022, 3)
    rig = Rig(8000, playback)
    rig.run(64 * 5)
    assert playback.done == 3
    assert vcid(rig.board.cadus[-1]) == layout.VC_IDLE
    rig.put("EVR", EVENTS)
    rig.run(64)
    playback.left = 1
    rig.run(64 * 2)
    assert playback.done == 4
    assert [p for p in packets_in(rig.board.cadus) if not is_idle(p)] == rig.sent
