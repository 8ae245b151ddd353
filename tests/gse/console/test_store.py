from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gse.console import series, tree
from gse.console.store import Store
from gse.decode import decode
from gse.dictionary import Dictionary, load
from tests.gse.conftest import MISSION
from tests.gse.console.serving import live_store, record

EVERYTHING = (-np.inf, np.inf)


@pytest.fixture(scope="module")
def archive(drop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("archive")
    record(drop, directory)
    return directory


@pytest.fixture(scope="module")
def dictionary() -> Dictionary:
    return load(MISSION)


def test_history_of_an_archive_is_what_was_sent(archive: Path, drop: Path) -> None:
    whole = decode(drop.read_bytes(), load(MISSION))
    store = Store(archive)
    for packet in ("NAV", "HK", "CAM", "EVR"):
        columns = ["time_from_ei_s", *(c.name for c in load(MISSION).packet(packet).channels)]
        found = store.history(packet, columns, "ei", *EVERYTHING)
        for column in columns:
            assert found[column].to_pylist() == whole.tables[packet][column].to_pylist()
    store.close()


def test_history_is_cut_at_both_ends_in_either_time(archive: Path) -> None:
    store = Store(archive)
    inside = store.history("NAV", ["time_from_ei_s"], "ei", 10_000.0, 20_000.0)
    times = inside["time_from_ei_s"].to_pylist()
    assert times
    assert min(times) >= 10.0
    assert max(times) <= 20.0
    extent = store.extent("utc")
    assert extent is not None
    assert len(store.history("NAV", ["received_utc"], "utc", extent[0] - 1, extent[1] + 1)) > 1000
    assert len(store.history("NAV", ["received_utc"], "utc", extent[1] + 1, np.inf)) == 0
    store.close()


def test_rows_are_there_once_whether_archived_or_not_yet(
    drop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First all of them are in memory alone, then in files too, then in files alone."""
    monkeypatch.setattr("gse.console.store._KEPT_ROWS", 0)
    whole = decode(drop.read_bytes(), load(MISSION))
    with live_store(f"file:{drop}?speed=0", tmp_path) as (store, session):
        subscription = session.subscribe()
        session.join()
        for decoded in subscription.drain():
            store.add(decoded)
        columns = ["time_from_ei_s", "NAV_ALTITUDE"]
        expected = whole.tables["NAV"].select(columns).to_pylist()
        assert store.history("NAV", columns, "ei", *EVERYTHING).to_pylist() == expected
        session.stop()
        assert store.history("NAV", columns, "ei", *EVERYTHING).to_pylist() == expected
        store.forget_archived()
        assert not store._tails["NAV"].tables, "memory is given back"
        assert store.history("NAV", columns, "ei", *EVERYTHING).to_pylist() == expected


def test_a_reader_goes_on_from_memory_or_archive_and_misses_nothing(
    archive: Path, drop: Path
) -> None:
    whole = decode(drop.read_bytes(), load(MISSION))
    store = Store(archive)
    cursor: dict[str, int] = {}
    taken: dict[str, list[int]] = {}
    while found := store.since(cursor, 700):
        assert sum(len(table) for table in found.values()) <= 700
        for packet, table in found.items():
            cursor[packet] = cursor.get(packet, 0) + len(table)
            taken.setdefault(packet, []).extend(table["sequence"].to_pylist())
    for packet, table in whole.tables.items():
        assert taken.get(packet, []) == table["sequence"].to_pylist()
    store.close()


@given(
    arrays.arrays(np.float64, st.integers(1, 400), elements=st.floats(-1e6, 1e6)),
    st.integers(1, 60),
)
def test_a_thinned_curve_keeps_its_extremes_and_ends(
    values: np.ndarray,
    size: int,
) -> None:
    time = np.arange(float(len(values)))
    rows = series.fewer(time, values, size)
    assert len(rows) <= max(size, 4) or len(values) <= size
    assert rows[0] == 0
    assert rows[-1] == len(values) - 1
    assert values[rows].min() == values.min()
    assert values[rows].max() == values.max()
    assert list(rows) == sorted(set(rows.tolist()))


def test_a_thinned_curve_is_empty_where_there_is_none() -> None:
    assert len(series.fewer(np.array([]), np.array([]), 100)) == 0


def test_numbers_of_enumerations_and_flags_are_those_that_were_sent(
    archive: Path, drop: Path, dictionary: Dictionary
) -> None:
    whole = decode(drop.read_bytes(), dictionary)
    store = Store(archive)
    for packet in dictionary.packets:
        names = [c.name for c in packet.channels if c.kind in ("enum", "flags")]
        if packet.name == tree.EVENT_PACKET or not names or not len(whole.tables[packet.name]):
            continue
        needed = series.needed(packet.name, names, dictionary)
        table = store.history(packet.name, needed, "ei", *EVERYTHING)
        found = series.columns(table, packet.name, names, dictionary)
        for name in names:
            assert found[name] == whole.records[packet.name].data[name].tolist(), name
    store.close()


def test_event_reports_say_what_the_decoder_says(
    archive: Path, drop: Path, dictionary: Dictionary
) -> None:
    whole = decode(drop.read_bytes(), dictionary)
    store = Store(archive)
    needed = series.needed("EVR", [], dictionary)
    found = series.columns(store.history("EVR", needed, "ei", *EVERYTHING), "EVR", [], dictionary)
    for column in ("severity", "name", "text"):
        assert found[column] == whole.events[column].to_pylist()
    store.close()


@pytest.mark.parametrize("mission", ["mars2020", "droptest"])
def test_every_channel_is_an_object_and_every_key_in_a_composition_is_one(mission: str) -> None:
    dictionary = load(mission)
    objects = tree.objects(dictionary)
    keys = [o["key"] for o in objects]
    assert len(set(keys)) == len(keys)
    for packet in dictionary.packets:
        if packet.name != tree.EVENT_PACKET:
            assert {f"{packet.name}.{c.name}" for c in packet.channels} <= set(keys)
    for o in objects:
        assert set(o.get("composition", [])) <= set(keys), o["key"]
    limited = {o["column"] for o in objects if "limits" in o}
    assert {"BUS_VOLTAGE", "BOARD_TEMPERATURE", "QUEUE_DEPTH", "packet_loss_percent"} <= limited
