"""Do the tools of others find in an exported file what was decoded?"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from gse.archive.index import NAME
from gse.cli import main
from gse.decode import decode
from gse.dictionary import load
from gse.errors import UserError
from gse.export import export, read_directory
from tests.gse.captures import DICTIONARY
from tests.gse.encoder import Framer, Packetizer, capture
from tests.gse.valid import each_packet
from tests.gse.xtce_documents import container, document, entry, in_bits, integer_type, packet


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "downlink.bin"
    path.write_bytes(b"".join(capture(each_packet(DICTIONARY))))
    return path


@pytest.fixture(scope="module")
def tables(source: Path) -> dict[str, pa.Table]:
    return dict(decode(source.read_bytes(), DICTIONARY).tables)


def run(*arguments: str) -> None:
    result = CliRunner().invoke(main, ["export", *arguments])
    assert result.exit_code == 0, result.output


def netcdf() -> Any:
    pytest.importorskip("h5py", reason="NetCDF is written by h5py, which is not installed")
    return pytest.importorskip("h5netcdf")


def test_parquet_holds_the_tables_with_units(
    source: Path, tables: dict[str, pa.Table], tmp_path: Path
) -> None:
    run(str(source), "--format", "parquet", "--out", str(tmp_path))
    for name, table in tables.items():
        found = pq.read_table(tmp_path / f"{name}.parquet")
        assert found.to_pydict() == table.to_pydict()
    altitude = pq.read_schema(tmp_path / "NAV.parquet").field("NAV_ALTITUDE")
    assert altitude.metadata[b"unit"] == b"m"
    assert altitude.metadata[b"description"] == b"height above the landing site"


def test_csv_of_one_file_holds_every_packet_in_order(
    source: Path, tables: dict[str, pa.Table], tmp_path: Path
) -> None:
    out = tmp_path / "all.csv"
    packets = ("NAV", "EDL")
    run(str(source), "--format", "csv", "--one-file", "--out", str(out), *[
        a for p in packets for a in ("--packet", p)])  # fmt: skip
    found = pa_csv.read_csv(out)
    assert len(found) == sum(len(tables[p]) for p in packets)
    times = [a + b / 65536 for a, b in zip(*(found[c].to_pylist() for c in
             ("sclk_s", "sclk_fraction")), strict=True)]  # fmt: skip
    assert times == sorted(times)
    for name in packets:
        mine = found.filter(pa.compute.equal(found["packet"], name))
        for column in tables[name].column_names:
            if column.startswith("NAV_A"):
                assert mine[column].to_pylist() == tables[name][column].to_pylist()


def test_a_decoded_directory_is_exported_as_its_capture_is(source: Path, tmp_path: Path) -> None:
    decoded = tmp_path / "decoded"
    result = CliRunner().invoke(main, ["decode", str(source), "--out", str(decoded)])
    assert result.exit_code == 0
    for place, name in ((str(source), "a"), (str(decoded), "b")):
        run(place, "--format", "csv", "--out", str(tmp_path / name))
    files = sorted(p.name for p in (tmp_path / "a").iterdir())
    assert files
    assert files == sorted(p.name for p in (tmp_path / "b").iterdir())
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_netcdf_says_units_meanings_and_what_is_missing(
    source: Path, tables: dict[str, pa.Table], tmp_path: Path
) -> None:
    h5netcdf = netcdf()
    out = tmp_path / "all.nc"
    run(str(source), "--one-file", "--out", str(out), "--packet", "NAV", "--packet", "EDL")
    run(str(source), "--out", str(tmp_path / "each"), "--packet", "NAV")
    with h5netcdf.File(out) as file, h5netcdf.File(tmp_path / "each" / "NAV.nc") as nav:
        assert file.attrs["Conventions"] == "CF-1.11"
        for group in (file["NAV"], nav):
            altitude = group["NAV_ALTITUDE"]
            assert altitude[...].tolist() == tables["NAV"]["NAV_ALTITUDE"].to_pylist()
            assert altitude.attrs["units"] == "m"
            assert altitude.attrs["long_name"] == "height above the landing site"
            assert altitude.attrs["_FillValue"] != altitude.attrs["_FillValue"]
            assert group["time"].attrs["units"] == "seconds since 2000-01-01 12:00:00"
        edl = file["EDL"]["EDL_STATE"]
        meanings = edl.attrs["flag_meanings"].split()
        named = dict(zip(edl.attrs["flag_values"].tolist(), meanings, strict=True))
        assert [named[n] for n in edl[...].tolist()] == tables["EDL"]["EDL_STATE"].to_pylist()
        flags = file["NAV"]["NAV_STATUS_RAW"]
        assert flags[...].tolist() == tables["NAV"]["NAV_STATUS_RAW"].to_pylist()
        assert flags.attrs["flag_masks"].tolist()[:3] == [1, 2, 4]


DROP = load("droptest")


@pytest.fixture(scope="module")
def dropped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with drop.bin, an archive of it, and its tables in decoded."""
    directory = tmp_path_factory.mktemp("dropped")
    packetizer = Packetizer()
    identity = {"DICTIONARY_HASH": DROP.fingerprint, "MISSION_ID": DROP.mission_id}
    sent = [packetizer.make("BOOT", identity)]
    sent += [packetizer.make("EDL", {"EDL_STATE": n}, 1000 + n) for n in range(4)]
    frames = Framer(DROP.spacecraft_id).frames(packet.octets for packet in sent)
    (directory / "drop.bin").write_bytes(b"".join(frames))
    for arguments in (
        ["decode", "drop.bin", "--out", "decoded"],
        ["record", "file:drop.bin?speed=0", "--archive", "archive"],
    ):
        with contextlib.chdir(directory):
            result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, result.output
    return directory


@pytest.mark.parametrize("source", ["drop.bin", "decoded", "archive"])
def test_tables_are_described_by_the_mission_that_flew(
    dropped: Path, tmp_path: Path, source: str
) -> None:
    h5netcdf = netcdf()
    run(str(dropped / source), "--out", str(tmp_path))
    with h5netcdf.File(tmp_path / "EDL.nc") as edl:
        assert edl.attrs["mission"] == "droptest"
        assert edl.attrs["dictionary"] == f"{DROP.fingerprint:08X}"
        states = edl["EDL_STATE"].attrs["flag_meanings"].split()
        assert states == list(DROP.enums["STATE"].values())
        assert edl["EDL_STATE"][...].tolist() == list(range(4))


@pytest.mark.parametrize("source", ["decoded", "archive"])
def test_tables_are_not_described_by_what_did_not_fly(
    dropped: Path, tmp_path: Path, source: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(dropped / source, copy)
    for mission, said in (
        (["--mission", "mars2020"], "is of mission droptest, not mars2020: leave --mission out"),
        ([], "was decoded with mission and dictionary droptest 00000000, and this edlcam has"),
    ):
        if not mission:
            _forget_dictionary(copy)
        result = CliRunner().invoke(
            main, ["export", str(copy), "--out", str(tmp_path / "out"), *mission]
        )
        assert result.exit_code == 2
        assert said in " ".join(result.output.split())


def _forget_dictionary(directory: Path) -> None:
    if (directory / NAME).exists():
        with sqlite3.connect(directory / NAME) as index:
            index.execute("UPDATE about SET value = 'droptest 00000000'")
    else:
        report = directory / "link.json"
        report.write_text(report.read_text().replace(DROP.identity, "droptest 00000000"))


def test_a_directory_that_does_not_say_its_mission_is_asked_for_it(
    dropped: Path, tmp_path: Path
) -> None:
    pq.write_table(pq.read_table(dropped / "decoded" / "EDL.parquet"), tmp_path / "EDL.parquet")
    arguments = ["export", str(tmp_path), "--out", str(tmp_path / "out"), "--format", "parquet"]
    asked = CliRunner().invoke(main, arguments)
    assert asked.exit_code == 2
    assert "name it with --mission, one of mars2020, droptest" in " ".join(asked.output.split())
    run(*arguments[1:], "--mission", "droptest")


def xtce_tables(xtce: bytes, packets: bytes, out: Path) -> Path:
    """The directory of tables decoded by a document of another mission."""
    (out / "d.xml").write_bytes(xtce)
    (out / "d.bin").write_bytes(packets)
    arguments = ["decode", str(out / "d.bin"), "--dictionary", str(out / "d.xml")]
    result = CliRunner().invoke(main, [*arguments, "--out", str(out / "tables")])
    assert result.exit_code == 0, result.output
    return out / "tables"


def test_tables_of_another_mission_are_not_described_as_ours(tmp_path: Path) -> None:
    """A parameter that is named as one of our channels."""
    h5netcdf = netcdf()
    xtce = document(
        [integer_type("X_T", 8)],
        [("NAV_ALTITUDE", "X_T")],
        [container("C", entry("NAV_ALTITUDE"), 5)],
    )
    source = xtce_tables(xtce, packet(5, 0, in_bits(7, 8)), tmp_path)
    run(str(source), "--out", str(tmp_path / "out"))
    with h5netcdf.File(tmp_path / "out" / "C.nc") as file:
        assert "mission" not in file.attrs
        assert file.attrs["title"] == "C"
        assert "units" not in file["NAV_ALTITUDE"].attrs
        assert file["NAV_ALTITUDE"][...].tolist() == [7]
    result = CliRunner().invoke(
        main, ["export", str(source), "--out", str(tmp_path / "o"), "--mission", "mars2020"]
    )
    assert result.exit_code == 2
    assert "none of our missions describes it" in " ".join(result.output.split())


def test_a_label_that_the_dictionary_does_not_know_is_a_text(tmp_path: Path) -> None:
    h5netcdf = netcdf()
    for labels in (["CRUISE", "UNHEARD OF"], ["CRUISE", None]):
        table = pa.table({"EDL_STATE": labels})
        export({"EDL": table}, tmp_path, "netcdf", DICTIONARY)
        with h5netcdf.File(tmp_path / "EDL.nc") as file:
            texts = [octets.decode() for octets in file["EDL_STATE"][...]]
            assert texts == [label or "" for label in labels]


def test_texts_with_nul_and_lists_of_times_are_written(tmp_path: Path) -> None:
    h5netcdf = netcdf()
    times = pa.array([[0, 281_474_976_710_655_000], []], pa.list_(pa.timestamp("us")))
    table = pa.table({"T": ["ab\0\0", "a\0b"], "L": times})
    export({"C": table}, tmp_path, "netcdf", None)
    with h5netcdf.File(tmp_path / "C.nc") as file:
        assert [octets.decode() for octets in file["T"][...]] == ["ab", r"a\0b"]
        assert [octets.decode() for octets in file["L"][...]] == [
            '["1970-01-01 00:00:00.000000", "10889-08-02 05:31:50.655000"]',
            "[]",
        ]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_column_of_two_types_is_not_written_into_one_file(tmp_path: Path, form: str) -> None:
    tables = {"C": pa.table({"Y": [1], "X": ["a"]}), "D": pa.table({"Y": [1.5], "X": [1]})}
    with pytest.raises(UserError, match="the column X is string in C, int64 in D: one file has"):
        export(tables, tmp_path / f"x.{form}", form, None, one_file=True)
    export(tables, tmp_path, form, None)
    netcdf()
    export(tables, tmp_path / "x.nc", "netcdf", None, one_file=True)


def test_what_cannot_be_exported_is_said_in_one_sentence(source: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing to export"):
        export({}, tmp_path, "csv", DICTIONARY)
    with pytest.raises(UserError, match=r"holds no \.parquet files"):
        read_directory(tmp_path)
    result = CliRunner().invoke(
        main, ["export", str(source), "--out", str(tmp_path), "--packet", "NONE"]
    )
    assert result.exit_code == 2
    assert "has no packets named NONE" in result.output
