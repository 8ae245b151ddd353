"""What exactly is dropped, and by how much may a seed make it differ?

nominal() is a calm standard day at sea level with perfect instruments. dispersed() draws a day, a
site, a box and its instruments.
"""

from dataclasses import dataclass, field, replace
from random import Random

from gse.sim.cameras import CameraFaults
from gse.sim.droptest.air import SEA_LEVEL_PRESSURE_PA, STANDARD_GRAVITY_M_S2
from gse.sim.streams import stream


@dataclass(frozen=True, slots=True)
class SensorErrors:
    """Errors of the instruments; all zero: perfect but for steps, limits and the barometer's lag.

    Fixed ones as they are, noise as one sigma a sample.
    """

    accelerometer_bias_m_s2: tuple[float, float] = (0.0, 0.0)  # axial, normal
    accelerometer_scale: tuple[float, float] = (0.0, 0.0)
    accelerometer_noise_m_s2: float = 0.0
    vibration_m_s2: float = 0.0  # added noise while the carrier's motors shake it
    gyro_bias_deg_s: float = 0.0
    gyro_scale: float = 0.0
    gyro_noise_deg_s: float = 0.0
    barometer_bias_pa: float = 0.0
    barometer_noise_pa: float = 0.0
    static_port_coefficient: float = 0.0  # share of dynamic pressure that the vents let in
    house_keeping_noise: float = 0.0  # 1: seeded spread of temperature, voltage, sound, read time


@dataclass(frozen=True, slots=True)
class Config:
    """One drop. Heights above the ground, times from the planned launch, east is downrange."""

    start_from_launch_s: float = -60.0
    end_from_launch_s: float = 240.0

    # Site and day.
    site_elevation_m: float = 0.0
    sea_level_pressure_pa: float = SEA_LEVEL_PRESSURE_PA
    temperature_offset_k: float = 0.0
    gravity_m_s2: float = STANDARD_GRAVITY_M_S2
    wind_m_s: float = 0.0  # 10 m above the ground

    # The carrier: a drone with the box on a sling. Sizes [K].
    launch_s: float = 0.0
    climb_m_s: float = 5.0
    release_height_m: float = 500.0
    hover_s: float = 10.0
    sling_m: float = 1.5

    # The box. A blunt cylinder of 15 cm with a drag coefficient of 0.9 [K].
    box_kg: float = 2.5
    body_drag_area_m2: float = 0.016
    pad_tilt_deg: float = 0.0
    crush_m: float = 0.12  # of the foam below it, at touchdown [K]

    # The canopy: flat circular, drag coefficient 0.75 on its cloth (Potvin, Parks College Parachute
    # Research Group). Sized for 5.4 m/s at sea level; reefed to a ninth of the drag for 15.6 m/s.
    canopy_kg: float = 0.25
    canopy_diameter_m: float = 1.6
    canopy_drag_coefficient: float = 0.75
    reefed_share: float = 0.11
    canopy_strength_n: float = 250.0  # of the weakest line or seam [K]
    lines_m: float = 2.4  # from box to skirt [K]
    side_force: float = 0.0  # one sigma of the canopy's unsteady side force, share of its drag

    sensors: SensorErrors = field(default_factory=SensorErrors)
    cameras: CameraFaults = field(default_factory=CameraFaults)


def nominal() -> Config:
    """The drop without dispersions, with perfect instruments."""
    return Config()


def dispersed(seed: int, base: Config | None = None) -> Config:
    """base (the nominal drop) as it turns out on the day that seed stands for. Sizes [K]."""
    base = base or nominal()
    day = stream(seed, "droptest day")
    carrier = stream(seed, "droptest carrier")
    box = stream(seed, "droptest box")
    return replace(
        base,
        site_elevation_m=day.uniform(0.0, 1500.0),
        sea_level_pressure_pa=base.sea_level_pressure_pa + day.gauss(0.0, 800.0),
        temperature_offset_k=day.gauss(0.0, 8.0),
        gravity_m_s2=base.gravity_m_s2 + day.gauss(0.0, 0.01),  # 0.05 from equator to pole
        wind_m_s=day.uniform(-6.0, 6.0),  # beyond it nobody flies
        launch_s=base.launch_s + carrier.uniform(-10.0, 20.0),
        climb_m_s=base.climb_m_s + carrier.uniform(-1.0, 1.0),
        release_height_m=base.release_height_m + carrier.gauss(0.0, 5.0),
        hover_s=base.hover_s * carrier.uniform(0.5, 1.5),
        box_kg=base.box_kg * (1.0 + box.gauss(0.0, 0.02)),
        body_drag_area_m2=base.body_drag_area_m2 * (1.0 + box.gauss(0.0, 0.1)),
        pad_tilt_deg=box.gauss(0.0, 1.5),
        canopy_drag_coefficient=base.canopy_drag_coefficient * (1.0 + box.gauss(0.0, 0.03)),
        reefed_share=base.reefed_share * (1.0 + box.gauss(0.0, 0.05)),
        side_force=0.12,
        sensors=_sensor_errors(stream(seed, "droptest instruments")),
    )


def _sensor_errors(draws: Random) -> SensorErrors:
    """An inertial unit and a barometer such as are soldered on hobby boards; sizes [K]."""
    return SensorErrors(
        accelerometer_bias_m_s2=(draws.gauss(0.0, 0.2), draws.gauss(0.0, 0.2)),  # 20 mg
        accelerometer_scale=(draws.gauss(0.0, 0.005), draws.gauss(0.0, 0.005)),
        accelerometer_noise_m_s2=0.03,
        vibration_m_s2=0.4,
        gyro_bias_deg_s=draws.gauss(0.0, 0.5),
        gyro_scale=draws.gauss(0.0, 0.01),
        gyro_noise_deg_s=0.1,
        barometer_bias_pa=draws.gauss(0.0, 50.0),
        barometer_noise_pa=1.5,
        static_port_coefficient=draws.gauss(0.0, 0.03),
        house_keeping_noise=1.0,
    )
