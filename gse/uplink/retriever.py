"""How does the ground get what the link lost? It asks the recorder, until nothing is missing.

Listens to a source, keeps the list of what is missing, and sends PLAYBACK_GAP for it, a few
requests at a time; what is lost on the way is missing still, and is asked for again. Nobody has to
look.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor

import numpy as np

from fsw import missions
from fsw.dictionary.commands import COMMANDS, SMALL_HIGHEST
from fsw.link.layout import VC_REAL_TIME
from gse import dictionary as dictionaries
from gse import identity
from gse.dictionary import Dictionary
from gse.errors import UserError
from gse.link.assembler import Assembler, CaduFinder, SpacePacket
from gse.live.connection import Connection
from gse.merge import SEQUENCE_COUNTS
from gse.missing import Gap, Missing, Outage, without
from gse.uplink import cltu, telecommand
from gse.uplink.clcw import Clcw
from gse.uplink.fop import Fop
from gse.uplink.frame import Frame
from gse.uplink.hearing import (
    NOTHING_HEARD_S,
    check_spacecraft,
    check_way,
    dictionary_of,
    nothing_heard,
)
from gse.uplink.refused import Refused
from gse.uplink.security import Security
from gse.uplink.session import Session

Clock = Callable[[], float]

_LOOK_S = 0.05
_MOST_ASKED = 8  # requests at a time, of the sixteen that the board takes
_MOST_FULL_RATE = 2
_SETTLED_S = 2.0  # after the last new gap: an outage may go on
_PATIENCE_S = 600.0  # for an answer
_ON_THE_WAY_S = 4.0  # a request may be, and so may what the board says
_ATTEMPTS = 20  # of FOP-1: a link in an outage is no reason to give up
_LOOK_AGAIN_S = 0.25  # at the list
_ALL = 0  # in place of an APID
_PLAYBACK_TIME = next(row[1] for row in COMMANDS if row[0] == "PLAYBACK_TIME")
_SURE_S = 12.0  # after which the recorder has said how far it is: every 8 s


@dataclass(slots=True)
class _Asked:
    what: Gap | Outage
    at: float


class Retriever:
    """Asks for what is missing over one source. missing: the list; frames: good ones heard."""

    def __init__(
        self,
        source: Connection,
        security: Callable[[int], Security] | None,
        keep: Callable[[bytes], object],
        tell: Callable[[str], None],
        mission: str | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        """security: for a spacecraft identifier; None: commands go up as packets. keep: is given
        every transfer frame that came; tell: every event report, in words. mission: by default that
        of the first spacecraft heard."""
        self._source = source
        self._make_security = security
        self._security: Security | None = None
        self._session: Session | None = None
        self._keep = keep
        self._tell = tell
        self.clock = clock
        self._refused = Refused()
        self._obeyed = False  # a command of ours has arrived
        self._range: tuple[float, float] | None = None  # asked for, from time zero
        self._wanted: Outage | None = None  # the same by SCLK, once it is under way
        self._answered_s: float | None = None  # when the board had sent all of it
        self.range_sent: int | None = None  # packets of it, as the board says; None: unheard
        self.range_came = 0
        self._first_heard: float | None = None
        self._finder = CaduFinder()
        self._assembler = Assembler()
        self.dictionary: Dictionary | None = dictionaries.load(mission) if mission else None
        self._missing: Missing | None = None
        self._ei_sclk = 0  # SCLK of time zero
        self._asked: list[_Asked] = []
        self._open = 0
        self._changed = 0.0  # when something came to be missing, or came
        self._look_again = 0.0
        self._begun = clock()
        self.frames = 0

    @property
    def missing(self) -> Missing:
        """Raises UserError while nothing has been heard."""
        if self._missing is None:
            raise nothing_heard()
        return self._missing

    def ask_time(self, from_s: float, to_s: float) -> None:
        """Asks, once, for all that was recorded between two times in seconds from the mission's
        time zero."""
        self._range = (from_s, to_s)

    @property
    def settled(self) -> bool:
        """Whether the time range that was asked for has been played back; without one, whether
        nothing is missing, once it has listened for long enough to know."""
        if self._first_heard is None or self._range:
            return False
        if self._wanted:
            # Its report overtakes the last packets: they come in frames of their own.
            answered_s = self._answered_s
            return answered_s is not None and self.clock() - answered_s > _ON_THE_WAY_S
        return self.complete and self.clock() - self._first_heard > _SURE_S

    @property
    def complete(self) -> bool:
        """Whether nothing is missing that the board may have."""
        return self.missing.open == 0 and not self._asked

    def step(self) -> None:
        """Listens for a moment, and asks for what there is to ask for. Raises UserError for another
        mission than named, or when nothing is heard at all."""
        octets = self._source.receive(_LOOK_S)
        now = self.clock()
        for cadu in self._finder.take(octets):
            self._keep(cadu)
            self._frame(cadu, now)
        if self._missing is None:
            if now - self._begun > NOTHING_HEARD_S:
                _ = self.missing
            return
        if self._session:
            self._session.tick(now)
            self._obeyed = self._obeyed or self._session.delivered > 0
            if self._session.lost:
                self._session = None  # begun anew by the next control word
        if self._missing.open != self._open:
            self._open = self._missing.open
            self._changed = now
        self._give_up(now)
        if now - self._changed >= _SETTLED_S or self._asked or self._range:
            self._ask(now)

    def _frame(self, cadu: bytes, now: float) -> None:
        self.dictionary = self.dictionary or dictionary_of(cadu)
        check_spacecraft(cadu, self.dictionary)
        if self._missing is None:
            self._missing = Missing(self.dictionary)
            self._first_heard = now
            self._ei_sclk = missions.load(self.dictionary.mission).EI_SCLK
        self.frames += 1
        if clcw := Clcw.of_cadu(cadu):
            self._hear(clcw, self.dictionary, now)
        for packet in self._assembler.take(cadu):
            self._look_for_time_zero(packet, self.dictionary)
            self._missing.take(packet)
            if self._missing.no_recorder:
                raise UserError(
                    "this board has no flash to record in, so nothing can be played back: keep "
                    "what comes down with edlcam record"
                )
            self._settle(now)
            self._report(packet, self.dictionary, now)
            self._look_for_number(packet, self.dictionary)
            if packet.virtual_channel != VC_REAL_TIME:
                self._played_back(int(packet.sclk_s), now)

    def _hear(self, clcw: Clcw, dictionary: Dictionary, now: float) -> None:
        check_way(clcw, secured=self._make_security is not None)
        if self._make_security is None:
            return
        if self._security is None:
            self._security = self._make_security(dictionary.spacecraft_id)
        if self._session is None:
            self._session = Session(Fop(limit=_ATTEMPTS), self._send)
        self._session.hear(clcw, now)

    def _send(self, frame: Frame) -> bool:
        assert self._security is not None
        self._source.send(cltu.encode(self._security.protect(frame)))
        return True

    def _played_back(self, sclk_s: int, now: float) -> None:
        """A packet of this second has come by playback: what asked for its time is being served."""
        if self._wanted and self._wanted.since_s <= sclk_s <= self._wanted.until_s:
            self.range_came += 1
        for asked in self._asked:
            what = asked.what
            if isinstance(what, Outage) and what.since_s <= sclk_s <= what.until_s:
                asked.at = now

    def _report(self, packet: SpacePacket, dictionary: Dictionary, now: float) -> None:
        """What an event report says, if this packet is one."""
        row = _row(packet, dictionary, "EVR")
        if row is None:
            return
        arguments = tuple(int(row[f"EVR_ARG{n}"]) for n in range(4))
        name = dictionary.enum_text("EVENT", int(row["EVR_ID"]))
        live = packet.virtual_channel == VC_REAL_TIME
        if name == "PLAYBACK_DONE" and live:
            self._answered(arguments, now)
        elif name == "PLAYBACK_STOPPED" and live:
            self._stopped()
        elif name == "COMMAND_REFUSED" and live:
            self._ask_again(arguments[0], now)
        elif not name.startswith(("COMMAND_", "PLAYBACK_")):
            self._tell(dictionary.event_text(int(row["EVR_ID"]), arguments))
        if name == "TC_REFUSED" and live and self._session and not self._session.done:
            why = self._refused.take(arguments[0])
            if why and not self._obeyed:
                raise UserError(f"nothing can be asked for: frames are refused on board, {why}")

    def _look_for_time_zero(self, packet: SpacePacket, dictionary: Dictionary) -> None:
        boot = identity.heard(packet.octets)
        if boot is None:
            return
        ei_sclk = boot.entry_s(dictionary)
        if ei_sclk is None:
            raise UserError(
                f"what comes down is of dictionary {boot.dictionary_hash:08X}, and this edlcam has "
                f"{dictionary.fingerprint:08X} for {dictionary.mission}: use the version that flies"
            )
        self._ei_sclk = ei_sclk

    def _look_for_number(self, packet: SpacePacket, dictionary: Dictionary) -> None:
        row = _row(packet, dictionary, "UPLINK")
        if row is not None and packet.virtual_channel == VC_REAL_TIME:
            self._refused.heed(int(row["TC_NUMBER"]), self._security)

    def _answered(self, arguments: tuple[int, ...], now: float) -> None:
        apid, first, found = arguments[:3]
        for asked in self._asked:
            what = asked.what
            if isinstance(what, Outage):
                if (apid, first) == (_ALL, what.since_s):
                    self._asked.remove(asked)
                    if what is self._wanted:
                        self._answered_s, self.range_sent = now, found
                    return
            elif what.apid == apid and what.first % SEQUENCE_COUNTS == first:
                self._asked.remove(asked)
                if not found:
                    self.missing.has_not(what)
                return

    def _stopped(self) -> None:
        """Somebody has had the board forget every request."""
        if any(asked.what is self._wanted for asked in self._asked):
            raise UserError("somebody has stopped playback: ask again")
        self._asked.clear()

    def _ask_again(self, opcode: int, now: float) -> None:
        """The board has refused a command: of requests it has sixteen already."""
        outages = [a for a in self._asked if isinstance(a.what, Outage)]
        if opcode == _PLAYBACK_TIME and outages:
            refused = outages[-1]
            self._asked.remove(refused)
            assert isinstance(refused.what, Outage)
            self.missing.outages.append(refused.what)
            self._look_again = now + _ON_THE_WAY_S

    def _settle(self, now: float) -> None:
        """The board says how many requests it has: the others were answered, unheard. They arrive
        in the order in which they are sent."""
        waiting = self.missing.waiting
        self.missing.waiting = None
        if waiting is None or (self._session and not self._session.done):
            return
        sent = [a for a in self._asked if now - a.at > _ON_THE_WAY_S]
        for asked in sent[: max(len(sent) - waiting, 0)]:
            self._asked.remove(asked)
            if asked.what is self._wanted:
                self._answered_s = now

    def _give_up(self, now: float) -> None:
        """On answers, where the board says nothing either."""
        late = [a for a in self._asked if now - a.at >= _PATIENCE_S]
        if any(a.what is self._wanted for a in late):
            raise UserError(f"the board has played nothing back in {_PATIENCE_S:.0f} s: ask again")
        self._asked = [a for a in self._asked if a not in late]

    def _ask(self, now: float) -> None:
        if self._session and not self._session.done:
            return
        if len(self._asked) >= _MOST_ASKED or now < self._look_again:
            return
        self._look_again = now + _LOOK_AGAIN_S
        if self._range:
            from_s, to_s = self._range
            since_s, until_s = self._ei_sclk + floor(from_s), self._ei_sclk + ceil(to_s)
            self._wanted = Outage(_on_the_clock(since_s), _on_the_clock(until_s))
            self.missing.outages.append(self._wanted)
            self._range = None
        while self.missing.outages:
            outage = self.missing.outages.pop(0)
            self._asked.append(_Asked(outage, now))
            counts = {"apid": _ALL, "from": outage.since_s, "until": outage.until_s}
            self._command("PLAYBACK_TIME", counts, now)
        if self._wanted:
            return  # nothing else has to share the link with it
        asked = [a.what for a in self._asked]
        full_rate = sum(isinstance(a, Gap) and self.missing.is_full_rate(a) for a in asked)
        for gap in without(self.missing.gaps(), asked):
            if len(self._asked) >= _MOST_ASKED:
                return
            if self.missing.is_full_rate(gap):
                if full_rate == _MOST_FULL_RATE:
                    return
                full_rate += 1
            self._asked.append(_Asked(gap, now))
            counts = {
                "apid": gap.apid,
                "first": gap.first % SEQUENCE_COUNTS,
                "count": gap.count,
                "since": gap.since_s,
            }
            self._command("PLAYBACK_GAP", counts, now)
            if self._session is None:
                return  # packets without frames: one at a time

    def _command(self, name: str, counts: dict[str, int], now: float) -> None:
        packet = telecommand(name, counts)
        if self._session:
            self._session.submit(packet, now)
        else:
            self._source.send(packet)


def _on_the_clock(sclk_s: int) -> int:
    """The nearest second that a command can name."""
    return min(max(sclk_s, 0), SMALL_HIGHEST)


def _row(packet: SpacePacket, dictionary: Dictionary, name: str) -> np.void | None:
    """The fields of a packet, if it is of this type."""
    known = dictionary.packet(name)
    if packet.apid != known.apid or len(packet.octets) != known.length:
        return None
    row: np.void = np.frombuffer(packet.octets, known.dtype)[0]
    return row
