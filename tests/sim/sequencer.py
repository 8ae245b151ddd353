"""Who fires the outputs when the flight core is not under test? An ideal sequencer on truth."""

from dataclasses import dataclass, field, replace

from fsw.dictionary.packets import ACTUATOR_FRAME
from fsw.missions.mars2020 import OUTPUTS
from gse.sim.config import Config, dispersed
from gse.sim.world import World

# Nominal speeds at the flown times of these events: what a flight core would trigger on.
STRAIGHTEN_UP_M_S = 448.7
MORTAR_M_S = 397.7
HEAT_SHIELD_MACH = 0.70
HEAT_SHIELD_AFTER_S = 22.6  # the mortar
BACK_SHELL_M = 2170.0

_FIRED = ACTUATOR_FRAME.index("OUTPUTS_FIRED")


@dataclass(slots=True)
class Sequencer:
    """Fires each output when truth says so; without: names that are never fired."""

    world: World
    without: frozenset[str] = frozenset()
    fired: dict[str, float] = field(default_factory=dict)
    actuators: list[int] = field(default_factory=lambda: [0] * len(ACTUATOR_FRAME))
    sky_crane_s: float | None = None
    speeds: dict[str, tuple[float, float, float]] = field(default_factory=dict)  # m/s, Mach, m
    pressure_pa: dict[str, float] = field(default_factory=dict)
    heights_m: dict[float, float] = field(default_factory=dict)  # by time from entry interface

    def _fire(self, name: str) -> None:
        if name in self.fired:
            return
        vehicle = self.world.vehicle
        motion = vehicle.motion
        speed = (motion.up_m_s**2 + motion.east_m_s**2 + motion.north_m_s**2) ** 0.5
        self.speeds[name] = speed, vehicle.instant.mach, vehicle.altitude_m
        self.pressure_pa[name] = vehicle.instant.dynamic_pressure_pa
        self.fired[name] = self.world.time_from_ei_s
        if name not in self.without:
            self.actuators[_FIRED] |= 1 << OUTPUTS.index(name)

    def _after(self, first: str, delay_s: float, then: str) -> None:
        if first in self.fired and self.world.time_from_ei_s >= self.fired[first] + delay_s:
            self._fire(then)

    def decide(self) -> None:
        world = self.world
        vehicle = world.vehicle
        motion = vehicle.motion
        now = world.time_from_ei_s
        if now >= -600.0:
            self._fire("CRUISE_STAGE")
        if now < 120.0:
            return
        speed = (motion.up_m_s**2 + motion.east_m_s**2 + motion.north_m_s**2) ** 0.5
        if speed <= STRAIGHTEN_UP_M_S:
            self._fire("BALLAST_1")
        self._after("BALLAST_1", 2.0, "BALLAST_2")
        self._after("BALLAST_1", 4.0, "BALLAST_3")
        if speed <= MORTAR_M_S:
            self._fire("MORTAR")
        if "MORTAR" in self.fired and now > self.fired["MORTAR"] + HEAT_SHIELD_AFTER_S:
            if vehicle.instant.mach <= HEAT_SHIELD_MACH:
                self._fire("HEAT_SHIELD")
            self._after("HEAT_SHIELD", 2.0, "RADAR_POWER")
        if "HEAT_SHIELD" in self.fired and vehicle.altitude_m <= BACK_SHELL_M:
            self._fire("BACK_SHELL")
        self._after("BACK_SHELL", 1.04, "ENGINES")
        if self.sky_crane_s is None and "ENGINES" in self.fired and motion.up_m_s > -0.85:
            self.sky_crane_s = now
        if self.sky_crane_s is not None and now >= self.sky_crane_s + 2.65:
            self._fire("ROVER")
        contact_s = vehicle.rover.contact_s
        if contact_s is not None and now >= contact_s + 1.5:
            self._fire("BRIDLE")
        self._after("BRIDLE", 0.7, "ENGINES_AWAY")

    def run(self) -> "Sequencer":
        while not self.world.finished:
            self.decide()
            self.heights_m[self.world.time_from_ei_s] = self.world.vehicle.altitude_m
            self.world.step(self.actuators)
        return self


def fly(
    seed: int | None, without: frozenset[str] = frozenset(), config: Config | None = None
) -> Sequencer:
    """A descent from shortly before entry interface; seed None: the nominal one."""
    config = config or Config()
    if seed is not None:
        config = dispersed(seed, config)
    config = replace(config, start_from_ei_s=-10.0)
    return Sequencer(World(seed or 0, config=config), without).run()
