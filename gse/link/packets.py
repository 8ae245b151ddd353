"""Which whole space packets do the frames carry?

Each virtual channel carries a stream of packets (CCSDS 132.0-B-3 section 4.1.4, 133.0-B-2) that
runs across its frames. Every frame says where its first packet begins, so that all frames are
walked at the same time, one packet further a step; where a frame is missing, nothing is joined.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fsw.link import layout
from gse.link.crc import Octets
from gse.link.frames import Frames
from gse.link.report import Kind, LinkReport

Indices = npt.NDArray[np.int64]

_LENGTH_FIELD = 4  # octet of the primary header
_SHORTEST = layout.PACKET_HEADER + 1
_COUNT = 256


@dataclass(frozen=True, slots=True)
class Stream:
    """Data fields of all frames with packets, virtual channel after virtual channel.

    Frame i of them (frame: its index in Frames) fills octets i * 211 .. i * 211 + 210. Frames of a
    segment follow one another without a gap; segment_end is the octet after it.
    """

    octets: Octets
    frame: Indices
    segment: Indices
    segment_end: Indices


@dataclass(frozen=True, slots=True)
class Packets:
    """Whole packets in the order of sending; arrays of shape (n,).

    start and length: octets of stream.octets. packet_id: first two octets. frame: in Frames.
    offset: of the sync marker of the frame in which it begins. within: its octet from there.
    """

    stream: Stream
    start: Indices
    length: Indices
    packet_id: npt.NDArray[np.uint16]
    frame: Indices
    offset: Indices
    within: Indices
    virtual_channel: npt.NDArray[np.uint8]


def extract_packets(data: Octets, frames: Frames, report: LinkReport) -> Packets:
    """All whole packets but idle ones; what is cut off or contradictory is counted and located."""
    stream = _stream(data, frames, report)
    pointer = frames.pointer[stream.frame].astype(np.int64)
    start, end, unit = _walk(stream, pointer)
    fits = _fits(stream, pointer, end, unit)
    whole = end <= stream.segment_end[unit]
    packet_id = _word(stream.octets, np.minimum(start, len(stream.octets) - 2))
    idle = packet_id & 0x7FF == layout.IDLE_APID
    _report_lost(frames, stream, pointer, start, unit, fits, whole, idle, report)
    good = fits & whole
    report.packets_idle = int((good & idle).sum())
    return _packets(frames, stream, start, end, unit, packet_id, np.flatnonzero(good & ~idle))


def _stream(data: Octets, frames: Frames, report: LinkReport) -> Stream:
    channel = frames.virtual_channel
    by_channel = np.argsort(channel, kind="stable")
    gap = _channel_gaps(frames, by_channel, report)
    segment = np.cumsum(gap)
    carries = (frames.pointer[by_channel] != layout.ONLY_IDLE_DATA) & (
        channel[by_channel] != layout.VC_IDLE
    )
    frame, segment = by_channel[carries], segment[carries]
    last_of_segment = np.searchsorted(segment, segment, side="right")
    return Stream(
        octets=frames.data_fields(data, frame),
        frame=frame,
        segment=segment,
        segment_end=last_of_segment * layout.DATA_FIELD,
    )


def _channel_gaps(
    frames: Frames, by_channel: npt.NDArray[np.intp], report: LinkReport
) -> npt.NDArray[np.bool_]:
    """Before which frames the stream of their virtual channel is interrupted."""
    if not len(by_channel):
        return np.zeros(0, bool)
    channel = frames.virtual_channel[by_channel]
    count = frames.channel_count[by_channel].astype(np.int64)
    epoch = np.cumsum(frames.restart)[by_channel]
    first = np.concatenate(([True], channel[1:] != channel[:-1]))
    again = np.concatenate(([False], epoch[1:] != epoch[:-1])) & ~first
    before = np.concatenate(([0], count[:-1]))
    before[again] = _COUNT - 1  # after a restart the counter begins at 0
    missing = (count - before - 1) % _COUNT
    missing[first] = 0
    for i in np.flatnonzero(missing).tolist():
        n, vc = int(missing[i]), int(channel[i])
        report.virtual_channels[vc].missing += n
        text = f"{n} of virtual channel {vc} before this one"
        report.note(Kind.CHANNEL_GAP, int(frames.offset[by_channel[i]]), text, count=n)
    return np.asarray(first | again | (missing > 0))


def _word(octets: Octets, at: Indices) -> npt.NDArray[np.uint16]:
    """The big-endian 16-bit words at these octets."""
    return np.asarray((octets[at].astype(np.uint16) << np.uint16(8)) | octets[at + 1])


def _walk(stream: Stream, pointer: Indices) -> tuple[Indices, Indices, Indices]:
    """Start, end and frame of the stream of every packet that begins in a frame, in order.

    An end beyond its segment says that the packet is cut off. A step of the loop takes every frame
    to its next packet: at most 31 steps, as a packet has 7 octets or more.
    """
    begins = np.arange(len(stream.frame)) * layout.DATA_FIELD
    ends = begins + layout.DATA_FIELD
    active = np.flatnonzero(pointer < layout.DATA_FIELD)
    at = (begins + pointer)[active]
    steps: list[tuple[Indices, Indices, Indices]] = []
    counts = np.zeros(len(stream.frame), np.int64)
    last_header = len(stream.octets) - layout.PACKET_HEADER
    while len(active):
        length = _word(stream.octets, np.minimum(at, last_header) + _LENGTH_FIELD)
        end = at + _SHORTEST + length
        cut = at + layout.PACKET_HEADER > stream.segment_end[active]  # its length is not known
        end[cut] = stream.segment_end[active][cut] + 1
        steps.append((at, end, active))
        counts[active] += 1
        more = end < ends[active]
        active, at = active[more], end[more]
    first = np.cumsum(counts) - counts
    total = int(counts.sum())
    start, stop, unit = (np.empty(total, np.int64) for _ in range(3))
    for step, (at, end, active) in enumerate(steps):
        rank = first[active] + step
        start[rank], stop[rank], unit[rank] = at, end, active
    return start, stop, unit


def _fits(stream: Stream, pointer: Indices, end: Indices, unit: Indices) -> npt.NDArray[np.bool_]:
    """Whether a packet that runs into later frames ends where they say that the next one begins."""
    fits = np.ones(len(end), bool)
    across = np.flatnonzero(end > (unit + 1) * layout.DATA_FIELD)
    count = len(stream.frame)
    starts = np.flatnonzero(pointer < layout.DATA_FIELD)
    frame = unit[across]
    following = np.append(starts, count)[np.searchsorted(starts, frame, side="right")]
    next_start = following * layout.DATA_FIELD + np.append(pointer, 0)[following]
    same_segment = np.append(stream.segment, -1)[following] == stream.segment[frame]
    at = end[across]
    fits[across] = np.where(same_segment, at == next_start, at >= stream.segment_end[frame])
    return fits


def _report_lost(
    frames: Frames,
    stream: Stream,
    pointer: Indices,
    start: Indices,
    unit: Indices,
    fits: npt.NDArray[np.bool_],
    whole: npt.NDArray[np.bool_],
    idle: npt.NDArray[np.bool_],
    report: LinkReport,
) -> None:
    def locate(i: int) -> tuple[int, int]:
        return _place(frames, stream, int(start[i]), int(unit[i]))

    for i in np.flatnonzero(~fits & ~idle).tolist():
        report.packets_misfit += 1
        offset, within = locate(i)
        report.note(Kind.PACKET_MISFIT, offset, "dropped", within=within)
    for i in np.flatnonzero(fits & ~whole & ~idle).tolist():
        report.packet_fragments += 1
        offset, within = locate(i)
        report.note(Kind.PACKET_FRAGMENT, offset, "its end is missing", within=within)
    first = np.diff(stream.segment, prepend=-1) != 0
    for i in np.flatnonzero(first & (pointer > 0)).tolist():
        report.packet_fragments += 1
        offset, within = _place(frames, stream, i * layout.DATA_FIELD, i)
        report.note(Kind.PACKET_FRAGMENT, offset, "its beginning is missing", within=within)


def _place(frames: Frames, stream: Stream, at: int, unit: int) -> tuple[int, int]:
    """File offset of the frame, and of an octet of the stream within it."""
    within = layout.SYNC_LENGTH + layout.FRAME_HEADER + at - unit * layout.DATA_FIELD
    return int(frames.offset[stream.frame[unit]]), within


def _packets(
    frames: Frames,
    stream: Stream,
    start: Indices,
    end: Indices,
    unit: Indices,
    packet_id: npt.NDArray[np.uint16],
    chosen: Indices,
) -> Packets:
    frame = stream.frame[unit[chosen]]
    if len(frame) and np.diff(frame).min(initial=0) < 0:  # several virtual channels
        order = np.argsort(frame, kind="stable")
        chosen, frame = chosen[order], frame[order]
    header = layout.SYNC_LENGTH + layout.FRAME_HEADER
    return Packets(
        stream=stream,
        start=start[chosen],
        length=end[chosen] - start[chosen],
        packet_id=packet_id[chosen],
        frame=frame,
        offset=frames.offset[frame],
        within=header + start[chosen] - unit[chosen] * layout.DATA_FIELD,
        virtual_channel=frames.virtual_channel[frame],
    )
