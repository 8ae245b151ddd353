"""How are packets read by containers? All packets of one container at once, entry by entry.

Packets part ways only where the dictionary says so: each group that a restriction selects goes on
by itself. Within a group an entry may lie elsewhere in each packet, be long or short, or be absent;
positions, sizes and conditions are arrays then, and nothing is done packet by packet but finding
the end of strings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

from gse.xtce import numbers
from gse.xtce.bits import Indices, Mask, Packets, Position, align, gather, runs, unsigned
from gse.xtce.model import (
    AggregateType,
    Amount,
    ArrayType,
    Blob,
    Container,
    Document,
    Entry,
    Every,
    Kind,
    Number,
    Parameter,
    ScalarType,
    Text,
    Type,
)
from gse.xtce.strings import read_text
from gse.xtce.values import Undecodable, Value, amounts, holds

_TIMES = (Kind.ABSOLUTE_TIME, Kind.RELATIVE_TIME)


@dataclass(slots=True)
class Group:
    """Packets that were read alike so far. rows: which of all they are.

    columns: values in the order of entries; values: the latest of each parameter.
    end: of the entry that ends last; misfit: which packets cannot be as the dictionary says.
    """

    packets: Packets
    rows: Indices
    position: Position = 0
    end: Position = 0
    origin: Position = 0  # of the container in which entries stand
    columns: list[tuple[str, Value]] = field(default_factory=list)
    values: dict[str, Value] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    misfit: Mask = field(default_factory=lambda: np.zeros(0, bool))

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, rows: Indices) -> Group:
        """Some of the packets, with what is known of them."""
        columns = [(name, value.take(rows)) for name, value in self.columns]
        return Group(
            packets=self.packets.take(rows),
            rows=self.rows[rows],
            position=align(_take(self.position, rows)),
            end=align(_take(self.end, rows)),
            origin=_take(self.origin, rows),
            columns=columns,
            values=dict(columns) if self.values else {},
            descriptions=dict(self.descriptions),
            misfit=self.misfit[rows],
        )

    def keep(self, name: str, value: Value, description: str) -> None:
        """Notes a value that was read."""
        self.columns.append((name, value))
        self.values[name] = value
        self.descriptions[name] = description


def _take(position: Position, rows: Indices) -> Position:
    return position if isinstance(position, int) else position[rows]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A group whose packets are of a container, or of none.

    place: the way to its container, by the number of each heir, then how it ended there; leaves
    come in the order of their places. Places that begin with that of a container which is not
    supported are within it. matching: containers that extend this one and claim its packets, where
    they are too many. trail: of the entry that could not be read, comparable with others of the
    same container.
    """

    container: Container
    group: Group
    place: tuple[int, ...]
    matching: tuple[str, ...] = ()
    trail: tuple[int, ...] = ()


_MISFIT = -1  # in a place: before all heirs
_BASE = -1  # in a trail: before all entries of one's own


def read_packets(document: Document, root: str, packets: Packets) -> Iterator[Leaf]:
    """Groups of packets, each by the last container that it is of; of no packets, none."""
    rows = np.arange(len(packets))
    group = Group(packets, rows, misfit=np.zeros(len(rows), bool))
    if len(group):
        yield from _descend(document, document.containers[root], group, ())


def _descend(
    document: Document, container: Container, group: Group, place: tuple[int, ...]
) -> Iterator[Leaf]:
    if container.unsupported is not None:
        yield Leaf(container, group, place)
        return
    reader = _Reader(document, group)
    try:
        reader.entries(container)
    except Undecodable as error:
        refused = replace(container, unsupported=str(error))
        yield Leaf(refused, group, place, trail=tuple(reader.trail))
        return
    if group.misfit.any():
        yield Leaf(container, group.take(np.flatnonzero(group.misfit)), (*place, _MISFIT))
        group = group.take(np.flatnonzero(~group.misfit))
    heirs = [document.containers[name] for name in document.heirs.get(container.name, ())]
    claims, reasons = _claims(heirs, group)
    claimed = np.sum(claims, axis=0) if claims else np.zeros(len(group), int)
    for i, (heir, mask) in enumerate(zip(heirs, claims, strict=True)):
        chosen = mask & (claimed == 1)
        if chosen.any():
            part = group if chosen.all() else group.take(np.flatnonzero(chosen))
            yield from _descend(document, heir, part, (*place, i))
    if (claimed == 0).any():
        rest = replace(container, unsupported="; ".join(reasons)) if reasons else container
        yield Leaf(rest, group.take(np.flatnonzero(claimed == 0)), (*place, len(heirs)))
    if (claimed > 1).any():
        for leaf in _claimed_by_several(container, group, heirs, np.stack(claims)):
            yield replace(leaf, place=(*place, len(heirs) + 1, *leaf.place))


def _claims(heirs: list[Container], group: Group) -> tuple[list[Mask], list[str]]:
    """Which packets each of the heirs claims, and why one of them claims none that might be it."""
    claims, reasons = [], []
    for heir in heirs:
        try:
            claims.append(holds(heir.restriction, group.values, len(group)))
        except Undecodable as error:
            claims.append(np.zeros(len(group), bool))
            reasons.append(str(error))
    return claims, reasons


def _claimed_by_several(
    container: Container, group: Group, heirs: list[Container], claims: Any
) -> Iterator[Leaf]:
    """Packets by the containers that claim them, which are their place; claims: of each heir, shape
    (heirs, packets)."""
    several = np.flatnonzero(claims.sum(axis=0) > 1)
    patterns, which = np.unique(claims[:, several], axis=1, return_inverse=True)
    for i, pattern in enumerate(patterns.T):
        names = tuple(heir.name for heir, claim in zip(heirs, pattern, strict=True) if claim)
        place = tuple(map(int, pattern))
        yield Leaf(container, group.take(several[which.ravel() == i]), place, names)


class _Reader:
    """Reads entries of a group, one after another, and moves its position.

    trail: numbers of the entry that is being read, and of the rounds and entries that it is within.
    """

    def __init__(self, document: Document, group: Group) -> None:
        self._document = document
        self._group = group
        self.trail: list[int] = []

    def entries(self, container: Container, mask: Mask | None = None) -> None:
        for i, entry in enumerate(container.entries):
            self.trail.append(i)
            self._entry(entry, mask)
            self.trail.pop()

    def _entry(self, entry: Entry, mask: Mask | None) -> None:
        group = self._group
        if entry.include is not None:
            included = holds(entry.include, group.values, len(group))
            mask = included if mask is None else mask & included
            if mask.all():
                mask = None
        if entry.location is not None:
            bits = self._distance(entry.location.bits, mask)
            base = group.origin if entry.location.from_start else group.position
            self._move(align(np.where(mask, base + bits, group.position)) if mask is not None
                       else base + bits)  # fmt: skip
        if entry.repeat is None:
            self._content(entry, mask)
        else:
            self._repeat(entry, mask)

    def _content(self, entry: Entry, mask: Mask | None) -> None:
        if isinstance(entry.content, Parameter):
            parameter = entry.content
            self._typed(parameter.name, parameter.type, parameter.description, mask)
            return
        outer = self._group.origin
        self._group.origin = self._group.position
        self._included(self._document.containers[entry.content], mask)
        self._group.origin = outer

    def _included(self, container: Container, mask: Mask | None) -> None:
        """Entries of a container within another, behind those that it extends."""
        if container.unsupported is not None:
            raise Undecodable(container.unsupported)
        if container.base is not None:
            if container.restriction != Every(()):
                raise Undecodable(
                    f"the dictionary includes {container.name}, which extends another under a "
                    "condition: not supported"
                )
            self.trail.append(_BASE)
            self._included(self._document.containers[container.base], mask)
            self.trail.pop()
        self.entries(container, mask)

    def _typed(self, name: str, kind: Type, description: str, mask: Mask | None) -> None:
        if isinstance(kind, AggregateType):
            for member, inner in kind.members:
                self._typed(f"{name}.{member}", inner, description, mask)
        elif isinstance(kind, ArrayType):
            count = self._count(kind.size[0], mask)
            self._series(name, kind.element, count, 0, description, mask)
        else:
            self._group.keep(name, self._scalar(name, kind, mask).within(mask), description)

    def _distance(self, amount: Amount, mask: Mask | None) -> int | Indices:
        """From where an entry is counted; a fixed one may lead back."""
        return amount if isinstance(amount, int) else self._amount(amount, mask)

    def _amount(self, amount: Amount, mask: Mask | None) -> int | Indices:
        """How many; packets for which the dictionary does not say do not fit it."""
        group = self._group
        found = amounts(amount, group.values, len(group))
        if isinstance(found, int) and found >= 0:
            return found
        found = np.broadcast_to(np.asarray(found), (len(group),))
        self._doubt(found < 0, mask)
        found = np.maximum(found, 0)
        return found if mask is None else np.where(mask, found, 0)

    def _count(self, amount: Amount, mask: Mask | None) -> int | Indices:
        """How many entries, which may take no bits: more than a packet has bits are not meant."""
        count = self._amount(amount, mask)
        self._doubt(count > 8 * self._group.packets.length, mask)
        return count

    def _doubt(self, wrong: Any, mask: Mask | None) -> None:
        if np.any(wrong):
            self._group.misfit |= wrong if mask is None else wrong & mask

    def _move(self, position: Position) -> None:
        before = np.broadcast_to(np.asarray(position) < 0, (len(self._group),))
        if before.any():
            self._doubt(before, None)
            position = max(position, 0) if isinstance(position, int) else np.maximum(position, 0)
        self._group.position = align(position)

    def _advance(self, bits: int | Indices, mask: Mask | None) -> None:
        """Goes on behind an entry; one that ends beyond its packet does not fit."""
        group = self._group
        moved = bits if mask is None else np.where(mask, bits, 0)
        end = group.position + moved
        if isinstance(end, int) and end <= 8 * group.packets.matrix.shape[1]:
            group.position = end
        else:
            self._doubt(end > 8 * group.packets.length, mask)
            self._move(end)
        self._reach(end)

    def _reach(self, end: Position) -> None:
        """Keeps the farthest end: entries may stand in any order."""
        group = self._group
        if isinstance(end, int) and isinstance(group.end, int):
            group.end = max(group.end, end)
        else:
            group.end = align(np.maximum(group.end, end))

    def _scalar(self, name: str, kind: ScalarType, mask: Mask | None) -> Value:
        group = self._group
        coding = kind.encoding
        if isinstance(coding, Number):
            words = unsigned(group.packets, group.position, coding.bits)
            self._advance(coding.bits, mask)
            return self._calibrated(name, kind, numbers.decode(words, coding))
        at = 8 * group.packets.start + group.position
        if isinstance(coding, Blob):
            size = self._spread(self._amount(coding.bits, mask))
            self._advance(size, mask)
            return Value(
                kind, runs(group.packets.octets, at, self._fitting(size, mask), left=False)
            )
        return self._text(kind, coding, at, mask)

    def _text(self, kind: ScalarType, coding: Text, at: Indices, mask: Mask | None) -> Value:
        group = self._group
        left = 8 * (group.packets.start + group.packets.length) - at
        room = left if coding.bits is None else self._spread(self._amount(coding.bits, mask))
        inside = np.where(room <= left, np.maximum(room, 0), 0)
        if mask is not None:
            inside = np.where(mask, inside, 0)
        raw, texts, used, wrong = read_text(group.packets.octets, at, inside, coding)
        self._doubt(wrong, mask)
        self._advance(room if coding.bits is not None else used, mask)
        return Value(kind, raw, texts)

    def _spread(self, amount: int | Indices) -> Indices:
        return np.broadcast_to(np.asarray(amount, np.int64), (len(self._group),))

    def _fitting(self, size: Indices, mask: Mask | None) -> Indices:
        """Sizes, none where the packet is too short or the entry is absent."""
        wanted = ~self._group.misfit if mask is None else ~self._group.misfit & mask
        return np.where(wanted, size, 0)

    def _calibrated(self, name: str, kind: ScalarType, raw: Any) -> Value:
        coding = kind.encoding
        assert isinstance(coding, Number)
        calibrated = None
        if coding.calibrator is not None:
            calibrated = numbers.calibrate(raw, coding.calibrator)
        if coding.contexts:
            known = {**self._group.values, name: Value(kind, raw)}
            chosen = np.zeros(len(raw), bool)
            result = raw.astype(np.float64) if calibrated is None else calibrated
            for condition, calibrator in coding.contexts:
                here = holds(condition, known, len(raw)) & ~chosen
                result[here] = numbers.calibrate(raw[here], calibrator)
                chosen |= here
            calibrated = result
        if kind.kind in _TIMES:
            return self._time(kind, raw, raw if calibrated is None else calibrated)
        return Value(kind, raw, calibrated)

    def _time(self, kind: ScalarType, raw: Any, numbers_sent: Any) -> Value:
        with np.errstate(over="ignore", invalid="ignore"):
            seconds = numbers_sent.astype(np.float64) * kind.scale + kind.offset
        if kind.epoch is None or kind.epoch.parameter is None:
            return Value(kind, raw, seconds, base=kind)
        since = self._group.values.get(kind.epoch.parameter)
        if since is not None and isinstance(since.raw, pa.Array):
            raise Undecodable(f"a time counts from {kind.epoch.parameter}, which is no single time")
        if since is None or since.type.kind not in _TIMES:
            raise Undecodable(
                f"a time counts from {kind.epoch.parameter}, which came before nowhere"
            )
        return Value(kind, raw, seconds + since.calibrated, since.valid, base=since.base)

    def _repeat(self, entry: Entry, mask: Mask | None) -> None:
        assert entry.repeat is not None
        count = self._count(entry.repeat, mask)
        content = entry.content
        if isinstance(content, Parameter) and isinstance(content.type, ScalarType):
            self._series(content.name, content.type, count, entry.gap, content.description, mask)
            return
        self._rounds(entry, self._spread(count), mask)

    def _series(
        self,
        name: str,
        kind: ScalarType,
        count: int | Indices,
        gap: int,
        description: str,
        mask: Mask | None,
    ) -> None:
        """Values of one type one after another, as one list a packet."""
        counts = self._spread(count)
        if _stands_alone(kind):
            value = self._numbers(name, kind, counts, gap, mask)
        else:
            items = []
            for i, here in self._turns(counts, mask):
                if i and gap:
                    self._advance(gap, here)
                items.append(self._scalar(name, kind, here).within(here))
            value = _listed(kind, items, len(self._group))
        self._group.keep(name, value.within(mask), description)

    def _numbers(
        self, name: str, kind: ScalarType, counts: Indices, gap: int, mask: Mask | None
    ) -> Value:
        """A list of numbers: all of all packets are gathered at once."""
        group, coding = self._group, kind.encoding
        assert isinstance(coding, Number)
        begin = 8 * group.packets.start + group.position
        stride = coding.bits + gap
        counts = self._fitting(counts, mask)
        self._advance(np.maximum(counts * stride - gap, 0), mask)
        counts = self._fitting(counts, mask)
        offsets = np.concatenate(([0], np.cumsum(counts)))
        within = np.arange(int(offsets[-1])) - np.repeat(offsets[:-1], counts)
        words = gather(
            group.packets.octets, np.repeat(begin, counts) + within * stride, coding.bits
        )
        flat = self._calibrated(name, kind, numbers.decode(words, coding))
        calibrated = None if flat.calibrated is None else _as_lists(offsets, flat.calibrated)
        return Value(kind, _as_lists(offsets, flat.raw), calibrated, base=flat.base)

    def _turns(self, counts: Indices, mask: Mask | None) -> Iterator[tuple[int, Mask]]:
        """Numbers from 0 on, and the packets that have an entry of that number. The first is there
        even if no packet has one: by it, what nobody sent has its type."""
        i = 0
        here = self._fitting(counts, mask) > 0
        while not i or here.any():
            yield i, here
            i += 1
            here = self._fitting(counts, mask) > i

    def _rounds(self, entry: Entry, counts: Indices, mask: Mask | None) -> None:
        """Entries of several values, or of varying size: round by round, in all packets at once."""
        group = self._group
        kept, origin, depth = group.columns, group.origin, len(self.trail)
        rounds: dict[str, list[Value]] = {}
        for i, here in self._turns(counts, mask):
            group.columns = []
            self.trail[depth:] = (i,)
            if i and entry.gap:
                self._advance(entry.gap, here)
            try:
                self._content(replace(entry, repeat=None), here)
            except Undecodable:
                if here.any():
                    raise
                group.origin = origin
                break
            for name, value in group.columns:
                rounds.setdefault(name, []).append(value)
        group.columns = kept
        del self.trail[depth:]
        for name, items in rounds.items():
            value = _listed(items[0].type, items, len(group))
            group.keep(name, value.within(mask), group.descriptions[name])


def _stands_alone(kind: ScalarType) -> bool:
    """Whether it is a number that means the same in every packet."""
    since = kind.epoch is not None and kind.epoch.parameter is not None
    return isinstance(kind.encoding, Number) and not kind.encoding.contexts and not since


def _as_lists(offsets: Indices, flat: Any) -> pa.Array:
    values = flat if isinstance(flat, pa.Array) else pa.array(flat)
    return pa.LargeListArray.from_arrays(pa.array(offsets), values)


def _listed(kind: ScalarType, items: list[Value], count: int) -> Value:
    """Values of round after round as one list a packet."""
    there = np.stack([np.ones(count, bool) if v.valid is None else v.valid for v in items], axis=1)
    row, turn = np.nonzero(there)
    order = turn * count + row
    offsets = np.concatenate(([0], np.cumsum(there.sum(axis=1))))

    def joined(arrays: list[Any]) -> pa.Array:
        whole = pa.concat_arrays([a if isinstance(a, pa.Array) else pa.array(a) for a in arrays])
        return _as_lists(offsets, whole.take(pa.array(order)))

    raw = joined([v.raw for v in items])
    calibrated = None
    if items[0].calibrated is not None:
        calibrated = joined([v.calibrated for v in items])
    return Value(kind, raw, calibrated, base=items[0].base)
