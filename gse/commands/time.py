"""edlcam time: how the spacecraft clock runs against UTC."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np

import gse
from gse.commands.output import Output
from gse.correlation import SHORTEST_FOR_DRIFT_S, Fit
from gse.errors import UserError

_COLUMNS = 24  # of the plot of residuals
_BARS = " ▁▂▃▄▅▆▇█"


@click.command("time")
@click.argument("directory", type=click.Path(path_type=Path))
def command(directory: Path) -> None:
    """Show how SCLK runs against UTC in DIRECTORY, an archive: offset, drift and residuals.

    Fitted to when packets were received, so that UTC here is when something was known on the
    ground; it includes the way down. Tables read with gse.open or edlcam query have it as column
    utc.

    Exit code 0: shown; 1: not enough was received to tell; 2: no archive.
    """
    with gse.open(directory) as reading:
        if reading.index is None:
            raise UserError(f"{directory} is no archive: edlcam record makes one")
        fits = reading.fits()
    console = Output()
    for run, stretches in fits.items():
        for fit in stretches:
            for line in _lines(run, fit):
                console.print(line, markup=False, soft_wrap=True)
    if not any(fit.is_usable for stretches in fits.values() for fit in stretches):
        click.echo("edlcam: not enough was received at the pace of the clock to tell.", err=True)
        raise click.exceptions.Exit(1)


def _lines(run: int, fit: Fit) -> Iterator[str]:
    utc = datetime.datetime.fromtimestamp(fit.utc_s, datetime.UTC).replace(tzinfo=None)
    pairs = f"{len(fit.residuals_s)} pairs over {fit.span_s:.0f} s"
    yield f"run {run}, from octet {fit.first_octet:,}: {pairs}"
    if not fit.is_usable:
        yield "  not usable: octets did not come at the pace of the clock, or too few did"
        return
    yield f"  SCLK {fit.sclk_s:.5f} = {utc.isoformat(' ', 'microseconds')} UTC"
    if fit.span_s < SHORTEST_FOR_DRIFT_S:
        yield f"  drift unknown: it takes {SHORTEST_FOR_DRIFT_S:.0f} s"
    else:
        yield f"  drift {fit.drift_ppm:+.2f} ppm (a second of SCLK takes that much longer)"
    residuals = np.array(fit.residuals_s) * 1e3
    low, high = np.quantile(residuals, [0.05, 0.95])
    yield (
        f"  residuals: middle 90 % from {low:+.1f} to {high:+.1f} ms, "
        f"all from {residuals.min():+.1f} to {residuals.max():+.1f} ms"
    )
    yield f"  in the order of coming, greatest of each part: [{_sketch(np.abs(residuals))}]"


def _sketch(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> str:
    parts = np.array_split(values, min(_COLUMNS, len(values)))
    highest = max(float(values.max()), 1e-9)
    return "".join(_BARS[round(float(p.max()) / highest * (len(_BARS) - 1))] for p in parts)
