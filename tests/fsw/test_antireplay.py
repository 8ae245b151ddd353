"""Is no number ever good twice, whenever the power is cut, and does the board stay commandable?"""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.dictionary.refusals import NONE, REFUSALS
from fsw.link.antireplay import RECORD, write_record
from fsw.link.tclayout import HIGHEST_NUMBER
from tests.fsw.stores import FlashStore, PowerCut, Store, numbers, provisioned

KINDS = (Store, FlashStore)
STEPS = {Store: RECORD, FlashStore: 1 + RECORD}


def verdict(reason: int) -> str:
    return "good" if reason == NONE else str(REFUSALS[reason - 1][0])


def test_numbers_go_up_within_the_window() -> None:
    replay = numbers(provisioned())
    said = [verdict(replay.use(n)) for n in (0, 1, 1, 3, 2, 103, 104, 203, 304, -1)]
    assert said == [
        "REPLAYED", "good", "REPLAYED", "good", "REPLAYED", "good", "good", "good", "TOO_FAR",
        "TOO_FAR",
    ]  # fmt: skip


def test_the_store_is_written_ahead_and_seldom() -> None:
    store = provisioned()
    replay = numbers(store)
    for n in range(1, 11):
        assert replay.use(n) == NONE
    assert store.writes == 2 * 2  # for 1 .. 5 and 6 .. 10, into both slots
    assert replay.reserved == 10


def test_reserving_at_boot_spares_the_next_numbers_the_writing() -> None:
    store = provisioned()
    replay = numbers(store)
    assert replay.reserve()
    writes = store.writes
    assert [replay.use(n) for n in (1, 2, 3, 4)] == [NONE] * 4
    assert store.writes == writes


def test_after_a_reset_whatever_may_have_been_used_was_used() -> None:
    store = provisioned()
    replay = numbers(store)
    replay.use(1)
    again = numbers(store)
    assert again.last == 5
    assert [verdict(again.use(n)) for n in (1, 5, 6)] == ["REPLAYED", "REPLAYED", "good"]


def test_without_a_record_of_this_key_nothing_is_good() -> None:
    for store in (Store(), provisioned(key_id=8)):
        replay = numbers(store)
        assert not replay.reserve()
        assert {verdict(replay.use(n)) for n in (0, 1, 5, 100)} == {"NOT_STORED"}
        assert store.writes == 0


@pytest.mark.parametrize("blank", [0x00, 0xFF, 0x55])
def test_a_blank_store_is_no_record_whatever_the_key(blank: int) -> None:
    store = Store()
    store.slots = [bytearray([blank] * RECORD) for _ in range(2)]
    for key_id in (0, 0x5555, 0xFFFF):
        assert numbers(store, key_id).reserved == -1


def test_a_store_that_no_longer_writes_lets_nothing_through_beyond_what_was_reserved() -> None:
    store = provisioned()
    replay = numbers(store)
    replay.use(1)
    store.works = False
    assert [verdict(replay.use(n)) for n in (5, 6, 6)] == ["good", "NOT_STORED", "NOT_STORED"]
    store.works = True
    assert verdict(replay.use(6)) == "good"


def test_numbers_end_where_the_small_integers_do() -> None:
    store = provisioned()
    record = bytearray(RECORD)
    write_record(store, 0, record, 7, HIGHEST_NUMBER - 3)
    replay = numbers(store)
    assert [verdict(replay.use(HIGHEST_NUMBER - 3 + n)) for n in range(4)] == [
        "REPLAYED", "good", "good", "good",
    ]  # fmt: skip
    assert replay.reserved == HIGHEST_NUMBER
    again = numbers(store)
    assert verdict(again.use(HIGHEST_NUMBER)) == "REPLAYED"
    assert verdict(again.use(-1)) == "TOO_FAR"  # what read_number() makes of a greater one


@pytest.mark.parametrize("slot", [0, 1])
@pytest.mark.parametrize("octet", range(RECORD))
def test_either_slot_alone_is_enough(slot: int, octet: int) -> None:
    store = provisioned()
    replay = numbers(store)
    for n in range(1, 8):
        replay.use(n)
    store.slots[slot][octet] ^= 0x40
    again = numbers(store)
    assert again.reserved == 10
    assert verdict(again.use(11)) == "good"


def use_until_the_cut(store: Store, tried: range, boot: bool) -> list[int]:
    """Numbers acted on before the power went."""
    acted: list[int] = []
    with contextlib.suppress(PowerCut):
        replay = numbers(store)
        if boot:
            replay.reserve()
        for n in tried:
            if replay.use(n) == NONE:
                acted.append(n)
    store.steps_left = -1
    return acted


@pytest.mark.parametrize("boot", [False, True], ids=["when needed", "at boot"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_at_any_octet_and_another_one_later_let_no_number_be_used_twice(
    kind: type[Store], boot: bool
) -> None:
    """Every pair of cuts, in the first six records and in the six after the reset."""
    steps = 6 * STEPS[kind]
    for first in range(steps + 1):
        for second in range(steps + 1):
            store = provisioned(kind)
            store.steps_left = first
            acted = use_until_the_cut(store, range(1, 25), boot)
            store.steps_left = second
            after = use_until_the_cut(store, range(1, 49), boot)
            again = numbers(store)
            assert not set(acted) & set(after), (first, second)
            assert acted + after == sorted(acted + after), (first, second)
            used = max([0, *acted, *after])
            assert all(again.use(n) != NONE for n in range(used + 1)), (first, second)
            assert verdict(again.use(again.last + 1)) == "good", (first, second)


@given(st.lists(st.tuples(st.integers(0, 40), st.lists(st.integers(1, 60), max_size=8))))
def test_any_history_of_cuts_and_numbers_uses_none_twice(
    history: list[tuple[int, list[int]]],
) -> None:
    store = provisioned(FlashStore)
    used: set[int] = set()
    for cut, tried in history:
        store.steps_left = cut
        with contextlib.suppress(PowerCut):
            replay = numbers(store)
            for n in tried:
                if replay.use(n) == NONE:
                    assert n not in used
                    used.add(n)
        store.steps_left = -1
    assert verdict(numbers(store).use(numbers(store).last + 1)) == "good"
