"""In which space packets do PDUs travel? Down on the virtual channel of files, up as telecommands.

The packets of fsw/link/filelayout.py, described once more with construct.
"""

from __future__ import annotations

import numpy as np
from construct import BitsInteger, BitStruct, Const

from fsw.link import filelayout
from fsw.link.layout import FILES_APID, FILES_TELECOMMAND_APID, PACKET_HEADER
from gse.link.packets import Packets

_UPLINK = BitStruct(
    "version" / Const(0, BitsInteger(3)),
    "type" / Const(1, BitsInteger(1)),
    "secondary_header" / Const(0, BitsInteger(1)),
    "apid" / Const(FILES_TELECOMMAND_APID, BitsInteger(11)),
    "sequence_flags" / Const(3, BitsInteger(2)),
    "sequence_count" / BitsInteger(14),
    "data_length" / BitsInteger(16),
)


def uplink_packet(pdu: bytes, sequence: int = 0) -> bytes:
    """The telecommand packet of a PDU. Raises ValueError for one longer than boards take."""
    if len(pdu) > filelayout.LONGEST_PDU_UP:
        raise ValueError(f"a PDU of {len(pdu)} octets, {filelayout.LONGEST_PDU_UP} at most")
    header: bytes = _UPLINK.build(
        {"sequence_count": sequence & 0x3FFF, "data_length": len(pdu) - 1}
    )
    return header + pdu


def pdus_of(packets: Packets) -> tuple[bytes, ...]:
    """PDUs among packets of the downlink, in the order in which they came."""
    chosen = np.flatnonzero(packets.packet_id == FILES_APID)
    starts = (packets.start[chosen] + PACKET_HEADER).tolist()
    ends = (packets.start[chosen] + packets.length[chosen]).tolist()
    return tuple(
        packets.octets[start:end].tobytes() for start, end in zip(starts, ends, strict=True)
    )
