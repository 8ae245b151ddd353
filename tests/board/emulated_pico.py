"""How does a Pico run on a host? Real firmware in the rp2040py emulator, parts on its pins.

The emulator's processor does 125 million clocks a second whatever it is set to, and never waits for
flash. Here its clocks are those of the board: everything else takes so much longer, and time is
that of the board. More is better than in the emulator: its UART sends an octet at a time, as it
should, the parts on the I2C bus take the time that the bus would, what drives the grid's pin is
seen by those who read it, the PIO keeps to its clock, and edges on a pin are counted.
"""

from __future__ import annotations

import os
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

os.environ.setdefault("RP2040PY_CLOCK_TICK_BATCH", "64")  # steps between two looks at the time

from rp2040py import USBCDC, ConsoleLogger, I2CMode, LogLevel, Simulator
from rp2040py._gpio_pin import FUNCTION_PWM
from rp2040py.device.bootrom import BOOTROM_B1
from rp2040py.device.load_flash import load_uf2
from rp2040py.peripherals import uart
from rp2040py.peripherals.timer import ALARM_REGS, RPTimer

from boards.pio.program import CLOCK_HZ, GRID_GPIO
from tests.board.emulated_pio import ExactPio

FIRMWARE = "EDLCAM_RP2040_FIRMWARE"  # names a UF2 of MicroPython for the Pico
_SLOWER = CLOCK_HZ / 125_000_000  # the emulator's time over the board's
_FLASH = 0x10000000
_PIO_PAGES = (0x50200, 0x50300)

_OCTET_NS = _SLOWER * 10 * 1e9 / 115200  # of the UART: start, eight bits, stop
_BUS_OCTET_NS = _SLOWER * 9 * 1e9 / 400_000
_ADC_VOLTS = (4.5 / 3, 0.706)  # a third of the supply; the chip's thermometer at 27 degrees
_FIFO = 32
_LOW_WATER = 16


class _Uart:
    """A transmitter with a FIFO of 32 octets, which leave one after another."""

    def __init__(self, model: Any, clock: Any) -> None:
        self._model = model
        self._waiting: deque[int] = deque()
        self._sending: int | None = None
        self._alarm = clock.create_alarm(self._sent)
        self.sent = bytearray()

    def flags(self) -> int:
        model = self._model
        flags = uart.RXFF if model.rx_fifo.full else 0
        flags |= uart.RXFE if model.rx_fifo.empty else 0
        flags |= uart.TXFE if not self._waiting else 0
        flags |= 0x20 if len(self._waiting) >= _FIFO else 0  # full
        return flags | (0x08 if self._sending is not None else 0)  # busy

    def put(self, octet: int) -> None:
        if len(self._waiting) < _FIFO:
            self._waiting.append(octet)
        if self._sending is None:
            self._send()

    def _send(self) -> None:
        self._sending = self._waiting.popleft()
        if len(self._waiting) == _LOW_WATER:
            self._ask()
        self._alarm.schedule(_OCTET_NS)

    def _sent(self) -> None:
        assert self._sending is not None
        self.sent.append(self._sending)
        self._sending = None
        if self._waiting:
            self._send()
        else:
            self._ask()
        self._model.check_interrupts()

    def _ask(self) -> None:
        self._model._interrupt_status |= uart.UARTTXINTR


class _RPUART(uart.RPUART):
    """The emulator's UART with that transmitter: its own asks for more for ever."""

    transmitter: _Uart

    @property
    def flags(self) -> int:
        return self.transmitter.flags()

    def check_interrupts(self) -> None:
        status = self._interrupt_status & self._interrupt_mask
        self.rp2040.set_interrupt(self.irq, bool(status))

    def write_uint32(self, offset: int, value: int) -> None:
        if offset == uart.UARTDR:
            self.transmitter.put(value & 0xFF)
        else:
            super().write_uint32(offset, value)


class _Timer(RPTimer):
    """Microseconds of the board's time."""

    def _micros(self) -> float:
        return super()._micros() / _SLOWER

    def write_uint32(self, offset: int, value: int) -> None:
        super().write_uint32(offset, value)
        if offset in ALARM_REGS:
            until_us = (value - int(self._micros())) & 0xFFFFFFFF
            alarm = self.alarms[ALARM_REGS.index(offset)]
            alarm.clock_alarm.schedule(until_us * 1000 * _SLOWER)


class Part(Protocol):
    """A part on the I2C bus."""

    def read(self, register: int, ns: float) -> int:
        """An octet, at this time."""

    def write(self, register: int, octet: int) -> None:
        """Takes an octet."""


@dataclass
class _Bus:
    """Parts by address, with the time that each octet takes."""

    i2c: Any
    clock: Any
    parts: dict[int, Part] = field(default_factory=dict)
    _part: Part | None = None
    _register: int = 0
    _addressed: bool = False

    def connect(self) -> None:
        self.i2c.on_connect = self._connect
        self.i2c.on_write_byte = self._write
        self.i2c.on_read_byte = self._read
        self._alarm = self.clock.create_alarm(self._done)
        self._then: Callable[[], None] = self.i2c.complete_stop

    def _after_an_octet(self, then: Callable[[], None]) -> None:
        self._then = then
        self._alarm.schedule(_BUS_OCTET_NS)

    def _done(self) -> None:
        self._then()

    def _connect(self, address: int, mode: I2CMode) -> None:
        self._part = self.parts.get(address)
        self._addressed = mode == I2CMode.READ
        answers = self._part is not None
        self._after_an_octet(lambda: self.i2c.complete_connect(answers))

    def _write(self, octet: int) -> None:
        assert self._part is not None
        if self._addressed:
            self._part.write(self._register, octet)
            self._register += 1
        else:
            self._register = octet
            self._addressed = True
        self._after_an_octet(lambda: self.i2c.complete_write(True))

    def _read(self, _more: bool) -> None:
        assert self._part is not None
        octet = self._part.read(self._register, self.clock.nanos / _SLOWER)
        self._register += 1
        self._after_an_octet(lambda: self.i2c.complete_read(octet))


class Usb:
    """A host that has the board's serial port open."""

    def __init__(self, pico: EmulatedPico) -> None:
        self._pico = pico
        self._cdc = USBCDC(pico.mcu.usb_ctrl)
        self._cdc.on_serial_data = self._heard
        self._cdc.on_device_connected = self._opened
        self.received = bytearray()
        self.is_open = False

    def _opened(self) -> None:
        self.is_open = True

    def _heard(self, octets: bytes | bytearray) -> None:
        self.received += octets

    def send(self, octets: bytes, limit_s: float) -> None:
        """Sends them as the board takes them. Raises TimeoutError when it does not."""
        for octet in octets:
            self._pico.run_until(lambda: not self._cdc.tx_fifo.full, limit_s)
            if self._cdc.tx_fifo.full:
                raise TimeoutError("the board takes nothing")
            self._cdc.send_serial_byte(octet)

    def receive(self, count: int, limit_s: float) -> bytes:
        """Waits for so many octets. Raises TimeoutError when they do not come."""
        if not self._pico.run_until(lambda: len(self.received) >= count, limit_s):
            raise TimeoutError(f"{len(self.received)} of {count} octets came")
        octets = bytes(self.received[:count])
        del self.received[:count]
        return octets


class EmulatedPico:
    """A Pico with a firmware and a file system."""

    def __init__(self, firmware: Path, storage: bytes, storage_address: int) -> None:
        """storage: octets of the whole file system."""
        self._simulator = Simulator()
        self.mcu = self._simulator.rp2040
        self.clock = self._simulator.clock
        self.mcu.logger = ConsoleLogger(LogLevel.ERROR)
        self.mcu.load_bootrom(BOOTROM_B1)
        load_uf2(firmware, self.mcu)
        start = storage_address - _FLASH
        self.mcu.flash[start : start + len(storage)] = storage
        self.mcu.timer.__class__ = _Timer
        self._uarts = [self._transmit(model) for model in self.mcu.uart]
        self._pios = [ExactPio(block, self.clock) for block in self.mcu.pio]
        self.mcu.pio[:] = self._pios  # type: ignore[assignment]
        self.mcu.peripherals |= dict(zip(_PIO_PAGES, self._pios, strict=True))
        self._follow(GRID_GPIO, GRID_GPIO)
        self.mcu.adc.channel_values[3:] = [round(volts / 3.3 * 4095) for volts in _ADC_VOLTS]
        self.edges: dict[int, list[float]] = {}  # rising edges by GPIO, ns
        self._bus = _Bus(self.mcu.i2c[0], self.clock)
        self._bus.connect()
        self.mcu.core.pc = _FLASH

    def _transmit(self, model: Any) -> _Uart:
        model.__class__ = _RPUART
        model.transmitter = _Uart(model, self.clock)
        return model.transmitter  # type: ignore[no-any-return]

    @property
    def sent(self) -> bytearray:
        """What UART 0 has sent."""
        return self._uarts[0].sent

    @property
    def now_s(self) -> float:
        return float(self.clock.nanos) * 1e-9 / _SLOWER

    @property
    def _change_ns(self) -> float:
        """Of the pin that is changing, in the emulator's time."""
        running = (pio.now_ns for pio in self._pios if pio.now_ns is not None)
        return next(running, float(self.clock.nanos))

    def attach(self, address: int, part: Part) -> None:
        """Puts a part on I2C bus 0."""
        self._bus.parts[address] = part

    def wire_camera(self, trigger: int, feedback: int) -> None:
        """A camera that exposes while it is triggered."""
        self._follow(trigger, feedback)

    def _follow(self, output: int, to: int) -> None:
        pin = self.mcu.gpio[to]

        def follow(state: Any, _before: Any) -> None:
            for pio in self._pios:
                pio.catch_up()
            pin.set_input_value(state.name == "HIGH")
            # By itself the emulator counts no edge as long as a PWM drives any pin.
            for channel in self.mcu.pwm.channels if pin.function_select == FUNCTION_PWM else ():
                if to in (channel.pin_b1, channel.pin_b2):
                    channel.gpio_b_changed()

        self.mcu.gpio[output].add_listener(follow)

    def watch(self, gpio: int) -> None:
        """Records the rising edges of a pin in edges."""
        times = self.edges[gpio] = []

        def changed(state: Any, before: Any) -> None:
            if state.name == "HIGH" and before.name != "HIGH":
                times.append(self._change_ns / _SLOWER)

        self.mcu.gpio[gpio].add_listener(changed)

    def plug_in_usb(self) -> Usb:
        """Connects a host to USB; before the first run."""
        return Usb(self)

    def run_until(self, done: Callable[[], bool], limit_s: float) -> bool:
        """Runs until that is so, or until emulated time is over; whether it is so."""
        self._simulator.stopped = False
        while not done():
            if self.now_s > limit_s:
                return False
            self._simulator._execute_batch()
        return True


class InertialPart:
    """An MPU-6050 that lies still: a g along x, down, until it is told otherwise."""

    ADDRESS = 0x68

    def __init__(self) -> None:
        self.registers = bytearray(128)
        self.registers[0x75] = 0x68
        self.readings: Callable[[float], tuple[int, int, int]] = lambda _: (-2048, 0, 0)

    def read(self, register: int, ns: float) -> int:
        """Registers, and from 0x3B on accelerations, temperature and rates."""
        if register == 0x3B:
            x, y, turn = self.readings(ns)
            self.registers[0x3B:0x49] = struct.pack(">7h", x, y, 0, 0, 0, 0, turn)
        return self.registers[register]

    def write(self, register: int, octet: int) -> None:
        """Takes a setting."""
        self.registers[register] = octet


class BarometerPart:
    """An LPS22HB at 25 Hz."""

    ADDRESS = 0x5C

    def __init__(self) -> None:
        self.registers = bytearray(128)
        self.registers[0x0F] = 0xB1
        self.pressure_hpa: Callable[[float], float] = lambda _: 1013.25
        self._measured = -1

    def read(self, register: int, ns: float) -> int:
        """Registers; 0x27 tells of a new measurement, 0x28 to 0x2A are the last one."""
        number = int(ns * 25e-9)
        if register == 0x27:
            return int(number != self._measured)
        if register == 0x28:
            self._measured = number
            counts = round(self.pressure_hpa(ns) * 4096)
            self.registers[0x28:0x2B] = counts.to_bytes(3, "little")
        return self.registers[register]

    def write(self, register: int, octet: int) -> None:
        """Takes a setting."""
        self.registers[register] = octet
