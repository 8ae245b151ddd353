"""How does a dictionary read as a document, for people and for other programs?

to_markdown is the interface document of a mission; to_json holds the same for a program to load:
every table that the fingerprint is computed from, since a difference in any of them changes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from fsw.dictionary.channels import ENUMS
from fsw.dictionary.responses import RESPONSES, SEQUENCE, SHED
from fsw.schedule import MINOR_FRAMES_PER_SECOND
from gse.dictionary import (
    HEADER_FIELDS,
    TRAILER_FIELDS,
    WIRE_TYPES,
    Channel,
    Command,
    Dictionary,
    Event,
    Packet,
)

_SEVERITIES = ENUMS["SEVERITY"]
_WIRE_NAMES = {numpy_name: name for name, numpy_name in WIRE_TYPES.items()}
_COMMAND_OPCODE_OCTETS = 2
_COMMAND_ARGUMENT_OCTETS = 4

_FRAME_FIELD_TEXT = {
    "packet_id": "version 0, type 0, secondary header 1, APID",
    "sequence_control": "sequence flags 3, sequence count modulo 2^14 per APID",
    "data_length": "octets after the primary header, less one",
    "sclk_s": "spacecraft clock, whole seconds",
    "sclk_fraction": "spacecraft clock, 2^-16 s",
    "crc": "CRC-16, polynomial 1021, preset FFFF, over all octets before it",
}


def to_json(dictionary: Dictionary) -> str:
    """The dictionary as JSON text, UTF-8, two blanks of indentation."""
    text = json.dumps(
        {
            "mission": dictionary.mission,
            "mission_id": dictionary.mission_id,
            "spacecraft_id": dictionary.spacecraft_id,
            "downlink_bits_per_s": dictionary.downlink_bits_per_s,
            "downlink_coding": dictionary.coding,
            "dictionary_hash": f"{dictionary.fingerprint:08X}",
            "packets": [_packet_record(packet) for packet in dictionary.packets],
            "channels": [_channel_record(channel) for channel in dictionary.channels.values()],
            "events": [
                {
                    "number": event.number,
                    "name": event.name,
                    "severity": _SEVERITIES[event.severity],
                    "text": event.text,
                    "arguments": list(event.arguments),
                }
                for event in dictionary.events
            ],
            "commands": [
                {
                    "name": command.name,
                    "opcode": command.opcode,
                    "description": command.description,
                    "hazardous": command.hazardous,
                    "arguments": [
                        {
                            "name": a.name,
                            "channel": a.channel,
                            "lowest": a.lowest,
                            "highest": a.highest,
                        }
                        for a in command.arguments
                    ],
                }
                for command in dictionary.commands
            ],
            "parameters": [
                {
                    "number": p.number,
                    "name": p.name,
                    "channel": p.channel,
                    "lowest": p.lowest,
                    "default": p.default,
                    "highest": p.highest,
                    "description": p.description,
                }
                for p in dictionary.parameters
            ],
            "limits": [
                {
                    "channel": limit.channel,
                    "persistence": limit.persistence,
                    "red_low": limit.red_low,
                    "yellow_low": limit.yellow_low,
                    "yellow_high": limit.yellow_high,
                    "red_high": limit.red_high,
                }
                for limit in dictionary.limits.values()
            ],
            "anomalies": [_anomaly_record(bit, row) for bit, row in enumerate(RESPONSES)],
            "enumerations": {
                table: {str(value): text for value, text in texts.items()}
                for table, texts in sorted(dictionary.enums.items())
            },
        },
        indent=2,
    )
    return text + "\n"


def to_markdown(dictionary: Dictionary) -> str:
    """The interface document of the dictionary's mission, Markdown with pipe tables."""
    return "\n".join(_lines(dictionary)) + "\n"


def _lines(dictionary: Dictionary) -> Iterator[str]:
    yield f"# Telemetry and commands of {dictionary.mission}"
    yield ""
    yield (
        f"Dictionary hash {dictionary.fingerprint:08X}, mission {dictionary.mission_id}, "
        f"spacecraft {dictionary.spacecraft_id:#05x}, downlink "
        f"{dictionary.downlink_bits_per_s} bit/s, {dictionary.coding.in_words}. Generated from the "
        "tables that fly: `edlcam dictionary`."
    )
    yield ""
    yield (
        "All numbers are big-endian. An engineering value is counts x step. Packets are CCSDS "
        "133.0-B-2 space packets in CCSDS 132.0-B-3 transfer frames."
    )
    yield from _section("Packets", _packet_overview(dictionary))
    for packet in dictionary.packets:
        yield from _section(f"{packet.name}, APID {packet.apid:#05x}", _packet(packet), level=3)
    yield from _section("Channels", _channels(dictionary))
    yield from _section("Events", _events(dictionary.events))
    yield from _section("Commands", _commands(dictionary))
    yield from _section("Parameters", _parameters(dictionary))
    yield from _section("Limits", _limits(dictionary))
    yield from _section("Anomalies", _anomalies(dictionary))
    yield from _section("Enumerations", _enumerations(dictionary))


def _section(title: str, body: Iterable[str], level: int = 2) -> Iterator[str]:
    yield ""
    yield "#" * level + " " + title
    yield ""
    yield from body


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield "| " + " | ".join(header) + " |"
    yield "|" + "---|" * len(header)
    for row in rows:
        yield "| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |"


def _packet_overview(dictionary: Dictionary) -> Iterator[str]:
    return _table(
        ("packet", "APID", "octets", "every", "priority", "channels"),
        [
            (f"{p.name}", f"{p.apid:#05x}", p.length, _period(p), p.priority, len(p.channels))
            for p in dictionary.packets
        ],
    )


def _period(packet: Packet) -> str:
    if packet.period == 0:
        return "on demand"
    return f"{packet.period / MINOR_FRAMES_PER_SECOND:g} s"


def _packet(packet: Packet) -> Iterator[str]:
    described = {c.name: c for c in packet.channels}
    rows = []
    for name, octet, wire_type in _layout(packet):
        if name in described:
            c = described[name]
            rows.append((octet, f"`{name}`", wire_type, c.unit, _step(c), c.description))
        else:
            rows.append((octet, name, wire_type, "", "", _FRAME_FIELD_TEXT[name]))
    return _table(("octet", "field", "type", "unit", "step", "meaning"), rows)


def _layout(packet: Packet) -> list[tuple[str, int, str]]:
    """Name, octet and wire type of every field of a packet."""
    types = {name: _WIRE_NAMES[t] for name, t in (*HEADER_FIELDS, *TRAILER_FIELDS)}
    types |= {c.name: c.wire_type for c in packet.channels}
    fields = packet.dtype.fields
    assert fields is not None  # it is a structure
    return [(name, fields[name][1], types[name]) for name in packet.dtype.names or ()]


def _step(channel: Channel) -> str:
    if channel.kind != "linear":
        return f"{channel.kind} {channel.table}"
    if channel.denominator == 1:
        return str(channel.numerator)
    return f"{channel.numerator}/{channel.denominator}"


def _channels(dictionary: Dictionary) -> Iterator[str]:
    carriers: dict[str, list[str]] = {name: [] for name in dictionary.channels}
    for packet in dictionary.packets:
        for channel in packet.channels:
            carriers[channel.name].append(packet.name)
    return _table(
        ("channel", "type", "unit", "step", "range", "packets", "meaning"),
        [
            (
                f"`{c.name}`",
                c.wire_type,
                c.unit,
                _step(c),
                "" if c.lowest is None else f"{c.lowest} .. {c.highest}",
                ", ".join(carriers[c.name]),
                c.description,
            )
            for c in dictionary.channels.values()
        ],
    )


def _events(events: Sequence[Event]) -> Iterator[str]:
    return _table(
        ("number", "event", "severity", "text", "arguments"),
        [
            (
                e.number,
                e.name,
                _SEVERITIES[e.severity],
                e.text,
                ", ".join(a or "integer" for a in e.arguments),
            )
            for e in events
        ],
    )


def _commands(dictionary: Dictionary) -> Iterator[str]:
    yield (
        "A command is a telecommand packet: opcode as u16, then each argument as i32, then CRC-16. "
        "Arguments are in counts of the channel named."
    )
    yield ""
    yield from _table(
        ("command", "opcode", "octet", "argument", "channel", "lowest", "highest", "meaning"),
        [row for command in dictionary.commands for row in _command_rows(command)],
    )


def _command_rows(command: Command) -> Iterator[tuple[object, ...]]:
    """A row for the command, then one an argument; octets count from the opcode."""
    opcode = f"{command.opcode:#06x}"
    meaning = command.description + ("; hazardous" if command.hazardous else "")
    yield (command.name, opcode, 0, "", "", "", "", meaning)
    for i, a in enumerate(command.arguments):
        octet = _COMMAND_OPCODE_OCTETS + _COMMAND_ARGUMENT_OCTETS * i
        yield ("", "", octet, a.name, a.channel or "integer", a.lowest, a.highest, "")


def _parameters(dictionary: Dictionary) -> Iterator[str]:
    return _table(
        ("number", "parameter", "channel", "lowest", "default", "highest", "meaning"),
        [
            (
                p.number,
                p.name,
                p.channel or "integer",
                dictionary.format_value(p.channel, p.lowest),
                dictionary.format_value(p.channel, p.default),
                dictionary.format_value(p.channel, p.highest),
                p.description,
            )
            for p in dictionary.parameters
        ],
    )


def _limits(dictionary: Dictionary) -> Iterator[str]:
    def shown(channel: str, counts: int | None) -> str:
        return "" if counts is None else dictionary.format_value(channel, counts)

    return _table(
        ("channel", "samples at 8 Hz", "red low", "yellow low", "yellow high", "red high"),
        [
            (
                f"`{x.channel}`",
                x.persistence,
                shown(x.channel, x.red_low),
                shown(x.channel, x.yellow_low),
                shown(x.channel, x.yellow_high),
                shown(x.channel, x.red_high),
            )
            for x in dictionary.limits.values()
        ],
    )


def _anomalies(dictionary: Dictionary) -> Iterator[str]:
    """What the flight software does by itself, row by row of fsw.dictionary.responses."""

    def shown(channel: str, counts: int | None) -> str:
        return "" if counts is None else dictionary.format_value(channel, counts)

    return _table(
        ("bit", "anomaly", "channel", "below", "above", "samples at 8 Hz", "to pass", "response"),
        [
            (
                bit,
                name,
                f"`{channel}`",
                shown(channel, lowest),
                shown(channel, highest),
                persistence,
                passing,
                _response(response, argument),
            )
            for bit, (
                name,
                channel,
                lowest,
                highest,
                persistence,
                passing,
                response,
                argument,
            ) in enumerate(RESPONSES)
        ],
    )


def _response(response: int, argument: int) -> str:
    """A response and its argument, in the dictionary's words."""
    name = ENUMS["RESPONSE"][response]
    if response == SHED:
        return f"{name} {ENUMS['SHED'][argument]}"
    return f"{name} {ENUMS['SEQUENCE'][argument]}" if response == SEQUENCE else name


def _enumerations(dictionary: Dictionary) -> Iterator[str]:
    flags = {c.table for c in dictionary.channels.values() if c.kind == "flags"}
    used = {c.table for c in dictionary.channels.values() if c.table} | {"CAMERA"}
    return _table(
        ("table", "kind", "texts"),
        [
            (
                table,
                "bits" if table in flags else "values",
                ", ".join(f"{n} {text}" for n, text in texts.items()),
            )
            for table, texts in sorted(dictionary.enums.items())
            if table in used
        ],
    )


def _anomaly_record(bit: int, row: tuple[Any, ...]) -> dict[str, object]:
    """A row of fsw.dictionary.responses; the argument as a number of SHED or SEQUENCE."""
    name, channel, lowest, highest, persistence, passing, response, argument = row
    return {
        "bit": bit,
        "name": name,
        "channel": channel,
        "lowest": lowest,
        "highest": highest,
        "persistence": persistence,
        "passing": passing,
        "response": ENUMS["RESPONSE"][response],
        "argument": argument if response in (SHED, SEQUENCE) else None,
    }


def _packet_record(packet: Packet) -> dict[str, object]:
    return {
        "name": packet.name,
        "apid": packet.apid,
        "octets": packet.length,
        "priority": packet.priority,
        "task": packet.task,
        "period_minor_frames": packet.period,
        "phase_minor_frames": packet.phase,
        "fields": [
            {"name": name, "octet": octet, "type": wire_type}
            for name, octet, wire_type in _layout(packet)
        ],
    }


def _channel_record(channel: Channel) -> dict[str, object]:
    return {
        "name": channel.name,
        "type": channel.wire_type,
        "unit": channel.unit,
        "step": [channel.numerator, channel.denominator],
        "range": None if channel.lowest is None else [channel.lowest, channel.highest],
        "conversion": channel.kind,
        "table": channel.table,
        "description": channel.description,
    }
