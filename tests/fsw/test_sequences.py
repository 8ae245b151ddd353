"""Do stored commands come out as they went in, when they are due, and never otherwise?"""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from boards.host.flash import SECTOR, SECTORS
from fsw import missions
from fsw.app import FlightCore
from fsw.data.areas import area
from fsw.data.sequences import DAMAGED, ENTRIES, NOTHING, SequenceStore
from fsw.dictionary.channels import ENUMS
from fsw.dictionary.index import channel, event, packet, parameter
from fsw.link.sequences import ABSOLUTE, AFTER_STATE, RELATIVE
from gse.sequences import Entry, Sequence
from gse.uplink import telecommand
from tests.fsw.bench_board import Values, reported
from tests.fsw.test_commands import RESULTS, Rig
from tests.nor import NorFlash, PowerCut

HASH = 1234567
MARS = missions.load("mars2020")
FIRST = area("SEQUENCES")[0]
WATCHDOG = ENUMS["RESET_CAUSE"].index("WATCHDOG")
SET, NO_OP = 0x20, 0x01
RETRIES = parameter("CAMERA_RETRIES")

ROWS = st.tuples(
    st.integers(0, 21),
    st.integers(0, (1 << 30) - 1),
    st.integers(0, 63),
    st.integers(0, 65535),
    st.lists(st.integers(-(1 << 30), (1 << 30) - 1), min_size=4, max_size=4),
)


def collect(store: SequenceStore, rows: list[Any]) -> None:
    store.begin()
    for kind, seconds, fraction, opcode, arguments in rows:
        assert store.add(kind, seconds, fraction, opcode, arguments, 0)


def stored(flash: NorFlash, slot: int, rows: list[Any]) -> None:
    store = SequenceStore(flash)
    collect(store, rows)
    assert store.commit(slot, HASH)


def read(flash: NorFlash, slot: int) -> list[Any] | None:
    """What a start of the flight software finds; None for nothing that may be used."""
    store = SequenceStore(flash)
    count = store.find(slot, HASH)
    if count in (NOTHING, DAMAGED):
        return None
    rows = []
    for number in range(count):
        store.read(slot, number)
        rows.append(
            (store.kind, store.seconds, store.fraction, store.opcode, list(store.arguments))
        )
    return rows


@given(st.integers(0, 3), st.lists(ROWS, min_size=1, max_size=ENTRIES))
def test_what_was_stored_is_read(slot: int, rows: list[Any]) -> None:
    flash = NorFlash(SECTORS)
    stored(flash, slot, rows)
    assert read(flash, slot) == rows
    assert [read(flash, other) for other in range(4) if other != slot] == [None] * 3


def test_a_slot_holds_so_many_entries_and_no_more() -> None:
    store = SequenceStore(NorFlash(SECTORS))
    collect(store, [(RELATIVE, 0, 0, NO_OP, [0] * 4)] * ENTRIES)
    assert not store.add(RELATIVE, 0, 0, NO_OP, [0] * 4, 0)


def test_a_power_cut_at_every_step_leaves_the_whole_new_sequence_or_none() -> None:
    old = [(RELATIVE, n, 0, NO_OP, [0] * 4) for n in range(25)]
    new = [(RELATIVE, n, 5, SET, [RETRIES, n, 0, 0]) for n in range(12)]
    flash = NorFlash(SECTORS)
    stored(flash, 1, old)
    stored(flash, 2, old)
    before = bytes(flash.memory)
    count = NorFlash(SECTORS, bytearray(before))
    stored(count, 1, new)
    outcomes = set()
    steps = [*range(0, count.steps, 61), *range(12), *range(count.steps - 260, count.steps + 1)]
    for step in steps:
        cut = NorFlash(SECTORS, bytearray(before))
        cut.steps_left = step
        with contextlib.suppress(PowerCut):
            stored(cut, 1, new)
        cut.steps_left = None
        found = read(cut, 1)
        assert found in (new, None), step
        outcomes.add(found is None)
        assert read(cut, 2) == old
    assert outcomes == {False, True}


@given(st.binary(min_size=1, max_size=3 * SECTOR), st.integers(0, 4 * SECTOR - 1))
@settings(max_examples=40)
def test_garbage_in_flash_is_no_sequence_and_no_exception(octets: bytes, at: int) -> None:
    flash = NorFlash(SECTORS)
    begin = FIRST * SECTOR + at
    flash.memory[begin : begin + len(octets)] = octets
    del flash.memory[SECTORS * SECTOR :]
    assert [read(flash, slot) for slot in range(4)] == [None] * 4
    rig = Rig(flash)
    assert rig["SEQUENCES_STORED"] == 0
    assert rig.send(telecommand("SEQUENCE_ACTIVATE", {"slot": 1})) == "NOT_NOW"


@given(st.integers(0, 5 * 256 - 1), st.integers(1, 255))
def test_a_damaged_octet_of_a_sequence_is_found(at: int, flip: int) -> None:
    rows = [(RELATIVE, n, 0, NO_OP, [0] * 4) for n in range(20)]
    flash = NorFlash(SECTORS)
    stored(flash, 3, rows)
    flash.memory[(FIRST + 3) * SECTOR + at] ^= flip
    assert read(flash, 3) in (rows, None)  # beside the record nothing matters
    within = at < 10 or 256 <= at < 256 + 240
    if within:
        assert read(flash, 3) is None


def test_a_sequence_of_another_dictionary_is_not_used() -> None:
    flash = NorFlash(SECTORS)
    stored(flash, 0, [(RELATIVE, 0, 0, NO_OP, [0] * 4)])
    assert SequenceStore(flash).find(0, HASH + 1) == DAMAGED


def entry(kind: int, seconds: float, value: int) -> Entry:
    """Sets CAMERA_RETRIES, so that a test sees which entries have been carried out."""
    return Entry(kind, round(seconds * 64), "PARAMETER_SET", {"parameter": RETRIES, "value": value})


class Sequencer(Rig):
    """A core that is sent sequences."""

    def load(self, slot: int, *entries: Entry) -> None:
        for octets in Sequence(slot, entries).packets():
            assert self.send(octets) == "DONE"

    def command(self, name: str, slot: int = 0) -> str:
        return self.send(telecommand(name, {"slot": slot}))

    @property
    def retries(self) -> int:
        value: int = self.core.parameters.values[RETRIES]
        return value

    def reports(self) -> list[int]:
        values = Values()
        values.cvt = self.core.cvt
        return reported(self.core.events, values)

    def reset(self, away_frames: int) -> None:
        self.board.away_frames = away_frames
        self.core = FlightCore(self.board, MARS)
        self.core.start(5, WATCHDOG)


def test_relative_entries_are_carried_out_after_one_another() -> None:
    rig = Sequencer()
    rig.load(0, entry(RELATIVE, 1, 3), entry(RELATIVE, 0.5, 4), entry(RELATIVE, 2, 5))
    assert rig.command("SEQUENCE_ACTIVATE") == "DONE"
    begun = rig["SEQ0_SINCE"]
    seen: dict[int, int] = {}
    for _ in range(64 * 4):
        rig.run(1)
        seen.setdefault(rig.retries, rig["FRAME_COUNT"] - begun)
    for value, due in ((3, 64), (4, 96), (5, 224)):
        assert due <= seen[value] < due + 4, "no drift from one entry to the next"
    assert (rig["SEQUENCES_DONE"], rig["SEQUENCES_ACTIVE"]) == (3, 0)


def test_absolute_entries_wait_for_the_spacecraft_clock() -> None:
    rig = Sequencer()
    due = rig["SCLK_S"] + 3
    rig.load(1, entry(ABSOLUTE, due + 0.5, 7))
    rig.command("SEQUENCE_ACTIVATE", 1)
    while (rig["SCLK_S"], rig["SCLK_FRACTION"]) < (due, 0x8000):
        assert rig.retries != 7
        rig.run(1)
    rig.run(4)
    assert rig.retries == 7


def test_entries_of_an_event_wait_for_the_state() -> None:
    rig = Sequencer()
    rig.load(2, entry(AFTER_STATE + 1, 0.25, 9))
    rig.command("SEQUENCE_ACTIVATE", 2)
    rig.run(256)
    assert rig.retries != 9
    rig.core.cvt[channel("EDL_STATE")] = 1
    rig.run(16)
    assert rig.retries != 9
    rig.run(8)
    assert rig.retries == 9


def test_a_stored_command_is_refused_as_an_uplinked_one_and_reported_with_its_slot() -> None:
    rig = Sequencer()
    bad = Entry(RELATIVE, 0, "PARAMETER_SET", {"parameter": RETRIES, "value": 99})
    rig.load(3, bad, entry(RELATIVE, 0, 6))
    rig.command("SEQUENCE_ACTIVATE", 3)
    rig.reports()
    opcode = rig["COMMAND_OPCODE"]
    rig.run(16)
    assert rig.retries == 6
    assert (rig["SEQUENCES_DONE"], rig["SEQUENCES_FAILED"]) == (1, 1)
    assert rig["COMMAND_OPCODE"] == opcode, "this tells of the uplink"


def test_a_wrong_checksum_leaves_the_slot_as_it_was() -> None:
    rig = Sequencer()
    rig.load(0, entry(RELATIVE, 0, 3))
    *packets, _ = Sequence(0, (entry(RELATIVE, 0, 4),)).packets()
    for octets in packets:
        assert rig.send(octets) == "DONE"
    wrong = {"slot": 0, "checksum": 0}
    assert rig.send(telecommand("SEQUENCE_COMMIT", wrong)) == "OUT_OF_RANGE"
    rig.command("SEQUENCE_ACTIVATE")
    rig.run(16)
    assert rig.retries == 3


def test_nothing_is_stored_during_the_descent_nor_over_a_sequence_under_way() -> None:
    rig = Sequencer()
    rig.load(0, entry(RELATIVE, 100, 3))
    rig.command("SEQUENCE_ACTIVATE")
    *packets, commit = Sequence(0, (entry(RELATIVE, 0, 4),)).packets()
    for octets in packets:
        assert rig.send(octets) == "DONE"
    assert rig.send(commit) == "NOT_NOW"
    assert rig.command("SEQUENCE_STOP") == "DONE"
    rig.core.cvt[channel("EDL_STATE")] = 3
    erases = rig.board.flash.erases
    assert rig.send(commit) == "NOT_NOW"
    assert rig.board.flash.erases == erases


def test_entries_that_cannot_be_sent_are_refused_when_they_are_added() -> None:
    rig = Sequencer()
    fields: dict[str, int] = {"kind": RELATIVE, "seconds": 0, "fraction": 0, "opcode": SET}
    fields |= {f"argument{n}": 0 for n in range(4)}
    assert rig.send(telecommand("SEQUENCE_ADD", fields)) == "OUT_OF_RANGE", "none begun"
    rig.command("SEQUENCE_BEGIN")
    for change in ({"opcode": 0x7777}, {"opcode": 0x10}, {"argument2": 1}, {"seconds": 1 << 22}):
        assert rig.send(telecommand("SEQUENCE_ADD", fields | change)) == "OUT_OF_RANGE"
    for _ in range(ENTRIES):
        assert rig.send(telecommand("SEQUENCE_ADD", fields)) == "DONE"
    assert rig.send(telecommand("SEQUENCE_ADD", fields)) == "OUT_OF_RANGE"


def test_at_most_one_entry_a_run_and_no_slot_is_starved() -> None:
    rig = Sequencer()
    for slot in (0, 1):
        rig.load(slot, *[Entry(RELATIVE, 0, "NO_OP", {})] * 8)
    for slot in (0, 1):
        rig.command("SEQUENCE_ACTIVATE", slot)
    for _ in range(16):
        before = rig["SEQUENCES_DONE"]
        rig.run(4)
        assert rig["SEQUENCES_DONE"] - before <= 1
        assert abs(rig["SEQ0_NEXT"] - rig["SEQ1_NEXT"]) <= 2
    assert rig["SEQUENCES_DONE"] == 16


def test_a_reset_resumes_where_it_was_and_skips_what_is_too_late() -> None:
    rig = Sequencer()
    rig.load(0, *[entry(RELATIVE, 1, value) for value in (3, 4, 5, 6)])
    rig.command("SEQUENCE_ACTIVATE")
    while rig.retries != 3:
        rig.run(1)
    rig.run(8)  # into a checkpoint
    rig.reset(away_frames=64 + 32)  # the second entry is due meanwhile, less than a second ago
    rig.run(16)
    assert rig.retries == 4
    assert rig["SEQUENCES_DONE"] == 2
    rig.reset(away_frames=100)  # now the third is too late, and the fourth is not
    rig.run(16)
    assert rig["SEQUENCES_FAILED"] == 1
    assert rig.retries == 6
    assert (rig["SEQUENCES_DONE"], rig["SEQUENCES_ACTIVE"]) == (3, 0)


def test_a_dump_sends_every_entry() -> None:
    rig = Sequencer()
    entries = [entry(RELATIVE, n / 4, n % 10) for n in range(12)]
    rig.load(2, *entries)
    sent: list[tuple[int, int, int]] = []
    send: Any = rig.core._telemetry.send

    def watched(row: int) -> None:
        if row == packet("SEQUENCE"):
            sent.append((rig["SEQUENCE_SLOT"], rig["SEQUENCE_ENTRY"], rig["SEQUENCE_ARGUMENT1"]))
        send(row)

    rig.core._sequences._telemetry.send = watched
    assert rig.command("SEQUENCE_DUMP", 2) == "DONE"
    rig.run(64)
    assert sent == [(2, n, n % 10) for n in range(12)]
    assert rig.command("SEQUENCE_DUMP", 1) == "NOT_NOW"


def test_a_sequence_may_start_another_and_itself() -> None:
    rig = Sequencer()
    rig.load(0, Entry(RELATIVE, 0, "SEQUENCE_ACTIVATE", {"slot": 1}))
    rig.load(1, Entry(RELATIVE, 16, "SEQUENCE_ACTIVATE", {"slot": 1}))
    rig.command("SEQUENCE_ACTIVATE")
    rig.run(64 * 2)
    assert rig["SEQUENCES_ACTIVE"] == 1 << 1
    assert rig["SEQUENCES_DONE"] >= 4
    assert rig["SEQUENCES_FAILED"] == 0


def test_what_a_sequence_does_is_reported() -> None:
    rig = Sequencer()
    rig.load(0, entry(RELATIVE, 0, 3))
    rig.reports()
    seen: list[int] = []
    report: Any = rig.core.events.report

    def watched(number: int, *arguments: int) -> None:
        seen.append(number)
        report(number, *arguments)

    rig.core._sequences._events.report = watched
    rig.command("SEQUENCE_ACTIVATE")
    rig.run(8)
    names = ("SEQUENCE_STARTED", "SEQUENCE_ENDED", "PARAMETER_SET", "SEQUENCE_DONE")
    expected = [event(name) for name in names]
    assert [number for number in seen if number in expected] == expected
    assert RESULTS[rig["COMMAND_RESULT"]] == "DONE"
