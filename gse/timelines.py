"""What is an account of each mission's flight made of: which events, from which zero, beside what?

Everything here is data. Mars 2020 as reconstructed from its trajectory (github kwan3217/edl; times
good to 0.1-0.5 s), seconds from entry interface at a radius of 3522.2 km; cruise stage separation
as planned. A drop test has no flown reference: its events stand beside the truth where it is known.
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
class Event:
    """One line of the timeline. flown_s: when it happened on the landing that is the reference;
    truth: else the mark of the simulated vehicle to compare with, "" for none."""

    label: str
    source: Source
    key: str
    flown_s: float | None = None
    truth: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Of one mission. time_zero: what its times count from; reference: heads the column beside.

    The rest are the ends of the axes of the report's plots.
    """

    time_zero: str
    reference: str
    plotted_s: tuple[float, float]
    highest_m: float
    low_m: float  # of the plot that shows the last part of the descent
    slow_m_s: float  # of the plot of descent rates
    events: tuple[Event, ...]


MARS2020 = Timeline(
    time_zero="entry interface",
    reference="Mars 2020",
    plotted_s=(-30, 470),
    highest_m=135e3,
    low_m=3000,
    slow_m_s=100,
    events=(
        Event("cruise stage separation", Source.STATE, "COAST", -600.0),
        Event("entry interface", Source.TRUTH, "entry interface", 0.0),
        Event("0.2 g sensed, guidance start", Source.STATE, "ENTRY"),
        Event("peak heating", Source.TRUTH, "peak heating", 79.65),
        Event("peak deceleration", Source.TRUTH, "peak deceleration", 87.04),
        Event("straighten up and fly right", Source.STATE, "STRAIGHTEN_UP", 223.8),
        Event("manoeuvre complete", Source.STATE, "PARACHUTE_READY", 237.8),
        Event("parachute mortar", Source.STATE, "PARACHUTE", 240.63),
        Event("line stretch", Source.TRUTH, "line stretch", 241.67),
        Event("peak inflation load", Source.TRUTH, "peak inflation load", 242.29),
        Event("heat shield separation", Source.STATE, "HEAT_SHIELD_AWAY", 263.26),
        Event("radar lock", Source.REPORT, "ALTIMETER_LOCKED"),
        Event("back shell separation", Source.STATE, "BACK_SHELL_AWAY", 357.30),
        Event("powered descent start", Source.STATE, "POWERED_DESCENT", 358.34),
        Event("constant velocity, 32 m/s", Source.STATE, "CONSTANT_VELOCITY", 389.57),
        Event("constant deceleration", Source.STATE, "CONSTANT_DECELERATION", 393.81),
        Event("sky crane start, 0.75 m/s", Source.STATE, "SKY_CRANE", 399.73),
        Event("rover separation", Source.STATE, "BRIDLE_PAYOUT", 402.38),
        Event("bridle paid out", Source.STATE, "TOUCHDOWN_SENSING", 407.88),
        Event("contact", Source.TRUTH, "contact", 418.07),
        Event("touchdown declared, bridle cut", Source.STATE, "FLYAWAY", 419.57),
        Event("stage flown away", Source.STATE, "LANDED"),
    ),
)

DROPTEST = Timeline(
    time_zero="planned launch",
    reference="truth",
    plotted_s=(-20, 240),
    highest_m=600,
    low_m=200,
    slow_m_s=30,
    events=(
        Event("launch detected", Source.STATE, "ASCENT", truth="lift-off"),
        Event("release or apogee", Source.STATE, "FREE_FALL", truth="release"),
        Event("canopy let out", Source.STATE, "CHUTE"),
        Event("line stretch", Source.TRUTH, "line stretch"),
        Event("reefed canopy full", Source.TRUTH, "reefed canopy full"),
        Event("reefing line cut", Source.STATE, "MAIN"),
        Event("main canopy full", Source.TRUTH, "main canopy full"),
        Event("touchdown", Source.TRUTH, "touchdown"),
        Event("landing detected", Source.STATE, "LANDED", truth="touchdown"),
    ),
)

TIMELINES: dict[str, Timeline] = {"mars2020": MARS2020, "droptest": DROPTEST}
