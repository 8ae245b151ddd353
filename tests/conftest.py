"""How do property tests run, and which tests first? The same examples each time, on a machine as
slow as it may be.

EDLCAM_EXPLORE=1 draws new examples in every run instead: for looking for trouble, not for CI.
"""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "edlcam",
    deadline=None,
    derandomize=not os.environ.get("EDLCAM_EXPLORE"),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("edlcam")

# Modules that take long, the longest first: one that begins last keeps all others waiting.
_LONGEST = (
    "tests/history/test_history.py",
    "tests/test_descent.py",
    "tests/test_commands.py",
    "tests/test_campaign.py",
    "tests/test_droptest.py",
    "tests/test_resets.py",
    "tests/gse/console/test_browser.py",
    "tests/runtimes/test_targets.py",
    "tests/gse/test_verify.py",
    "tests/gse/monitor/test_model.py",
    "tests/sim/droptest/test_mission_on_truth.py",
    "tests/gse/test_archive.py",
    "tests/test_perfect_sensors.py",
    "tests/test_faulted_descents.py",
)

_NEW_OBJECTS = 20_000  # after which they are looked through for garbage


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: to look through it for garbage again and
    again took a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {name: place for place, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: order.get(item.nodeid.partition("::")[0], len(order)))
