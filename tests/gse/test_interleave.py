"""Do frames of every length come down whole, and does the ground see how long they are?"""

from __future__ import annotations

import json
import random
from pathlib import Path

import crcmod.predefined
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from boards.simlink import SimulatedBoard
from fsw import missions
from fsw.app import FlightCore
from fsw.dictionary.packets import SENSOR_FRAME
from fsw.link import layout
from fsw.link.counters import Counters
from gse.archive.archive import Archive
from gse.archive.raw import LiveTimes
from gse.cli import main
from gse.commands import fly
from gse.decode import decode, octets_of
from gse.link.codeblocks import CodedLinkReport
from gse.link.coding import FrameFinder, coding_of, seen
from gse.link.crc import Octets
from gse.link.protection import Coding
from gse.link.reedsolomon import Decoded, ReedSolomon
from gse.link.sync import rows_at
from gse.live import decoding
from gse.live.decoding import Decoding
from gse.live.session import Session
from gse.live.source import Source
from gse.lockstep import Actuators, Begin, SensorMessages
from gse.targets import Direct, InProcess
from gse.uplink.hearing import Event, Hearing
from gse.yamcs.configuration import Ports, write
from tests.fsw.test_randomizer import bits
from tests.fsw.test_reedsolomon import expected_parity
from tests.gse.captures import DICTIONARY, received
from tests.gse.test_reedsolomon import downlink
from tests.gse.test_stream import assert_same, damaged, streamed

LINKS = {coding: downlink(coding) for coding in Coding}
PACKETS = received(decode(LINKS[Coding.CRC], DICTIONARY, Coding.CRC))
REED_SOLOMON = [coding for coding in Coding if coding.is_reed_solomon]
independent_crc = crcmod.predefined.mkCrcFun("crc-ccitt-false")


def cadus(coding: Coding) -> list[bytes]:
    data, length = LINKS[coding], coding.cadu_length
    return [data[at : at + length] for at in range(0, len(data), length)]


def burst(octets: bytearray, start: int, length: int, seed: int) -> None:
    """As many octets in a row, all of them changed."""
    source = random.Random(seed)
    for at in range(start, start + length):
        octets[at] ^= source.randrange(1, 256)


def found(data: bytes, coding: str) -> tuple[FrameFinder, list[bytes]]:
    finder = FrameFinder(coding)
    batches = [finder.feed(octets_of(data)), finder.finish()]
    return finder, [frame.tobytes() for batch in batches for frame in batch.rows]


def test_a_name_says_how_long_frames_are() -> None:
    for coding in Coding:
        assert Coding.of(coding.scheme, coding.interleave) is coding
        assert coding.frame_length == 223 * coding.interleave
        assert coding.cadu_length == 4 + coding.interleave * (
            255 if coding in REED_SOLOMON else 223
        )
    assert len({coding.cadu_length for coding in Coding}) == len(Coding) == 10


@pytest.mark.parametrize("coding", Coding)
def test_the_same_packets_come_down_and_the_capture_shows_in_what(coding: Coding) -> None:
    decoded = decode(LINKS[coding], DICTIONARY)
    assert decoded.report.coding == coding
    assert received(decoded) == PACKETS
    assert decoded.report.frames_good * coding.cadu_length == len(LINKS[coding])
    assert not decoded.report.anomalies


@pytest.mark.parametrize("coding", Coding)
def test_each_frame_and_each_codeword_is_that_of_independent_encoders(coding: Coding) -> None:
    """crcmod for the frame; the recurrence of the standard and reedsolo for the codeblock."""
    sequence = bits(8 * 255 * 5)
    octets = [int("".join(map(str, sequence[i : i + 8])), 2) for i in range(0, len(sequence), 8)]
    for cadu in cadus(coding)[1:2]:
        assert cadu[:4].hex() == "1acffc1d"
        block = cadu[4:]
        if coding in REED_SOLOMON:
            block = bytes(a ^ b for a, b in zip(block, octets, strict=False))
            frame = block[: coding.frame_length]
            assert block[len(frame) :] == expected_parity(frame, coding.interleave)
        assert independent_crc(block[: coding.frame_length]) == 0


@pytest.mark.parametrize("coding", REED_SOLOMON)
def test_a_burst_of_16_octets_for_each_codeword_is_mended_and_counted(coding: Coding) -> None:
    length = 16 * coding.interleave
    data = bytearray(LINKS[coding])
    for n in range(len(cadus(coding))):
        room = coding.cadu_length - 4 - length
        burst(data, n * coding.cadu_length + 4 + (37 * n) % (room + 1), length, n)
    decoded = decode(bytes(data), DICTIONARY)
    report = decoded.report
    assert isinstance(report, CodedLinkReport)
    assert report.coding == coding
    assert received(decoded) == PACKETS
    assert report.codeblocks_corrected == report.frames_good == len(cadus(coding))
    assert report.symbols_corrected == length * report.frames_good
    assert not report.anomalies


@pytest.mark.parametrize("coding", REED_SOLOMON)
def test_one_octet_more_of_each_codeword_is_called_uncorrectable(coding: Coding) -> None:
    data = bytearray(LINKS[coding])
    hit = (3, 5)
    for n in hit:
        burst(data, n * coding.cadu_length + 20, 17 * coding.interleave, n)
    finder, frames = found(bytes(data), coding)
    report = finder.report
    assert isinstance(report, CodedLinkReport)
    whole = found(LINKS[coding], coding)[1]
    assert frames == [frame for n, frame in enumerate(whole) if n not in hit]
    assert report.codeblocks_uncorrectable == report.frames_damaged == len(hit)
    assert [a.offset for a in report.anomalies] == [n * coding.cadu_length for n in hit]
    assert report.octets_damaged == len(hit) * coding.cadu_length
    assert report.symbols_corrected == report.codeblocks_corrected == 0


@pytest.mark.parametrize("coding", REED_SOLOMON)
def test_every_codeblock_goes_through_the_decoder_once(
    coding: Coding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clean ones, one with errors, one beyond repair, and one whose marker is hurt."""
    data = bytearray(LINKS[coding])
    burst(data, 2 * coding.cadu_length + 30, 16 * coding.interleave, 2)
    burst(data, 4 * coding.cadu_length + 30, 17 * coding.interleave, 4)
    data[5 * coding.cadu_length] ^= 1
    decoded: list[bytes] = []

    def counting(self: ReedSolomon, blocks: Octets) -> Decoded:
        decoded.extend(row.tobytes() for row in blocks)
        return plain(self, blocks)

    plain = ReedSolomon.decode
    monkeypatch.setattr(ReedSolomon, "decode", counting)
    finder, frames = found(bytes(data), coding)
    assert len(decoded) == len(set(decoded)) == len(cadus(coding))
    assert len(frames) == len(decoded) - 1
    assert finder.report.markers_damaged == 1


@pytest.mark.parametrize("coding", [Coding.CRC3, Coding.RS3, Coding.RS5])
@settings(max_examples=8, deadline=None)
@given(st.randoms(use_true_random=False), st.data())
def test_damaged_frames_of_any_length_add_up_however_they_come(
    coding: Coding, r: random.Random, data: st.DataObject
) -> None:
    octets = damaged(cadus(coding)[:16], r)
    cuts = data.draw(st.lists(st.integers(0, len(octets)), max_size=8))
    whole = streamed(octets, coding, [])
    assert_same(streamed(octets, coding, cuts), whole)
    report = whole.report
    assert (
        report.octets
        == len(octets)
        == (
            report.frames_good * coding.cadu_length
            + report.octets_damaged
            + report.octets_skipped
            + report.octets_incomplete
        )
    )


def test_candidates_that_overlap_are_read_where_they_are() -> None:
    """Though their ends are whole units apart, as those of units in a row are."""
    data = np.arange(2000, dtype=np.uint64).astype(np.uint8)
    offsets = np.array([0, 100, 518])
    for row, at in zip(rows_at(data, offsets, 259), offsets.tolist(), strict=True):
        assert np.array_equal(row, data[at : at + 259])


@pytest.mark.parametrize("coding", Coding)
def test_a_coding_is_seen_where_markers_stand_as_far_apart_as_those_of_another(
    coding: Coding,
) -> None:
    """One frame alone; some behind noise; some with zeros between, which make them look longer."""
    frames = cadus(coding)[:9]
    assert coding_of(octets_of(frames[0])) == coding
    assert coding_of(octets_of(bytes(range(256)) * 300 + b"".join(frames))) == coding
    for other in Coding:
        if (more := other.cadu_length - coding.cadu_length) > 0:
            assert coding_of(octets_of(b"".join(f + bytes(more) for f in frames))) == coding


def test_what_the_user_names_is_not_looked_for() -> None:
    assert decode(LINKS[Coding.RS3], DICTIONARY, Coding.RS2).report.frames_good == 0
    assert decode(LINKS[Coding.RS3], DICTIONARY, "RS3").report.frames_good > 0


@pytest.mark.parametrize("coding", [Coding.CRC2, Coding.RS5])
def test_who_listens_hears_every_frame_of_any_length(coding: Coding) -> None:
    """As edlcam command, files and playback do: octets as they come, begun within a frame."""
    data = LINKS[coding][100:]
    hearing = Hearing()
    events = [
        heard
        for at in range(0, len(data), 97)
        for heard in hearing.take(data[at : at + 97])
        if isinstance(heard, Event)
    ]
    assert hearing.frames == len(cadus(coding)) - 1
    assert events
    assert {event.name for event in events} <= {e.name for e in DICTIONARY.events}


def test_what_nobody_understands_is_looked_at_less_and_less(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All codings are tried again once an eighth more has come, not with every octet; and what is
    understood at last is known as soon as it is looked at."""
    looked: list[int] = []

    def counting(octets: Octets) -> Coding | None:
        looked.append(len(octets))
        return seen(octets)

    monkeypatch.setattr(decoding, "seen", counting)
    noise, link = random.Random(1).randbytes(30_000), LINKS[Coding.RS5]
    listener = Decoding(None, None, 0, LiveTimes())
    for at in range(0, len(noise), 50):
        assert not list(listener.feed(noise[at : at + 50]))
    assert len(looked) < 70
    assert list(listener.feed(link))
    assert listener.report
    assert listener.report.coding == Coding.RS5
    assert listener.report.frames_good == len(cadus(Coding.RS5))


@pytest.mark.parametrize("mission", [None, DICTIONARY])
def test_a_recorded_link_is_known_by_its_frames_and_said_in_the_archive(
    mission: object, tmp_path: Path
) -> None:
    (tmp_path / "downlink.bin").write_bytes(LINKS[Coding.RS5])
    source = Source(f"file:{tmp_path / 'downlink.bin'}?speed=0")
    with Archive(tmp_path / "archive") as archive:
        session = Session(source, DICTIONARY if mission else None, archive)
        session.start()
        assert session.join(60)
        session.stop()
        (row,) = archive.index.rows("SELECT coding, complete FROM runs")
    assert (row["coding"], row["complete"]) == ("RS5", 1)
    assert session.status.report is not None
    assert session.status.report.packets_good == sum(map(len, PACKETS.values()))


def test_a_flight_says_the_same_over_the_simulation_link_and_without() -> None:
    """Codeblocks of 1275 octets are longer than messages to the board are."""
    begin = Begin("droptest", 1000, 4, coding=Coding.RS5)
    assert Begin.parse(begin.payload()) == begin
    direct, linked = Direct(), InProcess()
    direct.begin(begin)
    linked.begin(begin)
    counts, sensors, actuators = [0] * len(SENSOR_FRAME), SensorMessages(), Actuators()
    down, again = bytearray(), bytearray()
    for _ in range(64 * 3):
        down += direct.frame(counts, b"")[1]
        again += actuators.parse(linked.exchange(sensors.build(counts)))[1]
    assert down == again
    assert coding_of(octets_of(bytes(down))) == Coding.RS5
    assert found(bytes(down), "RS5")[0].report.frames_good == len(down) // 1279 > 2


def test_a_mission_flies_the_interleave_that_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    mission = missions.load("droptest")
    monkeypatch.setattr(mission, "DOWNLINK_INTERLEAVE", 4)
    assert FlightCore(SimulatedBoard(), mission).cadu_length == 4 + 4 * 223
    assert FlightCore(SimulatedBoard(), mission, "RS").cadu_length == 4 + 4 * 255
    assert FlightCore(SimulatedBoard(), mission, "RS", 2).cadu_length == 4 + 2 * 255
    assert fly._coding("droptest", None, None) == ""
    assert fly._coding("droptest", "RS", None) == "RS4"
    assert fly._coding("droptest", None, 5) == "CRC5"
    for wrong in (6, -1):
        monkeypatch.setattr(mission, "DOWNLINK_INTERLEAVE", wrong)
        with pytest.raises(ValueError, match=f"no interleave {wrong}: it is 1 to 5"):
            FlightCore(SimulatedBoard(), mission)


def test_a_warm_restart_skips_no_more_frames_than_can_have_been_sent() -> None:
    for interleave in layout.INTERLEAVES:
        counters = Counters((), 115200, interleave)
        counters.resume(bytes(2 + 9), 0)
        octets = 115200 * 2 // (8 * 64)  # of two minor frames
        assert counters.frames[0] == octets // (223 * interleave) + 1


def test_the_server_of_others_is_told_how_long_frames_are(tmp_path: Path) -> None:
    for coding, length in ((None, 223), (Coding.RS5, 1115), (Coding.CRC2, 446)):
        write(DICTIONARY, tmp_path, Ports(), coding)
        text = (tmp_path / "etc" / f"yamcs.{DICTIONARY.mission}.yaml").read_text()
        assert f"frameLength: {length}\n" in text


def test_commands_take_it_by_name(tmp_path: Path) -> None:
    file = tmp_path / "downlink.bin"
    file.write_bytes(LINKS[Coding.RS5])
    run = CliRunner().invoke
    assert "Coding:  Reed-Solomon, interleave 5, frames of 1,115 octets; 0 octets" in (
        run(main, ["decode", str(file)]).output
    )
    out = tmp_path / "tables"
    named = ["decode", str(file), "--coding", "rs", "--interleave", "5", "--out", str(out)]
    assert run(main, named).exit_code == 0
    assert json.loads((out / "link.json").read_text())["coding"] == "RS5"
    assert run(main, ["decode", str(file), "--coding", "RS"]).exit_code == 1
    alone = run(main, ["decode", str(file), "--interleave", "5"])
    assert alone.exit_code == 2
    assert "add --coding RS or CRC" in alone.output
    assert run(main, ["decode", str(file), "--coding", "RS", "--interleave", "6"]).exit_code == 2
