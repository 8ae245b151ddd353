"""Which of many messages arrived undamaged? CRC-16 of the link, vectorised over messages.

Polynomial x^16 + x^12 + x^5 + 1, preset to ones, not reflected (CCSDS 132.0-B-3 section 4.1.6.2).
A message that ends in its own CRC has CRC 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fsw.link.crc import PRESET, TABLE

Octets = npt.NDArray[np.uint8]

# Messages a batch: their CRCs and one column of words stay in the cache.
BATCH = 8192

_OCTET_TABLE = np.array(TABLE, dtype=np.uint16)


def _next_octet(crc: npt.NDArray[np.uint16], octet: npt.NDArray[Any]) -> npt.NDArray[np.uint16]:
    index = (crc >> np.uint16(8)) ^ octet
    return np.asarray((crc << np.uint16(8)) ^ _OCTET_TABLE[index])


def _word_table() -> npt.NDArray[np.uint16]:
    """CRC after two octets, indexed by the CRC before xor the two octets, all octet-swapped.

    The CRC is as wide as two octets, so that one look-up takes both. Swapped, because octets of a
    big-endian message are read as little-endian words.
    """
    words = np.arange(65536, dtype=np.uint16)
    zero = np.zeros(1, np.uint8)
    table = _next_octet(_next_octet(words, zero), zero)
    return table[words.byteswap()].byteswap()


_WORD_TABLE = _word_table()


def crc16_rows(rows: Octets) -> npt.NDArray[np.uint16]:
    """CRC of each row of an (n, octets) array whose rows are contiguous; shape (n,)."""
    result = np.empty(len(rows), np.uint16)
    for start in range(0, len(rows), BATCH):
        result[start : start + BATCH] = _crc16_batch(rows[start : start + BATCH])
    return result


def _crc16_batch(rows: Octets) -> npt.NDArray[np.uint16]:
    count, length = rows.shape
    crc = np.full(count, PRESET, np.uint16)
    index = np.empty(count, np.uint16)
    whole = length & ~1
    words = np.ascontiguousarray(rows[:, :whole]).view("<u2").T.copy()
    for column in words:
        np.bitwise_xor(crc, column, out=index)
        np.take(_WORD_TABLE, index, out=crc, mode="clip")  # "clip" spares numpy a buffer
    crc = crc.byteswap()
    return _next_octet(crc, rows[:, whole]) if length > whole else crc
