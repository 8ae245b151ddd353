"""What acceleration does the lander's own guidance ask for in powered descent?

The profile is one of speed against height, from wherever the engines start: constant deceleration
to 32 m/s, 32 m/s held, constant deceleration to 0.75 m/s, and 0.75 m/s to the ground. Horizontal
speed is taken out early. Guidance sees the truth with small fixed errors of its own; it is not the
flight code under test.
"""

from dataclasses import dataclass
from math import atan2, sqrt

from gse.sim.config import Config

APPROACH_SPEED_M_S = 32.0
TOUCHDOWN_SPEED_M_S = 0.75
SKY_CRANE_HEIGHT_M = 21.3
LAST_DECELERATION_M_S2 = 5.28
HOLD_S = 4.24

# Heights, from the ground up, at which each part of the profile begins.
LAST_DECELERATION_HEIGHT_M = SKY_CRANE_HEIGHT_M + (
    (APPROACH_SPEED_M_S**2 - TOUCHDOWN_SPEED_M_S**2) / (2.0 * LAST_DECELERATION_M_S2)
)
HOLD_HEIGHT_M = LAST_DECELERATION_HEIGHT_M + APPROACH_SPEED_M_S * HOLD_S

_SPEED_GAIN_S = 1.0  # 1/s
_HORIZONTAL_GAIN_S = 0.4  # 1/s
_HORIZONTAL_LIMIT_M_S2 = 3.0
_STEEPEST_BRAKING_M_S2 = 12.0  # more than the engines have: the demand, not the result
_LARGEST_TILT = 1.0  # horizontal over vertical force: 45 deg


@dataclass(slots=True)
class DescentGuidance:
    """One powered descent; begun at the first call of demand."""

    config: Config
    approach_deceleration_m_s2: float | None = None

    def demand(
        self, height_m: float, up_m_s: float, east_m_s: float, gravity_m_s2: float
    ) -> tuple[float, float]:
        """Force per mass to apply (up, east) in m/s2, from the height of the stowed wheels."""
        config = self.config
        height = height_m + config.guidance_altitude_error_m
        sink = -(up_m_s + config.guidance_velocity_error_m_s)
        gravity = gravity_m_s2 * (1.0 + config.guidance_gravity_error)
        if self.approach_deceleration_m_s2 is None:
            excess = max(0.0, sink * sink - APPROACH_SPEED_M_S**2)
            room_m = max(1.0, height - HOLD_HEIGHT_M)
            self.approach_deceleration_m_s2 = min(excess / (2 * room_m), _STEEPEST_BRAKING_M_S2)
        wanted, deceleration = self._profile(height)
        # Slower than the profile there is less to brake: else it would hang where both cancel.
        braking = deceleration * min(1.0, (sink / wanted) ** 2) + _SPEED_GAIN_S * (sink - wanted)
        up = gravity + min(max(braking, -2.0), _STEEPEST_BRAKING_M_S2)
        east = min(
            max(-_HORIZONTAL_GAIN_S * east_m_s, -_HORIZONTAL_LIMIT_M_S2), _HORIZONTAL_LIMIT_M_S2
        )
        widest = _LARGEST_TILT * up
        return up, min(max(east, -widest), widest)

    def _profile(self, height_m: float) -> tuple[float, float]:
        """Sink rate wanted at a height, and the deceleration that keeps to it."""
        if height_m > HOLD_HEIGHT_M:
            rate = self.approach_deceleration_m_s2 or 0.0
            return sqrt(APPROACH_SPEED_M_S**2 + 2 * rate * (height_m - HOLD_HEIGHT_M)), rate
        if height_m > LAST_DECELERATION_HEIGHT_M:
            return APPROACH_SPEED_M_S, 0.0
        if height_m > SKY_CRANE_HEIGHT_M:
            above = 2 * LAST_DECELERATION_M_S2 * (height_m - SKY_CRANE_HEIGHT_M)
            return sqrt(TOUCHDOWN_SPEED_M_S**2 + above), LAST_DECELERATION_M_S2
        return TOUCHDOWN_SPEED_M_S, 0.0


def axis_against(up: float, east: float) -> float:
    """Pitch in radians of the body axis that points against a force: thrust comes out along it."""
    return atan2(-up, -east)
