"""What became of the packets of a file? Counts that add up, however it is cut into pieces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from gse.xtce.bits import Packets
from gse.xtce.model import Container
from gse.xtce.packets import IDLE_APID
from gse.xtce.walk import Leaf


@dataclass(slots=True)
class Counts:
    """Packets of one container. misfit: they end before their last entry, or a length in them can
    not be; longer: they go on behind it, by at most extra_bits. reason: why none was decoded."""

    received: int = 0
    decoded: int = 0
    misfit: int = 0
    longer: int = 0
    extra_bits: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """decoded: names of containers with packets that were, as their tables are to be ordered.
    counts: by name. unknown: packets that are of no container, by APID, without idle ones;
    ambiguous: those that several claim, by the names of these."""

    decoded: tuple[str, ...] = ()
    counts: Mapping[str, Counts] = field(default_factory=dict)
    unknown: Mapping[int, int] = field(default_factory=dict)
    ambiguous: Mapping[tuple[str, ...], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Share:
    """Packets whose way through the containers ended alike. trail: as of a Leaf."""

    container: Container
    matching: tuple[str, ...]
    trail: tuple[int, ...]
    misfit: bool
    packets: int
    longer: int = 0
    extra_bits: int = 0
    apids: Counter[int] = field(default_factory=Counter)

    def __add__(self, other: _Share) -> _Share:
        """Of two pieces. Read at once, the first entry that is refused would be the one."""
        return replace(
            min(self, other, key=lambda share: share.trail),
            packets=self.packets + other.packets,
            longer=self.longer + other.longer,
            extra_bits=max(self.extra_bits, other.extra_bits),
            apids=self.apids + other.apids,
        )


class Tally:
    """Takes the leaves of one piece after another.

    Within a container that is refused for what a packet of some piece holds, no packet of any piece
    is decoded: so it is where all are read at once.
    """

    def __init__(self, names: Mapping[str, str], abstract: tuple[str, ...]) -> None:
        """names: of containers by path; abstract: paths of those that no packet is, beside those
        that say so themselves."""
        self._names = names
        self._abstract = abstract
        self._shares: dict[tuple[int, ...], _Share] = {}

    def add(self, leaf: Leaf) -> bool:
        """Whether its packets are decoded."""
        group, misfit = leaf.group, bool(leaf.group.misfit.any())
        share = _Share(leaf.container, leaf.matching, leaf.trail, misfit, len(group))
        decoded = self._is_decoded(share)
        if decoded:
            extra = np.asarray(8 * group.packets.length - group.end)
            longer, extra_bits = int((extra > 0).sum()), int(extra.max(initial=0))
            share = replace(share, longer=longer, extra_bits=extra_bits)
        elif self._is_of_none(share):
            share = replace(share, apids=_apids(group.packets))
        known = self._shares.get(leaf.place)
        self._shares[leaf.place] = share if known is None else known + share
        return decoded

    def _is_decoded(self, share: _Share) -> bool:
        return not (
            share.matching
            or share.misfit
            or share.container.unsupported is not None
            or self._is_of_none(share)
        )

    def _is_of_none(self, share: _Share) -> bool:
        container = share.container
        other = container.abstract or container.name in self._abstract
        return other and container.unsupported is None and not share.misfit and not share.matching

    def account(self) -> Account:
        """Of all pieces so far."""
        decoded: dict[str, None] = {}
        counts: dict[str, Counts] = {}
        unknown: dict[int, int] = {}
        ambiguous: dict[tuple[str, ...], int] = {}
        for share in self._settled():
            name = self._names[share.container.name]
            if share.matching:
                several = tuple(self._names[path] for path in share.matching)
                ambiguous[several] = ambiguous.get(several, 0) + share.packets
            elif self._is_of_none(share):
                for apid, count in sorted(share.apids.items()):
                    unknown[apid] = unknown.get(apid, 0) + count
            else:
                _count(counts.setdefault(name, Counts()), share)
                if self._is_decoded(share):
                    decoded[name] = None
        return Account(tuple(decoded), counts, unknown, ambiguous)

    def _settled(self) -> list[_Share]:
        """By place; one whose container is refused has the packets of all that were read within."""
        settled: list[_Share] = []
        refused: tuple[int, ...] | None = None
        for place in sorted(self._shares):
            share = self._shares[place]
            if refused is not None and place[: len(refused)] == refused:
                settled[-1] = replace(settled[-1], packets=settled[-1].packets + share.packets)
            else:
                settled.append(share)
                refused = None if share.container.unsupported is None else place
        return settled


def _count(counts: Counts, share: _Share) -> None:
    counts.received += share.packets
    if share.container.unsupported is not None:
        counts.reason = share.container.unsupported
    elif share.misfit:
        counts.misfit += share.packets
    else:
        counts.decoded += share.packets
        counts.longer += share.longer
        counts.extra_bits = max(counts.extra_bits, share.extra_bits)


def _apids(packets: Packets) -> Counter[int]:
    """How many packets each APID but that of idle packets has."""
    head = packets.matrix[:, :2].astype(np.int64)
    apids, counts = np.unique(((head[:, 0] & 7) << 8) | head[:, 1], return_counts=True)
    found = dict(zip(apids.tolist(), counts.tolist(), strict=True))
    found.pop(IDLE_APID, None)
    return Counter(found)
