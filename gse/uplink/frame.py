"""What does a telecommand transfer frame consist of? CCSDS 232.0-B-4 section 4.1.

The layout that fsw/link/tcframe.py reads, described once more with construct.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from enum import Enum

from construct import BitsInteger, BitStruct, Const

HEADER = BitStruct(
    "version" / Const(0, BitsInteger(2)),
    "bypass" / BitsInteger(1),
    "control" / BitsInteger(1),
    "spare" / Const(0, BitsInteger(2)),
    "spacecraft" / BitsInteger(10),
    "virtual_channel" / BitsInteger(6),
    "length" / BitsInteger(10),
    "sequence" / BitsInteger(8),
)
ERROR_CONTROL = 2

UNLOCK = b"\x00"


def set_v(value: int) -> bytes:
    """The control command SET V(R)."""
    return bytes([0x82, 0x00, value])


class Kind(Enum):
    """Of a frame: AD in sequence, BC control command, BD data that bypasses the sequence."""

    AD = (0, 0)
    BC = (1, 1)
    BD = (1, 0)


@dataclass(frozen=True, slots=True)
class Frame:
    """What FOP-1 asks to be sent. sequence: N(S), 0 unless the kind is AD."""

    kind: Kind
    data: bytes
    sequence: int = 0

    def encode(
        self, spacecraft: int, virtual_channel: int, before: bytes = b"", after: int = 0
    ) -> bytes:
        """The frame, without its error control and without so many octets before that.

        before: the security header.
        """
        bypass, control = self.kind.value
        octets = len(before) + len(self.data) + after + HEADER.sizeof() + ERROR_CONTROL
        header: bytes = HEADER.build(
            {
                "bypass": bypass,
                "control": control,
                "spacecraft": spacecraft,
                "virtual_channel": virtual_channel,
                "length": octets - 1,
                "sequence": self.sequence,
            }
        )
        return header + before + self.data


def seal(frame: bytes) -> bytes:
    """A frame with its error control."""
    return frame + binascii.crc_hqx(frame, 0xFFFF).to_bytes(ERROR_CONTROL, "big")
