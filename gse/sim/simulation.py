"""What does a flight need of any simulated world, whichever mission flies in it?

Simulation keeps the frames, the clock and the cameras, which are alike for all missions. What flies
and which instruments it carries is up to the world of a mission; worlds.py knows them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from fsw.cam.microphone import NAME as MICROPHONE
from fsw.dictionary.packets import ACTUATOR_FRAME
from fsw.schedule import MINOR_FRAMES_PER_SECOND
from gse.sim.cameras import CHANNELS, CameraFaults, Cameras
from gse.sim.pictures import picture
from gse.sim.streams import stream

DT_S = 1.0 / MINOR_FRAMES_PER_SECOND

_OUTPUTS = ACTUATOR_FRAME.index("OUTPUTS_FIRED")
_POWERED = ACTUATOR_FRAME.index("CAMERAS_POWERED")
_MIC_GATE = ACTUATOR_FRAME.index("MIC_GATE")
_TRIGGERED = [ACTUATOR_FRAME.index(f"CAM{n}_TRIGGERED") for n in range(CHANNELS)]


def _recorder(names: Sequence[str]) -> int | None:
    return names.index(MICROPHONE) if MICROPHONE in names else None


class Simulation(ABC):
    """A vehicle, its air, its instruments and its cameras around the flight core.

    One step a minor frame: actuators in, sensors out, in the orders of the simulation link. Times
    are seconds from the mission's time zero, of which the flight code knows as entry interface.
    """

    truth_columns: ClassVar[tuple[str, ...]]
    """Names of what truth_row gives; report.py plots time, altitude, velocity, speed and
    acceleration by the names that Mars and Earth share."""

    def __init__(
        self, seed: int, start_s: float, end_s: float, names: Sequence[str], cameras: CameraFaults
    ) -> None:
        """names: of the mission's cameras, channel 0 first."""
        self.seed = seed
        self._start_s = start_s
        self._end_s = end_s
        self._frame = 0
        self._cameras = Cameras(cameras, stream(seed, "cameras"), _recorder(names))
        self._readings = self._read(0, 0)

    @property
    def time_from_ei_s(self) -> float:
        """Start of the current minor frame; time zero is at 0."""
        return self._start_s + self._frame * DT_S

    @property
    def finished(self) -> bool:
        """Whether the time that is simulated is over."""
        return self.time_from_ei_s >= self._end_s

    @property
    def share_done(self) -> float:
        """Of the time that is simulated."""
        return (self.time_from_ei_s - self._start_s) / (self._end_s - self._start_s)

    def step(self, actuators: Sequence[int]) -> None:
        """Advances by one minor frame under what the flight core drives, as in ACTUATOR_FRAME."""
        self._advance(actuators[_OUTPUTS])
        triggered = [actuators[i] for i in _TRIGGERED]
        self._cameras.step(triggered, actuators[_POWERED], self.time_from_ei_s)
        self._frame += 1
        self._readings = self._read(self._frame, actuators[_MIC_GATE])

    def sensor_counts(self) -> list[int]:
        """What the board reads at the start of the current minor frame, as in SENSOR_FRAME."""
        return [*self._readings, self._cameras.recording, *self._cameras.feedback]

    def picture(self, camera: str) -> bytes:
        """What a camera, by its name, sees now: a small PGM; empty for what is none."""
        truth = dict(zip(self.truth_columns, self.truth_row(), strict=True))
        return picture(camera, self.seed, truth["altitude_m"], truth.get("downrange_m", 0.0))

    def telecommand_after_boot(self, altitude_error_m: float = 0.0) -> bytes:
        """What the ground sends up once the flight code runs: here nothing. altitude_error_m: by
        how much an altitude in it is wrong beside what the world's own errors make of it."""
        return b""

    @abstractmethod
    def _advance(self, outputs: int) -> None:
        """Flies one minor frame under a mask of fired outputs."""

    @abstractmethod
    def _read(self, frame: int, microphone_gate: int) -> list[int]:
        """Counts in the order of SENSOR_FRAME up to SENSOR_READ_TIME at the start of a frame."""

    @abstractmethod
    def truth_row(self) -> tuple[float, ...]:
        """The truth now, as in truth_columns."""

    @property
    @abstractmethod
    def marks(self) -> dict[str, float]:
        """Truth events so far, in seconds from time zero, in the order of time."""

    @property
    @abstractmethod
    def touchdown_speed_m_s(self) -> float | None:
        """Sink rate at contact; None before."""

    @property
    @abstractmethod
    def peak_deceleration_g(self) -> float:
        """Largest sensed acceleration of the part of the flight that the mission says."""

    @property
    @abstractmethod
    def landed(self) -> bool:
        """Whether it came down as it should and stands still."""

    @property
    @abstractmethod
    def outcome(self) -> str:
        """How the flight stands, as a sentence."""
