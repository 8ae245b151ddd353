"""How good was the link, and where in the capture was it not?

Counters of everything that was read, refused or missed, and a list that locates each in the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from enum import StrEnum

from gse.link.protection import Coding

# Enough to work with; a capture that is mostly damage must not fill the memory with its list.
ANOMALIES_LISTED = 10000


class Kind(StrEnum):
    """What an anomaly is; the values stand in link.json."""

    OCTETS_SKIPPED = "octets skipped"
    INCOMPLETE_END = "incomplete frame at the end"
    FRAME_DAMAGED = "frame damaged"
    MARKER_DAMAGED = "sync marker damaged"
    FRAME_FOREIGN = "frame of another spacecraft"
    FRAME_MALFORMED = "frame header malformed"
    FRAME_DUPLICATE = "frame duplicated"
    FRAME_LATE = "frame out of order"
    FRAMES_MISSING = "frames missing"
    GAP_AMBIGUOUS = "more frames missing than the counter says"
    FLIGHT_RESTART = "flight software restarted"
    CHANNEL_GAP = "frames missing on a virtual channel"
    PACKET_FRAGMENT = "packet incomplete"
    PACKET_MISFIT = "packet does not end where the next begins"
    PACKET_UNEXPECTED = "packet not in the dictionary"
    PACKET_LENGTH = "packet of wrong length"
    PACKET_DAMAGED = "packet damaged"
    PACKETS_MISSING = "packets missing"
    SEQUENCE_BACKWARD = "packet sequence went back"


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One finding. offset: octet of the file, of the frame's sync marker where there is one.

    within: octet of the packet counted from that marker; None where it is no packet.
    count: how many octets, frames or packets.
    """

    kind: Kind
    offset: int
    within: int | None
    count: int
    text: str


@dataclass(slots=True)
class Tally:
    """Units of one virtual channel or one packet type; missing: by its counter."""

    received: int = 0
    missing: int = 0


@dataclass(slots=True)
class LinkReport:
    """Counters in the order of the data's way. Octets add up:

    octets = frames_good * cadu_length + octets_damaged + octets_skipped + octets_incomplete

    where cadu_length is that of the coding, 227 for frames of interleave 1 without a code.

    frames_good = frames_foreign + frames_malformed + frames_duplicate + frames_read, of which
    frames_idle carry no packets. frames_missing, by the master channel counter, includes damaged
    ones; a counter of 8 bits cannot tell a gap of 256 frames more: gaps_ambiguous counts the gaps
    for which the spacecraft clock says that it was so. gap_times_s: between which times from entry
    interface the frames of each gap were sent; empty without a BOOT packet.
    """

    octets: int = 0
    octets_skipped: int = 0
    octets_damaged: int = 0
    octets_incomplete: int = 0
    frames_good: int = 0
    frames_damaged: int = 0
    markers_damaged: int = 0
    frames_foreign: int = 0
    frames_malformed: int = 0
    frames_duplicate: int = 0
    frames_late: int = 0
    frames_read: int = 0
    frames_idle: int = 0
    frames_missing: int = 0
    gaps_ambiguous: int = 0
    restarts: int = 0
    virtual_channels: dict[int, Tally] = field(default_factory=dict)
    packets_good: int = 0
    packets_idle: int = 0
    packet_fragments: int = 0
    packets_played_back: int = 0
    packets_duplicate: int = 0  # of those: that had come in real time, or twice
    packets_misfit: int = 0
    packets_unexpected: int = 0
    packets_wrong_length: int = 0
    packets_damaged: int = 0
    packets_missing: int = 0
    packets: dict[str, Tally] = field(default_factory=dict)
    coding: str = Coding.CRC
    dictionary: str = ""
    anomalies: list[Anomaly] = field(default_factory=list)
    anomalies_unlisted: int = 0
    gap_times_s: list[tuple[float, float]] = field(default_factory=list)
    restart_frames: list[int] = field(default_factory=list)  # numbers of the first ones after each

    def counters(self) -> Iterator[tuple[str, int]]:
        """Every counter by name, in the order of the data's way."""
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, int):
                yield f.name, value

    def why_nothing(self) -> str:
        """Why no frame could be read, to be said after what none was read in."""
        if not self.octets:
            return "it is empty"
        if self.frames_foreign:
            return f"its {self.frames_foreign} frames are of another spacecraft"
        if self.frames_malformed:
            return f"the headers of its {self.frames_malformed} frames are not understood"
        if self.frames_damaged:
            return f"all {self.frames_damaged} found are damaged"
        return f"nowhere in its {self.octets:,} octets is a sync marker with a frame behind it"

    def sort(self) -> None:
        """Puts the list into the order of the data's way, each kind by its place."""
        kinds = {kind: n for n, kind in enumerate(Kind)}
        self.anomalies.sort(key=lambda a: (kinds[a.kind], a.offset, a.within or 0, a.text))

    def note(
        self, kind: Kind, offset: int, text: str, *, within: int | None = None, count: int = 1
    ) -> None:
        """Lists an anomaly; the counters are the caller's."""
        if len(self.anomalies) == ANOMALIES_LISTED:
            self.anomalies_unlisted += 1
        else:
            self.anomalies.append(Anomaly(kind, offset, within, count, text))
