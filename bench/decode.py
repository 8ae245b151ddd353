"""How many packets a second become columns, here and in other decoders?

All decode the same downlink in one run, repeats interleaved, the median printed. Only edlcam starts
at transfer frames, checks sync, frame CRC, packet CRC and gaps, and converts to units; the others
have no frame layer, check no CRC, and get the packets that edlcam found in the frames.
"""

from __future__ import annotations

import io
import logging
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import construct
from rich import box
from rich.console import Console
from rich.table import Table
from space_packet_parser import ccsds_generator

from gse import identity
from gse.columns import event_table, packet_table
from gse.decode import decode, octets_of
from gse.dictionary import Dictionary, Packet
from gse.link.frames import Frames, read_frames
from gse.link.packets import Packets, extract_packets
from gse.link.report import LinkReport
from gse.link.sync import find_frames
from gse.records import sort_packets
from tests.gse import xtce

REPEATS = 5
PACKETS = 200_000  # at least; the capture is repeated to get there
SLOW_PACKETS = 10_000  # for decoders that take a packet at a time

_CONSTRUCTS = {
    ">u1": construct.Int8ub,
    ">u2": construct.Int16ub,
    ">i2": construct.Int16sb,
    ">u4": construct.Int32ub,
    ">i4": construct.Int32sb,
}


@dataclass(frozen=True, slots=True)
class Contestant:
    """A decoder: go() decodes so many packets and returns how many it got."""

    name: str
    work: str
    packets: int
    go: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Rate:
    """Median packets per second of a contestant."""

    name: str
    work: str
    packets: int
    per_second: float


def measure(downlink: Path) -> list[Rate]:
    """Rates of all decoders on a capture without damage.

    Raises RuntimeError if one decodes another number of packets than were sent to it.
    """
    capture = downlink.read_bytes()
    dictionary = identity.dictionary_for(octets_of(capture))
    copies = -(-PACKETS // decode(capture, dictionary).report.packets_good)
    contestants = _contestants(capture * copies, dictionary)
    rates: dict[str, list[float]] = {c.name + c.work: [] for c in contestants}
    for _ in range(REPEATS):
        for c in contestants:
            start = time.perf_counter()
            got = c.go()
            rates[c.name + c.work].append(c.packets / (time.perf_counter() - start))
            if got != c.packets:
                raise RuntimeError(f"{c.name} decoded {got} of {c.packets} packets")
    return [
        Rate(c.name, c.work, c.packets, statistics.median(rates[c.name + c.work]))
        for c in contestants
    ]


def run(downlink: Path, console: Console) -> None:
    """Prints the table."""
    rates = measure(downlink)
    table = Table(title="Ground decoding, whole descent", box=box.SIMPLE_HEAD)
    table.add_column("decoder", no_wrap=True)
    table.add_column("starts from", no_wrap=True)
    for column in ("packets", "packets/s", "first row is"):
        table.add_column(column, justify="right", no_wrap=True)
    for rate in rates:
        table.add_row(
            rate.name,
            rate.work,
            f"{rate.packets:,}",
            f"{rate.per_second:,.0f}",
            f"{rates[0].per_second / rate.per_second:,.1f} x",
        )
    table.caption = "edlcam: all CRCs and gaps checked, units; others: unchecked counts"
    console.print(table)


def _contestants(capture: bytes, dictionary: Dictionary) -> list[Contestant]:
    data = octets_of(capture)
    report = LinkReport()
    frames = read_frames(
        data, find_frames(data, report), dictionary.spacecraft_id, identity.BOOT_START, report
    )
    packets = extract_packets(data, frames, report)
    octets = [
        packets.stream.octets[start : start + length].tobytes()
        for start, length in zip(packets.start.tolist(), packets.length.tolist(), strict=True)
    ]
    count = len(octets)
    stream, some = b"".join(octets), octets[:SLOW_PACKETS]
    return [
        Contestant(
            "edlcam",
            "frames",
            count,
            lambda: decode(capture, dictionary).report.packets_good,
        ),
        Contestant(
            "edlcam",
            "single packets",
            count,
            lambda: _tables(packets, frames, dictionary),
        ),
        Contestant(
            "ccsdspy",
            "packets",
            count,
            _ccsdspy(stream, dictionary, split_once=False),
        ),
        Contestant(
            "ccsdspy",
            "packets by APID",
            count,
            _ccsdspy(stream, dictionary, split_once=True),
        ),
        Contestant(
            "construct, compiled",
            "single packets",
            len(some),
            _construct(some, dictionary),
        ),
        Contestant(
            "space_packet_parser",
            "packets",
            len(some),
            _space_packet_parser(some),
        ),
    ]


def _tables(packets: Packets, frames: Frames, dictionary: Dictionary) -> int:
    report = LinkReport()
    records = sort_packets(packets, frames, dictionary.packets, report)
    boots = records["BOOT"]
    for packet in dictionary.packets:
        packet_table(packet, records[packet.name], boots, dictionary)
    event_table(records["EVR"], boots, dictionary)
    return report.packets_good


def _body(packet: Packet) -> list[tuple[str, str]]:
    """Name and numpy type of every field after the primary header."""
    fields = packet.dtype.fields
    assert fields is not None  # it is a structure
    return [(name, fields[name][0].str.replace("|", ">")) for name in packet.dtype.names or ()][3:]


def _ccsdspy(stream: bytes, dictionary: Dictionary, *, split_once: bool) -> Callable[[], int]:
    logging.disable(logging.INFO)  # ccsdspy greets on import
    import ccsdspy  # noqa: PLC0415
    from ccsdspy.utils import split_by_apid  # noqa: PLC0415

    logging.disable(logging.NOTSET)
    # The repeated capture begins its counts again, which it would tell each time.
    logging.getLogger("ccsdspy").setLevel(logging.ERROR)

    def field(name: str, wire_type: str) -> ccsdspy.PacketField:
        data_type = "int" if wire_type[1] == "i" else "uint"
        return ccsdspy.PacketField(name, data_type, bit_length=8 * int(wire_type[2]))

    layouts = {
        p.apid: ccsdspy.FixedLength([field(*f) for f in _body(p)]) for p in dictionary.packets
    }
    split = split_by_apid(io.BytesIO(stream))

    def go() -> int:
        total = 0
        for apid, part in (split if split_once else split_by_apid(io.BytesIO(stream))).items():
            part.seek(0)
            total += len(layouts[apid].load(part, include_primary_header=True)["sclk_s"])
        return total

    return go


def _construct(packets: list[bytes], dictionary: Dictionary) -> Callable[[], int]:
    header = ("packet_id", "sequence_control", "data_length")
    layouts = {
        p.apid: construct.Struct(
            *(name / construct.Int16ub for name in header),
            *(name / _CONSTRUCTS[wire_type] for name, wire_type in _body(p)),
        ).compile()
        for p in dictionary.packets
    }

    def go() -> int:
        values = [layouts[(p[0] & 7) << 8 | p[1]].parse(p) for p in packets]
        return len(values)

    return go


def _space_packet_parser(packets: list[bytes]) -> Callable[[], int]:
    definition = xtce.definition()
    stream = b"".join(packets)
    return lambda: len([definition.parse_bytes(p) for p in ccsds_generator(stream)])


if __name__ == "__main__":
    run(Path(sys.argv[1]), Console())
