"""How does a state machine of the PIO run trigger.pio, and when does its pin change?

Executes the assembled words clock by clock as RP2040 datasheet, section 3.4, tells, for the
instructions that the program uses; a loop of one instruction and a wait for the grid are taken in
one step, so that ten minutes at 144 MHz can be run. rp2040-pio-emulator runs the same words in
the tests beside it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

_MASK = (1 << 32) - 1
FIFO = 4  # words each way
_SYNCHRONISER = 2  # clocks until a state machine sees what a pin is
JMP, WAIT, PUSH_PULL, MOV = 0, 1, 4, 5
X, Y, ISR, OSR = 1, 2, 6, 7
INVERT = 1
ALWAYS, NOT_X, X_DECREMENT = 0, 1, 2


@dataclass
class StateMachine:
    """One state machine; grid_period: clocks from one rising edge of the grid to the next, the
    first at clock 0, high for half of it."""

    words: Sequence[int]
    wrap_target: int
    wrap: int
    grid_period: int
    clock: int = 0
    pc: int = 0
    transmit: deque[int] = field(default_factory=deque)
    receive: deque[int] = field(default_factory=deque)
    registers: dict[int, int] = field(default_factory=lambda: {X: 0, Y: 0, ISR: 0, OSR: 0})
    pin: int = 0
    rising: list[int] = field(default_factory=list)  # clocks
    falling: list[int] = field(default_factory=list)

    def put(self, word: int) -> None:
        """As the processor writes it. Raises AssertionError for a full FIFO."""
        assert len(self.transmit) < FIFO, "the FIFO is full"
        self.transmit.append(word)

    def run(self, until: int) -> None:
        """Executes up to, and without, a clock."""
        while self.clock < until:
            if not self._step(until):
                self.clock = until

    def _step(self, until: int) -> bool:
        """One instruction; False when nothing will happen until something is sent."""
        word = self.words[self.pc]
        assert not word & 0x0F00, "the program has no delays"
        self._side_set(word >> 12 & 1)
        operation, argument = word >> 13, word & 0xFF
        if operation == JMP:
            return self._jump(argument, until)
        if operation == WAIT:
            return self._wait(argument, until)
        if operation == PUSH_PULL:
            return self._pull(argument) if argument & 0x80 else self._push(argument)
        assert operation == MOV
        target, change, source = argument >> 5, argument >> 3 & 3, argument & 7
        value = self.registers[source]
        self.registers[target] = value ^ _MASK if change == INVERT else value
        return self._advance()

    def _side_set(self, value: int) -> None:
        if value != self.pin:
            (self.rising if value else self.falling).append(self.clock)
            self.pin = value

    def _advance(self, target: int | None = None) -> bool:
        self.clock += 1
        if target is not None:
            self.pc = target
        else:
            self.pc = self.wrap_target if self.pc == self.wrap else self.pc + 1
        return True

    def _jump(self, argument: int, until: int) -> bool:
        condition, target = argument >> 5, argument & 0x1F
        x = self.registers[X]
        if condition == ALWAYS:
            return self._advance(target)
        if condition == NOT_X:
            return self._advance(None if x else target)
        assert condition == X_DECREMENT
        if target == self.pc and x:  # once round for each count, or as often as there is time
            turns = min(x, until - self.clock)
            self.registers[X] = x - turns
            self.clock += turns
            return True
        self.registers[X] = (x - 1) & _MASK
        return self._advance(target if x else None)

    def _wait(self, argument: int, until: int) -> bool:
        polarity = argument >> 7
        phase = (self.clock - _SYNCHRONISER) % self.grid_period
        high = phase < self.grid_period // 2
        if high == bool(polarity):
            return self._advance()
        ahead = (self.grid_period if polarity else self.grid_period // 2) - phase
        self.clock = min(self.clock + ahead, until)
        return True

    def _pull(self, argument: int) -> bool:
        if self.transmit:
            self.registers[OSR] = self.transmit.popleft()
        elif argument & 0x20:
            return False
        else:
            self.registers[OSR] = self.registers[X]
        return self._advance()

    def _push(self, argument: int) -> bool:
        assert not argument & 0x20, "the program never waits for a reader"
        if len(self.receive) < FIFO:
            self.receive.append(self.registers[ISR])
        self.registers[ISR] = 0
        return self._advance()
