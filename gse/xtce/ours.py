"""How is our dictionary told to others? As OMG XTCE 1.2 (CCSDS 660.1-B-2), written by yamcs-pymdb.

Every channel is a parameter; every packet a container that extends TELEMETRY, the two headers of
all of them. Linear channels become floating-point numbers by a polynomial, enumerations labels;
flags stay numbers whose description names the bits, as XTCE has no type for them. Limits are
alarms: yellow is WARNING, red CRITICAL. Commands take what their operator would write: quantities
in their unit, names of enumerations; hazardous ones are CRITICAL.
"""

from __future__ import annotations

from typing import Any

from yamcs.pymdb.alarms import ThresholdAlarm
from yamcs.pymdb.calibrators import Polynomial
from yamcs.pymdb.commands import (
    ArgumentEntry,
    Command,
    CommandLevel,
    EnumeratedArgument,
    FixedValueEntry,
    FloatArgument,
    IntegerArgument,
)
from yamcs.pymdb.containers import Container, ParameterEntry
from yamcs.pymdb.encodings import IntegerEncoding, IntegerEncodingScheme, int32_t
from yamcs.pymdb.expressions import AndExpression, EqExpression
from yamcs.pymdb.parameters import EnumeratedParameter, FloatParameter, IntegerParameter, Parameter
from yamcs.pymdb.systems import System

from fsw.link.layout import PACKET_ERROR_CONTROL, TELECOMMAND_APID
from gse import dictionary as ours
from gse.dictionary import Dictionary

ROOT = "TELEMETRY"
TIME_CHANNELS = ("SCLK_S", "SCLK_FRACTION")
CHECK = "PACKET_CRC"

# CCSDS 133.0-B-2 section 4.1.3: name, bits, what it is.
_HEADER = (
    ("VERSION", 3, "packet version number"),
    ("TYPE", 1, "0: telemetry, 1: telecommand"),
    ("SECONDARY_HEADER", 1, "secondary header flag"),
    ("PKT_APID", 11, "application process identifier"),
    ("SEQUENCE_FLAGS", 2, "3: unsegmented"),
    ("SEQUENCE_COUNT", 14, "packet sequence count of the application process"),
    ("DATA_LENGTH", 16, "octets behind the primary header, less one"),
)
_MINOR_FRAMES_PER_S = 64
_LIMIT_SAMPLES_PER_S = 8
_UNSEGMENTED = "03"
_OPCODE, _ARGUMENT = 2, 4  # octets


def to_xtce(dictionary: Dictionary) -> str:
    """The XTCE document of a dictionary."""
    text: str = system(dictionary).dumps(
        format="xtce-1.2",
        top_comment=f" edlcam, mission {dictionary.mission}, dictionary "
        f"{dictionary.fingerprint:08X} ",
    )
    return text


def system(dictionary: Dictionary) -> System:
    """The space system of a mission, named as it."""
    space_system = System(
        dictionary.mission,
        short_description=f"edlcam {dictionary.mission}",
        extra={"dictionary": f"{dictionary.fingerprint:08X}"},
    )
    _telemetry(space_system, dictionary)
    _commands(space_system, dictionary)
    return space_system


def _telemetry(space_system: System, dictionary: Dictionary) -> None:
    header = {
        name: IntegerParameter(
            space_system,
            name,
            signed=False,
            bits=bits,
            short_description=text,
            encoding=IntegerEncoding(bits=bits),
        )
        for name, bits, text in _HEADER
    }
    parameters: dict[str, Parameter[Any]] = {}

    def parameter(name: str) -> Parameter[Any]:
        if name not in parameters:
            parameters[name] = _parameter(space_system, dictionary, dictionary.channels[name])
        return parameters[name]

    root = Container(
        space_system,
        ROOT,
        abstract=True,
        short_description="headers of every telemetry packet",
        entries=[ParameterEntry(p) for p in header.values()]
        + [ParameterEntry(parameter(name)) for name in TIME_CHANNELS],
    )
    check = IntegerParameter(
        space_system,
        CHECK,
        signed=False,
        bits=16,
        short_description="CRC-16 over the packet before it",
        encoding=IntegerEncoding(bits=16),
    )
    for packet in dictionary.packets:
        channels = [parameter(channel.name) for channel in packet.channels]
        Container(
            space_system,
            packet.name,
            base=root,
            condition=AndExpression(
                EqExpression(header["PKT_APID"], packet.apid, calibrated=False),
                EqExpression(header["TYPE"], 0, calibrated=False),
            ),
            rate=packet.period / _MINOR_FRAMES_PER_S or None,
            short_description=f"{packet.priority.lower()} packet of {packet.length} octets",
            entries=[ParameterEntry(p) for p in (*channels, check)],
            hint_partition=True,
        )


def _parameter(
    space_system: System, dictionary: Dictionary, channel: ours.Channel
) -> Parameter[Any]:
    bits = int(channel.wire_type[1:])
    signed = channel.wire_type.startswith("i")
    scheme = IntegerEncodingScheme.TWOS_COMPLEMENT if signed else IntegerEncodingScheme.UNSIGNED
    encoding = IntegerEncoding(bits=bits, scheme=scheme)
    if channel.kind == "enum":
        return EnumeratedParameter(
            space_system,
            channel.name,
            choices=list(dictionary.enums[channel.table].items()),
            short_description=channel.description,
            encoding=encoding,
        )
    if channel.kind == "flags":
        names = dictionary.enums[channel.table].items()
        return IntegerParameter(
            space_system,
            channel.name,
            signed=signed,
            bits=bits,
            short_description=channel.description,
            long_description="bits: " + ", ".join(f"{n} {text}" for n, text in names),
            encoding=encoding,
        )
    if (channel.numerator, channel.denominator) == (1, 1) and channel.name not in dictionary.limits:
        return IntegerParameter(
            space_system,
            channel.name,
            signed=signed,
            bits=bits,
            minimum=None if channel.lowest is None else int(channel.lowest),
            maximum=None if channel.highest is None else int(channel.highest),
            units=channel.unit or None,
            short_description=channel.description,
            encoding=encoding,
        )
    return FloatParameter(
        space_system,
        channel.name,
        bits=64,
        minimum=channel.lowest,
        maximum=channel.highest,
        units=channel.unit or None,
        short_description=channel.description,
        encoding=encoding,
        calibrator=Polynomial([0.0, channel.numerator / channel.denominator]),
        alarm=_alarm(dictionary, channel),
    )


def _alarm(dictionary: Dictionary, channel: ours.Channel) -> ThresholdAlarm | None:
    """Limits in the channel's unit. Packets carry it more seldom than it is watched on board: what
    has persisted there counts at once here, unless it must persist for more than a second."""
    limit = dictionary.limits.get(channel.name)
    if limit is None:
        return None

    def bound(counts: int | None) -> float | None:
        return None if counts is None else channel.engineering(counts)

    return ThresholdAlarm(
        critical_low=bound(limit.red_low),
        warning_low=bound(limit.yellow_low),
        warning_high=bound(limit.yellow_high),
        critical_high=bound(limit.red_high),
        minimum_violations=max(1, limit.persistence // _LIMIT_SAMPLES_PER_S),
    )


def _commands(space_system: System, dictionary: Dictionary) -> None:
    apid = f"{TELECOMMAND_APID:04x}"
    base = Command(
        space_system,
        "TELECOMMAND",
        abstract=True,
        short_description="beginning of every telecommand packet; CRC-16 ends it",
        entries=[
            FixedValueEntry("00", "VERSION", bits=3),
            FixedValueEntry("01", "TYPE", bits=1),
            FixedValueEntry("00", "SECONDARY_HEADER", bits=1),
            FixedValueEntry(apid, "APID", bits=11),
            FixedValueEntry(_UNSEGMENTED, "SEQUENCE_FLAGS", bits=2),
            FixedValueEntry("0000", "SEQUENCE_COUNT", bits=14),
        ],
    )
    for command in dictionary.commands:
        arguments = [_argument(dictionary, argument) for argument in command.arguments]
        Command(
            space_system,
            command.name,
            base=base,
            short_description=command.description,
            arguments=arguments,
            entries=[
                FixedValueEntry(f"{_data_length(command):04x}", "DATA_LENGTH", bits=16),
                FixedValueEntry(f"{command.opcode:04x}", "OPCODE", bits=16),
                *(ArgumentEntry(argument) for argument in arguments),
            ],
            level=CommandLevel.CRITICAL if command.hazardous else CommandLevel.NORMAL,
            warning_message="carried out only after ARM_COMMAND" if command.hazardous else None,
        )


def _data_length(command: ours.Command) -> int:
    """Octets behind the primary header, less one: opcode, arguments, and the CRC that whoever sends
    the packet appends (CCSDS 133.0-B-2 section 4.1.3.5.3)."""
    return _OPCODE + _ARGUMENT * len(command.arguments) + PACKET_ERROR_CONTROL - 1


def _argument(
    dictionary: Dictionary, argument: ours.Argument
) -> IntegerArgument | FloatArgument | EnumeratedArgument:
    channel = dictionary.channels.get(argument.channel)
    table = channel.table if channel is not None and channel.kind == "enum" else ""
    if argument.channel == "CAMERA":
        table = "CAMERA"
    if table:
        named = dictionary.enums[table].items()
        choices = [(n, text) for n, text in named if argument.lowest <= n <= argument.highest]
        return EnumeratedArgument(argument.name, choices=choices, encoding=int32_t)
    if channel is None or (channel.numerator, channel.denominator) == (1, 1):
        return IntegerArgument(
            argument.name,
            minimum=argument.lowest,
            maximum=argument.highest,
            units=channel.unit or None if channel is not None else None,
            encoding=int32_t,
        )
    return FloatArgument(
        argument.name,
        bits=64,
        minimum=channel.engineering(argument.lowest),
        maximum=channel.engineering(argument.highest),
        units=channel.unit or None,
        encoding=int32_t,
        # Of an argument, the calibrator goes from the unit to counts.
        calibrator=Polynomial([0.0, channel.denominator / channel.numerator]),
    )
