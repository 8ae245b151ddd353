"""What comes down when one script is flown on a target? The same on each, or something is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass

import pytest

from fsw.dictionary.packets import SENSOR_FRAME
from gse.lockstep import Actuators, Begin, SensorMessages
from gse.targets import MicroPython, MicroPython32, Target

on_each_micropython = pytest.mark.parametrize("target", [MicroPython, MicroPython32])

SILENCE = (0,) * len(SENSOR_FRAME)  # of every sensor


@dataclass(frozen=True)
class Frame:
    """A minor frame. counts: as in SENSOR_FRAME; uplink: a packet, or nothing."""

    uplink: bytes = b""
    counts: Sequence[int] = SILENCE


def flown(target: Target, script: Iterable[Begin | Frame]) -> bytes:
    """The downlink of a script: starts of the board, and minor frames."""
    builder = SensorMessages()
    actuators = Actuators()
    downlink = bytearray()
    with closing(target):
        for step in script:
            if isinstance(step, Begin):
                target.begin(step)
            else:
                message = builder.build(step.counts, step.uplink)
                downlink += actuators.parse(target.exchange(message))[1]
    return bytes(downlink)
