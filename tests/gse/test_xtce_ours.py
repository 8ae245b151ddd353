"""Does our dictionary in XTCE say of every packet what our own decoder reads in it?"""

from __future__ import annotations

import io
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from space_packet_parser import ccsds_generator
from space_packet_parser.xtce.definitions import XtcePacketDefinition

from fsw import missions
from gse import decode as our_decoder
from gse.cli import main
from gse.dictionary import Channel, Dictionary, load
from gse.stream import Decoded
from gse.xtce import decode as xtce_decoder
from gse.xtce.ours import ROOT, to_xtce
from gse.xtce.packets import split
from gse.xtce.read import parse
from tests.gse.captures import DICTIONARY
from tests.gse.encoder import FIELDS, Sent, capture
from tests.gse.valid import each_packet, same

XTCE = to_xtce(DICTIONARY).encode()


@pytest.fixture(scope="module")
def sent() -> list[Sent]:
    return each_packet(DICTIONARY)


@pytest.fixture(scope="module")
def decoded(sent: list[Sent]) -> Decoded:
    return our_decoder.decode(b"".join(capture(sent)), DICTIONARY)


def test_another_decoder_finds_our_values_by_our_document(
    sent: list[Sent], decoded: Decoded
) -> None:
    definition = XtcePacketDefinition.from_xtce(io.BytesIO(XTCE), root_container_name=ROOT)
    seen = dict.fromkeys(FIELDS, 0)
    by_apid = {p.apid: p for p in DICTIONARY.packets}
    for raw in ccsds_generator(b"".join(p.octets for p in sent)):
        theirs = definition.parse_bytes(raw)
        packet = by_apid[theirs["PKT_APID"]]
        row = seen[packet.name]
        seen[packet.name] += 1
        ours, table = decoded.records[packet.name].data[row], decoded.tables[packet.name]
        assert theirs["SEQUENCE_COUNT"] == decoded.records[packet.name].sequence[row]
        assert theirs["SCLK_S"] + theirs["SCLK_FRACTION"] == ours["sclk_s"] + Fraction(
            int(ours["sclk_fraction"]), 65536
        )
        for channel in packet.channels:
            assert theirs[channel.name].raw_value == ours[channel.name]
            assert same(_expected(table, channel, row), theirs[channel.name])
    assert seen == {name: len(r.data) for name, r in decoded.records.items()}
    assert all(seen.values())


def test_our_reader_of_xtce_finds_our_values(sent: list[Sent], decoded: Decoded) -> None:
    octets = np.frombuffer(b"".join(p.octets for p in sent), np.uint8)
    theirs = xtce_decoder.decode(parse(XTCE), split(octets).packets)
    assert set(theirs.tables) == set(FIELDS)
    for packet in DICTIONARY.packets:
        table = theirs.tables[packet.name]
        ours = decoded.tables[packet.name]
        for channel in packet.channels:
            found = table[channel.name].to_pylist()
            assert len(found) == len(ours)
            for row, value in enumerate(found):
                assert same(_expected(ours, channel, row), value)
            assert (table.schema.field(channel.name).metadata or {}).get(
                b"unit", b""
            ).decode() == channel.unit


def _expected(table: pa.Table, channel: Channel, row: int) -> object:
    """What our decoder says in the form of XTCE, which has no type for flags."""
    name = f"{channel.name}_RAW" if channel.kind == "flags" else channel.name
    return table[name][row].as_py()


@pytest.mark.parametrize("mission", missions.NAMES)
def test_every_command_argument_limit_and_label_is_in_the_document(mission: str) -> None:
    dictionary = load(mission)
    result = CliRunner().invoke(main, ["dictionary", "--format", "xtce", "--mission", mission])
    assert result.exit_code == 0
    text = result.output
    for command in dictionary.commands:
        assert f'<MetaCommand name="{command.name}"' in text
        for argument in command.arguments:
            assert f'argumentTypeRef="{command.name}__{argument.name}"' in text
    for limit in dictionary.limits.values():
        if limit.red_high is not None:
            red = dictionary.channels[limit.channel].engineering(limit.red_high)
            assert f'maxInclusive="{red}"' in text
    labels = {label for e in dictionary.enums.values() for label in e.values()}
    _check_labels(dictionary, text, labels)


def _check_labels(dictionary: Dictionary, text: str, labels: set[str]) -> None:
    used = {
        label
        for packet in dictionary.packets
        for channel in packet.channels
        if channel.kind == "enum"
        for label in dictionary.enums[channel.table].values()
    }
    assert used <= labels
    assert all(f'label="{label}"' in text for label in used)
