"""Where do strings of packets end, and what do they say?"""

from __future__ import annotations

import codecs
from typing import Any

import numpy as np
import pyarrow as pa

from gse.link.crc import Octets
from gse.xtce.bits import Indices, Mask, gather, runs
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
    found = runs(octets, begin, size, left=True).to_pylist()
    used = begin + size - at
    if coding.terminator is not None:
        for i, text in enumerate(found):
            end = _end(text, coding.terminator, coding.unit)
            if end < 0:
                wrong[i] = coding.bits is None and bool(room[i])
                end = len(text)
            found[i] = text[:end]
            used[i] = 8 * (end + len(coding.terminator))
    known: dict[bytes, str] = {}
    texts = [known.get(t) or known.setdefault(t, _say(t, coding)) for t in found]
    taken = room if coding.bits is not None else np.where(wrong, 0, used)
    raw: Any = runs(octets, at, np.minimum(taken, room), left=True)
    return raw, pa.array(texts, pa.string()), used, wrong


def _end(text: bytes, terminator: bytes, unit: int) -> int:
    """Where the terminator stands, on a whole code unit; -1 where it does not."""
    at = text.find(terminator)
    while at >= 0 and at % unit:
        at = text.find(terminator, at + 1)
    return at


def _say(text: bytes, coding: Text) -> str:
    charset = coding.charset
    if coding.marked and text.startswith(_MARKS[coding.unit]):
        charset = charset[: len("UTF-16")]  # without an order, which the mark says
    return text.decode(charset, errors="backslashreplace")
