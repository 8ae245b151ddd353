"""What does an XTCE document say? From XML to the model, and one sentence for what it cannot be.

The XML is read without network and entities. Types are read where a container uses them: what is
never sent may be as it likes. A container that uses a construct which is not supported is kept with
the reason, so that the others can be decoded; so is a restriction that is not supported.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from lxml import etree

from gse.errors import UserError
from gse.xtce.amounts import Namer, amount, match_criteria
from gse.xtce.encodings import scalar_type
from gse.xtce.model import (
    AggregateType,
    Amount,
    ArrayType,
    Condition,
    Container,
    Document,
    Entry,
    Every,
    Location,
    Parameter,
    Reference,
    ScalarType,
    Type,
    Unknown,
)
from gse.xtce.nodes import Node, Unsupported, child, children, required, root_of, tag, true

_ARRAYS = ("ArrayParameterType", "ArrayDataType")
_LARGEST = 1 << 28  # octets of a document; the largest known have a tenth of that


def read(path: Path) -> Document:
    """The document in a file. Raises UserError: it cannot be read, is not XTCE, or contradicts
    itself."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}; name an XTCE document") from error
    return parse(text, str(path))


def parse(text: bytes, name: str = "the document") -> Document:
    """The same for a document in memory, called name in what is raised."""
    if len(text) > _LARGEST:
        raise UserError(f"{name} has {len(text):,} octets: no XTCE document is so large")
    try:
        return _Reader(root_of(text)).document()
    except etree.XMLSyntaxError as error:
        raise UserError(f"{name} is not well-formed XML: {error.msg}") from error
    except Unsupported as error:
        raise UserError(f"{name}: {error}") from error


class _Reader:
    """Finds what references name: in the system where they stand, then in those around it."""

    def __init__(self, root: Node) -> None:
        if tag(root) != "SpaceSystem":
            raise Unsupported(root, "is not the SpaceSystem that an XTCE document begins with")
        self._root = root
        self._parameters: dict[str, Node] = {}
        self._types: dict[str, Node] = {}
        self._containers: dict[str, Node] = {}
        self._read_types: dict[str, Type] = {}
        self._reading: set[str] = set()
        for system, path in _systems(root, ""):
            for within in ("TelemetryMetaData", "CommandMetaData"):
                data = child(system, within)
                self._collect(data, "ParameterTypeSet", path, self._types)
                self._collect(data, "ParameterSet", path, self._parameters)
            self._collect(
                child(system, "TelemetryMetaData"), "ContainerSet", path, self._containers
            )

    def document(self) -> Document:
        containers = {path: self._container(path, node) for path, node in self._containers.items()}
        if not containers:
            raise Unsupported(self._root, "describes no telemetry: it has no SequenceContainer")
        heirs: dict[str, list[str]] = {}
        for container in containers.values():
            if container.base is not None:
                heirs.setdefault(container.base, []).append(container.name)
        _check_acyclic(containers, self._containers)
        name = self._root.get("name", "")
        return Document(name, containers, {k: tuple(v) for k, v in heirs.items()})

    @staticmethod
    def _collect(data: Node | None, name: str, path: str, into: dict[str, Node]) -> None:
        found = child(data, name) if data is not None else None
        for node in children(found) if found is not None else ():
            if node.get("name") is None:
                continue  # a ParameterRef, which defines nothing
            key = f"{path}/{node.get('name')}"
            if key in into:
                raise Unsupported(node, f"defines {node.get('name')} a second time")
            into[key] = node

    def _container(self, path: str, node: Node) -> Container:
        if tag(node) != "SequenceContainer":
            raise Unsupported(node, "is not supported as a container")
        base = child(node, "BaseContainer")
        base_path = None
        if base is not None:
            base_path = self._find(base, "containerRef", path, self._containers)
        container = Container(
            name=path,
            entries=(),
            base=base_path,
            restriction=self._restriction(base, path),
            abstract=true(node, "abstract"),
            description=_description(node),
        )
        try:
            if child(node, "BinaryEncoding") is not None:
                raise Unsupported(
                    required(node, "BinaryEncoding"), "of a container is not supported"
                )
            listed = children(required(node, "EntryList"))
            return replace(container, entries=tuple(self._entry(e, path) for e in listed))
        except Unsupported as error:
            return replace(container, unsupported=str(error))

    def _restriction(self, base: Node | None, path: str) -> Condition:
        criteria = child(base, "RestrictionCriteria") if base is not None else None
        try:
            return (
                match_criteria(criteria, self._namer(path)) if criteria is not None else Every(())
            )
        except Unsupported as error:
            return Unknown(str(error))

    def _entry(self, node: Node, path: str) -> Entry:
        content: Parameter | str
        if tag(node) == "ParameterRefEntry":
            content = self._parameter(self._find(node, "parameterRef", path, self._parameters))
        elif tag(node) == "ContainerRefEntry":
            content = self._find(node, "containerRef", path, self._containers)
        elif tag(node) == "ArrayParameterRefEntry":
            content = self._array(node, path)
        else:
            raise Unsupported(node, "is not supported as an entry of a container")
        include = child(node, "IncludeCondition")
        repeat = child(node, "RepeatEntry")
        namer = self._namer(path)
        gap = child(repeat, "Offset") if repeat is not None else None
        between = amount(gap, namer) if gap is not None else 0
        if not isinstance(between, int) or between < 0:
            raise Unsupported(
                node, "repeats backwards or at a distance that is not fixed, which is not supported"
            )
        return Entry(
            content=content,
            location=_location(node, namer),
            include=match_criteria(include, namer) if include is not None else None,
            repeat=amount(required(repeat, "Count"), namer) if repeat is not None else None,
            gap=between,
        )

    def _parameter(self, path: str) -> Parameter:
        node = self._parameters[path]
        return Parameter(path, self._type(self._type_path(path)), _description(node))

    def _type_path(self, parameter: str) -> str:
        node = self._parameters[parameter]
        return self._find(node, "parameterTypeRef", parameter, self._types)

    def _array(self, node: Node, path: str) -> Parameter:
        """The array of an entry that may say its size: in XTCE 1.0 and 1.1, its type does not."""
        named = self._find(node, "parameterRef", path, self._parameters)
        if child(node, "DimensionList") is None:
            return self._parameter(named)
        kind = self._type_path(named)
        if tag(self._types[kind]) in _ARRAYS:
            kind = self._element_path(kind)
        array = ArrayType(self._element(kind, node), self._dimensions(node, path))
        return Parameter(named, array, _description(self._parameters[named]))

    def _element_path(self, array: str) -> str:
        return self._find(self._types[array], "arrayTypeRef", array, self._types)

    def _element(self, path: str, user: Node) -> ScalarType:
        """The type of an element of an array. Raises Unsupported, which names its user."""
        element = self._type(path)
        if not isinstance(element, ScalarType):
            raise Unsupported(user, "is an array whose elements are no single values")
        return element

    def _type(self, path: str) -> Type:
        if path not in self._read_types:
            if path in self._reading:
                raise Unsupported(self._types[path], "is a part of itself")
            self._reading.add(path)
            try:
                self._read_types[path] = self._new_type(path)
            finally:
                self._reading.discard(path)
        return self._read_types[path]

    def _new_type(self, path: str) -> Type:
        node = self._types[path]
        if tag(node) in _ARRAYS:
            element = self._element(self._element_path(path), node)
            return ArrayType(element, self._dimensions(node, path))
        if tag(node) == "AggregateParameterType":
            members = children(required(node, "MemberList"))
            return AggregateType(
                tuple(
                    (m.get("name", ""), self._type(self._find(m, "typeRef", path, self._types)))
                    for m in members
                )
            )
        return scalar_type(tuple(self._bases(path)), self._namer(path))

    def _bases(self, path: str) -> Iterator[Node]:
        """A type, then those that it extends."""
        seen = set()
        while path not in seen:
            seen.add(path)
            node = self._types[path]
            yield node
            if node.get("baseType") is None:
                return
            path = self._find(node, "baseType", path, self._types)
        raise Unsupported(self._types[path], "extends itself")

    def _dimensions(self, node: Node, path: str) -> tuple[Amount, ...]:
        namer = self._namer(path)
        dimensions = child(node, "DimensionList")
        if dimensions is None:
            raise Unsupported(node, "has no DimensionList: how long it is cannot be known")
        sizes: list[Amount] = []
        for dimension in children(dimensions):
            first = amount(required(dimension, "StartingIndex"), namer)
            last = amount(required(dimension, "EndingIndex"), namer)
            if not isinstance(first, int):
                raise Unsupported(dimension, "begins at an index that is not fixed")
            if isinstance(last, int):
                sizes.append(last - first + 1)
            elif isinstance(last, Reference):
                sizes.append(replace(last, intercept=last.intercept - first + 1))
            else:
                raise Unsupported(dimension, "ends at an index by DiscreteLookupList")
        if len(sizes) != 1:
            raise Unsupported(dimensions, f"has {len(sizes)} dimensions; one is supported")
        return tuple(sizes)

    def _namer(self, path: str) -> Namer:
        """Resolves the parameterRef of a node that stands where path does."""
        return lambda node: self._instance(node, path)

    def _instance(self, node: Node, path: str) -> str:
        if node.get("instance", "0") != "0":
            raise Unsupported(node, "asks for another instance than that of its own packet")
        reference = str(node.get("parameterRef", ""))
        try:
            return self._find(node, "parameterRef", path, self._parameters)
        except Unsupported:
            whole, dot, member = reference.partition(".")
            if not dot:
                raise
            return self._find(node, "parameterRef", path, self._parameters, whole) + "." + member

    def _find(
        self, node: Node, attribute: str, path: str, among: dict[str, Node], name: str | None = None
    ) -> str:
        name = str(name or node.get(attribute) or "")
        if not name:
            raise Unsupported(node, f"has no {attribute}")
        if name.startswith("/"):
            places = [f"/{name.lstrip('/')}"]
            root = f"/{self._root.get('name')}/"
            if places[0].startswith(root):
                places.append("/" + places[0].removeprefix(root))
        else:
            places = []
            system = posixpath.dirname(path)
            while True:
                places.append(posixpath.normpath(f"{system}/{name}").replace("//", "/"))
                if system in ("", "/"):
                    break
                system = posixpath.dirname(system)
        for place in places:
            if place in among:
                return place
        raise Unsupported(node, f"names {name}, which is not defined")


def _systems(system: Node, path: str) -> Iterator[tuple[Node, str]]:
    yield system, path
    for node in children(system):
        if tag(node) == "SpaceSystem":
            yield from _systems(node, f"{path}/{node.get('name')}")


def _location(node: Node, namer: Namer) -> Location | None:
    found = child(node, "LocationInContainerInBits")
    if found is None:
        return None
    reference = found.get("referenceLocation", "previousEntry")
    if reference not in ("previousEntry", "containerStart"):
        raise Unsupported(found, f"counts from {reference}, which is not supported")
    return Location(reference == "containerStart", amount(found, namer))


def _description(node: Node) -> str:
    text = node.get("shortDescription")
    if text is None:
        found = child(node, "LongDescription")
        text = (found.text or "") if found is not None else ""
    return " ".join(text.split())


def _check_acyclic(containers: dict[str, Container], nodes: dict[str, Node]) -> None:
    """Raises Unsupported for a container that extends or contains itself."""
    done: set[str] = set()

    def visit(path: str, above: tuple[str, ...]) -> None:
        if path in above:
            raise Unsupported(nodes[path], "extends or contains itself")
        if path in done:
            return
        container = containers[path]
        uses = [e.content for e in container.entries if isinstance(e.content, str)]
        for used in [*uses, *([container.base] if container.base else [])]:
            visit(used, (*above, path))
        done.add(path)

    for path in containers:
        visit(path, ())
