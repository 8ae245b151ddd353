"""Is a frame read as the standard lays it out, and every other refused for the right reason?"""

from __future__ import annotations

import struct

import crcmod.predefined
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.dictionary.refusals import NONE, REFUSALS, refusal
from fsw.link import tcframe
from fsw.link.tclayout import LONGEST_FRAME, MAC, SECURITY_HEADER
from gse.uplink.frame import UNLOCK, Frame, Kind, seal, set_v

SPACECRAFT, CHANNEL = 0x2A8, 3
independent_crc = crcmod.predefined.mkCrcFun("crc-ccitt-false")

# AkiraOS has published this one, in a CLTU: spacecraft 0x7b, frame 0x1f, a space packet in it.
PUBLISHED = bytes.fromhex("007b00191fc01810c006000b100e0200000103190000bbe91546")


def read(
    octets: bytes, spacecraft: int = SPACECRAFT, channel: int = CHANNEL, *, secured: bool = False
) -> tuple[str, tcframe.TcFrame]:
    frame = tcframe.TcFrame(spacecraft, channel, secured)
    reason = frame.read(octets, len(octets))
    return "" if reason == NONE else REFUSALS[reason - 1][0], frame


def by_hand(
    first: int = 0, data: bytes = b"data", sequence: int = 0, stated: int | None = None
) -> bytes:
    """A frame put together with struct; first: the bits beside the spacecraft identifier."""
    length = 5 + len(data) + 2 if stated is None else stated
    octets = struct.pack(">HHB", first << 8 | SPACECRAFT, CHANNEL << 10 | length - 1, sequence)
    octets += data
    return octets + struct.pack(">H", independent_crc(octets))


def test_what_others_have_published_is_read() -> None:
    assert independent_crc(PUBLISHED) == 0
    reason, frame = read(PUBLISHED + b"\x55\x55", 0x7B, 0)
    assert reason == ""
    assert (frame.kind, frame.sequence, frame.length) == (tcframe.AD, 0x1F, 26)
    assert PUBLISHED[frame.start : frame.end] == PUBLISHED[5:-2]


@given(
    st.sampled_from([Kind.AD, Kind.BD]),
    st.binary(min_size=1, max_size=LONGEST_FRAME - 7),
    st.integers(0, 1023),
    st.integers(0, 63),
    st.integers(0, 255),
    st.integers(0, 6),
)
def test_the_ground_and_struct_make_what_the_board_reads(
    kind: Kind, data: bytes, spacecraft: int, channel: int, sequence: int, fill: int
) -> None:
    octets = seal(Frame(kind, data, sequence).encode(spacecraft, channel))
    first = 0x20 if kind is Kind.BD else 0
    header = struct.pack(">HHB", first << 8 | spacecraft, channel << 10 | len(octets) - 1, sequence)
    assert octets[:5] == header
    assert independent_crc(octets) == 0
    reason, frame = read(octets + b"\x55" * fill, spacecraft, channel)
    assert reason == ""
    assert frame.kind == (tcframe.AD if kind is Kind.AD else tcframe.BD)
    assert frame.sequence == sequence
    assert octets[frame.start : frame.end] == data


@pytest.mark.parametrize("secured", [False, True])
def test_control_commands_are_read(secured: bool) -> None:
    before, after = (bytes(SECURITY_HEADER), MAC) if secured else (b"", 0)
    for data, kind in ((UNLOCK, tcframe.BC_UNLOCK), (set_v(0xA7), tcframe.BC_SET)):
        octets = Frame(Kind.BC, data).encode(SPACECRAFT, CHANNEL, before, after) + bytes(after)
        reason, frame = read(seal(octets), secured=secured)
        assert (reason, frame.kind) == ("", kind)
    assert frame.value == 0xA7


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (by_hand(), ""),
        (b"", "TRUNCATED"),
        (by_hand(data=b""), "TRUNCATED"),
        (by_hand(stated=4), "TRUNCATED"),
        (by_hand(stated=12), "TRUNCATED"),
        (by_hand()[:-1], "TRUNCATED"),
        (by_hand() + bytes(6), ""),
        (by_hand() + bytes(7), "OVERLONG"),
        (by_hand()[:-1] + bytes([by_hand()[-1] ^ 1]), "ERROR_CONTROL"),
        (by_hand(0x40), "WRONG_VERSION"),
        (by_hand(0x80), "WRONG_VERSION"),
        (by_hand(0x01), "WRONG_SPACECRAFT"),
        (by_hand(0x04), "RESERVED"),
        (by_hand(0x08), "RESERVED"),
        (by_hand(0x10), "RESERVED"),
        (by_hand(0x20), ""),
        (by_hand(0x30), "CONTROL_COMMAND"),
        (by_hand(0x30, b"\x00"), ""),
        (by_hand(0x30, b"\x01"), "CONTROL_COMMAND"),
        (by_hand(0x30, b"\x00\x00"), "CONTROL_COMMAND"),
        (by_hand(0x30, b"\x82\x00\x05"), ""),
        (by_hand(0x30, b"\x82\x01\x05"), "CONTROL_COMMAND"),
        (by_hand(0x30, b"\x82\x00"), "CONTROL_COMMAND"),
        (by_hand(0x30, b"\x82\x00\x05\x00"), "CONTROL_COMMAND"),
    ],
)
def test_each_reason_against_a_frame_is_found(octets: bytes, reason: str) -> None:
    assert read(octets)[0] == reason


def test_a_frame_for_another_channel_is_refused() -> None:
    assert read(by_hand(), channel=CHANNEL + 1)[0] == "WRONG_CHANNEL"


def test_a_secured_channel_takes_no_frame_without_room_for_the_security_fields() -> None:
    for octets in range(1, SECURITY_HEADER + MAC + 1):
        assert read(by_hand(data=bytes(octets)), secured=True)[0] == "TRUNCATED"
    assert read(by_hand(data=bytes(SECURITY_HEADER + MAC + 1)), secured=True)[0] == ""


@given(st.binary(max_size=300), st.booleans())
def test_garbage_is_refused_and_nothing_raises(octets: bytes, secured: bool) -> None:
    reason, frame = read(octets, secured=secured)
    if not reason:
        assert independent_crc(octets[: frame.length]) == 0
        assert 0 < frame.start < frame.end < frame.length <= len(octets)


@given(st.binary(min_size=1, max_size=40), st.data())
def test_up_to_three_flipped_bits_never_pass(data: bytes, draw: st.DataObject) -> None:
    octets = bytearray(by_hand(data=data))
    bits = st.lists(st.integers(0, 8 * len(octets) - 1), min_size=1, max_size=3, unique=True)
    for bit in draw.draw(bits):
        octets[bit // 8] ^= 1 << bit % 8
    assert read(bytes(octets))[0]


def test_every_reason_has_a_number_of_its_own() -> None:
    numbers = [refusal(name) for name, _ in REFUSALS]
    assert numbers == list(range(1, len(REFUSALS) + 1))
