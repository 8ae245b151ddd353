"""How does the vehicle move under what is sensed? Planar dead reckoning, in integers only.

Height above the landing site, vertical velocity (up), horizontal velocity (downrange) and pitch of
the heat-shield axis, advanced at 64 Hz.

The counts make each integration a plain addition: acceleration in 2^-10 m/s2 times 1/64 s is
velocity in 2^-16 m/s, pitch rate in 2^-20 rev/s times 1/64 s is pitch in 2^-26 rev. Where a step
needs a shift, the remainder is carried to the next: nothing is lost to rounding over the flight.
"""

from fsw.kernel.fixed import clamp, cosine, interpolate, scale, sine, wrap
from fsw.nav.planet import (
    INVERSE_RADIUS_EXTRA,
    NODE_SHIFT,
    gravity_table,
    inverse_radius_table,
)

FASTEST = (8000 << 16) - 1  # velocities are held inside it: |velocity| < 2^29 counts
HIGHEST = 1 << 29  # altitude counts

# Transport rate v / r in 2^-23 rad/s times 1/64 s, in 2^-26 rev: 8 / (64 * 2 pi), 20860.8 / 2^20.
_TRANSPORT_GAIN = 20861
_TRANSPORT_SHIFT = 20


class Reckoning:
    """altitude in 2^-8 m, vertical and horizontal in 2^-16 m/s, pitch in 2^-26 rev."""

    def __init__(self, mu_m3_s2, site_radius_m):
        self._gravity = gravity_table(mu_m3_s2, site_radius_m)
        self._inverse_radius = inverse_radius_table(site_radius_m)
        self.surface_gravity = self._gravity[0] >> 6  # acceleration counts
        self.set(0, 0, 0, 0)

    def set(self, altitude, vertical, horizontal, pitch):
        """Begins anew from a state."""
        self.altitude = altitude
        self.vertical = vertical
        self.horizontal = horizontal
        self.pitch = pitch
        self._altitude_rest = self._vertical_rest = self._horizontal_rest = self._pitch_rest = 0
        self._quarters_rest = self._transport_rest = self._radius_rest = 0

    def raise_by(self, height):
        """Moves the altitude."""
        self.altitude = clamp(self.altitude + height, -HIGHEST, HIGHEST)

    def push(self, vertical, horizontal):
        """Changes the velocities."""
        self.vertical = clamp(self.vertical + vertical, -FASTEST, FASTEST)
        self.horizontal = clamp(self.horizontal + horizontal, -FASTEST, FASTEST)

    def stand(self):
        """Neither falls nor drifts nor turns."""
        self.vertical = self.horizontal = 0

    def turn(self, rate):
        """The pitch over one minor frame in which nothing moves."""
        self.pitch = wrap(self.pitch + rate)

    def advance(self, axial, normal, rate):
        """One minor frame under a sensed force and pitch rate."""
        # Sensed acceleration, turned by the pitch in the middle of the interval.
        sin_pitch = sine(self.pitch + (rate >> 1))
        cos_pitch = cosine(self.pitch + (rate >> 1))
        self._move(
            scale(axial, sin_pitch) + scale(normal, cos_pitch),
            scale(axial, cos_pitch) - scale(normal, sin_pitch),
            rate,
        )

    def advance_upright(self, force, rate):
        """One minor frame under a force of unknown direction, which is taken to point up: from a
        canopy or from engines it does."""
        self._move(force, 0, rate)

    def leap(self, axial, normal, rate, frames):
        """Several minor frames (1 .. 64) in one step, as coarse as what is known of the force then:
        it and gravity stay the same, and no remainder is carried."""
        turned = wrap(rate * frames)
        sin_pitch = sine(self.pitch + (turned >> 1))
        cos_pitch = cosine(self.pitch + (turned >> 1))
        horizontal_quarters = self.horizontal >> 14
        inverse_radius = interpolate(self._inverse_radius, self.altitude, NODE_SHIFT)
        transport = horizontal_quarters * (inverse_radius >> INVERSE_RADIUS_EXTRA) >> 15
        pull = interpolate(self._gravity, self.altitude, NODE_SHIFT)
        pull -= horizontal_quarters * transport >> 9
        up = scale(axial, sin_pitch) + scale(normal, cos_pitch) - (pull >> 6)
        downrange = scale(axial, cos_pitch) - scale(normal, sin_pitch)
        downrange -= (self.vertical >> 14) * transport >> 15
        before = self.vertical
        self.push(up * frames, downrange * frames)
        self.raise_by(((before + ((self.vertical - before) >> 1)) >> 8) * frames >> 6)
        self.pitch = wrap(
            self.pitch + turned + (transport * _TRANSPORT_GAIN >> _TRANSPORT_SHIFT) * frames
        )

    def _move(self, up, downrange, rate):
        # The local vertical turns by v / r; velocities in 1/4 m/s keep the products small. What a
        # shift cuts off is carried to the next step: in ten minutes of coast a rounding that is
        # always the same would add up to a hundred metres.
        rest = self.horizontal + self._quarters_rest
        horizontal_quarters = rest >> 14
        self._quarters_rest = rest & 0x3FFF
        vertical_quarters = (self.vertical + (1 << 13)) >> 14
        rest = interpolate(self._inverse_radius, self.altitude, NODE_SHIFT) + self._radius_rest
        inverse_radius = rest >> INVERSE_RADIUS_EXTRA
        self._radius_rest = rest & ((1 << INVERSE_RADIUS_EXTRA) - 1)
        rest = horizontal_quarters * inverse_radius + self._transport_rest
        transport = rest >> 15  # 2^-23 rad/s
        self._transport_rest = rest & 0x7FFF
        centrifugal = (horizontal_quarters * transport + (1 << 8)) >> 9  # 2^-16 m/s2
        coriolis = (vertical_quarters * transport + (1 << 8)) >> 9
        gravity = interpolate(self._gravity, self.altitude, NODE_SHIFT)

        before = self.vertical
        rest = self._vertical_rest + centrifugal - gravity
        self.vertical = clamp(before + up + (rest >> 6), -FASTEST, FASTEST)
        self._vertical_rest = rest & 63
        rest = self._horizontal_rest - coriolis
        self.horizontal = clamp(self.horizontal + downrange + (rest >> 6), -FASTEST, FASTEST)
        self._horizontal_rest = rest & 63

        rest = self._altitude_rest + before + ((self.vertical - before) >> 1)
        self.altitude = clamp(self.altitude + (rest >> 14), -HIGHEST, HIGHEST)
        self._altitude_rest = rest & 0x3FFF

        rest = self._pitch_rest + transport * _TRANSPORT_GAIN
        self.pitch = wrap(self.pitch + rate + (rest >> _TRANSPORT_SHIFT))
        self._pitch_rest = rest & ((1 << _TRANSPORT_SHIFT) - 1)
