"""What of `rp2` do boards for the Pico use? Stands in for it, and fails on misuse.

MACHINES is what a test puts behind the state machines: number -> object with put(word), take() ->
a word received or -1, waiting() -> words to take, pending() -> words not yet taken. By default
nothing ever comes.
"""

import machine


class PIO:
    OUT_LOW = 2


class PIOASMEmit:
    """As far as a program of plain words goes: [words, side set by word, wrap target, wrap]."""

    def __init__(self, sideset_init):
        if sideset_init != PIO.OUT_LOW:
            raise machine.Misuse("the trigger pins must begin low")
        self.prog = [[], [], 0, 0]

    def start_pass(self, number):
        self.prog[0].clear()
        self.prog[1].clear()

    def wrap_target(self):
        self.prog[2] = len(self.prog[0])

    def wrap(self):
        self.prog[3] = len(self.prog[0]) - 1

    def word(self, instruction):
        if instruction & 0x1F00:
            raise machine.Misuse("side set and delay come by themselves")
        self.prog[0].append(instruction)
        return self

    def side(self, value):
        self.prog[1].append(value)


class Quiet:
    def put(self, word):
        pass

    def take(self):
        return -1

    def waiting(self):
        return 0

    def pending(self):
        return 0


MACHINES = {}


class StateMachine:
    def __init__(self, number, program, freq, sideset_base):
        if not 0 <= number < 8:
            raise machine.Misuse("there are eight state machines")
        if freq != machine.freq():
            raise machine.Misuse("the divider must be 1")
        if len(program[0]) != len(program[1]) or len(program[0]) > 32:
            raise machine.Misuse("not a program of side sets")
        self.program = program
        self._behind = MACHINES.get(number) or Quiet()
        self._runs = False

    def active(self, run):
        self._runs = bool(run)

    def put(self, word):
        if not 0 <= word < 1 << 30:
            raise machine.Misuse("%d is no small integer" % word)
        if not self._runs:
            raise machine.Misuse("a state machine that stands takes four words only")
        if self._behind.pending() >= 4:
            raise machine.Misuse("put() would wait for ever")
        self._behind.put(word)

    def tx_fifo(self):
        return self._behind.pending()

    def rx_fifo(self):
        return self._behind.waiting()

    def get(self):
        if not self._behind.waiting():
            raise machine.Misuse("get() would wait for ever")
        return self._behind.take()
