"""Which packets came twice, in real time and by playback, and where does each one belong?

A sequence count has 14 bits (CCSDS 133.0-B-2 section 4.1.3.4.3.4). Playback sends packets as they
were packed, in any order: their times tell how often the count has gone round.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fsw.link.layout import VC_REAL_TIME
from gse.link.report import Kind, LinkReport
from gse.records import Records
from gse.stream import Decoded

SEQUENCE_COUNTS = 1 << 14
_EPOCH = 1 << 40  # between the counts of two starts of the flight software

Counts = npt.NDArray[np.int64]


def settled(decoded: Decoded) -> Decoded:
    """A whole capture with what was played back among what came in real time. The report is
    corrected in place."""
    if not decoded.report.packets_played_back:
        decoded.report.sort()
        return decoded
    records, tables = dict(decoded.records), dict(decoded.tables)
    events = decoded.events
    for packet in decoded.dictionary.packets:
        found = records[packet.name]
        live = found.virtual_channel == VC_REAL_TIME
        if live.all():
            continue
        epoch = np.searchsorted(decoded.report.restart_frames, found.frame, side="right")
        order, gaps = merged(found.sequence, found.sclk_s, live, epoch, packet.rate_hz)
        records[packet.name] = found.taken(order)
        tables[packet.name] = tables[packet.name].take(order)
        if packet.name == "EVR":
            events = events.take(order)
        _correct(decoded.report, packet.name, records[packet.name], gaps, len(found))
    decoded.report.sort()
    return replace(decoded, records=records, tables=tables, events=events)


def _correct(report: LinkReport, name: str, records: Records, gaps: Counts, before: int) -> None:
    """Counts a packet type anew, in which so many records stood before they were merged."""
    ending = f" {name} before this one"
    report.anomalies = [
        a
        for a in report.anomalies
        if a.kind is not Kind.PACKETS_MISSING or not a.text.endswith(ending)
    ]
    for i in np.flatnonzero(gaps).tolist():
        n = int(gaps[i])
        report.note(Kind.PACKETS_MISSING, int(records.offset[i]), f"{n}{ending}", count=n)
    tally = report.packets[name]
    twice = before - len(records)
    missing = int(gaps.sum())
    report.packets_duplicate += twice
    report.packets_good -= twice
    report.packets_missing += missing - tally.missing
    tally.received -= twice
    tally.missing = missing


def merged(
    sequence: npt.NDArray[np.uint16],
    sclk_s: npt.NDArray[np.float64],
    live: npt.NDArray[np.bool_],
    epoch: npt.NDArray[Any],
    rate_hz: float,
) -> tuple[npt.NDArray[np.intp], Counts]:
    """Rows in the order of packing, each packet once, and how many are missing before each.

    All arrays of shape (n,): sequence counts, spacecraft time, whether the row came in real time,
    and after how many starts of the flight software. rate_hz: how often this packet is packed; 0:
    on demand. A packet that came both ways is kept as it came in real time.
    """
    counts = np.zeros(len(sequence), np.int64)
    for n in np.unique(epoch):
        rows = np.flatnonzero(epoch == n)
        counts[rows] = _counts(sequence[rows], sclk_s[rows], live[rows], rate_hz) + n * _EPOCH
    order = np.lexsort((~live, sclk_s, counts))
    # The same count at another time is another packet, whatever became of the counter.
    first = (np.diff(counts[order], prepend=-1) != 0) | (np.diff(sclk_s[order], prepend=-1) != 0)
    order = order[first]
    missing = np.maximum(np.diff(counts[order], prepend=counts[order[:1]] - 1) - 1, 0)
    starts = np.diff(epoch[order], prepend=epoch[order[:1]]) != 0
    missing[starts] = sequence[order][starts]  # counting began at 0
    return order, missing


def _counts(
    sequence: npt.NDArray[np.uint16],
    sclk_s: npt.NDArray[np.float64],
    live: npt.NDArray[np.bool_],
    rate_hz: float,
) -> Counts:
    """Sequence counts of one run of the flight software that do not go round."""
    counts = sequence.astype(np.int64)
    known = np.flatnonzero(live)
    if len(known):
        steps = np.diff(counts[known]) % SEQUENCE_COUNTS
        steps[steps >= SEQUENCE_COUNTS // 2] -= SEQUENCE_COUNTS
        counts[known] = counts[known[0]] + np.concatenate(([0], np.cumsum(steps)))
    else:
        known = np.array([np.argmin(sclk_s)])
    played = np.flatnonzero(~live)
    times = np.maximum.accumulate(sclk_s[known])
    at = sclk_s[played]
    expected = np.interp(at, times, counts[known])
    expected += rate_hz * (np.minimum(at - times[0], 0) + np.maximum(at - times[-1], 0))
    turns = np.rint((expected - sequence[played]) / SEQUENCE_COUNTS).astype(np.int64)
    counts[played] = sequence[played] + turns * SEQUENCE_COUNTS
    return counts
