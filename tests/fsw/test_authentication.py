"""Is a frame believed only with the right key and a new number, and everything else told apart?"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections import Counter
from math import isqrt

import crcmod.predefined
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacepackets.ccsds.spacepacket import (
    PacketType,
    SpacePacketHeader,
)

from fsw.link import sha256
from fsw.link.hmac import Hmac
from fsw.link.sha256 import Sha256
from fsw.link.tclayout import HIGHEST_NUMBER, MAC
from gse.errors import UserError
from gse.keys import Key
from gse.uplink.frame import UNLOCK, Frame, Kind, set_v
from gse.uplink.numbers import Numbers
from gse.uplink.packet import telecommand
from gse.uplink.security import Security
from tests.fsw.forging import ACCEPTED, CHANNEL, KEY, KEY_ID, SPACECRAFT, Attacker, Channel, forge

independent_crc = crcmod.predefined.mkCrcFun("crc-ccitt-false")
PACKET = telecommand("PARAMETER_SET", {"parameter": 1, "value": 99})


def security(last: int = 0, key: Key = KEY, spacecraft: int = SPACECRAFT) -> Security:
    return Security(key, Numbers(last), spacecraft, CHANNEL)


def by_hand(
    packet: bytes, number: int, key: bytes, key_id: int = KEY_ID, sequence: int = 5
) -> bytes:
    """An AD frame put together with struct, hmac and crcmod."""
    length = 5 + 6 + len(packet) + 16 + 2
    frame = struct.pack(">HHBHI", SPACECRAFT, CHANNEL << 10 | length - 1, sequence, key_id, number)
    frame += packet
    frame += hmac.new(key, frame, hashlib.sha256).digest()[:16]
    return frame + struct.pack(">H", independent_crc(frame))


def code_of(key: bytes, message: bytes, rounds_a_step: int) -> tuple[bytes, int]:
    computed = Hmac(key, Sha256(a_step=rounds_a_step))
    computed.begin(bytearray(message), len(message))
    steps = 1
    while not computed.step():
        steps += 1
    return bytes(computed.code), steps


def test_the_constants_are_roots_of_primes() -> None:
    """FIPS 180-4: the first 32 bits of the fractions of square and cube roots."""
    primes = [n for n in range(2, 312) if all(n % d for d in range(2, n))]

    def cube_root(n: int) -> int:
        root = 1 << n.bit_length() // 3 + 1
        while root**3 > n:
            root = (2 * root + n // root**2) // 3
        return root

    assert len(primes) == 64
    assert sha256.halves([cube_root(p << 96) & 0xFFFFFFFF for p in primes]) == sha256.K
    assert sha256.halves([isqrt(p << 64) & 0xFFFFFFFF for p in primes[:8]]) == sha256.INITIAL


@pytest.mark.parametrize("length", [0, 1, 54, 55, 56, 63, 64, 65, 118, 119, 120, 128, 256, 1024])
@pytest.mark.parametrize("rounds_a_step", [1, 8, 64])
def test_the_code_is_that_of_the_standard_library(length: int, rounds_a_step: int) -> None:
    message = bytes(i * 7 & 0xFF for i in range(length))
    code, steps = code_of(KEY.octets, message, rounds_a_step)
    assert code == hmac.digest(KEY.octets, message, hashlib.sha256)
    blocks = (length + 9 + 63) // 64 + 1
    assert steps == blocks * 64 // rounds_a_step


@given(st.binary(max_size=64), st.binary(max_size=300))
def test_the_code_is_right_for_any_key_and_message(key: bytes, message: bytes) -> None:
    assert code_of(key, message, 16)[0] == hmac.new(key, message, hashlib.sha256).digest()


def test_the_code_of_rfc_4231() -> None:
    code, _ = code_of(b"Jefe", b"what do ya want for nothing?", 64)
    assert code.hex() == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


def test_a_comparison_looks_at_every_octet() -> None:
    computed = Hmac(KEY.octets)
    computed.begin(b"message", 7)
    while not computed.step():
        pass
    looked = []

    class Watched(bytearray):
        def __getitem__(self, at):  # type: ignore[no-untyped-def]
            looked.append(at)
            return super().__getitem__(at)

    for wrong in (None, 0, 7, 15):
        looked.clear()
        code = Watched(computed.code[:MAC])
        if wrong is not None:
            code[wrong] ^= 1
        looked.clear()
        assert computed.matches(code, 0, MAC) is (wrong is None)
        assert looked == list(range(MAC))


@pytest.mark.parametrize(
    "frame",
    [Frame(Kind.AD, PACKET, 5), Frame(Kind.BD, PACKET), Frame(Kind.BC, UNLOCK),
     Frame(Kind.BC, set_v(9))],
    ids=["AD", "BD", "UNLOCK", "SET"],
)  # fmt: skip
def test_a_frame_of_ours_is_believed_once(frame: Frame) -> None:
    channel = Channel()
    octets = security().protect(frame)
    assert channel.take(octets) == ACCEPTED
    assert octets[channel.frame.start : channel.frame.end] == frame.data
    assert channel.take(octets) == "REPLAYED"


def test_both_ends_make_what_struct_hmac_and_crcmod_make() -> None:
    octets = security(41).protect(Frame(Kind.AD, PACKET, 5))
    assert octets == by_hand(PACKET, 42, KEY.octets)
    channel = Channel()
    assert channel.take(octets) == ACCEPTED
    data = octets[channel.frame.start : channel.frame.end]
    header = SpacePacketHeader.unpack(data)
    assert (header.packet_type, header.apid) == (PacketType.TC, 0x100)
    assert header.packet_len == len(data)
    assert independent_crc(data) == 0


def test_each_refusal_has_its_name() -> None:
    frame = Frame(Kind.AD, PACKET)
    octets = security().protect(frame)
    assert Channel(key=None).take(octets) == "NO_KEY"
    assert Channel(key_id=8).take(octets) == "UNKNOWN_KEY"
    assert Channel(key=bytes(32)).take(octets) == "FORGED"
    channel = Channel()
    assert channel.take(security(5).protect(frame)) == ACCEPTED
    assert channel.take(security(4).protect(frame)) == "REPLAYED"
    assert channel.take(security(5 + (1 << 16)).protect(frame)) == ACCEPTED
    assert channel.take(security(7 + (2 << 16)).protect(frame)) == "TOO_FAR"
    assert channel.take(security(spacecraft=1).protect(frame)) == "WRONG_SPACECRAFT"
    for number in (1 << 30, (1 << 32) - 1):
        assert channel.take(by_hand(PACKET, number, KEY.octets)) == "TOO_FAR"


def test_a_frame_that_cannot_be_numbered_over_a_reset_is_refused() -> None:
    channel = Channel()
    channel.numbers._store.works = False
    assert channel.take(security().protect(Frame(Kind.AD, PACKET))) == "NOT_STORED"
    channel.numbers._store.works = True
    assert channel.take(security().protect(Frame(Kind.AD, PACKET))) == ACCEPTED


@pytest.mark.parametrize("at", range(len(by_hand(PACKET, 1, KEY.octets)) * 8))
def test_no_bit_of_a_frame_can_be_changed(at: int) -> None:
    """By noise, nor by somebody who puts the right CRC on."""
    octets = bytearray(by_hand(PACKET, 1, KEY.octets))
    octets[at // 8] ^= 0x80 >> at % 8
    assert Channel().take(bytes(octets)) != ACCEPTED
    octets[-2:] = struct.pack(">H", independent_crc(octets[:-2]))
    if at // 8 < len(octets) - 2:
        assert Channel().take(bytes(octets)) != ACCEPTED


def test_forged_frames_are_never_accepted_and_harm_nothing() -> None:
    said = forge(3_000, seed=1)
    print(dict(said))
    assert said[ACCEPTED] == 0
    assert said.total() == 3_000
    assert {"FORGED", "REPLAYED", "TRUNCATED", "ERROR_CONTROL", "UNKNOWN_KEY"} <= set(said)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [2, 3])
def test_a_million_forged_frames_are_not_accepted_either(seed: int) -> None:
    said = forge(500_000, seed)
    print(dict(said))
    assert said[ACCEPTED] == 0
    assert said.total() == 500_000


def test_a_board_without_a_key_takes_nothing_at_all() -> None:
    attacker = Attacker(Channel(), seed=4)
    board = Channel(key=None)
    said = Counter(board.take(octets) for octets in attacker.lost + attacker.arrived)
    assert said == {"NO_KEY": len(attacker.lost) + len(attacker.arrived)}
    assert not any(board.take(attacker.next()) == ACCEPTED for _ in range(300))


def test_the_ground_runs_out_of_numbers_with_a_sentence() -> None:
    last = security(HIGHEST_NUMBER - 1)
    last.protect(Frame(Kind.BC, UNLOCK))
    with pytest.raises(UserError, match="has numbered its last frame"):
        last.protect(Frame(Kind.BC, UNLOCK))
