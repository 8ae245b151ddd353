"""How do numbers and texts become columns of Arrow?

By their octets, without a copy. pa.array takes several times as long, and imports pandas to see
whether it is given some: that alone takes longer than most commands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa


def numbers(values: npt.NDArray[Any], known: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    """A column of numbers, of one dimension; those that are not known are null."""
    kind = pa.from_numpy_dtype(values.dtype)
    valid = None if known is None else pa.py_buffer(np.packbits(known, bitorder="little"))
    data = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(kind, len(values), [valid, data])


def texts(values: Sequence[str]) -> pa.StringArray:
    """A column of texts, together less than 2 GB."""
    octets = [value.encode() for value in values]
    ends = np.cumsum([0, *map(len, octets)], dtype=np.int32)
    return pa.StringArray.from_buffers(
        len(octets), pa.py_buffer(ends), pa.py_buffer(b"".join(octets))
    )
