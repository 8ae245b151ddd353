"""When did each event happen on the real landing?

Mars 2020 as reconstructed from its trajectory (github kwan3217/edl; times good to 0.1-0.5 s),
seconds from entry interface at a radius of 3522.2 km; cruise stage separation as planned.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Source(Enum):
    """What dates the event of a simulated flight."""

    STATE = "state"  # the flight software's report that it entered a state
    REPORT = "report"  # another event report
    TRUTH = "truth"  # the simulated vehicle


@dataclass(frozen=True, slots=True)
class FlownEvent:
    """One line of the timeline. flown_s is None where no time was published."""

    label: str
    source: Source
    key: str
    flown_s: float | None


TIMELINE: dict[str, tuple[FlownEvent, ...]] = {
    "mars2020": (
        FlownEvent("cruise stage separation", Source.STATE, "COAST", -600.0),
        FlownEvent("entry interface", Source.TRUTH, "entry interface", 0.0),
        FlownEvent("0.2 g sensed, guidance start", Source.STATE, "ENTRY", None),
        FlownEvent("peak heating", Source.TRUTH, "peak heating", 79.65),
        FlownEvent("peak deceleration", Source.TRUTH, "peak deceleration", 87.04),
        FlownEvent("straighten up and fly right", Source.STATE, "STRAIGHTEN_UP", 223.8),
        FlownEvent("manoeuvre complete", Source.STATE, "PARACHUTE_READY", 237.8),
        FlownEvent("parachute mortar", Source.STATE, "PARACHUTE", 240.63),
        FlownEvent("line stretch", Source.TRUTH, "line stretch", 241.67),
        FlownEvent("peak inflation load", Source.TRUTH, "peak inflation load", 242.29),
        FlownEvent("heat shield separation", Source.STATE, "HEAT_SHIELD_AWAY", 263.26),
        FlownEvent("radar lock", Source.REPORT, "ALTIMETER_LOCKED", None),
        FlownEvent("back shell separation", Source.STATE, "BACK_SHELL_AWAY", 357.30),
        FlownEvent("powered descent start", Source.STATE, "POWERED_DESCENT", 358.34),
        FlownEvent("constant velocity, 32 m/s", Source.STATE, "CONSTANT_VELOCITY", 389.57),
        FlownEvent("constant deceleration", Source.STATE, "CONSTANT_DECELERATION", 393.81),
        FlownEvent("sky crane start, 0.75 m/s", Source.STATE, "SKY_CRANE", 399.73),
        FlownEvent("rover separation", Source.STATE, "BRIDLE_PAYOUT", 402.38),
        FlownEvent("bridle paid out", Source.STATE, "TOUCHDOWN_SENSING", 407.88),
        FlownEvent("contact", Source.TRUTH, "contact", 418.07),
        FlownEvent("touchdown declared, bridle cut", Source.STATE, "FLYAWAY", 419.57),
        FlownEvent("stage flown away", Source.STATE, "LANDED", None),
    ),
}
