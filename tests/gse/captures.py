"""Which captures are the decoder's tests made of, and which packets must come out of each?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from hypothesis import strategies as st

from gse.decode import Decoded, decode
from gse.dictionary import load
from tests.gse.encoder import (
    CADU,
    DATA_FIELD,
    FIELDS,
    RANGES,
    WIRE_TYPES,
    Packetizer,
    Sent,
    boot,
    capture,
)

DICTIONARY = load("mars2020")
OTHERS = [name for name in FIELDS if name != "BOOT"]


@st.composite
def packets(draw: st.DrawFn, most: int = 40) -> list[Sent]:
    """BOOT, then any packets with any values that their fields hold."""
    packetizer = Packetizer()
    sent = [boot(packetizer, DICTIONARY.fingerprint)]
    names = draw(st.lists(st.sampled_from(OTHERS), min_size=1, max_size=most))
    for i, name in enumerate(names):
        octets = draw(st.randoms(use_true_random=False))
        counts = {f: octets.choice(_values(f, octets.random())) for f in FIELDS[name]}
        sent.append(packetizer.make(name, counts, 1000 + i / 8))
    return sent


def _values(field: str, share: float) -> tuple[int, int, int, int]:
    """The ends of what a field holds, 0, and something between."""
    lowest, highest = RANGES[WIRE_TYPES[field]]
    return lowest, highest, 0, int(lowest + share * (highest - lowest))


def steady(count: int) -> list[Sent]:
    """A fixed sequence of packets of every type, values that differ from packet to packet."""
    packetizer = Packetizer()
    sent = [boot(packetizer, DICTIONARY.fingerprint)]
    for i in range(count - 1):
        name = OTHERS[i * 7 % len(OTHERS)]
        counts = {field: (i * 37 + k) % 100 for k, field in enumerate(FIELDS[name])}
        sent.append(packetizer.make(name, counts, 1000 + i / 8))
    return sent


def frames_of(sent: Sequence[Sent]) -> tuple[list[bytes], list[range]]:
    """Frames, and for each packet the frames that it lies in."""
    spans, at = [], 0
    for packet in sent:
        end = at + len(packet.octets)
        spans.append(range(at // DATA_FIELD, (end - 1) // DATA_FIELD + 1))
        at = end
    return capture(sent), spans


def surviving(
    sent: Sequence[Sent], spans: Sequence[range], frames: Iterable[int]
) -> dict[str, list[bytes]]:
    """By name, the packets that lie in surviving frames alone: those that must come out."""
    whole = set(frames)
    result: dict[str, list[bytes]] = {name: [] for name in FIELDS}
    for packet, span in zip(sent, spans, strict=True):
        if whole.issuperset(span):
            result[packet.name].append(packet.octets)
    return result


def received(decoded: Decoded) -> dict[str, list[bytes]]:
    """By name, the octets of the packets that came out, in order."""
    return {name: [row.tobytes() for row in r.data] for name, r in decoded.records.items()}


def decode_checked(data: bytes) -> Decoded:
    """Decodes, and checks that the report accounts for every octet, frame and packet."""
    decoded = decode(data, DICTIONARY)
    r = decoded.report
    assert r.octets == len(data)
    assert r.octets == (
        r.frames_good * CADU + r.octets_damaged + r.octets_skipped + r.octets_incomplete
    )
    assert r.frames_good == (
        r.frames_read + r.frames_duplicate + r.frames_foreign + r.frames_malformed
    )
    assert r.packets_good == sum(len(table) for table in decoded.tables.values())
    assert len(decoded.events) == r.packets["EVR"].received
    for name, records in decoded.records.items():
        assert r.packets[name].received == len(records.data)
        assert r.packets[name].missing == _missing(records.sequence.tolist())
    assert all(0 <= anomaly.offset < len(data) for anomaly in r.anomalies)
    return decoded


def _missing(sequence: list[int]) -> int:
    """Packets of one type lost between the first and the last received."""
    return sequence[-1] - sequence[0] + 1 - len(sequence) if sequence else 0


def interleaved(frames: Sequence[bytes], other: bytes) -> Iterator[bytes]:
    """Frames with other octets between any two."""
    for frame in frames:
        yield frame
        yield other
