"""Who fires the outputs when the flight core is not under test? An ideal sequencer on truth."""

from __future__ import annotations

from dataclasses import dataclass, field

from fsw.dictionary.packets import ACTUATOR_FRAME
from fsw.missions.droptest import OUTPUTS
from gse.sim.droptest.config import Config, dispersed, nominal
from gse.sim.droptest.world import TRUTH_COLUMNS, World

CHUTE_AFTER_RELEASE_S = 1.5
MAIN_M = 150.0

_FIRED = ACTUATOR_FRAME.index("OUTPUTS_FIRED")


@dataclass(slots=True)
class Sequencer:
    """Fires each output when truth says so; without: names that are never fired."""

    world: World
    without: frozenset[str] = frozenset()
    actuators: list[int] = field(default_factory=lambda: [0] * len(ACTUATOR_FRAME))
    rows: list[tuple[float, ...]] = field(default_factory=list)

    def fire(self, name: str) -> None:
        if name not in self.without:
            self.actuators[_FIRED] |= 1 << OUTPUTS.index(name)

    def decide(self) -> None:
        vehicle = self.world.vehicle
        released_s = vehicle.marks.get("release")
        if released_s is None:
            return
        if self.world.time_from_ei_s >= released_s + CHUTE_AFTER_RELEASE_S:
            self.fire("CHUTE")
        if "line stretch" in vehicle.marks and vehicle.height_m <= MAIN_M:
            self.fire("MAIN")

    def run(self) -> Sequencer:
        while not self.world.finished:
            self.decide()
            self.rows.append(self.world.truth_row())
            self.world.step(self.actuators)
        return self

    def column(self, name: str) -> list[float]:
        i = TRUTH_COLUMNS.index(name)
        return [row[i] for row in self.rows]

    def at(self, mark: str, name: str, later_s: float = 0.0) -> float:
        """A truth column at the first row not before an event, or some time later."""
        when_s = self.world.marks[mark] + later_s
        return next(row[TRUTH_COLUMNS.index(name)] for row in self.rows if row[0] >= when_s)


def fly(
    seed: int | None, without: frozenset[str] = frozenset(), config: Config | None = None
) -> Sequencer:
    """A whole drop; seed None: the nominal one."""
    config = config or nominal()
    if seed is not None:
        config = dispersed(seed, config)
    return Sequencer(World(seed or 0, config), without).run()
