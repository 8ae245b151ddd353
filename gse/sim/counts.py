"""Which count stands for a value on a channel? The dictionary's steps and wire types, applied."""

from dataclasses import dataclass

from fsw.dictionary.channels import CHANNELS
from fsw.dictionary.index import channel

_WIRE = {
    "u8": (0, (1 << 8) - 1),
    "u16": (0, (1 << 16) - 1),
    "i16": (-(1 << 15), (1 << 15) - 1),
    "u32": (0, (1 << 32) - 1),
    "i32": (-(1 << 31), (1 << 31) - 1),
}
_SMALL = (-(1 << 30), (1 << 30) - 1)  # small integers of a 32-bit board


@dataclass(frozen=True, slots=True)
class Scale:
    """One channel's counts per unit and the counts it can hold."""

    per_unit: float
    lowest: int
    highest: int

    def counts(self, value: float) -> int:
        """The nearest count, held at the ends of the wire type."""
        return min(max(round(value * self.per_unit), self.lowest), self.highest)


def scale(name: str) -> Scale:
    """The scale of a channel. Raises KeyError for an unknown name."""
    _, wire, _, (numerator, denominator), *_ = CHANNELS[channel(name)]
    lowest, highest = _WIRE[wire]
    return Scale(denominator / numerator, max(lowest, _SMALL[0]), min(highest, _SMALL[1]))
