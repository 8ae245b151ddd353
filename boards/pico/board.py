"""What does the flight software get from this board? boards/__init__.py out of the parts here."""

import os
from time import ticks_us

import machine
import rp2
import uctypes

from boards.pico import key, lights, pins, self_test
from boards.pico.pins import GPIO
from boards.pico.pio import PULSE_CLOCKS, Pio
from boards.pico.radio import Radio
from boards.pico.sensors import Barometer, InertialUnit, free_bus
from boards.pico.storage import open_storage
from boards.pio.channels import Channels
from boards.pio.program import CLOCK_HZ
from fsw.dictionary.channels import CAMERA_CHANNELS, ENUMS
from fsw.dictionary.index import channel
from fsw.kernel.checkpoint import RETAINED
from fsw.schedule import MINOR_FRAME_US

_DISCRETES = channel("DISCRETES")
_RECORDING = channel("CAMERAS_RECORDING")
_TEMPERATURE = channel("BOARD_TEMPERATURE")
_VOLTAGE = channel("BUS_VOLTAGE")
_FRAMES_DROPPED = channel("FRAMES_DROPPED")
_READ_TIME = channel("SENSOR_READ_TIME")
_FRAME_COUNT = channel("FRAME_COUNT")

_JUMPER = 1 << ENUMS["DISCRETES"].index("ARMING_JUMPER")
_CAUSES = ENUMS["RESET_CAUSE"]
_MODES = ENUMS["UPLINK_MODE"]
_PIN_PROBLEMS = tuple(pins.problems(pins.PINS))

WATCHDOG_MS = 1000  # longer than the longest minor frame that may pass, shorter than a fall
_WATCHDOG_ENABLE = 1 << 30
_TICKS_MASK = (1 << 30) - 1
_MOST_AWAY = (1 << 16) - 1
_SUPPLY_ADC, _TEMPERATURE_ADC = 29, 4  # a third of VSYS; the chip's own sensor
_OUTPUTS = 2


class Board:
    """The pins of boards.pico.pins, and what hangs on them."""

    thumbnails = None  # the cameras hand nothing in
    # A board without room for it takes no commands over its radio, and records nothing.
    flash = None

    def __init__(self, chip, mission):
        """chip: addresses of its registers. Everything is off until it is asked for. What the
        mission has and no pin is for stays off, and fails the self-test."""
        self._chip = chip
        self.files = chip.FILES
        self._outputs = tuple(
            [machine.Pin(GPIO["OUTPUT_%d" % n], machine.Pin.OUT, value=0) for n in range(_OUTPUTS)]
        )
        self._powers = self._inputs_or_outputs("POWER_")
        self._recordings = self._inputs_or_outputs("RECORDING_")
        self._jumper = machine.Pin(GPIO["ARMING_JUMPER"], machine.Pin.IN, machine.Pin.PULL_UP)
        self._led = machine.Pin(GPIO["LED"], machine.Pin.OUT, value=0)
        self._supply = machine.ADC(machine.Pin(_SUPPLY_ADC))
        self._thermometer = machine.ADC(_TEMPERATURE_ADC)
        free_bus(GPIO["I2C_SDA"], GPIO["I2C_SCL"])
        i2c = machine.I2C(
            0,
            sda=machine.Pin(GPIO["I2C_SDA"]),
            scl=machine.Pin(GPIO["I2C_SCL"]),
            freq=400000,
            timeout=1000,
        )
        self._inertial = InertialUnit(i2c)
        self._barometer = Barometer(i2c)
        self.radio = Radio(mission.DOWNLINK_INTERLEAVE)
        self.mirror = None  # over USB, where there is one
        self.pio = Pio(chip)
        self._triggers = Channels(self.pio, [PULSE_CLOCKS] * CAMERA_CHANNELS)
        self._watchdog = None
        self.retained = uctypes.bytearray_at(chip.SCRATCH_RAM, RETAINED)
        self.reset_cause = _CAUSES.index(
            "WATCHDOG" if machine.reset_cause() == machine.WDT_RESET else "POWER_ON"
        )
        # Since the last minor frame: the watchdog's patience, and what starting took.
        away_us = WATCHDOG_MS * 1000 + (ticks_us() & _TICKS_MASK)
        self.away_frames = min(away_us // MINOR_FRAME_US, _MOST_AWAY)
        if self.flash is None and hasattr(rp2, "Flash"):
            self.flash = open_storage(rp2.Flash())
        # Who has the board's key may command it; where it has none, who can touch it, as long as
        # nothing can fire.
        self.command_key = key.command_key(self.flash)
        if self.command_key:
            mode = "AUTHENTICATED"
        else:
            mode = "CLOSED" if self.jumper_fitted() else "BENCH"
        self.uplink_mode = _MODES.index(mode)
        self.self_test = self_test.failures(
            machine.freq(),
            CLOCK_HZ,
            self._inertial.answers(),
            self._barometer.answers(),
            _PIN_PROBLEMS or pins.unwired(mission.CAMERAS, mission.OUTPUTS),
            free_octets(),
        )

    def jumper_fitted(self):
        """Whether the arming jumper pulls its pin down."""
        return self._jumper.value() == 0

    def start(self, fraction):
        """The first minor frame begins now, at this fraction of a second of SCLK, in 2^-16 s;
        returns ticks_us() of its start."""
        self._watchdog = machine.WDT(timeout=WATCHDOG_MS)
        return self.pio.start(fraction)

    def stop(self):
        """Makes everything safe, forgets the flight, and lets the watchdog sleep: for whoever stops
        it. The reset that follows looks like the watchdog's, and must not take it up again."""
        self.drive_outputs(0)
        for i in range(len(self.retained)):
            self.retained[i] = 0
        control = machine.mem32[self._chip.WATCHDOG_CONTROL]
        machine.mem32[self._chip.WATCHDOG_CONTROL] = control & ~_WATCHDOG_ENABLE
        self._led.value(0)

    def show(self, cvt):
        """The LED of this minor frame."""
        state = lights.FLYING
        if self.jumper_fitted():
            state = lights.ARMED
        elif self.self_test:
            state = lights.FAULTY
        self._led.value(lights.is_on(state, cvt[_FRAME_COUNT]))

    def ticks_us(self):
        return ticks_us() & _TICKS_MASK

    def read_sensors(self, cvt):
        begun = ticks_us()
        self._inertial.read(cvt)
        self._barometer.read(cvt)
        self.pio.read_feedback(cvt)
        cvt[_DISCRETES] = _JUMPER if self.jumper_fitted() else 0
        recording = 0
        for n in range(len(self._recordings)):
            recording |= self._recordings[n].value() << n
        cvt[_RECORDING] = recording
        # 3.3 V is 65,535, of a third of the supply; 27 degC is 0.706 V, 1.721 mV less a degree.
        cvt[_VOLTAGE] = self._supply.read_u16() * 10138 >> 16
        cvt[_TEMPERATURE] = (27 << 6) - ((self._thermometer.read_u16() - 14021) * 1873 >> 10)
        cvt[_FRAMES_DROPPED] = self.radio.dropped
        cvt[_READ_TIME] = (ticks_us() - begun) & _TICKS_MASK

    def read_triggers(self, cvt):
        self._triggers.advance(cvt)

    def set_trigger(self, n, pulses, seconds):
        if self.pio.has(n):
            self._triggers.set(n, pulses, seconds)

    def power_cameras(self, mask):
        for n in range(len(self._powers)):
            self._powers[n].value(mask >> n & 1)

    def drive_outputs(self, mask):
        """Without the jumper nothing is driven, whatever a checkpoint says was fired."""
        if not self.jumper_fitted():
            mask = 0
        for n in range(_OUTPUTS):
            self._outputs[n].value(mask >> n & 1)

    def downlink(self, cadu):
        self.radio.send(cadu)
        if self.mirror:
            self.mirror.send(cadu)

    def uplink(self, buffer):
        length = self.radio.receive(buffer)
        return 0 if self.jumper_fitted() else length

    def receive(self, buffer):
        return self.radio.octets(buffer)

    def feed_watchdog(self):
        self._watchdog.feed()

    def _inputs_or_outputs(self, prefix):
        """Pins of one kind, by camera. Camera power stays on over a reset: whoever drives it first
        drives it high."""
        made = []
        while prefix + str(len(made)) in GPIO:
            gpio = GPIO[prefix + str(len(made))]
            if prefix == "POWER_":
                made.append(machine.Pin(gpio, machine.Pin.OUT, value=1))
            else:
                made.append(machine.Pin(gpio, machine.Pin.IN, machine.Pin.PULL_DOWN))
        return tuple(made)


def free_octets():
    """Of the file system."""
    status = os.statvfs("/")
    return status[0] * status[3]
