"""How is the XML of a dictionary walked, whatever its namespace, and how is a place in it named?"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree
from lxml.etree import _Element as Node

__all__ = [
    "Node",
    "Unsupported",
    "child",
    "children",
    "integer",
    "real",
    "required",
    "root_of",
    "tag",
    "true",
]


class Unsupported(Exception):
    """An element, its line, and what is wrong with it, as a part of a sentence."""

    def __init__(self, node: Node, what: str) -> None:
        name = node.get("name")
        called = f" {name}" if name else ""
        super().__init__(f"{tag(node)}{called} (line {node.sourceline}) {what}")


def root_of(text: bytes) -> Node:
    """The root element. No entity is expanded, nothing fetched. Raises etree.XMLSyntaxError."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    return etree.fromstring(text, parser)


def tag(node: Node) -> str:
    """Name of an element without its namespace: XTCE 1.0, 1.1 and 1.2 have one each."""
    return str(etree.QName(node).localname) if isinstance(node.tag, str) else "text"


def children(node: Node) -> Iterator[Node]:
    """Elements directly below."""
    return (n for n in node if isinstance(n.tag, str))


def child(node: Node, name: str) -> Node | None:
    """The first element of that name directly below."""
    return next((n for n in children(node) if tag(n) == name), None)


def required(node: Node, name: str) -> Node:
    """The same. Raises Unsupported when it is not there."""
    found = child(node, name)
    if found is None:
        raise Unsupported(node, f"has no {name}")
    return found


def true(node: Node, attribute: str, otherwise: bool = False) -> bool:
    """A boolean attribute."""
    value = node.get(attribute)
    return otherwise if value is None else value.strip().lower() in ("true", "1")


def integer(node: Node, text: str | None) -> int:
    """A whole number, decimal or 0x. Raises Unsupported when it is none."""
    try:
        return int((text or "").strip(), 0)
    except ValueError:
        pass
    number = real(node, text)
    if number != int(number):
        raise Unsupported(node, f"has {text!r} where a whole number belongs")
    return int(number)


def real(node: Node, text: str | None) -> float:
    """A finite number. Raises Unsupported when it is none."""
    try:
        number = float((text or "").strip())
    except ValueError:
        number = float("nan")
    if number - number != 0:  # infinite, or not a number
        raise Unsupported(node, f"has {text!r} where a number belongs")
    return number
