"""What need not be looked up or computed on the board? Numbers, and tables that never change.

The compiled code has the numbers themselves in place of their names, and finished tables in place
of what they are made of: a board has neither the memory nor the time for it.

A constant is a name that a module assigns once, at its top, and whose value is a small integer or a
table of plain data; it is known here because the module can be imported here, or because its
expression can be evaluated.
"""

from __future__ import annotations

import ast
import importlib
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any, TypeGuard

from fsw.dictionary import index
from fsw.dictionary.channels import CHANNELS
from fsw.dictionary.parameters import PARAMETERS

_SMALL = 1 << 30
_TREES = ("fsw.", "boards.")
_LOOKS = (index.channel, index.event, index.packet, index.parameter)
# Tables that name channels and parameters, and what those are on the board; no other text there is
# one of them.
_NUMBERED = ("fsw.missions.", "fsw.dictionary.limits", "fsw.dictionary.responses")
_NUMBERS = {row[0]: n for table in (CHANNELS, PARAMETERS) for n, row in enumerate(table)}


def finished(name: str) -> str:
    """A source that assigns what a module's public names of plain data and of arrays are.

    name: its path in the tree, as "fsw/link/tables.py".
    """
    lines = ["from array import array"]
    for public, value in vars(_import(_dotted(name))).items():
        if public.startswith("_"):
            continue
        if isinstance(value, bytearray):
            lines.append(f"{public} = {bytes(value)!r}")
        elif _is_plain(value) or isinstance(value, (array, tuple)):
            lines.append(f"{public} = {_text(value)}")
    return "\n".join(lines) + "\n"


def _text(value: object) -> str:
    """An expression that gives a value; arrays in the board's order of octets, which is ours."""
    if isinstance(value, array):
        return f"array({value.typecode!r}, {value.tobytes()!r})"
    if isinstance(value, tuple):
        return f"({''.join(f'{_text(part)}, ' for part in value)})"
    return repr(value)


def inline(name: str, source: str) -> str:
    """A module's source with its constants, and those it imports, as numbers and finished tables.

    name: its path in the tree, as "fsw/nav/air.py".
    """
    tree = ast.parse(source)
    module = _dotted(name)
    numbers = _NUMBERS if module.startswith(_NUMBERED) else {}
    known = _Known(tree, _import(module), numbers)
    body = ast.Module([known.inlined(statement) for statement in tree.body], [])
    body.body = [statement for statement in body.body if known.is_needed(statement)]
    _drop_unused_imports(body)
    return ast.unparse(ast.fix_missing_locations(body)) + "\n"


def _dotted(name: str) -> str:
    """A module's name, from its path in the tree."""
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _import(name: str) -> ModuleType | None:
    """A module of ours; None when only a board can import it."""
    if not f"{name}.".startswith(_TREES):
        return None
    try:
        return importlib.import_module(name)
    except (ImportError, NameError, SyntaxError):  # machine, rp2; what is machine code
        return None


def _is_small(value: object) -> TypeGuard[int]:
    return type(value) is int and -_SMALL <= value < _SMALL


def _is_plain(value: object) -> bool:
    """Whether a value is a small integer, octets, a text, nothing, or a tuple of such."""
    if isinstance(value, tuple):
        return all(_is_plain(part) for part in value)
    return value is None or isinstance(value, (bool, bytes, str)) or _is_small(value)


def _numbered(value: object, numbers: Mapping[str, int]) -> object:
    """A value with numbers in place of the texts that stand for them."""
    if isinstance(value, tuple):
        return tuple(_numbered(part, numbers) for part in value)
    return numbers.get(value, value) if isinstance(value, str) else value


class _Known(ast.NodeTransformer):
    """What the names of one module stand for."""

    def __init__(
        self, tree: ast.Module, module: ModuleType | None, texts: Mapping[str, int]
    ) -> None:
        """texts: those that are numbers on the board."""
        self._texts = texts
        self._tables: dict[str, object] = {}
        self._numbers: dict[str, int] = {}
        self._modules: dict[str, ModuleType] = {}
        self._environment: dict[str, Any] = {}
        stored = Counter(
            node.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
        )
        stored.update(node.arg for node in ast.walk(tree) if isinstance(node, ast.arg))
        for statement in tree.body:
            if isinstance(statement, ast.ImportFrom) and statement.module:
                self._learn_imports(statement)
            elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                self._learn_assignment(statement, stored, module)

    def _learn_imports(self, statement: ast.ImportFrom) -> None:
        assert statement.module
        source = _import(statement.module)
        for alias in statement.names:
            name = alias.asname or alias.name
            value = getattr(source, alias.name, None)
            if value is None and source:
                value = _import(f"{statement.module}.{alias.name}")
            self._environment[name] = value
            if _is_small(value):
                self._numbers[name] = value
            elif isinstance(value, ModuleType):
                self._modules[name] = value

    def _learn_assignment(
        self, statement: ast.Assign, stored: Counter[str], module: ModuleType | None
    ) -> None:
        target = statement.targets[0]
        values = [getattr(module, name, None) for name in _names(target)]
        if module is None:
            values = self._evaluated(statement.value, len(_names(target)))
        for name, value in zip(_names(target), values, strict=True):
            if _is_plain(value) and stored[name] == 1:
                self._environment[name] = value
            if _is_small(value) and stored[name] == 1:
                self._numbers[name] = value
            elif _is_plain(value) and stored[name] == 1:
                self._tables[name] = _numbered(value, self._texts)

    def _evaluated(self, expression: ast.expr, count: int) -> list[Any]:
        code = compile(ast.Expression(expression), "<constant>", "eval")
        try:
            value = eval(code, dict(self._environment))  # our own source, as an import runs it
        except (NameError, TypeError, AttributeError):  # of something that only a board has
            return [None] * count
        return [value] if count == 1 else list(value)

    def inlined(self, statement: ast.stmt) -> ast.stmt:
        """A statement of the module with numbers in place of names, and tables finished."""
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            name = statement.targets[0].id
            value = self._numbers.get(name, self._tables.get(name))
            if value is not None:
                statement.value = ast.parse(_text(value), mode="eval").body
                return statement
        changed = self.visit(statement)
        assert isinstance(changed, ast.stmt)
        return changed

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if isinstance(node.ctx, ast.Load) and node.id in self._numbers:
            return ast.Constant(self._numbers[node.id])
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id in self._modules:
            value = getattr(self._modules[node.value.id], node.attr, None)
            if _is_small(value) and isinstance(node.ctx, ast.Load):
                return ast.Constant(value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and self._environment.get(node.func.id) in _LOOKS:
            name = node.args[0]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                return ast.Constant(self._environment[node.func.id](name.value))
        return node

    def is_needed(self, statement: ast.stmt) -> bool:
        """Whether anything can still ask for what a statement of the module assigns: other modules
        have no business with names that begin with an underscore."""
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            return True
        return not all(
            name.startswith("_") and name in self._numbers for name in _names(statement.targets[0])
        )


def _names(target: ast.expr) -> list[str]:
    """Of an assignment to a name or to a tuple of names; of any other, none."""
    if isinstance(target, ast.Name):
        return [target.id]
    if isinstance(target, ast.Tuple) and all(isinstance(e, ast.Name) for e in target.elts):
        return [e.id for e in target.elts if isinstance(e, ast.Name)]
    return []


def _drop_unused_imports(module: ast.Module) -> None:
    """Of names from our own modules; other modules may import from a package's __init__ alone."""
    used = {node.id for node in ast.walk(module) if isinstance(node, ast.Name)}
    for statement in module.body:
        if isinstance(statement, ast.ImportFrom) and f"{statement.module}.".startswith(_TREES):
            statement.names = [a for a in statement.names if (a.asname or a.name) in used]
    module.body = [s for s in module.body if not isinstance(s, ast.ImportFrom) or s.names]


def needed(sources: Mapping[str, str], main: str) -> dict[str, str]:
    """Of a whole board's sources, by their paths and each as inline() gives it, those that main
    comes to import, without the tables, functions and classes that nobody asks for by name. What is
    asked for as an attribute counts by its name alone, whatever it is an attribute of."""
    trees = {name: ast.parse(source) for name, source in sources.items()}
    paths = {_dotted(name): name for name in sources}
    asked: set[str] = set()
    used: set[str] = set()
    left = [ast.parse(main)]
    while left:
        names = list(_asked(left.pop()))
        asked.update(name.rpartition(".")[2] for name in names)
        imported = {paths[name] for name in names if name in paths} - used
        used |= imported
        left += [trees[name] for name in imported]
    for name in used:
        _drop_idle(trees[name], asked)
    return {name: ast.unparse(tree) + "\n" for name, tree in trees.items() if name in used}


def _asked(tree: ast.Module) -> Iterator[str]:
    """Modules that a module imports with all they are in, names that it imports from them, and
    names of attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.ImportFrom) and node.module:
            parts = node.module.split(".")
            yield from (".".join(parts[:n]) for n in range(1, len(parts) + 1))
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _drop_idle(module: ast.Module, asked: set[str]) -> None:
    """What others ask for stays, and what that needs."""
    before = None
    while before != len(module.body):
        before = len(module.body)
        own = {
            node.id
            for node in ast.walk(module)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        }
        module.body = [s for s in module.body if not _is_idle(s, own | asked)]


def _is_idle(statement: ast.stmt, asked: set[str]) -> bool:
    """Whether a statement gives plain data, a function or a class a name that is not asked for."""
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return statement.name not in asked and not statement.decorator_list
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return False
    names = _names(statement.targets[0])
    try:
        ast.literal_eval(statement.value)
    except ValueError:
        return False
    return bool(names) and not asked & set(names)
