"""How does a descent fly? The flight code on a target, closed around the simulated vehicle.

Each minor frame: sensors of the vehicle to the target, its actuators back to the vehicle, what it
sent on the downlink to the file. Everything written is written as it happens.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from boards import simlink
from fsw import missions
from fsw.dictionary.channels import CAMERA_CHANNELS, ENUMS
from fsw.dictionary.packets import ACTUATOR_FRAME
from fsw.schedule import MINOR_FRAMES_PER_SECOND
from gse.arrow import numbers
from gse.interrupt import between_frames
from gse.lockstep import Actuators, Begin, Begun, Picture, SensorMessages, message
from gse.recording import Recording
from gse.serve import Ground
from gse.sim.disturbance import Disturbance
from gse.sim.faults import Fault
from gse.sim.simulation import Simulation
from gse.sim.worlds import world_for
from gse.targets import Direct, Target
from gse.uplink import arming, telecommand

_COMMAND_FRAME = 64  # what the ground has to say goes up a second after boot
_ARM_FRAME = _COMMAND_FRAME - 16
_WATCHDOG = ENUMS["RESET_CAUSE"].index("WATCHDOG")
_STATE = ACTUATOR_FRAME.index("EDL_STATE")
_TRIGGERED = [ACTUATOR_FRAME.index(f"CAM{n}_TRIGGERED") for n in range(CAMERA_CHANNELS)]
_TRUTH_PERIOD = 4  # minor frames between rows of truth: 16 Hz

Progress = Callable[[float, str], None]  # share done, what is being done


@dataclass(frozen=True, slots=True)
class Flight:
    """How a flight went, beside the files it wrote."""

    begun: Begun
    minor_frames: int
    world: Simulation


def begin_of(
    mission_name: str,
    world: Simulation,
    reset_cause: str = "SIMULATION",
    clock_error_s: int = 0,
    coding: str = "",
) -> Begin:
    """The BEGIN of a simulated flight; reset_cause: a name of the dictionary; coding: of the
    downlink, one of Coding, by default the mission's."""
    mission = missions.load(mission_name)
    return Begin(
        mission_name,
        mission.EI_SCLK + round(world.time_from_ei_s) + clock_error_s,
        ENUMS["RESET_CAUSE"].index(reset_cause),
        coding=coding,
    )


def fly(
    mission_name: str,
    seed: int,
    target: Target | Direct,
    directory: Path,
    progress: Progress,
    faults: Sequence[Fault] = (),
    world: Simulation | None = None,
    reset_cause: str = "SIMULATION",
    ground: Ground | None = None,
    coding: str = "",
) -> Flight:
    """Flies one descent and writes downlink.bin, sensors.bin and truth.parquet into directory.

    world: flown instead of that of the seed. reset_cause: what the flight code is told that it
    starts after. ground: commands the flight, in real time. coding: of the downlink, by default the
    mission's. progress is called about once a second flown. faults are put on what the board reads:
    the recording holds the faulty sensors, the truth the vehicle as it was.
    Raises UserError from the target, OSError when a file cannot be written. However it ends, short
    of kill -9, the files hold all that was flown until then. A Direct target leaves no recording.
    """
    world = world or world_for(mission_name, seed)
    disturbance = Disturbance(faults, seed)
    planned = _after_boot(world.telecommand_after_boot(disturbance.altitude_error_m))
    actuators = Actuators()
    sensors = SensorMessages()
    states = missions.load(mission_name).STATES
    begin = begin_of(mission_name, world, reset_cause, disturbance.clock_error_s, coding)
    begun = target.begin(begin)
    values = [0] * len(ACTUATOR_FRAME)
    away = 0  # minor frames for which the processor is still away
    truth: list[tuple[float, ...]] = []
    pictures = _Pictures(missions.load(mission_name).CAMERAS)
    frames = 0
    with (
        (directory / "downlink.bin").open("wb") as downlink_file,
        (directory / "sensors.bin").open("wb") as sensor_file,
        _truth_at_end(directory / "truth.parquet", world.truth_columns, truth),
        between_frames() as stop_if_asked,
    ):
        sensor_file.write(message(simlink.BEGIN, begin.payload()))
        while not world.finished:
            stop_if_asked()
            if frames % _TRUTH_PERIOD == 0:
                truth.append(world.truth_row())
            now_s = world.time_from_ei_s
            counts = disturbance.apply(world.sensor_counts(), now_s)
            if lost := disturbance.reset_frames(now_s):
                away = lost
                begin = replace(begin, reset_cause=_WATCHDOG, away_frames=lost)
            elif away == 0:
                uplink = _clock_adjusted(disturbance, now_s) or planned.get(frames, b"")
                if ground:
                    uplink = ground.uplink(uplink)
                if isinstance(target, Direct):
                    values, downlink = target.frame(counts, uplink)
                else:
                    sensor_message = sensors.build(counts, uplink)
                    values, downlink = actuators.parse(target.exchange(sensor_message))
                    sensor_file.write(sensor_message)
                downlink_file.write(downlink)
                disturbance.state_entered(states[values[_STATE]], now_s)
                if ground:
                    ground.downlink(downlink)
                    sensor_file.write(pictures.hand(frames, values, world, target))
            if away:
                away -= 1
                if away == 0:
                    sensor_file.write(message(simlink.BEGIN, begin.payload()))
                    target.begin(begin)
            world.step(values)
            frames += 1
            if frames % 64 == 0:
                progress(world.share_done, f"flying, T{world.time_from_ei_s:+.0f} s")
        truth.append(world.truth_row())
    return Flight(begun, frames, world)


class _Pictures:
    """Small pictures of the cameras that film, in turn: one a second at most. Only a flight that
    can be talked to has them, as nobody else could ask for one."""

    def __init__(self, cameras: Sequence[str]) -> None:
        self._cameras = cameras
        self._seen = [0] * CAMERA_CHANNELS  # pulses when its last picture was taken

    def hand(
        self, frame: int, values: Sequence[int], world: Simulation, target: Target | Direct
    ) -> bytes:
        """What is due after this minor frame, to the target; the message that it was, or nothing.
        values: in the order of ACTUATOR_FRAME."""
        second, within = divmod(frame, MINOR_FRAMES_PER_SECOND)
        camera = second % CAMERA_CHANNELS
        pulses = values[_TRIGGERED[camera]]
        if within or camera >= len(self._cameras) or pulses == self._seen[camera]:
            return b""
        self._seen[camera] = pulses
        octets = world.picture(self._cameras[camera])
        if not octets:
            return b""
        picture = Picture(camera, octets)
        target.hand(picture)
        return picture.message()


def _clock_adjusted(disturbance: Disturbance, now_s: float) -> bytes:
    """The command for a jump of the clock that is due, if one is."""
    command = b""
    for seconds in disturbance.clock_jumps(now_s):
        command = telecommand("CLOCK_ADJUST", {"seconds": seconds})
    return command


def _after_boot(command: bytes) -> dict[int, bytes]:
    """What goes up in which minor frame: a command, armed before."""
    return {_ARM_FRAME: arming(command), _COMMAND_FRAME: command}


@contextlib.contextmanager
def _truth_at_end(
    path: Path, names: Sequence[str], rows: list[tuple[float, ...]]
) -> Iterator[None]:
    try:
        yield
    finally:
        columns = zip(*rows, strict=True) if rows else [()] * len(names)
        table = pa.table(
            {n: numbers(np.array(c, np.float64)) for n, c in zip(names, columns, strict=True)}
        )
        pq.write_table(table, path)


def replay(recording: Recording, target: Target, downlink_path: Path, progress: Progress) -> Begun:
    """Flies a recording again, open loop, and writes the downlink it gives to downlink_path.

    Raises UserError from the target.
    """
    actuators = Actuators()
    begun = target.begin(recording.begin)
    done = 0
    with downlink_path.open("wb") as file:
        for number, sent in enumerate(recording.messages()):
            if isinstance(sent, Begin):  # a reset in flight
                target.begin(sent)
            elif isinstance(sent, Picture):
                target.hand(sent)
            else:
                file.write(actuators.parse(target.exchange(sent))[1])
                done += len(sent)
            if number % 256 == 0:
                progress(done / len(recording.octets), "replaying")
    return begun
