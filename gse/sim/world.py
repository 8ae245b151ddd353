"""What is there around the flight core: a vehicle, its air, its instruments and its cameras.

One step a minor frame: actuators in, sensors out, in the orders of the simulation link.
"""

from collections.abc import Sequence
from math import degrees, sqrt

from fsw import missions
from fsw.dictionary.packets import ACTUATOR_FRAME
from fsw.schedule import MINOR_FRAMES_PER_SECOND
from gse.sim.cameras import CHANNELS, Cameras
from gse.sim.config import Config, dispersed
from gse.sim.counts import scale
from gse.sim.planet import STANDARD_GRAVITY_M_S2
from gse.sim.sensors import Sensors
from gse.sim.streams import stream
from gse.sim.vehicle import Vehicle, coast_from_entry

DT_S = 1.0 / MINOR_FRAMES_PER_SECOND

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

_OUTPUTS = ACTUATOR_FRAME.index("OUTPUTS_FIRED")
_MIC_GATE = ACTUATOR_FRAME.index("MIC_GATE")
_TRIGGERED = [ACTUATOR_FRAME.index(f"CAM{n}_TRIGGERED") for n in range(CHANNELS)]


class World:
    """One simulated descent.

    seed: which day of entry; the same seed gives the same flight. mission_name: whose outputs the
    vehicle answers to. config: fly exactly that (errors included) instead of the day of the seed.
    Raises ValueError for a mission that is not there.
    """

    def __init__(
        self, seed: int, mission_name: str = "mars2020", config: Config | None = None
    ) -> None:
        self.seed = seed
        self.config = dispersed(seed) if config is None else config
        self.vehicle = Vehicle(self.config, missions.load(mission_name).OUTPUTS)
        self._sensors = Sensors(self.config.sensors, seed)
        self._cameras = Cameras(self.config.cameras, stream(seed, "cameras"))
        self._frame = 0
        self._start_s = self.config.start_from_ei_s
        self._readings = self._sensors.read(self.vehicle, 0, 0)

    @property
    def time_from_ei_s(self) -> float:
        """Start of the current minor frame; the planned entry interface is at 0."""
        return self._start_s + self._frame * DT_S

    @property
    def finished(self) -> bool:
        """Whether the time that is simulated is over."""
        return self.time_from_ei_s >= self.config.end_from_ei_s

    def step(self, actuators: Sequence[int]) -> None:
        """Advances by one minor frame under what the flight core drives, as in ACTUATOR_FRAME."""
        vehicle = self.vehicle
        vehicle.advance(actuators[_OUTPUTS], DT_S)
        self._cameras.step([actuators[i] for i in _TRIGGERED], self.time_from_ei_s)
        self._frame += 1
        vehicle.time_s = self.time_from_ei_s  # no sum of steps: it would drift by other rounding
        self._readings = self._sensors.read(vehicle, self._frame, actuators[_MIC_GATE])

    def sensor_counts(self) -> list[int]:
        """What the board reads at the start of the current minor frame, as in SENSOR_FRAME."""
        return self._readings + self._cameras.feedback

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
        """The truth now, as in TRUTH_COLUMNS."""
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
