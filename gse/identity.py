"""Which mission and which dictionary does a capture say that it is of?

BOOT packets answer, in octets that no version of the dictionary moves: they are read without one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fsw import missions
from fsw.dictionary.index import packet
from fsw.dictionary.packets import PACKETS
from fsw.link import layout
from gse import kernels
from gse.dictionary import Dictionary, load
from gse.errors import UserError
from gse.link.coding import FrameFinder, coding_of
from gse.link.crc import Octets, crc16_rows
from gse.link.frames import FrameOrder
from gse.link.packets import Packets, Reassembly
from gse.link.protection import Coding
from gse.records import SECONDARY_HEADER, UNSEGMENTED

_BOOT_ID: int = SECONDARY_HEADER | PACKETS[packet("BOOT")][1]
_HASH = layout.PACKET_HEADER + layout.PACKET_TIME
_MISSION_ID = _HASH + 4
_SHORTEST = _MISSION_ID + 1 + layout.PACKET_ERROR_CONTROL

# The first octets that the flight software sends after a start: BOOT with sequence count 0.
BOOT_START = _BOOT_ID.to_bytes(2, "big") + (UNSEGMENTED << 14).to_bytes(2, "big")

# Enough to see a BOOT packet: they come every 16 s, and the first octets sent are one.
_SEARCHED = (1 << 16, 1 << 22)


@dataclass(frozen=True, slots=True)
class Identity:
    """What one BOOT packet says. offset: of its frame in the stream; octets: the packet."""

    dictionary_hash: int
    mission_id: int
    offset: int
    octets: bytes

    def entry_s(self, dictionary: Dictionary) -> int | None:
        """Spacecraft time of entry interface; None if it is a packet of another dictionary."""
        if self.dictionary_hash != dictionary.fingerprint:
            return None
        return int(np.frombuffer(self.octets, dictionary.packet("BOOT").dtype)["EI_SCLK"][0])


def identities(packets: Packets) -> list[Identity]:
    """One for each BOOT packet with a right CRC, whatever its length."""
    found = []
    boots = np.flatnonzero(packets.packet_id == _BOOT_ID)
    boots = boots[packets.length[boots] >= _SHORTEST]
    for length in np.unique(packets.length[boots]).tolist():
        chosen = boots[packets.length[boots] == length]
        octets = np.empty((len(chosen), length), np.uint8)
        kernels.copy_rows(packets.octets, packets.start[chosen], octets)
        for i in np.flatnonzero(crc16_rows(octets) == 0).tolist():
            found.append(_read(octets[i].tobytes(), int(packets.offset[chosen[i]])))
    return found


def heard(packet: bytes) -> Identity | None:
    """What a packet with a right CRC says that has just come; None: it is no BOOT packet."""
    if len(packet) < _SHORTEST or int.from_bytes(packet[:2], "big") != _BOOT_ID:
        return None
    return _read(packet, 0)


def _read(octets: bytes, offset: int) -> Identity:
    dictionary_hash = int.from_bytes(octets[_HASH:_MISSION_ID], "big")
    return Identity(dictionary_hash, octets[_MISSION_ID], offset, octets)


def check(packets: Packets, dictionary: Dictionary) -> bool:
    """Whether BOOT packets say that the dictionary is the one that flew; False: there is none.

    Raises UserError when one names another.
    """
    seen = identities(packets)
    for boot in seen:
        _check_boot(boot, dictionary)
    return bool(seen)


def _check_boot(boot: Identity, dictionary: Dictionary) -> None:
    if boot.dictionary_hash != dictionary.fingerprint:
        raise UserError(
            f"the capture was made with dictionary {boot.dictionary_hash:08X} (BOOT packet in "
            f"the frame at octet {boot.offset}), but this edlcam has "
            f"{dictionary.fingerprint:08X} for {dictionary.mission}: decode it with the "
            "version of edlcam that flew, or name another mission with --mission"
        )


def known(data: Octets, coding: str, asked: Dictionary | None) -> Dictionary:
    """The dictionary asked for, or by default that of dictionary_for(), of a capture.

    Raises UserError when the first BOOT packet of the capture names another.
    """
    dictionary = asked or dictionary_for(data, coding)
    boot = first(data, coding)
    if boot is not None:
        _check_boot(boot, dictionary)
    return dictionary


def first(data: Octets, coding: str = Coding.CRC) -> Identity | None:
    """What the first BOOT packet in the beginning of a capture says; None: there is none.

    coding: of the capture, one of Coding.
    """
    for searched in _SEARCHED:
        finder = FrameFinder(coding)
        length = finder.coding.frame_length
        order = FrameOrder(None, BOOT_START, finder.report, frame_length=length)
        reassembly = Reassembly(finder.report)
        head = data[:searched]
        if seen := identities(reassembly.finish(order.finish(finder.finish(head)))):
            return seen[0]
        if len(head) == len(data):
            break
    return None


def dictionary_of(boot: Identity) -> Dictionary:
    """Raises UserError for a mission that this version does not know."""
    for name in missions.NAMES:
        if boot.mission_id == missions.load(name).ID:
            return load(name)
    raise UserError(
        f"the capture is of mission {boot.mission_id}, which this edlcam does not know: decode "
        "it with the version that flew, or name a mission with --mission"
    )


def dictionary_for(data: Octets, coding: str | None = None) -> Dictionary:
    """That of the first BOOT packet; without one, of the mission of the spacecraft that sent the
    first frame, or the first mission there is. coding: of the capture, by default as it shows.

    Raises UserError for a mission that this version does not know.
    """
    coding = coding or coding_of(data)
    boot = first(data, coding)
    if boot is not None:
        return dictionary_of(boot)
    finder = FrameFinder(coding)
    for frame in finder.finish(data[: _SEARCHED[-1]]).rows[:1]:
        spacecraft = (int(frame[0]) & 0x3F) << 4 | int(frame[1]) >> 4
        for name in missions.NAMES:
            if spacecraft == missions.load(name).SPACECRAFT_ID:
                return load(name)
    return load(missions.NAMES[0])
