"""What would the air do at a height: how fast is sound, how strongly does it brake?

Tables of small integers, made once at boot out of the mission's rows.
"""

from array import array

from fsw.kernel.fixed import divide, interpolate

AIR_SHIFT = 20  # nodes every 2^20 altitude counts, 4096 m, from the landing site up

_MACH_BITS = 10
_SLOWEST_SOUND = 1 << 10  # a metre a second: keeps a quotient finite whatever a table says
_DRAG_SPEED_HIGHEST = (1 << 17) - 1  # m/s: beyond it an entering vehicle feels 2 mm/s2
_RATIO_HIGHEST = (1 << 14) - 1  # of speeds, in 2^-10: 250 m/s2


class Air:
    """The planet's air by height above the landing site, and the aeroshell in it."""

    def __init__(self, ballistic_coefficient_kg_m2, rows):
        """rows: (density in ug/m3, speed of sound in dm/s) every 4096 m from the landing site up.

        Raises ValueError for a density that is not positive.
        """
        self._sound = array("i", [row[1] * 1024 // 10 for row in rows])
        self._drag_speed = array("i", [_drag_speed(ballistic_coefficient_kg_m2, r) for r in rows])

    def mach(self, altitude, speed):
        """Mach number in 2^-10 of a speed (0 .. 2^23 velocity counts) at a height."""
        sound = interpolate(self._sound, altitude, AIR_SHIFT)
        return divide(speed, sound if sound > _SLOWEST_SOUND else _SLOWEST_SOUND, _MACH_BITS)

    def drag(self, altitude, speed):
        """Deceleration (acceleration counts) of the aeroshell at a height and a hypersonic speed:
        density v^2 / (2 ballistic coefficient), held at 250 m/s2."""
        drag_speed = interpolate(self._drag_speed, altitude, AIR_SHIFT)
        ratio = divide(speed >> 10, drag_speed, 10)
        if ratio > _RATIO_HIGHEST:
            ratio = _RATIO_HIGHEST
        return (ratio * ratio) >> 10


def _drag_speed(ballistic_coefficient_kg_m2, row):
    """The speed in m/s at which drag is 1 m/s2: sqrt(2 beta / density)."""
    density_ug_m3 = row[0]
    if density_ug_m3 <= 0:
        raise ValueError("density %d ug/m3 is not positive" % density_ug_m3)
    squared = 2 * ballistic_coefficient_kg_m2 * 10**9 // density_ug_m3
    root = min(wide_square_root(squared), _DRAG_SPEED_HIGHEST)
    return max(root, 1)


def wide_square_root(value):
    """Floor of the square root of an integer of any size, by Newton; only at boot."""
    root = value
    better = (root + 1) // 2
    while better < root:
        root = better
        better = (root + value // root) // 2
    return root
