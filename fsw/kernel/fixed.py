"""How does the flight software calculate without floats and without leaving small integers?

Every argument, intermediate and result stays inside -2^30 .. 2^30-1, the small integer of a 32-bit
MicroPython; beyond it an addition would allocate. Rounding is stated per function.
Angles are binary fractions: 2^26 counts a revolution, kept in -2^25 .. 2^25-1.
"""

from array import array

REVOLUTION = 1 << 26
_HALF_REVOLUTION = 1 << 25
_QUARTER = 1 << 24

LARGEST = (1 << 30) - 1  # results that saturate are held in -LARGEST .. LARGEST

_SINE_NODES = 256  # a quarter wave; linear interpolation between them errs by 0.15 counts of 2^-15


def _sine_table():
    """sin(i/256 quarter) in 2^-15, round half up, by its Taylor series in 64 fractional bits.

    Wide integers, so only at import, never in a tick: the same table on every runtime, where
    math.sin would give single precision on one board and double on another.
    """
    one = 1 << 64
    half_pi = 28976077832308491370  # pi / 2 in 2^-64, from 1.5707963267948966192
    table = array("i", [0] * (_SINE_NODES + 2))
    for i in range(_SINE_NODES + 1):
        x = half_pi * i // _SINE_NODES
        term = total = x
        for k in range(2, 40, 2):
            term = -term * x // one * x // one // (k * (k + 1))
            total += term
        table[i] = (total + (1 << 48)) >> 49
    table[_SINE_NODES + 1] = table[_SINE_NODES]
    return table


_SINE = _sine_table()

_CORDIC_STEPS = 21  # the last turns by 10 counts


def _arctangents():
    """arctan(2^-i) in 2^-26 revolutions, rounded; wide integers, so only at import."""
    one = 1 << 64
    two_pi = 115904311329233965478  # 2 pi in 2^-64
    angles = [REVOLUTION >> 3]
    for i in range(1, _CORDIC_STEPS):
        x = one >> i
        power = total = x
        for k in range(3, 80, 2):
            power = -power * x // one * x // one
            total += power // k
        angles.append((total * REVOLUTION + two_pi // 2) // two_pi)
    return array("i", angles)


_ARCTANGENT = _arctangents()


def sine(angle):
    """sin of an angle (2^-26 revolutions, any small integer) in 2^-15, within one count."""
    angle &= REVOLUTION - 1
    negative = angle >= _HALF_REVOLUTION
    if negative:
        angle -= _HALF_REVOLUTION
    if angle > _QUARTER:
        angle = _HALF_REVOLUTION - angle
    i = angle >> 16
    low = _SINE[i]
    value = low + (((_SINE[i + 1] - low) * (angle & 0xFFFF) + 0x8000) >> 16)
    return -value if negative else value


def cosine(angle):
    """cos of an angle (2^-26 revolutions) in 2^-15, within one count."""
    return sine(angle + _QUARTER)


def wrap(angle):
    """The same angle (|angle| < 2^29) in -2^25 .. 2^25-1, half a revolution either way."""
    return ((angle + _HALF_REVOLUTION) & (REVOLUTION - 1)) - _HALF_REVOLUTION


def scale(value, gain):
    """value * gain / 2^15, round half up; |value| < 2^29, |gain| <= 2^15.

    Two partial products, the larger of them 32767 * 2^15 + 2^14 < 2^30.
    """
    return (value >> 15) * gain + (((value & 0x7FFF) * gain + 0x4000) >> 15)


def multiply(a, b, shift):
    """a * b / 2^shift, rounded half away from zero, saturated; |a|, |b| < 2^29, 15 <= shift <= 30.

    Limbs of 15 bits of the magnitudes: the two middle products sum to 2^30 - 2^15 at most, and the
    carry of the low one, below 2^15, still fits.
    """
    negative = (a < 0) != (b < 0)
    if a < 0:
        a = -a
    if b < 0:
        b = -b
    a_high = a >> 15
    b_high = b >> 15
    a &= 0x7FFF
    b &= 0x7FFF
    low = a * b
    middle = a_high * b + a * b_high + (low >> 15)
    high = a_high * b_high
    shift -= 15
    # The highest of the bits cut off decides the rounding.
    rounding = (middle >> (shift - 1)) & 1 if shift else (low >> 14) & 1
    result = (middle >> shift) + rounding
    if high >> (15 + shift) or result > LARGEST - (high << (15 - shift)):
        result = LARGEST
    else:
        result += high << (15 - shift)
    return -result if negative else result


def divide(a, b, shift):
    """a * 2^shift / b, floor, saturated; |a| < 2^29, 0 < b < 2^29, 0 <= shift <= 30.

    Long division, a bit at a time: neither quotient nor remainder ever passes 2^30.
    """
    quotient = a // b
    rest = a - quotient * b
    while shift:
        if quotient >= 1 << 29:
            return LARGEST
        if quotient < -(1 << 29):
            return -LARGEST
        rest <<= 1
        quotient <<= 1
        if rest >= b:
            rest -= b
            quotient += 1
        shift -= 1
    return quotient if quotient > -LARGEST else -LARGEST


def square_root(value):
    """Integer square root, floor; 0 <= value < 2^30. Bit by bit: no division, no estimate."""
    root = 0
    bit = 1 << 28
    while bit > value:
        bit >>= 2
    while bit:
        if value >= root + bit:
            value -= root + bit
            root = (root >> 1) + bit
        else:
            root >>= 1
        bit >>= 2
    return root


def magnitude(a, b):
    """Length of the vector (a, b); |a|, |b| < 2^29; floor, to 14 significant bits."""
    if a < 0:
        a = -a
    if b < 0:
        b = -b
    largest = a if a > b else b
    shift = 0
    while largest >> shift >= 1 << 14:
        shift += 1
    a >>= shift
    b >>= shift
    return square_root(a * a + b * b) << shift


def direction(x, y):
    """Angle of the vector (x, y) from the x axis in 2^-26 revolutions, within 32 counts;
    |x|, |y| < 2^29; 0 for the zero vector. CORDIC in vectoring mode (Volder 1959)."""
    angle = 0
    if x < 0:
        x = -x
        y = -y
        angle = _HALF_REVOLUTION
    if x == 0 and y == 0:
        return 0
    while x < 1 << 27 and -(1 << 27) < y < 1 << 27:  # shifts must not eat a short vector
        x <<= 1
        y <<= 1
    x >>= 1  # the vector grows by 1.65
    y >>= 1
    for i in range(_CORDIC_STEPS):
        turned = x >> i
        if y > 0:
            x += y >> i
            y -= turned
            angle += _ARCTANGENT[i]
        else:
            x -= y >> i
            y += turned
            angle -= _ARCTANGENT[i]
    return wrap(angle)


def interpolate(table, x, shift):
    """Linear interpolation between nodes every 2^shift counts of x, floor; held at the ends.

    shift >= 8; neighbouring entries differ by less than 2^15.
    """
    if x <= 0:
        return table[0]
    i = x >> shift
    if i >= len(table) - 1:
        return table[len(table) - 1]
    low = table[i]
    fraction = x & ((1 << shift) - 1)
    fraction = fraction >> (shift - 15) if shift > 15 else fraction << (15 - shift)
    return low + (((table[i + 1] - low) * fraction) >> 15)


def clamp(value, lowest, highest):
    """value, or the end of lowest .. highest that it passed."""
    if value < lowest:
        return lowest
    if value > highest:
        return highest
    return value
