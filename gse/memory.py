"""Where do the columns of a piece of a stream lie? In large pages, which are used again.

A new page costs more than what is written to it: the system has to find it and to fill it with
zeros. Pages of 2 MB cost a fraction of 512 small ones, and memory that nobody refers to any more
waits for the next piece.
"""

from __future__ import annotations

import contextlib
import mmap
import weakref
from collections import deque
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from gse.link.crc import Octets

_Number = TypeVar("_Number", bound=np.generic)

_LARGE = 1 << 21  # octets of a large page
_KEPT = 8  # blocks that wait: two or three pieces are at work at a time

# Taken and given back by several threads, and by the collector of garbage: without a lock.
_waiting: deque[mmap.mmap] = deque(maxlen=_KEPT)


def room(count: int, kind: type[_Number]) -> npt.NDArray[_Number]:
    """So many numbers, to be written to."""
    size = count * np.dtype(kind).itemsize
    if size < _LARGE:
        return np.empty(count, kind)
    block = _waited(size) or _new(-(-size // _LARGE) * _LARGE)
    octets: Octets = np.frombuffer(block, np.uint8)
    weakref.finalize(octets, _waiting.append, block)
    return octets[:size].view(kind)


def _waited(size: int) -> mmap.mmap | None:
    """A block that is large enough, and not far too large."""
    for _ in range(_KEPT):
        try:
            block = _waiting.popleft()
        except IndexError:
            return None
        if size <= len(block) <= 2 * size:
            return block
        _waiting.append(block)
    return None


def _new(size: int) -> mmap.mmap:
    block = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with contextlib.suppress(AttributeError, OSError):  # a system that has no large pages
        block.madvise(mmap.MADV_HUGEPAGE)
    return block
