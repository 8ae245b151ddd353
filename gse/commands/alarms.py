"""edlcam alarms: says what was outside its limits, and that somebody has seen it."""

from __future__ import annotations

import datetime
import getpass
import json
from collections.abc import Sequence
from pathlib import Path

import click
from rich.markup import escape

import gse
from gse.archive.index import Index, KeptAlarm
from gse.commands.output import Output
from gse.errors import UserError

_STYLES = {"YELLOW": "yellow", "RED": "bold red"}


@click.command("alarms")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--ack", "acknowledged", multiple=True, metavar="ID", help="Alarm seen; or all.")
@click.option("--by", "who", default=getpass.getuser, help="Who has seen it; by default, you.")
@click.option("--open", "open_only", is_flag=True, help="Only those that nobody has seen.")
@click.option("--format", "file_format", type=click.Choice(["table", "json"]), default="table")
def command(
    directory: Path, acknowledged: Sequence[str], who: str, open_only: bool, file_format: str
) -> None:
    """List the alarms in DIRECTORY, an archive; also while a session writes to it.

    Each with its ID, severity, onset (UTC), how long it lasted, value at onset, and limits: red
    low, yellow low, yellow high, red high. An alarm that has been seen and turns from yellow to red
    must be seen again.

    Exit code 0: listed, and nothing is to be seen; 1: something is; 2: no archive, or no such ID.
    """
    with gse.open(directory) as reading:
        if reading.index is None:
            raise UserError(f"{directory} is no archive: edlcam record makes one")
        for name in acknowledged:
            _acknowledge(reading.index, name, who)
        alarms = reading.index.alarms()
    unseen = [a for a in alarms if a.acknowledged_utc is None]
    shown = unseen if open_only else alarms
    if file_format == "json":
        click.echo(json.dumps([_record(alarm) for alarm in shown], indent=1))
    else:
        _show(shown, len(alarms), len(unseen))
    if unseen:
        raise click.exceptions.Exit(1)


def _acknowledge(index: Index, name: str, who: str) -> None:
    """Raises UserError when there is no such alarm."""
    if name == "all":
        for kept in index.alarms():
            if kept.acknowledged_utc is None:
                index.acknowledge(kept.run, kept.alarm.number, who)
        return
    run, _, number = name.partition("-")
    if not (run.isdecimal() and number.isdecimal()) or not index.acknowledge(
        int(run), int(number), who
    ):
        raise UserError(f"no alarm {name}: edlcam alarms lists them, as 1-3")


def _record(kept: KeptAlarm) -> dict[str, object]:
    a = kept.alarm
    return {
        "id": kept.id,
        "channel": a.channel,
        "severity": a.severity,
        "onset_utc": _utc(a.onset_utc),
        "onset_sclk_s": a.onset_sclk_s,
        "value": a.value,
        "limits": a.bounds,
        "return_utc": _utc(a.return_utc),
        "return_sclk_s": a.return_sclk_s,
        "acknowledged_utc": _utc(kept.acknowledged_utc),
        "acknowledged_by": kept.acknowledged_by,
    }


def _utc(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="milliseconds")


def _show(shown: Sequence[KeptAlarm], count: int, unseen: int) -> None:
    console = Output()
    for kept in shown:
        a = kept.alarm
        onset = f"{datetime.datetime.fromtimestamp(a.onset_utc, datetime.UTC):%Y-%m-%d %H:%M:%S}"
        lasted = "still" if a.return_sclk_s is None else f"{a.return_sclk_s - a.onset_sclk_s:.1f} s"
        seen = f"seen by {kept.acknowledged_by}" if kept.acknowledged_by else "not seen"
        console.print(
            f"{kept.id:<6} {a.severity:<6}  {onset} {lasted:>8}  {a.channel}: {escape(a.value)}"
            f" ({escape(a.bounds)}); {escape(seen)}",
            style=_STYLES[a.severity] if kept.acknowledged_utc is None else "dim",
            soft_wrap=True,
        )
    console.print(f"{count} alarms, {unseen} not seen.", markup=False)
