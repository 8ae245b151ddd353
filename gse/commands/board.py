"""edlcam board: what a board's pins are wired to."""

from __future__ import annotations

import click
from rich import box
from rich.table import Table

from boards.pico.pins import PINS
from fsw import missions
from gse.commands.output import Output
from gse.deploy.boards import BOARDS
from gse.deploy.build import check_pins, left_out

# Physical pins of Pico and Pico 2, by number: a GPIO, or what else is there. (Pico datasheet, 2.1)
_EDGE: tuple[int | str, ...] = (
    0, 1, "GND", 2, 3, 4, 5, "GND", 6, 7, 8, 9, "GND", 10, 11, 12, 13, "GND", 14, 15,
    16, 17, "GND", 18, 19, 20, 21, "GND", 22, "RUN", 26, 27, "GND", 28, "ADC_VREF",
    "3V3 out", "3V3_EN", "GND", "VSYS", "VBUS",
)  # fmt: skip
PHYSICAL = {gpio: number for number, gpio in enumerate(_EDGE, 1) if isinstance(gpio, int)}


@click.command("board")
@click.argument("name", type=click.Choice(list(BOARDS)))
@click.option("--wiring", is_flag=True, help="Draw the board with what its pins are wired to.")
@click.option("--mission", type=click.Choice(missions.NAMES), default="droptest", show_default=True)
def command(name: str, wiring: bool, mission: str) -> None:
    """Show what each pin of a board does, for the cameras of a mission.

    The table is boards/pico/pins.py. Exit code 0: it can work; 2: it cannot, and why.
    """
    console = Output()
    check_pins()
    if wiring:
        console.print("\n".join(drawing(BOARDS[name].title)), markup=False, highlight=False)
    console.print(pin_table(mission))
    if sentence := left_out(mission):
        console.print(sentence, soft_wrap=True)


def drawing(title: str) -> list[str]:
    """The board from above, USB at the top, with the function beside each pin."""
    labels = {gpio: function for function, gpio, _ in PINS}

    def label(number: int) -> str:
        what = _EDGE[number - 1]
        return f"{labels.get(what, 'free')} GP{what}" if isinstance(what, int) else what

    rows = [f"{'':>24} +-------[ USB ]-------+"]
    for left in range(1, 21):
        right = 41 - left
        name = title if left == 10 else ""
        rows.append(
            f"{label(left):>20} {left:>3} |o{name:^19}o| {right:<3} {_reversed(label(right))}"
        )
    rows.append(f"{'':>24} +{'':->21}+")
    return rows


def _reversed(label: str) -> str:
    """On the right side the GPIO stands next to the pin."""
    function, _, gpio = label.rpartition(" ")
    return f"{gpio} {function}" if gpio.startswith("GP") and function else label


def pin_table(mission: str) -> Table:
    """Every function with its pins, and the mission's name for the camera."""
    cameras = missions.load(mission).CAMERAS
    outputs = missions.load(mission).OUTPUTS
    table = Table(title=f"Pins for {mission}", box=box.SIMPLE_HEAD)
    for column, justify in (("function", "left"), ("for", "left"), ("GPIO", "right"),
                            ("pin", "right"), ("wire to", "left")):  # fmt: skip
        table.add_column(column, justify=justify)  # type: ignore[arg-type]
    for function, gpio, to in PINS:
        kind, _, number = function.rpartition("_")
        names = outputs if kind == "OUTPUT" else cameras
        used = number.isdecimal() and int(number) < len(names)
        name = names[int(number)] if used else ""
        table.add_row(function, name, f"GP{gpio}", str(PHYSICAL.get(gpio, "")), to)
    return table
