"""Which simulated world does a mission fly in?"""

from __future__ import annotations

from collections.abc import Callable

from gse.sim import world as mars2020
from gse.sim.droptest import world as droptest
from gse.sim.simulation import Simulation

WORLDS: dict[str, Callable[[int], Simulation]] = {
    "mars2020": mars2020.World,
    "droptest": droptest.World,
}


def world_for(mission_name: str, seed: int) -> Simulation:
    """The world of a mission on the day that seed stands for.

    Raises ValueError for a mission that has none.
    """
    if mission_name not in WORLDS:
        raise ValueError(f"no simulated world for the mission {mission_name}")
    return WORLDS[mission_name](seed)
