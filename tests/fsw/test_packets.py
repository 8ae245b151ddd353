"""Do packets say what the CVT held, in the layout of the dictionary, as others read it?"""

from __future__ import annotations

import crcmod.predefined
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacepackets.ccsds.spacepacket import SpacePacketHeader

from fsw.dictionary import flown
from fsw.dictionary.channels import CHANNELS
from fsw.dictionary.packets import PACKETS, SENSOR_FRAME
from fsw.kernel.cvt import current_value_table
from fsw.link.crc import crc16
from fsw.link.fields import Fields
from fsw.link.packets import Packetizer

TYPES = {row[0]: row[1] for row in CHANNELS}
SIZES = {"u8": 1, "u16": 2, "i16": 2, "u32": 4, "i32": 4}
INDEX = {row[0]: i for i, row in enumerate(CHANNELS)}
independent_crc = crcmod.predefined.mkCrcFun("crc-ccitt-false")


@given(st.binary(max_size=300))
def test_crc_agrees_with_an_independent_implementation(octets: bytes) -> None:
    assert crc16(octets, 0, len(octets)) == independent_crc(octets)


def test_crc_of_the_standard_check_string() -> None:
    assert crc16(b"123456789", 0, 9) == 0x29B1


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_crc_may_be_taken_over_two_buffers(first: bytes, second: bytes) -> None:
    part = crc16(first, 0, len(first))
    assert crc16(second, 0, len(second), part) == independent_crc(first + second)


@pytest.mark.parametrize("row", range(len(PACKETS)), ids=[p[0] for p in PACKETS])
def test_an_independent_library_reads_the_header_we_write(row: int) -> None:
    packetizer = Packetizer(flown.KINDS, flown.PACKETS, current_value_table(CHANNELS))
    buffer = bytearray(300)
    for sequence in range(3):
        packetizer.pack(row, 666952679, 0x8000, buffer, 17)
        packet = bytes(buffer[17 : 17 + packetizer.lengths[row]])
        header = SpacePacketHeader.unpack(packet)
        assert header.apid == PACKETS[row][1]
        assert header.seq_count == sequence
        assert header.packet_len == len(packet)
        assert header.sec_header_flag
        assert header.packet_type.value == 0
        assert packet[6:10] == (666952679).to_bytes(4, "big")
        assert packet[10:12] == b"\x80\x00"
        assert independent_crc(packet) == 0


def test_the_sequence_count_is_modulo_2_to_the_14_and_counts_what_was_not_sent() -> None:
    packetizer = Packetizer(flown.KINDS, flown.PACKETS, current_value_table(CHANNELS))
    buffer = bytearray(300)
    for _ in range(16383):
        packetizer.skip(0)
    packetizer.pack(0, 0, 0, buffer, 0)
    assert SpacePacketHeader.unpack(bytes(buffer)).seq_count == 16383
    packetizer.pack(0, 0, 0, buffer, 0)
    assert SpacePacketHeader.unpack(bytes(buffer)).seq_count == 0


small = st.integers(-(1 << 30), (1 << 30) - 1)


@given(st.lists(small, min_size=len(SENSOR_FRAME), max_size=len(SENSOR_FRAME)))
def test_fields_hold_a_value_at_the_end_of_the_type_that_it_passed(values: list[int]) -> None:
    fields = Fields(flown.KINDS, flown.SENSOR_FRAME)
    cvt = current_value_table(CHANNELS)
    for name, value in zip(SENSOR_FRAME, values, strict=True):
        cvt[INDEX[name]] = value
    buffer = bytearray(fields.length)
    assert fields.pack(cvt, buffer, 0) == len(buffer)
    at = 0
    for name, value in zip(SENSOR_FRAME, values, strict=True):
        size = SIZES[TYPES[name]]
        signed = TYPES[name][0] == "i"
        low = -(1 << (8 * size - 1)) if signed else 0
        high = (1 << (8 * size - signed)) - 1
        assert int.from_bytes(buffer[at : at + size], "big", signed=signed) == min(
            max(value, low), high
        )
        at += size


@given(st.binary(min_size=84, max_size=84))
def test_any_octets_unpack_to_small_integers_and_those_pack_back(octets: bytes) -> None:
    fields = Fields(flown.KINDS, flown.SENSOR_FRAME)
    cvt = current_value_table(CHANNELS)
    fields.unpack(cvt, octets[: fields.length], 0)
    assert all(-(1 << 30) <= value < 1 << 30 for value in cvt)
    once, twice = bytearray(fields.length), bytearray(fields.length)
    fields.pack(cvt, once, 0)
    fields.unpack(cvt, once, 0)
    fields.pack(cvt, twice, 0)
    assert once == twice


def test_a_channel_that_is_in_no_table_is_refused() -> None:
    with pytest.raises(KeyError, match="NO_SUCH"):
        flown.numbers(CHANNELS, ("NO_SUCH",))
