"""How do mission tables name their units? Each helper turns a quantity into counts.

Integers only, so that a table means the same on every runtime: fractions are given in thousandths.
"""

from fsw.schedule import MINOR_FRAMES_PER_SECOND


def metres(value):
    """Altitude counts (1/256 m) of a height in whole metres."""
    return value << 8


def mm_s(value):
    """Velocity counts (1/1024 m/s) of a speed in mm/s, floor."""
    return value * 1024 // 1000


def mm_s2(value):
    """Acceleration counts (1/1024 m/s2) of an acceleration in mm/s2, floor."""
    return value * 1024 // 1000


def degrees(value):
    """Angle counts (2^-26 of a revolution) of whole degrees, floor."""
    return value * (1 << 23) // 45


def degrees_s(value):
    """Angle rate counts (2^-20 of a revolution a second) of whole degrees a second, floor."""
    return value * (1 << 17) // 45


def hundredths_mach(value):
    """Mach counts (1/1024) of hundredths of a Mach number, floor."""
    return value * 1024 // 100


def seconds(value):
    """Minor frames of a time in whole seconds."""
    return value * MINOR_FRAMES_PER_SECOND


def ms(value):
    """Minor frames of a time in milliseconds, rounded up to a whole minor frame."""
    return -(-value * MINOR_FRAMES_PER_SECOND // 1000)


def percent(value):
    """Throttle counts (0.1 %) of whole per cent."""
    return value * 10
