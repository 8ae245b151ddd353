"""What does the vehicle do, phase by phase, when the flight core fires its outputs?

Nothing here knows of states or times of the flight code: a phase begins because an output was
fired, and an output that never comes has the consequences that it would have. Parts leave once.

altitude_m is the height of the wheels of the stowed rover above the flat landing site, a point
fixed to the descent stage: when the rover stands on the ground at the end of the bridle, it is 7.5.
The rover's own height is rover.height_m.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import atan2, cos, hypot, pi, radians, sin, sqrt

from gse.sim import aerodynamics
from gse.sim.attitude import Attitude
from gse.sim.config import Config
from gse.sim.dynamics import Motion, Vector, coast, step
from gse.sim.entry_guidance import lift_share
from gse.sim.guidance import DescentGuidance, axis_against
from gse.sim.parachute import Parachute
from gse.sim.planet import STANDARD_GRAVITY_M_S2, Atmosphere, Field
from gse.sim.rover import Rover

ENGINES = 8
LOWEST_THRUST_N, HIGHEST_THRUST_N = 31.0, 3603.0  # of one engine
_EXHAUST_M_S = 2175.0
_ENGINE_LAG_S = 0.08  # [K]
_LANDER_DRAG_AREA_M2 = 8.0  # out of the aeroshell [K]

_STRAIGHTENING_S = 2.0  # time constant with which the trim angle follows the centre of mass [K]
_CRUISE_STAGE_TORN_OFF_PA = 1000.0  # dynamic pressure [K]
_BARE_HEATING_W_CM2 = 2.0  # what the lander stands without its heat shield [K]

_HOVER_S = 1.0  # after the bridle is cut, if nobody tells the stage to leave earlier
_FLYAWAY_S = 6.6  # from leaving to engine stop: 7.3 s after the cut, flown
_FLYAWAY_PITCH_OVER_S = 0.6
_FLYAWAY_THRUST_N = 0.8 * 4 * HIGHEST_THRUST_N

_DOWN_RAD = -0.5 * pi
DESTROYED_M_S = 15.0  # impact beyond which no instrument works


@dataclass(slots=True)
class Instant:
    """What the vehicle feels, mean over the step just ended."""

    density_kg_m3: float = 0.0
    sound_speed_m_s: float = 1.0
    airspeed_m_s: float = 0.0
    mach: float = 0.0
    dynamic_pressure_pa: float = 0.0
    parachute_load_n: float = 0.0
    heating_w_cm2: float = 0.0
    sensed_m_s2: float = 0.0  # magnitude of the specific force
    axial_m_s2: float = 0.0  # along the heat-shield axis
    normal_m_s2: float = 0.0  # across it, upwards
    rate_rad_s: float = 0.0  # inertial pitch rate


@dataclass(frozen=True, slots=True)
class Firing:
    """How it was when an output fired."""

    mach: float
    altitude_m: float
    sink_m_s: float


@dataclass(slots=True)
class Peak:
    """A largest value and when it was."""

    value: float = 0.0
    time_s: float = 0.0

    def watch(self, value: float, time_s: float) -> None:
        if value > self.value:
            self.value = value
            self.time_s = time_s


def flight_field(config: Config) -> Field:
    """Gravity and rotation that a configuration asks for."""
    return Field(j2=config.j2, rotation_rad_s=config.rotation_rad_s)


def entry_motion(config: Config) -> Motion:
    """The state at entry interface: due east at the configured latitude."""
    angle = radians(config.ei_angle_deg)
    return Motion(
        radius_m=config.ei_radius_m,
        latitude_rad=radians(config.ei_latitude_deg),
        longitude_rad=0.0,
        up_m_s=config.ei_speed_m_s * sin(angle),
        east_m_s=config.ei_speed_m_s * cos(angle),
        north_m_s=0.0,
    )


def coast_from_entry(config: Config, time_from_ei_s: float) -> tuple[Motion, float]:
    """Motion and pitch of the vehicle on its way to entry, as if there were no air.

    The axis holds its inertial direction, which is that of trimmed flight at entry interface, so
    the pitch differs from the one there by the angle that the local vertical turns.
    """
    entry = entry_motion(config)
    motion = coast(entry, flight_field(config), time_from_ei_s)
    share = config.low_lift_share if config.bank_deg is None else cos(radians(config.bank_deg))
    trim = radians(config.trim_angle_deg) * share
    turned = (motion.longitude_rad - entry.longitude_rad) * cos(entry.latitude_rad)
    return motion, radians(config.ei_angle_deg) - trim + turned


@dataclass(slots=True)
class Vehicle:
    """All that flies, from the cruise stage to the rover on the ground."""

    config: Config
    output_names: Sequence[str]
    time_s: float = field(init=False)
    motion: Motion = field(init=False)
    attitude: Attitude = field(init=False)
    field_: Field = field(init=False)
    air: Atmosphere = field(init=False)
    parachute: Parachute = field(init=False)
    rover: Rover = field(init=False)
    guidance: DescentGuidance = field(init=False)
    instant: Instant = field(default_factory=Instant)
    marks: dict[str, float] = field(default_factory=dict)
    peak_heating: Peak = field(default_factory=Peak)
    peak_deceleration: Peak = field(default_factory=Peak)
    peak_load: Peak = field(default_factory=Peak)
    fired_s: dict[str, float] = field(default_factory=dict)
    firings: dict[str, Firing] = field(default_factory=dict)
    mass_kg: float = 0.0
    propellant_kg: float = 0.0
    thrust_n: float = 0.0
    frozen: bool = False
    burned: bool = False
    impact_speed_m_s: float = 0.0
    _outputs: int = 0
    _cruise_stage: bool = True
    _heat_shield: bool = True
    _back_shell: bool = True
    _ballast_pairs: int = 3
    _trim_share: float = 1.0
    _aeroshell_drag_area_m2: float = 0.0
    _back_shell_kg: float = 0.0
    _away_s: float | None = None
    _burning: bool = False
    # Held over a step, used by the force function.
    _lift_up: float = 0.0
    _lift_side: float = 0.0
    _thrust_up: float = 0.0
    _thrust_east: float = 0.0
    _thrust_north: float = 0.0

    def __post_init__(self) -> None:
        config = self.config
        self.time_s = config.start_from_ei_s
        self.field_ = flight_field(config)
        self.air = Atmosphere(
            config.log_density_aloft, config.log_density_low, config.wind_east_m_s
        )
        self.motion, pitch = coast_from_entry(config, config.start_from_ei_s)
        self.attitude = Attitude(pitch)
        self.parachute = Parachute(
            config.parachute_drag_scale,
            config.inflation_peak_coefficient,
            config.parachute_strength_n,
        )
        self.rover = Rover(config.rover_kg, height_m=self.altitude_m)
        self.guidance = DescentGuidance(config)
        self.propellant_kg = config.propellant_kg
        self._aeroshell_drag_area_m2 = config.entry_mass_kg / config.ballistic_coefficient_kg_m2
        self._back_shell_kg = (
            config.entry_mass_kg
            - 3 * config.ballast_pair_kg
            - config.heat_shield_kg
            - config.stage_dry_kg
            - config.propellant_kg
            - config.rover_kg
        )
        self._weigh()

    # What can be asked

    @property
    def altitude_m(self) -> float:
        """Height of the stowed rover's wheels above the landing site."""
        return self.motion.radius_m - self.config.site_radius_m

    @property
    def downrange_m(self) -> float:
        """Along the ground, east from where the entry interface was crossed."""
        motion = self.motion
        return self.config.site_radius_m * motion.longitude_rad * cos(motion.latitude_rad)

    @property
    def throttle(self) -> float:
        """Mean thrust of the eight engines as a share of the highest."""
        return self.thrust_n / (ENGINES * HIGHEST_THRUST_N)

    @property
    def heat_shield_gone(self) -> bool:
        return not self._heat_shield

    @property
    def gone(self) -> tuple[bool, bool, bool, bool, bool]:
        """What is gone: cruise stage, heat shield, back shell, the rover's mounts, the bridle."""
        rover = self.rover
        return (
            not self._cruise_stage,
            not self._heat_shield,
            not self._back_shell,
            rover.released_s is not None,
            rover.cut_s is not None,
        )

    @property
    def destroyed(self) -> bool:
        """Whether the flight core and its instruments hit the ground too hard to work on."""
        hit = self.rover.touchdown_speed_m_s if self.rover.contact_s is not None else 0.0
        return hit > DESTROYED_M_S

    # What happens

    def advance(self, outputs: int, dt_s: float) -> None:
        """One step under a mask of fired outputs, bits in the order of output_names."""
        new = outputs & ~self._outputs
        if new:
            self._outputs |= new
            for bit, name in enumerate(self.output_names):
                if new >> bit & 1:
                    self._fire(name)
        if not self.frozen:
            self._fly(dt_s)
        elif self.rover.hanging:
            self._rest(self.attitude.pitch_rad)
        self.time_s += dt_s
        if not self.frozen:
            self._ground(dt_s)
        if not self.rover.hanging:  # the core has left the stage: at rest, or falling freely
            if self.rover.contact_s is not None:
                self._rest(_DOWN_RAD)
            else:
                self._feel(0.0, 0.0, 0.0, _DOWN_RAD)

    def _fire(self, name: str) -> None:
        now = self.time_s
        self.fired_s[name] = now
        self.firings[name] = Firing(self.instant.mach, self.altitude_m, -self.motion.up_m_s)
        if name == "CRUISE_STAGE":
            self._cruise_stage = False
        elif name in {"BALLAST_1", "BALLAST_2", "BALLAST_3"}:
            self._ballast_pairs -= 1
        elif name == "MORTAR" and self._back_shell:
            self.parachute.fired_s = now
        elif name == "HEAT_SHIELD":
            self._heat_shield = False
        elif name == "BACK_SHELL":
            self._back_shell = False
            self.parachute.released = True
        elif name == "ROVER" and not self._heat_shield:  # inside the aeroshell it cannot come out
            self.rover.released_s = now
        elif name == "BRIDLE":
            self.rover.cut_s = now
            self._mark("bridle cut", now)
        self._weigh()

    def _mark(self, name: str, time_s: float) -> None:
        self.marks.setdefault(name, time_s)

    def _weigh(self) -> None:
        config = self.config
        self.mass_kg = (
            config.cruise_stage_kg * self._cruise_stage
            + config.ballast_pair_kg * self._ballast_pairs
            + config.heat_shield_kg * self._heat_shield
            + self._back_shell_kg * self._back_shell
            + config.stage_dry_kg
            + self.propellant_kg
            + self.rover.carried_kg(self.time_s)
        )

    def _rest(self, pitch_rad: float) -> None:
        """The flight core on the ground feels the ground push."""
        gravity = self.field_.mu_m3_s2 / self.motion.radius_m**2
        self._feel(gravity, 0.0, 0.0, pitch_rad)
        self.instant.rate_rad_s = 0.0

    def _fly(self, dt_s: float) -> None:
        motion = self.motion
        now = self.time_s
        radius_before = motion.radius_m
        was_stretched = self.parachute.stretched
        self.parachute.update(now)
        if self.parachute.stretched and not was_stretched:
            self._mark("line stretch", now)
            self.attitude.rate_rad_s += radians(self.config.swing_kick_deg_s)
        self._set_lift(dt_s)
        self._set_thrust(dt_s)

        force_up, force_east, force_north = step(motion, self.field_, self._force, dt_s)

        interface = self.config.ei_radius_m
        if motion.radius_m < interface <= radius_before:
            share = (radius_before - interface) / (radius_before - motion.radius_m)
            self._mark("entry interface", now + share * dt_s)

        before = self.attitude.pitch_rad
        rate = self._turn(dt_s)
        self._feel(force_up, force_east, force_north, 0.5 * (before + self.attitude.pitch_rad))
        self.instant.rate_rad_s = rate
        self._watch(now + dt_s)

    def _set_lift(self, dt_s: float) -> None:
        """Lift over drag in the vertical plane and across it, held over the step."""
        config = self.config
        wanted = self._ballast_pairs / 3.0 if self._heat_shield else 0.0
        if self._cruise_stage or self.parachute.stretched:
            wanted = 0.0
            self._trim_share = 0.0
        elif self.time_s <= 0.0:  # no air yet: trimmed at once
            self._trim_share = wanted
        self._trim_share += (wanted - self._trim_share) * dt_s / _STRAIGHTENING_S
        lift = config.lift_to_drag * self._trim_share
        if config.bank_deg is not None:
            bank = radians(config.bank_deg)
            self._lift_up, self._lift_side = lift * cos(bank), lift * sin(bank)
            return
        motion = self.motion
        speed = sqrt(motion.up_m_s**2 + motion.east_m_s**2 + motion.north_m_s**2)
        self._lift_up = lift * lift_share(config, speed, motion.up_m_s, -self.instant.axial_m_s2)
        self._lift_side = 0.0

    def _set_thrust(self, dt_s: float) -> None:
        """Engines: what guidance asks for, limited, lagged, and paid for in propellant."""
        started = "ENGINES" in self.fired_s and not (self._heat_shield or self._back_shell)
        self._burning = started and not self._flown_away() and self.propellant_kg > 0.0
        self._thrust_north = 0.0
        if not self._burning:
            self.thrust_n = self._thrust_up = self._thrust_east = 0.0
            return
        wanted = min(
            max(self._thrust_wanted_n(), ENGINES * LOWEST_THRUST_N), ENGINES * HIGHEST_THRUST_N
        )
        self.thrust_n += (wanted - self.thrust_n) * dt_s / _ENGINE_LAG_S
        self.propellant_kg = max(0.0, self.propellant_kg - self.thrust_n * dt_s / _EXHAUST_M_S)
        self._weigh()
        push = self.thrust_n / self.mass_kg
        pitch = self.attitude.pitch_rad
        self._thrust_up = -push * sin(pitch)
        self._thrust_east = -push * cos(pitch)
        # Across the pitch plane a tilt that the model leaves out takes the speed away.
        self._thrust_north = min(max(-0.4 * self.motion.north_m_s, -3.0), 3.0)

    def _thrust_wanted_n(self) -> float:
        if self._leaving_for_s() > 0.0:
            return _FLYAWAY_THRUST_N
        up, east = self._demand()
        return self.mass_kg * hypot(up, east)

    def _demand(self) -> tuple[float, float]:
        """Force per mass (up, east) that keeps to the profile, or that hovers after the cut."""
        motion = self.motion
        gravity = self.field_.mu_m3_s2 / motion.radius_m**2
        if not self.rover.hanging:
            return gravity - motion.up_m_s, -0.4 * motion.east_m_s
        return self.guidance.demand(self.altitude_m, motion.up_m_s, motion.east_m_s, gravity)

    def _leaving_for_s(self) -> float:
        """How long the stage has been leaving; negative before."""
        if self.rover.hanging or self.rover.cut_s is None:
            return -1.0
        if self._away_s is None:
            told = self.fired_s.get("ENGINES_AWAY", self.time_s + 1.0)
            self_timed = self.rover.cut_s + _HOVER_S
            if self.time_s < min(max(told, self.rover.cut_s), self_timed):
                return -1.0
            self._away_s = self.time_s
        return self.time_s - self._away_s

    def _flown_away(self) -> bool:
        if self._leaving_for_s() < _FLYAWAY_S:
            return False
        self._mark("flyaway complete", self.time_s)
        return True

    def _force(self, radius: float, up: float, east: float, north: float) -> Vector:
        """Specific force of air and engines at a state within the step."""
        instant = self.instant
        density, sound, wind_east = self.air.at(radius - self.config.datum_radius_m)
        instant.density_kg_m3 = density
        instant.sound_speed_m_s = sound
        east -= wind_east
        squared = up * up + east * east + north * north
        speed = sqrt(squared)
        instant.airspeed_m_s = speed
        instant.mach = mach = speed / sound
        instant.dynamic_pressure_pa = pressure = 0.5 * density * squared
        if pressure < 1e-9:
            return self._thrust_up, self._thrust_east, self._thrust_north
        if self._heat_shield or self._back_shell:
            body = self._aeroshell_drag_area_m2 * aerodynamics.body_drag_share(mach)
        else:
            body = _LANDER_DRAG_AREA_M2
        canopy = self.parachute.drag_area_m2(mach)
        instant.parachute_load_n = canopy * pressure
        per_mass = pressure / self.mass_kg
        back = (body + canopy) * per_mass / speed
        force_up = self._thrust_up - back * up
        force_east = self._thrust_east - back * east
        force_north = self._thrust_north - back * north
        horizontal = sqrt(east * east + north * north)
        if (self._lift_up or self._lift_side) and horizontal > 1.0:
            lift = body * per_mass
            ahead_east, ahead_north = east / horizontal, north / horizontal
            tilt = lift * self._lift_up * up / speed
            side = lift * self._lift_side
            force_up += lift * self._lift_up * horizontal / speed
            force_east -= tilt * ahead_east + side * ahead_north
            force_north -= tilt * ahead_north - side * ahead_east
        return force_up, force_east, force_north

    def _turn(self, dt_s: float) -> float:
        """Attitude over the step; returns the mean inertial pitch rate."""
        motion = self.motion
        instant = self.instant
        turn = motion.east_m_s / motion.radius_m
        if self._burning:
            leaving = self._leaving_for_s()
            if leaving > 0.0:
                share = min(1.0, leaving / _FLYAWAY_PITCH_OVER_S)
                towards = _DOWN_RAD * (1.0 + 0.5 * share)
            else:
                towards = axis_against(*self._demand())
            return self.attitude.advance(towards, 2 * pi * 0.6, 0.8, turn, dt_s)
        if not self._back_shell:
            return self.attitude.advance(_DOWN_RAD, 1.0, 1.0, turn, dt_s)
        wind = self.air.at(motion.radius_m - self.config.datum_radius_m)[2]
        path = atan2(motion.up_m_s, motion.east_m_s - wind)
        if self.parachute.stretched:
            return self.attitude.advance(path, 2 * pi * 1.2, 0.06, turn, dt_s)
        lift_share = self._lift_up / self.config.lift_to_drag if self.config.lift_to_drag else 0.0
        towards = path - radians(self.config.trim_angle_deg) * lift_share
        # The air's grip grows with the root of dynamic pressure; thrusters damp the motion.
        grip = pi * min(1.0, sqrt(instant.dynamic_pressure_pa / 500.0))
        return self.attitude.advance(towards, grip, 0.7, turn, dt_s)

    def _feel(self, up: float, east: float, north: float, pitch_rad: float) -> None:
        """Specific force in body axes, where the flight core rides: in the rover."""
        instant = self.instant
        instant.sensed_m_s2 = sqrt(up * up + east * east + north * north)
        instant.axial_m_s2 = east * cos(pitch_rad) + up * sin(pitch_rad)
        instant.normal_m_s2 = up * cos(pitch_rad) - east * sin(pitch_rad)

    def _watch(self, now_s: float) -> None:
        """Peaks, and what the air tears off."""
        instant = self.instant
        instant.heating_w_cm2 = aerodynamics.heating_w_cm2(
            instant.density_kg_m3, instant.airspeed_m_s
        )
        self.peak_heating.watch(instant.heating_w_cm2, now_s)
        if self.parachute.fired_s is None:
            self.peak_deceleration.watch(instant.sensed_m_s2 / STANDARD_GRAVITY_M_S2, now_s)
        if self.parachute.stretched:
            self.peak_load.watch(instant.parachute_load_n, now_s)
            self.parachute.load(instant.parachute_load_n)
        if self._cruise_stage and instant.dynamic_pressure_pa > _CRUISE_STAGE_TORN_OFF_PA:
            self._cruise_stage = False
            self._weigh()
        if not self._heat_shield and instant.heating_w_cm2 > _BARE_HEATING_W_CM2:
            self.burned = True

    def _ground(self, dt_s: float) -> None:
        """Contact of the rover, and of everything else."""
        motion = self.motion
        rover = self.rover
        sink = -motion.up_m_s
        if rover.contact_s is None:
            gravity = self.field_.mu_m3_s2 / motion.radius_m**2
            sideways = hypot(motion.east_m_s, motion.north_m_s)
            rover.advance(self.time_s, self.altitude_m, sink, sideways, gravity, dt_s)
            if rover.contact_s is not None:
                self._mark("contact", rover.contact_s)
        if self.altitude_m > 0.0:
            return
        self.impact_speed_m_s = hypot(motion.up_m_s, motion.east_m_s, motion.north_m_s)
        self._mark("descent stage impact" if not rover.hanging else "impact", self.time_s)
        motion.radius_m = self.config.site_radius_m
        motion.up_m_s = motion.east_m_s = motion.north_m_s = 0.0
        self.attitude.rate_rad_s = 0.0
        self.thrust_n = 0.0
        self.instant = Instant(sound_speed_m_s=self.instant.sound_speed_m_s)
        self.frozen = True
