"""Which functions of the flight does the ground verify, and what do they give for its arguments?

The very functions that fly, called one batch at a time over the simulation link. Arguments and
results are small integers; a batch may allocate, as nothing flies meanwhile.
"""

from boards.triggers import Triggers
from fsw.dictionary.flown import KINDS
from fsw.dictionary.index import channel
from fsw.edl import conditions
from fsw.kernel import fixed, limits
from fsw.kernel.cvt import current_value_table
from fsw.missions import mars2020
from fsw.nav.atmosphere import HEIGHTS, PRESSURE_SHIFT
from fsw.nav.planet import NODE_SHIFT, gravity_table
from fsw.nav.reckoning import Reckoning

_TICKS_MASK = (1 << 30) - 1
_FRACTION = 1 << 10  # of a minor frame, in 2^-16 s


class Functions:
    """The table of what can be called, and what it needs."""

    def __init__(self):
        navigation = mars2020.NAVIGATION
        self._gravity = gravity_table(navigation["gravity_m3_s2"], navigation["site_radius_m"])
        self._reckoning = Reckoning(navigation["gravity_m3_s2"], navigation["site_radius_m"])
        self._cvt = current_value_table(KINDS)
        # name, arguments, results, function
        self.rows = (
            ("nothing", 1, 1, self._nothing),
            ("sine", 1, 1, fixed.sine),
            ("cosine", 1, 1, fixed.cosine),
            ("wrap", 1, 1, fixed.wrap),
            ("direction", 2, 1, fixed.direction),
            ("scale", 2, 1, fixed.scale),
            ("multiply", 3, 1, fixed.multiply),
            ("divide", 3, 1, fixed.divide),
            ("square_root", 1, 1, fixed.square_root),
            ("magnitude", 2, 1, fixed.magnitude),
            ("clamp", 3, 1, fixed.clamp),
            ("gravity", 1, 1, self._gravity_at),
            ("pressure_height", 1, 1, self._pressure_height),
            ("hold", 3, 1, self._hold),
            ("level", 5, 1, limits.level),
            ("pulses", 3, 1, self._pulses),
            ("advance", 7, 4, self._advance),
        )

    def names(self):
        """Names with their numbers of arguments and results, for the ground to compare."""
        return ",".join(["%s:%d:%d" % row[:3] for row in self.rows])

    def _nothing(self, value):
        """What calling alone costs."""
        return value

    def _gravity_at(self, altitude):
        return fixed.interpolate(self._gravity, altitude, NODE_SHIFT)

    def _pressure_height(self, pressure):
        return fixed.interpolate(HEIGHTS, pressure, PRESSURE_SHIFT)

    def _hold(self, value, operator, counts):
        self._cvt[0] = value
        return int(conditions.hold(self._cvt, ((0, operator, counts),)))

    def _pulses(self, pulses, seconds, frames):
        """Trigger pulses in so many minor frames from a whole second on."""
        cvt = self._cvt
        sclk_s, fraction = channel("SCLK_S"), channel("SCLK_FRACTION")
        cvt[sclk_s] = cvt[fraction] = cvt[channel("CAM0_TRIGGERED")] = 0
        triggers = Triggers()
        triggers.set(0, pulses, seconds)
        for _ in range(frames):
            cvt[fraction] += _FRACTION
            if cvt[fraction] == 1 << 16:
                cvt[fraction] = 0
                cvt[sclk_s] += 1
            triggers.advance(cvt)
        return cvt[channel("CAM0_TRIGGERED")]

    def _advance(self, altitude, vertical, horizontal, pitch, axial, normal, rate):
        reckoning = self._reckoning
        reckoning.set(altitude, vertical, horizontal, pitch)
        reckoning.advance(axial, normal, rate)
        return (reckoning.altitude, reckoning.vertical, reckoning.horizontal, reckoning.pitch)


class Verifier:
    """Answers one CALL message after the other."""

    def __init__(self, ticks_us):
        """ticks_us: the interpreter's own clock, microseconds modulo 2^30."""
        self._ticks_us = ticks_us
        self._rows = Functions().rows

    def answer(self, payload, length):
        """The reply to a CALL message: elapsed microseconds, then the results. Raises ValueError
        for a function that is not there or a length that does not fit it."""
        if length < 1 or payload[0] >= len(self._rows):
            raise ValueError("no function of that number")
        _, arity, results, function = self._rows[payload[0]]
        if (length - 1) % (4 * arity):
            raise ValueError("arguments do not fit the function")
        calls = [
            [_small(payload, at + 4 * i) for i in range(arity)]
            for at in range(1, length, 4 * arity)
        ]
        ticks_us = self._ticks_us
        started = ticks_us()
        given = [function(*arguments) for arguments in calls]
        elapsed = (ticks_us() - started) & _TICKS_MASK
        reply = bytearray(elapsed.to_bytes(4, "big"))
        for result in given:
            for value in result if results > 1 else (result,):
                reply += (value & 0xFFFFFFFF).to_bytes(4, "big")
        return reply


def _small(payload, at):
    """An i32, big-endian, of which the ground sends only small integers."""
    top = (payload[at] << 8) | payload[at + 1]
    if top >= 0x8000:
        top -= 0x10000
    return (top << 16) | (payload[at + 2] << 8) | payload[at + 3]
