"""Are the columns that the ground computes what they say?"""

from __future__ import annotations

import random
from collections.abc import Iterable

import pyarrow as pa
import pytest

from fsw import missions
from fsw.edl.machine import NO_BACKUP
from gse.decode import Decoded, decode
from gse.derived import DERIVED, FROM_SEVERAL, LOSS_PACKETS, Deriver
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


def test_the_loss_of_packets_is_what_was_lost() -> None:
    """Nine packets between two of HK; a seventh of all but HK is lost on the way."""
    r = random.Random(5)
    packetizer = Packetizer()
    packets: list[Sent] = []
    sent = lost = 0
    history: list[tuple[int, int]] = []
    expected: list[float | None] = []
    for second in range(60):
        history = [*history, (sent, sent - lost)][-LOSS_PACKETS:]
        packets.append(packetizer.make("HK", {"PACKETS_SENT": sent}, 1000 + second))
        first_sent, first_received = history[0]
        share = 1 - (sent - lost - first_received) / max(sent - first_sent, 1)
        expected.append(100 * share if len(history) == LOSS_PACKETS else None)
        sent += 1
        for k in range(9):
            sent += 1
            packet = packetizer.make("NAV", {}, 1000 + second + k / 10)
            if r.random() < 1 / 7:
                lost += 1
            else:
                packets.append(packet)
    got = _derived(packets).tables["HK"]["packet_loss_percent"].to_pylist()
    assert [g is None for g in got] == [e is None for e in expected]
    # Which of a frame's packets lie before HK, only their times tell: some of 150.
    pairs = [(g, e) for g, e in zip(got, expected, strict=True) if g is not None and e is not None]
    assert max(abs(g - e) for g, e in pairs) < 4
    assert 8 < got[-1] < 20


def test_a_restart_of_the_board_is_no_loss() -> None:
    packetizer = Packetizer()
    counts = [*range(1000, 1020), *range(20)]
    packets = [packetizer.make("HK", {"PACKETS_SENT": n}, 1000 + i) for i, n in enumerate(counts)]
    got = _derived(packets).tables["HK"]["packet_loss_percent"].to_pylist()
    # All that is sent are HK packets, and none is lost.
    assert {round(g) for g in got if g is not None} == {0}
    assert got[20 : 20 + LOSS_PACKETS - 1] == [None] * (LOSS_PACKETS - 1)
