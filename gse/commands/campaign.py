"""edlcam campaign: flies many descents with a random fault each, and prints what became of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click
from rich import box
from rich.table import Table

from gse import campaign
from gse.campaign import Result
from gse.commands.options import make_directory, progress_bar
from gse.commands.output import Output


@click.command("campaign")
@click.option("--cases", type=click.IntRange(min=1), default=100, show_default=True)
@click.option(
    "--faults",
    type=click.Choice(["single", "none"]),
    default="single",
    show_default=True,
    help="single: one random fault a descent.",
)
@click.option("--first", type=click.IntRange(min=0), default=0, help="Number of the first case.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes; by default one a core.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Directory for campaign.jsonl, one line a case, written as they come.",
)
def command(cases: int, faults: str, first: int, jobs: int | None, out: Path | None) -> None:
    """Fly CASES descents of Mars 2020, each of another day and with another fault.

    A case is its number: the same one is the same descent. Each begins shortly before entry
    interface. It is accepted when nothing was deployed that should not have been, no transition was
    out of its table, touchdown was not declared early, and the rover landed or the downlink says
    what broke.

    Exit code 0: all accepted; 1: not all; 2: they could not be flown.
    """
    console = Output()
    if out:
        make_directory(out)
    todo = campaign.cases(cases, first, faults)
    results: list[Result] = []
    with progress_bar(console) as progress:
        for result in campaign.fly_all(todo, jobs):
            results.append(result)
            progress(len(results) / len(todo), f"case {result.case.number}")
            if out:
                with (out / "campaign.jsonl").open("w" if len(results) == 1 else "a") as file:
                    file.write(json.dumps(asdict(result)) + "\n")
    console.print(summary_table(results))
    for result in results:
        if not result.accepted or not result.landed:
            console.print(explanation(result), soft_wrap=True, markup=False)
    console.print(verdict(results), soft_wrap=True)
    if not all(result.accepted for result in results):
        raise SystemExit(1)


def summary_table(results: Sequence[Result]) -> Table:
    """By what was broken: how many descents, and what became of them."""
    table = Table(title=f"{len(results)} descents", box=box.SIMPLE_HEAD)
    table.add_column("broken", no_wrap=True)
    for column in ("cases", "landed", "lost, said why", "lost, silent", "wrong", "early touchdown"):
        table.add_column(column, justify="right")
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.case.fault.split(" ")[0] or "nothing", []).append(result)
    for name in sorted(groups):
        table.add_row(name, *_counts(groups[name]))
    table.add_section()
    table.add_row("all", *_counts(results))
    return table


def _counts(results: Sequence[Result]) -> list[str]:
    kinds = Counter(_kind(result) for result in results)
    wrong = sum(bool(result.wrong) for result in results)
    early = sum(result.early_touchdown for result in results)
    numbers = (len(results), kinds["landed"], kinds["told"], kinds["silent"], wrong, early)
    return [f"{number:,}" for number in numbers]


def _kind(result: Result) -> str:
    if result.landed:
        return "landed"
    return "told" if result.told else "silent"


def explanation(result: Result) -> str:
    """Why a case is worth a look, and how to fly it alone."""
    said = "; ".join(result.said[:2]) or "the downlink names no fault"
    wrong = f" Wrong: {', '.join(result.wrong)}." if result.wrong else ""
    return f"case {result.case.number}: {result.case.fault}: {result.outcome}{wrong} ({said})"


def verdict(results: Sequence[Result]) -> str:
    """The campaign in a sentence."""
    accepted = sum(result.accepted for result in results)
    landed = sum(result.landed for result in results)
    return f"{accepted:,} of {len(results):,} descents accepted, {landed:,} landed."
