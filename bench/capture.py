"""What is the decoder measured on? A capture without damage, of ten packet types, of any size.

200,000 packets hold 5.6 million fields. Counts are random over all that is plausible; packets of
all types take turns, and run across frames.
"""

from __future__ import annotations

import binascii
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fsw.dictionary import channels
from fsw.dictionary.commands import COMMANDS
from fsw.dictionary.events import EVENTS
from fsw.dictionary.index import fingerprint
from fsw.dictionary.limits import LIMITS
from fsw.dictionary.packets import PACKETS, PRIORITIES
from fsw.dictionary.parameters import PARAMETERS
from fsw.link import layout
from fsw.missions import mars2020
from gse.dictionary import WIRE_TYPES, Channel, Dictionary, Packet

TYPES = 10
FIELDS = 28  # of each
FIRST_APID = 0x200
_PRESET = 0xFFFF


def dictionary() -> Dictionary:
    """That of the mission, with ten types more, of any channels it has."""
    r = random.Random(1)
    names = [row[0] for row in channels.CHANNELS]
    types = tuple(
        (f"TYPE{n}", FIRST_APID + n, 0, "TELEMETRY", 0, 0, tuple(r.sample(names, FIELDS)))
        for n in range(TYPES)
    )
    return Dictionary.from_tables(
        channels=channels.CHANNELS,
        enums=channels.ENUMS,
        packets=(*PACKETS, *types),
        priorities=PRIORITIES,
        events=EVENTS,
        commands=COMMANDS,
        parameters=PARAMETERS,
        limits=LIMITS,
        mission=mars2020,
        fingerprint=fingerprint(mars2020),
    )


def types_of(of: Dictionary) -> list[Packet]:
    """The ten."""
    return [p for p in of.packets if p.apid >= FIRST_APID and p.name.startswith("TYPE")]


def packets(of: Dictionary, count: int) -> list[bytes]:
    """So many packets, of the ten types in turn."""
    types = types_of(of)
    numbers = np.random.default_rng(1)
    rows: list[list[bytes]] = []
    for n, packet in enumerate(types):
        here = np.arange(n, count, len(types))
        data = np.zeros(len(here), packet.dtype)
        data["packet_id"] = 0x0800 | packet.apid
        data["sequence_control"] = 0xC000 | np.arange(len(here)) & 0x3FFF
        data["data_length"] = packet.length - 7
        data["sclk_s"] = 1000 + here // 1000
        data["sclk_fraction"] = here % 1000 * 65
        for channel in packet.channels:
            data[channel.name] = _counts(channel, of, numbers, len(here))
        octets, step = data.tobytes(), packet.length
        rows.append([with_crc(octets[at : at + step - 2]) for at in range(0, len(octets), step)])
    return [rows[n % len(types)][n // len(types)] for n in range(count)]


def boot(of: Dictionary) -> bytes:
    """The packet that tells dictionary and time of entry interface."""
    packet = of.packet("BOOT")
    data = np.zeros(1, packet.dtype)
    data["packet_id"] = 0x0800 | packet.apid
    data["sequence_control"] = 0xC000
    data["data_length"] = packet.length - 7
    data["sclk_s"] = 1000
    data["DICTIONARY_HASH"] = of.fingerprint
    data["MISSION_ID"] = of.mission_id
    data["EI_SCLK"] = 1500
    return with_crc(data.tobytes()[:-2])


def with_crc(octets: bytes) -> bytes:
    """CCSDS 132.0-B-3 section 4.1.6.2, by the standard library."""
    return octets + binascii.crc_hqx(octets, _PRESET).to_bytes(2, "big")


def idle(length: int) -> bytes:
    """An idle packet of 7 octets or more."""
    return bytes.fromhex("07FFC000") + (length - 7).to_bytes(2, "big") + b"\x55" * (length - 6)


def frames(of: Dictionary, octets: list[bytes]) -> bytes:
    """The packets in transfer frames with their markers; the last one filled with idle data."""
    field = layout.DATA_FIELD
    size = sum(map(len, octets))
    fill = -size % field
    if fill:
        octets = [*octets, idle(fill if fill >= 7 else fill + field)]
    starts = np.cumsum([0, *map(len, octets)])
    stream = b"".join(octets)
    begins = np.arange(0, len(stream), field)
    first = np.searchsorted(starts, begins)  # the last is that of the idle packet, or the end
    pointer = np.append(starts, len(stream))[first] - begins
    pointer[pointer >= field] = layout.NO_PACKET_START
    marker = layout.SYNC_MARKER.to_bytes(layout.SYNC_LENGTH, "big")
    head = (of.spacecraft_id << 4 | 1).to_bytes(2, "big")
    control = b"".join(n.to_bytes(2, "big") for n in layout.NO_TELECOMMAND_CLCW)
    return b"".join(
        marker
        + with_crc(
            head
            + bytes((n & 0xFF, n & 0xFF))
            + (layout.DATA_FIELD_STATUS | at).to_bytes(2, "big")
            + stream[n * field : (n + 1) * field]
            + control
        )
        for n, at in enumerate(pointer.tolist())
    )


def write(path: Path, octets: int) -> None:
    """A capture of about so many octets.

    It repeats itself where the counts of packets and frames begin again: every 15 MB.
    """
    of = dictionary()
    some = packets(of, TYPES << 14)
    first = boot(of)
    whole, again = (turn(of, [head, *some]) for head in (first, idle(len(first))))
    with path.open("wb") as file:
        file.write(whole[: octets // layout.CADU_LENGTH * layout.CADU_LENGTH])
        while (left := octets - file.tell()) >= layout.CADU_LENGTH:
            file.write(again[: left // layout.CADU_LENGTH * layout.CADU_LENGTH])


def turn(of: Dictionary, some: Sequence[bytes]) -> bytes:
    """The packets in frames, filled with idle ones until the counter of frames begins again."""
    fill = 7 + (-sum(map(len, some)) - 7) % (256 * layout.DATA_FIELD)
    return frames(of, [*some, idle(fill)])


def _counts(
    channel: Channel, of: Dictionary, numbers: np.random.Generator, count: int
) -> npt.NDArray[Any]:
    if channel.kind == "enum":
        return numbers.choice(sorted(of.enums[channel.table]), count)
    if channel.kind == "flags":
        bits = [1 << n for n in sorted(of.enums[channel.table])]
        return numbers.choice([0, *bits, bits[0] | bits[-1]], count)
    limits = np.iinfo(np.dtype(WIRE_TYPES[channel.wire_type]))
    return numbers.integers(limits.min, limits.max, count, endpoint=True)
