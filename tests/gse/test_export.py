"""Do the tools of others find in an exported file what was decoded?"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from gse.cli import main
from gse.decode import decode
from gse.errors import UserError
from gse.export import export, read_directory
from tests.gse.captures import DICTIONARY
from tests.gse.encoder import capture
from tests.gse.valid import each_packet


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
    pytest.importorskip("h5py", reason="NetCDF is written by h5py, which is not installed")
    h5netcdf = pytest.importorskip("h5netcdf")
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
