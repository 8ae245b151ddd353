"""How does the emulated chip's PIO keep to its clock?

By itself the emulator executes at most one instruction of a state machine for each of the
processor's, and none while that sleeps: a pulse would last as long as the processor likes. Here
every state machine gets all of its clocks, and a change of a pin the clock that it belongs to.
"""

from __future__ import annotations

from typing import Any

CLOCK_NS = 8  # of the emulator, 125 MHz
_LOOK_NS = 250_000  # between two looks that nobody asks for: those who count exposures wait so long

_JMP, _X_DECREMENT = 0, 2


class ExactPio:
    """A block of the emulator's, in its place among the peripherals and in the list of blocks."""

    stopped = True  # for the emulator's own loop

    def __init__(self, block: Any, clock: Any) -> None:
        self._block = block
        self._clock = clock
        self._done = 0  # clocks
        self.now_ns: float | None = None  # while state machines run
        self._alarm = clock.create_alarm(self._look)
        self._alarm.schedule(_LOOK_NS)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._block, name)

    def write_uint32(self, offset: int, value: int) -> None:
        self.catch_up()
        self._block.write_uint32(offset, value)

    def write_uint32_atomic(self, offset: int, value: int, kind: int) -> None:
        self.catch_up()
        self._block.write_uint32_atomic(offset, value, kind)

    def read_uint32(self, offset: int) -> Any:
        self.catch_up()
        return self._block.read_uint32(offset)

    def catch_up(self) -> None:
        """Executes up to now; to be called before anything changes that a state machine waits
        for."""
        if self.now_ns is not None:  # one of them is the reason
            return
        due = int(self._clock.nanos / CLOCK_NS)
        clocks, begun = due - self._done, self._done
        self._done = due
        for machine in self._block.machines:
            if machine.enabled:
                self._run(machine, begun, clocks)
        self.now_ns = None

    def _run(self, machine: Any, begun: int, clocks: int) -> None:
        done = 0
        while done < clocks and not machine.waiting:
            self.now_ns = (begun + done) * CLOCK_NS
            at = machine.pc
            machine.step()
            self._block.check_changed_pins()
            done += 1
            word = self._block.instructions[at]
            if machine.pc == at and word >> 13 == _JMP and word >> 5 & 7 == _X_DECREMENT:
                passes = min(machine.x, clocks - done)
                machine.x -= passes
                done += passes

    def _look(self) -> None:
        self.catch_up()
        self._alarm.schedule(_LOOK_NS)
