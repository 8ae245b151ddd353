"""Has every command arrived, once and in order? FOP-1 with somebody at the desk.

Commands are numbered as they are submitted, and each keeps the frame number that follows from it:
however often it is sent, after whatever went wrong, FARM-1 takes it in its place or not at all. An
alert is answered as an operator would: by what the next control word reports, commands are counted
as arrived or sent again, FARM-1 is unlocked if it is locked, and the service begins anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gse.uplink.clcw import Clcw
from gse.uplink.fop import Answer, Fop, Notice, Outcome, State
from gse.uplink.frame import Frame

_MODULUS = 256
_PATIENCE = 3  # control words in a row that make no sense before the session is lost


@dataclass(frozen=True, slots=True)
class _Command:
    """Tag of a command: its number."""

    number: int


class Session:
    """Sends the packets that are submitted. Nothing waits: hear() and tick() make it go on.

    delivered: commands that have arrived. lost: the spacecraft reports frames that were never sent,
    as after a reset without memory, or when somebody else commands it. Which of the last commands
    it has carried out is then for telemetry to tell, and a new session has to be begun.
    """

    def __init__(self, fop: Fop, send: Callable[[Frame], bool]) -> None:
        """send: puts a frame on its way; whether it could."""
        self.fop = fop
        self.delivered = 0
        self.lost = False
        self.heard: list[Notice] = []  # everything FOP-1 has said, for a log
        self._send = send
        self._packets: list[bytes] = []
        self._handed = 0  # commands handed to FOP-1
        self._sent = 0  # the most that have ever been handed to it
        self._origin: int | None = None  # N(S) of the first command
        self._strange = 0
        fop.set_timeout_type(0, 0.0)  # an alert at the limit: a suspension would need an operator

    def submit(self, packet: bytes, now: float) -> int:
        """Number of the command, from 0; it has arrived when `delivered` exceeds that."""
        self._packets.append(packet)
        self._go_on(now)
        return len(self._packets) - 1

    @property
    def done(self) -> bool:
        """Whether everything submitted has arrived."""
        return self.delivered == len(self._packets)

    def hear(self, clcw: Clcw | None, now: float) -> None:
        """A control word has come; None: one that cannot be."""
        self.fop.hear(clcw, now)
        self._go_on(now)
        if clcw and clcw.virtual_channel == self.fop.virtual_channel:
            if self.fop.state is State.INITIAL and not self.lost:
                self._begin(clcw, now)
            self._go_on(now)

    def tick(self, now: float) -> None:
        """It is so late; due at fop.deadline."""
        self.fop.tick(now)
        self._go_on(now)

    def _begin(self, clcw: Clcw, now: float) -> None:
        """Begins the service where the spacecraft says it is."""
        if self._origin is None:
            self._origin = clcw.report
        arrived = (clcw.report - self._origin - self.delivered) % _MODULUS
        if self.delivered + arrived > self._sent:
            self._strange += 1
            self.lost = self._strange >= _PATIENCE
            return
        self._strange = 0
        self.delivered += arrived
        self._handed = self.delivered
        self.fop.set_next(clcw.report, now)
        if clcw.lockout or clcw.retransmit or clcw.wait:
            self.fop.initiate_with_unlock(now)
        else:
            self.fop.initiate_with_check(now)

    def _go_on(self, now: float) -> None:
        """Hands over and sends whatever can be, until nothing can."""
        while True:
            self._take_notices()
            if self.fop.requests:
                frame = self.fop.requests.popleft()
                self.fop.answered(frame.kind, now, accepted=self._send(frame))
            elif self.fop.takes_data and self._handed < len(self._packets):
                tag = _Command(self._handed)
                self._handed += 1
                self._sent = max(self._sent, self._handed)
                self.fop.transfer(self._packets[tag.number], now, tag)
            else:
                return

    def _take_notices(self) -> None:
        while self.fop.notices:
            notice = self.fop.notices.popleft()
            self.heard.append(notice)
            if not isinstance(notice, Answer) or notice.outcome is not Outcome.CONFIRMED:
                continue
            if isinstance(notice.tag, _Command):
                self.delivered = notice.tag.number + 1
