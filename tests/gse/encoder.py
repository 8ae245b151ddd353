"""How does a downlink come about? Built from the standards, sharing no code with the decoder.

Packets with spacepackets and construct, their CRCs with crcmod, frames by hand. Layouts of the
fields come from the tables of fsw.dictionary, which both ends of the real link share.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import construct
from crcmod import mkCrcFun
from spacepackets.ccsds.spacepacket import (
    PacketType,
    SequenceFlags,
    SpacePacketHeader,
)

from fsw.dictionary.channels import CHANNELS
from fsw.dictionary.packets import PACKETS

crc = mkCrcFun(0x11021, initCrc=0xFFFF, rev=False, xorOut=0)

MARKER = bytes.fromhex("1ACFFC1D")
DATA_FIELD = 211
CADU = 227
SPACECRAFT_ID = 0xA8
NO_START, ONLY_IDLE = 0x7FF, 0x7FE

WIRE_TYPES = {row[0]: row[1] for row in CHANNELS}
APIDS = {row[0]: row[1] for row in PACKETS}
FIELDS: dict[str, tuple[str, ...]] = {row[0]: row[6] for row in PACKETS}
RANGES = {
    "u8": (0, 255),
    "u16": (0, 65535),
    "i16": (-32768, 32767),
    "u32": (0, (1 << 32) - 1),
    "i32": (-(1 << 31), (1 << 31) - 1),
}
_CONSTRUCTS = {
    "u8": construct.Int8ub,
    "u16": construct.Int16ub,
    "i16": construct.Int16sb,
    "u32": construct.Int32ub,
    "i32": construct.Int32sb,
}
STRUCTS = {
    name: construct.Struct(
        "sclk_s" / construct.Int32ub,
        "sclk_fraction" / construct.Int16ub,
        *(channel / _CONSTRUCTS[WIRE_TYPES[channel]] for channel in fields),
    )
    for name, fields in FIELDS.items()
}


@dataclass(frozen=True)
class Sent:
    """A packet as it was sent."""

    name: str
    sequence: int
    sclk_s: int
    sclk_fraction: int
    counts: Mapping[str, int]
    octets: bytes


def with_crc(octets: bytes) -> bytes:
    return octets + struct.pack(">H", crc(octets))


def space_packet(apid: int, sequence: int, data: bytes, *, secondary_header: bool = True) -> bytes:
    header = SpacePacketHeader(
        packet_type=PacketType.TM,
        apid=apid,
        seq_count=sequence,
        data_len=len(data) - 1,
        sec_header_flag=secondary_header,
        seq_flags=SequenceFlags.UNSEGMENTED,
    )
    return bytes(header.pack()) + data


def idle_packet(length: int = 16) -> bytes:
    return space_packet(0x7FF, 0, b"\x55" * (length - 6), secondary_header=False)


class Packetizer:
    """Makes packets of the dictionary, counting sequences."""

    def __init__(self) -> None:
        self._sequences = dict.fromkeys(APIDS, 0)

    def make(
        self, name: str, counts: Mapping[str, int] | None = None, sclk: float = 1000.0
    ) -> Sent:
        """Channels not in counts are 0."""
        values = dict.fromkeys(FIELDS[name], 0) | dict(counts or {})
        sclk_s, sclk_fraction = int(sclk), int(sclk % 1 * 65536)
        body = STRUCTS[name].build({"sclk_s": sclk_s, "sclk_fraction": sclk_fraction} | values)
        sequence = self._sequences[name]
        self._sequences[name] = (sequence + 1) % 16384
        header_and_body = space_packet(APIDS[name], sequence, body + b"\0\0")[:-2]
        octets = with_crc(header_and_body)
        return Sent(name, sequence, sclk_s, sclk_fraction, values, octets)


@dataclass
class Framer:
    """Puts packets into transfer frames; each call of frame() returns one with its marker."""

    spacecraft_id: int = SPACECRAFT_ID
    master: int = 0
    counts: dict[int, int] = field(default_factory=dict)

    def frame(self, channel: int, pointer: int, data: bytes, *, status: int = 0x1800) -> bytes:
        assert len(data) == DATA_FIELD
        count = self.counts.get(channel, 0)
        header = struct.pack(
            ">HBBH",
            self.spacecraft_id << 4 | channel << 1 | 1,
            self.master,
            count,
            status | pointer,
        )
        self.master = (self.master + 1) % 256
        self.counts[channel] = (count + 1) % 256
        return MARKER + with_crc(header + data + bytes.fromhex("0100C000"))

    def idle(self) -> bytes:
        return self.frame(7, ONLY_IDLE, b"\x55" * DATA_FIELD)

    def frames(self, packets: Iterable[bytes], channel: int = 0) -> Iterator[bytes]:
        """All packets one after another, the last frame filled with an idle packet."""
        stream, starts = b"", []
        for packet in packets:
            starts.append(len(stream))
            stream += packet
        if fill := -len(stream) % DATA_FIELD:
            starts.append(len(stream))
            stream += idle_packet(fill if fill >= 7 else fill + DATA_FIELD)
        for at in range(0, len(stream), DATA_FIELD):
            here = [s - at for s in starts if at <= s < at + DATA_FIELD]
            yield self.frame(channel, here[0] if here else NO_START, stream[at : at + DATA_FIELD])


def boot(packetizer: Packetizer, fingerprint: int, ei_sclk: int = 2000, sclk: float = 1000) -> Sent:
    counts = {
        "DICTIONARY_HASH": fingerprint,
        "MISSION_ID": 1,
        "FSW_VERSION": 3,
        "RESET_CAUSE": 4,
        "EI_SCLK": ei_sclk,
    }
    return packetizer.make("BOOT", counts, sclk)


def capture(sent: Sequence[Sent], played_back: Sequence[Sent] = ()) -> list[bytes]:
    """Frames that carry the packets on virtual channel 0, and then others on that of playback."""
    framer = Framer()
    return [
        *framer.frames(packet.octets for packet in sent),
        *framer.frames((packet.octets for packet in played_back), 1),
    ]
