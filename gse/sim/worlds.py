"""Which simulated world does a mission fly in?"""

from __future__ import annotations

from gse.sim.simulation import Simulation
from gse.sim.world import World


def world_for(mission_name: str, seed: int) -> Simulation:
    """The world of a mission on the day that seed stands for.

    Raises ValueError for a mission that has none.
    """
    if mission_name == "mars2020":
        return World(seed)
    raise ValueError(f"no simulated world for the mission {mission_name}")
