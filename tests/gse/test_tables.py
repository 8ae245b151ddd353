"""Do files on disk hold the tables, whole or not at all?"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gse.archive import tables as archive
from gse.decode import Decoded, decode
from gse.errors import UserError
from gse.link.protection import Coding
from gse.stream import StreamDecoder
from tests.gse.captures import DICTIONARY, steady
from tests.gse.encoder import FIELDS, capture


@pytest.fixture
def decoded() -> Decoded:
    frames = capture(steady(60))
    return decode(b"".join(frames[:5] + frames[6:]), DICTIONARY)


@pytest.mark.parametrize("file_format", ["parquet", "csv", "jsonl"])
def test_every_packet_type_has_a_file(decoded: Decoded, tmp_path: Path, file_format: str) -> None:
    paths = archive.write(decoded, tmp_path / "new" / "out", file_format)
    names = {f"{name}.{file_format}" for name in (*FIELDS, "events")} | {"link.json"}
    assert {path.name for path in paths} == names
    assert {path.name for path in (tmp_path / "new" / "out").iterdir()} == names


def test_all_formats_hold_the_same_values(decoded: Decoded, tmp_path: Path) -> None:
    for file_format in archive.FORMATS:
        archive.write(decoded, tmp_path / file_format, file_format)
    for name in (*FIELDS, "events"):
        rows = pq.read_table(tmp_path / "parquet" / f"{name}.parquet").to_pylist()
        lines = (tmp_path / "jsonl" / f"{name}.jsonl").read_text().splitlines()
        assert [json.loads(line) for line in lines] == rows
        with (tmp_path / "csv" / f"{name}.csv").open(newline="") as file:
            texts = list(csv.DictReader(file))
        assert len(texts) == len(rows)
        for text, row in zip(texts, rows, strict=True):
            for column, value in row.items():
                assert (text[column] if isinstance(value, str) else float(text[column])) == value


def test_nothing_of_an_earlier_decoding_is_left_among_the_tables(
    decoded: Decoded, tmp_path: Path
) -> None:
    other = {"D": pa.table({"x": [1]}), "NAV": pa.table({"x": [1]})}
    for file_format in archive.FORMATS:
        archive.write_tables(other, (archive.PACKETS, {}), tmp_path, file_format)
        archive.write(decoded, tmp_path, file_format)
    names = {f"{name}.{file_format}" for name in (*FIELDS, "events")} | {"link.json"}
    assert {path.name for path in tmp_path.iterdir()} == names


def test_what_is_not_ours_stays_beside_the_tables(decoded: Decoded, tmp_path: Path) -> None:
    (tmp_path / "truth.parquet").write_bytes(b"of a simulation")
    for _ in range(2):
        archive.write(decoded, tmp_path, "parquet")
    assert (tmp_path / "truth.parquet").exists()
    assert "truth" not in archive.files_in(tmp_path)
    exported = archive.write_tables({"NAV": decoded.tables["NAV"]}, None, tmp_path, "csv")
    assert [path.name for path in exported] == ["NAV.csv"]
    assert (tmp_path / "NAV.parquet").exists()


@pytest.mark.parametrize("said", ["", "{}", "[1]", '{"files": ["../x.csv"]}', '{"files": 1}'])
def test_a_report_that_names_no_tables_is_one_sentence(tmp_path: Path, said: str) -> None:
    (tmp_path / "link.json").write_text(said)
    with pytest.raises(UserError, match=r"link.json .*decode the capture again"):
        archive.files_in(tmp_path)


def test_json_lines_hold_what_json_and_python_have_no_value_for(tmp_path: Path) -> None:
    far = 281_474_976_710_655_000  # microseconds: a time of 48 bits in ms
    table = pa.table(
        {
            "x": [float("nan"), 1.5],
            "t": pa.array([far, None], pa.timestamp("us")),
            "l": pa.array([[far], None], pa.list_(pa.timestamp("us"))),
        }
    )
    archive.write_tables({"T": table}, None, tmp_path, "jsonl")
    lines = (tmp_path / "T.jsonl").read_text().splitlines()
    when = "10889-08-02 05:31:50.655000"
    assert [json.loads(line, parse_constant=pytest.fail) for line in lines] == [
        {"x": None, "t": when, "l": [when]},
        {"x": 1.5, "t": None, "l": None},
    ]
    archive.write_tables({"T": table}, None, tmp_path, "csv")
    with (tmp_path / "T.csv").open(newline="") as file:
        assert [row["l"] for row in csv.DictReader(file)] == [f'["{when}"]', ""]


def test_link_json_locates_what_is_missing(decoded: Decoded, tmp_path: Path) -> None:
    archive.write(decoded, tmp_path, "parquet")
    link = json.loads((tmp_path / "link.json").read_text())
    assert link["frames_missing"] == 1
    assert {"kind": "frames missing", "offset": 5 * 227, "within": None, "count": 1}.items() <= (
        link["anomalies"][0].items()
    )


def test_a_failure_leaves_what_was_there_before(
    decoded: Decoded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "NAV.parquet").write_bytes(b"earlier")
    written: list[Path] = []

    def fill_disk(path: Path, schema: pa.Schema) -> archive.TableFile:
        if len(written) == 4:
            raise OSError(28, "No space left on device")
        written.append(path)
        file: archive.TableFile = pq.ParquetWriter(path, schema)
        return file

    monkeypatch.setitem(archive.FORMATS, "parquet", fill_disk)
    with pytest.raises(UserError, match=r"No space left on device; free some space"):
        archive.write(decoded, tmp_path, "parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["NAV.parquet"]
    assert (tmp_path / "NAV.parquet").read_bytes() == b"earlier"


def test_an_interruption_leaves_no_half_tables(
    decoded: Decoded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(path: Path, schema: pa.Schema) -> archive.TableFile:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setitem(archive.FORMATS, "csv", interrupt)
    with pytest.raises(KeyboardInterrupt):
        archive.write(decoded, tmp_path, "csv")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("file_format", list(archive.FORMATS))
def test_piece_by_piece_it_is_the_same_file_as_at_once(tmp_path: Path, file_format: str) -> None:
    data = b"".join(capture(steady(200)))
    whole, pieces = tmp_path / "whole", tmp_path / "pieces"
    archive.write(decode(data, DICTIONARY, Coding.CRC), whole, file_format)
    decoder = StreamDecoder(DICTIONARY, Coding.CRC, entry_s=2000)
    with archive.Tables(pieces, file_format) as tables:
        for start in range(0, len(data), 1000):
            tables.add(decoder.feed(data[start : start + 1000]))
        tables.add(decoder.finish())
        tables.finish(archive.named_report(decoder.report, DICTIONARY))
    for path in whole.iterdir():
        if file_format == "parquet" and path.suffix == ".parquet":
            one, other = pq.read_table(path), pq.read_table(pieces / path.name)
            assert one.schema == other.schema
            assert one.to_pylist() == other.to_pylist()
        else:
            assert path.read_bytes() == (pieces / path.name).read_bytes()
    assert len(list(whole.iterdir())) == len(list(pieces.iterdir()))
