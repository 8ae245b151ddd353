"""Does all of it fly on MicroPython's own firmware? On an emulated Pico, from our image.

Takes minutes, and a firmware that no package brings: make test-board says where it comes from.
"""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest

from boards.pico.pins import GPIO
from fsw.link.layout import CADU_LENGTH
from gse import decode, dictionary
from gse.deploy import image
from gse.deploy.boards import BOARDS
from gse.deploy.build import build
from gse.fly import begin_of
from gse.lockstep import Actuators, SensorMessages
from gse.sim.worlds import world_for
from gse.targets import Exchange, InProcess, header_after_downlink
from tests.board import emulated_pico
from tests.board.emulated_pico import BarometerPart, EmulatedPico, InertialPart, Usb

MISSION = "droptest"
PICO = BOARDS["pico"]
BOOT_S = 60.0  # emulated, at most: the first start makes the recorder its place in flash
FLIGHT_S = 7.0  # cameras need four to start
LOCKSTEP_FRAMES = 160

pytestmark = [
    pytest.mark.board,
    pytest.mark.skipif(
        emulated_pico.FIRMWARE not in os.environ,
        reason=f"{emulated_pico.FIRMWARE} must name a UF2 of MicroPython for the Pico "
        "(RPI_PICO-<date>-v<version>.uf2 from micropython.org/download/RPI_PICO)",
    ),
]


@pytest.fixture(scope="module")
def storage() -> bytes:
    return image.file_system(PICO, build(PICO, MISSION))


@pytest.fixture
def pico(storage: bytes) -> EmulatedPico:
    firmware = Path(os.environ[emulated_pico.FIRMWARE])
    made = EmulatedPico(firmware, storage, PICO.storage_address)
    made.attach(InertialPart.ADDRESS, InertialPart())
    made.attach(BarometerPart.ADDRESS, BarometerPart())
    return made


class OverUsb(Exchange):
    """The emulated board as the far end of a simulation."""

    def __init__(self, pico: EmulatedPico, usb: Usb) -> None:
        self.name = "the emulated Pico"
        self._pico = pico
        self._usb = usb

    def _send(self, octets: bytes) -> None:
        self._usb.send(octets, self._pico.now_s + BOOT_S)

    def _receive(self, count: int) -> bytes:
        return self._usb.receive(count, self._pico.now_s + BOOT_S)

    def _first_header(self) -> bytes:
        return header_after_downlink(self._receive, self.name)

    def close(self) -> None:
        """Leaves it as it is."""


def test_it_films_on_the_pad_and_every_pulse_is_where_it_belongs(pico: EmulatedPico) -> None:
    triggers = [GPIO[f"TRIGGER_{n}"] for n in range(3)]
    for n, gpio in enumerate(triggers):
        pico.watch(gpio)
        pico.wire_camera(gpio, GPIO[f"FEEDBACK_{n}"])
    assert pico.run_until(lambda: len(pico.sent) >= CADU_LENGTH, BOOT_S), "nothing came down"
    pico.run_until(lambda: False, pico.now_s + FLIGHT_S)
    decoded = decode.decode(bytes(pico.sent), dictionary.load(MISSION))
    assert decoded.report.packets_missing == 0
    assert decoded.report.frames_damaged == 0
    names = [row["name"] for row in decoded.events.to_pylist()]
    assert names[0] == "BOOTED"
    assert not {"TRIGGER_FAULT", "ANOMALY_BEGUN"} & set(names)
    hk = decoded.tables["HK"].to_pylist()[-1]
    assert hk["OVERRUNS"] == 0, hk
    cameras = decoded.tables["CAM"].to_pylist()[-1]
    plans = [row for row in decoded.tables["EVR"].to_pylist() if row["EVR_ID"] == "CAMERA_PLAN"]
    rates_hz = {row["EVR_ARG0"]: row["EVR_ARG1"] / 100 for row in plans}
    for n, gpio in enumerate(triggers):
        edges = pico.edges[gpio]
        assert len(edges) > 1
        counted = cameras[f"CAM{n}_TRIGGERED"]
        assert 0 <= len(edges) - counted <= 2 + rates_hz[n]
        assert counted - cameras[f"CAM{n}_CONFIRMED"] <= 1
        assert cameras[f"CAM{n}_MISSED"] == 0
        due_ns = 1e9 / rates_hz[n]
        assert [b - a for a, b in pairwise(edges)] == pytest.approx(
            [due_ns] * (len(edges) - 1), abs=0.1
        )  # a clock is 7 ns


def test_a_flight_in_lockstep_sends_what_it_sends_on_the_host(pico: EmulatedPico) -> None:
    usb = pico.plug_in_usb()
    assert pico.run_until(lambda: usb.is_open and len(pico.sent) >= CADU_LENGTH, BOOT_S)
    usb.received.clear()  # the mirror of the downlink
    board, host = OverUsb(pico, usb), InProcess()
    host._server.board.flash, host._server.board.files = None, False  # as the Pico's far end has it
    world = world_for(MISSION, seed=1)
    begin = begin_of(MISSION, world)
    assert board.begin(begin).fingerprint == host.begin(begin).fingerprint
    actuators, sensors = Actuators(), SensorMessages()
    for _ in range(LOCKSTEP_FRAMES):
        sensor_message = sensors.build(world.sensor_counts())
        answer = host.exchange(sensor_message)
        assert board.exchange(sensor_message) == answer
        values, _ = actuators.parse(answer)
        world.step(values)
