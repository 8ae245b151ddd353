"""Do the cameras feed back every exposure, late by a frame or two, and fail as told?"""

from collections.abc import Sequence

import pytest

from gse.sim.cameras import CHANNELS, CameraFaults, Cameras
from gse.sim.streams import stream


def run(cameras: Cameras, counters: Sequence[Sequence[int]]) -> list[list[int]]:
    seen = []
    for n, counts in enumerate(counters):
        cameras.step(counts, n / 64)
        seen.append(list(cameras.feedback))
    return seen


def test_every_pulse_comes_back_after_one_or_two_frames() -> None:
    seen = run(Cameras(CameraFaults(), stream(3, "cameras")), [[5] * CHANNELS] * 3)
    for n in range(CHANNELS):
        latency = next(i for i in range(3) if seen[i][n]) + 1
        assert latency in {1, 2}
        assert [row[n] for row in seen] == [0] * (latency - 1) + [5] * (4 - latency)
    latencies = {seen[0][n] for n in range(CHANNELS)}
    assert latencies == {0, 5}, "with this seed some cameras are slower than others"


def test_counters_wrap_on_both_sides() -> None:
    cameras = Cameras(CameraFaults(), stream(0, "cameras"))
    total = 0
    while total < 70_000:
        total += 250
        cameras.step([total] * CHANNELS, 0.0)
    for _ in range(2):
        cameras.step([total] * CHANNELS, 0.0)
    assert cameras.feedback == [total & 0xFFFF] * CHANNELS


def test_the_trigger_counter_may_pass_its_end() -> None:
    cameras = Cameras(CameraFaults(), stream(0, "cameras"))
    cameras.step([0xFFFFFFFE] * CHANNELS, 0.0)  # no burst of 2^32: where the counter stands
    for _ in range(3):
        cameras.step([3] * CHANNELS, 0.0)
    assert cameras.feedback == [5] * CHANNELS


def test_a_restarted_counter_exposes_nothing() -> None:
    cameras = Cameras(CameraFaults(), stream(0, "cameras"))
    cameras.step([200] * CHANNELS, 0.0)
    for _ in range(3):
        cameras.step([0] * CHANNELS, 0.0)
    assert cameras.feedback == [200] * CHANNELS


def test_a_camera_dies_when_told_and_alone() -> None:
    dead_after_s = (float("inf"), 0.5) + (float("inf"),) * 6
    cameras = Cameras(CameraFaults(dead_after_s=dead_after_s), stream(0, "cameras"))
    seen = run(cameras, [[n] * CHANNELS for n in range(1, 129)])
    assert seen[-1][1] == 32
    assert all(seen[-1][n] in {127, 128} for n in range(CHANNELS) if n != 1)


def test_misses_come_as_often_as_told() -> None:
    faults = CameraFaults(miss_probability=(0.25,) + (0.0,) * 7)
    cameras = Cameras(faults, stream(0, "cameras"))
    seen = run(cameras, [[min(n, 4000)] * CHANNELS for n in range(4003)])
    assert seen[-1][0] == pytest.approx(3000, abs=120)
    assert seen[-1][1:] == [4000] * 7
