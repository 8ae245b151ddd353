"""What do the packets of a file say by the XTCE dictionary of their mission?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import pyarrow as pa

from gse.errors import UserError
from gse.xtce.bits import Indices, Packets
from gse.xtce.model import Container, Document
from gse.xtce.packets import IDLE_APID
from gse.xtce.tables import table
from gse.xtce.walk import Leaf, read_packets


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
class Decoded:
    """tables and counts by the name of the container. unknown: packets that are of none, by APID,
    without idle ones; ambiguous: those that several claim, by the names of these."""

    tables: Mapping[str, pa.Table]
    counts: Mapping[str, Counts]
    unknown: Mapping[int, int] = field(default_factory=dict)
    ambiguous: Mapping[tuple[str, ...], int] = field(default_factory=dict)


def root_container(document: Document, name: str | None = None) -> str:
    """Path of the container that every packet is of: the one named, else the only one that others
    extend and that extends none.

    Raises UserError when there is none of the name, or no only one.
    """
    if name is not None:
        paths = list(document.containers)
        found = [p for p in paths if p.strip("/") == name.strip("/")]
        found = found or [p for p in paths if p.rpartition("/")[2] == name]
        if len(found) == 1:
            return found[0]
        why = "has no container" if not found else "has several containers"
        raise UserError(f"the dictionary {why} named {name}: {_some(found or document.containers)}")
    used = {
        entry.content
        for container in document.containers.values()
        for entry in container.entries
        if isinstance(entry.content, str)
    }
    roots = [c.name for c in document.containers.values() if c.base is None and c.name not in used]
    extended = [path for path in roots if path in document.heirs]
    candidates = extended or roots
    if len(candidates) != 1:
        raise UserError(
            "which container are all packets of? The dictionary leaves it open: name one with "
            f"--container, such as {_some(candidates or document.containers)}"
        )
    return candidates[0]


def _some(paths: Iterable[str]) -> str:
    names = [path.strip("/") for path in paths]
    return ", ".join(names[:8]) + (" and others" if len(names) > 8 else "")


def decode(
    document: Document, packets: Packets, root: str | None = None, offset: Indices | None = None
) -> Decoded:
    """Tables of the packets, by container. offset: of each packet in the file; by default, where it
    starts in its octets. root: may extend others; packets of these that are not of it are unknown.

    Raises UserError as root_container() does.
    """
    line = _line(document, root_container(document, root))
    document = _narrowed(document, line)
    offset = packets.start if offset is None else offset
    names = _names(document.containers)
    tables: dict[str, list[pa.Table]] = {}
    order: dict[str, list[Indices]] = {}
    counts: dict[str, Counts] = {}
    unknown: dict[int, int] = {}
    ambiguous: dict[tuple[str, ...], int] = {}
    for leaf in read_packets(document, line[0], packets) if len(packets) else ():
        count = len(leaf.group)
        if leaf.matching:
            several = tuple(names[p] for p in leaf.matching)
            ambiguous[several] = ambiguous.get(several, 0) + count
            continue
        name = names[leaf.container.name]
        other = leaf.container.abstract or leaf.container.name in line[:-1]
        if other and not leaf.container.unsupported and _whole(leaf):
            for apid, n in _apids(leaf.group.packets):
                unknown[apid] = unknown.get(apid, 0) + n
            continue
        tally = counts.setdefault(name, Counts())
        if _count(tally, leaf):
            tables.setdefault(name, []).append(table(leaf.group, offset[leaf.group.rows]))
            order.setdefault(name, []).append(leaf.group.rows)
    joined = {
        name: parts[0] if len(parts) == 1 else _join(parts, order[name])
        for name, parts in tables.items()
    }
    return Decoded(joined, counts, unknown, ambiguous)


def _line(document: Document, path: str) -> tuple[str, ...]:
    """The containers that one extends, from the first on, and itself."""
    base = document.containers[path].base
    return (path,) if base is None else (*_line(document, base), path)


def _narrowed(document: Document, line: tuple[str, ...]) -> Document:
    """The document without heirs beside a line of containers."""
    heirs = {base: (heir,) for base, heir in pairwise(line)}
    return replace(document, heirs={**document.heirs, **heirs})


def _whole(leaf: Leaf) -> bool:
    return not leaf.group.misfit.any()


def _count(tally: Counts, leaf: Leaf) -> bool:
    """Counts a leaf; whether its packets are decoded."""
    group = leaf.group
    tally.received += len(group)
    if leaf.container.unsupported is not None:
        tally.reason = leaf.container.unsupported
        return False
    if not _whole(leaf):
        tally.misfit += len(group)
        return False
    tally.decoded += len(group)
    extra = np.asarray(8 * group.packets.length - group.end)
    tally.longer += int((extra > 0).sum())
    tally.extra_bits = max(tally.extra_bits, int(extra.max(initial=0)))
    return True


def _apids(packets: Packets) -> list[tuple[int, int]]:
    """APIDs but that of idle packets, and how many packets each has."""
    head = packets.matrix[:, :2].astype(np.int64)
    apids, counts = np.unique(((head[:, 0] & 7) << 8) | head[:, 1], return_counts=True)
    found = zip(apids.tolist(), counts.tolist(), strict=True)
    return [(apid, count) for apid, count in found if apid != IDLE_APID]


def _names(containers: Mapping[str, Container]) -> dict[str, str]:
    """The last part of each path; all of it, with dots, where two containers share that."""
    short = {path: path.rpartition("/")[2] for path in containers}
    seen: dict[str, int] = {}
    for name in short.values():
        seen[name] = seen.get(name, 0) + 1
    return {
        path: name if seen[name] == 1 else path.strip("/").replace("/", ".")
        for path, name in short.items()
    }


def _join(parts: list[pa.Table], rows: list[Indices]) -> pa.Table:
    """Tables of one container in the order of the file."""
    whole = pa.concat_tables(parts, promote_options="permissive")
    return whole.take(pa.array(np.argsort(np.concatenate(rows), kind="stable")))
