"""What does a capture of the downlink say? From octets to tables, with a report on the link."""

from __future__ import annotations

import mmap
from collections.abc import Iterator

from gse import identity
from gse.dictionary import Dictionary
from gse.link.coding import CRC
from gse.link.crc import Octets
from gse.link.report import LinkReport
from gse.stream import Decoded, StreamDecoder, octets_of

__all__ = ["Decoded", "decode", "octets_of", "pieces"]

# Octets decoded at a time: enough that the work on each outweighs all else, and few enough that
# the tables of one piece, some five times as large, stay near the processor.
PIECE = 4 << 20


def decode(
    data: bytes | bytearray | memoryview | mmap.mmap | Octets,
    dictionary: Dictionary,
    coding: str = CRC,
) -> Decoded:
    """Decodes a capture, damaged as it may be: what cannot be read is in the report.

    coding: one of CODINGS, as it was sent; of RS, the report is a CodedLinkReport.
    Raises ValueError for another.

    Raises UserError when a BOOT packet says that it was made with another dictionary.
    """
    return Decoded.joined(list(pieces(data, dictionary, coding)[1]))


def pieces(
    data: bytes | bytearray | memoryview | mmap.mmap | Octets,
    dictionary: Dictionary,
    coding: str = CRC,
) -> tuple[LinkReport, Iterator[Decoded]]:
    """The same piece by piece, in memory that does not grow with the capture, and the report, which
    is whole after the last piece."""
    octets = octets_of(data)
    boot = identity.first(octets, coding)
    decoder = StreamDecoder(
        dictionary, coding, entry_s=None if boot is None else boot.entry_s(dictionary)
    )

    def decoded() -> Iterator[Decoded]:
        for start in range(0, len(octets), PIECE):
            yield decoder.feed(octets[start : start + PIECE])
        yield decoder.finish()

    return decoder.report, decoded()
