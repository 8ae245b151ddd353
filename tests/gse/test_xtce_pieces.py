"""Do packets of another mission say the same, however their file is cut into pieces, and in memory
that does not grow with it?"""

from __future__ import annotations

import itertools
import random
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from click.testing import Result as Answer
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.xtce import measure
from gse.archive import tables
from gse.archive.tables import FORMATS
from gse.cli import main
from gse.commands import decode_xtce
from gse.xtce.decode import Decoder
from gse.xtce.files import FRAMES, FRAMINGS, PACKETS, Pace, Source, opened
from gse.xtce.packets import split
from gse.xtce.read import parse
from gse.xtce.tally import Account, Counts
from gse.xtce.walk import read_packets
from tests.gse.encoder import Framer
from tests.gse.test_cli import assert_one_sentence
from tests.gse.test_xtce_corners import (
    AS_MANY,
    SINCE,
    TIME,
    U8,
    array_type,
    calibrated,
    dimension,
    enumeration,
    include,
    plain,
    sent,
    text_type,
    times,
    variable,
    where_value,
)
from tests.gse.xtce_documents import (
    Sample,
    container,
    document,
    entry,
    heir,
    integer_type,
    samples,
)

HEADER = b"ab"  # in files that have something before each packet


def compared(parameter: str, operator: str, value: int) -> str:
    attributes = f'comparisonOperator="{operator}" value="{value}"'
    return f'<Comparison parameterRef="{parameter}" {attributes}/>'


AS_MANY_M = AS_MANY.replace('"N"', '"M"')
UNKNOWN = f"<IncludeCondition>{compared('W', '==', 1)}</IncludeCondition>"
CORNERS = document(
    [
        U8,
        TIME,
        SINCE,
        array_type("PAIR", "U8", dimension(1)),
        enumeration("E", "ab", "cd"),
        text_type("S", variable("00")),
        integer_type("ODD", 8, encoding="BCD"),
        calibrated("SPLINE", "".join(f'<SplinePoint raw="{n}" calibrated="{n}"/>' for n in (1, 4)),
                   "Spline"),
    ],
    [
        ("N", "U8"), ("M", "U8"), ("X", "TIME"), ("Y", "S"), ("Z", "U8"), ("W", "U8"),
        ("P", "PAIR"), ("Q", "E"), ("T", "SINCE"), ("O", "ODD"), ("R", "SPLINE"), ("L", "U8"),
    ],
    [
        plain("TEXTS", entry("M") + entry("Y", AS_MANY_M)),
        plain("LABELS", entry("Q") + entry("P") + entry("Q")),
        plain("ODD", entry("Z") + entry("O")),
        plain("EARLY", entry("Z", UNKNOWN)),
        container("LISTS", entry("N") + include("TEXTS", AS_MANY) + entry("R"), 1),
        # What cannot be read is there only where N or M say so; N comes first.
        container("REFUSED", entry("N") + entry("M") + include("EARLY", AS_MANY)
                  + include("ODD", AS_MANY_M) + entry("Q"), 2),
        heir("HEIR", entry("R", times(2)), "REFUSED", compared("Q", "&lt;", 3)),
        container("NESTED", entry("N") + include("OUTER", AS_MANY), 5),
        plain("OUTER", entry("M") + entry("L") + include("ODD", AS_MANY_M)
              + include("EARLY", AS_MANY.replace('"N"', '"L"'))),
        plain("FRONT", entry("N") + entry("M") + include("EARLY", AS_MANY)),
        heir("WHOLE", include("ODD", AS_MANY_M), "FRONT", ""),
        container("EXTENDED", include("WHOLE"), 8),
        container("MAYBE", entry("N") + where_value("N", "==", "1") + where_value("N", "&gt;", "2")
                  + entry("T") + include("LABELS", AS_MANY), 3),
        container("BASE", entry("N"), 4),
        *(heir(name, entry("Q"), "BASE", criteria) for name, criteria in (
            ("LESS", compared("N", "&lt;", 4)), ("MORE", compared("N", "&gt;", 2)),
            ("SAME", compared("N", "==", 3)), ("ODD_ONE", compared("N", "==", 1)))),
    ],
)  # fmt: skip
OF_ITS_OWN = CORNERS.replace(b'name="CCSDSPacket" abstract="true"', b'name="CCSDSPacket"')

OCTETS = st.lists(st.integers(0, 4) | st.integers(0, 255), min_size=1, max_size=12).map(bytes)
APIDS = st.sampled_from((1, 2, 3, 4, 5, 6, 7, 8, 2047))


@st.composite
def corner_samples(draw: st.DrawFn) -> Sample:
    """Packets of two or three kinds, so that many are of one; some numbers are left out."""
    xtce = draw(st.sampled_from((CORNERS, OF_ITS_OWN)))
    apids = st.sampled_from(draw(st.lists(APIDS, min_size=2, max_size=3)))
    packets = draw(st.lists(st.builds(sent, OCTETS, apids), min_size=4, max_size=16))
    return Sample(xtce, tuple(p[:3] + bytes((n * n,)) + p[4:] for n, p in enumerate(packets)))


@dataclass(frozen=True, slots=True)
class Result:
    """What a command said, and the files that it wrote."""

    exit_code: int
    output: str
    files: dict[str, object]


class Sizes:
    """A pace that follows no tables."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self._sizes = itertools.cycle(sizes)

    @property
    def octets(self) -> int:
        return next(self._sizes)

    def made(self, tables: Iterable[pa.Table]) -> None:
        """They may be as large as they like."""


def decoded(
    sample: Sample, data: bytes, options: Sequence[str], pace: Callable[[], Sizes]
) -> Result:
    """edlcam decode of a file, by pieces of that pace."""
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.chdir(name)
        patch.setattr(decode_xtce, "Pace", pace)
        Path("d.xml").write_bytes(sample.xtce)
        Path("d.bin").write_bytes(data)
        command = ["decode", "d.bin", "--dictionary", "d.xml", "--container", "CCSDSPacket"]
        result = CliRunner().invoke(main, [*command, *options, "--out", "out"])
        assert isinstance(result.exception, SystemExit | None), result.exception
        written = {path.name: contents(path) for path in sorted(Path().glob("out/*"))}
        return Result(result.exit_code, result.output, written)


def contents(path: Path) -> object:
    if path.suffix != ".parquet":
        return path.read_bytes()
    table = pq.read_table(path)
    return table.schema, repr(table.to_pylist())  # in which NaN is the same as NaN


def damaged(parts: list[bytes], r: random.Random) -> bytes:
    """Packets or frames of which some are lost, twice, broken or cut, and noise among them."""
    rate = r.choice((0.0, 0.0, 0.1, 0.4))
    kept = []
    for part in parts:
        octets = bytearray(part)
        fate = r.random() / rate if rate else 1
        if fate < 0.2:
            continue
        if fate < 0.4:
            octets *= 2
        elif fate < 0.8:
            octets[r.randrange(len(octets))] ^= 1 << r.randrange(8)
        elif fate < 1:
            del octets[r.randrange(len(octets)) :]
        kept.append(bytes(octets))
    return b"".join(kept) + r.randbytes(r.choice((0, 0, 1, 30)))


@settings(max_examples=60)
@given(
    samples() | corner_samples(),
    st.sampled_from(FRAMINGS),
    st.sampled_from(list(FORMATS)),
    st.booleans(),
    st.lists(st.sampled_from((1, 1, 30, 300)), min_size=1, max_size=4),
    st.randoms(use_true_random=False),
)
def test_pieces_say_what_the_whole_says(
    sample: Sample,
    framing: str,
    form: str,
    headed: bool,
    sizes: list[int],
    r: random.Random,
) -> None:
    parts = list(sample.packets)
    options = ["--input", framing, "--format", form]
    if framing == PACKETS and headed:
        parts = [HEADER + part for part in parts]
        options += ["--skip-header", str(len(HEADER))]
    if framing == FRAMES:
        if headed:  # within them, and some have no room for it
            options += ["--skip-header", "8"]
        parts = list(Framer().frames(parts * 20))
        sizes = [10 * size for size in sizes]
    data = damaged(parts, r)
    in_pieces = decoded(sample, data, options, lambda: Sizes(sizes))
    assert in_pieces == decoded(sample, data, options, lambda: Sizes([len(data) + 1]))


def account_of(data: bytes, octets: int) -> Account:
    """What becomes of packets that are read by so many octets."""
    decoder, packets = Decoder(parse(CORNERS), "CCSDSPacket"), opened(Source(data))
    while (piece := packets.following(octets)) is not None:
        decoder.feed(piece.packets)
    return decoder.account()


@pytest.mark.parametrize(
    ("apid", "first", "later"),
    [
        (2, (1, 0, 1), (0, 1, 1, 1)),  # of two entries, the first
        (8, (1, 0, 1), (0, 1, 1, 1)),  # of those of the container that one extends
        (5, (1, 0, 1), (2, 0, 0, 1, 0, 1, 1)),  # of two rounds
        (5, (1, 1, 1, 1, 1), (1, 0, 1)),  # of two entries of a round
    ],
)
def test_the_first_entry_that_any_piece_refuses_is_the_reason(
    apid: int, first: tuple[int, ...], later: tuple[int, ...]
) -> None:
    packets = [sent(bytes(octets), apid) for octets in (first, later)]

    def reason(data: bytes, octets: int) -> str:
        (counts,) = account_of(data, octets).counts.values()
        return counts.reason

    whole = reason(b"".join(packets), 1000)
    assert whole == reason(packets[0], 1000) != reason(packets[1], 1000)
    assert whole == reason(b"".join(packets), 1) == reason(b"".join(packets[::-1]), 1)


def test_counts_add_up_and_stand_in_one_order() -> None:
    longer = [sent(b"\0\2" + bytes(n), 1) for n in (5, 0, 1)]
    short = [sent(b"\5", 1)] * 2
    claimed = [sent(bytes((n, 1)), 4) for n in (3, 1, 1, 3)]
    unknown = [sent(b"\1", apid) for apid in (7, 6, 2047, 7)]
    data = b"".join((*claimed, *unknown, *short, *longer))
    account = account_of(data, 1)
    assert repr(account) == repr(account_of(data, 1000))
    assert account.counts["LISTS"] == Counts(5, 3, 2, longer=2, extra_bits=40)
    assert list(account.unknown.items()) == [(6, 1), (7, 2)]
    assert account.ambiguous == {("LESS", "ODD_ONE"): 2, ("LESS", "MORE", "SAME"): 2}


@given(corner_samples())
def test_leaves_come_in_the_order_of_their_places(sample: Sample) -> None:
    packets = split(np.frombuffer(b"".join(sample.packets), np.uint8)).packets
    places = [leaf.place for leaf in read_packets(parse(sample.xtce), "/CCSDSPacket", packets)]
    assert places == sorted(set(places))


XTCE = document([U8], [("X", "U8")], [container("PACKET", entry("X"), 1)])


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize(
    ("data", "reasons"),
    [
        (b"", ("it is empty", "there is no transfer frame in it")),
        (b"\0", ("the last 1 octets are no whole packet", "there is no transfer frame in it")),
        (b"\xff" * 9, ("no space packet begins at octet 0", "there is no transfer frame in it")),
    ],
)
def test_a_file_without_packets_is_said_to_be_so(
    tmp_path: Path, framing: str, data: bytes, reasons: tuple[str, str]
) -> None:
    result = edlcam(tmp_path, XTCE, data, "--input", framing)
    assert_one_sentence(result, 1)
    assert reasons[FRAMINGS.index(framing)] in result.stderr
    assert not (tmp_path / "out").exists()


def edlcam(directory: Path, xtce: bytes, data: bytes, *options: str) -> Answer:
    (directory / "d.xml").write_bytes(xtce)
    (directory / "d.bin").write_bytes(data)
    files = [directory / name for name in ("d.bin", "d.xml", "out")]
    command = ["decode", files[0], "--dictionary", files[1], "--out", files[2], *options]
    return CliRunner().invoke(main, list(map(str, command)))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (OSError(28, "No space left on device"), 2, "No space left on device; free some space"),
        (KeyboardInterrupt(), 130, "stopped by Ctrl-C"),
    ],
)
def test_an_end_in_the_middle_leaves_what_was_there_before(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    form: str,
    fault: BaseException,
    code: int,
    said: str,
) -> None:
    table = tmp_path / "out" / f"PACKET.{form}"
    data = b"".join(sent(bytes((n % 256,))) for n in range(100))
    assert edlcam(tmp_path, XTCE, data, "--format", form).exit_code == 0
    earlier, octets = sorted(table.parent.iterdir()), table.read_bytes()
    opened_as = FORMATS[form]

    class Failing:
        def __init__(self, path: Path, schema: pa.Schema) -> None:
            self._file = opened_as(path, schema)
            self._written = 0
            self.close = self._file.close

        def write(self, table: pa.Table) -> None:
            self._written += len(table)
            if self._written > 50:
                raise fault
            self._file.write(table)

    monkeypatch.setattr(tables, "_ROWS", 10)
    monkeypatch.setattr(decode_xtce, "Pace", lambda: Sizes([100]))
    monkeypatch.setitem(FORMATS, form, Failing)
    result = edlcam(tmp_path, XTCE, data[:-8], "--format", form)
    assert_one_sentence(result, code)
    assert said in result.stderr
    assert sorted(table.parent.iterdir()) == earlier
    assert table.read_bytes() == octets


def test_large_tables_do_not_wait_for_many_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "_OCTETS", 1 << 16)
    held = []
    with tables.Tables(tmp_path, "parquet") as files:
        for n in range(100):
            pictures = pa.table({"n": [n], "picture": [bytes(1 << 12)]})
            files.add_tables({"A": pictures, "B": pictures} if n % 3 else {"A": pictures})
            held.append(pa.total_allocated_bytes())
        files.finish(None)
    assert max(held) - held[0] < 1 << 18
    for name, count in (("A", 100), ("B", 66)):
        written = pq.ParquetFile(tmp_path / f"{name}.parquet")
        assert written.metadata.num_rows == count
        assert 3 < written.num_row_groups < 20
        assert written.read()["n"].to_pylist() == [n for n in range(100) if name == "A" or n % 3]


def test_a_piece_is_as_large_as_what_becomes_of_it_has_room() -> None:
    little = pa.table({"x": np.zeros(10, np.uint8)})
    pace = Pace()
    for _ in range(5):
        pace.made([little])
    assert pace.octets == 8 << 20
    column = np.zeros(pace.octets // 16, np.uint8)
    wide = pa.table({str(n): column for n in range(400)})  # for packets of 16 octets
    pace.made([wide, wide])
    assert (1 << 16) < pace.octets * 800 < 128 << 20
    pace.made([])
    assert pace.octets > 1 << 16


@pytest.mark.parametrize(
    ("framing", "form", "larger_mb"),
    [
        (PACKETS, "parquet", 160),
        pytest.param(FRAMES, "parquet", 1000, marks=pytest.mark.soak),
        pytest.param(PACKETS, "csv", 300, marks=pytest.mark.soak),
        pytest.param(PACKETS, "jsonl", 300, marks=pytest.mark.soak),
    ],
)
def test_memory_does_not_grow_with_the_file(framing: str, form: str, larger_mb: int) -> None:
    """Read at once, it takes some twenty times as much as the file has octets."""
    smaller_mb = 32
    most_mb = [measure(mb * 1_000_000, framing, form)[1] for mb in (smaller_mb, larger_mb)]
    print(f"{framing} to {form}: {most_mb[0]:.0f} MB of memory for {smaller_mb} MB, "
          f"{most_mb[1]:.0f} MB for {larger_mb} MB")  # fmt: skip
    assert most_mb[1] - most_mb[0] < larger_mb - smaller_mb
