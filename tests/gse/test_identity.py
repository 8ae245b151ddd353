"""Is a capture refused when it was made with another dictionary?"""

from __future__ import annotations

import pytest

from gse.decode import decode, octets_of
from gse.errors import UserError
from gse.identity import dictionary_for
from tests.gse.captures import DICTIONARY, steady
from tests.gse.encoder import Framer, Packetizer, boot, capture, space_packet, with_crc


def test_another_dictionary_is_refused_with_both_hashes() -> None:
    sent = [boot(Packetizer(), DICTIONARY.fingerprint ^ 1)]
    with pytest.raises(UserError) as caught:
        decode(b"".join(capture(sent)), DICTIONARY)
    sentence = str(caught.value)
    assert f"{DICTIONARY.fingerprint ^ 1:08X}" in sentence
    assert f"{DICTIONARY.fingerprint:08X}" in sentence
    assert "decode it with the version of edlcam that flew" in sentence


def test_a_later_boot_packet_with_another_dictionary_is_refused() -> None:
    packetizer = Packetizer()
    sent = [*steady(30), boot(packetizer, DICTIONARY.fingerprint ^ 1)]
    with pytest.raises(UserError, match="made with dictionary"):
        decode(b"".join(capture(sent)), DICTIONARY)


def test_a_boot_packet_of_another_length_is_still_read() -> None:
    body = bytes(6) + (0x123).to_bytes(4, "big") + b"\x01" + bytes(30)
    longer = with_crc(space_packet(0x010, 0, body + b"\0\0")[:-2])
    with pytest.raises(UserError, match="made with dictionary 00000123"):
        decode(b"".join(Framer().frames([longer])), DICTIONARY)


def test_a_damaged_boot_packet_accuses_nobody() -> None:
    octets = bytearray(boot(Packetizer(), DICTIONARY.fingerprint).octets)
    octets[13] ^= 1
    decoded = decode(b"".join(Framer().frames([bytes(octets)])), DICTIONARY)
    assert decoded.report.dictionary == "dictionary not verified: no BOOT packet"
    assert decoded.report.packets_damaged == 1


def test_the_mission_is_the_one_that_boot_names() -> None:
    data = octets_of(b"".join(capture(steady(5))))
    assert dictionary_for(data).mission == "mars2020"


def test_a_mission_that_is_not_known_is_named() -> None:
    sent = Packetizer().make("BOOT", {"MISSION_ID": 99, "DICTIONARY_HASH": 1})
    with pytest.raises(UserError, match="mission 99, which this edlcam does not know"):
        dictionary_for(octets_of(b"".join(capture([sent]))))
