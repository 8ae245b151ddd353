"""What would the air do at a height: how fast is sound, how strongly does it brake, what does it
weigh?

Tables of small integers, made once at boot out of the mission's rows or of the standard atmosphere.
"""

from array import array

from fsw.kernel.fixed import divide, interpolate

AIR_SHIFT = 20  # nodes every 2^20 altitude counts, 4096 m, from the landing site up
PRESSURE_SHIFT = 15  # nodes every 2^15 pressure counts, 512 Pa, from vacuum up

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


def pressure_heights():
    """Height in 1/16 m above the 1013.25 hPa level at each node of pressure, in the US Standard
    Atmosphere 1976: 6.5 K/km up to 11 km, isothermal above. Below node 3, 15 hPa, heights differ by
    more than may be interpolated: the nodes there repeat it.

    Wide integers with 64 fractional bits, so only at boot, and the same on every runtime.
    """
    nodes = [max(node, 3) for node in range(235)]
    heights = [_pressure_height(node << (PRESSURE_SHIFT - 6)) for node in nodes]
    return array("i", heights)


_ONE = 1 << 64
_SEA_LEVEL_PA = 101325
_TROPOPAUSE_PA = 22632
_TROPOPAUSE_16TH_M = 11000 * 16
# g M / R is 34.1632 K/km with M 28.9644 g/mol and R 8.31432 J/(mol K).
_LAPSE_EXPONENT = _ONE * 65000 // 341632  # R L / (g M)
_WARM_16TH_M = 28815 * 16 * 100 // 65  # sea-level temperature over lapse rate, 1/16 m
_SCALE_16TH_M = 21665 * 16 * 10**5 // 341632  # R T / (g M) of the isothermal layer, 1/16 m


def _pressure_height(pressure_pa):
    if pressure_pa < _TROPOPAUSE_PA:
        return _TROPOPAUSE_16TH_M + (-_logarithm(pressure_pa, _TROPOPAUSE_PA) * _SCALE_16TH_M >> 64)
    cooled = _exponential(_logarithm(pressure_pa, _SEA_LEVEL_PA) * _LAPSE_EXPONENT >> 64)
    return (_ONE - cooled) * _WARM_16TH_M >> 64


def _logarithm(numerator, denominator):
    """ln(numerator / denominator) in 2^-64: halved into 1/2 .. 1, then its area tangent series."""
    halvings = 0
    while numerator * 2 < denominator:
        numerator *= 2
        halvings += 1
    ln_2 = 12786308645202655660  # in 2^-64
    x = _ONE * (numerator - denominator) // (numerator + denominator)
    power = total = x
    for k in range(3, 60, 2):
        power = power * x // _ONE * x // _ONE
        total += power // k
    return 2 * total - halvings * ln_2


def _exponential(x):
    """exp(x) in 2^-64 for |x| < 2, by its series."""
    term = total = _ONE
    for k in range(1, 40):
        term = term * x // _ONE // k
        total += term
    return total
