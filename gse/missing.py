"""Which packets has the ground not got, and which of them can the recorder still give?

A ledger of each packet type, kept while packets come: sequence counts that were passed over in real
time, or that the recorder says exist, until playback brings them. Counts of which the board has
answered twice that it has none are lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from fsw.dictionary.channels import ENUMS
from fsw.link.layout import VC_REAL_TIME
from gse.dictionary import Dictionary
from gse.link.assembler import SpacePacket
from gse.merge import SEQUENCE_COUNTS

FULL_RATE = "NAV_RATE"
_RECORDER = "RECORDER"
_NO_FLASH = ENUMS["RECORDER_STATE"].index("NO_FLASH")
_MOST = SEQUENCE_COUNTS - 1  # of one request
_CHUNK = 512  # of full-rate packets: so that gaps in the others need not wait for all of it
_ENOUGH = 2  # times that the board may say that it has not got a packet
_OVERTAKEN_S = 10.0  # a packet may be by others, on a network
_NOTHING_SENT = 0, 0.0
_OUTAGE_S = 10  # in which nothing came: then all of it is asked for at once


@dataclass(frozen=True, slots=True)
class Gap:
    """Packets of one type that are missing in a row. first: number of the first one, which is its
    sequence count without going round; since_s, until_s: SCLK between which the first one is."""

    apid: int
    first: int
    count: int
    since_s: int
    until_s: int

    @property
    def end(self) -> int:
        return self.first + self.count


@dataclass(frozen=True, slots=True)
class Outage:
    """SCLK between which nothing came in real time."""

    since_s: int
    until_s: int


class _Type:
    """Of one packet type, by numbers that do not go round."""

    def __init__(self, apid: int, first: int | None = None) -> None:
        self.apid = apid
        self.next = first  # None: nothing has come
        self.missing: dict[int, tuple[int, int]] = {}  # number: SCLK since and until when it can be
        self.answers: dict[int, int] = {}  # in which the board had none
        self.lost = 0
        self._last_s = 0
        self._found_s: dict[int, int] = {}  # number after one that was played back: its SCLK

    def came(self, sequence: int, sclk_s: float) -> None:
        """In real time."""
        if self.next is None:
            self.next = sequence
        if self.has_passed(sequence):  # late, or twice
            self.played(sequence, sclk_s)
            return
        self.reached(self.next + self._ahead(sequence), int(sclk_s))
        self.next += 1

    def has_passed(self, sequence: int) -> bool:
        """Whether a sequence count is nearer behind than ahead, where it has gone round."""
        return self._ahead(sequence) >= SEQUENCE_COUNTS // 2

    def _ahead(self, sequence: int) -> int:
        return 0 if self.next is None else (sequence - self.next) % SEQUENCE_COUNTS

    def reached(self, number: int, sclk_s: int) -> None:
        """All before this one have been packed."""
        if self.next is None:
            self.next = number
        for n in range(self.next, number):
            self.missing[n] = (self._last_s, sclk_s)
        self.next = max(self.next, number)
        self._last_s = sclk_s

    def played(self, sequence: int, sclk_s: float) -> None:
        """By playback: of those with this sequence count the youngest that can be so old."""
        if self.next is None:
            return
        number = self.next - 1 - (self.next - 1 - sequence) % SEQUENCE_COUNTS
        while number >= 0:
            if number in self.missing and self.missing[number][0] <= sclk_s:
                self._forget(number)
                self._found_s[number + 1] = int(sclk_s)
                return
            number -= SEQUENCE_COUNTS

    def _forget(self, number: int) -> None:
        del self.missing[number]
        self.answers.pop(number, None)

    def gaps(self, most: int) -> Iterator[Gap]:
        """In the order of their numbers, in pieces of no more packets than this."""
        run: list[int] = []
        for number in sorted(self.missing):
            if run and (number != run[-1] + 1 or len(run) == most):
                yield self._gap(run)
                run = []
            run.append(number)
        if run:
            yield self._gap(run)

    def _gap(self, run: list[int]) -> Gap:
        since_s, until_s = self.missing[run[0]]
        since_s = max(since_s, self._found_s.get(run[0], 0))
        return Gap(self.apid, run[0], len(run), since_s, until_s)

    def has_not(self, gap: Gap) -> None:
        """The board has answered that it has none of these."""
        for number in range(gap.first, gap.end):
            if number in self.missing:
                self.answers[number] = self.answers.get(number, 0) + 1
                if self.answers[number] >= _ENOUGH:
                    self._forget(number)
                    self.lost += 1


class Missing:
    """All packet types of a dictionary."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._packets = {p.apid: p for p in dictionary.packets}
        self._full_rate = next(p.apid for p in dictionary.packets if p.name == FULL_RATE)
        self._types = {apid: _Type(apid) for apid in self._packets}
        self.waiting: int | None = None  # requests on board, as a RECORDER packet has just said
        self.no_recorder = False  # as a RECORDER packet has said: the board has no flash
        self._heard_s = 0  # SCLK of the last packet in real time
        self._sent = _NOTHING_SENT  # packets, and the SCLK at which the last HK packet said so
        self.outages: list[Outage] = []  # that nobody has asked for

    def take(self, packet: SpacePacket) -> None:
        """One that has come, in real time or by playback."""
        known = self._packets.get(packet.apid)
        if known is None or len(packet.octets) != known.length:
            return
        ledger = self._types[packet.apid]
        if packet.virtual_channel != VC_REAL_TIME:
            ledger.played(packet.sequence, packet.sclk_s)
            return
        if known.name == "BOOT" and packet.sequence == 0 and ledger.has_passed(0):
            self._restarted()
        if known.name == "HK":
            self._take_counts(self._channel(packet, "PACKETS_SENT"), packet.sclk_s)
        ledger = self._types[packet.apid]
        ledger.came(packet.sequence, packet.sclk_s)
        self._heard(int(packet.sclk_s))
        if known.name == _RECORDER:
            self.waiting = self._channel(packet, "PLAYBACK_WAITING")
            self.no_recorder = self._channel(packet, "RECORDER_STATE") == _NO_FLASH
            full_rate = self._types[self._full_rate]
            if full_rate.next is None:
                full_rate.next = 0
            next_number = self._channel(packet, "RECORDER_NEXT")
            full_rate.reached(next_number, int(packet.sclk_s))

    def _take_counts(self, packets_sent: int, sclk_s: float) -> None:
        """Of an HK packet. Fewer packets than before are of a board that was restarted, though its
        first BOOT packet was lost; or of a moment ago, and overtaken."""
        sent, before_s = self._sent
        if packets_sent < sent:
            if before_s - _OVERTAKEN_S <= sclk_s < before_s:
                return
            self._restarted()
        self._sent = packets_sent, sclk_s

    def _restarted(self) -> None:
        """The flight software counts from 0 again: what went before is no longer to be had."""
        self._heard_s = 0
        self._sent = _NOTHING_SENT
        self.outages.clear()
        self._types = {apid: _Type(apid, 0) for apid in self._packets}

    def _heard(self, sclk_s: int) -> None:
        if self._heard_s and sclk_s - self._heard_s >= _OUTAGE_S:
            self.outages.append(Outage(self._heard_s - 1, sclk_s))
        self._heard_s = max(self._heard_s, sclk_s)

    def _channel(self, packet: SpacePacket, name: str) -> int:
        dtype = self._packets[packet.apid].dtype
        return int(np.frombuffer(packet.octets, dtype)[name][0])

    def gaps(self) -> Iterator[Gap]:
        """What is missing, full-rate packets last and in pieces."""
        for apid, ledger in self._types.items():
            if apid != self._full_rate:
                yield from ledger.gaps(_MOST)
        yield from self._types[self._full_rate].gaps(_CHUNK)

    def is_full_rate(self, gap: Gap) -> bool:
        """Whether it is of packets that are recorded only."""
        return gap.apid == self._full_rate

    def has_not(self, gap: Gap) -> None:
        """The board has answered that it has nothing of a gap."""
        self._types[gap.apid].has_not(gap)

    @property
    def open(self) -> int:
        """Packets that are missing and not known to be lost."""
        return sum(len(t.missing) for t in self._types.values())

    @property
    def lost(self) -> int:
        """Packets that the board has not got."""
        return sum(t.lost for t in self._types.values())


def without(gaps: Iterable[Gap], asked: Iterable[Gap | Outage]) -> Iterator[Gap]:
    """Gaps of which nothing has been asked for."""
    pending = list(asked)
    for gap in gaps:
        if not any(_meet(gap, other) for other in pending):
            yield gap


def _meet(gap: Gap, asked: Gap | Outage) -> bool:
    if isinstance(asked, Outage):
        return gap.since_s <= asked.until_s and gap.until_s >= asked.since_s
    return gap.apid == asked.apid and gap.first < asked.end and asked.first < gap.end
