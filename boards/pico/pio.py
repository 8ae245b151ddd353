"""How do eight state machines, the grid and the feedback counters run on the chip?"""

from time import ticks_us

import machine
import rp2

from boards.pico.pins import GPIO, pwm_slice
from boards.pio.program import CLOCK_HZ, GRID_GPIO, GRID_HZ, WORDS, WRAP, WRAP_TARGET, width_word
from boards.triggers import COUNTS_PER_MINOR_FRAME, COUNTS_PER_TENTH
from fsw.dictionary.channels import CAMERA_CHANNELS
from fsw.dictionary.index import channel
from fsw.schedule import MINOR_FRAME_US

_FEEDBACK = tuple([channel("CAM%d_FEEDBACK" % n) for n in range(CAMERA_CHANNELS)])

PULSE_CLOCKS = CLOCK_HZ // 1000  # a millisecond: every camera sees it, and 200 Hz has room for it

# Offsets in a PWM slice, and its control bits (RP2040 datasheet, section 4.5.3).
_SLICE = 20
_CSR, _DIV, _CTR, _CC, _TOP = 0, 4, 8, 12, 16
_ENABLE = 1
_COUNT_RISING = 2 << 4
_DIV_ONE = 1 << 4
_FIFO = 4  # words: a put() beyond would wait for ever
GRID_DIVIDER, GRID_TOP = 225, 63999  # 144 MHz / 225 / 64,000 = 10 Hz

_TICKS_MASK = (1 << 30) - 1
_LATEST_US = 7000000  # beyond it the product would be no small integer


def _program():
    """trigger.pio in the form that rp2.StateMachine takes."""
    emit = rp2.PIOASMEmit(sideset_init=rp2.PIO.OUT_LOW)
    for number in range(2):
        emit.start_pass(number)
        for at in range(len(WORDS)):
            if at == WRAP_TARGET:
                emit.wrap_target()
            emit.word(WORDS[at] & ~0x1000).side(WORDS[at] >> 12 & 1)
            if at == WRAP:
                emit.wrap()
    return emit.prog


class Pio:
    """What boards.pio.channels asks of hardware; start() begins the time it counts in."""

    def __init__(self, chip):
        """chip: addresses of its registers, boards.pico.chip or boards.pico2.chip."""
        self._pwm = chip.PWM
        self._registers = machine.mem32
        self._epoch_us = 0
        self._machines = [None] * CAMERA_CHANNELS
        counters = []  # of exposures: channel of the CVT, address
        self._pwms = []  # kept: a PWM that is collected stops
        program = _program()
        for n in range(CAMERA_CHANNELS):
            if "TRIGGER_%d" % n in GPIO:
                pin = machine.Pin(GPIO["TRIGGER_%d" % n], machine.Pin.OUT, value=0)
                made = rp2.StateMachine(n, program, freq=CLOCK_HZ, sideset_base=pin)
                made.active(1)
                made.put(width_word(PULSE_CLOCKS))
                self._machines[n] = made
            if "FEEDBACK_%d" % n in GPIO:
                counters.append((_FEEDBACK[n], self._count_edges(GPIO["FEEDBACK_%d" % n])))
        self._counters = tuple(counters)

    def start(self, fraction):
        """Begins a minor frame that starts at this fraction of a second of SCLK, in 2^-16 s, and
        the grid with it; returns ticks_us() of its start."""
        base = self._slice(GRID_GPIO, GRID_HZ)
        phase = (fraction >> 10) * COUNTS_PER_MINOR_FRAME % COUNTS_PER_TENTH
        machine.mem32[base + _DIV] = GRID_DIVIDER << 4
        machine.mem32[base + _TOP] = GRID_TOP
        machine.mem32[base + _CC] = (GRID_TOP + 1) >> 1
        machine.mem32[base + _CTR] = phase // (COUNTS_PER_TENTH // (GRID_TOP + 1))
        state = machine.disable_irq()
        machine.mem32[base + _CSR] = _ENABLE
        self._epoch_us = ticks_us()
        machine.enable_irq(state)
        return self._epoch_us

    def next_frame(self):
        """The minor frame that should begin now."""
        self._epoch_us = (self._epoch_us + MINOR_FRAME_US) & _TICKS_MASK

    def has(self, n):
        """Whether a channel has a pin; without one it is never asked for anything else."""
        return self._machines[n] is not None

    def put(self, n, word):
        self._machines[n].put(word)

    def has_room(self, n):
        return self._machines[n].tx_fifo() < _FIFO

    def number(self, n):
        made = self._machines[n]
        last = -1
        if made:
            while made.rx_fifo():
                last = made.get()
        return last

    def offset(self):
        us = (ticks_us() - self._epoch_us) & _TICKS_MASK
        return min(us, _LATEST_US) * 144 // 25

    def read_feedback(self, cvt):
        """Writes the exposures counted, modulo 2^16."""
        registers = self._registers
        for feedback, address in self._counters:
            cvt[feedback] = registers[address] & 0xFFFF

    def _count_edges(self, gpio):
        """Makes a slice count rising edges; the address of its counter."""
        base = self._slice(gpio, 2000)
        machine.mem32[base + _DIV] = _DIV_ONE
        machine.mem32[base + _TOP] = 0xFFFF
        machine.mem32[base + _CTR] = 0
        machine.mem32[base + _CSR] = _COUNT_RISING | _ENABLE
        return base + _CTR

    def _slice(self, gpio, hz):
        """Connects a pin to its slice, and stops that; its address. hz: any that it can have."""
        self._pwms.append(machine.PWM(machine.Pin(gpio), freq=hz, duty_u16=0))
        base = self._pwm + pwm_slice(gpio) * _SLICE
        machine.mem32[base + _CSR] = 0
        return base
