"""Which exposures do the cameras feed back, given the trigger pulses that were sent?"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

CHANNELS = 8
_MOST_PULSES = 256  # more in one minor frame is a restarted counter, not a burst


@dataclass(frozen=True, slots=True)
class CameraFaults:
    """What a camera does wrong, by trigger channel."""

    miss_probability: tuple[float, ...] = (0.0,) * CHANNELS
    dead_after_s: tuple[float, ...] = (float("inf"),) * CHANNELS  # seconds from time zero


class Cameras:
    """Counts exposures per trigger channel; feedback comes one or two minor frames after a pulse.

    The delay is a camera's own, drawn once. Pulses of one minor frame are fed back together.
    """

    __slots__ = ("_coming", "_draws", "_faults", "_latency", "_misses", "_sent", "feedback")

    def __init__(self, faults: CameraFaults, draws: Random) -> None:
        self.feedback = [0] * CHANNELS  # u16 counters, as the board would read them
        self._faults = faults
        self._draws = draws
        self._latency = [draws.randint(1, 2) for _ in range(CHANNELS)]
        self._sent = [0] * CHANNELS
        self._coming = [0] * CHANNELS
        self._misses = any(faults.miss_probability)

    def step(self, triggered: Sequence[int], time_from_ei_s: float) -> None:
        """Takes the u32 trigger counters after a minor frame that began at time_from_ei_s."""
        for n, count in enumerate(triggered):
            coming = self._coming[n]
            if coming:
                self.feedback[n] = (self.feedback[n] + coming) & 0xFFFF
                self._coming[n] = 0
            pulses = (count - self._sent[n]) & 0xFFFFFFFF
            if not pulses:
                continue
            self._sent[n] = count & 0xFFFFFFFF
            if pulses > _MOST_PULSES or time_from_ei_s >= self._faults.dead_after_s[n]:
                continue
            if self._misses:
                chance = self._faults.miss_probability[n]
                pulses -= sum(self._draws.random() < chance for _ in range(pulses))
            if self._latency[n] == 1:
                self.feedback[n] = (self.feedback[n] + pulses) & 0xFFFF
            else:
                self._coming[n] = pulses
