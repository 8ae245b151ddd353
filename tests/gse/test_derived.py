"""Are the columns that the ground computes what they say?"""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pytest

from fsw import missions
from fsw.edl.machine import NO_BACKUP
from gse.decode import Decoded, decode
from gse.derived import DERIVED, FROM_SEVERAL, Deriver
from gse.dictionary import load
from tests.gse.captures import DICTIONARY, steady
from tests.gse.encoder import Packetizer, Sent, boot, capture


def _derived(packets: Iterable[Sent]) -> Decoded:
    octets = b"".join(capture([boot(Packetizer(), DICTIONARY.fingerprint), *packets]))
    return Deriver("mars2020").add(decode(octets, DICTIONARY))


def test_every_derived_column_is_there_and_named_by_its_unit() -> None:
    tables = _derived(steady(100)[1:]).tables
    rows = [(d.packet, d.name, d.unit) for d in DERIVED]
    rows += [(packet, name, unit) for packet, name, unit, _ in FROM_SEVERAL]
    suffixes = {"m/s": "_m_s", "%": "_percent", "s": "_s", "g": "_g"}
    for packet, name, unit in rows:
        assert tables[packet][name].type == pa.float64()
        assert name.endswith(suffixes[unit])
        assert name.islower()


def test_speed_and_descent_rate_follow_from_the_velocities() -> None:
    counts = {"NAV_VERTICAL_VELOCITY": -3 * 1024, "NAV_HORIZONTAL_VELOCITY": 4 * 1024}
    table = _derived([Packetizer().make("NAV", counts)]).tables["NAV"]
    assert table["descent_rate_m_s"].to_pylist() == [3.0]
    assert table["speed_m_s"].to_pylist() == [5.0]


def test_a_camera_that_was_never_triggered_has_missed_nothing() -> None:
    counts = {"CAM0_TRIGGERED": 200, "CAM0_MISSED": 3}
    table = _derived([Packetizer().make("CAM", counts)]).tables["CAM"]
    assert table["cam0_missed_percent"].to_pylist() == [1.5]
    assert table["cam1_missed_percent"].to_pylist() == [0.0]


@pytest.mark.parametrize("mission_name", missions.NAMES)
def test_windows_and_backup_timers_are_those_of_the_mission(mission_name: str) -> None:
    mission = missions.load(mission_name)
    dictionary = load(mission_name)
    for number, state in enumerate(mission.STATES):
        ways = [row for row in mission.TRANSITIONS if row[0] == state]
        packet = Packetizer().make("EDL", {"EDL_STATE": number, "EDL_TIME_IN_STATE": 64})
        octets = b"".join(capture([packet]))
        # Frames of the encoder are of mars2020's spacecraft.
        decoded = decode(octets, load("mars2020"))
        states = pa.array([dictionary.enum_text("STATE", number)])
        edl = decoded.tables["EDL"]
        place = edl.schema.get_field_index("EDL_STATE")
        tables = {**decoded.tables, "EDL": edl.set_column(place, "EDL_STATE", states)}
        moved = Decoded(dictionary, decoded.records, tables, decoded.events, decoded.report)
        row = Deriver(mission_name).add(moved).tables["EDL"].to_pylist()[0]
        backups = [w[5] for w in ways if w[5] != NO_BACKUP]
        window = max(min(w[4] for w in ways) / 64 - 1, 0) if ways else None
        assert row["time_to_window_s"] == window
        assert row["time_to_backup_s"] == (max(min(backups) / 64 - 1, 0) if backups else None)
