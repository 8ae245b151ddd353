"""Which task runs now, for how long did it run, and what gives way when time is short?

A cyclic executive: the table of fsw.schedule is unrolled once into 64 slots, one a minor frame of
the major frame, so that a tick touches only the tasks that are due. Nothing here is event-driven.
"""

from array import array

from fsw.dictionary.index import channel, event
from fsw.schedule import MAJOR_FRAME, MINOR_FRAME_US, SHED_HOUSEKEEPING, TASKS

_FRAME_COUNT = channel("FRAME_COUNT")
_FRAME_TIME = channel("FRAME_TIME")
_FRAME_WORST = channel("FRAME_WORST")
_OVERRUNS = channel("OVERRUNS")
_SHED_LEVEL = channel("SHED_LEVEL")
_SHED_RUNS = channel("SHED_RUNS")

_NAMES = tuple([row[0] for row in TASKS])
_WORST = tuple([channel("TASK_" + row[0] + "_WORST") for row in TASKS])
_TASK_OVERRUNS = tuple([channel("TASK_" + row[0] + "_OVERRUNS") for row in TASKS])

_EVENT_OVERRUN = event("OVERRUN")
_EVENT_LOAD_SHED = event("LOAD_SHED")

_TICKS_MASK = (1 << 30) - 1  # boards count microseconds modulo 2^30
_COUNT_MASK = 0xFFFF
_CLEAN_FRAMES = MAJOR_FRAME  # a second without overrun gives one level of load back


def slots_of(table):
    """For each minor frame of the major frame, the rows of the table due in it, in table order.

    Raises ValueError for a period that does not divide the major frame, or a phase not below it.
    """
    for name, period, phase, _, _ in table:
        if MAJOR_FRAME % period or not 0 <= phase < period:
            raise ValueError("task %s: period %d and phase %d do not fit" % (name, period, phase))
    return tuple(
        [
            bytes([i for i in range(len(table)) if frame % table[i][1] == table[i][2]])
            for frame in range(MAJOR_FRAME)
        ]
    )


class Scheduler:
    """Runs the tasks due in each minor frame and measures them with the board's microseconds."""

    def __init__(self, table, runs, cvt, board, events):
        """runs: a callable without arguments for each row of the table, in its order."""
        self._runs = tuple(runs)
        self._cvt = cvt
        self._ticks_us = board.ticks_us
        self._events = events
        self._slots = slots_of(table)
        self._budget = array("i", [row[3] for row in table])
        self._shed = array("i", [row[4] for row in table])
        self._worst = array("i", [_WORST[_NAMES.index(row[0])] for row in table])
        self._over = array("i", [_TASK_OVERRUNS[_NAMES.index(row[0])] for row in table])
        self._clean = 0
        self._least = 0  # shed level that is kept even if no frame overruns
        self.ran = 0  # bit n: row n has run since the watchdog window opened

    def run(self):
        """One minor frame."""
        cvt = self._cvt
        ticks_us = self._ticks_us
        runs = self._runs
        shed_level = cvt[_SHED_LEVEL]
        started = before = ticks_us()
        for i in self._slots[cvt[_FRAME_COUNT] & (MAJOR_FRAME - 1)]:
            shed = self._shed[i]
            if shed and (shed <= shed_level or (before - started) & _TICKS_MASK > MINOR_FRAME_US):
                cvt[_SHED_RUNS] = (cvt[_SHED_RUNS] + 1) & _COUNT_MASK
                continue
            runs[i]()
            after = ticks_us()
            self._account(i, (after - before) & _TICKS_MASK)
            before = after
        self._close_frame((before - started) & _TICKS_MASK)

    def keep_shed(self, level):
        """From now on at least so much load stays shed; 0: what overruns ask for."""
        self._least = level
        if self._cvt[_SHED_LEVEL] < level:
            self._clean = 0
            self._shed_to(level)

    def _account(self, i, cost_us):
        cvt = self._cvt
        self.ran |= 1 << i
        if cost_us > cvt[self._worst[i]]:
            cvt[self._worst[i]] = cost_us
        if cost_us > self._budget[i]:
            cvt[self._over[i]] = (cvt[self._over[i]] + 1) & _COUNT_MASK

    def _close_frame(self, cost_us):
        cvt = self._cvt
        cvt[_FRAME_TIME] = cost_us
        if cost_us > cvt[_FRAME_WORST]:
            cvt[_FRAME_WORST] = cost_us
        if cost_us > MINOR_FRAME_US:
            cvt[_OVERRUNS] = (cvt[_OVERRUNS] + 1) & _COUNT_MASK
            self._clean = 0
            self._events.report(_EVENT_OVERRUN, cost_us, cvt[_OVERRUNS])
            self._shed_to(cvt[_SHED_LEVEL] + 1)
            return
        self._clean += 1
        if self._clean >= _CLEAN_FRAMES:
            self._clean = 0
            self._shed_to(cvt[_SHED_LEVEL] - 1)

    def _shed_to(self, level):
        cvt = self._cvt
        if level < self._least or level > SHED_HOUSEKEEPING:
            return
        cvt[_SHED_LEVEL] = level
        self._events.report(_EVENT_LOAD_SHED, level)
