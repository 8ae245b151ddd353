"""What does a capture of the downlink say? From octets to tables, with a report on the link."""

from __future__ import annotations

import math
import mmap
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from fsw.link.layout import CADU_LENGTH
from gse import identity, merge
from gse.dictionary import Dictionary
from gse.link.coding import coding_of
from gse.link.crc import Octets
from gse.link.report import LinkReport
from gse.mapped import Data, release
from gse.stream import Decoded, StreamDecoder, octets_of

__all__ = ["Decoded", "decode", "octets_of", "pieces"]

# Octets decoded at a time, some 6 MB: enough that the work on each outweighs all else, and few
# enough that the tables of one piece, some five times as large, stay near the processor. Whole
# pages, of a mapped file; and whole frames, so that none is cut where the link was never
# interrupted: then nothing is copied to be joined with the next.
PIECE = 6 * math.lcm(CADU_LENGTH, mmap.PAGESIZE)

_OTHERS = 2  # threads that make tables: that takes about as long as collecting


def decode(
    data: Data,
    dictionary: Dictionary,
    coding: str | None = None,
) -> Decoded:
    """Decodes a capture, damaged as it may be: what cannot be read is in the report.

    coding: one of gse.link.protection.Coding, as it was sent; by default, as the capture shows. Of
    Reed-Solomon, the report is a CodedLinkReport. Raises ValueError for another.

    Packets that were played back stand among the others, in the order in which they were packed and
    each once; they are no longer missing.

    Raises UserError when a BOOT packet says that it was made with another dictionary.
    """
    return merge.settled(Decoded.joined(list(pieces(data, dictionary, coding)[1])))


def pieces(
    data: Data,
    dictionary: Dictionary,
    coding: str | None = None,
) -> tuple[LinkReport, Iterator[Decoded]]:
    """The same piece by piece, in memory that does not grow with the capture, and the report, which
    is whole after the last piece. What was decoded of a mapped file is no longer held in memory."""
    octets = octets_of(data)
    coding = coding or coding_of(octets)
    boot = identity.first(octets, coding)
    decoder = StreamDecoder(
        dictionary, coding, entry_s=None if boot is None else boot.entry_s(dictionary)
    )

    return decoder.report, _decoded(decoder, data, octets)


def _decoded(
    decoder: StreamDecoder,
    data: Data,
    octets: Octets,
) -> Iterator[Decoded]:
    """While other threads make the tables of pieces, this one collects the next."""
    with ThreadPoolExecutor(_OTHERS) as others:
        making: deque[Future[Decoded]] = deque()
        last = max(len(octets) - 1, 0) // PIECE * PIECE
        for start in range(0, last, PIECE):
            collected = decoder.collect(octets[start : start + PIECE])
            making.append(others.submit(decoder.tables, collected))
            release(data, start, start + PIECE)
            if len(making) > _OTHERS:
                yield making.popleft().result()
        rest = decoder.finish(octets[last:])  # here, as there is no next piece to collect
        while making:
            yield making.popleft().result()
        yield rest
