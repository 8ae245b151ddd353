"""How does the canopy come out, fill, pull, and tear?"""

from dataclasses import dataclass
from math import pi, sqrt

EXTRACTION_S = 0.5  # from letting the bundle go until its lines are taut [K]
_FILLING_CONSTANT = 8.0  # diameters that a flat circular canopy travels while it fills (Knacke [K])
_SLOWEST_FILLING_M_S = 5.0
_PROJECTED_SHARE = 0.45  # area of the filled canopy's mouth, of its cloth [K]
_TORN_SHARE = 0.05  # drag of a torn canopy


@dataclass(slots=True)
class Canopy:
    """One canopy, reefed at first; times in seconds from the planned launch."""

    cloth_kg: float
    diameter_m: float
    drag_coefficient: float
    reefed_share: float
    strength_n: float
    let_out_s: float | None = None
    reefed: bool = True
    taut: bool = False
    torn: bool = False
    drag_area_m2: float = 0.0
    _from_m2: float = 0.0
    _towards_m2: float = 0.0
    _filling_from_s: float = 0.0
    _filling_for_s: float = 1.0

    @property
    def full(self) -> bool:
        """Whether it has filled as far as it may."""
        return self.taut and self.drag_area_m2 >= self._towards_m2

    def update(self, now_s: float, airspeed_m_s: float) -> None:
        """Brings its drag area to now_s; it is held there over a step."""
        if not self.taut:
            return
        wanted = self._wanted_m2()
        if wanted != self._towards_m2:
            self._from_m2 = self.drag_area_m2
            self._towards_m2 = wanted
            self._filling_from_s = now_s
            mouth_m = self.diameter_m * sqrt(self.reefed_share if self.reefed else 1.0)
            speed = max(airspeed_m_s, _SLOWEST_FILLING_M_S)
            self._filling_for_s = _FILLING_CONSTANT * mouth_m / speed
        growth = min(1.0, (now_s - self._filling_from_s) / self._filling_for_s)
        self.drag_area_m2 = self._from_m2 + (wanted - self._from_m2) * growth * growth
        if self.torn:
            self.drag_area_m2 = wanted

    def _wanted_m2(self) -> float:
        full_m2 = 0.25 * pi * self.diameter_m**2 * self.drag_coefficient
        if self.torn:
            return full_m2 * _TORN_SHARE
        return full_m2 * self.reefed_share if self.reefed else full_m2

    def air_kg(self, density_kg_m3: float) -> float:
        """Air that it carries along: the half ball behind its mouth."""
        mouth_m2 = self.drag_area_m2 / self.drag_coefficient * _PROJECTED_SHARE
        radius_m = sqrt(mouth_m2 / pi)
        return density_kg_m3 * 2.0 / 3.0 * pi * radius_m**3

    def load(self, force_n: float) -> None:
        """Tears the canopy when the force is more than it stands."""
        if force_n > self.strength_n:
            self.torn = True
