"""How does the parachute come out, inflate, pull, and tear?"""

from dataclasses import dataclass
from math import cos, exp, pi

from gse.sim.aerodynamics import PARACHUTE_AREA_M2, parachute_drag_coefficient

LINE_STRETCH_S = 1.04  # after mortar fire, flown
_INFLATION_S = 0.62  # from line stretch to the peak load, flown
_BREATHING_S = 0.58  # from the first to the second peak load, flown
_BREATHING_DECAY_S = 0.5
_TORN_SHARE = 0.05  # drag of a torn canopy


@dataclass(slots=True)
class Parachute:
    """One canopy; times in seconds from entry interface."""

    drag_scale: float
    peak_coefficient: float
    strength_n: float
    fired_s: float | None = None
    torn: bool = False
    released: bool = False
    _since_stretch_s: float = -1.0
    _share: float = 0.0
    _overshoot: float = 0.0

    @property
    def stretched(self) -> bool:
        """Whether the lines pull at the vehicle."""
        return self._since_stretch_s >= 0.0 and not self.released

    def update(self, now_s: float) -> None:
        """Brings the canopy to its state at now_s; it is held there over a step."""
        if self.fired_s is None or self.released:
            self._share = 0.0
            return
        since = now_s - self.fired_s - LINE_STRETCH_S
        self._since_stretch_s = since
        if since < 0.0:
            return
        growth = min(1.0, since / _INFLATION_S)
        self._share = growth * growth
        full_s = since - _INFLATION_S
        self._overshoot = 1.0
        if full_s > 0.0:
            swing = cos(2 * pi * full_s / _BREATHING_S)
            self._overshoot = exp(-full_s / _BREATHING_DECAY_S) * swing
        if self.torn:
            self._share *= _TORN_SHARE

    def drag_area_m2(self, mach: float) -> float:
        """Drag coefficient times area now. Inflating, the canopy overshoots its steady drag."""
        if self._share == 0.0:
            return 0.0
        steady = parachute_drag_coefficient(mach) * self.drag_scale
        coefficient = steady + (self.peak_coefficient - steady) * self._overshoot
        return self._share * coefficient * PARACHUTE_AREA_M2

    def load(self, force_n: float) -> None:
        """Tears the canopy when the force is more than it stands."""
        if force_n > self.strength_n:
            self.torn = True
