"""How is a file fetched from a spacecraft that is listening? Asked for, and received to its end.

Of class 2, cfdp-py's receiving entity asks for what is missing by itself; of class 1, what comes is
put together, and what does not come is missing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from gse.errors import UserError
from gse.files.assembly import Assembly
from gse.files.directory import DIRECTORY
from gse.files.packets import uplink_packet
from gse.files.received import ReceivedFile
from gse.files.receiver import Receiver
from gse.live.connection import Connection
from gse.uplink import telecommand
from gse.uplink.hearing import Heard, Hearing, Listed, Pdu
from gse.uplink.operator import Clock, Operator, Outcome, Verdict

_LOOK_S = 0.05
_PDU_S = 0.2  # from one PDU to the next: what a board takes, authenticated
_LIST_QUIET_S = 3.0  # after which a list is over
_CONFIRMED_S = 15.0  # how long the sender may take to confirm the end

Progress = Callable[[ReceivedFile], None]


@dataclass(frozen=True, slots=True)
class Fetched:
    """file: None when nothing of it came. problem: why it is not whole, empty when it is."""

    file: ReceivedFile | None
    problem: str


class Transfers:
    """Fetches files over one link; after the operator has listened."""

    def __init__(
        self,
        source: Connection,
        hearing: Hearing,
        make_operator: Callable[[Callable[[Heard], None]], Operator],
        clock: Clock = time.monotonic,
    ) -> None:
        """make_operator: of the function that it shall call with all that it does not need."""
        self._source = source
        self._hearing = hearing
        self.operator = make_operator(self._note)
        self._clock = clock
        self._listed: dict[int, int] = {}
        self._receiver: Receiver | None = None
        self._assembly: Assembly | None = None
        self._rising: list[bytes] = []  # PDUs to be sent up
        self._due = 0.0  # when the next one may be
        self._heard_at = 0.0  # the last PDU, or FILE packet
        self.latest: ReceivedFile | None = None  # as far as it has come

    def list(self, timeout_s: float) -> dict[str, int]:
        """Octets of each file on board, by name. Raises UserError when it does not say."""
        self._listed.clear()
        self._command("FILE_LIST", {}, timeout_s)
        self._heard_at = self._clock()
        while self._clock() < self._heard_at + _LIST_QUIET_S:
            self._look()
        files = [file for file in DIRECTORY.values() if file.row in self._listed]
        return {file.name: self._listed[file.row] for file in files}

    def fetch(self, name: str, acknowledged: bool, silence_s: float, progress: Progress) -> Fetched:
        """A file by its name. silence_s: how long nothing may come of it.

        Raises UserError when the board does not send it.
        """
        self._receiver = Receiver() if acknowledged else None
        self._assembly = None if acknowledged else Assembly()
        self.latest = None
        self._rising.clear()
        wanted = DIRECTORY[name]
        arguments = {"file": wanted.row, "class": 2 if acknowledged else 1}
        self._command("FILE_SEND", arguments, silence_s)
        self._heard_at = self._clock()
        while self._clock() < self._heard_at + silence_s:
            self._turn()
            if self.latest is not None:
                progress(self.latest)
            if file := self._ended(wanted.file_name):
                self._confirm()
                return Fetched(file, "" if file.complete else "it ended without all of it")
        return Fetched(self.latest, f"nothing of it came for {silence_s:g} s")

    def cancel(self, timeout_s: float) -> None:
        """Tells the board that the transfer is wanted no more; whether it hears that or not."""
        packet = telecommand("FILE_CANCEL", {})
        self.operator.command(packet, _opcode(packet), timeout_s)

    def _turn(self) -> None:
        """Hears what there is, and sends what it is answered with."""
        self._look()
        if self._receiver is not None:
            self._receiver.tick()
            self._rising += self._receiver.pdus()
        now = self._clock()
        if self._rising and now >= self._due:
            self.operator.send(uplink_packet(self._rising.pop(0)))
            self._due = now + _PDU_S

    def _confirm(self) -> None:
        """Goes on until the sender knows that the file is here."""
        end = self._clock() + _CONFIRMED_S
        receiver = self._receiver
        while receiver and (receiver.under_way or self._rising) and self._clock() < end:
            self._turn()

    def _ended(self, wanted: str) -> ReceivedFile | None:
        """The file, once nothing more will come of it."""
        if self._receiver is not None:
            ended = [file for file in self._receiver.finished if file.name in (wanted, None)]
            return ended[-1] if ended else None
        file = self.latest
        return file if file is not None and (file.checksum is not None or file.condition) else None

    def _command(self, name: str, arguments: dict[str, int], timeout_s: float) -> None:
        packet = telecommand(name, arguments)
        outcome: Outcome = self.operator.command(packet, _opcode(packet), timeout_s)
        if outcome.verdict is Verdict.DONE:
            return
        hint = ""
        if outcome.what.endswith("NOT_NOW"):
            hint = ": this board sends no files, or another transfer is under way (FILE_CANCEL)"
        elif outcome.what.endswith("OUT_OF_RANGE"):
            hint = ": there is no such file on board now (edlcam files SOURCE list)"
        raise UserError(f"{name}: {outcome.what}{hint}")

    def _look(self) -> None:
        for heard in self._hearing.take(self._source.receive(_LOOK_S)):
            self.operator.hear(heard)

    def _note(self, heard: Heard) -> None:
        if isinstance(heard, Listed):
            self._listed[heard.row] = heard.length
            self._heard_at = self._clock()
        elif isinstance(heard, Pdu):
            self._heard_at = self._clock()
            if self._receiver is not None:
                self._receiver.take(heard.octets)
                under_way = self._receiver.under_way
                self.latest = under_way[-1] if under_way else self.latest
            elif self._assembly is not None:
                self.latest = self._assembly.take(heard.octets) or self.latest


def _opcode(packet: bytes) -> int:
    return int.from_bytes(packet[6:8], "big")
