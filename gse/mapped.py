"""How does a file that is larger than the memory stay out of it?"""

from __future__ import annotations

import mmap

from gse.link.crc import Octets

Data = bytes | bytearray | memoryview | mmap.mmap | Octets


def release(data: Data, start: int, end: int) -> None:
    """What is known of octets start .. end of a mapped file is no longer held in memory: whole
    pages, so that the last may stay until the next time, which begins at its first octet."""
    first = start // mmap.PAGESIZE * mmap.PAGESIZE
    if isinstance(data, mmap.mmap) and (size := min(end, len(data)) - first) > 0:
        data.madvise(mmap.MADV_DONTNEED, first, size)
