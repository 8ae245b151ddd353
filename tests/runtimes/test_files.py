"""Do files go down on MicroPython as on CPython, octet for octet, with the heap locked?"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from fsw.dictionary.index import parameter
from fsw.dictionary.packets import SENSOR_FRAME
from fsw.link.layout import CADU_LENGTH, VC_FILES
from gse.decode import decode
from gse.dictionary import load
from gse.files.packets import uplink_packet
from gse.files.receiver import Receiver
from gse.link.protection import Coding
from gse.lockstep import Actuators, Begin, Picture, SensorMessages
from gse.sim.pictures import picture
from gse.targets import InProcess, MicroPython, MicroPython32, Target
from gse.uplink import telecommand
from gse.uplink.hearing import Hearing, Pdu

BEGIN = Begin("droptest", 1000, 4, coding=Coding.CRC)
MINOR_FRAMES = 64 * 16
FRAME_MS = 1000 / 64
LOST = 0.15  # of the transfer frames
GARBAGE = 40  # minor frames between packets with a PDU that is none

_SHORT = {"parameter": parameter("FILE_ACK_WAIT"), "value": 64}
COMMANDS = {
    60: telecommand("PARAMETER_SET", _SHORT),
    100: telecommand("FILE_LIST", {}),
    160: telecommand("FILE_SEND", {"file": 4, "class": 2}),
    460: telecommand("FILE_SEND", {"file": 0, "class": 2}),
    620: telecommand("FILE_SEND", {"file": 1, "class": 2}),
    660: telecommand("FILE_SUSPEND", {}),
    720: telecommand("FILE_RESUME", {}),
    820: telecommand("FILE_SEND", {"file": 4, "class": 2}),
    840: telecommand("FILE_CANCEL", {}),
    960: telecommand("FILE_SEND", {"file": 4, "class": 1}),
}


@dataclass
class Flown:
    """What went up and came down, minor frame by minor frame."""

    sent: list[bytes | Picture] = field(default_factory=list)
    down: bytearray = field(default_factory=bytearray)
    files: list[str | None] = field(default_factory=list)


@pytest.fixture(scope="module")
def flown() -> Flown:
    """On CPython, with a ground that asks for what a bad link has lost."""
    flown, target, actuators = Flown(), InProcess(), Actuators()
    sensors, hearing, draws = SensorMessages(), Hearing("droptest"), random.Random(3)
    shot = Picture(2, picture("CAM_DOWN", 1, 300.0, 0.0))
    rising: list[bytes] = []
    now_ms = 0.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("spacepackets.countdown.time_ms", lambda: round(now_ms))
        receiver = Receiver(nak_wait_s=1.0)
        target.begin(BEGIN)
        for n in range(MINOR_FRAMES):
            now_ms += FRAME_MS
            if n == 150:
                flown.sent.append(shot)
                target.hand(shot)
            uplink = COMMANDS.get(n, b"")
            if not uplink and n % 8 == 4 and rising:
                uplink = uplink_packet(rising.pop(0))
            elif n % GARBAGE == 2:
                uplink = uplink_packet(draws.randbytes(draws.randrange(1, 50)))
            message = sensors.build([0] * len(SENSOR_FRAME), uplink)
            flown.sent.append(message)
            down = actuators.parse(target.exchange(message))[1]
            flown.down += down
            for at in range(0, len(down), CADU_LENGTH):
                of_files = down[at + 5] >> 1 & 7 == VC_FILES
                if of_files and draws.random() >= LOST:
                    for heard in hearing.take(down[at : at + CADU_LENGTH]):
                        if isinstance(heard, Pdu):
                            receiver.take(heard.octets)
            receiver.tick()
            rising += receiver.pdus()
    flown.files = [file.name for file in receiver.finished if file.complete]
    return flown


def test_the_flight_sends_files_and_sends_what_was_lost_again(flown: Flown) -> None:
    assert "thumbnail2.pgm" in flown.files
    assert "parameters.dump" in flown.files
    events = decode(bytes(flown.down), load("droptest"), Coding.CRC).events.to_pylist()
    delivered = [row["text"] for row in events if row["name"] == "FILE_DELIVERED"]
    assert not all(" 0 segments sent again" in text for text in delivered)
    assert {row["name"] for row in events} >= {
        "FILE_BEGUN", "FILE_DELIVERED", "FILE_SUSPENDED", "FILE_RESUMED", "FILE_FAILED",
    }  # fmt: skip


@pytest.mark.parametrize("interpreter", [MicroPython, MicroPython32])
def test_files_go_down_the_same_on_micropython_without_the_heap(
    interpreter: Callable[..., Target], flown: Flown
) -> None:
    target = interpreter(lock_heap=True)
    actuators = Actuators()
    down = bytearray()
    target.begin(BEGIN)
    for sent in flown.sent:
        if isinstance(sent, Picture):
            target.hand(sent)
        else:
            down += actuators.parse(target.exchange(sent))[1]
    target.close()
    assert down == flown.down
