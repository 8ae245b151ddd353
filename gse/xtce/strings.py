"""Where do strings of packets end, and what do they say?"""

from __future__ import annotations

import codecs

import numpy as np
import pyarrow as pa

from gse.link.crc import Octets
from gse.xtce import loops
from gse.xtce.bits import Indices, Mask, binary_array, gather, run_parts, runs
from gse.xtce.model import Text

_MARKS = {
    2: (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    4: (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
}


def read_text(
    octets: Octets, at: Indices, room: Indices, coding: Text
) -> tuple[pa.Array, pa.Array, Indices, Mask]:
    """Octets of the room, texts, bits that they take, and which do not end within their room.

    at: first bit of each room; room: its bits. Octets that mean nothing in the character set are
    shown as \\xNN.
    """
    wrong = np.zeros(len(at), bool)
    begin, size = at, room
    if coding.leading_bits:
        fits = room >= coding.leading_bits
        size = np.where(fits, gather(octets, at, coding.leading_bits), 0).astype(np.int64)
        begin = at + coding.leading_bits
        wrong |= (size < 0) | (size % 8 != 0) | (size > room - coding.leading_bits)
        wrong &= room > 0
        size = np.where(wrong, 0, size)
    used = begin + size - at
    if coding.terminator is not None:
        mark = np.frombuffer(coding.terminator, np.uint8)
        end = np.empty(len(at), np.int64)
        loops.ends(*run_parts(octets, begin, size, left=True), mark, coding.unit, end)
        endless = end < 0
        wrong |= endless & (room > 0) & (coding.bits is None)
        size = np.where(endless, size, 8 * end)
        used = np.where(endless, (size + 7) // 8 * 8, size) + 8 * len(mark)
    taken = room if coding.bits is not None else np.where(wrong, 0, used)
    raw = runs(octets, at, np.minimum(taken, room), left=True)
    return raw, _texts(octets, begin, size, coding), used, wrong


def _texts(octets: Octets, begin: Indices, size: Indices, coding: Text) -> pa.Array:
    """What strings say that begin at these bits and have so many."""
    offsets, data = run_parts(octets, begin, size, left=True)
    found = binary_array(offsets, data)
    if coding.unit == 1 and data.max(initial=0) < 0x80:  # the same in all that have one octet
        return found.cast(pa.string(), safe=False)
    known: dict[bytes, str] = {}
    said = [known.get(t) or known.setdefault(t, _say(t, coding)) for t in found.to_pylist()]
    return pa.array(said, pa.string())


def _say(text: bytes, coding: Text) -> str:
    charset = coding.charset
    if coding.marked and text.startswith(_MARKS[coding.unit]):
        charset = charset[: len("UTF-16")]  # without an order, which the mark says
    return text.decode(charset, errors="backslashreplace")
