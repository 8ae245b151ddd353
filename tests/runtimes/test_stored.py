"""Do saving, stored commands and repeated resets give the same everywhere, without the heap?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from fsw import missions
from fsw.dictionary.channels import ENUMS
from fsw.link.sequences import ABSOLUTE, AFTER_STATE, RELATIVE
from gse import decode, dictionary
from gse.lockstep import Begin
from gse.sequences import Entry, Sequence
from gse.targets import InProcess, MicroPython, MicroPython32
from gse.uplink import telecommand
from tests.runtimes.script import Frame, flown, on_each_micropython

MISSION = "droptest"  # with sensors that say nothing it stays on the pad, where flash is written
START = missions.load(MISSION).EI_SCLK - 20
BEGIN = Begin(MISSION, START, 4)
RESET = replace(BEGIN, reset_cause=ENUMS["RESET_CAUSE"].index("WATCHDOG"), away_frames=40)
EVERY = 8  # minor frames between two commands
AFTER = 64  # minor frames after each reset


def uplinked() -> Iterator[bytes]:
    """Every command of parameters and sequences, and a sequence that is under way at the end."""
    for entries in (
        (
            Entry(RELATIVE, 16, "PARAMETER_SET", {"parameter": 5, "value": 3}),
            Entry(RELATIVE, 0, "PARAMETER_SET", {"parameter": 5, "value": 99}),  # refused
            Entry(AFTER_STATE, 0, "PARAMETER_SET", {"parameter": 5, "value": 99}),  # too late
            Entry(ABSOLUTE, (START + 20) * 64, "PARAMETER_SAVE", {}),
        ),
        (Entry(RELATIVE, 8, "SEQUENCE_ACTIVATE", {"slot": 1}),),
    ):
        slot = len(entries) % 3
        yield from Sequence(slot, entries).packets()
        yield telecommand("SEQUENCE_ACTIVATE", {"slot": slot})
    for name in ("PARAMETER_SAVE", "PARAMETER_DEFAULTS", "PARAMETER_SAVE", "PARAMETER_DUMP"):
        yield telecommand(name, {})
    yield telecommand("SEQUENCE_DUMP", {"slot": 1})
    yield telecommand("SEQUENCE_STOP", {"slot": 0})


def script() -> Iterator[Begin | Frame]:
    """All of it, and three resets at the end."""
    yield BEGIN
    for octets in uplinked():
        yield Frame(octets)
        yield from [Frame()] * (EVERY - 1)
    yield from [Frame()] * (64 * 24)
    for _ in range(3):
        yield RESET
        yield from [Frame()] * AFTER
    yield from [Frame()] * (64 * 8)


@pytest.fixture(scope="module")
def reference() -> bytes:
    return flown(InProcess(), script())


@on_each_micropython
def test_micropython_answers_the_same_with_the_heap_locked(
    reference: bytes, target: type[MicroPython | MicroPython32]
) -> None:
    assert flown(target(lock_heap=True), script()) == reference


def test_all_of_it_was_done_and_is_told(reference: bytes) -> None:
    """Or the comparison would prove nothing."""
    decoded = decode.decode(reference, dictionary.load(MISSION))
    seen = set(decoded.tables["EVR"].column("EVR_ID").to_pylist())
    assert seen >= {
        "PARAMETERS_DEFAULT", "PARAMETERS_SAVED", "PARAMETERS_LOADED", "SEQUENCE_STORED",
        "SEQUENCE_STARTED", "SEQUENCE_DONE", "SEQUENCE_REFUSED", "SEQUENCE_SKIPPED",
        "SEQUENCE_ENDED", "RESUMED", "SAFE_PLAN_BEGUN", "OUTPUTS_HELD", "OUTPUTS_RELEASED",
    }  # fmt: skip
    assert decoded.tables["SEQUENCE"].num_rows == 4
    assert decoded.report.restarts == 0
    assert decoded.report.frames_duplicate == 0
    assert decoded.report.frames_missing > 0, "each reset is a gap"
