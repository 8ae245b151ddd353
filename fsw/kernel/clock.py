"""What time is it on board?

The spacecraft clock (SCLK) counts seconds and 2^-16 fractions, kept as two small integers, and is
advanced by exactly 1/64 s a minor frame: it never jumps with a timer, and never runs back.
"""

from fsw.dictionary.index import channel
from fsw.kernel.cvt import COUNT_MASK

_SCLK_S = channel("SCLK_S")
_SCLK_FRACTION = channel("SCLK_FRACTION")
_FRAME_COUNT = channel("FRAME_COUNT")
_TIME_FROM_EI = channel("TIME_FROM_EI")
_EI_SCLK = channel("EI_SCLK")

MINOR_FRAME_FRACTION = 1 << 10  # 1/64 s in 2^-16 s
_LATEST_S = (1 << 29) + (1 << 28)  # decades before the count leaves the small integers
_FARTHEST_S = 4000000  # times from EI are held inside it, so that minor frames stay small integers


class Clock:
    """Advances SCLK, the minor-frame count and the time from entry interface in the CVT."""

    def __init__(self, cvt, ei_sclk):
        self._cvt = cvt
        cvt[_EI_SCLK] = ei_sclk

    def set(self, sclk_s):
        """Starts at a whole second, 0 .. 2^30-1, with the minor frame before it."""
        self._cvt[_SCLK_S] = sclk_s - 1
        self._cvt[_SCLK_FRACTION] = (1 << 16) - MINOR_FRAME_FRACTION
        self._cvt[_FRAME_COUNT] = COUNT_MASK  # one below zero

    def resume(self, frames):
        """Goes on from the time in the CVT after so many minor frames (0 .. 2^15) without one."""
        cvt = self._cvt
        cvt[_FRAME_COUNT] = (cvt[_FRAME_COUNT] + frames) & COUNT_MASK
        fraction = cvt[_SCLK_FRACTION] + frames * MINOR_FRAME_FRACTION
        cvt[_SCLK_S] += fraction >> 16
        cvt[_SCLK_FRACTION] = fraction & 0xFFFF

    def adjust(self, seconds):
        """Moves the spacecraft clock by whole seconds; False, and nothing moved, where that leaves
        0 .. 2^30-1. What happens on board is timed by minor frames and does not move with it."""
        moved = self._cvt[_SCLK_S] + seconds
        if moved < 0 or moved > _LATEST_S:
            return False
        self._cvt[_SCLK_S] = moved
        return True

    def advance(self):
        """One minor frame on."""
        cvt = self._cvt
        cvt[_FRAME_COUNT] = (cvt[_FRAME_COUNT] + 1) & COUNT_MASK
        fraction = cvt[_SCLK_FRACTION] + MINOR_FRAME_FRACTION
        if fraction >= 1 << 16:
            fraction -= 1 << 16
            cvt[_SCLK_S] += 1
        cvt[_SCLK_FRACTION] = fraction
        seconds = cvt[_SCLK_S] - cvt[_EI_SCLK]
        if seconds > _FARTHEST_S:
            seconds = _FARTHEST_S
        elif seconds < -_FARTHEST_S:
            seconds = -_FARTHEST_S
        cvt[_TIME_FROM_EI] = (seconds << 6) + (fraction >> 10)
