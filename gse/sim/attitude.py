"""How does the body turn in the pitch plane?

A second order follower: the axis is pulled towards a direction (the airflow, or what guidance asks
for) as by a spring with damping. With no stiffness it holds its inertial direction.
"""

from dataclasses import dataclass
from math import pi

_REVOLUTION = 2.0 * pi


@dataclass(slots=True)
class Attitude:
    """Pitch of the heat-shield axis above the local horizontal, and its inertial rate."""

    pitch_rad: float
    rate_rad_s: float = 0.0

    def advance(
        self,
        towards_rad: float,
        stiffness_rad_s: float,
        damping: float,
        turn_rad_s: float,
        dt_s: float,
    ) -> float:
        """One step; returns the mean inertial rate in it.

        stiffness: natural frequency; damping: its ratio; turn: how fast the local vertical turns
        forward (horizontal speed over radius), which makes a fixed direction rise.
        """
        error = (towards_rad - self.pitch_rad + pi) % _REVOLUTION - pi
        pull = stiffness_rad_s * (stiffness_rad_s * error - 2.0 * damping * self.rate_rad_s)
        self.rate_rad_s += pull * dt_s
        self.pitch_rad += (self.rate_rad_s + turn_rad_s) * dt_s
        return self.rate_rad_s
