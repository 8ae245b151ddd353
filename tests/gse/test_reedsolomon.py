"""Does the ground mend what a coded link can mend, and call everything else lost?"""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.dictionary import flown
from fsw.dictionary.packets import PACKETS, QUEUES, SENSOR_FRAME
from fsw.link.codeblock import Codeblock
from fsw.link.downlink import Downlink
from fsw.link.packets import PRIORITY, Packetizer
from fsw.link.queues import Queues
from fsw.link.randomizer import randomize
from fsw.link.reedsolomon import Encoder
from gse.decode import Decoded, decode, octets_of
from gse.dictionary import load
from gse.identity import dictionary_for
from gse.link.codeblocks import CodedLinkReport
from gse.link.coding import coding_of
from gse.link.crc import Octets
from gse.link.protection import Coding
from gse.link.randomizer import derandomize
from gse.link.reedsolomon import ReedSolomon
from gse.lockstep import Begin
from gse.targets import Direct
from tests.fsw.bench_board import RecordingBoard, Values
from tests.fsw.test_reedsolomon import CONVENTIONAL, SENT, galois_code, reedsolo_code
from tests.gse.captures import received

DICTIONARY = load("mars2020")
CODED_CADU = 259
SHAPES = [(1, 223), (1, 1), (2, 446), (3, 300), (4, 892), (5, 1115), (5, 50)]


def codeblocks(interleave: int, data_octets: int, count: int, seed: int = 0) -> Octets:
    source = random.Random(seed)
    encoder = Encoder(interleave, data_octets)
    rows = []
    for _ in range(count):
        buffer = bytearray(source.randbytes(data_octets) + bytes(32 * interleave))
        encoder.encode(buffer, 0)
        rows.append(bytes(buffer))
    return np.frombuffer(b"".join(rows), np.uint8).reshape(count, -1)


def damaged(blocks: Octets, interleave: int, errors: Octets, seed: int = 0) -> Octets:
    """As many octets changed in each codeword, data or parity, as errors says: (n, interleave)."""
    random_numbers = np.random.default_rng(seed)
    result = blocks.copy()
    octets = blocks.shape[1] // interleave
    for block, codeword in np.ndindex(errors.shape):
        count = int(errors[block, codeword])
        places = random_numbers.permutation(octets)[:count] * interleave + codeword
        result[block, places] ^= random_numbers.integers(1, 256, count, dtype=np.uint8)
    return result


@pytest.mark.parametrize(("interleave", "data_octets"), SHAPES)
def test_up_to_16_errors_a_codeword_are_corrected_exactly(
    interleave: int, data_octets: int
) -> None:
    blocks = codeblocks(interleave, data_octets, 17 * 3)
    errors = (np.arange(17 * 3)[:, None] + 5 * np.arange(interleave)) % 17
    sent = blocks.copy()
    wrong = damaged(blocks, interleave, errors.astype(np.uint8))
    came = wrong.copy()
    decoded = ReedSolomon(interleave, data_octets).decode(wrong)
    assert np.array_equal(decoded.frames, sent[:, :data_octets])
    assert np.array_equal(decoded.corrected, errors)
    assert not decoded.uncorrectable.any()
    assert np.array_equal(wrong, came)


@pytest.mark.parametrize("errors", [17, 18, 24, 33, 100, 223])
def test_more_errors_are_called_so_and_left_as_they_came(errors: int) -> None:
    """One pattern of 17 errors in 2.6e-14 is within reach of another codeword: none is met."""
    blocks = codeblocks(2, 446, 500)
    wrong = damaged(blocks, 2, np.full((500, 2), errors, np.uint8), errors)
    decoded = ReedSolomon(2, 446).decode(wrong)
    assert decoded.uncorrectable.all()
    assert not decoded.corrected.any()
    assert np.array_equal(decoded.frames, wrong[:, :446])


def test_one_codeword_that_is_lost_takes_no_other_with_it() -> None:
    blocks = codeblocks(5, 1115, 20)
    errors = np.full((20, 5), 16, np.uint8)
    errors[:, 2] = 40
    decoded = ReedSolomon(5, 1115).decode(damaged(blocks, 5, errors))
    assert decoded.uncorrectable.tolist() == [[False, False, True, False, False]] * 20
    for k in (0, 1, 3, 4):
        assert np.array_equal(decoded.frames[:, k::5], blocks[:, k:1115:5])


def test_nearer_to_another_codeword_it_becomes_that_one() -> None:
    """The nature of any such code: 17 errors that leave 16 to another codeword."""
    buffer = bytearray(222) + b"\x01" + bytes(32)
    Encoder(1, 223).encode(buffer, 0)
    other = np.frombuffer(buffer, np.uint8)
    places = np.flatnonzero(other)
    assert len(places) == 33
    wrong = np.zeros((1, 255), np.uint8)
    wrong[0, places[:17]] = other[places[:17]]
    decoded = ReedSolomon(1, 223).decode(wrong)
    assert np.array_equal(decoded.frames[0], other[:223])
    assert decoded.corrected.tolist() == [[16]]


@settings(max_examples=30)
@given(st.integers(0, 16), st.integers(1, 223), st.integers(0, 1 << 30))
def test_it_agrees_with_reedsolo(errors: int, octets: int, seed: int) -> None:
    wrong = damaged(codeblocks(1, octets, 1, seed), 1, np.full((1, 1), errors, np.uint8), seed)
    word = bytearray(CONVENTIONAL[x] for x in wrong[0].tolist())
    theirs, _, places = reedsolo_code().decode(word)
    decoded = ReedSolomon(1, octets).decode(wrong)
    assert decoded.frames[0].tolist() == [SENT[x] for x in theirs]
    assert decoded.corrected.tolist() == [[len(places)]]


@pytest.mark.soak  # galois takes its time
@settings(max_examples=50)
@given(st.integers(0, 16), st.integers(1, 223), st.integers(0, 1 << 30))
def test_it_agrees_with_galois(errors: int, octets: int, seed: int) -> None:
    wrong = damaged(codeblocks(1, octets, 1, seed), 1, np.full((1, 1), errors, np.uint8), seed)
    word = galois_code().field([0] * (223 - octets) + [CONVENTIONAL[x] for x in wrong[0].tolist()])
    theirs, count = galois_code().decode(word, errors=True)
    decoded = ReedSolomon(1, octets).decode(wrong)
    assert decoded.frames[0].tolist() == [SENT[int(x)] for x in theirs[223 - octets :]]
    assert decoded.corrected.tolist() == [[int(count)]]


def test_none_of_no_codeblocks() -> None:
    decoded = ReedSolomon(2, 446).decode(np.zeros((0, 510), np.uint8))
    assert decoded.frames.shape == (0, 446)
    assert decoded.corrected.shape == decoded.uncorrectable.shape == (0, 2)


def test_codeblocks_of_another_length_or_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="510 octets long"):
        ReedSolomon(2, 446).decode(np.zeros((1, 255), np.uint8))
    for interleave, octets in ((0, 223), (6, 6), (1, 224), (2, 223), (1, 0)):
        with pytest.raises(ValueError, match="interleave"):
            ReedSolomon(interleave, octets)


@pytest.mark.parametrize("length", [255, 1275])
def test_the_ground_takes_away_what_the_board_added(length: int) -> None:
    plain = np.arange(3 * length, dtype=np.uint64).astype(np.uint8).reshape(3, length)
    sent = []
    for row in plain:
        buffer = bytearray(row.tobytes())
        randomize(buffer, 0, length)
        sent.append(np.frombuffer(bytes(buffer), np.uint8))
    assert np.array_equal(derandomize(np.array(sent)), plain)


def downlink(coding: Coding) -> bytes:
    """Packets of every type as the flight code sends them, on a link fast enough for any."""
    values, board = Values(), RecordingBoard()
    counted = Values().cvt  # what the link counts depends on the coding: not sent here
    values["DICTIONARY_HASH"] = DICTIONARY.fingerprint
    values["MISSION_ID"] = DICTIONARY.mission_id
    values["EI_SCLK"] = 2000
    packetizer = Packetizer(flown.KINDS, flown.PACKETS, values.cvt)
    queues = Queues(counted, PACKETS, packetizer.lengths)
    interleave = coding.interleave
    coder = Codeblock(interleave) if coding.is_reed_solomon else None
    spacecraft = DICTIONARY.spacecraft_id
    link = Downlink(counted, board, queues, spacecraft, 16000, coder, interleave=interleave)
    sent = [i for i, row in enumerate(flown.PACKETS) if row[PRIORITY] < QUEUES]
    rows = [i for i in sent if PACKETS[i][0] == "BOOT"] + sent * 9
    for n, row in enumerate(rows):
        values["NAV_ALTITUDE"] = n
        at = queues.put(PACKETS[row][PRIORITY], packetizer.lengths[row])
        packetizer.pack(row, 1000 + n // 16, 0, queues.buffer, at)
        for _ in range(4):
            link.run()
    for _ in range(256):
        link.run()
    return b"".join(board.cadus)


CODED, UNCODED = downlink(Coding.RS), downlink(Coding.CRC)


def decode_coded(data: bytes) -> tuple[Decoded, CodedLinkReport]:
    """Decodes, and checks that the report accounts for every octet and frame."""
    decoded = decode(data, DICTIONARY, "RS")
    r = decoded.report
    assert isinstance(r, CodedLinkReport)
    assert r.octets == len(data)
    assert r.octets == (
        r.frames_good * CODED_CADU + r.octets_damaged + r.octets_skipped + r.octets_incomplete
    )
    assert r.frames_damaged >= r.codeblocks_uncorrectable
    return decoded, r


def with_bit_errors(data: bytes, share: float, seed: int) -> bytes:
    source = random.Random(seed)
    result = bytearray(data)
    for i in range(len(result)):
        for bit in range(8):
            if source.random() < share:
                result[i] ^= 1 << bit
    return bytes(result)


def test_a_coded_downlink_brings_the_same_packets() -> None:
    decoded, report = decode_coded(CODED)
    plain = decode(UNCODED, DICTIONARY)
    assert received(decoded) == received(plain)
    assert report.packets_good == plain.report.packets_good > 50
    assert not report.anomalies
    assert report.symbols_corrected == report.codeblocks_uncorrectable == 0
    assert type(plain.report).__name__ == "LinkReport"  # no counter more than before


def test_bit_errors_that_leave_no_frame_whole_cost_a_coded_downlink_nothing() -> None:
    share = 3e-3  # six octets of each codeblock, 99.8 % of all frames without coding
    decoded, report = decode_coded(with_bit_errors(CODED, share, 1))
    plain = decode(with_bit_errors(UNCODED, share, 1), DICTIONARY)
    assert received(decoded) == received(decode(UNCODED, DICTIONARY))
    assert report.frames_damaged == report.codeblocks_uncorrectable == 0
    assert report.codeblocks_corrected > 0.9 * report.frames_good
    assert report.symbols_corrected > 3 * report.frames_good
    assert report.markers_damaged > 0
    assert plain.report.packets_good < 0.1 * report.packets_good


def test_a_codeblock_beyond_repair_costs_its_frame_and_is_located() -> None:
    data = bytearray(CODED)
    at = 7 * CODED_CADU
    for i in range(20):
        data[at + 30 + i] ^= 0xFF
    for i in range(10):
        data[at + CODED_CADU + 60 + i] ^= 0xFF
    _, report = decode_coded(bytes(data))
    assert report.frames_missing == report.frames_damaged == report.codeblocks_uncorrectable == 1
    assert (report.codeblocks_corrected, report.symbols_corrected) == (1, 10)
    assert [a.text for a in report.anomalies if a.offset == at] == ["cannot be corrected"]


def test_a_capture_cut_anywhere_is_accounted_for() -> None:
    for start in range(1, CODED_CADU, 37):
        for end in range(6 * CODED_CADU, 7 * CODED_CADU, 53):
            _, report = decode_coded(b"noise" + CODED[start:end])
            marker_hurt = start == 1  # its first octet alone is gone: found where it is due
            assert report.frames_good == end // CODED_CADU - 1 + marker_hurt
            assert report.markers_damaged == marker_hurt


def test_a_codeword_around_a_frame_with_a_wrong_crc_is_no_frame() -> None:
    buffer = bytearray(b"\x1a\xcf\xfc\x1d" + bytes(range(223)) + bytes(32))
    Encoder(1, 223).encode(buffer, 4)
    randomize(buffer, 4, CODED_CADU)
    decoded, report = decode_coded(bytes(buffer) + CODED)
    assert received(decoded) == received(decode(UNCODED, DICTIONARY))
    assert (report.frames_damaged, report.codeblocks_uncorrectable) == (1, 0)


@pytest.mark.parametrize("noise", [b"", bytes(range(256)) * 300])
def test_the_capture_shows_how_it_is_coded(noise: bytes) -> None:
    """Behind more noise than is looked at first, too."""
    for data, coding in ((CODED, "RS"), (UNCODED, "CRC"), (b"", "CRC")):
        capture = octets_of(noise + data)
        assert coding_of(capture) == coding
        assert dictionary_for(capture).mission == DICTIONARY.mission
    assert received(decode(noise + CODED, DICTIONARY)) == received(decode(UNCODED, DICTIONARY))


@pytest.mark.parametrize("coding", ["", *Coding])
def test_a_flight_is_coded_as_its_mission_says_or_as_it_is_asked_to_be(coding: str) -> None:
    begin = Begin("mars2020", 1000, 4, coding=coding)
    assert Begin.parse(begin.payload()) == begin
    target = Direct()
    target.begin(begin)
    downlink = b"".join(target.frame([0] * len(SENSOR_FRAME), b"")[1] for _ in range(100))
    flown = Coding(coding) if coding else DICTIONARY.coding
    decoded = decode(downlink, DICTIONARY)
    assert decoded.report.coding == flown
    assert isinstance(decoded.report, CodedLinkReport) == flown.is_reed_solomon
    assert decoded.report.frames_good == len(downlink) / flown.cadu_length > 0


def test_decoding_as_what_it_is_not_finds_nothing() -> None:
    assert decode(CODED, DICTIONARY, "CRC").report.frames_good == 0
    assert decode_coded(UNCODED)[1].frames_good == 0
    with pytest.raises(ValueError, match="no coding named 'LDPC'"):
        decode(CODED, DICTIONARY, "LDPC")
