"""Is the loss of packets what was lost on the way, and nothing else?"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gse.archive.raw import LiveTimes
from gse.decode import decode
from gse.dictionary import load
from gse.live.decoding import Decoding
from gse.loss import LOSS_PACKETS
from tests.gse.captures import DICTIONARY
from tests.gse.conftest import MISSION
from tests.gse.encoder import CADU, Framer, Packetizer, Sent, boot, capture

_TYPES = ("NAV", "NAV", "NAV", "CAM", "NAV", "EDL", "NAV", "NAV", "HK")


def shown(
    frames: Iterable[bytes], pieces: int = 1, mission: str = "mars2020"
) -> list[float | None]:
    """The column of a session that receives these frames in so many pieces."""
    octets = b"".join(frames)
    times = LiveTimes()
    times.append(len(octets), 0)
    decoding = Decoding(load(mission), "CRC", 0, times)
    step = max(len(octets) // pieces, 1)
    found: list[float | None] = []
    for at in range(0, len(octets), step):
        for batch in decoding.feed(octets[at : at + step]):
            found += batch.decoded.tables["HK"]["packet_loss_percent"].to_pylist()
    return found


def sent(packetizer: Packetizer, seconds: int, first_s: int = 1000) -> list[Sent]:
    """HK once a second, eight others between."""
    return [
        packetizer.make(name, {"PACKETS_SENT": 0} if name == "HK" else {}, first_s + s + k / 9)
        for s in range(seconds)
        for k, name in enumerate(_TYPES)
    ]


def expected(came: Sequence[Sent]) -> list[float | None]:
    """The same packet by packet: what each one's count says was sent, over the last HK packets."""
    last: dict[str, int] = {}
    total = [0, 0]
    history: list[tuple[int, ...]] = []
    found: list[float | None] = []
    for packet in came:
        total[0] += (packet.sequence - last.get(packet.name, packet.sequence - 1)) % 16384
        total[1] += 1
        last[packet.name] = packet.sequence
        if packet.name == "HK":
            history = [*history, tuple(total)][-LOSS_PACKETS:]
            (a, b), (c, d) = history[0], history[-1]
            found.append(100 * (c - a - d + b) / (c - a) if len(history) == LOSS_PACKETS else None)
    return found


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.02, 0.2]), st.integers(1, 9))
def test_it_is_what_was_lost_and_exactly_that(seed: int, share: float, pieces: int) -> None:
    r = random.Random(seed)
    all_sent = sent(Packetizer(), 40)
    came = [packet for packet in all_sent if r.random() >= share]
    # Every packet begins its own frame, so that what is lost can be lost by itself.
    framer = Framer()
    frames = [frame for packet in came for frame in framer.frames([packet.octets])]
    got = shown(frames, pieces)
    assert got == pytest.approx(expected(came))
    assert share or {g for g in got if g is not None} == {0.0}


def test_a_restart_and_playback_are_no_loss() -> None:
    before, after = Packetizer(), Packetizer()
    framer = Framer()

    def down(packets: Iterable[Sent], channel: int = 0) -> Iterator[bytes]:
        return framer.frames((p.octets for p in packets), channel)

    frames = [
        *down([boot(before, DICTIONARY.fingerprint), *sent(before, 10)]),
        *down(sent(Packetizer(), 11, 400), 1),  # recorded long ago
        *down(sent(before, 10, 1010)),
        *down([boot(after, DICTIONARY.fingerprint), *sent(after, 20, 1100)]),
    ]
    got = shown(frames, 3)
    live = [g for g in got if g is not None]
    assert set(live) == {0.0}
    assert len(live) == 2 * (20 - LOSS_PACKETS + 1)


def test_a_restart_whose_boot_packet_is_lost_is_seen_by_the_packets_sent() -> None:
    packetizers = Packetizer(), Packetizer()
    packets = []
    for n, packetizer in enumerate(packetizers):
        for s in range(20):
            counts = {"PACKETS_SENT": 9000 * (1 - n) + s}
            packets.append(packetizer.make("HK", counts, 1000 + 100 * n + s))
    got = shown(capture(packets))
    assert {g for g in got if g is not None} == {0.0}
    assert got[20 : 20 + LOSS_PACKETS - 1] == [None] * (LOSS_PACKETS - 1)


def test_a_flight_over_a_link_that_loses_nothing_shows_no_loss(drop: Path) -> None:
    whole = decode(drop.read_bytes(), load(MISSION))
    assert whole.report.packets_missing == 0
    got = shown([drop.read_bytes()], 60, MISSION)
    assert len(got) == len(whole.tables["HK"])
    assert got.count(None) == LOSS_PACKETS - 1
    assert {g for g in got if g is not None} == {0.0}


def test_a_flight_of_which_a_frame_in_ten_is_lost_shows_what_the_decoder_misses(
    drop: Path,
) -> None:
    r = random.Random(1)
    octets = drop.read_bytes()
    frames = [octets[at : at + CADU] for at in range(0, len(octets), CADU)]
    kept = [frame for frame in frames if r.random() > 0.1]
    report = decode(b"".join(kept), load(MISSION)).report
    lost = 100 * report.packets_missing / (report.packets_missing + report.packets_good)
    got = [g for g in shown(kept, 50, MISSION) if g is not None]
    assert sum(got) / len(got) == pytest.approx(lost, rel=0.15)
