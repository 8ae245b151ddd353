"""Is the memory of columns used again, and only when nobody refers to it?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from gse import memory

MANY = (3 << 20) // 8


@pytest.fixture(autouse=True)
def nothing_waits() -> None:
    memory._waiting.clear()


def address(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> int:
    return int(values.__array_interface__["data"][0])


def test_what_nobody_refers_to_is_used_again() -> None:
    first = memory.room(MANY, np.float64)
    where = address(first)
    del first
    assert address(memory.room(MANY + 5, np.float64)) == where


def test_what_a_column_or_a_part_of_it_refers_to_is_not() -> None:
    values = memory.room(MANY, np.float64)
    values[:] = 1.5
    where = address(values)
    column = pa.Array.from_buffers(pa.float64(), MANY, [None, pa.py_buffer(values)])
    part = column.slice(10, 5)
    del values, column
    others = [memory.room(MANY, np.float64) for _ in range(3)]
    assert where not in map(address, others)
    for other in others:
        other[:] = 2.5
    assert part.to_pylist() == [1.5] * 5
    del part
    assert address(memory.room(MANY, np.float64)) == where


def test_little_is_not_put_where_much_was() -> None:
    much = memory.room(16 * MANY, np.float64)
    where = address(much)
    del much
    assert address(memory.room(MANY, np.float64)) != where
    assert address(memory.room(16 * MANY, np.float64)) == where


def test_few_blocks_wait() -> None:
    rooms = [memory.room(MANY, np.float64) for _ in range(2 * memory._KEPT)]
    del rooms
    assert len(memory._waiting) == memory._KEPT


@pytest.mark.parametrize("count", [0, 1, 1000])
def test_little_is_ordinary_memory(count: int) -> None:
    values = memory.room(count, np.int32)
    assert values.shape == (count,)
    assert values.flags.owndata
