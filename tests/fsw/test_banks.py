"""Do saved parameters come back whole, whatever the flash holds and whenever power goes?"""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boards.host.flash import SECTOR, SECTORS
from fsw import missions
from fsw.data.areas import area
from fsw.data.banks import Banks
from fsw.dictionary.index import channel, event, parameter
from fsw.dictionary.parameters import PARAMETERS
from fsw.kernel.events import Events
from fsw.kernel.parameters import DEFAULT, HIGHEST, LOWEST, Parameters
from fsw.link.crc import crc16
from gse.uplink import telecommand
from tests.fsw.bench_board import Values, reported
from tests.fsw.test_commands import Rig
from tests.nor import NorFlash, PowerCut

MARS = missions.load("mars2020")
DEFAULTS: list[int] = [int(row[DEFAULT]) for row in PARAMETERS]
FIRST = area("PARAMETERS")[0]
A_SET = st.tuples(*[st.integers(int(row[LOWEST]), int(row[HIGHEST])) for row in PARAMETERS]).map(
    list
)


class Start:
    """What a start of the flight software finds in flash."""

    def __init__(self, flash: NorFlash | None) -> None:
        self.values = Values()
        self.events = Events(self.values.cvt)
        self.parameters = Parameters(MARS)
        self.banks = Banks(self.values.cvt, self.events, flash, self.parameters, MARS)
        self.banks.load()

    @property
    def found(self) -> list[int]:
        return [int(value) for value in self.parameters.values]

    def save(self, wanted: list[int]) -> bool:
        for row, value in enumerate(wanted):
            assert self.parameters.set(row, value)
        saved: bool = self.banks.save()
        return saved

    def reports(self) -> list[int]:
        return reported(self.events, self.values)


def test_a_board_without_saved_parameters_has_defaults_and_says_so() -> None:
    for flash in (None, NorFlash(SECTORS)):
        start = Start(flash)
        assert start.found == DEFAULTS
        assert start.values["PARAMETER_BANK"] == 0
        assert start.reports() == [event("PARAMETERS_DEFAULT")]
    assert not Start(None).banks.save()


@given(st.lists(A_SET, min_size=1, max_size=5))
def test_the_set_that_was_saved_last_comes_back(sets: list[list[int]]) -> None:
    flash = NorFlash(SECTORS)
    for number, wanted in enumerate(sets):
        assert Start(flash).save(wanted)
        again = Start(flash)
        assert again.found == wanted
        assert again.values["PARAMETER_BANK"] == 1 + number % 2
        assert again.values["PARAMETER_GENERATION"] == number + 1
        assert again.reports() == [event("PARAMETERS_LOADED")]


def test_generations_may_wrap() -> None:
    flash = NorFlash(SECTORS)
    start = Start(flash)
    start.banks._generation = 0xFFFE
    for number in range(1, 5):
        wanted = [*DEFAULTS[:-1], number]
        assert start.save(wanted)
        assert Start(flash).found == wanted


def test_a_power_cut_at_every_step_leaves_the_old_set_or_the_new_one() -> None:
    old, new = [*DEFAULTS[:-1], 7], [int(row[LOWEST]) for row in PARAMETERS]
    flash = NorFlash(SECTORS)
    for wanted in ([*DEFAULTS[:-1], 9], old):
        assert Start(flash).save(wanted)
    before = bytes(flash.memory)
    count = NorFlash(SECTORS, bytearray(before))
    assert Start(count).save(new)
    outcomes = set()
    # The erase is the same for thousands of octets: its edges, a sieve of it, and the whole page.
    steps = [*range(300), *range(300, SECTOR, 97), *range(SECTOR - 10, count.steps + 1)]
    for step in steps:
        cut = NorFlash(SECTORS, bytearray(before))
        start = Start(cut)
        cut.steps_left = step
        with contextlib.suppress(PowerCut):
            start.save(new)
        cut.steps_left = None
        found = Start(cut).found
        assert found in (old, new), step
        outcomes.add(found == new)
        assert Start(cut).save(new)
        assert Start(cut).found == new
    assert outcomes == {False, True}


@given(st.binary(min_size=1, max_size=2 * SECTOR), st.integers(0, 2 * SECTOR - 1))
def test_garbage_in_flash_is_never_more_than_an_event(octets: bytes, at: int) -> None:
    flash = NorFlash(SECTORS)
    begin = FIRST * SECTOR + at
    flash.memory[begin : begin + len(octets)] = octets
    del flash.memory[SECTORS * SECTOR :]
    assert Start(flash).found == DEFAULTS


def test_a_damaged_bank_is_reported_and_the_other_one_counts() -> None:
    flash = NorFlash(SECTORS)
    first, second = [*DEFAULTS[:-1], 9], [*DEFAULTS[:-1], 7]
    for wanted in (first, second):
        assert Start(flash).save(wanted)
    flash.memory[(FIRST + 1) * SECTOR + 8] ^= 1
    start = Start(flash)
    assert start.found == first
    assert start.reports() == [event("PARAMETER_BANK_BAD"), event("PARAMETERS_LOADED")]


@pytest.mark.parametrize("value", [65, 0, -1, (1 << 31) - 1, -(1 << 31)])
def test_a_stored_value_out_of_range_is_the_default_and_the_others_stay(value: int) -> None:
    """As after an update that narrows a range: the record itself is whole."""
    flash = NorFlash(SECTORS)
    row = parameter("EVENT_TOKENS_PER_S")
    wanted = list(DEFAULTS)
    wanted[parameter("CAMERA_RETRIES")] = 3
    assert Start(flash).save(wanted)
    page = FIRST * SECTOR
    end = page + 6 + 4 * len(PARAMETERS)
    flash.memory[page + 6 + 4 * row : page + 10 + 4 * row] = value.to_bytes(4, "big", signed=True)
    flash.memory[end : end + 2] = crc16(flash.memory, page, end).to_bytes(2, "big")
    start = Start(flash)
    assert start.found == wanted
    assert start.found[row] == PARAMETERS[row][DEFAULT]
    assert start.reports() == [event("PARAMETER_IGNORED"), event("PARAMETERS_LOADED")]


def test_parameters_are_saved_by_command_but_not_during_the_descent() -> None:
    rig = Rig()
    row = parameter("CAMERA_RETRIES")
    assert rig.send(telecommand("PARAMETER_SET", {"parameter": row, "value": 5})) == "DONE"
    assert rig.send(telecommand("PARAMETER_SAVE", {})) == "DONE"
    assert (rig["PARAMETER_BANK"], rig["PARAMETER_GENERATION"]) == (1, 1)
    assert Start(rig.board.flash).found[row] == 5
    assert rig.send(telecommand("PARAMETER_DEFAULTS", {})) == "DONE"
    assert list(rig.core.parameters.values) == DEFAULTS
    rig.core.cvt[channel("EDL_STATE")] = MARS.STATES.index("PARACHUTE")
    erases = rig.board.flash.erases
    assert rig.send(telecommand("PARAMETER_SAVE", {})) == "NOT_NOW"
    assert rig.board.flash.erases == erases
