"""What do the packets of a file say by the XTCE dictionary of their mission?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pyarrow as pa

from gse.errors import UserError
from gse.xtce.bits import Indices, Packets
from gse.xtce.model import Container, Document
from gse.xtce.tables import table, unique
from gse.xtce.tally import Account, Tally
from gse.xtce.walk import read_packets


@dataclass(frozen=True, slots=True)
class Decoded(Account):
    """tables: by the name of the container."""

    tables: Mapping[str, pa.Table] = field(default_factory=dict)


class Decoder:
    """Decodes packets that come piece by piece. However they are cut, the tables of a container
    have one schema, which follows from the document, and their rows are those of all at once."""

    def __init__(self, document: Document, root: str | None = None) -> None:
        """root: may extend others; packets of these that are not of it are unknown.

        Raises UserError as root_container() does.
        """
        line = _line(document, root_container(document, root))
        self._root = line[0]
        self._document = _narrowed(document, line)
        self._names = _names(document.containers)
        self._tally = Tally(self._names, line[:-1])

    def feed(self, packets: Packets, offset: Indices | None = None) -> dict[str, pa.Table]:
        """Tables of the next packets, by the name of the container. Of one that account() does not
        name at the end, they are not to be used.

        offset: of each packet in the file; by default, where it starts in its octets.
        """
        offset = packets.start if offset is None else offset
        tables = {}
        for leaf in read_packets(self._document, self._root, packets):
            if self._tally.add(leaf):
                made = table(leaf.group, offset[leaf.group.rows])
                tables[self._names[leaf.container.name]] = made
        return tables

    def account(self) -> Account:
        """What became of all packets so far."""
        return self._tally.account()


def decode(
    document: Document, packets: Packets, root: str | None = None, offset: Indices | None = None
) -> Decoded:
    """The same of all packets at once.

    Raises UserError as root_container() does.
    """
    decoder = Decoder(document, root)
    tables = decoder.feed(packets, offset)
    account = decoder.account()
    return Decoded(
        account.decoded,
        account.counts,
        account.unknown,
        account.ambiguous,
        {name: tables[name] for name in account.decoded},
    )


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


def _line(document: Document, path: str) -> tuple[str, ...]:
    """The containers that one extends, from the first on, and itself."""
    base = document.containers[path].base
    return (path,) if base is None else (*_line(document, base), path)


def _narrowed(document: Document, line: tuple[str, ...]) -> Document:
    """The document without heirs beside a line of containers."""
    heirs = {base: (heir,) for base, heir in pairwise(line)}
    return replace(document, heirs={**document.heirs, **heirs})


def _names(containers: Mapping[str, Container]) -> dict[str, str]:
    """The last part of each path; all of it, with dots, where two containers share that."""
    short = {path: path.rpartition("/")[2] for path in containers}
    seen = Counter(short.values())
    taken: set[str] = set()
    return {
        path: unique(name if seen[name] == 1 else path.strip("/").replace("/", "."), taken)
        for path, name in short.items()
    }
