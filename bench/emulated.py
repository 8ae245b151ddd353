"""What does a minor frame cost on the chip? On an emulated Pico, with the firmware that is named.

The emulator knows the processor's clocks and nothing of waiting for flash, for which a real board
takes some percent more.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from boards.pio.program import CLOCK_HZ
from fsw.link.layout import CADU_LENGTH
from fsw.schedule import MINOR_FRAME_US, TASKS
from gse import decode, dictionary
from gse.deploy import image
from gse.deploy.boards import BOARDS
from gse.deploy.build import build
from tests.board import emulated_pico
from tests.board.emulated_pico import BarometerPart, EmulatedPico, InertialPart

MISSION = "droptest"
_BOOT_S = 30.0
_FLIGHT_S = 10.0  # two packets of TASKS
_PICO = BOARDS["pico"]


def run(console: Console) -> None:
    """Prints a table, or what it would need."""
    if emulated_pico.FIRMWARE not in os.environ:
        console.print(f"Emulated Pico: not measured, {emulated_pico.FIRMWARE} names no firmware")
        return
    firmware = Path(os.environ[emulated_pico.FIRMWARE])
    storage = image.file_system(_PICO, build(_PICO, MISSION))
    pico = EmulatedPico(firmware, storage, _PICO.storage_address)
    pico.attach(InertialPart.ADDRESS, InertialPart())
    pico.attach(BarometerPart.ADDRESS, BarometerPart())
    if not pico.run_until(lambda: len(pico.sent) >= CADU_LENGTH, _BOOT_S):
        console.print("Emulated Pico: nothing came down")
        return
    booted_s = pico.now_s
    pico.run_until(lambda: False, booted_s + _FLIGHT_S)
    decoded = decode.decode(bytes(pico.sent), dictionary.load(MISSION))
    hk = decoded.tables["HK"].to_pylist()
    tasks = decoded.tables["TASKS"].to_pylist()[-1]
    table = Table(
        title=f"Emulated Pico at {CLOCK_HZ // 10**6} MHz, without waiting for flash; {MISSION}",
        box=box.SIMPLE_HEAD,
    )
    table.add_column("")
    table.add_column("", justify="right")
    table.add_row("firmware, SHA-256", hashlib.sha256(firmware.read_bytes()).hexdigest()[:16])
    table.add_row("power to first transfer frame, s", f"{booted_s:.1f}")
    table.add_row("heap free after start, octets", f"{hk[-1]['HEAP_FREE']:,.0f}")
    mean_s = sum(row["FRAME_TIME"] for row in hk) / len(hk)
    table.add_row(f"minor frame of {MINOR_FRAME_US:,} us, mean", f"{mean_s * 1e6:,.0f} us")
    table.add_row("minor frame, longest", f"{hk[-1]['FRAME_WORST'] * 1e6:,.0f} us")
    for name, *_ in TASKS:
        table.add_row(f"{name}, longest", f"{tasks[f'TASK_{name}_WORST'] * 1e6:,.0f} us")
    console.print(table)
