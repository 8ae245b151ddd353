"""Which names need not be looked up on the board? Those of integers: the compiled code has the
numbers themselves, which saves a fifth of its memory and the time of every look.

A constant is a name that a module assigns once, at its top, and whose value is a small integer; it
is known here because the module can be imported here, or because its expression can be evaluated.
"""

from __future__ import annotations

import ast
import importlib
from collections import Counter
from types import ModuleType
from typing import Any, TypeGuard

_SMALL = 1 << 30
_TREES = ("fsw.", "boards.")


def inline(name: str, source: str) -> str:
    """A module's source with its constants, and those it imports, as numbers.

    name: its path in the tree, as "fsw/nav/air.py".
    """
    tree = ast.parse(source)
    module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    known = _Known(tree, _import(module))
    body = ast.Module([known.inlined(statement) for statement in tree.body], [])
    body.body = [statement for statement in body.body if known.is_needed(statement)]
    _drop_unused_imports(body)
    return ast.unparse(ast.fix_missing_locations(body)) + "\n"


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


class _Known(ast.NodeTransformer):
    """What the names of one module stand for."""

    def __init__(self, tree: ast.Module, module: ModuleType | None) -> None:
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
            self._environment[name] = value
            if _is_small(value) and stored[name] == 1:
                self._numbers[name] = value

    def _evaluated(self, expression: ast.expr, count: int) -> list[Any]:
        code = compile(ast.Expression(expression), "<constant>", "eval")
        try:
            value = eval(code, {}, dict(self._environment))  # our own source, as an import runs it
        except (NameError, TypeError, AttributeError):  # of something that only a board has
            return [None] * count
        return [value] if count == 1 else list(value)

    def inlined(self, statement: ast.stmt) -> ast.stmt:
        """A statement of the module with numbers in place of names."""
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
