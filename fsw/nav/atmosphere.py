"""How high is a pressure? The US Standard Atmosphere 1976: 6.5 K/km up to 11 km, isothermal above.

Wide integers with 64 fractional bits, so reckoned only where this is loaded, and the same on every
runtime. On a board it would take seconds: gse/deploy/build.py puts the finished table there.
"""

from array import array

PRESSURE_SHIFT = 15  # nodes every 2^15 pressure counts, 512 Pa, from vacuum up

_LOWEST_NODE = 3  # 15 hPa: below it heights differ by more than may be interpolated
_NODES = 235

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


# Height in 1/16 m above the 1013.25 hPa level at each node; those below _LOWEST_NODE repeat it.
HEIGHTS = array(
    "i",
    [_pressure_height(max(n, _LOWEST_NODE) << (PRESSURE_SHIFT - 6)) for n in range(_NODES)],
)
