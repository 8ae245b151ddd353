"""How does the board fly? From power-on to the loop of minor frames, and out of it.

Plugged in, with the arming jumper open, the first octets of the simulation link on USB turn it into
the far end of a simulation. Ctrl-C ends the flight, with everything safe.
"""

import gc
import io
import select
import sys
from time import ticks_us

import machine
import micropython

from boards import simlink
from boards.pico.board import Board
from boards.pico.radio import UsbMirror
from boards.pio.program import CLOCK_HZ
from boards.simserver import Server
from fsw import missions
from fsw.app import FlightCore
from fsw.dictionary.index import channel
from fsw.schedule import MINOR_FRAME_US

_SCLK_FRACTION = channel("SCLK_FRACTION")
_HEAP_FREE = channel("HEAP_FREE")
_TICKS_MASK = (1 << 30) - 1
_HALF = 1 << 29
_MINOR_FRAME = 1 << 10  # 2^-16 s
_BEFORE_TIME_ZERO_S = 3600  # where the clock begins, until the ground sets it
_SETTLING_US = 1000  # of the core's voltage
MISSION_FILE = "/mission"


class _Ready(io.IOBase):
    """A stream that is always ready."""

    def ioctl(self, request, flags):
        return flags


def _poll(stream, event):
    """Polls one stream without the heap: what ipoll() gives is made when it first has something to
    give, so it is given something now."""
    made = select.poll()
    ready = _Ready()
    made.register(ready, event)
    for _ in made.ipoll(0):
        break
    made.unregister(ready)
    made.register(stream, event)
    return made


class Usb:
    """Standard input and output over USB, without waiting."""

    def __init__(self):
        self._in = sys.stdin.buffer
        self._out = sys.stdout.buffer
        self._poll = _poll(sys.stdin, select.POLLIN)
        self._room = _poll(sys.stdout, select.POLLOUT)
        self._octet = bytearray(1)
        self._pushed_back = False

    def takes(self):
        """Whether octets can be sent now."""
        for _ in self._room.ipoll(0):
            return True
        return False

    def asks_for_simulation(self):
        """Whether the first octet of the simulation link has come; others are thrown away."""
        for _ in self._poll.ipoll(0):
            self._in.readinto(self._octet, 1)
            if self._octet[0] == simlink.MAGIC_0:
                self._pushed_back = True
                return True
        return False

    # What boards.simserver.Server asks of a stream.

    def read(self, buffer, n):
        if not self._pushed_back:
            return self._in.readinto(buffer, n) == n
        self._pushed_back = False
        buffer[0] = simlink.MAGIC_0
        for i in range(1, n):
            self._in.readinto(self._octet, 1)
            buffer[i] = self._octet[0]
        return True

    def write(self, buffer, n):
        self._out.write(buffer, n)


class Flight:
    """One flight core on one board."""

    def __init__(self, chip, mission):
        self.board = Board(chip, mission.DOWNLINK_INTERLEAVE)
        self.core = FlightCore(self.board, mission)
        self.usb = Usb()
        self.board.mirror = UsbMirror(self.usb.takes, self.core.cadu_length)
        self._due = 0

    def start(self):
        """Starts the clock, or takes up the flight that a reset has interrupted."""
        board = self.board
        self.core.start(self.core.mission.EI_SCLK - _BEFORE_TIME_ZERO_S, board.reset_cause)
        gc.collect()
        self.core.cvt[_HEAP_FREE] = gc.mem_free()
        # The clock stands one minor frame before the first.
        self._due = board.start((self.core.cvt[_SCLK_FRACTION] + _MINOR_FRAME) & 0xFFFF)

    def run(self):
        """Minor frames until the ground asks for a simulation, or until Ctrl-C. One that is late is
        followed by the next at once: no time is lost."""
        board = self.board
        core = self.core
        while True:
            core.minor_frame()
            board.mirror.run()
            board.show(core.cvt)
            if not board.jumper_fitted() and self.usb.asks_for_simulation():
                return
            self._due = (self._due + MINOR_FRAME_US) & _TICKS_MASK
            while (self._due - ticks_us()) & _TICKS_MASK < _HALF:
                pass
            board.pio.next_frame()


def mission_name():
    """The mission this board was flashed for."""
    with open(MISSION_FILE) as file:
        return file.read().strip()


def simulate(flight):
    """The board as the far end of a simulation: nothing of it can fire."""
    flight.board.stop()
    usb = flight.usb
    files = flight.board.files
    flight.core = flight.board = None
    gc.collect()
    micropython.kbd_intr(-1)  # an octet of the link may well be a Ctrl-C
    try:
        lock, unlock = micropython.heap_lock, micropython.heap_unlock
        Server(usb, ticks_us, lock, unlock, files=files).run()
    finally:
        micropython.kbd_intr(3)


def fly_locked(flight):
    """Flies without the heap."""
    micropython.heap_lock()
    try:
        flight.run()
    finally:
        micropython.heap_unlock()


def main(chip):
    """Flies. chip: boards.pico.chip or boards.pico2.chip."""
    micropython.alloc_emergency_exception_buf(100)
    if chip.CORE_VOLTAGE:
        address, value = chip.CORE_VOLTAGE
        machine.mem32[address] = value
        begun = ticks_us()
        while (ticks_us() - begun) & _TICKS_MASK < _SETTLING_US:
            pass
    machine.freq(CLOCK_HZ)
    flight = Flight(chip, missions.load(mission_name()))
    try:
        flight.start()
        fly_locked(flight)
    except KeyboardInterrupt:
        flight.board.stop()
        raise
    except BaseException:
        flight.board.drive_outputs(0)  # the watchdog stays awake: its reset takes the flight up
        raise
    simulate(flight)
    machine.reset()  # into the next flight, or the next simulation
