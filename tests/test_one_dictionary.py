"""Do flight packing and ground decoding both come from the dictionary, and from nothing else?

Each case changes the tables in one way and sends a packet through the flight code's own packetizer,
queues and downlink, and through the ground's decoder, both built from the changed tables.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fsw import missions
from fsw.dictionary import channels, commands, events, flown, limits, packets, parameters
from fsw.kernel.cvt import current_value_table
from fsw.link.downlink import Downlink
from fsw.link.packets import Packetizer
from fsw.link.queues import Queues
from gse.decode import decode
from gse.dictionary import Dictionary
from tests.fsw.bench_board import RecordingBoard

Rows = tuple[tuple[Any, ...], ...]
MISSION = missions.load("mars2020")
NAMES = [row[0] for row in channels.CHANNELS]


def changed(rows: Rows, name: str, column: int, change: Callable[[Any], Any]) -> Rows:
    return tuple(
        (*row[:column], change(row[column]), *row[column + 1 :]) if row[0] == name else row
        for row in rows
    )


def through_flight_and_ground(
    channel_rows: Rows, packet_rows: Rows, counts: dict[str, int]
) -> dict[str, Any]:
    """The one row of the NAV table that the ground decodes from what the flight code sent."""
    cvt = current_value_table(channel_rows)
    for name, value in counts.items():
        cvt[NAMES.index(name)] = value
    numbered = flown.numbered(packet_rows, channel_rows)
    packetizer = Packetizer(flown.kinds(channel_rows), numbered, cvt)
    queues = Queues(cvt, numbered, packetizer.lengths)
    board = RecordingBoard()
    row = [r[0] for r in packet_rows].index("NAV")
    at = queues.put(0, packetizer.lengths[row])
    packetizer.pack(row, MISSION.EI_SCLK, 0, queues.buffer, at)
    downlink = Downlink(cvt, board, queues, MISSION.SPACECRAFT_ID, 8000)
    for _ in range(64):
        downlink.run()
    dictionary = Dictionary.from_tables(
        channels=channel_rows,
        enums=channels.ENUMS,
        packets=packet_rows,
        priorities=packets.PRIORITIES,
        events=events.EVENTS,
        commands=commands.COMMANDS,
        parameters=parameters.PARAMETERS,
        limits=limits.LIMITS,
        mission=MISSION,
        fingerprint=0,
    )
    decoded = decode(b"".join(board.cadus), dictionary)
    assert decoded.report.packets_good == 1
    (record,) = decoded.tables["NAV"].to_pylist()
    result: dict[str, Any] = record
    return result


COUNTS = {"NAV_ALTITUDE": 123456, "NAV_PITCH": -(1 << 24), "NAV_ACCELERATION": 1024 * 37}


@pytest.mark.parametrize(
    ("channel_rows", "packet_rows"),
    [
        pytest.param(channels.CHANNELS, packets.PACKETS, id="as it flies"),
        pytest.param(
            changed(channels.CHANNELS, "NAV_ACCELERATION", 1, lambda _: "u16"),
            packets.PACKETS,
            id="a field of another type",
        ),
        pytest.param(
            channels.CHANNELS,
            changed(packets.PACKETS, "NAV", 6, lambda fields: tuple(reversed(fields))),
            id="fields in another order",
        ),
        pytest.param(
            channels.CHANNELS,
            changed(packets.PACKETS, "NAV", 6, lambda fields: ("SCLK_S", *fields, "THROTTLE")),
            id="more fields",
        ),
        pytest.param(
            channels.CHANNELS,
            changed(packets.PACKETS, "NAV", 1, lambda _: 0x123),
            id="another APID",
        ),
    ],
)
def test_both_ends_follow_a_change_of_layout(channel_rows: Rows, packet_rows: Rows) -> None:
    record = through_flight_and_ground(channel_rows, packet_rows, COUNTS)
    assert record["NAV_ALTITUDE"] == 123456 / 256
    assert record["NAV_PITCH"] == -90
    assert record["NAV_ACCELERATION"] == 37


def test_a_change_of_step_changes_the_value_that_the_ground_shows() -> None:
    rows = changed(channels.CHANNELS, "NAV_ALTITUDE", 3, lambda _: (1, 16))
    assert through_flight_and_ground(rows, packets.PACKETS, COUNTS)["NAV_ALTITUDE"] == 7716.0


def test_a_field_taken_out_is_gone_at_both_ends() -> None:
    rows = changed(
        packets.PACKETS, "NAV", 6, lambda fields: tuple(f for f in fields if f != "NAV_PITCH")
    )
    record = through_flight_and_ground(channels.CHANNELS, rows, COUNTS)
    assert "NAV_PITCH" not in record
    assert record["NAV_ACCELERATION"] == 37
