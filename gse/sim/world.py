"""What is there around the flight core on its way to Mars: the descent of Mars 2020."""

from math import degrees, sqrt

from fsw.missions import mars2020
from gse.sim.config import Config, dispersed
from gse.sim.counts import scale
from gse.sim.planet import STANDARD_GRAVITY_M_S2
from gse.sim.sensors import Sensors
from gse.sim.simulation import DT_S, Simulation
from gse.sim.vehicle import Vehicle, coast_from_entry
from gse.uplink import telecommand

NAVIGATION_EPOCH_S = -600.0  # from entry interface: the last orbit determination before entry

TRUTH_COLUMNS: tuple[str, ...] = (
    "time_from_ei_s",
    "altitude_m",
    "rover_height_m",
    "downrange_m",
    "vertical_velocity_m_s",
    "horizontal_velocity_m_s",
    "speed_m_s",
    "mach",
    "dynamic_pressure_pa",
    "sensed_acceleration_m_s2",
    "deceleration_g",
    "heating_w_cm2",
    "pitch_deg",
    "pitch_rate_deg_s",
    "mass_kg",
    "throttle",
    "propellant_kg",
    "parachute_load_n",
)


class World(Simulation):
    """One simulated descent.

    seed: which day of entry; the same seed gives the same flight. config: fly exactly that (errors
    included) instead of the day of the seed.
    """

    truth_columns = TRUTH_COLUMNS

    def __init__(self, seed: int, config: Config | None = None) -> None:
        self.config = dispersed(seed) if config is None else config
        self.vehicle = Vehicle(self.config, mars2020.OUTPUTS)
        self._sensors = Sensors(self.config.sensors, seed)
        super().__init__(
            seed,
            self.config.start_from_ei_s,
            self.config.end_from_ei_s,
            mars2020.CAMERAS,
            self.config.cameras,
        )

    def _advance(self, outputs: int) -> None:
        self.vehicle.advance(outputs, DT_S)

    def _read(self, frame: int, microphone_gate: int) -> list[int]:
        # No sum of steps: it would drift by other rounding.
        self.vehicle.time_s = self.time_from_ei_s
        return self._sensors.read(self.vehicle, frame, microphone_gate)

    def telecommand_after_boot(self, altitude_error_m: float = 0.0) -> bytes:
        """The state that orbit determination gives for NAVIGATION_EPOCH_S, or for two seconds after
        a later start."""
        epoch_s = max(NAVIGATION_EPOCH_S, self.config.start_from_ei_s + 2.0)
        altitude, vertical, horizontal, pitch = self.navigation_knowledge(epoch_s)
        altitude += scale("NAV_ALTITUDE").counts(altitude_error_m)
        return telecommand(
            "NAV_INITIALISE",
            {
                "time": mars2020.EI_SCLK + round(epoch_s),
                "altitude": altitude,
                "vertical_velocity": vertical,
                "horizontal_velocity": horizontal,
                "pitch": pitch,
            },
        )

    def navigation_knowledge(self, epoch_from_ei_s: float) -> tuple[int, int, int, int]:
        """What orbit determination sends up: the state expected at an epoch, with its errors.

        Altitude, vertical and horizontal velocity and pitch in counts of the NAV channels. The
        state is coasted there without air, so an epoch after entry interface holds no drag.
        """
        motion, pitch_rad = coast_from_entry(self.config, epoch_from_ei_s)
        errors = self.config.navigation
        values = {
            "NAV_ALTITUDE": motion.radius_m - self.config.site_radius_m + errors.altitude_m,
            "NAV_VERTICAL_VELOCITY": motion.up_m_s + errors.vertical_velocity_m_s,
            "NAV_HORIZONTAL_VELOCITY": motion.east_m_s + errors.horizontal_velocity_m_s,
            "NAV_PITCH": degrees(pitch_rad) + errors.pitch_deg,
        }
        altitude, vertical, horizontal, pitch = (
            scale(name).counts(value) for name, value in values.items()
        )
        return altitude, vertical, horizontal, pitch

    def truth_row(self) -> tuple[float, ...]:
        vehicle = self.vehicle
        motion = vehicle.motion
        instant = vehicle.instant
        horizontal_squared = motion.east_m_s**2 + motion.north_m_s**2
        return (
            self.time_from_ei_s,
            vehicle.altitude_m,
            vehicle.rover.height_m,
            vehicle.downrange_m,
            motion.up_m_s,
            motion.east_m_s,
            sqrt(motion.up_m_s**2 + horizontal_squared),
            instant.mach,
            instant.dynamic_pressure_pa,
            instant.sensed_m_s2,
            instant.sensed_m_s2 / STANDARD_GRAVITY_M_S2,
            instant.heating_w_cm2,
            degrees(vehicle.attitude.pitch_rad),
            degrees(instant.rate_rad_s),
            vehicle.mass_kg,
            vehicle.throttle,
            vehicle.propellant_kg,
            instant.parachute_load_n,
        )

    @property
    def marks(self) -> dict[str, float]:
        """Truth events so far, in seconds from entry interface, in the order of time.

        Peaks are those so far. Of heating and deceleration only the entry counts.
        """
        vehicle = self.vehicle
        found = dict(vehicle.marks)
        peaks = {
            "peak heating": vehicle.peak_heating,
            "peak deceleration": vehicle.peak_deceleration,
            "peak inflation load": vehicle.peak_load,
        }
        found |= {name: peak.time_s for name, peak in peaks.items() if peak.value > 0.0}
        if self._sensors.radar.first_s is not None:
            found["radar first measurement"] = self._sensors.radar.first_s
        return dict(sorted(found.items(), key=lambda item: item[1]))

    @property
    def peak_deceleration_g(self) -> float:
        """Largest deceleration before the parachute."""
        return self.vehicle.peak_deceleration.value

    @property
    def peak_parachute_load_n(self) -> float:
        return self.vehicle.peak_load.value

    @property
    def touchdown_speed_m_s(self) -> float | None:
        """Sink rate of the rover at contact; None before."""
        rover = self.vehicle.rover
        return None if rover.contact_s is None else rover.touchdown_speed_m_s

    @property
    def landed(self) -> bool:
        """Whether the rover stands on the ground, came down softly and is free of the stage."""
        vehicle = self.vehicle
        return (
            vehicle.rover.soft
            and not vehicle.rover.hanging
            and not vehicle.burned
            and "flyaway complete" in vehicle.marks
        )

    @property
    def outcome(self) -> str:
        """How the flight stands, as a sentence."""
        vehicle = self.vehicle
        rover = vehicle.rover
        if vehicle.burned:
            return "The vehicle met hypersonic air without its heat shield and burned up."
        if rover.contact_s is None:
            return f"The vehicle is {vehicle.altitude_m:.0f} m above the site and still flying."
        if not rover.soft:
            canopy = " under a torn parachute" if vehicle.parachute.torn else ""
            return (
                f"The rover hit the ground at {rover.touchdown_speed_m_s:.1f} m/s down and "
                f"{rover.touchdown_sideways_m_s:.1f} m/s sideways{canopy}."
            )
        if self.landed:
            speed = rover.touchdown_speed_m_s
            return f"The rover stands on the ground; it touched down at {speed:.2f} m/s."
        if vehicle.frozen and rover.hanging:
            return "The rover touched down softly, then the descent stage came down on it."
        return "The rover has touched the ground; the descent stage has not flown away yet."
