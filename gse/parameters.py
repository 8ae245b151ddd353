"""Which parameters does the flight software have, by its own account?

What a dump says, in a capture or as a file, beside defaults and ranges; and an expected set to hold
against it:

    ALTIMETER_GATE = 250.0     # in the unit of the parameter
    CAMERA_RETRIES = 3

What the file does not name is expected at its default.
"""

from __future__ import annotations

import binascii
import math
import struct
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from fsw import missions
from fsw.data.files import DUMP_COUNT, DUMP_VALUES
from fsw.dictionary.index import parameter_fingerprint
from gse.decode import Decoded
from gse.dictionary import Dictionary, Parameter
from gse.errors import UserError

_NEAR = 1e-6  # of a count: what writing a number in decimals costs


@dataclass(frozen=True, slots=True)
class Reported:
    """A parameter in counts. value: None when the dump lacks it; expected: None without a file."""

    parameter: Parameter
    value: int | None
    default: int
    expected: int | None = None

    @property
    def changed(self) -> bool:
        return self.value is not None and self.value != self.default

    @property
    def differs(self) -> bool:
        """From what is expected; what is missing does."""
        return self.expected is not None and self.value != self.expected


def last_dump(decoded: Decoded) -> list[Reported]:
    """What the last dump says; empty when the capture holds none.

    Packets of a dump come in the order of the parameters: where the number does not rise, another
    one begins.
    """
    data = decoded.records["PARAMETER"].data
    if not len(data):
        return []
    numbers = data["PARAMETER_ID"].astype(np.int64)
    begins = np.flatnonzero(np.diff(numbers) <= 0)
    first = int(begins[-1]) + 1 if len(begins) else 0
    values = dict(
        zip(numbers[first:].tolist(), data["PARAMETER_VALUE"][first:].tolist(), strict=True)
    )
    default = defaults(decoded.dictionary)
    return [
        Reported(p, values.get(p.number), default[p.name]) for p in decoded.dictionary.parameters
    ]


def of_dump(octets: bytes, dictionary: Dictionary) -> list[Reported] | None:
    """What the file PARAMETERS says; None for octets that are no whole one of these parameters."""
    count = len(dictionary.parameters)
    fingerprint = parameter_fingerprint(missions.load(dictionary.mission))
    head = fingerprint.to_bytes(DUMP_COUNT, "big") + count.to_bytes(2, "big")
    if len(octets) != DUMP_VALUES + 4 * count + 2 or not octets.startswith(head):
        return None
    if binascii.crc_hqx(octets, 0xFFFF):
        return None
    values = struct.unpack_from(f">{count}i", octets, DUMP_VALUES)
    default = defaults(dictionary)
    return [Reported(p, values[p.number], default[p.name]) for p in dictionary.parameters]


def defaults(dictionary: Dictionary) -> dict[str, int]:
    """In counts, by name: the mission's where it has one."""
    own = dict(missions.load(dictionary.mission).PARAMETERS)
    return {p.name: own.get(p.name, p.default) for p in dictionary.parameters}


def expected(path: Path, dictionary: Dictionary) -> dict[str, int]:
    """Counts of every parameter by name, as a file asks for them. Raises UserError."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is no TOML: {error}") from error
    named = {p.name: p for p in dictionary.parameters}
    counts = defaults(dictionary)
    for name, value in document.items():
        if name not in named:
            raise UserError(f"{path}: no parameter {name}: there are {', '.join(named)}")
        counts[name] = _counts(value, named[name], dictionary, path)
    return counts


def _counts(value: object, parameter: Parameter, dictionary: Dictionary, path: Path) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UserError(f"{path}: {parameter.name} is to be a number, not {value!r}")
    channel = dictionary.channels.get(parameter.channel)
    per_unit = Fraction(channel.denominator, channel.numerator) if channel else Fraction(1)
    is_number = isinstance(value, int) or math.isfinite(value)
    exact = Fraction(value) * per_unit if is_number else Fraction(0)
    near = abs(exact - round(exact)) <= _NEAR
    if not (is_number and near and parameter.lowest <= exact <= parameter.highest):
        lowest, highest = (
            dictionary.format_value(parameter.channel, n)
            for n in (parameter.lowest, parameter.highest)
        )
        raise UserError(
            f"{path}: {parameter.name} cannot be {value}: it is {lowest} .. {highest}, in whole "
            "counts"
        )
    return round(exact)


def compared(dump: list[Reported], wanted: Mapping[str, int]) -> list[Reported]:
    """The same with what is expected of each."""
    return [Reported(r.parameter, r.value, r.default, wanted[r.parameter.name]) for r in dump]
