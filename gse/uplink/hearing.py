"""What does the spacecraft say while it is commanded? Its control words and event reports.

Works on octets as they arrive, damaged or begun in the middle of a frame.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from fsw import missions
from fsw.link import layout
from gse import dictionary as dictionaries
from gse.decode import decode
from gse.dictionary import Dictionary
from gse.errors import UserError
from gse.link.coding import CRC, RS, cadu_length, plain_cadu
from gse.uplink.clcw import Clcw

_MARKER = layout.SYNC_MARKER.to_bytes(layout.SYNC_LENGTH, "big")
_KEPT = 48  # transfer frames that are decoded together: more than any packet spans


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


class Hearing:
    """Takes octets of the downlink. mission: by default that of the first spacecraft heard."""

    def __init__(self, mission: str | None = None) -> None:
        self.dictionary: Dictionary | None = dictionaries.load(mission) if mission else None
        self.frames = 0  # good ones
        self._codings: tuple[str, ...] = (CRC, RS)  # shorter first; then the one that was heard
        self._octets = bytearray()
        self._cadus: deque[bytes] = deque(maxlen=_KEPT)
        self._seen: dict[str, set[tuple[int, float]]] = {"EVR": set(), "UPLINK": set()}

    def take(self, octets: bytes) -> Iterator[Clcw | Event | Number]:
        """What these octets complete. Raises UserError for another mission or another dictionary
        than expected."""
        self._octets += octets
        while (cadu := self._next_cadu()) is not None:
            if self.dictionary is None:
                self.dictionary = dictionaries.load(_mission_of(cadu))
            self._check_spacecraft(cadu, self.dictionary)
            self.frames += 1
            self._cadus.append(cadu)
            if clcw := Clcw.of_cadu(cadu):
                yield clcw
            yield from self._packets(self.dictionary)

    def _next_cadu(self) -> bytes | None:
        """The next whole frame whose CRC is right, as a link without coding brings it."""
        octets = self._octets
        while True:
            at = octets.find(_MARKER)
            if at < 0:
                del octets[: -len(_MARKER) + 1]
                return None
            del octets[:at]
            for coding in self._codings:
                length = cadu_length(coding)
                if len(octets) < length:
                    return None
                cadu = plain_cadu(bytes(octets[:length]), coding)
                if cadu:
                    del octets[:length]
                    self._codings = (coding,)
                    return cadu
            del octets[0]

    def _check_spacecraft(self, cadu: bytes, dictionary: Dictionary) -> None:
        if _spacecraft(cadu) != dictionary.spacecraft_id:
            raise UserError(
                f"what comes down is of spacecraft {_spacecraft(cadu):#x}, and {dictionary.mission}"
                f" is {dictionary.spacecraft_id:#x}: name another mission with --mission"
            )

    def _packets(self, dictionary: Dictionary) -> Iterator[Event | Number]:
        """Packets that the last frame has completed."""
        decoded = decode(b"".join(self._cadus), dictionary, CRC)
        reports = decoded.records["EVR"]
        texts = decoded.events.to_pylist()
        for i in self._new("EVR", decoded.records["EVR"].sequence, reports.sclk_s):
            row = texts[i]
            arguments = tuple(int(reports.data[f"EVR_ARG{n}"][i]) for n in range(4))
            yield Event(row["name"], row["severity"], row["text"], arguments)
        uplink = decoded.records["UPLINK"]
        for i in self._new("UPLINK", uplink.sequence, uplink.sclk_s):
            yield Number(int(uplink.data["TC_NUMBER"][i]))

    def _new(self, packet: str, sequences: object, times: object) -> Iterator[int]:
        """Rows that were not there before."""
        seen = self._seen[packet]
        keys = zip(sequences, times, strict=True)  # type: ignore[call-overload]
        for i, (sequence, time) in enumerate(keys):
            key = (int(sequence), float(time))
            if key not in seen:
                seen.add(key)
                yield i


def _spacecraft(cadu: bytes) -> int:
    return (cadu[4] & 0x3F) << 4 | cadu[5] >> 4


def _mission_of(cadu: bytes) -> str:
    found = {missions.load(name).SPACECRAFT_ID: name for name in missions.NAMES}
    if _spacecraft(cadu) not in found:
        raise UserError(
            f"what comes down is of spacecraft {_spacecraft(cadu):#x}, which no mission here has: "
            "name another source"
        )
    name: str = found[_spacecraft(cadu)]
    return name
