"""Does the list of what is missing hold what was lost since the board was started, and no more?"""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gse.link.assembler import SpacePacket
from gse.merge import SEQUENCE_COUNTS
from gse.missing import Missing
from tests.gse.captures import DICTIONARY
from tests.gse.encoder import Packetizer, Sent, boot

BOOT_EVERY_S = 16


def heard(packets: Iterable[Sent], missing: Missing | None = None) -> Missing:
    """In real time."""
    missing = missing or Missing(DICTIONARY)
    for packet in packets:
        missing.take(SpacePacket(packet.octets, 0))
    return missing


def flight(seconds: int, sclk: float = 1000.0) -> list[Sent]:
    """BOOT, and HK each second."""
    packetizer = Packetizer()
    first = boot(packetizer, DICTIONARY.fingerprint, sclk=sclk)
    return [
        first,
        *(packetizer.make("HK", {"PACKETS_SENT": 2 + n}, sclk + n) for n in range(seconds)),
    ]


@pytest.mark.parametrize("since", [1000.0, 3001.0])
def test_after_a_restart_whose_first_packet_was_lost_gaps_are_asked_for(since: float) -> None:
    """With a clock that began anew, and with one that went on."""
    missing = heard(flight(2000))
    assert missing.open == 0
    after = flight(500, since)[1:]
    heard((packet for n, packet in enumerate(after) if n % 10), missing)
    assert missing.open == 50


@pytest.mark.parametrize("lost", [0, 1, 3])
def test_a_count_of_boot_packets_that_goes_round_is_no_restart(lost: int) -> None:
    packetizer, missing = Packetizer(), Missing(DICTIONARY)
    for n in range(SEQUENCE_COUNTS + 2):
        at = 1000.0 + BOOT_EVERY_S * n
        packet = boot(packetizer, DICTIONARY.fingerprint, sclk=at)
        if n != 5 and not SEQUENCE_COUNTS - lost <= n < SEQUENCE_COUNTS:
            heard([packet], missing)
    assert missing.open == 1 + lost


@given(st.lists(st.integers(0, 8), min_size=60, max_size=60))
def test_packets_that_are_overtaken_are_no_restart(delays: list[int]) -> None:
    """By others of the seconds before; none is lost."""
    packets = flight(60)
    order = sorted(range(60), key=lambda n: n + delays[n])
    missing = heard([packets[0], *(packets[1 + n] for n in order)])
    assert missing.open == 0
    assert missing.lost == 0


def test_within_seconds_of_the_first_start_a_restart_is_noticed_too() -> None:
    missing = heard(flight(6))
    after = flight(40)[1:]
    heard((packet for n, packet in enumerate(after) if n != 30), missing)
    assert missing.open == 1
