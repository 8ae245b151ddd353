"""What does the spacecraft say of the frames it received? The control word, CCSDS 232.0-B-4 4.2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from construct import BitsInteger, BitStruct, ConstructError, Flag

from fsw.link import layout

WORD = BitStruct(
    "type" / BitsInteger(1),
    "version" / BitsInteger(2),
    "status" / BitsInteger(3),
    "cop" / BitsInteger(2),
    "virtual_channel" / BitsInteger(6),
    "spare" / BitsInteger(2),
    "no_radio" / Flag,
    "no_bit_lock" / Flag,
    "lockout" / Flag,
    "wait" / Flag,
    "retransmit" / Flag,
    "farm_b" / BitsInteger(2),
    "spare_2" / BitsInteger(1),
    "report" / BitsInteger(8),
)
_BEHIND = layout.FRAME_ERROR_CONTROL


@dataclass(frozen=True, slots=True)
class Clcw:
    """report: N(R), the frame that is due next; farm_b: control commands and BD frames, mod 4;
    no_radio: nothing is received, or the board takes no frames."""

    report: int
    lockout: bool = False
    wait: bool = False
    retransmit: bool = False
    farm_b: int = 0
    virtual_channel: int = 0
    no_radio: bool = False

    @classmethod
    def read(cls, octets: bytes) -> Self | None:
        """From the four octets of an operational control field; None for no CLCW of COP-1."""
        try:
            word = WORD.parse(octets)
        except ConstructError:
            return None
        if word.type or word.version or word.cop != 1 or word.spare or word.spare_2:
            return None
        return cls(
            word.report,
            word.lockout,
            word.wait,
            word.retransmit,
            word.farm_b,
            word.virtual_channel,
            word.no_radio,
        )

    @classmethod
    def of_cadu(cls, cadu: bytes) -> Self | None:
        """From a sync marker and transfer frame whose CRC is right."""
        return cls.read(cadu[-_BEHIND - layout.OPERATIONAL_CONTROL : -_BEHIND])
