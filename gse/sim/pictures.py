"""What does a camera see? Small grey pictures of the simulated scene, for thumbnails.

A plain PGM of 32 by 24 pixels: of cameras that look down, rough ground at the scale
of the height; of those that look up, the canopy against the sky. It is there to be sent and looked
at, not measured.
"""

from __future__ import annotations

from math import atan2, exp, floor, hypot, log2, pi

WIDTH, HEIGHT = 32, 24
HEADER = b"P5\n%d %d\n255\n" % (WIDTH, HEIGHT)

LOOKING_UP = frozenset({"PUC_A", "PUC_B", "PUC_C", "RUC", "CAM_UP"})
RECORDING_SOUND = frozenset({"MIC"})

_FIELD = 0.7  # width of what is seen, in heights
_CANOPY = 9.0  # radius in pixels
_VENT = 1.5
_GORES = 8  # dark ones
_SCALE_HEIGHT_M = 11000.0


def picture(camera: str, seed: int, altitude_m: float, downrange_m: float) -> bytes:
    """What a camera, by its name, sees over the ground of a seed; empty for a microphone."""
    if camera in RECORDING_SOUND:
        return b""
    if camera in LOOKING_UP:
        return HEADER + _sky(altitude_m)
    return HEADER + _ground(seed, max(altitude_m, 1.0), downrange_m)


def _ground(seed: int, altitude_m: float, downrange_m: float) -> bytes:
    pixel_m = altitude_m * _FIELD / WIDTH
    coarse = floor(log2(8 * pixel_m))  # the largest of three grains, in powers of two metres
    grey = bytearray()
    for row in range(HEIGHT):
        y = (row - HEIGHT / 2) * pixel_m
        for column in range(WIDTH):
            x = downrange_m + (column - WIDTH / 2) * pixel_m
            value = sum(_grain(seed, x, y, coarse - k) / (1 << k) for k in range(3))
            grey.append(int(value / 1.75))
    return bytes(grey)


def _grain(seed: int, x_m: float, y_m: float, octave: int) -> float:
    """Noise between 0 and 255, smooth over cells of 2**octave metres."""
    cell_m = 2.0**octave
    u, v = x_m / cell_m, y_m / cell_m
    i, j = floor(u), floor(v)
    a, b = u - i, v - j
    left = _draw(seed, i, j, octave) * (1 - b) + _draw(seed, i, j + 1, octave) * b
    right = _draw(seed, i + 1, j, octave) * (1 - b) + _draw(seed, i + 1, j + 1, octave) * b
    return left * (1 - a) + right * a


def _draw(seed: int, i: int, j: int, octave: int) -> int:
    mixed = i * 73856093 ^ j * 19349663 ^ (octave + 64) * 83492791 ^ seed * 2654435761
    mixed &= 0xFFFFFFFF
    mixed = (mixed ^ mixed >> 15) * 0x2C1B3C6D & 0xFFFFFFFF
    return (mixed ^ mixed >> 12) >> 8 & 0xFF


def _sky(altitude_m: float) -> bytes:
    air = int(200 * exp(-max(altitude_m, 0.0) / _SCALE_HEIGHT_M))
    grey = bytearray()
    for row in range(HEIGHT):
        for column in range(WIDTH):
            x, y = column - WIDTH / 2 + 0.5, row - HEIGHT / 2 + 0.5
            if _VENT < hypot(x, y) < _CANOPY:
                grey.append((235, 150)[floor(atan2(y, x) * _GORES / pi) % 2])
            else:
                grey.append(air)
    return bytes(grey)
