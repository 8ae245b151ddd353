"""What exactly flies, and by how much may a seed make it differ?

nominal() is the flight without any error. dispersed() draws one day of entry out of it.
"""

from dataclasses import dataclass, field, replace
from random import Random

from gse.sim import planet
from gse.sim.cameras import CameraFaults
from gse.sim.streams import stream

EI_RADIUS_M = 3522.2e3
"""Radius of the entry interface of Mars 2020 and MSL."""

DATUM_RADIUS_M = 3395.7e3
"""Radius at which the table of the air has its zero.

Fitted, between the equatorial radius, 3396.2 km, and the areoid at 18 degrees north, 3394.2 km:
peak heating and peak deceleration then both fall within 2 s of the flown times at the flown -15.5
degrees.
"""

SITE_HEIGHT_M = -2500.0
"""Height of the landing site in the table of the air; its radius is then 3393.2 km."""


@dataclass(frozen=True, slots=True)
class SensorErrors:
    """Standard deviations and fixed errors of the instruments; all zero: perfect but for steps."""

    accelerometer_bias_m_s2: tuple[float, float] = (0.0, 0.0)  # axial, normal
    accelerometer_scale: tuple[float, float] = (0.0, 0.0)
    accelerometer_noise_m_s2: float = 0.0  # one sigma a minor frame
    gyro_bias_deg_s: float = 0.0
    gyro_scale: float = 0.0
    gyro_noise_deg_s: float = 0.0  # one sigma a minor frame
    radar_range_scale: float = 0.0
    radar_range_noise: float = 0.0  # one sigma, share of the range
    radar_range_noise_m: float = 0.0  # one sigma, on top
    radar_speed_scale: float = 0.0
    radar_speed_noise_m_s: float = 0.0
    house_keeping_noise: float = 0.0  # 1: seeded spread of temperature, voltage, sound, read time


@dataclass(frozen=True, slots=True)
class NavigationErrors:
    """Errors of the state that the ground sends up, at the epoch it is given for."""

    altitude_m: float = 0.0
    vertical_velocity_m_s: float = 0.0
    horizontal_velocity_m_s: float = 0.0
    pitch_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class Config:
    """One flight. Angles in degrees; velocity in the planet-fixed frame; the path leads east."""

    start_from_ei_s: float = -620.0
    end_from_ei_s: float = 500.0

    # Planet. Rotation and J2 are off in the planar flight that reproduces Mars 2020.
    datum_radius_m: float = DATUM_RADIUS_M
    site_height_m: float = SITE_HEIGHT_M
    rotation_rad_s: float = 0.0
    j2: float = 0.0
    # exp(0.28) is 32 % more air from 10 km up than the mean profile has. Published tables differ by
    # 10-60 %, and only so does the model reproduce together the flown peak deceleration, the time
    # of the parachute, and the heights of the lander vision camera's labels down to 2.3 km.
    log_density_aloft: float = 0.28
    log_density_low: float = 0.0
    wind_east_m_s: tuple[float, ...] = ()

    # State at entry interface.
    ei_radius_m: float = EI_RADIUS_M
    ei_latitude_deg: float = 0.0
    ei_speed_m_s: float = 5335.0
    ei_angle_deg: float = -15.5

    # Entry vehicle. Parts are those of MSL where Mars 2020 is not published; the back shell takes
    # what the sum lacks to the entry mass.
    entry_mass_kg: float = 3370.0  # with ballast, without cruise stage
    cruise_stage_kg: float = 540.0  # [K]
    ballast_pair_kg: float = 50.0
    heat_shield_kg: float = 385.0
    stage_dry_kg: float = 983.0
    propellant_kg: float = 401.0
    rover_kg: float = 1026.0
    ballistic_coefficient_kg_m2: float = 146.0  # of the entry mass
    lift_to_drag: float = 0.24
    trim_angle_deg: float = 16.0  # of attack, for that lift [K]
    bank_deg: float | None = None  # constant; None: the schedule below
    # Guided entry banks left and right in turn; what counts in the plane is the vertical share of
    # the lift: low at first, all of it from where the range to go is settled.
    low_lift_share: float = 0.607
    full_lift_share: float = 1.0
    entry_guidance: bool = True  # corrections to that schedule
    low_lift_above_m_s: float = 2700.0
    full_lift_below_m_s: float = 1200.0

    # Parachute. With 0.95 of the table the heights of the lander vision camera's labels come out.
    parachute_drag_scale: float = 0.95
    inflation_peak_coefficient: float = 0.80
    parachute_strength_n: float = 222e3  # qualification load is 222 kN
    swing_kick_deg_s: float = 45.0  # pitch rate that line stretch gives the body [K]

    # What the lander's own guidance believes wrongly.
    guidance_gravity_error: float = 0.0  # share of gravity
    guidance_velocity_error_m_s: float = 0.0
    guidance_altitude_error_m: float = 0.0

    sensors: SensorErrors = field(default_factory=SensorErrors)
    navigation: NavigationErrors = field(default_factory=NavigationErrors)
    cameras: CameraFaults = field(default_factory=CameraFaults)

    @property
    def site_radius_m(self) -> float:
        return self.datum_radius_m + self.site_height_m


def nominal() -> Config:
    """The flight without dispersions, with perfect instruments and perfect knowledge."""
    return Config()


def dispersed(seed: int, base: Config | None = None) -> Config:
    """base (the nominal flight) as it turns out on the day that seed stands for.

    Sizes, one sigma. They are those of the day of entry, not of the design: the entry corridor is
    known to a hundredth of a degree after the last correction, and an orbiter has sounded the air
    over the site for weeks, so that of the 10-60 % by which published tables differ 3 % are left
    aloft and 2 % near the ground.
    """
    base = base or nominal()
    entry = stream(seed, "entry")
    air = stream(seed, "air")
    body = stream(seed, "vehicle")
    guidance = stream(seed, "guidance")
    return replace(
        base,
        ei_speed_m_s=base.ei_speed_m_s + entry.gauss(0.0, 0.3),
        ei_angle_deg=base.ei_angle_deg + entry.gauss(0.0, 0.01),
        log_density_aloft=base.log_density_aloft + air.gauss(0.0, 0.03),
        log_density_low=base.log_density_low + air.gauss(0.0, 0.02),
        wind_east_m_s=_wind_profile(stream(seed, "wind")),
        entry_mass_kg=base.entry_mass_kg + body.gauss(0.0, 3.0),
        propellant_kg=base.propellant_kg + body.gauss(0.0, 1.0),
        ballistic_coefficient_kg_m2=base.ballistic_coefficient_kg_m2 * (1 + body.gauss(0.0, 0.01)),
        lift_to_drag=base.lift_to_drag * (1 + body.gauss(0.0, 0.01)),
        parachute_drag_scale=base.parachute_drag_scale * (1 + body.gauss(0.0, 0.015)),
        swing_kick_deg_s=base.swing_kick_deg_s * body.uniform(-1.5, 1.5),
        guidance_gravity_error=guidance.gauss(0.0, 5e-4),
        guidance_velocity_error_m_s=guidance.gauss(0.0, 0.02),
        guidance_altitude_error_m=guidance.gauss(0.0, 0.3),
        sensors=_sensor_errors(stream(seed, "instruments")),
        navigation=_navigation_errors(stream(seed, "orbit determination")),
    )


def _wind_profile(draws: Random) -> tuple[float, ...]:
    """East wind at the nodes of the air: 7 m/s below 20 km to 14 m/s aloft, one sigma.

    Neighbours 5 km apart correlate by 0.7.
    """
    winds = []
    value = draws.gauss(0.0, 1.0)
    for node in range(planet.NODES):
        height_m = planet.LOWEST_NODE_M + node * planet.NODE_STEP_M
        winds.append(value * (7.0 + min(7.0, max(0.0, (height_m - 20e3) / 4e3))))
        value = 0.7 * value + draws.gauss(0.0, 0.714)
    return tuple(winds)


def _sensor_errors(draws: Random) -> SensorErrors:
    """An inertial unit of navigation grade and a Doppler radar; sizes [K]."""
    return SensorErrors(
        accelerometer_bias_m_s2=(draws.gauss(0.0, 5e-4), draws.gauss(0.0, 5e-4)),  # 50 ug
        accelerometer_scale=(draws.gauss(0.0, 1e-4), draws.gauss(0.0, 1e-4)),
        accelerometer_noise_m_s2=0.02,
        gyro_bias_deg_s=draws.gauss(0.0, 1e-5),  # 0.04 deg/h
        gyro_scale=draws.gauss(0.0, 1e-5),
        gyro_noise_deg_s=7e-4,  # angle random walk of 0.005 deg/sqrt(h)
        radar_range_scale=draws.gauss(0.0, 1e-3),
        radar_range_noise=1e-3,
        radar_range_noise_m=0.3,
        radar_speed_scale=draws.gauss(0.0, 5e-4),
        radar_speed_noise_m_s=0.1,
        house_keeping_noise=1.0,
    )


def _navigation_errors(draws: Random) -> NavigationErrors:
    """Orbit determination and star tracker on the day of entry; sizes [K]."""
    return NavigationErrors(
        altitude_m=draws.gauss(0.0, 100.0),
        vertical_velocity_m_s=draws.gauss(0.0, 0.1),
        horizontal_velocity_m_s=draws.gauss(0.0, 0.1),
        pitch_deg=draws.gauss(0.0, 0.01),
    )
