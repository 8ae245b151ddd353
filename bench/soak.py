"""make soak: the long campaign. Flies many seeds; prints how each event differs from the flown."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table

from gse import decode, dictionary, summary
from gse.fly import fly
from gse.targets import Direct

MISSION = "mars2020"
EVENT_TOLERANCE_S = 15.0  # of one seed: wind and drag scatter the back shell by 4 s, one sigma
MEAN_TOLERANCE_S = 2.0  # of the mean over the seeds
FLOWN_PEAK_G, PEAK_TOLERANCE = 10.69, 0.05
TOUCHDOWN_M_S, TOUCHDOWN_TOLERANCE_M_S = 0.75, 0.15


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one seed gave."""

    seed: int
    landed: bool
    timeline: list[summary.TimelineRow]
    peak_deceleration_g: float
    touchdown_speed_m_s: float | None
    packets_missing: int

    @property
    def nominal(self) -> bool:
        """Whether it meets everything that a nominal landing is asked for."""
        differences = [row.difference_s for row in self.timeline if row.reference_s is not None]
        return (
            self.landed
            and all(d is not None and abs(d) <= EVENT_TOLERANCE_S for d in differences)
            and abs(self.peak_deceleration_g / FLOWN_PEAK_G - 1) <= PEAK_TOLERANCE
            and self.touchdown_speed_m_s is not None
            and abs(self.touchdown_speed_m_s - TOUCHDOWN_M_S) <= TOUCHDOWN_TOLERANCE_M_S
            and self.packets_missing == 0
        )


def descend(seed: int) -> Outcome:
    """Flies one seed from boot to landing through the real flight code and decodes its downlink."""
    with tempfile.TemporaryDirectory() as name:
        flight = fly(MISSION, seed, Direct(), Path(name), lambda share, what: None)
        downlink = (Path(name) / "downlink.bin").read_bytes()
    decoded = decode.decode(downlink, dictionary.load(MISSION))
    world = flight.world
    return Outcome(
        seed,
        world.landed,
        summary.timeline(MISSION, decoded.tables, world.marks),
        world.peak_deceleration_g,
        world.touchdown_speed_m_s,
        decoded.report.packets_missing,
    )


def campaign(seeds: range, console: Console) -> list[Outcome]:
    """All seeds, on as many processes as the machine has cores."""
    with ProcessPoolExecutor() as pool:
        flights = pool.map(descend, seeds)
        return list(track(flights, "flying", total=len(seeds), console=console, transient=True))


def table(outcomes: list[Outcome]) -> Table:
    """Mean and worst difference from the flown time of each event, over the seeds."""
    result = Table(title=f"{len(outcomes)} seeds against Mars 2020", box=box.SIMPLE_HEAD)
    result.add_column("event")
    for column in ("flown, s", "mean difference, s", "earliest", "latest"):
        result.add_column(column, justify="right")
    for number, row in enumerate(outcomes[0].timeline):
        differences = [d for o in outcomes if (d := o.timeline[number].difference_s) is not None]
        if row.reference_s is not None and differences:
            result.add_row(
                row.label,
                f"{row.reference_s:.2f}",
                f"{statistics.mean(differences):+.2f}",
                f"{min(differences):+.2f}",
                f"{max(differences):+.2f}",
            )
    return result


def late(outcomes: list[Outcome]) -> list[str]:
    """Events whose mean over the seeds is further from the flown time than allowed."""
    found = []
    for number, row in enumerate(outcomes[0].timeline):
        differences = [d for o in outcomes if (d := o.timeline[number].difference_s) is not None]
        if differences and abs(statistics.mean(differences)) > MEAN_TOLERANCE_S:
            found.append(row.label)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="seeds 0 .. N-1")
    seeds = range(parser.parse_args().seeds)
    console = Console()
    outcomes = campaign(seeds, console)
    console.print(table(outcomes))
    speeds = [o.touchdown_speed_m_s for o in outcomes if o.touchdown_speed_m_s is not None]
    peaks = [o.peak_deceleration_g for o in outcomes]
    if speeds:
        console.print(f"touchdown {min(speeds):.3f} .. {max(speeds):.3f} m/s")
    console.print(
        f"peak deceleration {min(peaks):.2f} .. {max(peaks):.2f} g (flown {FLOWN_PEAK_G} g)"
    )
    missed = [o.seed for o in outcomes if not o.nominal]
    console.print(
        f"{len(outcomes) - len(missed)} of {len(outcomes)} seeds landed with every event within "
        f"{EVENT_TOLERANCE_S:.0f} s, peak within {PEAK_TOLERANCE:.0%} and touchdown within "
        f"{TOUCHDOWN_TOLERANCE_M_S} m/s" + (f"; not: {missed}" if missed else "")
    )
    off = late(outcomes)
    console.print(
        f"mean of every event within {MEAN_TOLERANCE_S:.0f} s of the flown time"
        if not off
        else f"mean further than {MEAN_TOLERANCE_S:.0f} s from the flown time: {', '.join(off)}"
    )
    sys.exit(1 if missed or off else 0)


if __name__ == "__main__":
    main()
