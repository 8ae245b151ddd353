"""edlcam decode: says what is in a capture of the downlink, and writes its tables."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from fsw import missions
from gse import archive
from gse.commands.decode_xtce import FRAMINGS, PACKETS, Source, decode_by
from gse.commands.output import Output
from gse.decode import Decoded, decode, octets_of
from gse.dictionary import load
from gse.errors import UserError
from gse.identity import dictionary_for
from gse.link.codeblocks import CodedLinkReport
from gse.link.coding import CODINGS, CRC
from gse.link.report import LinkReport
from gse.timelines import TIMELINES

_STYLES = {
    "WARNING_LO": "yellow",
    "WARNING_HI": "bold yellow",
    "FATAL": "bold red",
    "DIAGNOSTIC": "dim",
    "ACTIVITY_LO": "dim",
}


@click.command("decode")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Directory for the tables and link.json; without it, only the summary is printed.",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(list(archive.FORMATS)),
    default="parquet",
    show_default=True,
    help="Of the tables: one file a packet type, and one of events.",
)
@click.option(
    "--mission",
    help=f"One of: {', '.join(missions.NAMES)}. By default the one that the capture names.",
)
@click.option(
    "--coding",
    type=click.Choice(CODINGS, case_sensitive=False),
    default=CRC,
    show_default=True,
    help="Of the link: frames with their CRC alone, or randomized Reed-Solomon codeblocks.",
)
@click.option(
    "--dictionary",
    "xtce",
    type=click.Path(path_type=Path),
    help="Decode by this XTCE document, of any mission, instead of ours.",
)
@click.option("--container", help="With --dictionary: the container that every packet is of.")
@click.option(
    "--input",
    "framing",
    type=click.Choice(FRAMINGS),
    default=PACKETS,
    show_default=True,
    help="With --dictionary: space packets one behind another, or transfer frames like ours.",
)
@click.option(
    "--skip-header",
    type=click.IntRange(0, 65536),
    default=0,
    show_default=True,
    help="With --dictionary: octets of something else before each packet.",
)
def command(
    file: Path,
    out: Path | None,
    file_format: str,
    mission: str | None,
    coding: str,
    xtce: Path | None,
    container: str | None,
    framing: str,
    skip_header: int,
) -> None:
    """Decode FILE, a capture of the downlink as it came: sync markers and transfer frames.

    With --dictionary, FILE is of the mission whose packets that XTCE document describes.

    Damaged, cut or mixed with other octets, it is decoded as far as it can be; what was lost is
    counted, and located in link.json.

    Exit code 0: decoded; 1: there was no transfer frame or no packet in the file; 2: it could not
    be decoded; 130: stopped by Ctrl-C.
    """
    data = octets_of(read(file))
    if xtce is not None:
        source = Source(data, framing, coding, skip_header)
        raise click.exceptions.Exit(decode_by(xtce, container, file, source, out, file_format))
    if container is not None or skip_header:
        raise UserError("--container and --skip-header are for other missions: add --dictionary")
    dictionary = load(mission) if mission else dictionary_for(data, coding)
    decoded = decode(data, dictionary, coding)
    if not decoded.report.frames_read:
        raise click.exceptions.Exit(_explain_nothing(file, decoded.report))
    paths = archive.write(decoded, out, file_format) if out else []
    console = Output()
    for line in _summary(file, decoded):
        console.print(line, soft_wrap=True)
    console.print(_packet_table(decoded))
    for line in _timeline(decoded):
        console.print(line, soft_wrap=True)
    if out:
        console.print(f"{len(paths)} files in {escape(str(out))}", soft_wrap=True)
    else:
        console.print("No tables written: name a directory with --out.")


def read(path: Path) -> bytes | mmap.mmap:
    """The octets of a file. Raises UserError when it cannot be read."""
    try:
        with path.open("rb") as file:
            if path.is_file() and path.stat().st_size:
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            return file.read()  # a pipe, or nothing
    except OSError as error:
        raise UserError(
            f"cannot read {path}: {error.strerror}; name a file with the octets of a downlink"
        ) from error


def _explain_nothing(file: Path, report: LinkReport) -> int:
    """Says why nothing was decoded; the exit code."""
    if not report.octets:
        reason = "it is empty"
    elif report.frames_foreign:
        reason = f"its {report.frames_foreign} frames are of another spacecraft"
    elif report.frames_malformed:
        reason = f"the headers of its {report.frames_malformed} frames are not understood"
    elif report.frames_damaged:
        reason = f"all {report.frames_damaged} found are damaged"
    else:
        reason = f"nowhere in its {report.octets:,} octets is a sync marker with a frame behind it"
    click.echo(f"edlcam: no transfer frame could be read in {file}: {reason}.", err=True)
    return 1


def _summary(file: Path, decoded: Decoded) -> Iterator[str]:
    r = decoded.report
    yield (
        f"{escape(str(file))}: {r.octets:,} octets, mission {decoded.dictionary.mission}, "
        f"{r.dictionary}"
    )
    frames = [
        f"{r.frames_good:,} good",
        f"{r.frames_idle:,} idle",
        *_counted(r, "frames_damaged", "frames_missing", "frames_duplicate", "frames_late"),
        *_counted(r, "frames_foreign", "frames_malformed", "markers_damaged", "gaps_ambiguous"),
        *_counted(r, "restarts", "octets_skipped", "octets_incomplete"),
    ]
    yield "Frames:  " + ", ".join(frames)
    if isinstance(r, CodedLinkReport):
        yield (
            f"Coding:  {r.symbols_corrected:,} octets corrected in {r.codeblocks_corrected:,} "
            f"codeblocks, {r.codeblocks_uncorrectable:,} codeblocks uncorrectable"
        )
    packets = [
        f"{r.packets_good:,} good",
        *_counted(r, "packets_missing", "packets_damaged", "packets_wrong_length"),
        *_counted(r, "packets_unexpected", "packets_misfit", "packet_fragments"),
    ]
    yield "Packets: " + ", ".join(packets)
    if span := _time_span(decoded):
        yield span


def _counted(report: LinkReport, *names: str) -> Iterator[str]:
    """What went wrong, in words; nothing for what did not."""
    for name in names:
        if count := getattr(report, name):
            unit, _, what = name.partition("_")
            words = what or unit
            if unit in ("octets", "markers", "gaps") or name == "packet_fragments":
                words = f"{unit} {what}"
            yield f"[yellow]{count:,} {words.replace('_', ' ')}[/yellow]"


def _time_span(decoded: Decoded) -> str:
    times = [r.sclk_s for r in decoded.records.values() if len(r.data)]
    if not times:
        return ""
    first, last = min(float(t.min()) for t in times), max(float(t.max()) for t in times)
    text = f"Time:    SCLK {first:.3f} to {last:.3f}, {last - first:.3f} s"
    boots = decoded.records["BOOT"].data
    if len(boots):
        entry = int(boots["EI_SCLK"][0])
        text += f"; {first - entry:+.3f} s to {last - entry:+.3f} s from "
        text += TIMELINES[decoded.dictionary.mission].time_zero
    return text


def _packet_table(decoded: Decoded) -> Table:
    table = Table(box=None, pad_edge=False)
    for name, justify in (("packet", "left"), ("received", "right"), ("missing", "right")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for name, tally in decoded.report.packets.items():
        missing = f"[yellow]{tally.missing:,}[/yellow]" if tally.missing else "0"
        table.add_row(name, f"{tally.received:,}", missing)
    return table


def _timeline(decoded: Decoded) -> Iterator[str]:
    """Event reports in the order of sending; times from time zero, or SCLK without it."""
    for event in decoded.events.to_pylist():
        seconds = event["time_from_ei_s"]
        if seconds is None:
            time = f"{event['sclk_s'] + event['sclk_fraction'] / 65536:15.3f}"
        else:
            time = f"{seconds:+10.3f}"
        severity = event["severity"]
        line = f"{time}  {severity:<11}  {escape(event['text'])}"
        style = _STYLES.get(severity)
        yield f"[{style}]{line}[/{style}]" if style else line
