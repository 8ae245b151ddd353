"""What goes wrong with a sensor, when, and for how long?

A fault is one line: CHANNEL KIND at WHEN [for SECONDS] [KEY=VALUE]

    imu.rate clamp at chute+0.2 for 1.0 value=165deg/s
    radar.range step at 330 value=3000m
    contact.a pulse at rover+0.3 for 0.033
    imu zero at -30

CHANNEL: one of CHANNELS below. KIND: one of KINDS. WHEN: seconds from entry interface, or an event
and a delay: a state of the flight code (any case) or one of ALIASES. Faults change what the board
reads, never the truth; they draw from a stream of their own.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

from fsw.dictionary.channels import CAMERA_CHANNELS, ENUMS
from fsw.dictionary.channels import CHANNELS as ROWS
from fsw.dictionary.index import channel
from fsw.dictionary.packets import SENSOR_FRAME
from fsw.schedule import MINOR_FRAMES_PER_SECOND
from gse.errors import UserError
from gse.sim.counts import scale
from gse.sim.planet import STANDARD_GRAVITY_M_S2
from gse.sim.streams import stream

# What a fault can be put on: the fields of the sensor frame it changes.
CHANNELS: dict[str, tuple[str, ...]] = {
    "imu": ("IMU_AXIAL", "IMU_NORMAL", "IMU_RATE"),
    "imu.axial": ("IMU_AXIAL",),
    "imu.normal": ("IMU_NORMAL",),
    "imu.rate": ("IMU_RATE",),
    "radar": ("RADAR_RANGE", "RADAR_SPEED"),
    "radar.range": ("RADAR_RANGE",),
    "radar.speed": ("RADAR_SPEED",),
    "throttle": ("THROTTLE",),
    "contact": ("DISCRETES",),
    "contact.a": ("DISCRETES",),
    "contact.b": ("DISCRETES",),
    "contact.c": ("DISCRETES",),
    "microphone": ("MIC_LEVEL",),
    "minor_frame": ("SENSOR_READ_TIME",),
    **{f"camera.{n}": (f"CAM{n}_FEEDBACK",) for n in range(CAMERA_CHANNELS)},
}
_STATUS = {"IMU": "IMU_STATUS", "RADAR": "RADAR_STATUS"}  # by the first part of a field's name
_SATURATED = {
    "IMU_AXIAL": "AXIAL_SATURATED",
    "IMU_NORMAL": "NORMAL_SATURATED",
    "IMU_RATE": "RATE_SATURATED",
    "RADAR_RANGE": "SATURATED",
    "RADAR_SPEED": "SATURATED",
}

ENTRY_INTERFACE = "ei"
ALIASES = {
    "chute": "PARACHUTE",
    "heatshield": "HEAT_SHIELD_AWAY",
    "backshell": "BACK_SHELL_AWAY",
    "engines": "POWERED_DESCENT",
    "skycrane": "SKY_CRANE",
    "rover": "BRIDLE_PAYOUT",
}

# For how many of the channel's unit one of the written unit stands.
_UNITS = {
    "g": ("m/s2", STANDARD_GRAVITY_M_S2),
    "km": ("m", 1000.0),
    "ms": ("s", 1e-3),
    "us": ("s", 1e-6),
}

_LINE = re.compile(
    r"(?P<channel>\S+)\s+(?P<kind>\S+)\s+at\s+(?P<event>[A-Za-z_]+)?(?P<delay>[+-]?[\d.]+)?"
    r"(?:\s+for\s+(?P<duration>[\d.]+))?(?:\s+(?P<key>value|factor|frames|sigma)=(?P<value>\S+))?\s*"
)
_QUANTITY = re.compile(r"(?P<number>[+-]?\d+(?:\.\d+)?)(?P<unit>\S*)")


@dataclass(slots=True)
class Reading:
    """One field while a fault lasts: now in counts, frozen as it was when the fault began."""

    name: str
    now: int
    frozen: int
    delayed: int
    value: float
    draws: Random


def _clamp(r: Reading) -> int:
    return scale(r.name).counts(r.value)


def _gone(r: Reading) -> int:
    return r.frozen if r.name.endswith("FEEDBACK") else 0  # a counter keeps its count


def _noise(r: Reading) -> int:
    return r.now + round(r.draws.gauss(0.0, r.value * scale(r.name).per_unit))


def _shift(r: Reading) -> int:
    return r.now + round(r.value * scale(r.name).per_unit)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of fault does to a reading. needs: the key it takes, "" for none.

    valid: whether the instrument still calls itself valid; saturates: whether it reports that.
    """

    change: Callable[[Reading], int]
    needs: str = ""
    valid: bool = True
    saturates: bool = False


KINDS: dict[str, Kind] = {
    "clamp": Kind(_clamp, "value", saturates=True),
    "freeze": Kind(lambda r: r.frozen),
    "zero": Kind(lambda r: 0),
    "bias": Kind(_shift, "value"),
    "step": Kind(_shift, "value"),
    "scale": Kind(lambda r: round(r.now * r.value), "factor"),
    "sign": Kind(lambda r: -r.now),
    "noise": Kind(_noise, "sigma"),
    "delay": Kind(lambda r: r.delayed, "frames"),
    "dropout": Kind(lambda r: r.frozen, valid=False),
    "gone": Kind(_gone, valid=False),
    "pulse": Kind(lambda r: r.now),  # of a switch: see _switch
    "overrun": Kind(_clamp, "value"),
}
_OF_SWITCHES = ("pulse", "dropout")  # closed, or open, whatever it touches


@dataclass(frozen=True, slots=True)
class Fault:
    """One line, understood. event: a state of the flight code, or None for entry interface."""

    text: str
    channel: str
    kind: str
    event: str | None
    delay_s: float
    duration_s: float
    value: float

    def covers(self, since_event_s: float) -> bool:
        return self.delay_s <= since_event_s < self.delay_s + self.duration_s


def parse(text: str, states: Sequence[str]) -> Fault:
    """Reads one line. Raises UserError that names what is not understood."""
    found = _LINE.fullmatch(text.strip())
    if not found or (found["event"] is None and found["delay"] is None):
        raise UserError(
            f"fault {text!r} is not understood: write CHANNEL KIND at WHEN [for SECONDS] "
            "[KEY=VALUE], such as 'radar.range step at 330 value=3000m'"
        )
    name, kind = found["channel"], found["kind"]
    _known(name, CHANNELS, "channel", text)
    _known(kind, KINDS, "kind", text)
    if name.startswith("contact") and kind not in _OF_SWITCHES:
        raise UserError(f"fault {text!r}: a contact switch can only {' or '.join(_OF_SWITCHES)}")
    if kind == "pulse" and not name.startswith("contact"):
        raise UserError(f"fault {text!r}: only a contact switch can pulse")
    needs = KINDS[kind].needs
    if (found["key"] or "") != needs:
        wanted = f"needs {needs}=" if needs else "takes no value"
        raise UserError(f"fault {text!r}: {kind} {wanted}")
    return Fault(
        text=text,
        channel=name,
        kind=kind,
        event=_event(found["event"], states, text),
        delay_s=float(found["delay"] or 0.0),
        duration_s=float(found["duration"] or "inf"),
        value=_value(found["value"], needs, CHANNELS[name][0], text) if needs else 0.0,
    )


def _known(word: str, names: Iterable[str], what: str, text: str) -> None:
    if word not in names:
        raise UserError(f"fault {text!r}: no {what} {word!r}; there are {', '.join(names)}")


def _event(word: str | None, states: Sequence[str], text: str) -> str | None:
    if word is None or word.lower() == ENTRY_INTERFACE:
        return None
    name = ALIASES.get(word.lower(), word.upper())
    if name not in states:
        known = [ENTRY_INTERFACE, *ALIASES, *(state.lower() for state in states)]
        raise UserError(f"fault {text!r}: no event {word!r}; there are {', '.join(known)}")
    return name


def _value(word: str, needs: str, field_name: str, text: str) -> float:
    """The number in the unit of the field; frames and factors are plain."""
    found = _QUANTITY.fullmatch(word)
    if not found:
        raise UserError(f"fault {text!r}: {word!r} is no number with a unit")
    number, unit = float(found["number"]), found["unit"]
    own: str = ROWS[channel(field_name)][2]
    if needs in {"factor", "frames"} and unit:
        raise UserError(f"fault {text!r}: {needs} takes no unit")
    if not unit or unit == own:
        return number
    if unit in _UNITS and _UNITS[unit][0] == own:
        return number * _UNITS[unit][1]
    raise UserError(f"fault {text!r}: {field_name} is in {own or 'counts'}, not {unit}")


_LONGEST_DELAY = 10 * MINOR_FRAMES_PER_SECOND  # minor frames; a longer one is cut to it


@dataclass(slots=True)
class Faults:
    """All faults of one flight, applied to each sensor frame on its way to the target."""

    faults: Sequence[Fault]
    seed: int
    _began_s: dict[str | None, float] = field(default_factory=lambda: {None: 0.0})
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
            began = self._began_s.get(fault.event)
            if began is None or not fault.covers(time_from_ei_s - began):
                continue
            frozen = self._frozen.setdefault(number, list(counts))
            if fault.channel.startswith("contact"):
                _switch(result, fault)
            else:
                self._disturb(result, fault, frozen)
        return result

    def _disturb(self, counts: list[int], fault: Fault, frozen: list[int]) -> None:
        kind = KINDS[fault.kind]
        back = min(1 + round(fault.value), len(self._past)) if fault.kind == "delay" else 1
        for name in CHANNELS[fault.channel]:
            i = SENSOR_FRAME.index(name)
            reading = Reading(
                name, counts[i], frozen[i], self._past[-back][i], fault.value, self._draws
            )
            counts[i] = _held(name, kind.change(reading))
            status = _STATUS.get(name.split("_")[0])
            if status is not None:
                _set_status(counts, status, name, kind)


def _held(name: str, counts: int) -> int:
    """Counts held at the ends of what the field can carry."""
    ends = scale(name)
    return min(max(counts, ends.lowest), ends.highest)


def _set_status(counts: list[int], status: str, name: str, kind: Kind) -> None:
    i = SENSOR_FRAME.index(status)
    if not kind.valid:
        counts[i] &= ~(1 << ENUMS[status].index("VALID"))
    if kind.saturates:
        counts[i] |= 1 << ENUMS[status].index(_SATURATED[name])


def _switch(counts: list[int], fault: Fault) -> None:
    names = [fault.channel[-1].upper()] if "." in fault.channel else ["A", "B", "C"]
    i = SENSOR_FRAME.index("DISCRETES")
    for name in names:
        bit = 1 << ENUMS["DISCRETES"].index(f"CONTACT_{name}")
        counts[i] = counts[i] | bit if fault.kind == "pulse" else counts[i] & ~bit
