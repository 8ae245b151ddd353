"""What does navigation see where single sensors are tested? The estimator alone, frame by frame."""

from __future__ import annotations

from types import ModuleType

from fsw import missions
from fsw.dictionary.packets import CHECKPOINT
from fsw.kernel.events import Events
from fsw.kernel.parameters import Parameters
from fsw.nav.checks import check
from fsw.nav.estimator import Estimator
from fsw.nav.inertial import VALID
from fsw.nav.status import INITIALISED
from tests.fsw.bench_board import Values, reported

MARS = missions.load("mars2020")
MU_M3_S2 = MARS.NAVIGATION["gravity_m3_s2"]
SITE_RADIUS_M = MARS.NAVIGATION["site_radius_m"]
LATENCY = MARS.NAVIGATION["radar_latency"]
LEVEL, DOWN = 0, -(1 << 24)  # pitch of the heat-shield axis
PRESSURE_COUNTS = 64  # to a pascal


class Rig:
    """Sensors whose readings a test gives, with the noise that real ones have."""

    def __init__(self, mission: ModuleType = MARS) -> None:
        self.mission = mission
        self.frame = 9 * 64
        self._start(Values())

    def _start(self, values: Values) -> None:
        mission = self.mission
        self.values = values
        self.events = Events(values.cvt)
        self.estimator = Estimator(values.cvt, self.events, Parameters(mission), mission.NAVIGATION)
        self.values["IMU_STATUS"] = VALID

    def reset(self, away_frames: int) -> None:
        """All is forgotten but the channels of the checkpoint, and so many minor frames pass."""
        before, after = self.values, Values()
        for name in CHECKPOINT:
            after[name] = before[name]
        self._start(after)
        self.frame += away_frames
        self.estimator.resume(away_frames)

    def initialise(self, altitude_m: float, vertical: float, horizontal: float, pitch: int) -> None:
        """A navigated state that holds from the next second on."""
        self.estimator.load(
            self.frame // 64 + 1,
            round(altitude_m * 256),
            round(vertical * 1024),
            round(horizontal * 1024),
            pitch,
        )
        while not self.values["NAV_STATUS"] & INITIALISED:
            self.step()

    def step(self, axial_m_s2: float = 0.0, normal_m_s2: float = 0.0, rate: int = 0) -> None:
        self.values["SCLK_S"], self.values["SCLK_FRACTION"] = divmod(self.frame, 64)
        noise = 1 if self.frame & 1 else -1  # real instruments never repeat themselves
        self.values["IMU_AXIAL"] = round(axial_m_s2 * 1024) + noise
        self.values["IMU_NORMAL"] = round(normal_m_s2 * 1024) + noise
        self.values["IMU_RATE"] = rate + noise
        self.estimator.propagate()
        if self.frame % 4 == 0:
            self.estimator.aid()
        self.frame += 1

    def radar(self, range_m: float, speed_m_s: float, status: int = VALID) -> None:
        self.values["RADAR_STATUS"] = status
        self.values["RADAR_SEQUENCE"] = (self.values["RADAR_SEQUENCE"] + 1) & 0xFF
        self.values["RADAR_RANGE"] = round(range_m * 256)
        self.values["RADAR_SPEED"] = round(speed_m_s * 1024)

    def barometer(self, pressure_pa: float, status: int = VALID) -> None:
        self.values["BARO_STATUS"] = status
        self.values["BARO_SEQUENCE"] = (self.values["BARO_SEQUENCE"] + 1) & 0xFF
        self.values["BARO_PRESSURE"] = round(pressure_pa * PRESSURE_COUNTS)

    @property
    def altitude_m(self) -> float:
        return self.values["NAV_ALTITUDE"] / 256

    @property
    def velocity_m_s(self) -> tuple[float, float]:
        return (
            self.values["NAV_VERTICAL_VELOCITY"] / 1024,
            self.values["NAV_HORIZONTAL_VELOCITY"] / 1024,
        )

    def has(self, status: int) -> bool:
        """Whether a bit of NAV_STATUS is set."""
        return bool(self.values["NAV_STATUS"] & status)

    def fails(self, name: str) -> bool:
        """Whether a row of NAV_CHECKS fails now."""
        return bool(self.values["NAV_CHECKS"] & 1 << check(name))

    def reports(self) -> list[int]:
        """The events since the last call, as rows of EVENTS."""
        return reported(self.events, self.values)


def mars(altitude_m: float, vertical: float, horizontal: float, pitch: int) -> Rig:
    """A Mars lander that knows where it is."""
    rig = Rig()
    rig.initialise(altitude_m, vertical, horizontal, pitch)
    return rig


def sink(rig: Rig, altitude_m: float, speed_m_s: float, samples: int, lie_m: float = 0.0) -> float:
    """Steady sinking below a canopy, seen by inertial unit and radar; the altitude at the end.

    lie_m: what the radar adds to its range.
    """
    gravity = MU_M3_S2 / (SITE_RADIUS_M + altitude_m) ** 2
    for _ in range(samples):
        rig.radar(altitude_m - speed_m_s * LATENCY / 64 + lie_m, speed_m_s)
        for _ in range(4):
            rig.step(axial_m_s2=-gravity)
            altitude_m += speed_m_s / 64
    return altitude_m
