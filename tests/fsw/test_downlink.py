"""Is what leaves the board a gapless stream of valid transfer frames at the rate of the link?"""

from __future__ import annotations

import crcmod.predefined
import pytest

from fsw.dictionary.channels import CHANNELS
from fsw.dictionary.packets import BULK, EVENTS, PACKETS
from fsw.link import layout
from fsw.link.downlink import Downlink
from fsw.link.packets import Packetizer
from fsw.link.queues import SLOTS, Queues
from tests.fsw.bench_board import RecordingBoard, Values

independent_crc = crcmod.predefined.mkCrcFun("crc-ccitt-false")
ROW = {row[0]: i for i, row in enumerate(PACKETS)}


class Rig:
    def __init__(self, bits_per_s: int = 8000) -> None:
        self.values = Values()
        self.board = RecordingBoard()
        self.packetizer = Packetizer(CHANNELS, PACKETS, self.values.cvt)
        self.queues = Queues(self.values.cvt, PACKETS, self.packetizer.lengths)
        self.link = Downlink(self.values.cvt, self.board, self.queues, 0x2A8, bits_per_s)
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


def packets_in(cadus: list[bytes]) -> list[bytes]:
    """All packets of the real-time frames, checking every first header pointer on the way."""
    stream = b""
    starts = set()
    for cadu in cadus:
        if vcid(cadu) != layout.VC_REAL_TIME:
            continue
        pointer = int.from_bytes(cadu[8:10], "big") & 0x7FF
        if pointer != layout.NO_PACKET_START:
            starts.add(len(stream) + pointer)
        stream += cadu[10:221]
    packets = []
    at = 0
    frame_starts: dict[int, int] = {}
    while at + 6 <= len(stream):
        frame_starts.setdefault(at // layout.DATA_FIELD, at)
        length = int.from_bytes(stream[at + 4 : at + 6], "big") + 7
        if at + length > len(stream):
            break
        packets.append(stream[at : at + length])
        at += length
    assert {s for s in starts if s < at} == set(frame_starts.values()) - {at}
    return packets


def is_idle(packet: bytes) -> bool:
    return (packet[0] & 7) << 8 | packet[1] == layout.IDLE_APID


@pytest.mark.parametrize("bits_per_s", [1000, 8000, 9600, 115200])
def test_octets_leave_at_the_rate_of_the_link_to_the_frame(bits_per_s: int) -> None:
    rig = Rig(bits_per_s)
    rig.run(64 * 60)
    assert len(rig.board.cadus) == pytest.approx(bits_per_s * 60 / 8 / layout.CADU_LENGTH, abs=1)


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


def test_every_packet_arrives_whole_in_order_across_frame_boundaries() -> None:
    rig = Rig()
    names = ["EVR", "NAV", "CAM", "HK", "TASKS", "BOOT"]
    for i in range(600):
        rig.put(names[i % len(names)], 2)
        rig.run(5 + i % 7)
    rig.run(64)
    arrived = [p for p in packets_in(rig.board.cadus) if not is_idle(p)]
    assert arrived == rig.sent[: len(arrived)]
    assert len(rig.sent) - len(arrived) <= 1


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
