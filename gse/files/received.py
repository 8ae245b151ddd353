"""What is there of a file, and what is missing?"""

from __future__ import annotations

from dataclasses import dataclass, field

Ranges = list[tuple[int, int]]  # octets [start, end), sorted, apart from each other


def modular_checksum(data: bytes) -> int:
    """CFDP's checksum type 0 (727.0-B-5 section 4.2.2): the sum of its words, modulo 2^32."""
    padded = data + bytes(-len(data) % 4)
    words = (padded[i : i + 4] for i in range(0, len(padded), 4))
    return sum(int.from_bytes(word, "big") for word in words) & 0xFFFFFFFF


def joined(ranges: Ranges, start: int, end: int) -> Ranges:
    """The ranges with another one in them."""
    apart = [r for r in ranges if r[1] < start or r[0] > end]
    touching = [r for r in ranges if not (r[1] < start or r[0] > end)]
    whole = (min([start, *(r[0] for r in touching)]), max([end, *(r[1] for r in touching)]))
    return sorted([*apart, whole])


def gaps(ranges: Ranges, size: int) -> Ranges:
    """What the ranges leave out of [0, size)."""
    edges = [0, *(edge for r in ranges for edge in r), size]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [(start, end) for start, end in pairs if start < end]


@dataclass
class ReceivedFile:
    """A transfer, as far as it has come. name, size, checksum: None until the PDU that says so.

    checksum is that of the sender over the whole file; condition other than 0: the transfer was
    cancelled (a count of ENUMS["FILE_CONDITION"]). data has zeros where segments are missing.
    """

    transaction: int
    acknowledged: bool
    name: str | None = None
    size: int | None = None
    checksum: int | None = None
    condition: int = 0
    data: bytearray = field(default_factory=bytearray)
    held: Ranges = field(default_factory=list)

    def segment(self, offset: int, octets: bytes) -> None:
        """Takes a segment; one that comes again changes nothing."""
        end = offset + len(octets)
        self.data.extend(bytes(max(0, end - len(self.data))))
        self.data[offset:end] = octets
        self.held = joined(self.held, offset, end)

    @property
    def missing(self) -> Ranges:
        """Without a size, of what lies before the last segment that came."""
        return gaps(self.held, len(self.data) if self.size is None else self.size)

    @property
    def damaged(self) -> bool:
        """Whether all of it is there, and is not what was sent."""
        if self.checksum is None or self.size is None or self.missing or self.condition:
            return False
        return modular_checksum(bytes(self.data[: self.size])) != self.checksum

    @property
    def complete(self) -> bool:
        """Whether all of it is there, and its checksum says so."""
        known = self.name is not None and self.size is not None and self.checksum is not None
        return known and not self.missing and not self.condition and not self.damaged
