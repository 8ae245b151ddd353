"""What does the box do, from the pad to the meadow, when the flight core fires its outputs?

Nothing here knows of states or times of the flight code. A plane, east and up, over flat ground.
The box hangs on a taut line: on the sling below the carrier, which steers its own end, or on the
lines below the canopy, which has mass, drag and the air inside it. One pair of equations serves
both: the pull along the line keeps its length, what is left across it swings the line. The box
turns on the end of its line like a body on a hinge, in free fall like a badly balanced dart.

Left out: the third dimension, the snatch of the lines, overshoot of the filling canopy, the turning
Earth, and the wind in the canopy on the ground.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from math import atan2, ceil, cos, hypot, inf, pi, radians, sin, sqrt
from random import Random

from gse.sim.attitude import Attitude
from gse.sim.droptest.air import Air, Wind
from gse.sim.droptest.canopy import EXTRACTION_S, Canopy
from gse.sim.droptest.config import Config

SOFT_M_S = 8.0  # touchdown that the box stands
DESTROYED_M_S = 15.0  # touchdown beyond which no instrument works

_SUBSTEPS = 4  # a minor frame: a light canopy at speed is stiff
_CARRIER_M_S2 = 1.5  # what the carrier accelerates with [K]
_CARRIER_GAIN_S = 1.0  # with which it holds its speed, 1/s [K]
_CARRIER_SWAY = 0.3  # share of a gust that it does not hold against [K]
_HINGE_RAD_S, _HINGE_DAMPING = 2 * pi * 1.2, 0.15  # of the box on the end of its line [K]
_SIDE_FORCE_S = 0.5  # for which the canopy's side force lasts [K]
_SLOWEST_FLOW_M_S = 1.0  # under which air gives a body no direction
_TOPPLE_RAD_S = 4.0
_DOWN_RAD = -0.5 * pi

# By so much the bundle comes out beside the flow [K]. Without it a canopy let out while the box
# still rises would stand on its line like a pencil on its tip.
_NEVER_STRAIGHT_RAD = 0.02


class Phase(Enum):
    """What holds the box."""

    PAD = "stands on the pad"
    CARRIED = "hangs below the carrier"
    FALLING = "falls"
    CANOPY = "hangs below its canopy"
    STOPPING = "crushes its foam"
    GROUND = "lies on the ground"


@dataclass(slots=True)
class Instant:
    """What the box feels, mean over the minor frame just ended."""

    pressure_pa: float = 0.0
    density_kg_m3: float = 1.0
    airspeed_m_s: float = 0.0
    dynamic_pressure_pa: float = 0.0
    tension_n: float = 0.0
    sensed_m_s2: float = 0.0  # magnitude of the specific force
    axial_m_s2: float = 0.0  # along the axis of the down-looking camera
    normal_m_s2: float = 0.0  # across it, upwards
    rate_rad_s: float = 0.0


@dataclass(slots=True)
class Pull:
    """What acts at an instant: accelerations without gravity's share in what is sensed."""

    tension_n: float
    sensed_east_m_s2: float
    sensed_up_m_s2: float
    swing_rad_s2: float


@dataclass(slots=True)
class Vehicle:
    """The box, its line, and what is at the other end. line_rad: elevation of the line as seen
    from the box, 90 degrees when it hangs still."""

    config: Config
    output_names: Sequence[str]
    gusts: Random
    side_draws: Random
    time_s: float = field(init=False)
    air: Air = field(init=False)
    wind: Wind = field(init=False)
    canopy: Canopy = field(init=False)
    attitude: Attitude = field(init=False)
    phase: Phase = Phase.PAD
    height_m: float = 0.0
    downrange_m: float = 0.0
    up_m_s: float = 0.0
    east_m_s: float = 0.0
    line_rad: float = 0.5 * pi
    swing_rad_s: float = 0.0
    instant: Instant = field(default_factory=Instant)
    marks: dict[str, float] = field(default_factory=dict)
    peak_load_n: float = 0.0
    peak_sensed_m_s2: float = 0.0
    touchdown_speed_m_s: float | None = None
    touchdown_sideways_m_s: float = 0.0
    _outputs: int = 0
    _hover_from_s: float | None = None
    _side_share: float = 0.0
    _air_kg: float = 0.0
    _air_growth_kg_s: float = 0.0
    _stop_until_s: float = 0.0
    _stop_m_s2: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        config = self.config
        self.time_s = config.start_from_launch_s
        self.air = Air(config.sea_level_pressure_pa, config.temperature_offset_k)
        self.wind = Wind(config.wind_m_s, self.gusts)
        self.canopy = Canopy(
            config.canopy_kg,
            config.canopy_diameter_m,
            config.canopy_drag_coefficient,
            config.reefed_share,
            config.canopy_strength_n,
        )
        self.attitude = Attitude(_DOWN_RAD + radians(config.pad_tilt_deg))
        self._feel(0.0, config.gravity_m_s2, self.attitude.pitch_rad)
        self._breathe()

    # What can be asked

    @property
    def destroyed(self) -> bool:
        """Whether it hit the ground too hard for any instrument to work on."""
        return self.touchdown_speed_m_s is not None and self.touchdown_speed_m_s > DESTROYED_M_S

    @property
    def carried(self) -> bool:
        return self.phase is Phase.CARRIED

    @property
    def at_rest(self) -> bool:
        return self.phase is Phase.GROUND

    # What happens

    def advance(self, outputs: int, dt_s: float) -> None:
        """One minor frame under a mask of fired outputs, bits in the order of output_names."""
        new = outputs & ~self._outputs
        self._outputs |= outputs
        for bit, name in enumerate(self.output_names):
            if new >> bit & 1:
                self._fire(name)
        self._change_phase()
        self.wind.advance(self.height_m, self.instant.airspeed_m_s, dt_s)
        if self.phase in {Phase.PAD, Phase.GROUND}:
            self._rest(dt_s)
        elif self.phase is Phase.STOPPING:
            self._stop(dt_s)
        else:
            self._fly(dt_s)
        self.time_s += dt_s
        self._breathe()

    def _fire(self, name: str) -> None:
        """CHUTE lets the bundle out; MAIN cuts the reefing line, even of a bundled canopy."""
        if name == "CHUTE":
            self.canopy.let_out_s = self.time_s
        elif name == "MAIN":
            self.canopy.reefed = False

    def _mark(self, name: str) -> None:
        self.marks.setdefault(name, self.time_s)

    def _change_phase(self) -> None:
        config = self.config
        now = self.time_s
        if self.phase is Phase.PAD and now >= config.launch_s:
            self.phase = Phase.CARRIED
            self._mark("lift-off")
        elif self.phase is Phase.CARRIED:
            if self._hover_from_s is None and self.height_m >= config.release_height_m:
                self._hover_from_s = now
            if self._hover_from_s is not None and now >= self._hover_from_s + config.hover_s:
                self.phase = Phase.FALLING
                self._mark("release")
        elif self.phase is Phase.FALLING and now >= self._taut_from_s():
            self._stretch_lines()

    def _taut_from_s(self) -> float:
        """When the lines are taut; a bundle let out under the carrier waits for the release."""
        if self.canopy.let_out_s is None:
            return inf
        return max(self.canopy.let_out_s, self.marks["release"]) + EXTRACTION_S

    def _stretch_lines(self) -> None:
        east, up = self._flow(0.0, 0.0)
        self.line_rad = atan2(-up, -east) + _NEVER_STRAIGHT_RAD
        self.swing_rad_s = 0.0
        self.canopy.taut = True
        self.phase = Phase.CANOPY
        self._mark("line stretch")

    def _flow(self, more_east_m_s: float, more_up_m_s: float) -> tuple[float, float]:
        """Velocity against the air of the box, or of what moves so much faster."""
        wind_east, wind_up = self.wind.at(self.height_m)
        return (
            self.east_m_s + more_east_m_s - wind_east,
            self.up_m_s + more_up_m_s - wind_up,
        )

    def _breathe(self) -> None:
        """The air around the box now."""
        instant = self.instant
        instant.pressure_pa, instant.density_kg_m3 = self.air.at(
            self.config.site_elevation_m + self.height_m
        )
        speed = hypot(*self._flow(0.0, 0.0))
        instant.airspeed_m_s = speed
        instant.dynamic_pressure_pa = 0.5 * instant.density_kg_m3 * speed * speed

    def _fly(self, dt_s: float) -> None:
        self._fill_canopy(dt_s)
        short_s = dt_s / _SUBSTEPS
        east = up = tension = 0.0
        for _ in range(_SUBSTEPS):
            pull = self._substep(short_s)
            east += pull.sensed_east_m_s2 / _SUBSTEPS
            up += pull.sensed_up_m_s2 / _SUBSTEPS
            tension += pull.tension_n / _SUBSTEPS
        before = self.attitude.pitch_rad
        self.instant.rate_rad_s = self._turn(dt_s)
        self._feel(east, up, 0.5 * (before + self.attitude.pitch_rad))
        self.instant.tension_n = tension
        self._watch(tension)
        if self.height_m <= 0.0 and (self.up_m_s < 0.0 or not self.carried):
            self._touch_down(dt_s)

    def _fill_canopy(self, dt_s: float) -> None:
        if self.phase is not Phase.CANOPY:
            return
        canopy = self.canopy
        canopy.update(self.time_s, self.instant.airspeed_m_s)
        air_kg = canopy.air_kg(self.instant.density_kg_m3)
        self._air_growth_kg_s = max(0.0, air_kg - self._air_kg) / dt_s
        self._air_kg = air_kg
        sigma = self.config.side_force
        kept = 1.0 - dt_s / _SIDE_FORCE_S
        self._side_share *= kept
        if sigma:
            self._side_share += self.side_draws.gauss(0.0, sigma * sqrt(1.0 - kept * kept))

    def _substep(self, dt_s: float) -> Pull:
        """One midpoint step; what is returned is what it applied."""
        half = 0.5 * dt_s
        gravity = self.config.gravity_m_s2
        east, up, line, swing = self.east_m_s, self.up_m_s, self.line_rad, self.swing_rad_s
        pull = self._pull()
        self.east_m_s = middle_east = east + half * pull.sensed_east_m_s2
        self.up_m_s = middle_up = up + half * (pull.sensed_up_m_s2 - gravity)
        self.line_rad = line + half * swing
        self.swing_rad_s = middle_swing = swing + half * pull.swing_rad_s2
        pull = self._pull()
        self.east_m_s = east + dt_s * pull.sensed_east_m_s2
        self.up_m_s = up + dt_s * (pull.sensed_up_m_s2 - gravity)
        self.line_rad = line + dt_s * middle_swing
        self.swing_rad_s = swing + dt_s * pull.swing_rad_s2
        self.downrange_m += dt_s * middle_east
        self.height_m += dt_s * middle_up
        return pull

    def _pull(self) -> Pull:
        """Forces on the box now, and the swing of its line.

        With A the acceleration of an end without the line, u the line's direction and n across it,
        a line of fixed length pulls with ((A_end - A_box) u + length swing^2) / (1/m_end + 1/m_box)
        and swings with ((A_end - A_box) n) / length.
        """
        config = self.config
        box_kg = config.box_kg
        flow_east, flow_up = self._flow(0.0, 0.0)
        drag = -0.5 * self.instant.density_kg_m3 * config.body_drag_area_m2 / box_kg
        drag *= hypot(flow_east, flow_up)
        own_east, own_up = drag * flow_east, drag * flow_up
        if self.phase is Phase.FALLING:
            return Pull(0.0, own_east, own_up, 0.0)

        along_east, along_up = cos(self.line_rad), sin(self.line_rad)
        length = config.sling_m if self.carried else config.lines_m
        round_m_s = length * self.swing_rad_s
        if self.carried:
            end_east, end_up = self._carrier(-round_m_s * along_up, round_m_s * along_east)
            end_per_kg = 0.0
        else:
            end_east, end_up, end_per_kg = self._canopy_end(
                -round_m_s * along_up, round_m_s * along_east
            )
        apart_east = end_east - own_east
        apart_up = end_up - own_up + config.gravity_m_s2
        pull = apart_east * along_east + apart_up * along_up + round_m_s * self.swing_rad_s
        tension = max(0.0, pull / (end_per_kg + 1.0 / box_kg))
        across = apart_up * along_east - apart_east * along_up
        return Pull(
            tension,
            own_east + tension / box_kg * along_east,
            own_up + tension / box_kg * along_up,
            across / length,
        )

    def _carrier(self, more_east_m_s: float, more_up_m_s: float) -> tuple[float, float]:
        """Acceleration with which the carrier's hook climbs, then hovers."""
        climb = self.config.climb_m_s if self._hover_from_s is None else 0.0
        sway = _CARRIER_SWAY * self.wind.east_gust_m_s
        east = _CARRIER_GAIN_S * (sway - self.east_m_s - more_east_m_s)
        up = _CARRIER_GAIN_S * (climb - self.up_m_s - more_up_m_s)
        return _held(east, _CARRIER_M_S2), _held(up, _CARRIER_M_S2)

    def _canopy_end(self, more_east_m_s: float, more_up_m_s: float) -> tuple[float, float, float]:
        """Acceleration of the canopy without its line, gravity on its cloth included, and one over
        its mass."""
        canopy = self.canopy
        per_kg = 1.0 / (canopy.cloth_kg + self._air_kg)
        east, up = self._flow(more_east_m_s, more_up_m_s)
        drag = 0.5 * self.instant.density_kg_m3 * canopy.drag_area_m2 * hypot(east, up)
        side = drag * self._side_share
        brake = drag + self._air_growth_kg_s
        return (
            (side * up - brake * east) * per_kg,
            (-side * east - brake * up - canopy.cloth_kg * self.config.gravity_m_s2) * per_kg,
            per_kg,
        )

    def _turn(self, dt_s: float) -> float:
        """Attitude over the minor frame; returns the mean pitch rate."""
        if self.phase is not Phase.FALLING:
            hanging = self.line_rad - pi
            return self.attitude.advance(hanging, _HINGE_RAD_S, _HINGE_DAMPING, 0.0, dt_s)
        east, up = self._flow(0.0, 0.0)
        if hypot(east, up) < _SLOWEST_FLOW_M_S:
            return self.attitude.advance(self.attitude.pitch_rad, 0.0, 0.0, 0.0, dt_s)
        # The air's grip grows with the root of dynamic pressure [K].
        grip = pi * min(1.0, sqrt(self.instant.dynamic_pressure_pa / 500.0))
        return self.attitude.advance(atan2(up, east), grip, 0.2, 0.0, dt_s)

    def _watch(self, tension_n: float) -> None:
        self.peak_sensed_m_s2 = max(self.peak_sensed_m_s2, self.instant.sensed_m_s2)
        if self.phase is not Phase.CANOPY:
            return
        canopy = self.canopy
        self.peak_load_n = max(self.peak_load_n, tension_n)
        canopy.load(tension_n)
        if canopy.torn:
            self._mark("canopy torn")
        elif canopy.full:
            self._mark("reefed canopy full" if canopy.reefed else "main canopy full")

    def _touch_down(self, dt_s: float) -> None:
        """The foam takes the speed in a whole number of minor frames, as its depth allows."""
        speed = max(-self.up_m_s, 1e-3)
        frames = max(1, ceil(2.0 * self.config.crush_m / speed / dt_s))
        frames = min(frames, 8)
        self.touchdown_speed_m_s = speed
        self.touchdown_sideways_m_s = abs(self.east_m_s)
        self._mark("touchdown")
        self._stop_until_s = self.time_s + frames * dt_s
        self._stop_m_s2 = (-self.east_m_s / (frames * dt_s), speed / (frames * dt_s))
        self.height_m = 0.0
        self.phase = Phase.STOPPING
        if not self.carried:
            self.canopy.drag_area_m2 = 0.0
        self.instant.tension_n = 0.0

    def _stop(self, dt_s: float) -> None:
        east, up = self._stop_m_s2
        self.east_m_s += east * dt_s
        self.up_m_s += up * dt_s
        self._feel(east, up + self.config.gravity_m_s2, self.attitude.pitch_rad)
        self.instant.rate_rad_s = 0.0
        self.peak_sensed_m_s2 = max(self.peak_sensed_m_s2, self.instant.sensed_m_s2)
        if self.time_s + 0.5 * dt_s > self._stop_until_s:
            self.east_m_s = self.up_m_s = 0.0
            self.attitude.rate_rad_s = 0.0
            self.phase = Phase.GROUND

    def _rest(self, dt_s: float) -> None:
        """The ground pushes. A box that came down topples onto the side it leaned to."""
        before = self.attitude.pitch_rad
        self.instant.rate_rad_s = 0.0
        if self.at_rest:
            leaning = (before - _DOWN_RAD + pi) % (2 * pi) - pi
            side = before - leaning + (0.5 * pi if leaning > 0.0 else -0.5 * pi)
            self.instant.rate_rad_s = self.attitude.advance(side, _TOPPLE_RAD_S, 1.0, 0.0, dt_s)
        self._feel(0.0, self.config.gravity_m_s2, 0.5 * (before + self.attitude.pitch_rad))

    def _feel(self, east: float, up: float, pitch_rad: float) -> None:
        """Specific force in body axes."""
        instant = self.instant
        instant.sensed_m_s2 = hypot(east, up)
        instant.axial_m_s2 = east * cos(pitch_rad) + up * sin(pitch_rad)
        instant.normal_m_s2 = up * cos(pitch_rad) - east * sin(pitch_rad)


def _held(value: float, limit: float) -> float:
    return min(max(value, -limit), limit)
