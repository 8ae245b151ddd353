"""How many packets a second become columns, here and in other decoders?

All decode the same 200,000 packets in one run, repeats interleaved, the median printed. Only edlcam
starts at transfer frames, checks sync, frame CRC, packet CRC and gaps, and converts to units; the
others have no frame layer, check no CRC, and get the packets by themselves. Before anything is
timed, every field of every packet is compared with what ccsdspy reads, and with construct.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import construct
import fast_ccsds_parser
import numpy as np
import numpy.typing as npt
from rich import box
from rich.console import Console
from rich.table import Table
from space_packet_parser import ccsds_generator
from spacepackets.ccsds.spacepacket import SpacePacketHeader

from bench import capture
from bench.process import most_memory_mb
from gse.commands.decode import read
from gse.counts import packet_columns
from gse.decode import decode, octets_of, pieces
from gse.dictionary import Dictionary, Packet
from tests.gse import xtce

REPEATS = 5
PACKETS = 200_000
SLOW_PACKETS = 10_000  # for decoders that take a packet at a time
SIZES_MB = (10, 100)
REPEATED_S = 3.0  # for which a capture is decoded again and again
AIT = Path(sys.prefix) / "ait" / "bin" / "python"

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


def measure() -> list[Rate]:
    """Rates of all decoders on a capture without damage.

    Raises RuntimeError if one decodes another number of packets than were sent to it, or edlcam
    another value than the independent decoders.
    """
    dictionary = capture.dictionary()
    packets = capture.packets(dictionary, PACKETS)
    with _ait(packets[:SLOW_PACKETS], capture.types_of(dictionary)) as others:
        contestants = [*_contestants(packets, dictionary), *others]
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


def run(console: Console) -> None:
    """Prints the tables."""
    rates = measure()
    peer = next(r.per_second for r in rates if r.name == "ccsdspy")
    table = Table(title="Ground decoding, 10 packet types of 28 fields", box=box.SIMPLE_HEAD)
    table.add_column("decoder", no_wrap=True)
    table.add_column("from", no_wrap=True)
    for column in ("packets/s", "of ccsdspy"):
        table.add_column(column, justify="right", no_wrap=True)
    for rate in rates:
        table.add_row(
            rate.name,
            rate.work,
            f"{rate.per_second:,.0f}",
            f"{rate.per_second / peer:,.2f} x",
        )
    table.caption = (
        "edlcam from frames: all CRCs and gaps checked, units; others: unchecked counts. "
        "Every field compared with ccsdspy and construct in this run. "
        f"{PACKETS:,} packets; {SLOW_PACKETS:,} where they come singly, and space_packet_parser."
    )
    console.print(table)
    if not AIT.exists():
        console.print("AIT-Core: not measured; make bench installs it")
    _run_sizes(console, SIZES_MB)


def _run_sizes(console: Console, sizes_mb: tuple[int, ...]) -> None:
    table = Table(title="A capture piece by piece to columns", box=box.SIMPLE_HEAD)
    for column in ("capture", "MB/s", "packets/s", "MB/s, first time", "most memory"):
        table.add_column(column, justify="right", no_wrap=True)
    with tempfile.TemporaryDirectory() as name:
        for size in sizes_mb:
            path = Path(name) / "downlink.bin"
            capture.write(path, size * 1_000_000)
            # In a process of its own, whose memory is its own.
            command = [sys.executable, "-m", "bench.decode", "--pieces", str(path)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            seconds, first_seconds, packets, most_mb = map(float, done.stdout.split())
            table.add_row(
                f"{size:,} MB",
                f"{size / seconds:,.0f}",
                f"{packets / seconds:,.0f}",
                f"{size / first_seconds:,.0f}",
                f"{most_mb:,.0f} MB",
            )
    table.caption = (
        f"Each in a process of its own: the median of all times within {REPEATED_S} s, and the "
        "first, for which the system finds memory and reads the file."
    )
    console.print(table)


def _time_pieces(path: Path) -> None:
    """Prints seconds in the median and the first time, packets and most MB of memory; a first small
    piece pays for compiling."""
    dictionary = capture.dictionary()
    data = read(path)
    decode(data[: 1 << 20], dictionary)
    times: list[float] = []
    while sum(times) < REPEATED_S:
        start = time.perf_counter()
        report, parts = pieces(data, dictionary)
        for _ in parts:
            pass
        times.append(time.perf_counter() - start)
    print(statistics.median(times), times[0], report.packets_good, most_memory_mb())


def _contestants(packets: list[bytes], dictionary: Dictionary) -> list[Contestant]:
    types = capture.types_of(dictionary)
    framed = capture.frames(dictionary, [capture.boot(dictionary), *packets])
    stream = b"".join(packets)
    count, some = len(packets), packets[:SLOW_PACKETS]
    octets = octets_of(stream)
    layouts = {p.apid: _ccsdspy_layout(p) for p in types}
    _compare(decode(framed, dictionary).records, octets, types, layouts, some)

    def whole() -> int:
        return decode(framed, dictionary).report.packets_good - 1  # BOOT

    def by_pieces() -> int:
        report, parts = pieces(framed, dictionary)
        for _ in parts:
            pass
        return report.packets_good - 1

    def counts() -> int:
        return sum(len(c["crc"]) for c in packet_columns(octets, types).values())

    return [
        Contestant("edlcam, checked, units", "frames", count, whole),
        Contestant("edlcam, piece by piece", "frames", count, by_pieces),
        Contestant("edlcam, counts", "packets", count, counts),
        Contestant("ccsdspy", "packets", count, _ccsdspy(stream, layouts, split_once=False)),
        Contestant("ccsdspy", "packets by APID", count, _ccsdspy(stream, layouts, split_once=True)),
        Contestant(
            "fast-ccsds-parser, headers",
            "packets",
            count,
            lambda: len(fast_ccsds_parser.scan_bytes(stream)),
        ),
        Contestant(
            "spacepackets, headers",
            "single packets",
            len(some),
            lambda: len([SpacePacketHeader.unpack(p) for p in some]),
        ),
        Contestant("construct, compiled", "single packets", len(some), _construct(some, types)),
        Contestant("space_packet_parser", "packets", len(some), _space_packet_parser(some, types)),
    ]


def _body(packet: Packet) -> list[tuple[str, str]]:
    """Name and numpy type of every field after the primary header."""
    fields = packet.dtype.fields
    assert fields is not None  # it is a structure
    return [(name, fields[name][0].str.replace("|", ">")) for name in packet.dtype.names or ()][3:]


def _compare(
    records: Any,
    octets: npt.NDArray[np.uint8],
    types: list[Packet],
    layouts: dict[int, Any],
    some: list[bytes],
) -> None:
    """Every field of every packet against ccsdspy, of some against construct."""
    from ccsdspy.utils import split_by_apid  # noqa: PLC0415

    ours = packet_columns(octets, types)
    split = split_by_apid(io.BytesIO(octets.tobytes()))
    structs = _structs(types)
    parsed = [(p[0] & 7) << 8 | p[1] for p in some]
    for packet in types:
        theirs = layouts[packet.apid].load(split[packet.apid], include_primary_header=True)
        single = [
            structs[apid].parse(p)
            for apid, p in zip(parsed, some, strict=True)
            if apid == packet.apid
        ]
        for name, _ in _body(packet):
            column = ours[packet.name][name]
            if not (
                np.array_equal(column, theirs[name])
                and np.array_equal(records[packet.name].data[name], theirs[name])
                and column[: len(single)].tolist() == [s[name] for s in single]
            ):
                raise RuntimeError(f"{packet.name} {name}: not what the other decoders read")


def _ccsdspy_layout(packet: Packet) -> Any:
    logging.disable(logging.INFO)  # ccsdspy greets on import
    import ccsdspy  # noqa: PLC0415

    logging.disable(logging.NOTSET)
    logging.getLogger("ccsdspy").setLevel(logging.ERROR)

    def field(name: str, wire_type: str) -> ccsdspy.PacketField:
        data_type = "int" if wire_type[1] == "i" else "uint"
        return ccsdspy.PacketField(name, data_type, bit_length=8 * int(wire_type[2]))

    return ccsdspy.FixedLength([field(*f) for f in _body(packet)])


def _ccsdspy(stream: bytes, layouts: dict[int, Any], *, split_once: bool) -> Callable[[], int]:
    from ccsdspy.utils import split_by_apid  # noqa: PLC0415

    split = split_by_apid(io.BytesIO(stream))

    def go() -> int:
        total = 0
        for apid, part in (split if split_once else split_by_apid(io.BytesIO(stream))).items():
            part.seek(0)
            total += len(layouts[apid].load(part, include_primary_header=True)["sclk_s"])
        return total

    return go


def _structs(types: list[Packet]) -> dict[int, Any]:
    header = ("packet_id", "sequence_control", "data_length")
    return {
        p.apid: construct.Struct(
            *(name / construct.Int16ub for name in header),
            *(name / _CONSTRUCTS[wire_type] for name, wire_type in _body(p)),
        ).compile()
        for p in types
    }


def _construct(packets: list[bytes], types: list[Packet]) -> Callable[[], int]:
    layouts = _structs(types)

    def go() -> int:
        values = [layouts[(p[0] & 7) << 8 | p[1]].parse(p) for p in packets]
        return len(values)

    return go


def _space_packet_parser(packets: list[bytes], types: list[Packet]) -> Callable[[], int]:
    definition = xtce.definition(
        {p.name: p.apid for p in types}, {p.name: [c.name for c in p.channels] for p in types}
    )
    stream = b"".join(packets)
    return lambda: len([definition.parse_bytes(p) for p in ccsds_generator(stream)])


@contextlib.contextmanager
def _ait(packets: list[bytes], types: list[Packet]) -> Iterator[list[Contestant]]:
    """AIT-Core pins what it stands on to versions of its own: it runs where make bench puts it."""
    if not AIT.exists():
        yield []
        return
    names = {">u1": "U8", ">u2": "MSB_U16", ">i2": "MSB_I16", ">u4": "MSB_U32", ">i4": "MSB_I32"}
    header = [("packet_id", ">u2"), ("sequence_control", ">u2"), ("data_length", ">u2")]
    layouts = {}
    for packet in types:
        at, fields = 0, []
        for name, wire_type in [*header, *_body(packet)]:
            size = int(wire_type[2])
            fields.append((name, at, size, names[wire_type]))
            at += size
        layouts[packet.apid] = (packet.name, fields)
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "layouts.json").write_text(json.dumps(layouts))
        Path(directory, "packets.json").write_text(json.dumps([p.hex() for p in packets]))
        child = subprocess.Popen(
            [AIT, Path(__file__).with_name("peer_ait.py"), directory],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert child.stdin
        assert child.stdout
        to, answers = child.stdin, child.stdout
        if answers.readline() != "ready\n":
            raise RuntimeError("AIT-Core did not start")

        def go() -> int:
            to.write("\n")
            to.flush()
            return int(answers.readline())

        with child:
            yield [Contestant("AIT-Core", "single packets", len(packets), go)]
            to.close()


def main() -> None:
    if sys.argv[1:2] == ["--pieces"]:
        _time_pieces(Path(sys.argv[2]))
        return
    console = Console()
    if sys.argv[1:2] == ["--sizes"]:
        _run_sizes(console, tuple(int(size) for size in sys.argv[2:]))
        return
    run(console)


if __name__ == "__main__":
    main()
