"""Perseverance, 2021: one parachute camera stopped around the mortar, and the sound was lost.

The rest worked: about 23,000 images (JPL). Here PUC B feeds nothing back from 50 ms after the
mortar, and the microphone's blocks hold only zeros from then on.
"""

from __future__ import annotations

from pathlib import Path
from unittest import mock

from fsw import missions
from fsw.cam.accounts import Accounts
from fsw.cam.microphone import Microphone
from gse.decode import Decoded
from gse.summary import cameras
from tests.descent import MISSION, entered, fly_and_decode

FAULTS = ("camera.1 gone at chute+0.05", "microphone zero at chute+0.05")
DEAD = missions.load(MISSION).CAMERAS.index("PUC_B")


def reported_s(decoded: Decoded, name: str) -> float:
    reports = decoded.events.to_pylist()
    return float(next(e["time_from_ei_s"] for e in reports if e["name"] == name))


def test_the_dead_are_named_within_a_second_and_the_others_untouched(tmp_path: Path) -> None:
    (tmp_path / "sound").mkdir()
    _, sound = fly_and_decode(1, tmp_path / "sound")
    world, decoded = fly_and_decode(1, tmp_path, *FAULTS)
    assert world.landed, world.outcome
    died_s = entered(decoded)["PARACHUTE"][0] + 0.05
    assert 0 < reported_s(decoded, "CAMERA_SILENT") - died_s < 1.0
    assert 0 < reported_s(decoded, "MIC_DEAF") - died_s < 1.25
    for n, (mine, theirs) in enumerate(
        zip(cameras(MISSION, decoded.tables), cameras(MISSION, sound.tables), strict=True)
    ):
        assert mine.triggered == theirs.triggered
        assert mine.triggered == mine.confirmed + mine.missed
        assert (mine == theirs) == (n != DEAD)
        for column in (f"CAM{n}_TAG_S", f"CAM{n}_TAG_FRACTION"):
            assert decoded.tables["CAM_TAG"][column] == sound.tables["CAM_TAG"][column]


def test_a_blind_toggle_names_nobody(tmp_path: Path) -> None:
    with (
        mock.patch.object(Accounts, "check", return_value=None),
        mock.patch.object(Microphone, "check", return_value=None),
    ):
        _, decoded = fly_and_decode(1, tmp_path, *FAULTS)
    names = decoded.events["name"].to_pylist()
    assert "CAMERA_SILENT" not in names
    assert "MIC_DEAF" not in names
