"""Does FARM-1 do what the standard's state table says, for every event in every state?"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.link import tcframe
from fsw.link.farm import S1_OPEN, S2_WAIT, S3_LOCKOUT, Farm
from gse.uplink.clcw import Clcw

WINDOW = 20
V = 250  # so that the window lies across the end of the count


@dataclass
class Arrived:
    """What Farm looks at in a frame."""

    kind: int
    sequence: int = 0
    value: int = 0


def farm_in(state: int) -> Farm:
    """A FARM-1 in a state, with V(R) = V, brought there by frames alone."""
    farm = Farm(5, WINDOW)
    farm.take(Arrived(tcframe.BC_SET, value=V), True)
    if state == S2_WAIT:
        farm.take(Arrived(tcframe.AD, V), False)
    if state == S3_LOCKOUT:
        farm.take(Arrived(tcframe.AD, (V + 128) % 256), True)
    assert farm.state == state
    return farm


def word(farm: Farm) -> Clcw:
    farm.report(True, True)
    clcw = Clcw.read(farm.clcw_high.to_bytes(2, "big") + farm.clcw_low.to_bytes(2, "big"))
    assert clcw is not None
    return clcw


def ad(ahead: int) -> Arrived:
    return Arrived(tcframe.AD, (V + ahead) % 256)


# The standard's table once more, by effect: event, frame and room; per state: accepted, next state,
# change of V(R) and of the FARM-B counter, and the flags lockout, wait, retransmit afterwards.
ROOM, FULL = True, False
OUTSIDE = WINDOW // 2
TABLE = [
    ("E1", ad(0), ROOM,
     (True, 1, 1, 0, "---"), None, (False, 3, 0, 0, "L--")),
    ("E2", ad(0), FULL,
     (False, 2, 0, 0, "-WR"), (False, 2, 0, 0, "-WR"), (False, 3, 0, 0, "L--")),
    ("E3 next", ad(1), ROOM,
     (False, 1, 0, 0, "--R"), (False, 2, 0, 0, "-WR"), (False, 3, 0, 0, "L--")),
    ("E3 last", ad(OUTSIDE - 1), ROOM,
     (False, 1, 0, 0, "--R"), (False, 2, 0, 0, "-WR"), (False, 3, 0, 0, "L--")),
    ("E4 last", ad(-1), ROOM,
     (False, 1, 0, 0, "---"), (False, 2, 0, 0, "-WR"), (False, 3, 0, 0, "L--")),
    ("E4 first", ad(-OUTSIDE), ROOM,
     (False, 1, 0, 0, "---"), (False, 2, 0, 0, "-WR"), (False, 3, 0, 0, "L--")),
    ("E5 above", ad(OUTSIDE), ROOM,
     (False, 3, 0, 0, "L--"), (False, 3, 0, 0, "LWR"), (False, 3, 0, 0, "L--")),
    ("E5 below", ad(-OUTSIDE - 1), ROOM,
     (False, 3, 0, 0, "L--"), (False, 3, 0, 0, "LWR"), (False, 3, 0, 0, "L--")),
    ("E6", Arrived(tcframe.BD), FULL,
     (True, 1, 0, 1, "---"), (True, 2, 0, 1, "-WR"), (True, 3, 0, 1, "L--")),
    ("E7", Arrived(tcframe.BC_UNLOCK), ROOM,
     (False, 1, 0, 1, "---"), (False, 1, 0, 1, "---"), (False, 1, 0, 1, "---")),
    ("E8", Arrived(tcframe.BC_SET, value=(V + 7) % 256), ROOM,
     (False, 1, 7, 1, "---"), (False, 1, 7, 1, "---"), (False, 3, 0, 1, "L--")),
]  # fmt: skip
STATES = (S1_OPEN, S2_WAIT, S3_LOCKOUT)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_each_event_in_each_state(row: tuple, state: int) -> None:  # type: ignore[type-arg]
    _, frame, room, *cells = row
    if cells[state - 1] is None:
        return  # the standard: not applicable
    accepted, after, change, count, flags = cells[state - 1]
    farm = farm_in(state)
    before = word(farm)
    assert farm.take(frame, room) is accepted
    clcw = word(farm)
    assert farm.state == after
    assert (clcw.report - before.report) % 256 == change
    assert (clcw.farm_b - before.farm_b) % 4 == count
    shown = zip("LWR", (clcw.lockout, clcw.wait, clcw.retransmit), strict=True)
    assert "".join(letter if flag else "-" for letter, flag in shown) == flags


def test_e1_of_a_waiting_farm_is_discarded() -> None:
    farm = farm_in(S2_WAIT)
    assert not farm.take(ad(0), ROOM)
    assert (farm.state, farm.next) == (S2_WAIT, V)


@pytest.mark.parametrize("state", STATES)
def test_e9_an_invalid_frame_changes_nothing(state: int) -> None:
    farm = farm_in(state)
    before = word(farm)
    farm.refuse()
    assert (farm.state, word(farm)) == (state, before)


@pytest.mark.parametrize(
    ("state", "after", "wait"), [(S1_OPEN, S1_OPEN, False), (S2_WAIT, S1_OPEN, False)]
)
def test_e10_room_again_ends_waiting(state: int, after: int, wait: bool) -> None:
    farm = farm_in(state)
    farm.release()
    assert (farm.state, word(farm).wait) == (after, wait)


def test_e10_in_lockout_clears_wait_and_stays_locked() -> None:
    farm = farm_in(S2_WAIT)
    farm.take(ad(OUTSIDE), ROOM)
    assert word(farm).wait
    farm.release()
    assert (farm.state, word(farm).wait, word(farm).lockout) == (S3_LOCKOUT, False, True)


def test_a_frame_after_room_again_is_taken_and_clears_retransmit() -> None:
    farm = farm_in(S2_WAIT)
    farm.release()
    assert word(farm).retransmit
    assert farm.take(ad(0), ROOM)
    assert word(farm) == Clcw((V + 1) % 256, farm_b=1, virtual_channel=5)


def test_the_word_says_when_there_is_no_signal() -> None:
    farm = Farm(0, WINDOW)
    for radio, lock, low in ((True, True, 0), (False, True, 0x8000), (False, False, 0xC000)):
        farm.report(radio, lock)
        assert (farm.clcw_high, farm.clcw_low) == (0x0100, low)


def test_farm_goes_on_after_a_reset() -> None:
    for state, flags in ((S1_OPEN, (False, False)), (S3_LOCKOUT, (True, False))):
        farm = farm_in(state)
        word(farm)
        again = Farm(5, WINDOW)
        again.resume(farm.clcw_low)
        assert again.state == state
        assert word(again) == word(farm)
        assert (word(again).lockout, word(again).wait) == flags
    waiting = farm_in(S2_WAIT)
    word(waiting)
    again = Farm(5, WINDOW)
    again.resume(waiting.clcw_low)
    assert (again.state, word(again).wait, word(again).retransmit) == (S1_OPEN, False, True)


arrivals = st.one_of(
    st.builds(Arrived, st.just(tcframe.AD), st.integers(0, 255)),
    st.builds(Arrived, st.just(tcframe.BD)),
    st.builds(Arrived, st.just(tcframe.BC_UNLOCK)),
    st.builds(Arrived, st.just(tcframe.BC_SET), st.just(0), st.integers(0, 255)),
)


@given(
    st.integers(1, 127),
    st.lists(st.tuples(arrivals, st.booleans(), st.booleans()), max_size=60),
)
def test_frames_are_accepted_in_sequence_only(
    half: int, history: list[tuple[Arrived, bool, bool]]
) -> None:
    """Whatever arrives: an AD frame is taken when it is the one due, there is room, and nothing is
    locked or waiting; and the word always says the state."""
    farm = Farm(0, 2 * half)
    due = 0
    for frame, room, release in history:
        if release:
            farm.release()
        state = farm.state
        accepted = farm.take(frame, room)
        if frame.kind == tcframe.AD:
            assert accepted == (state == S1_OPEN and room and frame.sequence == due)
            due = (due + accepted) % 256
        elif frame.kind == tcframe.BC_SET and state != S3_LOCKOUT:
            due = frame.value
        clcw = word(farm)
        assert clcw.report == due
        assert clcw.lockout == (farm.state == S3_LOCKOUT)
        assert farm.state != S2_WAIT or clcw.wait
