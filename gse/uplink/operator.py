"""What became of a command on board? Sends one, and listens until the board has answered.

With a key, through FOP-1 in authenticated frames; without one, as a packet, for a bench or a
simulation. The board's event reports say what it did.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from fsw.dictionary.channels import ENUMS
from gse.live.connection import Connection
from gse.uplink import cltu
from gse.uplink.clcw import Clcw
from gse.uplink.fop import Fop
from gse.uplink.frame import Frame, Kind
from gse.uplink.hearing import (
    NOTHING_HEARD_S,
    Event,
    Heard,
    Hearing,
    Number,
    check_way,
    nothing_heard,
)
from gse.uplink.refused import Refused
from gse.uplink.security import Security
from gse.uplink.session import Session

_RESULTS = ENUMS["COMMAND_RESULT"]
_MALFORMED = _RESULTS.index("MALFORMED")
_LOOK_S = 0.05

Clock = Callable[[], float]


def _nothing(heard: Heard) -> None:
    """Is done with it."""


class Verdict(Enum):
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """what: a clause that says what happened, for people."""

    verdict: Verdict
    what: str


class Operator:
    """Commands over one source."""

    def __init__(
        self,
        source: Connection,
        hearing: Hearing,
        security: Callable[[int], Security] | None,
        tell: Callable[[Event], None],
        clock: Clock = time.monotonic,
        note: Callable[[Heard], None] = _nothing,
    ) -> None:
        """security: for a spacecraft identifier; None: commands go up as packets. tell: is called
        with every event report that comes after the command was sent, note with all else."""
        self._source = source
        self._hearing = hearing
        self._make_security = security
        self._security: Security | None = None
        self._tell = tell
        self._note = note
        self._clock = clock
        self._refused = Refused()

    def listen(self) -> Clcw:
        """Waits for the first transfer frame; its control word.

        Raises UserError when none comes, or when it says that commands have to come another way.
        """
        end = self._clock() + NOTHING_HEARD_S
        while self._clock() < end:
            for heard in self._hearing.take(self._source.receive(_LOOK_S)):
                if isinstance(heard, Clcw):
                    self._check(heard)
                    return heard
        raise nothing_heard()

    def _check(self, clcw: Clcw) -> None:
        assert self._hearing.dictionary is not None
        check_way(clcw, secured=self._make_security is not None)
        if self._make_security:
            self._security = self._make_security(self._hearing.dictionary.spacecraft_id)

    def command(self, packet: bytes, opcode: int, timeout_s: float) -> Outcome:
        """Sends a telecommand packet and waits for what the board says of it; after listen()."""
        session = self._begin(packet)
        begun = self._clock()
        outcome: Outcome | None = None
        while self._clock() < begun + timeout_s:
            octets = self._source.receive(_LOOK_S)
            now = self._clock()
            for heard in self._hearing.take(octets):
                self.hear(heard)
                if isinstance(heard, Clcw) and session:
                    session.hear(heard, now)
                elif isinstance(heard, Event):
                    outcome = outcome or self._judge(heard, opcode, session)
            if outcome:
                return outcome
            if session:
                session.tick(now)
                if session.lost:
                    return Outcome(
                        Verdict.UNKNOWN,
                        "somebody else commands this board, or it was reset: look at its telemetry",
                    )
        if session and session.done:
            what = "it arrived, but no report of it came down"
        elif session:
            what = "it did not arrive, as the board's control word says"
        else:
            what = "no report came down, and without frames nobody knows whether it arrived"
        return Outcome(Verdict.UNKNOWN, f"no answer within {timeout_s:g} s: {what}")

    def hear(self, heard: Heard) -> None:
        """Passes on what has come."""
        if isinstance(heard, Event):
            self._tell(heard)
        elif isinstance(heard, Number):
            self._refused.heed(heard.last, self._security)
        elif not isinstance(heard, Clcw):
            self._note(heard)

    def send(self, packet: bytes) -> None:
        """Sends a telecommand packet that nobody waits for, ahead of what is in sequence."""
        if self._security is None:
            self._source.send(packet)
        else:
            self._send(Frame(Kind.BD, packet))

    def _begin(self, packet: bytes) -> Session | None:
        if self._security is None:
            self._source.send(packet)
            return None
        session = Session(Fop(), self._send)
        session.submit(packet, self._clock())
        return session

    def _send(self, frame: Frame) -> bool:
        assert self._security is not None
        self._source.send(cltu.encode(self._security.protect(frame)))
        return True

    def _judge(self, event: Event, opcode: int, session: Session | None) -> Outcome | None:
        """What an event report says of the command; None: nothing."""
        if event.name == "COMMAND_DONE" and event.arguments[0] == opcode:
            return Outcome(Verdict.DONE, "done on board")
        if event.name == "COMMAND_REFUSED":
            number, reason = event.arguments[:2]
            if number == opcode or (number == 0 and reason == _MALFORMED):
                name = _RESULTS[reason] if 0 <= reason < len(_RESULTS) else reason
                return Outcome(Verdict.REFUSED, f"refused on board: {name}")
        if event.name == "TC_REFUSED" and session and not session.done:
            # After REPLAYED, FOP-1 sends the command again with another number.
            why = self._refused.take(event.arguments[0])
            return (
                Outcome(Verdict.REFUSED, f"its frames are refused on board: {why}") if why else None
            )
        return None
