"""What does the spacecraft say while it is commanded? Control words, event reports, files.

Works on octets as they arrive, damaged or begun in the middle of a frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fsw import missions
from fsw.link.layout import VC_REAL_TIME
from gse import dictionary as dictionaries
from gse.dictionary import Dictionary
from gse.errors import UserError
from gse.link.assembler import CaduFinder
from gse.records import Records
from gse.stream import StreamDecoder
from gse.uplink.clcw import Clcw

NOTHING_HEARD_S = 10.0  # a board that runs sends something all the time


@dataclass(frozen=True, slots=True)
class Event:
    """An event report; arguments in counts."""

    name: str
    severity: str
    text: str
    arguments: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Number:
    """TC_NUMBER of an UPLINK packet: the last number that the board has used."""

    last: int


@dataclass(frozen=True, slots=True)
class Pdu:
    """Of CFDP, as it came."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class Listed:
    """A FILE packet: the board has a file, a row of FILES, of so many octets."""

    row: int
    length: int


Heard = Clcw | Event | Number | Pdu | Listed


class Hearing:
    """Takes octets of the downlink. mission: by default that of the first spacecraft heard."""

    def __init__(self, mission: str | None = None) -> None:
        self.dictionary: Dictionary | None = dictionaries.load(mission) if mission else None
        self.frames = 0  # good ones
        self._finder = CaduFinder()
        self._decoder: StreamDecoder | None = None

    def take(self, octets: bytes) -> Iterator[Heard]:
        """What these octets complete. Raises UserError for another mission or another dictionary
        than expected."""
        for cadu in self._finder.take(octets):
            self.dictionary = self.dictionary or dictionary_of(cadu)
            check_spacecraft(cadu, self.dictionary)
            self.frames += 1
            if clcw := Clcw.of_cadu(cadu):
                yield clcw
            yield from self._packets(cadu, self.dictionary)

    def _packets(self, cadu: bytes, dictionary: Dictionary) -> Iterator[Heard]:
        """What is in packets that a frame completes; what is played back was said before."""
        if self._decoder is None:
            assert self._finder.coding
            self._decoder = StreamDecoder(dictionary, self._finder.coding.decoded, late_window=0)
        decoded = self._decoder.feed(cadu)
        reports = decoded.records["EVR"]
        live = reports.virtual_channel == VC_REAL_TIME
        for row, data, now in zip(decoded.events.to_pylist(), reports.data, live, strict=True):
            if not now:
                continue
            arguments = tuple(int(data[f"EVR_ARG{n}"]) for n in range(4))
            yield Event(row["name"], row["severity"], row["text"], arguments)
        for data in _live(decoded.records["UPLINK"]):
            yield Number(int(data["TC_NUMBER"]))
        for data in _live(decoded.records["FILE"]):
            yield Listed(int(data["FILE_ID"]), int(data["FILE_LENGTH"]))
        for octets in decoded.pdus:
            yield Pdu(octets)


def _live(records: Records) -> npt.NDArray[np.void]:
    return np.asarray(records.data[records.virtual_channel == VC_REAL_TIME])


def spacecraft_of(cadu: bytes) -> int:
    """The spacecraft identifier in a transfer frame behind its marker."""
    return (cadu[4] & 0x3F) << 4 | cadu[5] >> 4


def dictionary_of(cadu: bytes) -> Dictionary:
    """That of the spacecraft which sent a frame. Raises UserError when no mission has it."""
    found = {missions.load(name).SPACECRAFT_ID: name for name in missions.NAMES}
    spacecraft = spacecraft_of(cadu)
    if spacecraft not in found:
        raise UserError(
            f"what comes down is of spacecraft {spacecraft:#x}, which no mission here has: "
            "name another source"
        )
    return dictionaries.load(found[spacecraft])


def check_spacecraft(cadu: bytes, dictionary: Dictionary) -> None:
    """Raises UserError when a frame is not of the dictionary's spacecraft."""
    spacecraft = spacecraft_of(cadu)
    if spacecraft != dictionary.spacecraft_id:
        raise UserError(
            f"what comes down is of spacecraft {spacecraft:#x}, and {dictionary.mission} is "
            f"{dictionary.spacecraft_id:#x}: name another mission with --mission"
        )


def check_way(clcw: Clcw, *, secured: bool) -> None:
    """Raises UserError when commands have to come another way than in secured frames, or than as
    packets, as a control word says."""
    if not secured and not clcw.no_radio:
        raise UserError("this board takes authenticated commands only: name --key FILE")
    if secured and clcw.no_radio:
        raise UserError(
            "this board takes no authenticated frames, as its control word says: give it a key "
            "(edlcam flash --key, edlcam fly --key), or command it with --unauthenticated"
        )


def nothing_heard() -> UserError:
    """After NOTHING_HEARD_S."""
    return UserError(
        f"nothing came down in {NOTHING_HEARD_S:.0f} s: look whether this is the right port, and "
        "whether the board is running"
    )
