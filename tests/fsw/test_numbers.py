"""Is no number good twice on real flash, whenever its power is cut?"""

from __future__ import annotations

import contextlib

import pytest

from boards.host.flash import SECTOR, Flash
from fsw.data.areas import AREAS, area
from fsw.data.numbers import NumberStore
from fsw.dictionary.refusals import NONE
from fsw.link.antireplay import AntiReplay, provision
from tests.nor import NorFlash, PowerCut

KEY_ID = 7
AHEAD = 2
SECTORS = sum(row[1] for row in AREAS)


def provisioned() -> NorFlash:
    flash = NorFlash(SECTORS)
    provision(NumberStore(flash), KEY_ID)
    flash.steps = 0
    return flash


def replay_of(flash: NorFlash | Flash) -> AntiReplay:
    """As a board has it after a reset."""
    return AntiReplay(NumberStore(flash), KEY_ID, AHEAD)


def used_until_the_cut(flash: NorFlash, steps: int, tried: range) -> list[int]:
    """Numbers acted on before the power went."""
    acted = []
    flash.steps_left = steps
    with contextlib.suppress(PowerCut):
        replay = replay_of(flash)
        replay.reserve()
        for number in tried:
            if replay.use(number) == NONE:
                acted.append(number)
    flash.steps_left = None
    return acted


def test_numbers_last_over_a_reset_in_their_own_sectors() -> None:
    flash = Flash(SECTORS)
    flash.memory[:] = bytes(len(flash.memory))
    provision(NumberStore(flash), KEY_ID)
    replay = replay_of(flash)
    assert replay.use(1) == NONE
    assert replay_of(flash).last == 1 + AHEAD
    first, sectors = area("NUMBERS")
    elsewhere = bytearray(flash.memory)
    del elsewhere[first * SECTOR : (first + sectors) * SECTOR]
    assert not any(elsewhere)


def cuts(every: bool) -> list[int]:
    """Every step of the two records that booting writes; or thinned out where a sector that is
    erased already is erased octet by octet: nothing changes there."""
    flash = provisioned()
    used_until_the_cut(flash, 1 << 30, range(0))
    assert flash.steps > 2 * SECTOR
    record = range(SECTOR // 16)
    return [
        step
        for step in range(flash.steps + 1)
        if every or step % SECTOR in record or step % 97 == 0 or step > 2 * SECTOR
    ]


LATER = (0, 3, SECTOR + 4, SECTOR + 300, 1 << 20)


@pytest.mark.parametrize("later", LATER[2:3])
def test_a_cut_at_any_step_and_another_one_lets_no_number_be_used_twice(later: int) -> None:
    cut_twice(cuts(every=False), later)


@pytest.mark.soak
@pytest.mark.parametrize("later", LATER)
def test_a_cut_at_every_single_step_does_not_either(later: int) -> None:
    cut_twice(cuts(every=True), later)


def cut_twice(steps: list[int], later: int) -> None:
    begun = bytes(provisioned().memory)
    for cut in steps:
        flash = NorFlash(SECTORS, bytearray(begun))
        acted = used_until_the_cut(flash, cut, range(1, 3))
        after = used_until_the_cut(flash, later, range(1, 6))
        assert not set(acted) & set(after), cut
        again = replay_of(flash)
        assert again.reserved >= 0, f"no longer to be commanded after a cut at step {cut}"
        used = max([0, *acted, *after])
        assert all(again.use(number) != NONE for number in range(used + 1)), cut
        assert again.use(again.last + 1) == NONE, cut
