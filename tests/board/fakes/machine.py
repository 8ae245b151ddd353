"""What of `machine` do boards for the Pico use? Stands in for it, and fails on misuse.

Runs on CPython and on MicroPython. HARDWARE is what a test puts behind it; by default quiet parts
that answer.
"""

import time

WDT_RESET, PWRON_RESET = 3, 1


class Misuse(Exception):
    """What hardware would not forgive, or would silently ignore."""


class Restarted(Exception):
    """The watchdog bit, or reset() was called."""


class Hardware:
    """Parts that answer, and never change: each test brings its own."""

    cause = PWRON_RESET

    def pin(self, gpio):
        """Level that is put on an input; None: nothing but the pull."""

    def drive(self, gpio, level):
        """An output has been set."""

    def analog(self, channel):
        return 32768

    def i2c_read(self, address, register, buffer):
        if address == 0x68 and register == 0x75:
            buffer[0] = 0x68
        elif address == 0x68 and register == 0x1C:
            buffer[0] = 0x18
        elif address == 0x5C and register == 0x0F:
            buffer[0] = 0xB1
        elif address == 0x5C and register == 0x27:
            buffer[0] = 1

    def i2c_write(self, address, buffer):
        """A part takes a register and what is written to it."""

    def uart_sent(self, octets):
        """The UART has taken them."""

    def uart_received(self):
        """The next octet that has come; -1: none."""
        return -1

    def counter(self, slice_number):
        return 0

    def grid(self, counter):
        """The grid has been started with its counter at a value."""

    def fed(self):
        """The watchdog has been fed."""


HARDWARE = Hardware()
_configured = {}
_registers = {}
_frequency = 125000000


def forget():
    """Another power-on."""
    global _frequency
    _configured.clear()
    _registers.clear()
    mem32.slices.clear()
    _frequency = 125000000


def freq(hz=None):
    global _frequency
    if hz is not None:
        _frequency = hz
    return _frequency


def reset_cause():
    return HARDWARE.cause


def reset():
    raise Restarted("reset()")


def disable_irq():
    return 1


def enable_irq(state):
    pass


def _claim(gpio, use):
    if use == "I2C" and _configured.get(gpio) in ("an input", "an open drain"):
        _configured[gpio] = use  # it was freed first
    if gpio in _configured and _configured[gpio] != use:
        raise Misuse("GP%d is %s already, not %s" % (gpio, _configured[gpio], use))
    _configured[gpio] = use


class Pin:
    IN, OUT, OPEN_DRAIN, PULL_UP, PULL_DOWN = 0, 1, 2, 1, 2

    def __init__(self, gpio, mode=None, pull=None, value=None):
        self.gpio = gpio
        self._mode = mode
        self._pull = pull
        self._level = 0
        if mode is not None:
            _claim(gpio, ("an input", "an output", "an open drain")[mode])
        if value is not None:
            self.value(value)

    def value(self, level=None):
        if level is None:
            if self._mode != self.IN:
                raise Misuse("GP%d is read, and is no input" % self.gpio)
            outside = HARDWARE.pin(self.gpio)
            return (self._pull == self.PULL_UP) * 1 if outside is None else outside
        if self._mode == self.IN or self._mode is None:
            raise Misuse("GP%d is driven, and is no output" % self.gpio)
        self._level = 1 if level else 0
        HARDWARE.drive(self.gpio, self._level)


class ADC:
    def __init__(self, channel):
        self._channel = channel.gpio if isinstance(channel, Pin) else channel
        if self._channel not in (4, 26, 27, 28, 29):
            raise Misuse("%r has no converter" % self._channel)

    def read_u16(self):
        return HARDWARE.analog(self._channel)


class I2C:
    def __init__(self, number, sda, scl, freq, timeout):
        if (sda.gpio - 4 * number) % 4 or scl.gpio != sda.gpio + 1:
            raise Misuse("I2C%d is not on GP%d" % (number, sda.gpio))
        _claim(sda.gpio, "I2C")
        _claim(scl.gpio, "I2C")

        self._one = bytearray(1)

    def readfrom_mem_into(self, address, register, buffer):
        HARDWARE.i2c_read(address, register, buffer)

    def writeto(self, address, buffer):
        HARDWARE.i2c_write(address, buffer)
        return len(buffer)


class UART:
    def __init__(self, number, baud, tx, rx, txbuf, rxbuf, timeout):
        if timeout:
            raise Misuse("a UART with a timeout waits")
        _claim(tx.gpio, "UART")
        _claim(rx.gpio, "UART")
        self._next = -1
        self._room = txbuf
        self._us_an_octet = 10000000 // baud
        self._full = 0
        self._looked_us = time.ticks_us()

    def write(self, octets):
        now = time.ticks_us()
        gone = ((now - self._looked_us) & ((1 << 30) - 1)) // self._us_an_octet
        self._looked_us = now
        self._full = max(self._full - gone, 0) + len(octets)
        if self._full > self._room:
            raise Misuse("the UART cuts a frame")
        HARDWARE.uart_sent(octets)
        return len(octets)

    def any(self):
        if self._next < 0:
            self._next = HARDWARE.uart_received()
        return 1 if self._next >= 0 else 0

    def readinto(self, buffer):
        if not self.any():
            raise Misuse("nothing has come")
        buffer[0] = self._next
        self._next = -1
        return 1


class PWM:
    def __init__(self, pin, freq, duty_u16):
        if freq * 0xFFFF * 0xFFF < _frequency * 16:  # the longest period and divider, in sixteenths
            raise Misuse("no divider gives %d Hz" % freq)
        _claim(pin.gpio, "PWM")
        slice_number = pin.gpio >> 1 & 7
        if slice_number in mem32.slices:
            raise Misuse("PWM slice %d is used twice" % slice_number)
        mem32.slices[slice_number] = pin.gpio


class WDT:
    def __init__(self, timeout):
        if not 1 <= timeout <= 8388:
            raise Misuse("no watchdog of %d ms" % timeout)
        _registers[_Registers.WATCHDOG] = 1 << 30
        HARDWARE.fed()

    def feed(self):
        HARDWARE.fed()


class _Registers:
    """PWM slices, the watchdog's control and the core's voltage, of either chip; anything else is a
    bus fault."""

    PWM, WATCHDOG, VOLTAGE = 0x40050000, 0x40058000, 0x40064000
    WATCHDOG_OF_RP2350 = 0x400D8000
    PWM_OF_RP2350 = 0x400A8000

    def __init__(self):
        self.slices = {}

    def _slice(self, address):
        """The PWM slice of an address; -1: the watchdog or the voltage."""
        if address == self.WATCHDOG or address == self.VOLTAGE:  # noqa: PLR1714 - no heap
            return -1
        number = (address - self.PWM) // 20
        if number not in self.slices or (address - self.PWM) % 4:
            raise Misuse("nothing is at 0x%08x" % address)
        return number

    def _named(self, address):
        """The same register of an RP2040."""
        if 0 <= address - self.PWM_OF_RP2350 < 240:
            return address - self.PWM_OF_RP2350 + self.PWM
        return self.WATCHDOG if address == self.WATCHDOG_OF_RP2350 else address

    def __getitem__(self, address):
        address = self._named(address)
        number = self._slice(address)
        if number >= 0 and (address - self.PWM) % 20 == 8:
            return HARDWARE.counter(number)
        return _registers.get(address, 0)

    def __setitem__(self, address, value):
        address = self._named(address)
        number = self._slice(address)
        _registers[address] = value
        if number >= 0 and (address - self.PWM) % 20 == 0 and value == 1:
            base = address
            if _registers[base + 4] != 225 << 4 or _registers[base + 16] != 63999:
                raise Misuse("the grid is not 10 Hz at 144 MHz")
            HARDWARE.grid(_registers[base + 8])


mem32 = _Registers()
