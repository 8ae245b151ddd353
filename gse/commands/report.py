"""edlcam report: one HTML page of a flight."""

from __future__ import annotations

import json
from pathlib import Path

import click

from fsw import missions
from gse import decode, dictionary, report
from gse.errors import UserError


@click.command("report")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option(
    "--mission",
    type=click.Choice(missions.NAMES),
    help="By default the one in summary.json, else mars2020.",
)
def command(directory: Path, mission: str | None) -> None:
    """Write DIRECTORY/report.html from the downlink.bin in DIRECTORY.

    The page holds everything it needs and opens without a network. Where the flight was simulated
    here, truth.parquet and summary.json add the simulated vehicle to the plots.
    """
    try:
        downlink = (directory / "downlink.bin").read_bytes()
    except OSError as error:
        raise UserError(
            f"cannot read {directory / 'downlink.bin'}: {error.strerror}; name a directory that "
            "edlcam fly wrote"
        ) from error
    mission = mission or _mission_of(directory / "summary.json")
    decoded = decode.decode(downlink, dictionary.load(mission))
    path = directory / "report.html"
    path.write_text(report.page(report.load(directory, decoded, mission)), encoding="utf-8")
    click.echo(f"Report: {path}")


def _mission_of(summary: Path) -> str:
    if not summary.exists():
        return "mars2020"
    try:
        mission = json.loads(summary.read_text())["mission"]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{summary} is damaged: delete it or fly again") from error
    if mission not in missions.NAMES:
        raise UserError(f"{summary} names the unknown mission {mission!r}: give --mission")
    return str(mission)
