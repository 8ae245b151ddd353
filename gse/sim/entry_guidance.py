"""How much of its lift does the vehicle point up during entry?

A schedule by speed, corrected as the entry guidance of Mars 2020 and its forebears does: more lift
up where drag is higher, or descent faster, than on the reference trajectory at that speed. It is
the vehicle's own and not the flight code under test. Without it, 3 % of density would move the
parachute by more than ten seconds.
"""

from bisect import bisect_right

from gse.sim.config import Config

# Nominal flight: planet-relative speed in m/s, deceleration along the axis in
# m/s2, vertical velocity in m/s.
REFERENCE = (
    (449.0, 4.21, -108.6),
    (500.0, 4.58, -83.0),
    (550.0, 5.11, -61.0),
    (600.0, 5.78, -42.3),
    (650.0, 6.58, -26.7),
    (700.0, 7.52, -14.1),
    (800.0, 9.77, 3.6),
    (900.0, 12.46, 12.9),
    (1000.0, 15.55, 15.7),
    (1100.0, 18.98, 13.2),
    (1200.0, 22.7, 6.4),
    (1350.0, 28.66, -9.6),
    (1500.0, 34.98, -30.6),
    (1800.0, 48.23, -82.9),
    (2100.0, 61.47, -143.7),
    (2400.0, 73.97, -209.4),
    (2700.0, 85.16, -277.9),
    (3000.0, 94.63, -350.0),
    (3250.0, 100.4, -414.7),
    (3500.0, 103.7, -483.5),
    (3750.0, 104.37, -556.0),
    (4000.0, 102.04, -632.2),
    (4250.0, 96.09, -712.6),
    (4500.0, 86.19, -797.0),
)
_SPEEDS = [row[0] for row in REFERENCE]

_DRAG_GAIN = 2.0  # share of lift for a relative error of drag
_RATE_GAIN_S_M = 0.01  # share of lift for an error of vertical velocity: damps what drag excites


def lift_share(config: Config, speed_m_s: float, up_m_s: float, axial_m_s2: float) -> float:
    """Share of the lift that points up, 0 to 1, from planet-relative velocity and deceleration."""
    low, full = config.low_lift_share, config.full_lift_share
    span = config.low_lift_above_m_s - config.full_lift_below_m_s
    slow = (config.low_lift_above_m_s - speed_m_s) / span
    share = low + (full - low) * min(1.0, max(0.0, slow))
    i = bisect_right(_SPEEDS, speed_m_s)
    if not config.entry_guidance or i == 0 or i == len(_SPEEDS):
        return share
    slower, faster = REFERENCE[i - 1], REFERENCE[i]
    between = (speed_m_s - slower[0]) / (faster[0] - slower[0])
    axial = slower[1] + between * (faster[1] - slower[1])
    up = slower[2] + between * (faster[2] - slower[2])
    share += _DRAG_GAIN * (axial_m_s2 / axial - 1.0) - _RATE_GAIN_S_M * (up_m_s - up)
    return min(1.0, max(0.0, share))
