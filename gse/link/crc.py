"""Which of many messages arrived undamaged? CRC-16 of the link.

Polynomial x^16 + x^12 + x^5 + 1, preset to ones, not reflected (CCSDS 132.0-B-3 section 4.1.6.2).
A message that ends in its own CRC has CRC 0.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gse import kernels

Octets = npt.NDArray[np.uint8]


def crc16_rows(rows: Octets) -> npt.NDArray[np.uint16]:
    """CRC of each row of an (n, octets) array whose rows are contiguous; shape (n,)."""
    count, length = rows.shape
    octets, step = kernels.flat(rows)
    result = np.empty(count, np.uint16)
    kernels.crc16_of_each(
        octets, np.arange(count) * step, np.full(count, length), kernels.CRC_SLICES, result
    )
    return result
