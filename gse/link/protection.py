"""How can transfer frames be protected, and how long are they then?"""

from __future__ import annotations

from enum import StrEnum

from fsw.link import layout
from fsw.link.galois import PARITY


class Coding(StrEnum):
    """By their CRC alone, or as randomized Reed-Solomon codeblocks as well; a number is the
    interleave, 1 without one. What is named so has frames of one length, which nothing else has
    with its sync marker."""

    CRC = "CRC"
    CRC2 = "CRC2"
    CRC3 = "CRC3"
    CRC4 = "CRC4"
    CRC5 = "CRC5"
    RS = "RS"
    RS2 = "RS2"
    RS3 = "RS3"
    RS4 = "RS4"
    RS5 = "RS5"

    @classmethod
    def of(cls, scheme: str, interleave: int) -> Coding:
        """scheme, interleave: of fsw.link.layout.CODINGS and INTERLEAVES. Raises ValueError."""
        return cls(f"{scheme}{interleave}" if interleave != 1 else scheme)

    @property
    def scheme(self) -> str:
        """CRC or RS."""
        return self.value.rstrip("2345")

    @property
    def interleave(self) -> int:
        """1 .. 5."""
        return int(self.value.removeprefix(self.scheme) or 1)

    @property
    def frame_length(self) -> int:
        """Octets of a transfer frame."""
        return int(layout.frame_length(self.interleave))

    @property
    def cadu_length(self) -> int:
        """Octets from one sync marker to the next."""
        parity = PARITY * self.interleave if self.is_reed_solomon else 0
        return layout.SYNC_LENGTH + self.frame_length + parity

    @property
    def is_reed_solomon(self) -> bool:
        return self.scheme == "RS"

    @property
    def decoded(self) -> Coding:
        """That of its frames once the ground has taken the code away."""
        return Coding.of("CRC", self.interleave)

    @property
    def in_words(self) -> str:
        what = "Reed-Solomon" if self.is_reed_solomon else "CRC alone"
        return f"{what}, interleave {self.interleave}, frames of {self.frame_length:,} octets"


def coding_named(name: str) -> Coding:
    """Raises ValueError for a name that no coding has."""
    if name not in list(Coding):
        raise ValueError(f"no coding named {name!r}: choose one of {', '.join(Coding)}")
    return Coding(name)
