"""Does space_packet_parser, a decoder of others, find the same values by the same XTCE document?"""

from __future__ import annotations

import io
import math
import re
import warnings
from typing import Any

import numpy as np
import pyarrow as pa
from space_packet_parser import ccsds_generator
from space_packet_parser.xtce.definitions import XtcePacketDefinition

from gse.xtce.decode import Decoded, decode, root_container
from gse.xtce.packets import split
from gse.xtce.read import parse


def compare(xtce: bytes, data: bytes, skipped: int = 0) -> tuple[Decoded, int]:
    """Decodes with both, and holds every value of every packet against the other's, raw and
    calibrated; ours, and how many values were compared."""
    document = parse(xtce)
    stream = split(np.frombuffer(data, np.uint8), skipped)
    ours = decode(document, stream.packets)
    root = root_container(document).rpartition("/")[2]
    definition = XtcePacketDefinition.from_xtce(io.BytesIO(xtce))
    rows = {}
    for table in ours.tables.values():
        for row in table.to_pylist():
            rows[row["offset"]] = row
    compared = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # packets that are longer than their definition
        theirs = [
            definition.parse_bytes(octets, root_container_name=root)
            for octets in ccsds_generator(data, skip_header_bytes=skipped)
        ]
    assert len(theirs) == len(rows)
    for start, values in zip(stream.packets.start.tolist(), theirs, strict=True):
        compared += _same(rows[start], values)
    return ours, compared


def _same(row: dict[str, Any], values: Any) -> int:
    there = {name for name, value in row.items() if value is not None and name != "offset"}
    assert {_sent_as(name, values) for name in there} == set(values)
    for name, value in values.items():
        assert equal(_last(row, name), value), (name, row[name], value)
        raw = _last(row, f"{name}_RAW") if f"{name}_RAW" in row else _last(row, name)
        assert equal(raw, value.raw_value), (name, raw, value.raw_value)
    return 2 * len(values)


def _sent_as(column: str, values: Any) -> str:
    """The parameter of a column: without _RAW, and without the number of a parameter sent twice."""
    name = column if column in values else re.sub(r"_\d+$", "", column)
    return name if name in values else name.removesuffix("_RAW")


def _last(row: dict[str, Any], name: str) -> Any:
    """The other decoder keeps only the last value of a parameter that is sent twice."""
    number = 2
    while f"{name}_{number}" in row:
        number += 1
    return row[f"{name}_{number - 1}" if number > 2 else name]


def equal(ours: Any, theirs: Any) -> bool:
    """Whether two values are the same; calibrated ones to the last but one digit of a float."""
    if isinstance(theirs, float) and isinstance(ours, float | int):
        both_nan = math.isnan(ours) and math.isnan(theirs)
        return both_nan or math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=1e-300)
    return bool(ours == theirs)


def table_of(decoded: Decoded, name: str) -> pa.Table:
    """The table of a container, which must be all that the packets are."""
    assert set(decoded.tables) == {name}
    return decoded.tables[name]
