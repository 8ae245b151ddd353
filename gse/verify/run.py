"""How is a target verified? Every function, every vector, each result beside the exact one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random

from boards import simlink
from boards.verify import Functions
from fsw.kernel.fixed import REVOLUTION
from gse.errors import UserError
from gse.targets import Target
from gse.verify.functions import FUNCTIONS, Function
from gse.verify.vectors import Vector, batches, edge_vectors, fitting, random_vectors

Progress = Callable[[float, str], None]

_NOTHING = 0  # number of the function that does nothing: what calling costs


@dataclass(slots=True)
class Outcome:
    """One function on one target. Errors in LSB of the result; per_call_us without what calling
    alone costs."""

    function: Function
    vectors: dict[str, int] = field(default_factory=dict)  # by where they come from
    failures: int = 0
    worst_lsb: Fraction = Fraction(0)
    worst: Vector = ()
    first_failure: str = ""
    elapsed_us: int = 0
    per_call_us: float = 0.0

    @property
    def count(self) -> int:
        return sum(self.vectors.values())


def verify(
    target: Target,
    flown: Sequence[dict[str, list[Vector]]],
    examples: int,
    seed: int,
    progress: Progress,
) -> list[Outcome]:
    """Every function of FUNCTIONS on a target. flown: arguments of recorded flights by function.

    Raises UserError when the target has other functions, or stops answering.
    """
    numbers = _numbers(target)
    baseline_us = _baseline_us(target)
    outcomes = []
    for done, function in enumerate(FUNCTIONS):
        progress(done / len(FUNCTIONS), function.name)
        outcome = Outcome(function)
        draws = Random(f"{seed} {function.name}")
        for source, vectors in (
            ("edges", edge_vectors(function, draws)),
            ("random", random_vectors(function, examples, draws)),
            ("flown", (v for flight in flown for v in flight.get(function.name, []))),
        ):
            chosen = list(fitting(function, iter(vectors)))
            outcome.vectors[source] = len(chosen)
            check(target, numbers[function.name], outcome, chosen)
        outcome.per_call_us = max(0.0, outcome.elapsed_us / max(1, outcome.count) - baseline_us)
        outcomes.append(outcome)
    return outcomes


def _numbers(target: Target) -> dict[str, int]:
    """Numbers of the functions on the target, whose table must be that of this edlcam."""
    theirs, ours = target.functions(), Functions().names()
    if theirs != ours:
        different = sorted(set(theirs.split(",")) ^ set(ours.split(",")))
        raise UserError(
            f"the target verifies other functions than this edlcam ({', '.join(different)}): "
            "put the same version on both"
        )
    return {row.split(":")[0]: number for number, row in enumerate(ours.split(","))}


def _baseline_us(target: Target) -> float:
    elapsed_us, _ = call(target, _NOTHING, [(1,)] * 200, 1)
    return elapsed_us / 200


def check(target: Target, number: int, outcome: Outcome, vectors: list[Vector]) -> None:
    """Calls the function with every vector and enters what comes back."""
    function = outcome.function
    widest = max(len(function.arguments), len(function.allowed_lsb))
    size = (simlink.LONGEST_PAYLOAD - 4) // (4 * widest)
    for batch in batches(vectors, size):
        elapsed_us, results = call(target, number, batch, len(function.allowed_lsb))
        outcome.elapsed_us += elapsed_us
        for vector, result in zip(batch, results, strict=True):
            enter(outcome, vector, result)


def call(
    target: Target, number: int, batch: Sequence[Vector], results: int
) -> tuple[int, list[Vector]]:
    """Microseconds for a batch, and the results of each call. Raises UserError for a reply that is
    too short or too long."""
    arguments = b"".join(v.to_bytes(4, "big", signed=True) for vector in batch for v in vector)
    reply = target.call(bytes([number]) + arguments)
    if len(reply) != 4 + 4 * results * len(batch):
        raise UserError(
            f"the target answered {len(reply)} octets to {len(batch)} calls: restart it"
        )
    values = [int.from_bytes(reply[i : i + 4], "big", signed=True) for i in range(4, len(reply), 4)]
    grouped = [tuple(values[i : i + results]) for i in range(0, len(values), results)]
    return int.from_bytes(reply[:4], "big"), grouped


def enter(outcome: Outcome, vector: Vector, result: Vector) -> None:
    """The error of one call, component by component, against what is allowed."""
    function = outcome.function
    exact = function.exact(*vector)
    failed = False
    for value, true, allowed, circular in zip(
        result, exact, function.allowed_lsb, function.circular, strict=True
    ):
        error = abs(value - Fraction(true))
        if circular:
            error = min(error % REVOLUTION, -error % REVOLUTION)
        error /= function.lsb(*vector)
        if error > outcome.worst_lsb:
            outcome.worst_lsb, outcome.worst = error, vector
        failed |= error > allowed
    if failed:
        outcome.failures += 1
        if not outcome.first_failure:
            near = ", ".join(f"{float(Fraction(true)):.3f}" for true in exact)
            given = ", ".join(str(value) for value in result)
            arguments = ", ".join(str(value) for value in vector)
            outcome.first_failure = f"{function.name}({arguments}) gave {given}, exact is {near}"
