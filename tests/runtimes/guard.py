"""Does every integer of the flight code stay a small integer of a 32-bit board, and where not?

python -m tests.runtimes.guard RECORDING [PLANTED]

Flies a recording through flight code that was rewritten as it was imported: each expression that
makes a number is checked, and a float or an integer outside -2^30 .. 2^30-1 ends the run with file,
line and column. Checking begins with the first minor frame: what is computed once, before the heap
is locked, may be wide. PLANTED is a line of Python put into a task, to see the guard bite.

Prints how many results of calls were checked.
"""

from __future__ import annotations

import ast
import importlib.machinery
import sys
import types
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path

LOWEST, HIGHEST = -(1 << 30), (1 << 30) - 1
GUARDED = ("fsw", "boards")
TABLES = ("fsw.dictionary.", "fsw.missions.")  # made with the same operators as numbers
_SIGNS = ast.parse("(0, -1)", mode="eval").body  # of a small integer, what is left without 30 bits
PLANT_IN = "fsw.nav.selection"
NO_BOARD_HAS = "fsw.kernel.loops_cpython"  # its plain twin is checked instead


class NotSmallError(AssertionError):
    """A value that would allocate, or wrap, on a 32-bit board."""


class Watch:
    """What has been checked by a call; idle until the first minor frame."""

    def __init__(self) -> None:
        self.active = False
        self.checks = 0

    def check(self, value: object, where: str) -> object:
        if not self.active:
            return value
        if type(value) is int:
            self.checks += 1
            if not LOWEST <= value <= HIGHEST:
                raise NotSmallError(f"{where}: {value} is no small integer")
        elif type(value) is float:
            raise NotSmallError(f"{where}: {value!r} is a float")
        return value


WATCH = Watch()


class _Rewriter(ast.NodeTransformer):
    """Wraps every expression that can make a new number in a check.

    Of a sum, most often, _v if (_v := x + y) >> 30 in (0, -1) else _check(_v, where): a call for
    each would take three times as long. A float has no >>, which ends the run as well.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._makes = module.startswith(TABLES)
        self._in_place = False  # whether a name can be given a value, and all values are numbers

    def _checked(self, node: ast.expr, in_place: bool = False) -> ast.expr:
        where = ast.Constant(f"{self._module}:{node.lineno}:{node.col_offset}")
        value = ast.Name("_v", ast.Load()) if in_place else node
        checked: ast.expr = ast.Call(ast.Name("_check", ast.Load()), [value, where], [])
        if in_place:
            made = ast.NamedExpr(ast.Name("_v", ast.Store()), node)
            high = ast.BinOp(made, ast.RShift(), ast.Constant(30))
            is_small = ast.Compare(high, [ast.In()], [_SIGNS])
            checked = ast.IfExp(is_small, value, checked)
        return ast.copy_location(checked, node)

    def _checked_sum(self, node: ast.BinOp) -> ast.expr:
        makes = isinstance(node.op, ast.Div) or isinstance(node.left, ast.List | ast.Call)
        return self._checked(node, self._in_place and not makes)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.stmt:
        """What makes an object also makes lists and texts, with the same operators."""
        node.decorator_list = [self.visit(part) for part in node.decorator_list]
        node.args = self.visit(node.args)
        before, self._in_place = self._in_place, not self._makes and node.name != "__init__"
        node.body = [self.visit(part) for part in node.body]
        self._in_place = before
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        before, self._in_place = self._in_place, False
        self.generic_visit(node)
        self._in_place = before
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        return self._checked_sum(node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        return self._checked(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        return node if isinstance(node.op, ast.Not) else self._checked(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        """x op= y becomes x = check(x op y)."""
        value = self.visit(node.value)
        before = ast.parse(ast.unparse(node.target), mode="eval").body
        for part in ast.walk(before):
            ast.copy_location(part, node)
        sum_ = ast.copy_location(ast.BinOp(before, node.op, value), node)
        assignment = ast.Assign([node.target], self._checked_sum(sum_))
        return ast.copy_location(assignment, node)


class _Loader(importlib.machinery.SourceFileLoader):
    planted = ""

    def get_code(self, fullname: str) -> types.CodeType:
        source = self.get_data(self.path).decode()
        tree = ast.parse(source)
        if fullname == PLANT_IN and self.planted:
            _plant(tree, self.planted)
        tree = ast.fix_missing_locations(_Rewriter(fullname).visit(tree))
        return compile(tree, self.path, "exec", dont_inherit=True)

    def exec_module(self, module: types.ModuleType) -> None:
        module.__dict__["_check"] = WATCH.check
        super().exec_module(module)


def _plant(tree: ast.Module, line: str) -> None:
    """Puts a line at the beginning of the module's run method."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "run":
            node.body[1:1] = ast.parse(line).body


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.split(".", maxsplit=1)[0] not in GUARDED:
            return None
        if fullname == NO_BOARD_HAS:
            raise ImportError(fullname)
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


def main(recording: Path, planted: str) -> None:
    _Loader.planted = planted
    sys.meta_path.insert(0, _Finder())
    from gse import recording as recordings  # noqa: PLC0415 - after the hook is in place
    from gse.lockstep import Begin, Picture  # noqa: PLC0415
    from gse.targets import InProcess  # noqa: PLC0415

    recorded = recordings.load(recording)
    target = InProcess()
    target.begin(recorded.begin)
    for sent in recorded.messages():
        if isinstance(sent, Begin):
            target.begin(sent)
            continue
        if isinstance(sent, Picture):
            target.hand(sent)
            continue
        WATCH.active = True
        target.exchange(sent)
        WATCH.active = False
    print(f"{WATCH.checks} results of calls checked, and all sums between them")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")
