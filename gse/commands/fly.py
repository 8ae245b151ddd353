"""edlcam fly: flies one simulated descent through the real flight code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import RenderableType

from fsw import missions
from fsw.link.layout import CODINGS
from gse import decode, dictionary, fly, keys, scenarios, show, summary
from gse.commands.commanding import secured_by
from gse.commands.options import (
    interleave_option,
    make_directory,
    progress_bar,
    target_option,
)
from gse.commands.output import Output
from gse.errors import UserError
from gse.link.protection import Coding
from gse.live.connection import LIVE
from gse.scenarios import SCENARIOS, Finding, Flown, Scenario
from gse.serve import Ground
from gse.sim import faults
from gse.sim.world import World
from gse.targets import Direct, open_target


@click.command("fly")
@click.option("--mission", type=click.Choice(missions.NAMES), default="mars2020", show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@target_option
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("out"),
    show_default=True,
    help="Directory for what the flight leaves behind.",
)
@click.option(
    "--fault",
    "fault_lines",
    multiple=True,
    metavar="LINE",
    help="Put a fault on a sensor; may be repeated. See below.",
)
@click.option(
    "--scenario",
    type=click.Choice(list(SCENARIOS)),
    help="Fly a landing of history again, and say whether what must hold did.",
)
@click.option(
    "--serve",
    metavar="tcp:PORT",
    help="Fly in real time, and let one edlcam command at a time talk to the flight.",
)
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path),
    help="With --serve: the board has this key, takes authenticated commands only, and leaves no "
    "recording.",
)
@click.option(
    "--coding",
    type=click.Choice(CODINGS, case_sensitive=False),
    help="Of the downlink: CRC, frames with their CRC alone, or RS, randomized Reed-Solomon "
    "codeblocks. By default the mission's.",
)
@interleave_option
def command(
    mission: str,
    seed: int,
    target: str,
    out: Path,
    fault_lines: tuple[str, ...],
    scenario: str | None,
    serve: str | None,
    key_file: Path | None,
    coding: str | None,
    interleave: int | None,
) -> None:
    """Fly one descent: the real flight code around a simulated vehicle.

    Leaves in DIR: downlink.bin (every octet of the link), sensors.bin (the recording that flies it
    again: edlcam replay-sensors), truth.parquet (the simulated vehicle at 16 Hz) and summary.json.

    A fault is CHANNEL KIND at WHEN [for SECONDS] [KEY=VALUE], such as
    'imu.rate clamp at chute+0.2 for 1.0 value=165deg/s', 'radar.range step at 330 value=3000m' or
    'contact.a pulse at rover+0.3 for 0.033'. WHEN is in seconds from the mission's time zero
    (entry interface, planned launch), or a state of the descent and a delay. A wrong name is
    answered with those there are.

    Exit code 0: landed, and all of a scenario held; 1: not so; 2: it could not be flown.
    """
    console = Output()
    history = SCENARIOS[scenario] if scenario else None
    if history:
        if mission != scenarios.MISSION:
            raise UserError(f"scenarios are flown with the mission {scenarios.MISSION}")
        fault_lines += history.lines
    states = missions.load(mission).STATES
    injected = [faults.parse(line, states) for line in fault_lines]
    key = _key(key_file, serve, target)
    make_directory(out)
    world = history.world(seed) if history else None
    with (
        _served(serve, key_file, key, mission, out) as ground,
        closing(Direct(key=key) if key else open_target(target)) as flight_code,
        progress_bar(console) as progress,
    ):
        if ground:
            console.print(f"Live at {ground.source}, or sim:{out}.", soft_wrap=True)
        flight = fly.fly(
            mission,
            seed,
            flight_code,
            out,
            progress,
            injected,
            world,
            ground=ground,
            coding=_coding(mission, coding, interleave),
        )
    downlink = (out / "downlink.bin").read_bytes()
    decoded = decode.decode(downlink, dictionary.load(mission))
    document = _document(mission, flight, decoded, downlink)
    document |= {"seed": seed, "target": target, "faults": list(fault_lines)}
    findings = _findings(history, flight, decoded)
    if history:
        document |= {"scenario": history.name, "findings": [asdict(f) for f in findings]}
    (out / "summary.json").write_text(json.dumps(document, indent=2) + "\n")
    for line in _account(mission, flight, decoded, downlink):
        console.print(line, soft_wrap=True)
    if history:
        console.print(f"{history.name}: {history.happened} ({history.source}).", soft_wrap=True)
        console.print(show.findings_table(findings))
    console.print(f"Files in {out}.", soft_wrap=True)
    if not flight.world.landed or not all(finding.held for finding in findings):
        raise SystemExit(1)


def _coding(mission: str, scheme: str | None, interleave: int | None) -> str:
    """Of the downlink; empty for the mission's."""
    if not scheme and not interleave:
        return ""
    own = missions.load(mission)
    return Coding.of(scheme or own.DOWNLINK_CODING, interleave or own.DOWNLINK_INTERLEAVE)


def _key(key_file: Path | None, serve: str | None, target: str) -> keys.Key | None:
    """The key of the simulated board. Raises UserError where it cannot have one."""
    if key_file is None:
        return None
    if not serve:
        raise UserError("--key goes with --serve: only who can talk to a flight needs a key")
    if target != "cpython":
        raise UserError("a board with a key is simulated on --target cpython only")
    return keys.load(key_file)


@contextmanager
def _served(
    serve: str | None, key_file: Path | None, key: keys.Key | None, mission: str, out: Path
) -> Iterator[Ground | None]:
    """What serves the flight, if something is to; meanwhile its source stands in the directory."""
    if serve is None:
        yield None
        return
    security = None
    if key and key_file:
        security = secured_by(key, key_file)(missions.load(mission).SPACECRAFT_ID)
    live = out / LIVE
    with closing(Ground(serve, security)) as ground:
        live.write_text(ground.source + "\n")
        try:
            yield ground
        finally:
            live.unlink(missing_ok=True)


def _findings(
    history: Scenario | None, flight: fly.Flight, decoded: decode.Decoded
) -> list[Finding]:
    """What the scenario asks for; nothing without one."""
    if history is None:
        return []
    assert isinstance(flight.world, World)
    return history.findings(Flown(flight.world, decoded))


def _document(
    mission: str, flight: fly.Flight, decoded: decode.Decoded, downlink: bytes
) -> dict[str, Any]:
    """What summary.json keeps of a flight."""
    world = flight.world
    return {
        "mission": mission,
        "interpreter": flight.begun.interpreter,
        "minor_frames": flight.minor_frames,
        "downlink": {
            "coding": decoded.report.coding,
            "octets": len(downlink),
            "sha256": hashlib.sha256(downlink).hexdigest(),
        },
        "truth": {
            "landed": world.landed,
            "outcome": world.outcome,
            "marks": world.marks,
            "touchdown_speed_m_s": world.touchdown_speed_m_s,
            "peak_deceleration_g": world.peak_deceleration_g,
        },
        "timeline": [
            {"event": row.label, "time_s": row.simulated_s, "reference_s": row.reference_s}
            for row in summary.timeline(mission, decoded.tables, world.marks)
        ],
        "cameras": [asdict(row) for row in summary.cameras(mission, decoded.tables)],
        "link": dict(decoded.report.counters()),
    }


def _account(
    mission: str, flight: fly.Flight, decoded: decode.Decoded, downlink: bytes
) -> Iterator[RenderableType]:
    """What a flight prints."""
    world = flight.world
    yield show.timeline_table(summary.timeline(mission, decoded.tables, world.marks), mission)
    yield show.camera_table(summary.cameras(mission, decoded.tables))
    link = decoded.report
    yield (
        f"Link: {len(downlink):,} octets, {link.frames_good:,} transfer frames "
        f"({link.frames_idle:,} idle), {link.packets_good:,} packets, "
        f"{len(decoded.events):,} event reports"
    )
    yield f"Downlink sha256 {hashlib.sha256(downlink).hexdigest()}"
    yield f"{world.outcome} Flight code on {flight.begun.interpreter}."
