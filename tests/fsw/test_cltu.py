"""Is every frame found in the octets of the uplink, whatever lies around it, and damage noticed?"""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.link import bch
from fsw.link.cltu import CltuDecoder
from fsw.link.tclayout import LONGEST_FRAME, TAIL
from gse.uplink import cltu

# CLTUs that others have published, with the frames in them: a test of dariolucia's ccsds library
# (its randomised octets, taken as they are) and one of AkiraOS.
PUBLISHED = (
    "eb90 ff429a5468e804be f6688c29a63957c2 0255555555555556 c5c5c5c5c5c5c579",
    "eb90 007b00191fc01864 10c006000b100e16 0200000103190088 00bbe915465555d2 c5c5c5c5c5c5c579",
)
ZERO_BLOCK = "00000000000000fe"  # parity of nothing is nothing, inverted


def remainder_by_long_division(information: bytes) -> int:
    """Bits of a codeblock by paper and pencil: its polynomial times x^7 by x^7 + x^6 + x^2 + 1."""
    bits = [int(b) for octet in information for b in f"{octet:08b}"] + [0] * 7
    divisor = [1, 1, 0, 0, 0, 1, 0, 1]
    for at in range(56):
        if bits[at]:
            for i, bit in enumerate(divisor):
                bits[at + i] ^= bit
    return int("".join(map(str, bits[56:])), 2)


def decode(octets: bytes, *, corrects: bool = False) -> tuple[list[bytes], CltuDecoder]:
    decoder = CltuDecoder(corrects=corrects)
    frames = [bytes(decoder.frame[: decoder.length]) for o in octets if decoder.take(o)]
    return frames, decoder


def filled(frame: bytes) -> bytes:
    return frame + b"\x55" * (-len(frame) % 7)


def without_start(octets: bytes) -> bytes:
    return octets.replace(b"\xeb\x90", b"\xeb\x91")


noise = st.binary(max_size=40).map(without_start)
frames = st.binary(min_size=1, max_size=LONGEST_FRAME)


@pytest.mark.parametrize("text", PUBLISHED)
def test_what_others_have_published_is_decoded_and_encoded(text: str) -> None:
    octets = bytes.fromhex(text)
    frame = b"".join(octets[at : at + 7] for at in range(2, len(octets) - 8, 8))
    assert decode(octets)[0] == [frame]
    assert cltu.encode(frame) == octets


@given(st.binary(min_size=7, max_size=7))
def test_parity_is_the_remainder_of_a_long_division(information: bytes) -> None:
    expected = remainder_by_long_division(information)
    assert bch.parity(information, 0) == expected
    assert cltu.codeblock(information) == information + bytes([(expected ^ 0x7F) << 1])
    assert bch.syndrome(cltu.codeblock(information)) == 0


def test_the_codeblock_of_zeros_is_inverted_parity() -> None:
    assert cltu.codeblock(bytes(7)).hex() == ZERO_BLOCK


@given(st.binary(min_size=7, max_size=7))
def test_one_two_and_three_wrong_bits_are_detected_and_one_is_mended(information: bytes) -> None:
    block = int.from_bytes(cltu.codeblock(information), "big")
    wrong = [1 << bit for bit in range(1, 64)]  # bit 0 is fill
    for flipped in wrong:
        damaged = bytearray((block ^ flipped).to_bytes(8, "big"))
        found = bch.syndrome(damaged)
        assert found
        assert bch.correct(damaged, found)
        assert damaged[:7] == information
    for pair in itertools.combinations(wrong[::5], 2):
        damaged = bytearray((block ^ pair[0] ^ pair[1]).to_bytes(8, "big"))
        before = bytes(damaged)
        assert not bch.correct(damaged, bch.syndrome(damaged))
        assert damaged == before
    for a, b, c in itertools.combinations(wrong[::9], 3):
        assert bch.syndrome((block ^ a ^ b ^ c).to_bytes(8, "big"))


def test_the_code_is_linear_so_every_pair_and_triple_of_wrong_bits_is_detected() -> None:
    """All 39,711 triples at once: no three single syndromes cancel, and no two are the same."""
    whole = int.from_bytes(cltu.codeblock(bytes(7)), "big")
    single = [bch.syndrome((whole ^ 1 << bit).to_bytes(8, "big")) for bit in range(1, 64)]
    assert len(set(single)) == 63
    assert not any(a ^ b in set(single) for a, b in itertools.combinations(single, 2))


@pytest.mark.parametrize("corrects", [False, True])
def test_the_tail_ends_a_cltu_even_with_any_one_bit_wrong(corrects: bool) -> None:
    assert bch.syndrome(TAIL)
    body = cltu.encode(bytes(7))[:-8]
    for bit in range(64):
        tail = int.from_bytes(TAIL, "big") ^ 1 << bit
        got, _ = decode(body + tail.to_bytes(8, "big"), corrects=corrects)
        if not corrects or bit == 0:
            assert got == [bytes(7)], bit
        else:  # it may look like a codeblock with an error: a frame says how long it is
            assert got in ([bytes(7)], []), bit


@given(st.lists(st.tuples(noise, frames), min_size=1, max_size=4), noise)
def test_every_frame_comes_out_whatever_lies_between(
    sent: list[tuple[bytes, bytes]], after: bytes
) -> None:
    octets = b"".join(before + cltu.encode(frame) for before, frame in sent) + after
    got, decoder = decode(octets)
    assert got == [filled(frame) for _, frame in sent]
    assert decoder.started == decoder.ended == len(sent)
    assert (decoder.broken, decoder.overlong, decoder.corrected) == (0, 0, 0)


@given(frames, st.integers(0, 10_000), st.integers(0, 7))
def test_a_flipped_bit_never_changes_a_frame(frame: bytes, at: int, bit: int) -> None:
    octets = bytearray(cltu.encode(frame))
    octets[at % len(octets)] ^= 1 << bit
    for candidate in decode(bytes(octets))[0]:
        assert filled(frame).startswith(candidate)


@given(frames, st.integers(0, 10_000), st.integers(1, 7))
def test_a_flipped_bit_in_each_codeblock_is_mended_where_that_is_asked_for(
    frame: bytes, at: int, bit: int
) -> None:
    octets = bytearray(cltu.encode(frame))
    blocks = range(2, len(octets) - 8, 8)
    for i, block in enumerate(blocks):
        octets[block + (at + 3 * i) % 8] ^= 1 << bit
    got, decoder = decode(bytes(octets), corrects=True)
    assert got == [filled(frame)]
    assert decoder.corrected == len(blocks)
    assert decode(bytes(octets))[0] == []


@given(frames, frames, st.integers(0, 10_000), st.integers(1, 9))
def test_after_lost_octets_the_next_frame_is_found(
    first: bytes, second: bytes, at: int, lost: int
) -> None:
    """Unless a codeblock that is none was right by chance, one in 128: then it is the one after."""
    octets = cltu.encode(without_start(first))
    at %= len(octets)
    following = cltu.encode(without_start(second))
    got, _ = decode(octets[:at] + octets[at + lost :] + following + following)
    assert filled(without_start(second)) in got


def test_a_start_within_a_codeblock_that_fails_is_found() -> None:
    """For every number of octets lost off the end of a CLTU."""
    octets = cltu.encode(bytes(range(20)))
    for lost in range(1, 17):
        got, decoder = decode(octets[:-lost] + cltu.encode(b"found"))
        assert got[-1] == filled(b"found"), lost
        assert decoder.started == 2


def test_a_fill_bit_says_nothing() -> None:
    octets = bytearray(cltu.encode(bytes(7)))
    octets[9] ^= 1
    assert decode(bytes(octets))[0] == [bytes(7)]


def test_what_is_too_long_is_counted_and_passed_over() -> None:
    long = bytes(LONGEST_FRAME + 7)
    got, decoder = decode(cltu.encode(long) + cltu.encode(b"next"))
    assert got == [filled(b"next")]
    assert (decoder.overlong, decoder.started) == (1, 2)


def test_a_cltu_without_codeblocks_is_nothing() -> None:
    got, decoder = decode(b"\xeb\x90" + TAIL)
    assert got == []
    assert (decoder.started, decoder.ended) == (1, 1)


@given(st.binary(max_size=600))
def test_garbage_never_raises_and_frames_stay_within_the_buffer(octets: bytes) -> None:
    for frame in decode(octets)[0]:
        assert 0 < len(frame) <= LONGEST_FRAME + 6


def test_a_damaged_cltu_is_counted_as_broken_and_gives_what_it_had() -> None:
    octets = bytearray(cltu.encode(bytes(21)))
    octets[12] ^= 0x10
    got, decoder = decode(bytes(octets))
    assert got == [bytes(7)]
    assert (decoder.broken, decoder.ended) == (1, 0)
