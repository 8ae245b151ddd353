"""What does the flight code meet when something goes wrong? Faults, frame by frame.

What a fault is and how it is written: gse/sim/faults.py.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from fsw.dictionary.channels import ENUMS
from fsw.dictionary.packets import SENSOR_FRAME
from fsw.schedule import MINOR_FRAMES_PER_SECOND
from gse.sim.counts import scale
from gse.sim.faults import BOOT, CHANNELS, KINDS, Fault, Kind, Reading
from gse.sim.streams import stream

# By the first part of a field's name.
_STATUS = {"IMU": "IMU_STATUS", "RADAR": "RADAR_STATUS", "BARO": "BARO_STATUS"}
_SATURATED = {
    "IMU_AXIAL": "AXIAL_SATURATED",
    "IMU_NORMAL": "NORMAL_SATURATED",
    "IMU_RATE": "RATE_SATURATED",
    "RADAR_RANGE": "SATURATED",
    "RADAR_SPEED": "SATURATED",
}

_LONG_AGO_S = 1e9
_NOT_READ = ("clock", "computer", "navigation.altitude")  # no field of the sensor frame
_LONGEST_DELAY = 10 * MINOR_FRAMES_PER_SECOND  # minor frames; a longer one is cut to it


@dataclass(slots=True)
class Disturbance:
    """All faults of one flight."""

    faults: Sequence[Fault]
    seed: int
    _began_s: dict[str | None, float] = field(
        default_factory=lambda: {None: 0.0, BOOT: -_LONG_AGO_S}
    )
    _done: set[int] = field(default_factory=set)
    _frozen: dict[int, list[int]] = field(default_factory=dict)
    _past: deque[list[int]] = field(default_factory=lambda: deque(maxlen=_LONGEST_DELAY + 1))
    _draws: Random = field(init=False)

    def __post_init__(self) -> None:
        self._draws = stream(self.seed, "faults")

    def state_entered(self, state: str, time_from_ei_s: float) -> None:
        """Tells when the flight code entered a state; the first time counts."""
        self._began_s.setdefault(state, time_from_ei_s)

    def apply(self, counts: Sequence[int], time_from_ei_s: float) -> list[int]:
        """Counts in the order of SENSOR_FRAME as the board reads them with these faults."""
        result = list(counts)
        self._past.append(list(counts))
        for number, fault in enumerate(self.faults):
            if fault.channel in _NOT_READ or not self._covers(fault, time_from_ei_s):
                continue
            frozen = self._frozen.setdefault(number, list(counts))
            if fault.channel.startswith("contact"):
                _switch(result, fault)
            else:
                self._disturb(result, fault, frozen)
        return result

    @property
    def clock_error_s(self) -> int:
        """By how many seconds the clock is wrong at boot."""
        return round(sum(f.value for f in self.faults if f.channel == "clock" and f.event == BOOT))

    @property
    def altitude_error_m(self) -> float:
        """By how much the altitude that is sent up before entry is wrong."""
        return sum(f.value for f in self.faults if f.channel == "navigation.altitude")

    def clock_jumps(self, time_from_ei_s: float) -> Iterator[int]:
        """Seconds by which the clock is moved in this minor frame, one after the other."""
        for number in self._begun_now("clock", time_from_ei_s):
            yield round(self.faults[number].value)

    def reset_frames(self, time_from_ei_s: float) -> int:
        """Minor frames for which the processor is away from now on; 0: it runs."""
        lasting = [
            max(1, round(self.faults[n].duration_s * MINOR_FRAMES_PER_SECOND))
            for n in self._begun_now("computer", time_from_ei_s)
        ]
        return max(lasting, default=0)

    def _begun_now(self, channel: str, time_from_ei_s: float) -> list[int]:
        """Numbers of the faults of a channel that had not begun before, and have now."""
        begun = [
            number
            for number, fault in enumerate(self.faults)
            if fault.channel == channel
            and fault.event != BOOT
            and number not in self._done
            and self._covers(fault, time_from_ei_s)
        ]
        self._done.update(begun)
        return begun

    def _covers(self, fault: Fault, time_from_ei_s: float) -> bool:
        began = self._began_s.get(fault.event)
        return began is not None and fault.covers(time_from_ei_s - began)

    def _disturb(self, counts: list[int], fault: Fault, frozen: list[int]) -> None:
        kind = KINDS[fault.kind]
        back = min(1 + round(fault.value), len(self._past)) if fault.kind == "delay" else 1
        names = CHANNELS[fault.channel]
        fields = [SENSOR_FRAME.index(name) for name in names]
        before = [counts[i] for i in fields]
        for k, (name, i) in enumerate(zip(names, fields, strict=True)):
            reading = Reading(
                name=name,
                now=counts[i],
                frozen=frozen[i],
                delayed=self._past[-back][i],
                value=fault.value,
                draws=self._draws,
                other=before[(k + 1) % len(before)],
            )
            counts[i] = _held(name, kind.change(reading))
            status = _STATUS.get(name.split("_")[0])
            if status is not None:
                _set_status(counts, status, name, kind)
            number = name.split("_")[0] + "_SEQUENCE"
            if kind.stale and number in SENSOR_FRAME:
                counts[SENSOR_FRAME.index(number)] = frozen[SENSOR_FRAME.index(number)]


def _held(name: str, counts: int) -> int:
    """Counts held at the ends of what the field can carry."""
    ends = scale(name)
    return min(max(counts, ends.lowest), ends.highest)


def _set_status(counts: list[int], status: str, name: str, kind: Kind) -> None:
    i = SENSOR_FRAME.index(status)
    if not kind.valid:
        counts[i] &= ~(1 << ENUMS[status].index("VALID"))
    if kind.saturates and name in _SATURATED:
        counts[i] |= 1 << ENUMS[status].index(_SATURATED[name])


def _switch(counts: list[int], fault: Fault) -> None:
    names = [fault.channel[-1].upper()] if "." in fault.channel else ["A", "B", "C"]
    i = SENSOR_FRAME.index("DISCRETES")
    for name in names:
        bit = 1 << ENUMS["DISCRETES"].index(f"CONTACT_{name}")
        counts[i] = counts[i] | bit if fault.kind == "pulse" else counts[i] & ~bit
