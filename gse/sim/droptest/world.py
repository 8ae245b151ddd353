"""What is there around the flight core of a drop test: a box, its carrier, its canopy, the air."""

from math import degrees, hypot

from fsw.missions import droptest
from gse.sim.droptest.air import STANDARD_GRAVITY_M_S2
from gse.sim.droptest.config import Config, dispersed
from gse.sim.droptest.sensors import Sensors
from gse.sim.droptest.vehicle import SOFT_M_S, Vehicle
from gse.sim.simulation import DT_S, Simulation
from gse.sim.streams import stream

TRUTH_COLUMNS: tuple[str, ...] = (
    "time_from_ei_s",
    "altitude_m",
    "downrange_m",
    "vertical_velocity_m_s",
    "horizontal_velocity_m_s",
    "speed_m_s",
    "sensed_acceleration_m_s2",
    "pitch_deg",
    "pitch_rate_deg_s",
    "pressure_pa",
    "density_kg_m3",
    "dynamic_pressure_pa",
    "wind_east_m_s",
    "canopy_drag_area_m2",
    "line_tension_n",
)


class World(Simulation):
    """One simulated drop.

    seed: which day; the same seed gives the same flight. config: fly exactly that (errors included)
    instead of the day of the seed. The ground sends nothing up: the box levels itself on the pad.
    """

    truth_columns = TRUTH_COLUMNS

    def __init__(self, seed: int, config: Config | None = None) -> None:
        self.config = dispersed(seed) if config is None else config
        self.vehicle = Vehicle(
            self.config, droptest.OUTPUTS, stream(seed, "gusts"), stream(seed, "canopy")
        )
        self._sensors = Sensors(self.config.sensors, seed)
        super().__init__(
            seed,
            self.config.start_from_launch_s,
            self.config.end_from_launch_s,
            droptest.CAMERAS,
            self.config.cameras,
        )

    def _advance(self, outputs: int) -> None:
        self.vehicle.advance(outputs, DT_S)

    def _read(self, frame: int, microphone_gate: int) -> list[int]:
        # No sum of steps: it would drift by other rounding.
        self.vehicle.time_s = self.time_from_ei_s
        return self._sensors.read(self.vehicle, frame, microphone_gate)

    def truth_row(self) -> tuple[float, ...]:
        vehicle = self.vehicle
        instant = vehicle.instant
        return (
            self.time_from_ei_s,
            vehicle.height_m,
            vehicle.downrange_m,
            vehicle.up_m_s,
            vehicle.east_m_s,
            hypot(vehicle.up_m_s, vehicle.east_m_s),
            instant.sensed_m_s2,
            degrees(vehicle.attitude.pitch_rad),
            degrees(instant.rate_rad_s),
            instant.pressure_pa,
            instant.density_kg_m3,
            instant.dynamic_pressure_pa,
            vehicle.wind.at(vehicle.height_m)[0],
            vehicle.canopy.drag_area_m2,
            instant.tension_n,
        )

    @property
    def marks(self) -> dict[str, float]:
        return dict(sorted(self.vehicle.marks.items(), key=lambda item: item[1]))

    @property
    def touchdown_speed_m_s(self) -> float | None:
        return self.vehicle.touchdown_speed_m_s

    @property
    def peak_deceleration_g(self) -> float:
        """Largest sensed acceleration from lift-off on, touchdown included."""
        return self.vehicle.peak_sensed_m_s2 / STANDARD_GRAVITY_M_S2

    @property
    def landed(self) -> bool:
        """Whether it lies on the ground and came down softly."""
        speed = self.vehicle.touchdown_speed_m_s
        return self.vehicle.at_rest and speed is not None and speed <= SOFT_M_S

    @property
    def outcome(self) -> str:
        vehicle = self.vehicle
        speed = vehicle.touchdown_speed_m_s
        if speed is None:
            return f"The box {vehicle.phase.value}, {vehicle.height_m:.0f} m above the ground."
        if self.landed:
            return f"The box lies on the ground; it touched down at {speed:.1f} m/s."
        return f"The box hit the ground at {speed:.1f} m/s{self._under()}."

    def _under(self) -> str:
        canopy = self.vehicle.canopy
        if not canopy.taut:
            return " without its canopy"
        if canopy.torn:
            return " under a torn canopy"
        return " under a reefed canopy" if canopy.reefed else ""
