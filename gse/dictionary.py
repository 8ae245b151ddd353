"""What does each packet, channel and event mean to the ground?

The tables of fsw.dictionary and of a mission as typed records, with what decoding derives from
them: the numpy layout of each packet, conversions to engineering units, the texts of events.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from fsw import missions
from fsw.dictionary import channels as channel_tables
from fsw.dictionary import commands as command_tables
from fsw.dictionary import events as event_tables
from fsw.dictionary import limits as limit_tables
from fsw.dictionary import packets as packet_tables
from fsw.dictionary import parameters as parameter_tables
from fsw.dictionary.index import fingerprint as flight_fingerprint
from fsw.link import layout
from fsw.schedule import MINOR_FRAMES_PER_SECOND
from gse.errors import UserError
from gse.link.protection import Coding

Row = Sequence[Any]  # of a table in fsw.dictionary, whose docstring names its columns

WIRE_TYPES = {"u8": ">u1", "u16": ">u2", "i16": ">i2", "u32": ">u4", "i32": ">i4"}

# What precedes the fields of every packet (CCSDS 133.0-B-2 section 4.1, 301.0-B-4 section 3.2).
HEADER_FIELDS = (
    ("packet_id", ">u2"),
    ("sequence_control", ">u2"),
    ("data_length", ">u2"),
    ("sclk_s", ">u4"),
    ("sclk_fraction", ">u2"),
)
TRAILER_FIELDS = (("crc", ">u2"),)

NO_FLAGS = "NONE"


class Mission(Protocol):
    """What a module of fsw.missions tells about what comes down from it."""

    @property
    def NAME(self) -> str: ...
    @property
    def ID(self) -> int: ...
    @property
    def SPACECRAFT_ID(self) -> int: ...
    @property
    def DOWNLINK_BITS_PER_S(self) -> int: ...
    @property
    def DOWNLINK_CODING(self) -> str: ...
    @property
    def DOWNLINK_INTERLEAVE(self) -> int: ...
    @property
    def STATES(self) -> Sequence[str]: ...
    @property
    def OUTPUTS(self) -> Sequence[str]: ...
    @property
    def CAMERAS(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Channel:
    """A quantity. Engineering value = counts * numerator / denominator, in unit.

    kind is "linear", "enum" or "flags"; table names the enumeration of the latter two.
    lowest and highest are engineering values, None where all that the wire type holds can be right.
    """

    name: str
    wire_type: str
    unit: str
    numerator: int
    denominator: int
    lowest: float | None
    highest: float | None
    kind: str
    table: str
    description: str

    def engineering(self, counts: int) -> float:
        """Counts in the channel's unit; rounded once, to the nearest float."""
        return counts * self.numerator / self.denominator

    @property
    def decimals(self) -> int:
        """Digits after the point that a reader is shown.

        A decimal step was chosen to be read and is shown whole; a binary one to the hundredth.
        """
        if self.denominator == 1:
            return 0
        digits = round(math.log10(self.denominator))
        return digits if 10**digits == self.denominator else 2


@dataclass(frozen=True, slots=True)
class Packet:
    """A telemetry packet; dtype lays out all its octets, primary header to CRC, big-endian."""

    name: str
    apid: int
    priority: str
    task: str
    period: int  # in minor frames; 0: on demand
    phase: int
    channels: tuple[Channel, ...]
    dtype: np.dtype[np.void]

    @property
    def length(self) -> int:
        """Octets on the wire."""
        return self.dtype.itemsize

    @property
    def rate_hz(self) -> float:
        """How often it is packed; 0: on demand."""
        return MINOR_FRAMES_PER_SECOND / self.period if self.period else 0.0


@dataclass(frozen=True, slots=True)
class Event:
    """An event report; arguments are channel names, "", "CAMERA" or "CHANNEL"."""

    number: int
    name: str
    severity: int
    text: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a command, lowest and highest in counts of the channel ("": plain integer,
    "CAMERA": a trigger channel by number)."""

    name: str
    channel: str
    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class Command:
    """hazardous: carried out only after ARM_COMMAND."""

    name: str
    opcode: int
    arguments: tuple[Argument, ...]
    description: str
    hazardous: bool


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that commands change, in counts of the channel ("": plain integer)."""

    number: int
    name: str
    channel: str
    lowest: int
    default: int
    highest: int
    description: str


@dataclass(frozen=True, slots=True)
class Limit:
    """Bounds of a channel in counts, None where there is none; persistence in samples at 8 Hz."""

    channel: str
    persistence: int
    red_low: int | None
    yellow_low: int | None
    yellow_high: int | None
    red_high: int | None


@dataclass(frozen=True, eq=False)
class Dictionary:
    """All of the above for one mission; itself, not its contents, is what is compared.

    enums maps the name of a table to its texts by value, or by bit number for flags. coding: of the
    downlink, where it is not flown with another.
    """

    mission: str
    mission_id: int
    spacecraft_id: int
    downlink_bits_per_s: int
    coding: Coding
    fingerprint: int
    cameras: tuple[str, ...]
    channels: Mapping[str, Channel]
    packets: tuple[Packet, ...]
    events: tuple[Event, ...]
    commands: tuple[Command, ...]
    parameters: tuple[Parameter, ...]
    limits: Mapping[str, Limit]
    enums: Mapping[str, Mapping[int, str]]

    @classmethod
    def from_tables(
        cls,
        *,
        channels: Sequence[Row],
        enums: Mapping[str, Sequence[str]],
        packets: Sequence[Row],
        priorities: Sequence[str],
        events: Sequence[Row],
        commands: Sequence[Row],
        parameters: Sequence[Row],
        limits: Sequence[Row],
        mission: Mission,
        fingerprint: int,
    ) -> Dictionary:
        """Builds it from tables in the form of fsw.dictionary.

        Raises ValueError for tables that contradict each other: a name used but not defined, two
        packets of one APID, a text that names an argument the event has not.
        """
        by_name = {row[0]: _channel(row) for row in channels}
        names = {
            **{table: dict(enumerate(texts)) for table, texts in enums.items()},
            "STATE": dict(enumerate(mission.STATES)),
            "OUTPUT": dict(enumerate(mission.OUTPUTS)),
            "CAMERA": dict(enumerate(mission.CAMERAS)),
            "CHANNEL": dict(enumerate(by_name)),
            "EVENT": {i: row[0] for i, row in enumerate(events)},
            "COMMAND": {row[1]: row[0] for row in commands},
            "PARAMETER": {i: row[0] for i, row in enumerate(parameters)},
        }
        dictionary = cls(
            mission=mission.NAME,
            mission_id=mission.ID,
            spacecraft_id=mission.SPACECRAFT_ID,
            downlink_bits_per_s=mission.DOWNLINK_BITS_PER_S,
            coding=Coding.of(mission.DOWNLINK_CODING, mission.DOWNLINK_INTERLEAVE),
            fingerprint=fingerprint,
            cameras=tuple(mission.CAMERAS),
            channels=by_name,
            packets=tuple(_packet(row, by_name, priorities) for row in packets),
            events=tuple(
                Event(i, row[0], row[1], row[2], tuple(row[3])) for i, row in enumerate(events)
            ),
            commands=tuple(
                Command(
                    row[0],
                    row[1],
                    tuple(Argument(*a) for a in row[2]),
                    row[3],
                    row[4] == command_tables.HAZARDOUS,
                )
                for row in commands
            ),
            parameters=tuple(Parameter(i, *row) for i, row in enumerate(parameters)),
            limits={row[0]: Limit(*row) for row in limits},
            enums=names,
        )
        _check(dictionary)
        return dictionary

    @property
    def identity(self) -> str:
        """Mission and fingerprint, as what was decoded by it names it."""
        return f"{self.mission} {self.fingerprint:08X}"

    def packet(self, name: str) -> Packet:
        """The packet of that name. Raises KeyError."""
        for packet in self.packets:
            if packet.name == name:
                return packet
        raise KeyError(name)

    def enum_text(self, table: str, value: int) -> str:
        """Name of a value; the number itself when the table does not know it."""
        return self.enums[table].get(value, str(value))

    def flags_text(self, table: str, mask: int) -> str:
        """Names of the bits set, lowest first, joined by |; BITn for one that is not known."""
        bits = [n for n in range(mask.bit_length()) if mask >> n & 1]
        return "|".join(self.enums[table].get(n, f"BIT{n}") for n in bits) or NO_FLAGS

    def format_value(self, channel: str, counts: int) -> str:
        """Counts of a channel as a reader wants them: name, flags, or number and unit.

        channel may also be "" (a plain integer), "CAMERA" or "CHANNEL" (a name by number).
        """
        if channel == "":
            return str(counts)
        if channel in ("CAMERA", "CHANNEL"):
            return self.enum_text(channel, counts)
        c = self.channels[channel]
        if c.kind == "enum":
            return self.enum_text(c.table, counts)
        if c.kind == "flags":
            mask = int.from_bytes(counts.to_bytes(4, "big", signed=counts < 0), "big")
            return self.flags_text(c.table, mask)
        return f"{c.engineering(counts):.{c.decimals}f} {c.unit}".rstrip()

    def event_text(self, number: int, arguments: Sequence[int]) -> str:
        """What an event report says; arguments in counts, four of them on the wire.

        A number outside the dictionary is shown with its arguments as they came.
        """
        if not 0 <= number < len(self.events):
            return f"event {number} is not in the dictionary: " + ", ".join(map(str, arguments))
        event = self.events[number]
        shown = [self.format_value(c, n) for c, n in zip(event.arguments, arguments, strict=False)]
        return event.text.format(*shown)


def load(mission_name: str) -> Dictionary:
    """The dictionary that the flight software of this version has for a mission.

    Raises UserError for an unknown mission.
    """
    if mission_name not in missions.NAMES:
        raise UserError(
            f"no mission named {mission_name!r}: choose one of {', '.join(missions.NAMES)}"
        )
    mission = missions.load(mission_name)
    return Dictionary.from_tables(
        channels=channel_tables.CHANNELS,
        enums=channel_tables.ENUMS,
        packets=packet_tables.PACKETS,
        priorities=packet_tables.PRIORITIES,
        events=event_tables.EVENTS,
        commands=command_tables.COMMANDS,
        parameters=parameter_tables.PARAMETERS,
        limits=limit_tables.limits_of(mission),
        mission=mission,
        fingerprint=flight_fingerprint(mission),
    )


def _channel(row: Row) -> Channel:
    name, wire_type, unit, (numerator, denominator), bounds, conversion, description = row
    if wire_type not in WIRE_TYPES:
        raise ValueError(f"channel {name} has the unknown wire type {wire_type}")
    kind, _, table = conversion.partition(":")
    lowest, highest = bounds or (None, None)
    return Channel(
        name=name,
        wire_type=wire_type,
        unit=unit,
        numerator=numerator,
        denominator=denominator,
        lowest=lowest,
        highest=highest,
        kind=kind or "linear",
        table=table,
        description=description,
    )


def _packet(row: Row, channels: Mapping[str, Channel], priorities: Sequence[str]) -> Packet:
    name, apid, priority, task, period, phase, fields = row
    unknown = [field for field in fields if field not in channels]
    if unknown:
        raise ValueError(f"packet {name} carries unknown channels: {', '.join(unknown)}")
    carried = tuple(channels[field] for field in fields)
    if len({c.name for c in carried}) < len(carried):
        raise ValueError(f"packet {name} carries a channel twice")
    dtype = np.dtype(
        [*HEADER_FIELDS, *((c.name, WIRE_TYPES[c.wire_type]) for c in carried), *TRAILER_FIELDS]
    )
    if dtype.itemsize > layout.PACKET_HEADER + 65536:
        raise ValueError(f"packet {name} is longer than a space packet can be")
    return Packet(name, apid, priorities[priority], task, period, phase, carried, dtype)


def _check(dictionary: Dictionary) -> None:
    apids = [packet.apid for packet in dictionary.packets]
    if len(set(apids)) < len(apids) or layout.IDLE_APID in apids:
        raise ValueError("two packets share an APID, or one has that of idle packets")
    for channel in dictionary.channels.values():
        if channel.kind not in ("linear", "enum", "flags"):
            raise ValueError(f"channel {channel.name} has an unknown conversion")
        if channel.kind != "linear" and channel.table not in dictionary.enums:
            raise ValueError(f"channel {channel.name} names no table: {channel.table}")
    for event in dictionary.events:
        named = [int(n) for n in re.findall(r"\{(\d+)\}", event.text)]
        if any(n >= len(event.arguments) for n in named):
            raise ValueError(f"event {event.name}: its text names an argument that it has not")
        _check_channels(dictionary, f"event {event.name}", event.arguments, ("CAMERA", "CHANNEL"))
    for command in dictionary.commands:
        _check_channels(
            dictionary,
            f"command {command.name}",
            [a.channel for a in command.arguments],
            ("CAMERA",),
        )
    for parameter in dictionary.parameters:
        _check_channels(dictionary, f"parameter {parameter.name}", [parameter.channel])
    for limit in dictionary.limits.values():
        _check_channels(dictionary, "a limit", [limit.channel])


def _check_channels(
    dictionary: Dictionary, user: str, names: Sequence[str], special: Sequence[str] = ()
) -> None:
    for name in names:
        if name and name not in special and name not in dictionary.channels:
            raise ValueError(f"{user} names the unknown channel {name}")
