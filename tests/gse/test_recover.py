"""Does a dump of the flash give the tables of what was recorded, whatever is torn in it?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from boards.host.flash import SECTOR
from fsw.data.areas import PAGE
from gse.cli import main
from gse.dictionary import load
from gse.recover import LogReport, recover
from tests.fsw.test_recorder import FIRST, Rig
from tests.nor import NorFlash

MISSION = load("mars2020")
FRAMES = 64 * 12


def recorded() -> bytes:
    """Twelve seconds of a descent, all of it in flash."""
    made = Rig(NorFlash(FIRST + 20))
    made.values["DICTIONARY_HASH"] = MISSION.fingerprint
    made.values["MISSION_ID"] = MISSION.mission_id
    made.values["EI_SCLK"] = 1005
    made.minor_frame("BOOT")
    made.run(FRAMES - 1, "EDL")
    made.recorder.keeps = -1
    assert made.log
    made.log.flush()
    assert made.flash
    return bytes(made.flash.memory)


DUMP = recorded()


def octets(data: bytes) -> np.ndarray:
    return np.frombuffer(data, np.uint8)


def test_everything_recorded_is_in_the_tables() -> None:
    decoded = recover(octets(DUMP))
    report = decoded.report
    assert isinstance(report, LogReport)
    assert report.dictionary.endswith("verified")
    assert report.pages_torn == report.pages_missing == report.packets_missing == 0
    assert report.records_read == 2 * FRAMES
    assert len(decoded.tables["EDL"]) == FRAMES - 1
    assert len(decoded.tables["NAV_RATE"]) == FRAMES
    times = decoded.tables["NAV_RATE"].column("time_from_ei_s").to_numpy()
    assert np.allclose(np.diff(times), 1 / 64)
    assert times[0] == -5.0


@pytest.mark.parametrize("shift", [0, 1, 100, PAGE])
def test_the_log_is_found_wherever_it_stands(shift: int) -> None:
    """The recorder's part alone; all of the flash, in sectors of 4096 octets; behind a header."""
    area = DUMP[FIRST * SECTOR :]
    whole = b"".join(b"\x5a" * PAGE + DUMP[at : at + SECTOR] for at in range(0, len(DUMP), SECTOR))
    for dump in (area, whole, DUMP):
        decoded = recover(octets(b"?" * shift + dump))
        assert len(decoded.tables["NAV_RATE"]) == FRAMES


@settings(max_examples=25, deadline=None)
@given(st.integers(FIRST * SECTOR, len(DUMP) - 1), st.integers(1, 255))
def test_damage_costs_no_more_than_its_page(at: int, flipped: int) -> None:
    damaged = bytearray(DUMP)
    damaged[at] ^= flipped
    decoded = recover(octets(bytes(damaged)), MISSION)
    report = decoded.report
    assert isinstance(report, LogReport)
    assert 0 <= 2 * FRAMES - report.records_read <= PAGE // 20
    assert report.pages_torn + report.pages_missing <= 1
    for name in ("EDL", "NAV_RATE"):
        assert report.packets[name].missing <= PAGE // 20


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=4 * PAGE))
def test_garbage_is_no_record(data: bytes) -> None:
    report = recover(octets(data), MISSION).report
    assert isinstance(report, LogReport)
    assert report.records_read == 0


def test_from_a_shell(tmp_path: Path) -> None:
    dump = tmp_path / "flash.bin"
    dump.write_bytes(DUMP)
    out = tmp_path / "tables"
    done = CliRunner().invoke(main, ["recover", str(dump), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert f"{2 * FRAMES:,} records" in done.output
    assert (out / "NAV_RATE.parquet").exists()
    dump.write_bytes(bytes(5000))
    done = CliRunner().invoke(main, ["recover", str(dump)])
    assert done.exit_code == 1
    assert done.output.count("\n") == 1
    done = CliRunner().invoke(main, ["recover", str(tmp_path / "none")])
    assert done.exit_code == 2
    assert "name a file with a dump of a board's flash" in done.output
