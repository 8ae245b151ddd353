"""edlcam decode: says what is in a capture of the downlink, and writes its tables."""

from __future__ import annotations

import math
import mmap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gse.archive import tables as archive
from gse.commands.decode_xtce import decode_by
from gse.commands.options import coding_option, progress_bar
from gse.commands.output import Output
from gse.commands.tables import table_options
from gse.decode import Decoded, decode, octets_of, pieces
from gse.dictionary import Dictionary, load
from gse.errors import UserError
from gse.files import store
from gse.files.assembly import Assembly
from gse.identity import dictionary_for
from gse.link.codeblocks import CodedLinkReport
from gse.link.coding import coding_of
from gse.link.protection import coding_named
from gse.link.report import LinkReport
from gse.timelines import TIMELINES
from gse.xtce.files import FRAMINGS, PACKETS, Source

_EVENTS_SHOWN = 10_000
_FILES = "files"  # directory of files that came down, beside the tables

_STYLES = {
    "WARNING_LO": "yellow",
    "WARNING_HI": "bold yellow",
    "FATAL": "bold red",
    "DIAGNOSTIC": "dim",
    "ACTIVITY_LO": "dim",
}


@click.command("decode")
@click.argument("file", type=click.Path(path_type=Path))
@table_options
@coding_option
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
    coding: str | None,
    xtce: Path | None,
    container: str | None,
    framing: str,
    skip_header: int,
) -> None:
    """Decode FILE, a capture of the downlink as it came: sync markers and transfer frames.

    With --dictionary, FILE is of the mission whose packets that XTCE document describes.

    Damaged, cut or mixed with other octets, it is decoded as far as it can be; what was lost is
    counted, and located in link.json. Files that came down are written to DIR/files, as far as they
    came; files.json there says what is missing.

    Exit code 0: decoded; 1: there was no transfer frame or no packet in the file; 2: it could not
    be decoded; 130: stopped by Ctrl-C.
    """
    data = read(file)
    if xtce is not None:
        source = Source(data, framing, coding, skip_header)
        raise click.exceptions.Exit(decode_by(xtce, container, file, source, out, file_format))
    if container is not None or skip_header:
        raise UserError("--container and --skip-header are for other missions: add --dictionary")
    octets = octets_of(data)
    coding = coding or coding_of(octets)
    dictionary = load(mission) if mission else dictionary_for(octets, coding)
    report, parts = pieces(data, dictionary, coding)
    kept = _keep(Seen(dictionary, report), parts, out, file_format, len(octets))
    if kept is None:
        # It belongs among what came long before: that takes the whole capture at once.
        whole = decode(data, dictionary, coding)
        report = whole.report
        kept = _keep(Seen(dictionary, report), [whole], out, file_format, len(octets), whole=True)
        assert kept
    seen, paths = kept
    if not report.frames_read:
        reason = report.why_nothing()
        click.echo(f"edlcam: no transfer frame could be read in {file}: {reason}.", err=True)
        raise click.exceptions.Exit(1)
    files = seen.files.files
    if out and (files or (out / _FILES).exists()):
        paths += store.write(files, out / _FILES)
    console = Output()
    for line in _summary(file, seen):
        console.print(line, soft_wrap=True)
    console.print(packets_table(report))
    for line in _timeline(seen):
        console.print(line, soft_wrap=True)
    for received in files:
        name = escape(received.name or "a file without a name")
        text = f"{name}, transfer {received.transaction}: {store.sentence(received)}"
        console.print(text, soft_wrap=True)
    if out:
        console.print(f"{len(paths)} files in {escape(str(out))}", soft_wrap=True)
    else:
        console.print("No tables written: name a directory with --out.")


def _keep(
    seen: Seen,
    parts: Iterable[Decoded],
    out: Path | None,
    file_format: str,
    octets: int,
    *,
    whole: bool = False,
) -> tuple[Seen, list[Path]] | None:
    """What is seen in the parts, and the files written; nothing, and no file, when there is
    something that was played back and the one part is not the whole."""
    report = seen.report
    paths: list[Path] = []
    with (
        progress_bar(Console(stderr=True)) as progress,
        archive.Tables(out or Path(), file_format) as tables,
    ):
        for part in parts:
            if report.packets_played_back and not whole:
                return None
            seen.add(part)
            if out and report.frames_read:
                tables.add(part)
            progress(report.octets / max(octets, 1), "decoding")
        if out and report.frames_read:
            paths = tables.finish(archive.named_report(report, seen.dictionary))
    return seen, paths


class Seen:
    """What is said of a capture after its last piece: no more than the first events are kept."""

    def __init__(self, dictionary: Dictionary, report: LinkReport) -> None:
        self.dictionary = dictionary
        self.report = report
        self.first_s, self.last_s = math.inf, -math.inf
        self.entry_s: int | None = None
        self.events: list[dict[str, Any]] = []
        self.events_more = 0
        self.files = Assembly()  # that came down, whole or not

    def add(self, decoded: Decoded) -> None:
        self.files.take_all(decoded.pdus)
        for records in decoded.records.values():
            if len(records):
                self.first_s = min(self.first_s, float(records.sclk_s.min()))
                self.last_s = max(self.last_s, float(records.sclk_s.max()))
        if self.entry_s is None and len(boots := decoded.records["BOOT"]):
            self.entry_s = int(boots.data["EI_SCLK"][0])
        room = _EVENTS_SHOWN - len(self.events)
        self.events += decoded.events[:room].to_pylist()
        self.events_more += max(len(decoded.events) - room, 0)


def read(path: Path, what: str = "the octets of a downlink") -> bytes | mmap.mmap:
    """The octets of a file with what it is asked for. Raises UserError when it cannot be read."""
    try:
        with path.open("rb") as file:
            if path.is_file() and path.stat().st_size:
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            return file.read()  # a pipe, or nothing
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}; name a file with {what}") from error


def _summary(file: Path, seen: Seen) -> Iterator[str]:
    r = seen.report
    yield (
        f"{escape(str(file))}: {r.octets:,} octets, mission {seen.dictionary.mission}, "
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
    coding = f"Coding:  {coding_named(r.coding).in_words}"
    if isinstance(r, CodedLinkReport):
        coding += (
            f"; {r.symbols_corrected:,} octets corrected in {r.codeblocks_corrected:,} "
            f"codeblocks, {r.codeblocks_uncorrectable:,} codeblocks uncorrectable"
        )
    yield coding
    packets = [
        f"{r.packets_good:,} good",
        *([f"{r.packets_played_back:,} played back"] if r.packets_played_back else []),
        *_counted(r, "packets_missing", "packets_damaged", "packets_wrong_length"),
        *_counted(r, "packets_unexpected", "packets_misfit", "packet_fragments"),
    ]
    yield "Packets: " + ", ".join(packets)
    if span := time_span(seen):
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


def time_span(seen: Seen) -> str:
    """From which time to which its packets are; nothing without one."""
    first, last = seen.first_s, seen.last_s
    if first > last:
        return ""
    text = f"Time:    SCLK {first:.3f} to {last:.3f}, {last - first:.3f} s"
    if (entry := seen.entry_s) is not None:
        text += f"; {first - entry:+.3f} s to {last - entry:+.3f} s from "
        text += TIMELINES[seen.dictionary.mission].time_zero
    return text


def packets_table(report: LinkReport) -> Table:
    """How many packets of each type there are, and how many not."""
    table = Table(box=None, pad_edge=False)
    for name, justify in (("packet", "left"), ("received", "right"), ("missing", "right")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for name, tally in report.packets.items():
        missing = f"[yellow]{tally.missing:,}[/yellow]" if tally.missing else "0"
        table.add_row(name, f"{tally.received:,}", missing)
    return table


def _timeline(seen: Seen) -> Iterator[str]:
    """Event reports in the order of sending; times from time zero, or SCLK without it."""
    for event in seen.events:
        seconds = event["time_from_ei_s"]
        if seconds is None:
            time = f"{event['sclk_s'] + event['sclk_fraction'] / 65536:15.3f}"
        else:
            time = f"{seconds:+10.3f}"
        severity = event["severity"]
        line = f"{time}  {severity:<11}  {escape(event['text'])}"
        style = _STYLES.get(severity)
        yield f"[{style}]{line}[/{style}]" if style else line
    if seen.events_more:
        yield f"[dim]and {seen.events_more:,} more, in the table of events[/dim]"
