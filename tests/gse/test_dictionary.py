"""Do the flight tables arrive on the ground as they are, and are bad ones refused?"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from fsw import missions
from fsw.dictionary import (
    channels,
    commands,
    events,
    flown,
    limits,
    packets,
    parameters,
    responses,
)
from fsw.dictionary.channels import CHANNELS
from fsw.dictionary.index import fingerprint
from fsw.kernel.cvt import current_value_table
from fsw.link.packets import Packetizer
from fsw.missions import mars2020
from gse.dictionary import Dictionary, load
from gse.document import to_json, to_markdown
from gse.errors import UserError

DICTIONARY = load("mars2020")


def _tables(**changed: Any) -> dict[str, Any]:
    return {
        "channels": channels.CHANNELS,
        "enums": channels.ENUMS,
        "packets": packets.PACKETS,
        "priorities": packets.PRIORITIES,
        "events": events.EVENTS,
        "commands": commands.COMMANDS,
        "parameters": parameters.PARAMETERS,
        "limits": limits.LIMITS,
        "mission": mars2020,
        "fingerprint": 0,
    } | changed


def test_packet_lengths_are_those_that_fly() -> None:
    cvt = current_value_table(CHANNELS)
    lengths = Packetizer(flown.KINDS, flown.PACKETS, cvt).lengths
    assert [packet.length for packet in DICTIONARY.packets] == list(lengths)


@pytest.mark.parametrize("name", missions.NAMES)
def test_every_mission_loads_with_the_fingerprint_that_it_flies(name: str) -> None:
    dictionary = load(name)
    assert dictionary.fingerprint == fingerprint(missions.load(name))
    assert dictionary.mission == name


def test_an_unknown_mission_is_a_user_error() -> None:
    with pytest.raises(UserError, match=r"no mission named 'apollo': choose one of .*mars2020"):
        load("apollo")


@pytest.mark.parametrize(
    ("channel", "counts", "text"),
    [
        ("NAV_ALTITUDE", -384, "-1.50 m"),
        ("CAM0_RATE", 7500, "75.00 Hz"),
        ("THROTTLE", 205, "20.5 %"),
        ("FRAME_TIME", 15625, "0.015625 s"),
        ("SCLK_S", 666952679, "666952679 s"),
        ("OVERRUNS", 3, "3"),
        ("RESET_CAUSE", 1, "WATCHDOG"),
        ("RESET_CAUSE", 9, "9"),
        ("IMU_STATUS", 0, "NONE"),
        ("IMU_STATUS", 0b1001, "VALID|RATE_SATURATED"),
        ("IMU_STATUS", 0b10000001, "VALID|BIT7"),
        ("COMMAND_OPCODE", 0x20, "PARAMETER_SET"),
        ("", -7, "-7"),
        ("CAMERA", 7, "MIC"),
        ("CAMERA", 8, "8"),
        ("CHANNEL", 0, "SCLK_S"),
        ("CHANNEL", -1, "-1"),
    ],
)
def test_values_read_as_text(channel: str, counts: int, text: str) -> None:
    assert DICTIONARY.format_value(channel, counts) == text


@pytest.mark.parametrize("arguments", [(0, 0, 0, 0), (-(1 << 31),) * 4, ((1 << 31) - 1,) * 4])
def test_every_event_has_a_text_for_any_arguments(arguments: tuple[int, ...]) -> None:
    for event in DICTIONARY.events:
        assert "{" not in DICTIONARY.event_text(event.number, arguments)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"events": (("E", 0, "{1}", ("",)),)}, "names an argument that it has not"),
        ({"events": (("E", 0, "{0}", ("NOTHING",)),)}, "unknown channel NOTHING"),
        ({"packets": (("P", 1, 0, "T", 0, 0, ("NOTHING",)),)}, "unknown channels: NOTHING"),
        ({"packets": (("P", 1, 0, "T", 0, 0, ("THROTTLE",) * 2),)}, "carries a channel twice"),
        (
            {"packets": (("P", 1, 0, "T", 0, 0, ()), ("Q", 1, 0, "T", 0, 0, ()))},
            "share an APID",
        ),
        ({"limits": (("NOTHING", 1, None, None, None, None),)}, "unknown channel NOTHING"),
        (
            {"channels": (("C", "u64", "", (1, 1), None, "", ""),), "packets": ()},
            "unknown wire type u64",
        ),
    ],
)
def test_tables_that_contradict_each_other_are_refused(
    changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Dictionary.from_tables(**_tables(**changed))


def test_states_come_from_the_mission() -> None:
    other = SimpleNamespace(
        NAME="hop",
        ID=9,
        SPACECRAFT_ID=1,
        DOWNLINK_BITS_PER_S=9600,
        DOWNLINK_CODING="CRC",
        DOWNLINK_INTERLEAVE=2,
        STATES=("UP", "DOWN"),
        OUTPUTS=("CHUTE",),
        CAMERAS=("NOSE",),
    )
    dictionary = Dictionary.from_tables(**_tables(mission=other))
    assert dictionary.format_value("EDL_STATE", 1) == "DOWN"
    assert dictionary.format_value("OUTPUTS_FIRED", 1) == "CHUTE"
    assert dictionary.format_value("CAMERA", 0) == "NOSE"


def test_json_holds_every_table() -> None:
    document = json.loads(to_json(DICTIONARY))
    assert len(document["channels"]) == len(channels.CHANNELS)
    assert len(document["packets"]) == len(packets.PACKETS)
    assert len(document["events"]) == len(events.EVENTS)
    assert len(document["commands"]) == len(commands.COMMANDS)
    assert len(document["parameters"]) == len(parameters.PARAMETERS)
    assert len(document["limits"]) == len(limits.LIMITS)
    assert len(document["anomalies"]) == len(responses.RESPONSES)
    boot = next(p for p in document["packets"] if p["name"] == "BOOT")
    assert boot["fields"][5] == {"name": "DICTIONARY_HASH", "octet": 12, "type": "u32"}


def test_what_is_done_about_anomalies_is_in_the_document_and_under_its_fingerprint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever loads the document can say what the board will do, and that it is this board."""
    document = json.loads(to_json(DICTIONARY))
    assert document["anomalies"][0] == {
        "bit": 0,
        "name": "FRAMES_FULL",
        "channel": "FRAME_TIME",
        "lowest": None,
        "highest": 14000,
        "persistence": 8,
        "passing": 64,
        "response": "SHED",
        "argument": 1,
    }
    known = {channel["name"] for channel in document["channels"]}
    for row, bit in zip(document["anomalies"], document["enumerations"]["ANOMALY"], strict=True):
        assert (str(row["bit"]), row["name"]) == (bit, document["enumerations"]["ANOMALY"][bit])
        assert row["channel"] in known
        assert (row["argument"] is not None) == (row["response"] in ("SHED", "SEQUENCE"))
    others = (
        *responses.RESPONSES[:-1],
        (*responses.RESPONSES[-1][:3], 100, *responses.RESPONSES[-1][4:]),
    )
    monkeypatch.setattr(responses, "RESPONSES", tuple(others))
    assert f"{fingerprint(mars2020):08X}" != document["dictionary_hash"]


def test_markdown_is_a_table_of_every_packet_with_octets() -> None:
    text = to_markdown(DICTIONARY)
    for packet in DICTIONARY.packets:
        assert f"### {packet.name}, APID {packet.apid:#05x}" in text
    assert "| 12 | `NAV_ALTITUDE` | i32 | m | 1/256 | height above the landing site |" in text
    assert "| BUS_VOLTAGE" not in text.split("## Limits")[0].split("## Events")[1]
    assert "| `BUS_VOLTAGE` | 4 | 22.00 V | 24.00 V | 33.00 V | 36.00 V |" in text
    for line in text.splitlines():
        assert line.count("|") == 0 or line.startswith("|")
