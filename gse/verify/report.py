"""How does a verification read? A table for people, on a terminal or as a page of Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.table import Table

from gse.verify.run import Outcome

COLUMNS = ("function", "what it is for", "must be", "vectors", "failed", "worst, LSB", "us a call")
_ONLY_ON_PAPER = "what it is for"
_NUMBERS = ("vectors", "failed", "worst, LSB", "us a call")

LEGEND = (
    "Each function is the one that flies; the ground sent it the vectors (edges of every range, "
    "random values of every size, arguments met on recorded flights) and compared each result with "
    "the exact rational one. An LSB is the last bit of the result. The time is that of the "
    "target's own clock, without what calling costs."
)


@dataclass(frozen=True, slots=True)
class Verification:
    """One target, all functions."""

    target: str
    outcomes: Sequence[Outcome]

    @property
    def passed(self) -> bool:
        return not any(outcome.failures for outcome in self.outcomes)

    @property
    def verdict(self) -> str:
        """In a sentence."""
        vectors = sum(outcome.count for outcome in self.outcomes)
        failed = sum(bool(outcome.failures) for outcome in self.outcomes)
        if not failed:
            return f"{self.target}: all {len(self.outcomes)} functions PASS, {vectors:,} vectors."
        return (
            f"{self.target}: {failed} of {len(self.outcomes)} functions FAIL, {vectors:,} vectors."
        )

    def failures(self) -> Iterator[str]:
        """The first wrong result of each function that fails."""
        for outcome in self.outcomes:
            if outcome.failures:
                yield f"{outcome.first_failure}; must be {outcome.function.rounding}"


def _row(outcome: Outcome) -> tuple[str, ...]:
    function = outcome.function
    return (
        function.name,
        function.purpose,
        function.rounding,
        f"{outcome.count:,}",
        f"{outcome.failures:,}",
        f"{float(outcome.worst_lsb):.3g}",
        f"{outcome.per_call_us:.2f}",
    )


def table(verification: Verification) -> Table:
    """For a terminal."""
    result = Table(title=f"Functions of the flight on {verification.target}", box=box.SIMPLE_HEAD)
    for column in COLUMNS:
        if column != _ONLY_ON_PAPER:
            number = column in _NUMBERS
            result.add_column(column, justify="right" if number else "left", overflow="fold")
    for outcome in verification.outcomes:
        cells = [
            cell
            for column, cell in zip(COLUMNS, _row(outcome), strict=True)
            if column != _ONLY_ON_PAPER
        ]
        result.add_row(*cells, style="bold red" if outcome.failures else "")
    return result


def markdown(verifications: Sequence[Verification]) -> str:
    """A page that reads by itself."""
    lines = ["# Critical-path verification", "", LEGEND, ""]
    for verification in verifications:
        lines += [f"## {verification.target}", "", verification.verdict, ""]
        lines += ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
        lines += ["| " + " | ".join(_row(outcome)) + " |" for outcome in verification.outcomes]
        lines += ["", *(f"- {failure}" for failure in verification.failures()), ""]
    return "\n".join(lines)


def document(verifications: Sequence[Verification]) -> list[dict[str, Any]]:
    """The same for a program."""
    return [
        {
            "target": verification.target,
            "passed": verification.passed,
            "functions": [
                {
                    "name": outcome.function.name,
                    "rounding": outcome.function.rounding,
                    "vectors": outcome.vectors,
                    "failures": outcome.failures,
                    "worst_lsb": float(outcome.worst_lsb),
                    "worst_arguments": outcome.worst,
                    "per_call_us": outcome.per_call_us,
                    "first_failure": outcome.first_failure,
                }
                for outcome in verification.outcomes
            ],
        }
        for verification in verifications
    ]
