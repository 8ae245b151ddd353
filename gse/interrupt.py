"""How does Ctrl-C stop a flight without tearing a minor frame apart?

What goes to the target and what comes back belong together in the files. A first Ctrl-C is noted
and acted on between two minor frames; a second one, for a target that hangs, at once.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType


@contextlib.contextmanager
def between_frames() -> Iterator[Callable[[], None]]:
    """Gives a function to call between minor frames: it raises KeyboardInterrupt after a Ctrl-C."""
    asked = False

    def note(signum: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    def check() -> None:
        if asked:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():  # only there do signals arrive
        yield check
        return
    previous = signal.signal(signal.SIGINT, note)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, previous)
