"""Do the cameras feed back every exposure, late by a frame or two, and fail as told?"""

from collections.abc import Sequence

import pytest

from gse.sim.cameras import CHANNELS, START_S, CameraFaults, Cameras
from gse.sim.streams import stream

ALL = (1 << CHANNELS) - 1


def started(faults: CameraFaults, seed: int) -> Cameras:
    """Cameras that have had power for long."""
    cameras = Cameras(faults, stream(seed, "cameras"))
    cameras.step([0] * CHANNELS, ALL, -2 * START_S)
    return cameras


def run(cameras: Cameras, counters: Sequence[Sequence[int]]) -> list[list[int]]:
    seen = []
    for n, counts in enumerate(counters):
        cameras.step(counts, ALL, n / 64)
        seen.append(list(cameras.feedback))
    return seen


def test_every_pulse_comes_back_after_one_or_two_frames() -> None:
    seen = run(started(CameraFaults(), 3), [[5] * CHANNELS] * 3)
    for n in range(CHANNELS):
        latency = next(i for i in range(3) if seen[i][n]) + 1
        assert latency in {1, 2}
        assert [row[n] for row in seen] == [0] * (latency - 1) + [5] * (4 - latency)
    latencies = {seen[0][n] for n in range(CHANNELS)}
    assert latencies == {0, 5}, "with this seed some cameras are slower than others"


def test_counters_wrap_on_both_sides() -> None:
    cameras = started(CameraFaults(), 0)
    total = 0
    while total < 70_000:
        total += 250
        cameras.step([total] * CHANNELS, ALL, 0.0)
    for _ in range(2):
        cameras.step([total] * CHANNELS, ALL, 0.0)
    assert cameras.feedback == [total & 0xFFFF] * CHANNELS


def test_the_trigger_counter_may_pass_its_end() -> None:
    cameras = started(CameraFaults(), 0)
    cameras.step([0xFFFFFFFE] * CHANNELS, ALL, 0.0)  # no burst of 2^32: where the counter stands
    for _ in range(3):
        cameras.step([3] * CHANNELS, ALL, 0.0)
    assert cameras.feedback == [5] * CHANNELS


def test_a_restarted_counter_exposes_nothing() -> None:
    cameras = started(CameraFaults(), 0)
    cameras.step([200] * CHANNELS, ALL, 0.0)
    for _ in range(3):
        cameras.step([0] * CHANNELS, ALL, 0.0)
    assert cameras.feedback == [200] * CHANNELS


def test_a_camera_dies_when_told_and_alone() -> None:
    dead_after_s = (float("inf"), 0.5) + (float("inf"),) * 6
    cameras = started(CameraFaults(dead_after_s=dead_after_s), 0)
    seen = run(cameras, [[n] * CHANNELS for n in range(1, 129)])
    assert seen[-1][1] == 32
    assert all(seen[-1][n] in {127, 128} for n in range(CHANNELS) if n != 1)


def test_misses_come_as_often_as_told() -> None:
    faults = CameraFaults(miss_probability=(0.25,) + (0.0,) * 7)
    cameras = started(faults, 0)
    seen = run(cameras, [[min(n, 4000)] * CHANNELS for n in range(4003)])
    assert seen[-1][0] == pytest.approx(3000, abs=120)
    assert seen[-1][1:] == [4000] * 7


def test_a_camera_works_only_with_power_and_once_it_has_started() -> None:
    cameras = Cameras(CameraFaults(), stream(0, "cameras"))
    for frame in range(64 * 8):
        powered = ALL if 64 <= frame < 64 * 7 else 0
        cameras.step([frame] * CHANNELS, powered, frame / 64)
        works = 64 * (1 + START_S) <= frame < 64 * 7
        assert cameras.recording == (ALL if works else 0)
    assert all(count in (191, 192) for count in cameras.feedback)


def test_a_hung_camera_works_again_once_it_was_off() -> None:
    hung_from_s = (1.0,) + (float("inf"),) * 7
    cameras = started(CameraFaults(hung_from_s=hung_from_s), 0)
    recording = []
    for frame in range(64 * 8):
        cameras.step([frame] * CHANNELS, ALL - (128 <= frame < 192), frame / 64)
        recording.append(cameras.recording & 1)
    assert recording[:64] == [1] * 64
    assert recording[64 : 64 * 6] == [0] * 64 * 5
    assert recording[64 * 6 :] == [1] * 64 * 2
