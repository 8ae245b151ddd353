"""Does the ground get back what an outage and a bad link took, without a person's help?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from fsw import missions
from fsw.dictionary.packets import ACTUATOR_FRAME, PACKETS
from fsw.link.receiver import OCTETS_A_FRAME
from gse import decode, dictionary
from gse.decode import Decoded
from gse.dictionary import load
from gse.fly import begin_of
from gse.sim.config import dispersed
from gse.sim.world import World
from gse.targets import Direct
from gse.uplink import arming, cltu
from gse.uplink.frame import Frame, Kind
from gse.uplink.numbers import Numbers
from gse.uplink.retriever import Retriever
from gse.uplink.security import VIRTUAL_CHANNEL, Security
from tests.descent import packets_watched
from tests.fsw.forging import KEY
from tests.gse.live import Noise

MISSION = missions.load("mars2020")
CADU = load("mars2020").coding.cadu_length
START_S = 40.0  # nine seconds before entry is sensed
OUTAGE_S = (55.0, 115.0)  # around peak heating and peak deceleration
LANDED = MISSION.STATES.index("LANDED")
STATE = ACTUATOR_FRAME.index("EDL_STATE")


@dataclass
class Radio:
    """A source with a descent at its far end, which flies on while it is listened to."""

    lost: float = 0.01
    bit_errors: float = 1e-5
    heard: bytearray = field(default_factory=bytearray)  # whatever reached the ground

    def __post_init__(self) -> None:
        self.world = World(1, replace(dispersed(1), start_from_ei_s=START_S))
        self.target = Direct(key=KEY)
        self.target.begin(begin_of("mars2020", self.world))
        self.numbers = Numbers(0)
        self.up = Noise(1, self.lost, self.bit_errors)
        self.down = Noise(2, self.lost, self.bit_errors)
        self.values = [0] * len(ACTUATOR_FRAME)
        self._coming = bytearray()
        initialise = self.world.telecommand_after_boot()
        for packet in (arming(initialise), initialise):
            self._coming += cltu.encode(self.security(0xA8).protect(Frame(Kind.BD, packet)))
        self._counts = self.world.sensor_counts()
        self.frames = 0

    def security(self, spacecraft: int) -> Security:
        return Security(KEY, self.numbers, spacecraft, VIRTUAL_CHANNEL)

    @property
    def now_s(self) -> float:
        """From entry interface."""
        return START_S + self.frames / 64

    @property
    def out(self) -> bool:
        return OUTAGE_S[0] <= self.now_s < OUTAGE_S[1]

    def send(self, octets: bytes) -> None:
        self._coming += b"" if self.out else self.up(octets)

    def receive(self, wait_s: float) -> bytes:
        octets = b"".join(self._minor_frame() for _ in range(max(1, round(wait_s * 64))))
        self.heard += octets
        return octets

    def _minor_frame(self) -> bytes:
        if not self.world.finished:
            self._counts = self.world.sensor_counts()
        octets = bytes(self._coming[:OCTETS_A_FRAME])
        del self._coming[:OCTETS_A_FRAME]
        self.values, down = self.target.frame(self._counts, octets)
        if not self.world.finished:
            self.world.step(self.values)
        self.frames += 1
        if self.out:
            return b""
        cadus = (down[at : at + CADU] for at in range(0, len(down), CADU))
        return b"".join(self.down(cadu) for cadu in cadus)

    def close(self) -> None:
        """Nothing to close."""


def retrieve(radio: Radio, enough: Callable[[Retriever], bool], latest_s: float) -> Retriever:
    """Listens until there is enough."""
    retriever = Retriever(
        radio, radio.security, lambda cadu: None, lambda text: None, clock=lambda: radio.now_s
    )
    while not enough(retriever):
        retriever.step()
        assert radio.now_s < latest_s, f"{retriever.missing.open} packets are still missing"
    return retriever


def missing(decoded: Decoded, packed: dict[str, list[bytes]], until_s: float) -> list[str]:
    """Names of packets packed on board from the outage until a time that are not in the tables."""
    since, until = MISSION.EI_SCLK + OUTAGE_S[0] - 2, MISSION.EI_SCLK + until_s
    lost = []
    for name, packets in packed.items():
        got = {row.tobytes() for row in decoded.records[name].data}
        lost += [
            name
            for octets in packets
            if octets not in got and since <= int.from_bytes(octets[6:10], "big") <= until
        ]
    return lost


def flown(
    radio: Radio, enough: Callable[[Retriever], bool], latest_s: float, until_s: float
) -> list[str]:
    packed: dict[str, list[bytes]] = {row[0]: [] for row in PACKETS}
    with packets_watched(packed):
        retriever = retrieve(radio, enough, latest_s)
    assert retriever.missing.lost == 0
    decoded = decode.decode(bytes(radio.heard), dictionary.load("mars2020"))
    assert radio.down.units_lost
    assert decoded.report.frames_missing > 60
    assert decoded.report.packets_played_back > 1000
    assert len(decoded.tables["NAV_RATE"]) > 60 * 64
    return missing(decoded, packed, until_s)


def test_an_outage_in_mid_entry_is_closed_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """1 % of the frames lost and a bit error rate of 1e-5 both ways, at eight times the rate."""
    monkeypatch.setattr(MISSION, "DOWNLINK_BITS_PER_S", 64000)
    radio = Radio()

    def enough(retriever: Retriever) -> bool:
        if radio.now_s < OUTAGE_S[1] + 10 or radio.frames % 64:
            return False
        limit = MISSION.EI_SCLK + OUTAGE_S[1] + 10  # the recorder tells how far it is every 8 s
        return all(gap.until_s > limit for gap in retriever.missing.gaps())

    assert flown(radio, enough, OUTAGE_S[1] + 200, OUTAGE_S[1] + 1) == []
    print(f"complete at EI{radio.now_s:+.0f} s")


@pytest.mark.soak
def test_a_whole_descent_at_the_rate_of_the_relay_is_complete_in_the_end() -> None:
    radio = Radio()

    def enough(retriever: Retriever) -> bool:
        landed = radio.values[STATE] == LANDED
        return landed and radio.frames % 64 == 0 and retriever.complete

    assert flown(radio, enough, 5000, 420.0) == []  # until after touchdown
    print(f"complete at EI{radio.now_s:+.0f} s")
