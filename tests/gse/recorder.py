"""Which process is killed in tests? One that records, and says what has been acknowledged to it."""

from __future__ import annotations

import time
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from gse.archive.archive import Archive
from gse.dictionary import load
from gse.live.session import Session
from gse.live.source import Source


def record(directory: Path, port: int, mission: str, acknowledged: Synchronized[int]) -> None:
    """Until it is killed."""
    source = Source(f"tcp:127.0.0.1:{port}")
    with Archive(directory) as archive, Session(source, load(mission), archive) as session:
        while True:
            acknowledged.value = session.status.acknowledged
            time.sleep(0.002)
