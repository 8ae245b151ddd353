"""Does the recorder record and play back the same everywhere, without the heap?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fsw import missions
from fsw.data.playback import ALL
from fsw.dictionary.packets import PACKETS, SENSOR_FRAME
from gse import decode, dictionary
from gse.lockstep import Begin
from gse.targets import InProcess, MicroPython, MicroPython32
from gse.uplink import arming, telecommand
from tests.runtimes.script import SILENCE, Frame, flown, on_each_micropython

MISSION = "droptest"
START = missions.load(MISSION).EI_SCLK - 20
NAV, FULL_RATE = (row[1] for row in PACKETS if row[0] in ("NAV", "NAV_RATE"))
VALID = 1
AXIAL = SENSOR_FRAME.index("IMU_AXIAL")
STATUS = SENSOR_FRAME.index("IMU_STATUS")
PUSHED = range(64 * 3, 64 * 4)  # minor frames of thrust: launch is detected in them

ERASE = telecommand("RECORDER_ERASE", {})
ONE_SECOND = {"apid": FULL_RATE, "from": START + 4, "until": START + 4}
ALL_OF_IT = {"apid": ALL, "from": START, "until": START + 60}
UPLINKED = {
    65: arming(ERASE),
    81: ERASE,  # on the pad
    64 * 5 + 1: telecommand("PLAYBACK_GAP", {"apid": NAV, "first": 28, "count": 5, "since": START}),
    64 * 5 + 17: telecommand("PLAYBACK_TIME", ONE_SECOND),
    64 * 7 + 33: arming(ERASE),
    64 * 7 + 49: ERASE,  # refused in descent
    64 * 7 + 65: telecommand("PLAYBACK_TIME", ALL_OF_IT),
    64 * 11 + 1: telecommand("PLAYBACK_STOP", {}),
}


def script() -> Iterator[Begin | Frame]:
    """Twelve seconds, launch among them."""
    yield Begin(MISSION, START, 4)
    for frame in range(64 * 12):
        counts = list(SILENCE)
        counts[STATUS] = VALID
        counts[AXIAL] = (40 if frame in PUSHED else 10) * 1024 + frame * 37 % 101
        yield Frame(UPLINKED.get(frame, b""), counts)


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
    seen = decoded.tables["EVR"].column("EVR_ID").to_pylist()
    assert {"STATE_ENTERED", "PLAYBACK_DONE", "PLAYBACK_STOPPED"} <= set(seen)
    assert seen.count("COMMAND_REFUSED") == 1
    assert seen.count("RECORDER_ERASED") == 1
    full_rate = decoded.tables["NAV_RATE"]
    assert len(full_rate) >= 64
    assert set(full_rate.column("virtual_channel").to_pylist()) == {1}
    assert decoded.report.packets_duplicate >= 5
