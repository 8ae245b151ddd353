"""Do files arrive whole, over whatever link, and does the sender end in whatever case?

The ground is cfdp-py's receiving entity; PDUs are compared with what spacepackets makes of them.
"""

from __future__ import annotations

import binascii
import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacepackets.cfdp import (
    ChecksumType,
    ConditionCode,
    CrcFlag,
    Direction,
    DirectiveType,
    EntityIdTlv,
    PduConfig,
    TransmissionMode,
)
from spacepackets.cfdp.pdu import (
    AckPdu,
    EofPdu,
    FileDataPdu,
    FinishedPdu,
    KeepAlivePdu,
    MetadataParams,
    MetadataPdu,
    NakPdu,
)
from spacepackets.cfdp.pdu.ack import TransactionStatus
from spacepackets.cfdp.pdu.file_data import FileDataParams
from spacepackets.cfdp.pdu.finished import DeliveryCode, FileStatus, FinishedParams
from spacepackets.util import ByteFieldU8, ByteFieldU16

from fsw.dictionary.channels import ENUMS
from fsw.dictionary.events import EVENTS
from fsw.link import filelayout
from fsw.link.cfdp import CANCELLING, ENDING, IDLE, SUSPENDED, WAITING
from fsw.link.filelayout import SEGMENT
from fsw.link.pdu import PduReader
from fsw.link.resend import RANGES, Resend
from gse.files.packets import uplink_packet
from gse.files.received import modular_checksum
from gse.files.receiver import Receiver
from tests.fsw.filelink import FILE, STEP_FRAMES, Clock, Link, Lost, Spacecraft, nothing

SIZES = (0, 1, 3, 4, SEGMENT - 1, SEGMENT, SEGMENT + 1, 8 * SEGMENT, 8 * SEGMENT + 2)


def content(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


@pytest.fixture(scope="module", autouse=True)
def clock() -> Iterator[Clock]:
    """In place of the time of day in cfdp-py's timers."""
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock()
        patch.setattr("spacepackets.countdown.time_ms", clock)
        yield clock


def losing(seed: int, share: float) -> Lost:
    draws = random.Random(seed)
    return lambda _: draws.random() < share


def begun(
    clock: Clock, octets: bytes, acknowledged: bool = True, down: Lost = nothing, up: Lost = nothing
) -> Link:
    spacecraft = Spacecraft({0: octets})
    assert spacecraft.sender.send(FILE, acknowledged)
    return Link(spacecraft, clock, down, up)


def names(spacecraft: Spacecraft) -> list[str]:
    return [EVENTS[row][0] for row in spacecraft.reports()]


@pytest.mark.parametrize("acknowledged", [False, True], ids=["class 1", "class 2"])
@pytest.mark.parametrize("size", SIZES)
def test_a_file_of_any_size_arrives(size: int, acknowledged: bool, clock: Clock) -> None:
    octets = content(size)
    link = begun(clock, octets, acknowledged)
    link.run()
    (file,) = link.ground.finished
    assert file.complete
    assert bytes(file.data) == octets
    assert file.name == "blackbox.log"
    assert names(link.spacecraft) == [
        "FILE_BEGUN", "FILE_DELIVERED" if acknowledged else "FILE_SENT"
    ]  # fmt: skip
    assert link.spacecraft.values["FILE_STATE"] == 0
    assert link.spacecraft.values["FILE_PROGRESS"] == size
    assert link.spacecraft.values["FILE_PDUS_REFUSED"] == link.ground.refused == 0


@pytest.mark.parametrize("seed", range(4))
def test_class_2_delivers_over_a_link_that_loses_a_tenth_both_ways(seed: int, clock: Clock) -> None:
    octets = content(20_001, seed)
    link = begun(clock, octets, down=losing(seed, 0.1), up=losing(seed + 100, 0.1))
    link.run()
    (file,) = link.ground.finished
    assert file.complete
    assert bytes(file.data) == octets
    assert link.lost_down > 10
    assert link.lost_up > 0
    assert names(link.spacecraft)[-1] == "FILE_DELIVERED"
    assert link.spacecraft.values["FILES_DELIVERED"] == 1


@settings(max_examples=60, deadline=None)
@given(
    size=st.one_of(st.sampled_from(SIZES), st.integers(0, 3000)),
    down=st.lists(st.booleans(), max_size=60),
    up=st.lists(st.booleans(), max_size=10),  # FINISHED_LIMIT is more
)
def test_class_2_delivers_whatever_is_lost_first(
    size: int, down: list[bool], up: list[bool], clock: Clock
) -> None:
    """Any PDUs of the first ones may be lost, as long as the link works some day."""
    octets = content(size)
    link = begun(
        clock, octets, down=lambda _: bool(down) and down.pop(), up=lambda _: bool(up) and up.pop()
    )
    link.spacecraft.set("FILE_ACK_LIMIT", 100)
    link.run()
    (file,) = link.ground.finished
    assert file.complete
    assert bytes(file.data) == octets
    assert link.spacecraft.values["FILES_DELIVERED"] == 1


def conf(transaction: int = 1, acknowledged: bool = True, crc: bool = True) -> PduConfig:
    return PduConfig(
        source_entity_id=ByteFieldU8(filelayout.FLIGHT_ENTITY),
        dest_entity_id=ByteFieldU8(filelayout.GROUND_ENTITY),
        transaction_seq_num=ByteFieldU16(transaction),
        trans_mode=TransmissionMode.ACKNOWLEDGED
        if acknowledged
        else TransmissionMode.UNACKNOWLEDGED,
        crc_flag=CrcFlag.WITH_CRC if crc else CrcFlag.NO_CRC,
        direction=Direction.TOWARDS_RECEIVER,
    )


def ack_of_eof(condition: ConditionCode = ConditionCode.NO_ERROR, transaction: int = 1) -> bytes:
    return bytes(
        AckPdu(conf(transaction), DirectiveType.EOF_PDU, condition, TransactionStatus.ACTIVE).pack()
    )


def finished(
    condition: ConditionCode = ConditionCode.NO_ERROR,
    delivery: DeliveryCode = DeliveryCode.DATA_COMPLETE,
    transaction: int = 1,
) -> bytes:
    params = FinishedParams(condition, delivery, FileStatus.FILE_RETAINED)
    return bytes(FinishedPdu(conf(transaction), params).pack())


def nak(requests: list[tuple[int, int]], transaction: int = 1) -> bytes:
    return bytes(NakPdu(conf(transaction), 0, 1 << 20, requests).pack())


@pytest.mark.parametrize("acknowledged", [False, True], ids=["class 1", "class 2"])
@pytest.mark.parametrize("size", SIZES)
def test_pdus_are_those_that_spacepackets_makes(size: int, acknowledged: bool) -> None:
    octets = content(size)
    spacecraft = Spacecraft({0: octets})
    assert spacecraft.sender.send(FILE, acknowledged)
    while spacecraft.step():
        """Until EOF is sent."""
    names = MetadataParams(False, ChecksumType.MODULAR, size, "blackbox.log", "blackbox.log")
    expected = [MetadataPdu(conf(1, acknowledged), names).pack()]
    for offset in range(0, size, SEGMENT):
        segment = FileDataParams(octets[offset : offset + SEGMENT], offset)
        expected.append(FileDataPdu(conf(1, acknowledged), segment).pack())
    checksum = modular_checksum(octets)
    expected.append(EofPdu(conf(1, acknowledged), checksum, size).pack())
    assert spacecraft.sent == [bytes(pdu) for pdu in expected]


def test_what_ends_a_transfer_is_what_spacepackets_makes() -> None:
    octets = content(3 * SEGMENT)
    spacecraft = Spacecraft({0: octets})
    assert spacecraft.sender.send(FILE, True)
    spacecraft.step()
    spacecraft.step()
    assert spacecraft.sender.cancel()
    spacecraft.step()
    cancelled = EofPdu(
        conf(),
        modular_checksum(octets[:SEGMENT]),
        SEGMENT,
        EntityIdTlv(bytes([filelayout.FLIGHT_ENTITY])),
        ConditionCode.CANCEL_REQUEST_RECEIVED,
    )
    assert spacecraft.sent[-1] == bytes(cancelled.pack())
    for transaction, status in (
        (1, TransactionStatus.TERMINATED),
        (7, TransactionStatus.UNRECOGNIZED),
    ):
        spacecraft.take(uplink_packet(finished(transaction=transaction)))
        spacecraft.step()
        answer = AckPdu(
            conf(transaction), DirectiveType.FINISHED_PDU, ConditionCode.NO_ERROR, status
        )
        assert spacecraft.sent[-1] == bytes(answer.pack())


def test_the_checksum_adds_words_of_four_octets_and_fills_the_last() -> None:
    """00010203 + 04050607 + 08090A0B + 0C0D0E00."""
    assert modular_checksum(bytes(range(15))) == 0x181C2015


@given(octets=st.binary(max_size=700))
def test_the_checksum_on_board_is_the_ground_s(octets: bytes) -> None:
    spacecraft = Spacecraft({0: octets})
    spacecraft.sender.send(FILE, False)
    while spacecraft.step():
        """Until EOF is sent."""
    end = EofPdu.unpack(spacecraft.sent[-1])
    assert bytes(end.file_checksum) == modular_checksum(octets).to_bytes(4, "big")


def waiting(steps: int = 40) -> Spacecraft:
    """One that has sent all of a file of class 2 and heard nothing."""
    spacecraft = Spacecraft({0: content(4 * SEGMENT)})
    assert spacecraft.sender.send(FILE, True)
    for _ in range(steps):
        spacecraft.step()
    assert spacecraft.values["FILE_STATE"] == ENDING
    spacecraft.reports()
    return spacecraft


def steps(spacecraft: Spacecraft, frames: int) -> None:
    for _ in range(frames // STEP_FRAMES):
        spacecraft.step()


def eofs(spacecraft: Spacecraft) -> int:
    return sum(pdu[8] == filelayout.EOF for pdu in spacecraft.sent if not pdu[0] & 0x10)


def test_an_eof_that_nobody_acknowledges_is_sent_again_and_then_suspends_the_transfer() -> None:
    spacecraft = waiting()
    spacecraft.set("FILE_ACK_WAIT", 64)
    spacecraft.set("FILE_ACK_LIMIT", 3)
    steps(spacecraft, 64 * 10)
    assert eofs(spacecraft) == 3
    assert spacecraft.values["FILE_STATE"] == SUSPENDED
    assert names(spacecraft) == ["FILE_SUSPENDED"]
    assert spacecraft.values["EVR_ARG2"] == ENUMS["FILE_CONDITION"].index("ACK_LIMIT_REACHED")
    assert not spacecraft.step(), "a transfer that is suspended sends nothing"
    assert spacecraft.sender.resume()
    assert spacecraft.step()
    assert eofs(spacecraft) == 4
    spacecraft.take(uplink_packet(ack_of_eof()))
    assert spacecraft.values["FILE_STATE"] == WAITING


def test_a_ground_that_falls_silent_suspends_the_transfer_and_any_word_of_it_does_not() -> None:
    spacecraft = waiting()
    spacecraft.take(uplink_packet(ack_of_eof()))
    spacecraft.set("FILE_SILENCE", 640)
    steps(spacecraft, 600)
    spacecraft.take(uplink_packet(nak([(0, SEGMENT)])))
    steps(spacecraft, 600)
    assert spacecraft.values["FILE_STATE"] == WAITING
    assert spacecraft.values["FILE_PDUS_RESENT"] == 1
    steps(spacecraft, 100)
    assert spacecraft.values["FILE_STATE"] == SUSPENDED
    assert names(spacecraft) == ["FILE_SUSPENDED"]
    assert spacecraft.values["EVR_ARG2"] == ENUMS["FILE_CONDITION"].index("INACTIVITY")


def test_an_outage_in_the_middle_costs_nothing_but_time(clock: Clock) -> None:
    octets = content(40 * SEGMENT + 5)
    outage = [False]
    link = begun(clock, octets, down=lambda _: outage[0], up=lambda _: outage[0])
    link.spacecraft.set("FILE_ACK_WAIT", 64)
    for _ in range(10):
        link.step()
    outage[0] = True
    while link.spacecraft.values["FILE_STATE"] != SUSPENDED:
        link.step()
    outage[0] = False
    assert link.spacecraft.sender.resume()
    link.run()
    assert bytes(link.ground.finished[0].data) == octets
    assert link.ground.finished[0].complete


def test_a_suspension_holds_it_where_it_is_and_a_cancellation_ends_it(clock: Clock) -> None:
    link = begun(clock, content(40 * SEGMENT))
    sender = link.spacecraft.sender
    for _ in range(5):
        link.step()
    assert sender.suspend()
    assert not sender.suspend()
    sent = len(link.spacecraft.sent)
    for _ in range(50):
        link.step()
    assert len(link.spacecraft.sent) == sent
    assert sender.busy
    assert sender.cancel()
    link.run()
    assert link.ground.finished[0].condition == filelayout.CANCELLED
    assert not link.ground.finished[0].complete
    assert names(link.spacecraft) == ["FILE_BEGUN", "FILE_SUSPENDED", "FILE_FAILED"]
    assert not sender.cancel()
    assert not sender.resume()
    assert sender.send(FILE, True), "the next one may begin"


def test_a_cancellation_that_nobody_hears_ends_too() -> None:
    spacecraft = waiting()
    spacecraft.set("FILE_ACK_WAIT", 64)
    assert spacecraft.sender.cancel()
    assert spacecraft.values["FILE_STATE"] == CANCELLING
    steps(spacecraft, 64 * 20)
    assert spacecraft.values["FILE_STATE"] == IDLE
    assert spacecraft.values["FILES_FAILED"] == 1


def test_the_ground_may_cancel(clock: Clock) -> None:
    link = begun(clock, content(40 * SEGMENT))
    for _ in range(5):
        link.step()
    link.ground.cancel()
    link.run()
    assert names(link.spacecraft) == ["FILE_BEGUN", "FILE_FAILED"]


def test_a_file_that_cannot_be_read_is_cancelled(clock: Clock) -> None:
    link = begun(clock, content(40 * SEGMENT))
    for _ in range(5):
        link.step()
    link.spacecraft.source.readable = False
    link.run()
    assert names(link.spacecraft) == ["FILE_BEGUN", "FILE_FAILED"]
    assert link.ground.finished[0].condition == filelayout.FILESTORE_REJECTION


def test_a_file_that_is_not_there_is_not_begun() -> None:
    spacecraft = Spacecraft({})
    assert not spacecraft.sender.send(FILE, True)
    assert not spacecraft.sender.send(0, True)
    assert not spacecraft.sender.busy
    assert not spacecraft.step()


def test_what_is_heard_of_another_transfer_changes_nothing() -> None:
    spacecraft = waiting()
    for pdu in (ack_of_eof(transaction=2), nak([(0, SEGMENT)], transaction=0)):
        spacecraft.take(uplink_packet(pdu))
    assert spacecraft.values["FILE_STATE"] == ENDING
    assert spacecraft.values["FILE_PDUS_REFUSED"] == 2
    assert spacecraft.values["FILE_PDUS_TAKEN"] == 0


@pytest.mark.parametrize(
    "requests",
    [
        [(0, 0), (0, SEGMENT)],
        [(SEGMENT, SEGMENT)],
        [(1, 2)],
        [(0, 0xFFFFFFFF)],
        [(0xFFFFFFFF, 0)],
        [(5 * SEGMENT, 6 * SEGMENT)],
        [(3 * SEGMENT, SEGMENT)],
    ],
)
def test_requests_outside_the_file_are_cut_or_passed_over(requests: list[tuple[int, int]]) -> None:
    spacecraft = waiting()
    spacecraft.take(uplink_packet(nak(requests)))
    before = len(spacecraft.sent)
    steps(spacecraft, 40)
    for pdu in spacecraft.sent[before:]:
        if pdu[0] & filelayout.FILE_DATA:
            part = FileDataPdu.unpack(pdu)
            assert part.offset + len(part.file_data) <= 4 * SEGMENT


good = uplink_packet(nak([(0, SEGMENT), (SEGMENT, 2 * SEGMENT)]))


@pytest.mark.parametrize("cut", range(len(good)))
def test_a_truncated_pdu_is_counted(cut: int) -> None:
    spacecraft = waiting()
    spacecraft.take(good[:cut])
    assert spacecraft.values["FILE_PDUS_REFUSED"] == 1
    assert spacecraft.values["FILE_PDUS_TAKEN"] == 0


@given(bit=st.integers(0, 8 * len(good) - 1))
def test_a_pdu_with_a_flipped_bit_is_counted(bit: int) -> None:
    damaged = bytearray(good)
    damaged[bit // 8] ^= 1 << (bit % 8)
    spacecraft = Spacecraft({0: b""})
    assert spacecraft.sender.send(FILE, True)
    spacecraft.take(bytes(damaged))
    # Sequence flags and count of the packet say nothing of the PDU.
    refused = bit // 8 not in (2, 3)
    assert spacecraft.values["FILE_PDUS_REFUSED"] == refused


def _sealed(tail: bytes, directive: int) -> bytes:
    """A PDU of ours with anything in it, and the right lengths and CRC."""
    header = bytes([0x2A]) + (len(tail) + 3).to_bytes(2, "big") + bytes([1, 1, 0, 1, 2])
    body = header + bytes([directive]) + tail
    return uplink_packet(body + binascii.crc_hqx(body, 0xFFFF).to_bytes(2, "big"))


@settings(max_examples=150, deadline=None)
@given(
    packets=st.lists(
        st.one_of(
            st.binary(max_size=64),
            st.builds(
                _sealed,
                st.binary(max_size=40),
                st.sampled_from([4, 5, 6, 7, 8, 9, 12, 0, 255]),
            ),
        ),
        max_size=8,
    )
)
def test_whatever_comes_up_nothing_is_raised_and_everything_is_counted(
    packets: list[bytes],
) -> None:
    spacecraft = Spacecraft({0: content(700)})
    spacecraft.sender.send(FILE, True)
    for packet in packets:
        spacecraft.take(packet)
        spacecraft.step()
    values = spacecraft.values
    assert values["FILE_PDUS_REFUSED"] + values["FILE_PDUS_TAKEN"] == len(packets)


def test_every_pdu_of_a_receiver_is_read() -> None:
    reader = PduReader()
    keep_alive = KeepAlivePdu(progress=5, pdu_conf=conf())
    for pdu, directive in (
        (ack_of_eof(), filelayout.ACK),
        (finished(), filelayout.FINISHED),
        (nak([(1, 2)]), filelayout.NAK),
        (bytes(keep_alive.pack()), filelayout.KEEP_ALIVE),
    ):
        buffer = bytearray(64)
        packet = uplink_packet(pdu)
        buffer[: len(packet)] = packet
        assert reader.read(buffer, len(packet)) == directive
    without_crc = AckPdu(
        conf(crc=False), DirectiveType.EOF_PDU, ConditionCode.NO_ERROR, TransactionStatus.ACTIVE
    )
    packet = uplink_packet(bytes(without_crc.pack()))
    assert reader.read(bytearray(packet.ljust(64, b"\0")), len(packet)) == 0


@given(
    asked=st.lists(
        st.one_of(st.none(), st.tuples(st.integers(0, 300), st.integers(0, 40))), max_size=60
    )
)
def test_what_is_asked_for_again_is_sent_once_and_nothing_else(
    asked: list[tuple[int, int] | None],
) -> None:
    """None takes a segment; held against a set."""
    resend = Resend()
    due: set[int] = set()
    for request in asked:
        if request is None:
            assert resend.empty == (not due)
            if due:
                segment = resend.take()
                due.discard(segment)
            continue
        first, more = request
        if resend.add(first, first + more):
            due |= set(range(first, first + more + 1))
    taken = []
    while not resend.empty:
        taken.append(resend.take())
    assert set(taken) >= due
    assert len(taken) <= len(due) + RANGES * 41


def test_a_full_list_says_so() -> None:
    resend = Resend()
    assert all(resend.add(4 * n, 4 * n + 1) for n in range(RANGES))
    assert not resend.add(1000, 1000)
    assert resend.add(0, 2), "what is in it already costs nothing"


def test_the_ground_counts_what_is_no_pdu() -> None:
    ground = Receiver()
    for octets in (b"", b"\x20", bytes(64), good, finished()):
        ground.take(octets)
    assert ground.refused == 5
    assert not ground.under_way
