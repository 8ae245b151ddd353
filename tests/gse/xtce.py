"""How does space_packet_parser, a decoder of others, read the packets of the dictionary?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from space_packet_parser import XtcePacketDefinition
from space_packet_parser.xtce.comparisons import Comparison
from space_packet_parser.xtce.containers import SequenceContainer
from space_packet_parser.xtce.encodings import IntegerDataEncoding
from space_packet_parser.xtce.parameter_types import IntegerParameterType
from space_packet_parser.xtce.parameters import Parameter

from tests.gse.encoder import APIDS, FIELDS, WIRE_TYPES

_HEADER = (
    ("VERSION", 3),
    ("TYPE", 1),
    ("SECONDARY_HEADER", 1),
    ("PKT_APID", 11),
    ("SEQUENCE_FLAGS", 2),
    ("SEQUENCE_COUNT", 14),
    ("DATA_LENGTH", 16),
    ("TIME_S", 32),
    ("TIME_FRACTION", 16),
)


def definition(
    apids: Mapping[str, int] = APIDS, fields: Mapping[str, Sequence[str]] = FIELDS
) -> XtcePacketDefinition:
    """One container a packet, inheriting from the headers, with the CRC as its last parameter.

    apids, fields: by packet name."""
    check = _parameter("CRC", 16)
    channels = {
        name: _parameter(name, int(wire_type[1:]), signed=wire_type[0] == "i")
        for name, wire_type in WIRE_TYPES.items()
    }
    root = SequenceContainer(
        "CCSDSPacket",
        [_parameter(name, bits) for name, bits in _HEADER],
        abstract=True,
        inheritors=list(fields),
    )
    packets = [
        SequenceContainer(
            name,
            [*(channels[field] for field in carried), check],
            base_container_name="CCSDSPacket",
            restriction_criteria=[
                Comparison(str(apids[name]), "PKT_APID", use_calibrated_value=False)
            ],
        )
        for name, carried in fields.items()
    ]
    return XtcePacketDefinition([root, *packets])


def _parameter(name: str, bits: int, *, signed: bool = False) -> Parameter:
    encoding = IntegerDataEncoding(bits, "twosComplement" if signed else "unsigned")
    return Parameter(name, IntegerParameterType(f"{name}_TYPE", encoding))
