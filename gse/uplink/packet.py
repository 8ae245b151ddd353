"""How does a command become the telecommand packet that the flight software takes?

CCSDS 133.0-B-2 primary header with type 1, opcode as u16, arguments as i32, CRC-16 over all of it:
the layout that fsw/link/commands.py checks, described once more with construct so that the two ends
are independent of each other.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping

from construct import BitsInteger, BitStruct, Const, GreedyRange, Int16ub, Int32sb, Struct

from fsw.dictionary.commands import COMMANDS, HAZARDOUS
from fsw.link.layout import PACKET_ERROR_CONTROL, PACKET_HEADER, TELECOMMAND_APID
from gse.errors import UserError

TELECOMMAND = Struct(
    "header"
    / BitStruct(
        "version" / Const(0, BitsInteger(3)),
        "type" / Const(1, BitsInteger(1)),
        "secondary_header" / Const(0, BitsInteger(1)),
        "apid" / Const(TELECOMMAND_APID, BitsInteger(11)),
        "sequence_flags" / Const(3, BitsInteger(2)),
        "sequence_count" / BitsInteger(14),
        "data_length" / BitsInteger(16),
    ),
    "opcode" / Int16ub,
    "arguments" / GreedyRange(Int32sb),
)


def telecommand(name: str, arguments: Mapping[str, int], sequence: int = 0) -> bytes:
    """The packet of a command; arguments in counts by name.

    Raises UserError for an unknown command, a missing or unknown argument, or one out of range.
    """
    rows = {row[0]: row for row in COMMANDS}
    if name not in rows:
        raise UserError(f"no command named {name!r}: there are {', '.join(rows)}")
    _, opcode, expected, *_ = rows[name]
    names = [argument[0] for argument in expected]
    if sorted(arguments) != sorted(names):
        raise UserError(f"{name} takes {', '.join(names) or 'no arguments'}, not {list(arguments)}")
    for argument, _, lowest, highest in expected:
        if not lowest <= arguments[argument] <= highest:
            raise UserError(
                f"{name}: {argument}={arguments[argument]} is outside {lowest} .. {highest} counts"
            )
    values = [arguments[argument] for argument in names]
    length = PACKET_HEADER + 2 + 4 * len(values) + PACKET_ERROR_CONTROL
    packet: bytes = TELECOMMAND.build(
        {
            "header": {
                "sequence_count": sequence & 0x3FFF,
                "data_length": length - PACKET_HEADER - 1,
            },
            "opcode": opcode,
            "arguments": values,
        }
    )
    return packet + binascii.crc_hqx(packet, 0xFFFF).to_bytes(PACKET_ERROR_CONTROL, "big")


def arming(packet: bytes) -> bytes:
    """The packet that a command's packet needs on board before it; none if it is not hazardous."""
    opcode = int.from_bytes(packet[PACKET_HEADER : PACKET_HEADER + 2], "big")
    hazardous = {row[1] for row in COMMANDS if row[4] == HAZARDOUS}
    return telecommand("ARM_COMMAND", {"command": opcode}) if opcode in hazardous else b""
