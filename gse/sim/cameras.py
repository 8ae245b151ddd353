"""Which exposures do the cameras feed back, given power and the trigger pulses that were sent?"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

CHANNELS = 8
START_S = 3.0  # a small camera that boots [K]
RECORDER_START_S = 1.5  # a recorder of sound, which has no picture to set up [K]
_MOST_PULSES = 256  # more in one minor frame is a restarted counter, not a burst


@dataclass(frozen=True, slots=True)
class CameraFaults:
    """What a camera does wrong, by trigger channel."""

    miss_probability: tuple[float, ...] = (0.0,) * CHANNELS
    dead_after_s: tuple[float, ...] = (float("inf"),) * CHANNELS  # seconds from time zero
    hung_from_s: tuple[float, ...] = (float("inf"),) * CHANNELS  # until it is switched off once


class Cameras:
    """Counts exposures per trigger channel; feedback comes one or two minor frames after a pulse.

    The delay is a camera's own, drawn once. Pulses of one minor frame are fed back together. One
    that was switched on takes a while before it does anything.
    """

    __slots__ = (
        "_coming",
        "_cured",
        "_draws",
        "_faults",
        "_latency",
        "_misses",
        "_powered_s",
        "_sent",
        "_start_s",
        "feedback",
        "recording",
    )

    def __init__(self, faults: CameraFaults, draws: Random, recorder: int | None = None) -> None:
        """recorder: the channel of a recorder of sound, if there is one."""
        self.feedback = [0] * CHANNELS  # u16 counters, as the board would read them
        self.recording = 0  # those that say they record, by bit
        self._powered_s: list[float | None] = [None] * CHANNELS  # since when; None: no power
        self._cured = [False] * CHANNELS
        self._faults = faults
        self._draws = draws
        self._latency = [draws.randint(1, 2) for _ in range(CHANNELS)]
        self._sent = [0] * CHANNELS
        self._coming = [0] * CHANNELS
        self._start_s = [RECORDER_START_S if n == recorder else START_S for n in range(CHANNELS)]
        self._misses = any(faults.miss_probability)

    def step(self, triggered: Sequence[int], powered: int, time_from_ei_s: float) -> None:
        """Takes the u32 trigger counters and who had power, by bit, after a minor frame that began
        at time_from_ei_s."""
        self.recording = 0
        for n, count in enumerate(triggered):
            self._switch(n, powered >> n & 1, time_from_ei_s)
            works = self._works(n, time_from_ei_s)
            self.recording |= works << n
            coming = self._coming[n]
            if coming:
                self.feedback[n] = (self.feedback[n] + coming) & 0xFFFF
                self._coming[n] = 0
            pulses = (count - self._sent[n]) & 0xFFFFFFFF
            if not pulses:
                continue
            self._sent[n] = count & 0xFFFFFFFF
            if pulses > _MOST_PULSES or not works:
                continue
            if self._misses:
                chance = self._faults.miss_probability[n]
                pulses -= sum(self._draws.random() < chance for _ in range(pulses))
            if self._latency[n] == 1:
                self.feedback[n] = (self.feedback[n] + pulses) & 0xFFFF
            else:
                self._coming[n] = pulses

    def _switch(self, n: int, power: int, time_from_ei_s: float) -> None:
        if not power:
            if self._powered_s[n] is not None and time_from_ei_s >= self._faults.hung_from_s[n]:
                self._cured[n] = True
            self._powered_s[n] = None
        elif self._powered_s[n] is None:
            self._powered_s[n] = time_from_ei_s

    def _works(self, n: int, time_from_ei_s: float) -> bool:
        since_s = self._powered_s[n]
        if since_s is None or time_from_ei_s < since_s + self._start_s[n]:
            return False
        if time_from_ei_s >= self._faults.dead_after_s[n]:
            return False
        return self._cured[n] or time_from_ei_s < self._faults.hung_from_s[n]
