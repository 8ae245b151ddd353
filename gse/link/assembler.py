"""Which whole packets does the next transfer frame complete? Frame after frame, as they come.

gse/link/packets.py answers the same for a whole capture at once; this is for who listens while it
flies, and must know in the same second what is missing.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from dataclasses import dataclass

from fsw.link import layout
from gse.link.coding import plain_cadu
from gse.link.protection import Coding

_MARKER = layout.SYNC_MARKER.to_bytes(layout.SYNC_LENGTH, "big")
_DATA_START = layout.SYNC_LENGTH + layout.FRAME_HEADER
_AFTER_DATA = layout.OPERATIONAL_CONTROL + layout.FRAME_ERROR_CONTROL
_SHORTER_FIRST = tuple(sorted(Coding, key=lambda coding: coding.cadu_length))


@dataclass(frozen=True, slots=True)
class SpacePacket:
    """A telemetry packet with a secondary header and a right CRC; octets: all of it."""

    octets: bytes
    virtual_channel: int

    @property
    def apid(self) -> int:
        return (self.octets[0] & 7) << 8 | self.octets[1]

    @property
    def sequence(self) -> int:
        """Modulo 2^14."""
        return int.from_bytes(self.octets[2:4], "big") & 0x3FFF

    @property
    def sclk_s(self) -> float:
        seconds = int.from_bytes(self.octets[6:10], "big")
        return seconds + int.from_bytes(self.octets[10:12], "big") / 65536


class CaduFinder:
    """Finds transfer frames with a right CRC in octets as they come, coded or not."""

    def __init__(self) -> None:
        """coding: that was heard; None before the first frame."""
        self.coding: Coding | None = None
        self._octets = bytearray()
        self._tried = 0  # codings, at the marker that comes next

    def take(self, octets: bytes) -> Iterator[bytes]:
        """Each one that these octets complete, as a link without coding brings it."""
        self._octets += octets
        while (cadu := self._next()) is not None:
            yield cadu

    def _next(self) -> bytes | None:
        octets = self._octets
        while True:
            at = octets.find(_MARKER)
            if at < 0:
                del octets[: -len(_MARKER) + 1]
                return None
            if at:
                del octets[:at]
                self._tried = 0
            codings = (self.coding,) if self.coding else _SHORTER_FIRST
            for coding in codings[self._tried :]:
                length = coding.cadu_length
                if len(octets) < length:
                    return None
                cadu = plain_cadu(bytes(octets[:length]), coding)
                if cadu:
                    del octets[:length]
                    self.coding, self._tried = coding, 0
                    return cadu
                self._tried += 1
            del octets[0]
            self._tried = 0


class Assembler:
    """Joins the data fields of each virtual channel; where a frame is missing, nothing is."""

    def __init__(self) -> None:
        self._part: dict[int, bytes] = {}  # of the packet under way
        self._count: dict[int, int] = {}  # of the last frame

    def take(self, cadu: bytes) -> list[SpacePacket]:
        """Packets that a frame completes, idle ones left out."""
        channel = cadu[5] >> 1 & 7
        pointer = int.from_bytes(cadu[8:10], "big") & 0x7FF
        if channel == layout.VC_IDLE:
            return []
        follows = (cadu[7] - self._count.get(channel, cadu[7])) & 0xFF == 1
        self._count[channel] = cadu[7]
        if pointer == layout.ONLY_IDLE_DATA:
            if not follows:
                self._part.pop(channel, None)
            return []
        data = cadu[_DATA_START:-_AFTER_DATA]
        part = self._part.pop(channel, b"")
        if pointer == layout.NO_PACKET_START:
            if follows and part:
                self._part[channel] = part + data
            return []
        found = []
        if follows and part and _length(part + data[:pointer]) == len(part) + pointer:
            found.append(part + data[:pointer])
        at = pointer
        while at < len(data):
            length = _length(data[at:])
            if not length or at + length > len(data):
                self._part[channel] = data[at:]
                break
            found.append(data[at : at + length])
            at += length
        return [SpacePacket(octets, channel) for octets in found if _is_telemetry(octets)]


def _length(octets: bytes) -> int:
    """Of the packet that begins with these octets; 0 while that is not known."""
    if len(octets) < layout.PACKET_HEADER:
        return 0
    return layout.PACKET_HEADER + 1 + int.from_bytes(octets[4:6], "big")


def _is_telemetry(octets: bytes) -> bool:
    return (
        octets[0] & 0xF8 == 0x08
        and len(octets) >= layout.PACKET_OVERHEAD
        and binascii.crc_hqx(octets, 0xFFFF) == 0
    )
