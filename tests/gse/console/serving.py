"""How is a console served in tests? In this process, on a port of its own."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from gse.archive.archive import Archive
from gse.console.server import Console
from gse.console.store import Store
from gse.dictionary import load
from gse.live.session import Session
from gse.live.source import Source


@dataclass(frozen=True)
class Served:
    """A console under way."""

    url: str
    store: Store
    session: Session


def record(downlink: Path, directory: Path) -> None:
    """An archive of everything in a file."""
    with Archive(directory) as archive:
        session = Session(Source(f"file:{downlink}?speed=0"), archive=archive)
        with session:
            session.join()


@contextlib.contextmanager
def live_store(
    source: str, directory: Path, mission: str | None = None
) -> Iterator[tuple[Store, Session]]:
    """A session under way, and the store for its archive."""
    with Archive(directory) as archive:
        session = Session(Source(source), load(mission) if mission else None, archive)
        with contextlib.closing(Store(directory)) as store, session:
            yield store, session


@contextlib.contextmanager
def serving(console: Console) -> Iterator[str]:
    """The address at which it answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        config = uvicorn.Config(console.app, log_level="error", ws="websockets-sansio",
                                timeout_graceful_shutdown=1)  # fmt: skip
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join()


@contextlib.contextmanager
def served(source: str, directory: Path, mission: str | None = None) -> Iterator[Served]:
    """A console that shows what comes from a source."""
    with (
        live_store(source, directory, mission) as (store, session),
        serving(Console(store, session)) as url,
    ):
        yield Served(url, store, session)
