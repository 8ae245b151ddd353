"""What do tests of the consoles watch? One drop, flown once a run by all workers together."""

from __future__ import annotations

import fcntl
from contextlib import closing
from pathlib import Path

import pytest

from fsw import missions
from gse import fly
from gse.sim.faults import parse
from gse.targets import InProcess

MISSION = "droptest"
SEED = 3
DEAD_CAMERA = "CAM_UP"


@pytest.fixture(scope="session")
def drop(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Downlink of a drop test whose first camera dies when the main canopy opens."""
    root = tmp_path_factory.getbasetemp()
    shared = root if worker_id == "master" else root.parent
    directory = shared / "drop"
    with (shared / "drop.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (directory / "truth.parquet").exists():
            _fly(directory)
    return directory / "downlink.bin"


def _fly(directory: Path) -> None:
    directory.mkdir()
    dead = parse("camera.0 gone at main", missions.load(MISSION).STATES)
    with closing(InProcess()) as target:
        fly.fly(MISSION, SEED, target, directory, lambda share, what: None, [dead])
