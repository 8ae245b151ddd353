"""What does a session say that waits for a link?"""

from __future__ import annotations

from gse.live.session import Status
from gse.live.source import Link, State

WAITING = Status(
    source=State(Link.WAITING, "nobody answers", 0.0),
    connections=0,
    octets=0,
    acknowledged=0,
    unwritten=0,
    last_octet_utc=None,
    lag_s=0.0,
    dictionary=None,
    report=None,
    refused="",
    archive_error="",
    running=True,
)
