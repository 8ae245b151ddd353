"""How do property tests run? The same examples each time, on a machine as slow as it may be.

EDLCAM_EXPLORE=1 draws new examples in every run instead: for looking for trouble, not for CI.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "edlcam",
    deadline=None,
    derandomize=not os.environ.get("EDLCAM_EXPLORE"),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("edlcam")
