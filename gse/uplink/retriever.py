"""How does the ground get what the link lost? It asks the recorder, until nothing is missing.

Listens to a source, keeps the list of what is missing, and sends PLAYBACK_GAP for it, a few
requests at a time; what is lost on the way is missing still, and is asked for again. Nobody has to
look.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fsw import missions
from gse import dictionary as dictionaries
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
_HEARD_NOTHING_S = 10.0
_LOOK_AGAIN_S = 0.25  # at the list
_ALL = 0  # in place of an APID
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
        self._range: tuple[float, float] | None = None  # asked for, from time zero
        self._has_range = False
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
            raise UserError(
                f"nothing came down in {_HEARD_NOTHING_S:.0f} s: look whether this is the right "
                "port, and whether the board is running"
            )
        return self._missing

    def ask_time(self, from_s: float, to_s: float) -> None:
        """Asks, once, for all that was recorded between two times in seconds from the mission's
        time zero."""
        self._range = (from_s, to_s)
        self._has_range = True

    @property
    def settled(self) -> bool:
        """Whether the time range that was asked for has been played back; without one, whether
        nothing is missing, once it has listened for long enough to know."""
        if self._first_heard is None or self._range:
            return False
        if self._has_range:
            return not any(isinstance(asked.what, Outage) for asked in self._asked)
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
            if now - self._begun > _HEARD_NOTHING_S:
                _ = self.missing
            return
        if self._session:
            self._session.tick(now)
            if self._session.lost:
                self._session = None  # begun anew by the next control word
        if self._missing.open != self._open:
            self._open = self._missing.open
            self._changed = now
        self._give_up(now)
        if now - self._changed >= _SETTLED_S or self._asked or self._range:
            self._ask(now)

    def _frame(self, cadu: bytes, now: float) -> None:
        spacecraft = (cadu[4] & 0x3F) << 4 | cadu[5] >> 4
        if self.dictionary is None:
            self.dictionary = dictionaries.load(_mission_of(spacecraft))
        if spacecraft != self.dictionary.spacecraft_id:
            raise UserError(
                f"what comes down is of spacecraft {spacecraft:#x}, and {self.dictionary.mission} "
                f"is {self.dictionary.spacecraft_id:#x}: name another mission with --mission"
            )
        if self._missing is None:
            self._missing = Missing(self.dictionary)
            self._first_heard = now
            self._ei_sclk = missions.load(self.dictionary.mission).EI_SCLK
        self.frames += 1
        if clcw := Clcw.of_cadu(cadu):
            self._hear(clcw, spacecraft, now)
        for packet in self._assembler.take(cadu):
            self._missing.take(packet)
            self._settle(now)
            self._report(packet, self.dictionary)
            self._look_for_time_zero(packet, self.dictionary)

    def _hear(self, clcw: Clcw, spacecraft: int, now: float) -> None:
        if self._make_security is None:
            if not clcw.no_radio:
                raise UserError("this board takes authenticated commands only: name --key FILE")
            return
        if clcw.no_radio:
            raise UserError(
                "this board takes no authenticated frames, as its control word says: give it a key "
                "(edlcam flash --key, edlcam fly --key), or command it with --unauthenticated"
            )
        if self._security is None:
            self._security = self._make_security(spacecraft)
        if self._session is None:
            self._session = Session(Fop(limit=_ATTEMPTS), self._send)
        self._session.hear(clcw, now)

    def _send(self, frame: Frame) -> bool:
        assert self._security is not None
        self._source.send(cltu.encode(self._security.protect(frame)))
        return True

    def _report(self, packet: SpacePacket, dictionary: Dictionary) -> None:
        """What an event report says, if this packet is one."""
        known = next(p for p in dictionary.packets if p.name == "EVR")
        if packet.apid != known.apid or len(packet.octets) != known.length:
            return
        row = np.frombuffer(packet.octets, known.dtype)[0]
        arguments = tuple(int(row[f"EVR_ARG{n}"]) for n in range(4))
        name = dictionary.enum_text("EVENT", int(row["EVR_ID"]))
        if name == "PLAYBACK_DONE":
            self._answered(*arguments[:3])
        elif name == "PLAYBACK_STOPPED":
            self._asked.clear()
        elif not name.startswith("COMMAND_"):
            self._tell(dictionary.event_text(int(row["EVR_ID"]), arguments))

    def _look_for_time_zero(self, packet: SpacePacket, dictionary: Dictionary) -> None:
        known = next(p for p in dictionary.packets if p.name == "BOOT")
        if packet.apid == known.apid and len(packet.octets) == known.length:
            self._ei_sclk = int(np.frombuffer(packet.octets, known.dtype)["EI_SCLK"][0])

    def _answered(self, apid: int, first: int, found: int) -> None:
        for asked in self._asked:
            what = asked.what
            if isinstance(what, Outage):
                if (apid, first) == (_ALL, what.since_s):
                    self._asked.remove(asked)
                    return
            elif what.apid == apid and what.first % SEQUENCE_COUNTS == first:
                self._asked.remove(asked)
                if not found:
                    self.missing.has_not(what)
                return

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

    def _give_up(self, now: float) -> None:
        """On answers, where the board says nothing either."""
        self._asked = [a for a in self._asked if now - a.at < _PATIENCE_S]

    def _ask(self, now: float) -> None:
        if self._session and not self._session.done:
            return
        if len(self._asked) >= _MOST_ASKED or now < self._look_again:
            return
        self._look_again = now + _LOOK_AGAIN_S
        if self._range:
            since_s, until_s = (self._ei_sclk + round(t) for t in self._range)
            self.missing.outages.append(Outage(max(since_s, 0), max(until_s, 0)))
            self._range = None
        while self.missing.outages:
            outage = self.missing.outages.pop(0)
            self._asked.append(_Asked(outage, now))
            counts = {"apid": _ALL, "from": outage.since_s, "until": outage.until_s}
            self._command("PLAYBACK_TIME", counts, now)
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


def _mission_of(spacecraft: int) -> str:
    for name in missions.NAMES:
        if spacecraft == missions.load(name).SPACECRAFT_ID:
            return str(name)
    raise UserError(
        f"what comes down is of spacecraft {spacecraft:#x}, which no mission here has: "
        "name another source"
    )
