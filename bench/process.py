"""What did this process take?"""

from __future__ import annotations

from pathlib import Path


def most_memory_mb() -> float:
    """The most memory that it had so far. Not of getrusage: that starts with what the process had
    that started this one."""
    status = Path("/proc/self/status").read_text()
    most_kib = int(status.partition("VmHWM:")[2].split()[0])
    return most_kib * 1024 / 1e6
