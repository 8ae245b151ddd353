"""With which arguments is a function tried? Edges of every range, random ones, and flown ones."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice, product
from random import Random
from types import ModuleType
from typing import Any
from unittest import mock

from fsw.kernel import fixed
from fsw.nav.reckoning import Reckoning
from gse.lockstep import Begin, Picture
from gse.recording import Recording
from gse.targets import InProcess
from gse.verify.functions import BY_NAME, Function, Range

Vector = tuple[int, ...]

_MOST_EDGES = 4096  # vectors of edges a function
_MOST_FLOWN = 1000  # different arguments a function taken from recordings


def edges(bounds: Range) -> list[int]:
    """Both ends, zero, and the powers of two with their neighbours, as far as they are inside."""
    low, high = bounds
    powers = [sign << k for k in (0, 1, 14, 15, 16, 24, 25, 26, 28, 29) for sign in (1, -1)]
    wanted = {low, low + 1, high - 1, high, 0}
    wanted |= {power + step for power in powers for step in (-1, 0, 1)}
    return sorted(value for value in wanted if low <= value <= high)


def edge_vectors(function: Function, draws: Random) -> Iterator[Vector]:
    """All combinations of edges where they are few, else a fair draw of them."""
    sides = [edges(bounds) for bounds in function.arguments]
    count = 1
    for side in sides:
        count *= len(side)
    if count <= _MOST_EDGES:
        yield from product(*sides)
    else:
        for _ in range(_MOST_EDGES):
            yield tuple(draws.choice(side) for side in sides)


def random_vectors(function: Function, count: int, draws: Random) -> Iterator[Vector]:
    """Arguments of every size: half of them drawn by the number of their bits."""
    for _ in range(count):
        yield tuple(_random(bounds, draws) for bounds in function.arguments)


def _random(bounds: Range, draws: Random) -> int:
    low, high = bounds
    if draws.random() < 0.5:
        return draws.randint(low, high)
    size = 1 << draws.randint(0, 30)
    return min(max(draws.randint(-size, size), low), high)


def fitting(function: Function, vectors: Iterator[Vector]) -> Iterator[Vector]:
    """Those within what the function promises."""
    for vector in vectors:
        inside = all(
            low <= v <= high for v, (low, high) in zip(vector, function.arguments, strict=True)
        )
        if inside and function.fits(*vector):
            yield vector


def flown_vectors(recording: Recording) -> dict[str, list[Vector]]:
    """The arguments with which the flight code calls these functions on a recorded flight."""
    seen: dict[str, dict[Vector, None]] = {name: {} for name in BY_NAME}
    target = InProcess()
    target.begin(recording.begin)
    with _watched(seen):
        for sent in recording.messages():
            if isinstance(sent, Begin):
                target.begin(sent)
            elif isinstance(sent, Picture):
                target.hand(sent)
            else:
                target.exchange(sent)
    draws = Random(len(recording.octets))
    return {
        name: draws.sample(list(found), min(len(found), _MOST_FLOWN))
        for name, found in seen.items()
    }


@contextmanager
def _watched(seen: dict[str, dict[Vector, None]]) -> Iterator[None]:
    """Notes the arguments of every call, wherever a module of the flight code has the function."""
    with ExitStack() as stack:
        for name, found in seen.items():
            function = getattr(fixed, name, None)
            if function is None:
                continue
            watched = _noting(function, found)
            for module in list(sys.modules.values()):
                if _has(module, name, function):
                    stack.enter_context(mock.patch.object(module, name, watched))
        stack.enter_context(mock.patch.object(Reckoning, "advance", _noting_step(seen["advance"])))
        yield


def _has(module: ModuleType | None, name: str, function: object) -> bool:
    is_flight_code = getattr(module, "__name__", "").startswith("fsw.")
    return is_flight_code and getattr(module, name, None) is function


def _noting(function: Callable[..., Any], found: dict[Vector, None]) -> Callable[..., Any]:
    def noted(*arguments: Any) -> Any:
        if len(found) < 50 * _MOST_FLOWN:
            found[arguments] = None
        return function(*arguments)

    return noted


def _noting_step(found: dict[Vector, None]) -> Callable[..., None]:
    advance: Callable[..., None] = Reckoning.advance

    def noted(self: Any, axial: int, normal: int, rate: int) -> None:
        state = (self.altitude, self.vertical, self.horizontal, self.pitch)
        found[(*state, axial, normal, rate)] = None
        advance(self, axial, normal, rate)

    return noted


def batches(vectors: list[Vector], size: int) -> Iterator[list[Vector]]:
    """Runs of at most so many vectors."""
    rest = iter(vectors)
    while batch := list(islice(rest, size)):
        yield batch
