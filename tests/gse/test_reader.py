"""Do gse.open and the commands give what is in an archive, by packet, time and question?"""

from __future__ import annotations

import csv
import datetime
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

import gse
from gse.archive import tables
from gse.archive.archive import Archive
from gse.archive.raw import About, LiveTimes
from gse.archive.reader import Reading
from gse.cli import main
from gse.decode import decode
from gse.errors import UserError
from gse.live.decoding import Decoding
from tests.gse.cables import downlink, wait_until
from tests.gse.captures import DICTIONARY, steady
from tests.gse.encoder import (
    CADU,
    DATA_FIELD,
    SPACECRAFT_ID,
    Framer,
    Packetizer,
    boot,
    capture,
)
from tests.gse.xtce_documents import container, document, entry, in_bits, integer_type, packet

BEGUN = datetime.datetime(2027, 6, 1, 9, tzinfo=datetime.UTC)
DRIFT = 40e-6


def _flight() -> tuple[list[bytes], list[float]]:
    """Frames of 200 s of NAV at 8 Hz and HK at 1 Hz, and when each came: with the drift of a clock
    that is slow, a little late."""
    packetizer = Packetizer()
    packets = [boot(packetizer, DICTIONARY.fingerprint, ei_sclk=1100)]
    for i in range(1600):
        counts = {"NAV_ALTITUDE": (16000 - 10 * i) * 256, "NAV_STATUS": i % 3}
        packets.append(packetizer.make("NAV", counts, 1000 + i / 8))
        if i % 8 == 7:
            packets.append(packetizer.make("HK", {"BUS_VOLTAGE": 28 << 10}, 1000 + i / 8))
    frames = capture(packets)
    share = np.arange(1, len(frames) + 1) * DATA_FIELD / sum(len(p.octets) for p in packets)
    return frames, (200 * share * (1 + DRIFT)).tolist()


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "a"
    frames, came_s = _flight()
    begun_ns = int(BEGUN.timestamp() * 1e9)
    times = LiveTimes()
    with Archive(path) as archive:
        recording = archive.begin(About("test", "CRC", "mars2020", 0, BEGUN.timestamp()))
        decoding = Decoding(DICTIONARY, "CRC", 0, times)
        for n, (frame, came) in enumerate(zip(frames, came_s, strict=True), 1):
            utc_ns = begun_ns + int(came * 1e9)
            recording.append(frame, utc_ns)
            times.append(n * CADU, utc_ns)
        for batch in decoding.feed(b"".join(frames)):
            recording.keep(batch)
        recording.finish(decoding.report, None)
    return path


@pytest.fixture
def reading(directory: Path) -> Iterator[Reading]:
    with gse.open(directory) as opened:
        yield opened


def test_a_range_of_time_is_that_of_the_flight(reading: Reading) -> None:
    nav = reading["NAV"].between(-50, -49).to_pandas()
    assert nav["time_from_ei_s"].tolist() == [-50 + i / 8 for i in range(8)]
    assert len(reading["NAV"].between(None, -99.5)) == 4
    assert len(reading["NAV"].between(99.5)) == 4
    assert len(reading["NAV"]) == 1600


def test_a_range_of_utc_is_that_of_the_clock_on_the_ground(reading: Reading) -> None:
    start = BEGUN + datetime.timedelta(seconds=100)
    for given in (
        start,
        start.replace(tzinfo=None),
        "2027-06-01T09:01:40",
        "2027-06-01T11:01:40+02:00",
    ):
        rows = reading["NAV"].between(given).to_pandas()
        assert abs(len(rows) - 800) <= 8
        assert rows["utc"].min() >= pd.Timestamp("2027-06-01T09:01:40")
    with pytest.raises(UserError, match="'soon' is no time"):
        reading["NAV"].between("soon")


def test_the_correlated_time_runs_with_the_clock(reading: Reading) -> None:
    nav = reading["NAV"].to_pandas()
    seconds = (nav["utc"] - pd.Timestamp(BEGUN).tz_localize(None)).dt.total_seconds()
    sclk = nav["sclk_s"] + nav["sclk_fraction"] / 65536 - 1000
    # A frame holds several packets: each comes up to one frame of time late.
    assert np.allclose(seconds, sclk * (1 + DRIFT), atol=1.0)
    (fit,) = reading.fits()[1]
    # 0.1 s, between packets that come soonest, over 200 s.
    assert fit.drift_ppm == pytest.approx(DRIFT * 1e6, abs=500)


def test_resampling_gives_what_pandas_gives(reading: Reading) -> None:
    nav = reading["NAV"].to_pandas()
    sclk = nav["sclk_s"] + nav["sclk_fraction"] / 65536
    for how in ("mean", "min", "max", "first", "last"):
        got = reading["NAV"].resample("2s", how).to_pandas()
        expected = nav.groupby(np.floor(sclk / 2))["NAV_ALTITUDE"].agg(how)
        assert got["NAV_ALTITUDE"].tolist() == pytest.approx(expected.tolist())
        assert got["sclk_s"].tolist() == [2 * k for k in expected.index]
        assert got["time_from_ei_s"].tolist() == [2 * k - 1100 for k in expected.index]
        assert set(got["rows"]) == {16}
    texts = reading["NAV"].select("NAV_STATUS").resample(0.5).to_pandas()
    assert texts["NAV_STATUS"].tolist()[:2] == [nav["NAV_STATUS"][3], nav["NAV_STATUS"][7]]
    assert "NAV_ALTITUDE" not in texts


def test_the_first_and_the_last_of_a_large_table_are_those_by_time(tmp_path: Path) -> None:
    """Rows in which no file is in order, more than one thread reads."""
    count = 1_000_000
    at = np.random.default_rng(1).permutation(count)
    columns = {"sclk_s": at // 1000, "sclk_fraction": at % 1000 * 65, "time_from_ei_s": at / 1000.0}
    table = pa.table({**columns, "X": at, "T": pa.array(at).cast(pa.string())})
    tables.write_tables({"NAV": table}, (tables.LINK, {}), tmp_path, "parquet")
    with gse.open(tmp_path) as opened:
        for how, place in (("first", 0), ("last", 249_999)):
            got = opened["NAV"].resample("250s", how).to_arrow()
            assert got["X"].to_pylist() == [n * 250_000 + place for n in range(4)]
            assert got["T"].to_pylist() == [str(n * 250_000 + 249_999) for n in range(4)]


@pytest.mark.parametrize("file_format", list(tables.FORMATS))
def test_a_table_without_rows_is_resampled_to_none(tmp_path: Path, file_format: str) -> None:
    decoded = decode(b"".join(capture(steady(3))), DICTIONARY)
    tables.write(decoded, tmp_path, file_format)
    with gse.open(tmp_path) as opened:
        empty = [n for n in opened.names if n != "events" and not len(decoded.tables[n])]
        for name in empty:
            assert len(opened[name].between(0, 1).resample("1s", "last")) == 0
    assert bool(empty) is (file_format != "jsonl")  # of which an empty file names no columns


@pytest.mark.parametrize("period", ["", "0s", "-1s", "1 fortnight", "infs", 0, "nan"])
def test_a_period_that_is_none_is_one_sentence(reading: Reading, period: str | float) -> None:
    with pytest.raises(UserError, match="is no period: write 100ms"):
        reading["NAV"].resample(period)


def test_what_is_not_there_is_named(reading: Reading) -> None:
    with pytest.raises(UserError, match=r"no SEQUENCE in .*: there are BOOT, HK, NAV, events"):
        reading["SEQUENCE"]
    with pytest.raises(UserError, match=r"NAV has no column 'ALTITUDE': there are .*NAV_ALTITUDE"):
        reading["NAV"].select("ALTITUDE")
    with pytest.raises(UserError, match="no way to resample named 'median'"):
        reading["NAV"].resample("1s", "median")


@pytest.mark.parametrize("file_format", list(tables.FORMATS))
def test_decoded_tables_are_opened_alike(tmp_path: Path, file_format: str) -> None:
    decoded = decode(b"".join(capture(steady(300))), DICTIONARY)
    tables.write(decoded, tmp_path, file_format)
    with gse.open(tmp_path) as opened:
        for name, table in [*decoded.tables.items(), ("events", decoded.events)]:
            if len(table):
                got = opened[name].to_pandas()
                for column in table.column_names:
                    values = table[column].to_pylist()
                    # A text that is a number, CSV cannot tell from one.
                    shown = got[column].astype(str) if isinstance(values[0], str) else got[column]
                    assert shown.tolist() == values
        assert len(opened["NAV"].between(-990, -980).resample("1s")) > 0
        with pytest.raises(UserError, match="decoded tables have no UTC"):
            opened["NAV"].between("2027-06-01")


def test_tables_are_those_of_the_last_decoding(tmp_path: Path) -> None:
    for count, file_format in ((300, "csv"), (30, "parquet")):
        decoded = decode(b"".join(capture(steady(count))), DICTIONARY)
        tables.write(decoded, tmp_path, file_format)
    pq.write_table(pa.table({"x": [1]}), tmp_path / "truth.parquet")
    with gse.open(tmp_path) as opened:
        assert len(opened["NAV"]) == len(decoded.tables["NAV"])
        assert "truth" not in opened.names


@pytest.mark.parametrize("file_format", list(tables.FORMATS))
def test_tables_of_another_mission_are_asked_alike(tmp_path: Path, file_format: str) -> None:
    xtce = document([integer_type("X_T", 8)], [("X", "X_T")], [container("PACKET", entry("X"), 1)])
    (tmp_path / "d.xml").write_bytes(xtce)
    (tmp_path / "d.bin").write_bytes(b"".join(packet(1, n, in_bits(n, 8)) for n in range(3)))
    by_xtce = ("--dictionary", tmp_path / "d.xml", "--format", file_format)
    decoded = _edlcam("decode", tmp_path / "d.bin", "--out", tmp_path / "o", *by_xtce)
    assert decoded.exit_code == 0, decoded.output
    listed = _edlcam("query", tmp_path / "o", "--format", "json")
    assert json.loads(listed.stdout) == [{"table": "PACKET", "rows": 3}]
    answer = _edlcam("query", tmp_path / "o", "SELECT sum(X) AS x FROM PACKET", "--format", "csv")
    assert answer.stdout == '"x"\n3\n'
    with gse.open(tmp_path / "o") as opened:
        assert opened["PACKET"].select("X").to_arrow()["X"].to_pylist() == [0, 1, 2]
        said = "PACKET has no time of the spacecraft's clock"
        with pytest.raises(UserError, match=said):
            opened["PACKET"].resample("1s")
        for moment in (0, "2027-06-01"):
            with pytest.raises(UserError, match=said):
                opened["PACKET"].between(moment)


# Commands


def _edlcam(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_query_answers_as_table_csv_and_json(directory: Path) -> None:
    question = "SELECT count(*) AS n, max(NAV_ALTITUDE) AS top, min(received_utc) AS t FROM NAV"
    table = _edlcam("query", directory, question)
    assert (table.exit_code, "1600" in table.stdout, "16000" in table.stdout) == (0, True, True)
    rows = list(
        csv.DictReader(io.StringIO(_edlcam("query", directory, question, "--format", "csv").stdout))
    )
    assert (rows[0]["n"], float(rows[0]["top"])) == ("1600", 16000)
    (record,) = json.loads(_edlcam("query", directory, question, "--format", "json").stdout)
    assert record["n"] == 1600
    assert record["t"].startswith("2027-06-01T09:00:0")
    listed = _edlcam("query", directory)
    assert listed.exit_code == 0
    assert "NAV" in listed.stdout


def test_what_csv_has_no_form_for_is_written_in_another(directory: Path) -> None:
    question = "SELECT max(utc) - min(utc) AS took, [1, 2] AS two FROM NAV"
    for file_format in ("csv", "json", "table"):
        result = _edlcam("query", directory, question, "--format", file_format)
        assert result.exit_code == 0, result.stderr
        assert "199." in result.stdout
        assert "[1, 2]" in result.stdout


def test_columns_of_one_name_are_told_apart(directory: Path) -> None:
    question = "SELECT 1 AS a, 2 AS a, 3 AS b, 4 AS a, 5 AS a_2"
    whole = {"a": 1, "a_3": 2, "b": 3, "a_4": 4, "a_2": 5}
    assert json.loads(_edlcam("query", directory, question, "--format", "json").stdout) == [whole]
    table = _edlcam("query", directory, question).stdout.split()
    assert table[:5] == list(whole)
    assert [cell for cell in table if cell.isdigit()][:5] == ["1", "2", "3", "4", "5"]
    text = _edlcam("query", directory, question, "--format", "csv").stdout
    assert list(csv.DictReader(io.StringIO(text))) == [{k: str(v) for k, v in whole.items()}]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'nan'::DOUBLE", None),
        ("[1, 'inf'::DOUBLE]", "[1.0, null]"),
        ("INTERVAL 90 SECOND", 90.0),
        ("INTERVAL 1 MONTH + INTERVAL 90 SECOND", "P1M0DT90S"),
        ("TIMESTAMP '2027-06-01'", "2027-06-01T00:00:00"),
        ("TIMESTAMP '12000-06-01'", "12000-06-01 00:00:00.000000"),
        ("DATE '12000-06-01'", "12000-06-01"),
        ("[DATE '12000-06-01']", '["12000-06-01"]'),
        ("TIMESTAMP '99999-06-01'", "<value out of range: 3093509491200000000>"),
    ],
)
def test_a_value_that_json_or_python_has_none_for_is_shown_in_another_form(
    directory: Path, expression: str, expected: object
) -> None:
    shown = _edlcam("query", directory, f"SELECT {expression} AS x", "--format", "json").stdout
    assert json.loads(shown, parse_constant=pytest.fail) == [{"x": expected}]
    for file_format in ("table", "csv"):
        result = _edlcam("query", directory, f"SELECT {expression} AS x", "--format", file_format)
        assert result.exit_code == 0


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("SELEC", "syntax error"),
        ("SELECT * FROM NAW", "NAW"),
        ("SELECT ALT FROM NAV", "ALT"),
    ],
)
def test_a_question_that_is_wrong_is_one_sentence(
    directory: Path, question: str, said: str
) -> None:
    result = _edlcam("query", directory, question)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "tables are BOOT, HK, NAV, events" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_file_that_is_not_there_is_one_sentence(directory: Path) -> None:
    result = _edlcam("query", directory, "SELECT * FROM read_csv('/nonexistent')")
    assert result.exit_code == 2
    assert 'No files found that match the pattern "/nonexistent"' in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_decoded_table_that_is_damaged_is_one_sentence(tmp_path: Path) -> None:
    tables.write(decode(b"".join(capture(steady(30))), DICTIONARY), tmp_path, "parquet")
    with (tmp_path / "NAV.parquet").open("rb+") as file:
        file.truncate(500)
    result = _edlcam("query", tmp_path, "SELECT * FROM NAV")
    assert result.exit_code == 2
    assert "NAV.parquet is damaged: decode the capture again" in result.stderr


def test_a_table_on_a_terminal_is_cut_and_says_so(directory: Path) -> None:
    result = _edlcam("query", directory, "SELECT sequence FROM NAV")
    assert "1,600 rows; the first 50 shown" in result.stdout


def test_alarms_are_listed_and_seen(tmp_path: Path) -> None:
    packetizer = Packetizer()
    volts = [28, 20, 28, 23]
    packets = [boot(packetizer, DICTIONARY.fingerprint)]
    packets += [packetizer.make("HK", {"BUS_VOLTAGE": v << 10}, 1000 + v) for v in volts]
    (tmp_path / "d.bin").write_bytes(b"".join(capture(packets)))
    recorded = _edlcam("record", f"file:{tmp_path / 'd.bin'}?speed=0", "--archive", tmp_path / "a")
    assert recorded.exit_code == 0, recorded.output
    listed = _edlcam("alarms", tmp_path / "a")
    assert listed.exit_code == 1
    assert "BUS_VOLTAGE: 20 V" in listed.stdout
    assert "2 alarms, 2 not seen" in listed.stdout
    seen = _edlcam("alarms", tmp_path / "a", "--ack", "1-1", "--by", "ada", "--open")
    assert (seen.exit_code, "2 alarms, 1 not seen" in seen.stdout) == (1, True)
    assert "1-1" not in seen.stdout
    assert _edlcam("alarms", tmp_path / "a", "--ack", "all").exit_code == 0
    (first, second) = json.loads(_edlcam("alarms", tmp_path / "a", "--format", "json").stdout)
    assert (first["acknowledged_by"], first["severity"], second["return_utc"]) == (
        "ada",
        "RED",
        None,
    )
    wrong = _edlcam("alarms", tmp_path / "a", "--ack", "1-9")
    assert (wrong.exit_code, "no alarm 1-9" in wrong.stderr) == (2, True)


def test_an_archive_may_be_named_from_where_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("d.bin").write_bytes(b"".join(capture(steady(300))))
    recorded = _edlcam("record", "file:d.bin?speed=0", "--archive", "a b")
    assert recorded.exit_code == 0, recorded.output
    assert _edlcam("query", "a b", "SELECT count(*) FROM NAV").exit_code == 0
    assert "alarms" in _edlcam("alarms", "a b").stdout
    assert "not enough was received" in _edlcam("time", "a b").stderr
    exported = _edlcam("export", "a b", "--out", "out", "--format", "csv")
    assert (exported.exit_code, Path("out/NAV.csv").exists()) == (0, True)


def test_time_shows_offset_drift_and_residuals(directory: Path, tmp_path: Path) -> None:
    shown = _edlcam("time", directory)
    assert shown.exit_code == 0
    for words in ("= 2027-06-01 09:00:0", "drift ", " ppm", "residuals: middle 90 %"):
        assert words in shown.stdout
    (tmp_path / "d.bin").write_bytes(b"".join(capture(steady(300))))
    _edlcam("record", f"file:{tmp_path / 'd.bin'}?speed=0", "--archive", tmp_path / "a")
    freely = _edlcam("time", tmp_path / "a")
    assert freely.exit_code == 1
    assert "not enough was received at the pace of the clock" in freely.stderr


def test_nothing_that_came_is_exit_code_1(tmp_path: Path) -> None:
    result = _edlcam(
        "record", f"serial:{tmp_path}/none", "--archive", tmp_path / "a", "--for", "0.3"
    )
    assert result.exit_code == 1
    assert "0 octets" in result.stdout
    assert f"waiting: cannot open {tmp_path}/none" in result.stderr


@pytest.mark.parametrize(
    ("spacecraft_id", "noise", "said"),
    [
        (0x123, 0, "its 3 frames are of another spacecraft than that of mars2020, so leave"),
        (SPACECRAFT_ID, 3000, "nowhere in its 3,000 octets is a sync marker"),
    ],
)
def test_what_can_only_be_kept_raw_is_exit_code_1(
    tmp_path: Path, spacecraft_id: int, noise: int, said: str
) -> None:
    framer = Framer(spacecraft_id)
    octets = bytes(noise) or b"".join(framer.idle() for _ in range(3))
    (tmp_path / "d.bin").write_bytes(octets)
    source = f"file:{tmp_path / 'd.bin'}?speed=0"
    result = _edlcam("record", source, "--archive", tmp_path / "a", "--mission", "mars2020")
    assert result.exit_code == 1
    assert f"not decoded: no transfer frame could be read in what came: {said}" in result.stderr
    assert (tmp_path / "a" / "raw" / "0001-0001.raw").read_bytes() == octets


def test_ctrl_c_ends_a_recording_in_good_order(tmp_path: Path) -> None:
    frames = list(islice(downlink(), 200))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        source = f"tcp:127.0.0.1:{listener.getsockname()[1]}"
        command = [sys.executable, "-c", "from gse.cli import main; main()", "record", source]
        process = subprocess.Popen(
            [*command, "--archive", tmp_path / "a"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        server = listener.accept()[0]
        server.sendall(b"".join(frames))
        place = tmp_path / "a" / "raw" / "0001-0001.raw"
        wait_until(lambda: place.stat().st_size == len(frames) * CADU)
        time.sleep(0.3)
        os.kill(process.pid, signal.SIGINT)
        output, errors = process.communicate(timeout=60)
        server.close()
    assert process.returncode == 0, errors
    assert f"{len(frames) * CADU:,} octets in {tmp_path / 'a'}, over 1 connection" in output
    assert f"{len(frames)} frames, 0 missing, 0 damaged" in output
    with gse.open(tmp_path / "a") as opened:
        assert opened.sql("SELECT complete FROM runs")["complete"].to_pylist() == [1]
