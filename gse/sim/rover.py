"""Where is the rover, what does it weigh on the bridle, and how hard does it touch the ground?"""

from dataclasses import dataclass

BRIDLE_M = 7.5
_PAYOUT_S = 5.5
_OFFLOAD_S = 0.2  # from contact until the bridle is slack
SOFT_M_S = 1.5  # fastest touchdown that the wheels stand
_SIDEWAYS_M_S = 1.0  # beyond it the rover tips over


@dataclass(slots=True)
class Rover:
    """Stowed under the descent stage, hanging below it, falling, or on the ground."""

    mass_kg: float
    released_s: float | None = None
    cut_s: float | None = None
    contact_s: float | None = None
    touchdown_speed_m_s: float = 0.0
    touchdown_sideways_m_s: float = 0.0
    below_m: float = 0.0  # bridle paid out
    height_m: float = 0.0  # of the wheels above the ground
    fall_m_s: float = 0.0  # sink rate

    @property
    def hanging(self) -> bool:
        """Whether it is still tied to the stage."""
        return self.cut_s is None or self.released_s is None

    @property
    def soft(self) -> bool:
        """Whether it came down as it should."""
        return (
            self.contact_s is not None
            and self.touchdown_speed_m_s <= SOFT_M_S
            and self.touchdown_sideways_m_s <= _SIDEWAYS_M_S
        )

    def carried_kg(self, now_s: float) -> float:
        """What of its mass the stage carries."""
        if not self.hanging:
            return 0.0
        if self.contact_s is None:
            return self.mass_kg
        return self.mass_kg * max(0.0, 1.0 - (now_s - self.contact_s) / _OFFLOAD_S)

    def advance(
        self, now_s: float, stage_height_m: float, sink_m_s: float, sideways_m_s: float,
        gravity_m_s2: float, dt_s: float,
    ) -> None:  # fmt: skip
        """Follows the stage (height of the stowed wheels, speeds), or falls."""
        if self.contact_s is not None:
            return
        if self.hanging:
            paying_out = 0.0
            if self.released_s is not None:
                self.below_m = min(BRIDLE_M, BRIDLE_M * (now_s - self.released_s) / _PAYOUT_S)
                paying_out = BRIDLE_M / _PAYOUT_S if self.below_m < BRIDLE_M else 0.0
            self.height_m = stage_height_m - self.below_m
            self.fall_m_s = sink_m_s + paying_out
        else:
            self.fall_m_s += gravity_m_s2 * dt_s
            self.height_m -= self.fall_m_s * dt_s
        if self.height_m <= 0.0:
            self.height_m = 0.0
            self.contact_s = now_s
            self.touchdown_speed_m_s = self.fall_m_s
            self.touchdown_sideways_m_s = abs(sideways_m_s)
