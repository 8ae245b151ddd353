"""What goes wrong with a sensor, when, and for how long?

A fault is one line: CHANNEL KIND at WHEN [for SECONDS] [KEY=VALUE]

    imu.rate clamp at chute+0.2 for 1.0 value=165deg/s
    radar.range step at 330 value=3000m
    contact.a pulse at rover+0.3 for 0.033
    imu zero at -30
    computer reset at engines+5 for 0.5
    clock jump at boot value=11h

CHANNEL: one of CHANNELS below. KIND: one of KINDS. WHEN: seconds from the mission's time zero, or
an event and a delay: boot, a state of the flight code (any case) or one of ALIASES. Faults change
what the board reads, hears and remembers, never the truth; they draw from a stream of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random

from fsw.dictionary.channels import CAMERA_CHANNELS
from fsw.dictionary.channels import CHANNELS as ROWS
from fsw.dictionary.index import channel
from gse.errors import UserError
from gse.sim.counts import scale
from gse.sim.planet import STANDARD_GRAVITY_M_S2

# What a fault can be put on: the fields of the sensor frame it changes.
CHANNELS: dict[str, tuple[str, ...]] = {
    "imu": ("IMU_AXIAL", "IMU_NORMAL", "IMU_RATE"),
    "imu.axial": ("IMU_AXIAL",),
    "imu.normal": ("IMU_NORMAL",),
    "imu.rate": ("IMU_RATE",),
    "radar": ("RADAR_RANGE", "RADAR_SPEED"),
    "radar.range": ("RADAR_RANGE",),
    "radar.speed": ("RADAR_SPEED",),
    "baro": ("BARO_PRESSURE",),
    "throttle": ("THROTTLE",),
    "contact": ("DISCRETES",),
    "contact.a": ("DISCRETES",),
    "contact.b": ("DISCRETES",),
    "contact.c": ("DISCRETES",),
    "microphone": ("MIC_LEVEL",),
    "imu.force": ("IMU_AXIAL", "IMU_NORMAL"),
    "minor_frame": ("SENSOR_READ_TIME",),
    # Beside what is read: the clock, the processor, and the state that is sent up before entry.
    "clock": ("SCLK_S",),
    "computer": (),
    "navigation.altitude": ("NAV_ALTITUDE",),
    **{f"camera.{n}": (f"CAM{n}_FEEDBACK",) for n in range(CAMERA_CHANNELS)},
}
ENTRY_INTERFACE = "ei"
BOOT = "boot"
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
    "min": ("s", 60.0),
    "h": ("s", 3600.0),
}

_LINE = re.compile(
    r"(?P<channel>\S+)\s+(?P<kind>\S+)\s+at\s+(?P<event>[A-Za-z_]+)?(?P<delay>[+-]?\d+\.?\d*)?"
    r"(?:\s+for\s+(?P<duration>\d+\.?\d*))?"
    r"(?:\s+(?P<key>value|factor|frames|sigma)=(?P<value>\S+))?\s*"
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
    other: int  # the field next to it on the same channel


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

    valid: whether the instrument still calls itself valid; saturates: whether it reports that it is
    at full scale; stale: whether it also repeats the number of its measurement.
    """

    change: Callable[[Reading], int]
    needs: str = ""
    valid: bool = True
    saturates: bool = False
    stale: bool = False  # the number of the measurement stays with it


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
    "swap": Kind(lambda r: r.other),
    "stale": Kind(lambda r: r.frozen, stale=True),
    "jump": Kind(lambda r: r.now, "value"),  # of the clock; no reading changes
    "reset": Kind(lambda r: r.now),  # of the processor; no reading changes
}
# By the first word of a channel: all that can happen to it, and, but for the common ones, to no
# other.
_ONLY = {
    "contact": ("pulse", "dropout"),  # closed, or open, whatever it touches
    "clock": ("jump",),
    "computer": ("reset",),
    "navigation": ("bias",),
    "minor_frame": ("overrun",),
}
_COMMON = ("dropout", "bias")
_RESET_S = 0.5  # that a reset takes, if nothing else is written
_LONGEST_RESET_S = 1000.0  # what the simulation link can tell of
_PAIR = 2


@dataclass(frozen=True, slots=True)
class Fault:
    """One line, understood. event: a state of the flight code, BOOT, or None for time zero."""

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
    _fits(name, kind, text)
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
        duration_s=_duration_s(found["duration"], kind, text),
        value=_value(found["value"], needs, CHANNELS[name][0], text) if needs else 0.0,
    )


def _known(word: str, names: Iterable[str], what: str, text: str) -> None:
    if word not in names:
        raise UserError(f"fault {text!r}: no {what} {word!r}; there are {', '.join(names)}")


def _fits(name: str, kind: str, text: str) -> None:
    """Whether this can happen to that."""
    for family, kinds in _ONLY.items():
        belongs = name.split(".", maxsplit=1)[0] == family
        if belongs and kind not in kinds:
            raise UserError(f"fault {text!r}: {family} can only {' or '.join(kinds)}")
        if not belongs and kind in kinds and kind not in _COMMON:
            raise UserError(f"fault {text!r}: only {family} can {kind}")
    if kind == "swap" and len(CHANNELS[name]) != _PAIR:
        raise UserError(f"fault {text!r}: only imu.force, two axes, can swap")


def _duration_s(word: str | None, kind: str, text: str) -> float:
    if kind != "reset":
        return float(word or "inf")
    duration_s = float(word or _RESET_S)
    if duration_s > _LONGEST_RESET_S:
        raise UserError(f"fault {text!r}: a reset takes {_LONGEST_RESET_S:.0f} s at most")
    return duration_s


def _event(word: str | None, states: Sequence[str], text: str) -> str | None:
    if word is None or word.lower() == ENTRY_INTERFACE:
        return None
    if word.lower() == BOOT:
        return BOOT
    name = word.upper() if word.upper() in states else ALIASES.get(word.lower())
    if name not in states:
        aliases = (alias for alias, state in ALIASES.items() if state in states)
        known = [ENTRY_INTERFACE, BOOT, *aliases, *(state.lower() for state in states)]
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
