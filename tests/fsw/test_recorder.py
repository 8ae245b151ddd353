"""Is what matters recorded, in what order does it give way, and does playback bring it down?"""

from __future__ import annotations

import pytest

from fsw.data.areas import AREAS, PAGES
from fsw.data.log import Log
from fsw.data.pages import PageReader
from fsw.data.playback import ALL, REQUESTS, Playback
from fsw.data.recorder import Recorder
from fsw.dictionary import flown
from fsw.dictionary.channels import ENUMS
from fsw.dictionary.events import EVENTS as REPORTS
from fsw.dictionary.packets import EVENTS, PACKETS, PRIORITIES, RECORD
from fsw.kernel.events import Events
from fsw.link.counters import Counters
from fsw.link.packets import Packetizer
from fsw.link.queues import SLOTS, Queues
from fsw.link.telemetry import Telemetry
from tests.fsw.bench_board import Values
from tests.nor import NorFlash

FIRST = sum(row[1] for row in AREAS)
ROW = {row[0]: i for i, row in enumerate(PACKETS)}
APID = {row[0]: row[1] for row in PACKETS}
PAD, ENTRY, LANDED = 0, 2, 5
PRIORITY = {name: i for i, name in enumerate(PRIORITIES)}


class Rig:
    """Telemetry, recorder and playback, without what flies them."""

    def __init__(self, flash: NorFlash | None, *, resumed: bool = False, began: int = 0) -> None:
        self.values = Values()
        self.flash = flash
        cvt = self.values.cvt
        self.events = Events(cvt)
        counters = Counters(PACKETS)
        packetizer = Packetizer(flown.KINDS, flown.PACKETS, cvt, counters)
        self.queues = Queues(cvt, PACKETS, packetizer.lengths)
        reader = PageReader()
        log = Log(flash, reader) if flash else None
        self.log = log
        self.recorder = Recorder(cvt, self.events, log, counters, ENTRY, LANDED)
        self.playback = Playback(cvt, self.events, log, reader)
        self.telemetry = Telemetry(
            PACKETS, (), packetizer, self.queues, cvt, self.events, self.recorder
        )
        self.values["RECORDER_BEGAN"] = began
        self.values["EDL_STATE"] = ENTRY
        self.values["SCLK_S"] = 1000
        self.recorder.start(resumed)
        self.frame = 0

    def minor_frame(self, *names: str) -> None:
        """Packs these packets; the queues are emptied, as by a fast link."""
        self.values["FRAME_COUNT"] = self.frame
        self.values["SCLK_S"] = 1000 + self.frame // 64
        self.values["SCLK_FRACTION"] = self.frame % 64 << 10
        for name in names:
            self.telemetry.send(ROW[name])
        while self.queues.waiting():
            self.queues.choose()
            self.queues.sent()
        if self.recorder.full_rate:
            self.telemetry.record(ROW["NAV_RATE"])
        self.recorder.run()
        self.playback.run()
        self.frame += 1

    def run(self, frames: int, *names: str) -> None:
        for _ in range(frames):
            self.minor_frame(*names)

    def played(self, most: int = 2000) -> list[bytes]:
        """What playback brings down, until it is idle."""
        packets = []
        for _ in range(most):
            while self.playback.waiting():
                self.playback.choose()
                start = self.playback.start
                packets.append(bytes(self.playback.buffer[start : start + self.playback.length]))
                self.playback.sent()
            if not self.playback.active:
                break
            self.playback.run()
        assert not self.playback.active
        return packets

    def reports(self) -> list[tuple[str, tuple[int, ...]]]:
        found = []
        while self.events.waiting:
            self.events.take()
            arguments = tuple(self.values[f"EVR_ARG{n}"] for n in range(4))
            found.append((REPORTS[self.values["EVR_ID"]][0], arguments))
        return found


def of(packets: list[bytes], name: str) -> list[int]:
    """Sequence counts of the packets of a type."""
    return [
        int.from_bytes(p[2:4], "big") & 0x3FFF
        for p in packets
        if (p[0] & 7) << 8 | p[1] == APID[name]
    ]


def seconds(packet: bytes) -> int:
    return int.from_bytes(packet[6:10], "big")


def rig(sectors: int = 40) -> Rig:
    return Rig(NorFlash(FIRST + sectors))


def test_in_descent_all_packets_and_navigation_at_full_rate_are_recorded() -> None:
    made = rig(100)
    made.run(640, "EDL", "HK")
    assert made.playback.ask_time(ALL, 0, 1 << 29)
    packets = made.played()
    for name in ("EDL", "HK", "NAV_RATE"):
        assert of(packets, name) == list(range(640))
    assert made.values["RECORDER_RECORDS"] == 3 * 640
    assert made.values["RECORDER_NEXT"] == 640
    assert made.flash
    assert made.flash.erases == 0


def test_what_the_queues_could_not_take_is_recorded_all_the_same() -> None:
    made = rig()
    for _ in range(SLOTS + 9):
        made.telemetry.send(ROW["NAV"])
    assert made.values["PACKETS_DROPPED"] == 9
    made.playback.ask_time(APID["NAV"], 0, 1 << 29)
    assert of(made.played(), "NAV") == list(range(SLOTS + 9))


def test_before_the_descent_reports_alone_are_recorded() -> None:
    made = rig()
    made.values["EDL_STATE"] = PAD
    made.run(1)  # the state is looked at once a minor frame
    made.run(64, "EDL", "HK", "BOOT")
    made.playback.ask_time(ALL, 0, 1 << 29)
    packets = made.played()
    assert of(packets, "BOOT") == list(range(64))
    assert of(packets, "EDL") == of(packets, "HK") == []


def test_full_rate_ends_with_the_landing() -> None:
    made = rig()
    made.run(10)
    made.values["EDL_STATE"] = LANDED
    made.run(10, "EDL")
    made.playback.ask_time(ALL, 0, 1 << 29)
    packets = made.played()
    assert of(packets, "NAV_RATE") == list(range(10))
    assert of(packets, "EDL") == list(range(10))


def test_playback_by_time_brings_what_lies_between_two_seconds() -> None:
    made = rig()
    made.run(64 * 30, "EDL")
    made.playback.ask_time(APID["EDL"], 1010, 1012)
    packets = made.played()
    assert [seconds(p) for p in packets] == [1010] * 64 + [1011] * 64 + [1012] * 64
    made.playback.ask_time(ALL, 1029, 1029)
    assert {seconds(p) for p in made.played()} == {1029}


@pytest.mark.parametrize(("first", "count"), [(0, 1), (100, 1), (700, 33), (1919, 1), (1900, 100)])
def test_playback_by_sequence_brings_just_those(first: int, count: int) -> None:
    made = rig()
    made.run(64 * 30, "EDL")
    made.reports()
    made.playback.ask_sequence(APID["EDL"], first, count, 1000 + first // 64)
    wanted = list(range(first, min(first + count, 1920)))
    assert of(made.played(), "EDL") == wanted
    assert made.reports() == [("PLAYBACK_DONE", (APID["EDL"], first, len(wanted), 0))]


def test_sequence_counts_that_went_round_are_told_apart_by_time() -> None:
    made = rig(400)
    rounds = 16384 + 640
    made.run(rounds)
    late = 1000 + 16384 // 64 + 5
    made.playback.ask_sequence(APID["NAV_RATE"], 300, 4, late - 4)
    assert [seconds(p) for p in made.played()] == [1000 + (16384 + 300) // 64] * 4
    made.playback.ask_sequence(APID["NAV_RATE"], 300, 4, 1003)
    assert [seconds(p) for p in made.played()] == [1000 + 300 // 64] * 4


def test_requests_wait_in_turn_and_one_too_many_is_refused() -> None:
    made = rig()
    made.run(64 * 4, "EDL")
    for n in range(REQUESTS):
        assert made.playback.ask_sequence(APID["EDL"], n, 1, 1000)
    assert not made.playback.ask_sequence(APID["EDL"], 99, 1, 1000)
    assert of(made.played(), "EDL") == list(range(REQUESTS))
    for n in range(REQUESTS):
        assert made.playback.ask_sequence(APID["EDL"], n, 1, 1000)
    made.playback.stop()
    made.run(4)
    assert of(made.played(), "EDL") == []
    assert made.reports()[-1] == ("PLAYBACK_STOPPED", (REQUESTS, 0, 0, 0))


def test_work_of_a_minor_frame_is_bounded() -> None:
    """However much is asked for: pages read in one run."""
    made = rig(100)
    made.run(64 * 60, "EDL", "NAV", "HK")
    reads = 0
    assert made.flash
    read = made.flash.read

    def counted(sector: int, page: int, buffer: bytearray) -> None:
        nonlocal reads
        reads += 1
        read(sector, page, buffer)

    made.flash.read = counted  # type: ignore[method-assign]
    made.playback.ask_sequence(APID["BOOT"], 0, 16383, 1050)
    most = 0
    while made.playback.active:
        reads = 0
        made.playback.run()
        most = max(most, reads)
    assert 0 < most <= 4


def test_what_is_worth_least_gives_way_first_and_it_is_said() -> None:
    made = rig(64)
    assert made.log
    kept: list[int] = []
    names = ("BOOT", "EDL", "CAM", "NAV", "HK", "SENSORS")
    while not made.log.full:
        made.minor_frame(*names)
        if not kept or kept[-1] != made.recorder.keeps:
            kept.append(made.recorder.keeps)
    # Housekeeping is worth more than bulk, navigation and cameras more than housekeeping.
    assert kept == [RECORD, 5, 4, 3, 1, -1]
    assert ENUMS["RECORDED"][kept[1] + 1] == "BULK"
    assert made.values["RECORDER_FREE"] == 0
    assert ENUMS["RECORDER_STATE"][made.values["RECORDER_STATE"]] == "FULL"
    said = [name for name, _ in made.reports()]
    assert said.count("RECORDER_KEEPS") == 4
    assert said[-1] == "RECORDER_FULL"
    assert made.flash
    assert made.flash.erases == 0
    made.run(10, *names)


def test_an_erase_makes_room_a_sector_at_a_time() -> None:
    made = rig(8)
    made.run(64 * 6, "HK")
    made.values["EDL_STATE"] = LANDED
    assert made.flash
    assert made.recorder.erase()
    before = made.flash.erases
    worst = 0
    for _ in range(400):
        erases = made.flash.erases
        made.minor_frame()
        worst = max(worst, made.flash.erases - erases)
    assert worst == 1
    assert made.flash.erases - before >= 3
    assert "RECORDER_ERASED" in [name for name, _ in made.reports()]
    assert made.values["RECORDER_FREE"] > 7 * (PAGES - 4) * 256
    made.playback.ask_time(APID["NAV_RATE"], 0, 1 << 29)
    assert made.played() == []


def test_a_descent_that_begins_in_an_erase_is_recorded_at_once() -> None:
    made = rig(40)
    made.run(64 * 6, "HK")
    made.values["EDL_STATE"] = LANDED
    assert made.recorder.erase()
    made.run(40)
    assert made.flash
    erases = made.flash.erases
    assert erases > 0
    made.values["EDL_STATE"] = ENTRY
    made.run(100, "EDL")
    assert made.flash.erases == erases
    made.playback.ask_time(APID["EDL"], 0, 1 << 29)
    assert len(of(made.played(), "EDL")) >= 99


def test_after_a_reset_the_flight_goes_on_in_its_record() -> None:
    made = rig()
    made.run(200, "EDL")
    made.run(70)  # all is in flash now
    flash, began = made.flash, made.values["RECORDER_BEGAN"]
    again = Rig(flash, resumed=True, began=began)
    again.run(100, "EDL")
    again.playback.ask_time(APID["EDL"], 0, 1 << 29)
    assert len(again.played()) == 300
    again.run(70)
    other = Rig(flash)  # a flight of its own: what went before is for a dump
    other.run(10, "EDL")
    other.playback.ask_time(APID["EDL"], 0, 1 << 29)
    assert len(other.played()) < 10 + 10  # and what stood on the same page


def test_a_board_without_flash_flies_without_a_recorder() -> None:
    made = Rig(None)
    made.run(10, "EDL")
    assert not made.recorder.erase()
    assert not made.playback.ask_time(ALL, 0, 1)
    assert ENUMS["RECORDER_STATE"][made.values["RECORDER_STATE"]] == "NO_FLASH"
    assert made.recorder.keeps == -1 < EVENTS
