"""edlcam verify: proves the flight code's arithmetic on any target, from the ground."""

from __future__ import annotations

import json
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import click

from gse import fly, recording
from gse.commands.options import progress_bar
from gse.commands.output import Output
from gse.errors import UserError
from gse.sim.config import dispersed
from gse.sim.world import World
from gse.targets import InProcess, open_target
from gse.verify import report, run, vectors

_FORMATS = (".md", ".json")
_FLOWN_SEED = 1
_FLOWN_FROM_S, _FLOWN_TO_S = -620.0, -560.0


@click.command("verify")
@click.option(
    "--target",
    "targets",
    multiple=True,
    default=("cpython",),
    show_default=True,
    help="cpython, micropython, micropython32 or serial:PORT[?baud=N]; may be repeated.",
)
@click.option(
    "--recording",
    "recordings",
    multiple=True,
    type=click.Path(path_type=Path),
    help="sensors.bin of a flight, whose arguments are tried too; may be repeated. Without one, a "
    "minute of coast is flown for it.",
)
@click.option(
    "--examples",
    type=click.IntRange(min=0),
    default=2000,
    show_default=True,
    help="Random vectors a function, beside the edges.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A .md or .json file.")
def command(
    targets: tuple[str, ...],
    recordings: tuple[Path, ...],
    examples: int,
    seed: int,
    out: Path | None,
) -> None:
    """Send vectors to the functions that fly, and compare each result with the exact one.

    Exit code 0: every function keeps what it promises; 1: one does not; 2: it could not be tried.
    """
    if out and out.suffix not in _FORMATS:
        raise UserError(f"cannot write {out}: name a file that ends in {' or '.join(_FORMATS)}")
    console = Output()
    flown = [vectors.flown_vectors(recording.load(path)) for path in recordings]
    if not flown:
        flown = [vectors.flown_vectors(_short_flight())]
    verifications = []
    for name in targets:
        with closing(open_target(name)) as target, progress_bar(console) as progress:
            outcomes = run.verify(target, flown, examples, seed, progress)
        verifications.append(report.Verification(name, outcomes))
        console.print(report.table(verifications[-1]))
    if out:
        _write(out, verifications)
    console.print(report.LEGEND, soft_wrap=True)
    for verification in verifications:
        for failure in verification.failures():
            console.print(failure, soft_wrap=True, style="bold red", markup=False)
        console.print(verification.verdict, soft_wrap=True)
    if not all(verification.passed for verification in verifications):
        raise SystemExit(1)


def _write(out: Path, verifications: list[report.Verification]) -> None:
    if out.suffix == ".md":
        text = report.markdown(verifications)
    else:
        text = json.dumps(report.document(verifications), indent=2) + "\n"
    try:
        out.write_text(text)
    except OSError as error:
        raise UserError(f"cannot write {out}: {error.strerror}; name another file") from error


def _short_flight() -> recording.Recording:
    """Arguments of a flight without a flight at hand."""
    config = replace(
        dispersed(_FLOWN_SEED), start_from_ei_s=_FLOWN_FROM_S, end_from_ei_s=_FLOWN_TO_S
    )
    with tempfile.TemporaryDirectory() as name, closing(InProcess()) as target:
        directory = Path(name)
        world = World(_FLOWN_SEED, config)
        fly.fly("mars2020", _FLOWN_SEED, target, directory, lambda share, what: None, (), world)
        return recording.load(directory / "sensors.bin")
