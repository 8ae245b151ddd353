"""edlcam replay-sensors: flies a recording again, open loop, on any target."""

from __future__ import annotations

import hashlib
from contextlib import closing
from pathlib import Path

import click

from gse import fly, recording
from gse.commands.options import make_directory, progress_bar, target_option
from gse.commands.output import Output
from gse.targets import open_target


@click.command("replay-sensors")
@click.argument("file", type=click.Path(path_type=Path))
@target_option
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Directory for the new downlink.bin; by default DIR/replay beside the recording.",
)
def command(file: Path, target: str, out: Path | None) -> None:
    """Fly the recording FILE (the sensors.bin of a flight) again and compare the downlink.

    The flight code sees the same sensor octets and must send the same octets down.

    Exit code 0: the same as the downlink.bin beside the recording, or there is none to compare
    with; 1: different; 2: it could not be flown.
    """
    console = Output()
    recorded = recording.load(file)
    directory = out or file.parent / "replay"
    make_directory(directory)
    path = directory / "downlink.bin"
    with closing(open_target(target)) as flight_code, progress_bar(console) as progress:
        begun = fly.replay(recorded, flight_code, path, progress)
    downlink = path.read_bytes()
    if not recorded.whole:
        console.print(
            f"{file} ends within a message: flown up to its last whole minor frame.",
            soft_wrap=True,
        )
    console.print(
        f"{len(recorded):,} minor frames on {begun.interpreter}, {len(downlink):,} octets of "
        f"downlink in {path}",
        soft_wrap=True,
    )
    console.print(f"Downlink sha256 {hashlib.sha256(downlink).hexdigest()}", soft_wrap=True)
    original = file.parent / "downlink.bin"
    if not original.exists() or original.resolve() == path.resolve():
        return
    verdict, same = compare(original.read_bytes(), downlink, recorded.whole)
    console.print(f"{original}: {verdict}", soft_wrap=True)
    if not same:
        raise SystemExit(1)


def compare(original: bytes, replayed: bytes, whole: bool) -> tuple[str, bool]:
    """A sentence on how two downlinks differ, and whether they are the same. Of a recording that is
    not whole, the replay may end earlier."""
    if original == replayed:
        return "the same, octet for octet", True
    for at, (a, b) in enumerate(zip(original, replayed, strict=False)):
        if a != b:
            return f"DIFFERENT from octet {at:,} on", False
    if not whole and len(replayed) < len(original):
        return f"the same, octet for octet, as far as the recording goes ({len(replayed):,})", True
    return f"DIFFERENT in length: {len(original):,} octets, {len(replayed):,} replayed", False
