"""Do saving, stored commands and repeated resets give the same everywhere, without the heap?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from fsw import missions
from fsw.dictionary.channels import ENUMS
from fsw.dictionary.packets import SENSOR_FRAME
from fsw.link.sequences import ABSOLUTE, AFTER_STATE, RELATIVE
from gse import decode, dictionary
from gse.lockstep import Actuators, Begin, SensorMessages
from gse.sequences import Entry, Sequence
from gse.targets import InProcess, MicroPython, MicroPython32, Target
from gse.uplink import telecommand

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


def fly(target: Target) -> bytes:
    """What comes down, over three resets at the end."""
    builder = SensorMessages()
    actuators = Actuators()
    counts = [0] * len(SENSOR_FRAME)
    downlink = b""

    def frame(octets: bytes) -> bytes:
        return actuators.parse(target.exchange(builder.build(counts, octets)))[1]

    with closing(target):
        target.begin(BEGIN)
        for octets in uplinked():
            for n in range(EVERY):
                downlink += frame(octets if n == 0 else b"")
        for _ in range(64 * 24):
            downlink += frame(b"")
        for _ in range(3):
            target.begin(RESET)
            for _ in range(AFTER):
                downlink += frame(b"")
        for _ in range(64 * 8):
            downlink += frame(b"")
    return downlink


@pytest.fixture(scope="module")
def reference() -> bytes:
    return fly(InProcess())


@pytest.mark.parametrize("target", [MicroPython, MicroPython32])
def test_micropython_answers_the_same_with_the_heap_locked(
    reference: bytes, target: type[MicroPython | MicroPython32]
) -> None:
    assert fly(target(lock_heap=True)) == reference


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
