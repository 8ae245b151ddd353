"""Which objects does Open MCT show? The dictionary as its tree, and the layouts we prepared.

An object has the form that Open MCT asks for (name, type, composition, telemetry, configuration)
with keys in place of identifiers; static/objects.js completes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from gse import derived, limits
from gse.dictionary import Channel, Dictionary, Packet
from gse.monitor.windows import exits
from gse.timelines import TIMELINES

Object = dict[str, Any]

ROOT = "spacecraft"
EVENTS = "events"
EVENT_PACKET = "EVR"

# Times of every row, milliseconds: what Open MCT calls domains.
DOMAINS = (
    {"key": "ei", "name": "Time", "format": "zero", "hints": {"domain": 1}},
    {"key": "utc", "name": "Received, UTC", "format": "utc", "hints": {"domain": 2}},
)

_PACKET_NAMES = {
    "BOOT": "Start of the flight software",
    "EDL": "Descent",
    "NAV": "Navigation",
    "CAM": "Camera accounts",
    "CAM_TAG": "Camera plan and times",
    "SENSORS": "Sensors",
    "BARO": "Barometer",
    "HK": "Housekeeping",
    "MEMORY": "Memory",
    "TASKS": "Tasks",
    "UPLINK": "Uplink",
    "PARAMETER": "Parameters",
    "SEQUENCE": "Stored commands",
}


def objects(dictionary: Dictionary) -> list[Object]:
    """All of them, the root first."""
    packets = [p for p in dictionary.packets if p.name != EVENT_PACKET]
    prepared = _prepared(dictionary)
    folder = {
        "key": ROOT,
        "name": f"edlcam {dictionary.mission}",
        "type": "folder",
        "composition": [*_LAYOUTS, "states", "cameras", "link", EVENTS, *(p.name for p in packets)],
    }
    return [
        folder,
        *prepared,
        _events(),
        *(o for packet in packets for o in _packet_objects(packet, dictionary)),
    ]


def columns(packet: Packet) -> list[str]:
    """Those of a packet that are telemetry: its channels and what the ground computes."""
    return [c.name for c in packet.channels] + [name for name, _, _ in _computed(packet.name)]


def _packet_objects(packet: Packet, dictionary: Dictionary) -> Iterable[Object]:
    bounds = {b.column: b for b in limits.bounds(dictionary) if b.packet == packet.name}
    points = [
        *(_channel(packet.name, channel, dictionary) for channel in packet.channels),
        *(
            _derived(packet.name, *column, _label(column[0], dictionary))
            for column in _computed(packet.name)
        ),
    ]
    for point in points:
        if found := bounds.get(point["column"]):
            point["limits"] = {
                side: getattr(found, side)
                for side in ("red_low", "yellow_low", "yellow_high", "red_high")
            }
    yield {
        "key": packet.name,
        "name": f"{packet.name}  {_PACKET_NAMES.get(packet.name, '')}".rstrip(),
        "type": "edlcam.packet",
        "composition": [point["key"] for point in points],
    }
    yield from points


def _channel(packet: str, channel: Channel, dictionary: Dictionary) -> Object:
    value: Object = {"key": "value", "name": channel.name, "hints": {"range": 1}}
    values = [value]
    if channel.unit:
        value["unit"] = channel.unit
    if channel.kind == "enum":
        texts = dictionary.enums[channel.table]
        value["format"] = "enum"
        value["enumerations"] = [{"value": n, "string": text} for n, text in texts.items()]
    elif channel.kind == "flags":
        value["format"] = "integer"
        values.append({"key": "text", "name": "Flags", "format": "string", "hints": {"range": 2}})
    else:
        value["format"] = "number"
        value["formatString"] = f"%.{channel.decimals}f"
    point = _point(
        packet, channel.name, _label(channel.name, dictionary), channel.description, values
    )
    if channel.kind == "flags":
        texts = dictionary.enums[channel.table]
        point["flags"] = [texts.get(bit, f"BIT{bit}") for bit in range(max(texts) + 1)]
    return point


def _derived(packet: str, name: str, unit: str, description: str, label: str) -> Object:
    value = {"key": "value", "name": name, "unit": unit, "format": "number",
             "formatString": "%.2f", "hints": {"range": 1}}  # fmt: skip
    return _point(packet, name, label, description, [value])


def _computed(packet: str) -> list[tuple[str, str, str]]:
    """Name, unit and description of the columns that the ground adds to a packet."""
    alone = [(d.name, d.unit, d.description) for d in derived.DERIVED if d.packet == packet]
    return alone + [(n, u, d) for p, n, u, d in derived.FROM_SEVERAL if p == packet]


def _label(column: str, dictionary: Dictionary) -> str:
    """Of a trigger channel by the name of its camera: PUC_A RATE, not CAM0_RATE."""
    found = re.fullmatch(r"cam(\d+)_(.+)", column, re.IGNORECASE)
    if found and int(found[1]) < len(dictionary.cameras):
        return f"{dictionary.cameras[int(found[1])]} {found[2].replace('_', ' ')}"
    return column


def _point(
    packet: str, column: str, label: str, description: str, values: Sequence[Object]
) -> Object:
    return {
        "key": f"{packet}.{column}",
        "name": label,
        "type": "edlcam.point",
        "packet": packet,
        "column": column,
        "notes": description,
        "telemetry": {"values": [*values, *DOMAINS]},
    }


def _events() -> Object:
    values = [
        {"key": "severity", "name": "Severity", "format": "string", "hints": {"range": 2}},
        {"key": "name", "name": "Event", "format": "string", "hints": {"range": 3}},
        {"key": "text", "name": "Text", "format": "string", "hints": {"range": 1}},
    ]
    return {
        "key": EVENTS,
        "name": "Event reports",
        "type": "edlcam.events",
        "packet": EVENT_PACKET,
        "telemetry": {"values": [*DOMAINS, *values]},
        "configuration": {
            "hiddenColumns": {"utc": True, "name": True},
            "columnWidths": {"ei": 95, "severity": 110, "text": 560},
            "columnOrder": ["ei", "severity", "text"],
            "autosize": False,
        },
    }


def _prepared(dictionary: Dictionary) -> list[Object]:
    """Panels, plots and layouts."""
    ways = {
        state: [[way.to, _number(way.earliest_s), _number(way.backup_s)] for way in found]
        for state, found in exits(dictionary.mission).items()
    }
    triggered = [n for n, name in enumerate(dictionary.cameras) if name != "MIC"]
    return [
        {"key": "states", "name": "State of the descent", "type": "edlcam.states",
         "states": list(dictionary.enums["STATE"].values()), "exits": ways,
         "time_zero": TIMELINES[dictionary.mission].time_zero},
        {"key": "cameras", "name": "Cameras", "type": "edlcam.cameras",
         "cameras": list(dictionary.cameras)},
        {"key": "link", "name": "Link", "type": "edlcam.link"},
        _plot("plot.altitude", "Altitude", "m", "NAV.NAV_ALTITUDE"),
        _plot("plot.velocity", "Vertical velocity", "m/s", "NAV.NAV_VERTICAL_VELOCITY"),
        _plot("plot.acceleration", "Sensed acceleration", "g", "NAV.acceleration_g"),
        _plot("plot.triggered", "Pulses triggered", "pulses",
              *(f"CAM.CAM{n}_TRIGGERED" for n in triggered)),
        _plot("plot.missed", "Pulses without exposure", "pulses",
              *(f"CAM.CAM{n}_MISSED" for n in triggered)),
        _plot("plot.rates", "Planned rates", "Hz", *(f"CAM_TAG.CAM{n}_RATE" for n in triggered)),
        _plot("plot.loss", "Packet loss", "%", "HK.packet_loss_percent"),
        _plot("plot.queue", "Downlink queue on board", "B", "HK.QUEUE_DEPTH"),
        _plot("plot.sent", "Frames sent", "frames", "HK.FRAMES_SENT", "HK.FRAMES_IDLE"),
        _layout("layout.descent", "Descent",
                (64, ("plot.altitude", 34), ("plot.velocity", 33), ("plot.acceleration", 33)),
                (36, ("states", 52), (EVENTS, 48))),
        _layout("layout.cameras", "Cameras and their plan",
                (46, ("cameras", 58), (EVENTS, 42)),
                (54, ("plot.rates", 34), ("plot.triggered", 33), ("plot.missed", 33))),
        _layout("layout.link", "Link and its counters",
                (36, ("link", 58), (EVENTS, 42)),
                (64, ("plot.loss", 34), ("plot.queue", 33), ("plot.sent", 33))),
    ]  # fmt: skip


_LAYOUTS = ("layout.descent", "layout.cameras", "layout.link")


def _plot(key: str, name: str, unit: str, *points: str) -> Object:
    return {
        "key": key,
        "name": name,
        "type": "telemetry.plot.overlay",
        "composition": list(points),
        "configuration": {
            "series": [{"identifier": p, "markers": False, "limitLines": True} for p in points],
            "yAxis": {"label": unit},
            "objectStyles": {},
        },
    }


def _layout(key: str, name: str, *columns: tuple[Any, ...]) -> Object:
    """columns: width in percent, then the key and height in percent of each frame."""
    return {
        "key": key,
        "name": name,
        "type": "flexible-layout",
        "composition": [frame for _, *frames in columns for frame, _ in frames],
        "configuration": {
            "rowsLayout": False,
            "containers": [
                {
                    "id": f"{key}.{i}",
                    "size": width,
                    "frames": [
                        {"id": f"{key}.{frame}", "domainObjectIdentifier": frame, "size": height,
                         "noFrame": False}
                        for frame, height in frames
                    ],
                }
                for i, (width, *frames) in enumerate(columns)
            ],
        },
    }  # fmt: skip


def _number(value: float) -> float | None:
    """None for infinity, which JSON has not."""
    return None if value == float("inf") else value
