"""Does FOP-1 do what the standard's state table says, and recover from whatever the link does?"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gse.uplink.clcw import Clcw
from gse.uplink.fop import TABLE, Alert, Answer, Fop, Outcome, State, Suspended
from gse.uplink.frame import UNLOCK, Frame, Kind, set_v

S1, S2, S3, S4, S5, S6 = State
CONFIRMED, ACCEPTED, REJECTED, FAILED = (
    Outcome.CONFIRMED,
    Outcome.ACCEPTED,
    Outcome.REJECTED,
    Outcome.FAILED,
)
FIRST, UNDER_WAY = 254, 3  # the first frame's number, so that the count wraps, and how many follow
T1 = 3.0


def sent(fop: Fop, now: float = 0.0) -> list[Frame]:
    """What the procedures below send if they accept everything at once."""
    frames = []
    while fop.requests:
        frame = fop.requests.popleft()
        frames.append(frame)
        fop.answered(frame.kind, now, accepted=True)
    return frames


def active(*, limit: int = 3, timeout_type: int = 0, frames: int = UNDER_WAY) -> Fop:
    """In S1, with frames FIRST, FIRST + 1 .. under way, tagged 0, 1 .."""
    fop = Fop(limit=limit, timeout_type=timeout_type, timer_s=T1)
    fop.set_next(FIRST, 0.0)
    fop.initiate(0.0)
    for tag in range(frames):
        fop.transfer(b"%d" % tag, 0.0, tag)
        sent(fop)
    fop.notices.clear()
    return fop


def in_state(state: State, *, limit: int = 3, timeout_type: int = 0, count: int = 1) -> Fop:
    """In any state; S4 and S5 have begun with the directive tagged "begin"."""
    if state in (S4, S5):
        fop = Fop(limit=limit, timeout_type=timeout_type, timer_s=T1)
        fop.set_next(FIRST, 0.0)
        begin = fop.initiate_with_check if state is S4 else fop.initiate_with_unlock
        begin(0.0, "begin")
        sent(fop)
    elif state is S6:
        fop = Fop(timer_s=T1)
    else:
        fop = active(limit=limit, timeout_type=timeout_type)
        fop.state = state
    fop.count = count
    fop.notices.clear()
    assert fop.state is state
    return fop


def alerts(fop: Fop) -> list[Alert]:
    return [n for n in fop.notices if isinstance(n, Alert)]


def tags(fop: Fop, outcome: Outcome) -> list[object]:
    return [n.tag for n in fop.notices if isinstance(n, Answer) and n.outcome is outcome]


def numbers(frames: list[Frame]) -> list[int]:
    return [frame.sequence for frame in frames]


ALL = range(UNDER_WAY + 1)
NUMBERS = [(FIRST + i) % 256 for i in range(UNDER_WAY)]


def report(arrived: int, *, wait: bool = False, retransmit: bool = False) -> Clcw:
    return Clcw((FIRST + arrived) % 256, wait=wait, retransmit=retransmit)


# The standard's table once more, by effect. What is heard; frames that have arrived by it; then for
# S1, S2, S3: the alert or the next state; and whether everything unacknowledged is sent again.
SYNCH, CLCW, NNR, LIMIT = Alert.SYNCH, Alert.CLCW, Alert.NNR, Alert.LIMIT
CONTROL_WORDS = [
    ("E2", report(3), 3, (S1, S1, S1), ()),
    ("E3", report(3, wait=True), 0, (CLCW, CLCW, CLCW), ()),
    ("E4", report(3, retransmit=True), 0, (SYNCH, SYNCH, SYNCH), ()),
    ("E5", report(0), 0, (S1, SYNCH, SYNCH), ()),
    ("E6", report(2), 2, (S1, S1, S1), ()),
    ("E7", report(1, wait=True), 0, (CLCW, CLCW, CLCW), ()),
    ("E8", report(2, retransmit=True), 2, (S2, S2, S2), (S1, S2, S3)),
    ("E9", report(2, wait=True, retransmit=True), 2, (S3, S3, S3), ()),
    ("E10", report(0, retransmit=True), 0, (S2, S2, S2), (S1, S3)),
    ("E11", report(0, wait=True, retransmit=True), 0, (S3, S3, S3), ()),
    ("E13 above", report(4), 0, (NNR, NNR, NNR), ()),
    ("E13 below", report(-1), 0, (NNR, NNR, NNR), ()),
    ("E13 below, again", report(-1, retransmit=True), 0, (NNR, NNR, NNR), ()),
    ("E14", Clcw(FIRST, lockout=True), 0, (Alert.LOCKOUT,) * 3, ()),
    ("E15", None, 0, (CLCW, CLCW, CLCW), ()),
]  # fmt: skip


@pytest.mark.parametrize("state", [S1, S2, S3])
@pytest.mark.parametrize("row", CONTROL_WORDS, ids=[row[0] for row in CONTROL_WORDS])
def test_each_control_word_in_each_state_with_frames_under_way(
    row: tuple,  # type: ignore[type-arg]
    state: State,
) -> None:
    _, clcw, arrived, after, again = row
    fop = in_state(state)
    fop.hear(clcw, 1.0)
    expected = after[state - 1]
    assert tags(fop, CONFIRMED) == list(range(arrived))
    left = NUMBERS[arrived:]
    assert numbers(sent(fop)) == (left if state in again else [])
    if isinstance(expected, Alert):
        assert fop.state is S6
        assert alerts(fop) == [expected]
        assert tags(fop, FAILED) == list(range(arrived, UNDER_WAY))
        assert fop.deadline is None
    else:
        assert fop.state is expected
        assert alerts(fop) == []
        assert (fop.deadline is None) == (arrived == UNDER_WAY)


@pytest.mark.parametrize("state", [S1, S2, S3])
@pytest.mark.parametrize(
    ("arrived", "wait", "after"),
    [(0, False, (S2, S2, S2)), (0, True, (S3, S3, S3))],
    ids=["E12", "E103"],
)
def test_at_the_limit_nothing_is_sent_again(
    state: State, arrived: int, wait: bool, after: tuple[State, ...]
) -> None:
    fop = in_state(state, count=3)
    fop.hear(report(arrived, wait=wait, retransmit=True), 1.0)
    assert fop.state is after[state - 1]
    assert sent(fop) == []


@pytest.mark.parametrize("state", [S1, S2, S3])
@pytest.mark.parametrize("arrived", [0, 2], ids=["E102", "E101"])
@pytest.mark.parametrize("wait", [False, True])
def test_frames_that_may_be_sent_once_and_are_lost_end_the_service(
    state: State, arrived: int, wait: bool
) -> None:
    fop = in_state(state, limit=1)
    fop.hear(report(arrived, wait=wait, retransmit=True), 1.0)
    assert alerts(fop) == [LIMIT]
    assert tags(fop, CONFIRMED) == list(range(arrived))
    assert tags(fop, FAILED) == list(range(arrived, UNDER_WAY))


@pytest.mark.parametrize(("state", "alert"), [(S1, []), (S2, [SYNCH]), (S3, [SYNCH])])
def test_e1_nothing_under_way_and_nothing_new(state: State, alert: list[Alert]) -> None:
    fop = active(frames=0)
    fop.state = state
    fop.hear(report(0), 1.0)
    assert alerts(fop) == alert


INITIALISING = [
    ("E1", report(0), S1, S1),
    ("E3", report(0, wait=True), CLCW, CLCW),
    ("E4", report(0, retransmit=True), SYNCH, S5),
    ("E13", report(1), NNR, S5),
    ("E14", Clcw(FIRST, lockout=True), Alert.LOCKOUT, S5),
    ("E15", None, CLCW, CLCW),
]


@pytest.mark.parametrize("state", [S4, S5])
@pytest.mark.parametrize("row", INITIALISING, ids=[row[0] for row in INITIALISING])
def test_each_control_word_while_the_service_begins(
    row: tuple,  # type: ignore[type-arg]
    state: State,
) -> None:
    _, clcw, *after = row
    fop = in_state(state)
    fop.hear(clcw, 1.0)
    expected = after[state - 4]
    if isinstance(expected, Alert):
        assert (fop.state, alerts(fop), tags(fop, FAILED)) == (S6, [expected], ["begin"])
    else:
        assert fop.state is expected
        assert tags(fop, CONFIRMED) == (["begin"] if expected is S1 else [])
    assert (fop.deadline is None) == (expected is not S5)


@pytest.mark.parametrize(
    "clcw", [None, Clcw(0), Clcw(9), Clcw(9, lockout=True), Clcw(0, wait=True)]
)
def test_a_service_that_has_not_begun_ignores_control_words(clcw: Clcw | None) -> None:
    fop = in_state(S6)
    fop.hear(clcw, 1.0)
    assert (fop.state, list(fop.notices)) == (S6, [])


@pytest.mark.parametrize("limit", [1, 2, 3])
@pytest.mark.parametrize("state", [S1, S2, S3])
def test_a_suspended_service_ignores_control_words_and_takes_nothing(
    state: State, limit: int
) -> None:
    """Every event of a control word in S6, with what was sent still kept."""
    fop = in_state(state, timeout_type=1, limit=limit, count=limit)
    fop.transfer(b"waits", 0.0, "waits")
    fop.requests.clear()
    fop.tick(T1)
    for another_limit in (limit, limit + 1):
        fop.set_limit(another_limit, T1)
        fop.notices.clear()
        for clcw in (
            *(row[1] for row in CONTROL_WORDS),
            *(
                report(n, wait=w, retransmit=r)
                for n in ALL
                for w in (False, True)
                for r in (False, True)
            ),
        ):
            fop.hear(clcw, 4.0)
            assert (fop.state, list(fop.notices), fop.deadline) == (S6, [], None)
            assert not fop.requests


@pytest.mark.parametrize("state", [S1, S2, S3])
@pytest.mark.parametrize("arrived", [2, 3], ids=["E6", "E2"])
def test_what_arrives_makes_room_for_what_waits(state: State, arrived: int) -> None:
    fop = in_state(state)
    fop.set_window(UNDER_WAY, 0.0)
    fop.transfer(b"waits", 0.0, "waits")
    assert sent(fop) == []
    fop.hear(report(arrived), 1.0)
    assert numbers(sent(fop)) == [(FIRST + UNDER_WAY) % 256]


def test_a_control_word_of_another_channel_is_ignored() -> None:
    fop = active()
    fop.hear(Clcw(77, lockout=True, virtual_channel=1), 1.0)
    assert fop.state is S1


# S1 .. S5 when the timer has run out: below the limit, then at it; timeout type 0, then 1.
AGAIN, IGNORED, T1_ALERT, SUSPENDED = "again", "", Alert.T1, Suspended
TIMEOUTS = {
    ("E16", 1, 0): (AGAIN, AGAIN, IGNORED, T1_ALERT, AGAIN),
    ("E104", 1, 1): (AGAIN, AGAIN, IGNORED, SUSPENDED, AGAIN),
    ("E17", 3, 0): (T1_ALERT, T1_ALERT, T1_ALERT, T1_ALERT, T1_ALERT),
    ("E18", 3, 1): (SUSPENDED, SUSPENDED, SUSPENDED, SUSPENDED, T1_ALERT),
}


@pytest.mark.parametrize("state", [S1, S2, S3, S4, S5])
@pytest.mark.parametrize("case", TIMEOUTS, ids=[case[0] for case in TIMEOUTS])
def test_each_timeout_in_each_state(case: tuple[str, int, int], state: State) -> None:
    _, count, timeout_type = case
    expected = TIMEOUTS[case][state - 1]
    fop = in_state(state, timeout_type=timeout_type, count=count)
    fop.tick(T1 - 0.001)
    assert sent(fop) == []
    fop.tick(T1)
    frames = sent(fop)
    if expected is AGAIN:
        assert fop.state is state
        assert fop.count == count + 1
        assert fop.deadline == 2 * T1
        assert numbers(frames) == (NUMBERS if state < S4 else [0])
        assert state < S4 or frames == [Frame(Kind.BC, UNLOCK)]
    elif expected is IGNORED:
        assert (fop.state, frames, list(fop.notices)) == (state, [], [])
    elif expected is SUSPENDED:
        assert (fop.state, fop.suspended) == (S6, state)
        assert list(fop.notices) == [Suspended(state)]
    else:
        assert (fop.state, alerts(fop)) == (S6, [T1_ALERT])


@pytest.mark.parametrize("state", [S1, S2, S3, S4])
def test_a_suspended_service_goes_on_where_it_was(state: State) -> None:
    fop = in_state(state, timeout_type=1, count=3)
    fop.tick(T1)
    fop.notices.clear()
    fop.set_next(9, T1, "set")  # not while frames are kept
    fop.resume(T1, "resume")
    assert tags(fop, REJECTED) == ["set"]
    assert tags(fop, ACCEPTED) == tags(fop, CONFIRMED) == ["resume"]
    assert (fop.state, fop.suspended, fop.deadline) == (state, 0, 2 * T1)
    if state < S4:
        fop.notices.clear()
        fop.hear(report(3), 4.0)
        assert tags(fop, CONFIRMED) == [0, 1, 2]


def test_there_is_nothing_to_resume_without_a_suspension() -> None:
    for state in State:
        fop = in_state(state)
        fop.resume(0.0, "resume")
        assert tags(fop, REJECTED) == ["resume"]
        assert fop.state is state


def test_data_goes_out_with_its_number_and_is_confirmed_when_it_has_arrived() -> None:
    fop = active(frames=0)
    fop.transfer(b"data", 1.0, "tag")
    assert sent(fop) == [Frame(Kind.AD, b"data", FIRST)]
    assert tags(fop, ACCEPTED) == ["tag"]
    fop.hear(report(1), 2.0)
    assert tags(fop, CONFIRMED) == ["tag"]


def test_no_more_frames_are_under_way_than_the_window_holds() -> None:
    fop = active(frames=0)
    fop.set_window(2, 0.0)
    fop.notices.clear()
    for tag in range(4):
        fop.transfer(b"%d" % tag, 0.0, tag)
        sent(fop)
    assert tags(fop, ACCEPTED) == [0, 1]
    assert tags(fop, REJECTED) == [3]  # 2 waits; no other can
    assert not fop.takes_data
    fop.hear(report(1), 1.0)
    assert numbers(sent(fop)) == [(FIRST + 2) % 256]
    assert tags(fop, ACCEPTED) == [0, 1, 2]
    assert fop.takes_data


def test_the_next_request_waits_for_the_answer_to_the_last() -> None:
    fop = active(frames=0)
    fop.transfer(b"a", 0.0, "a")
    fop.transfer(b"b", 0.0, "b")
    assert len(fop.requests) == 1
    fop.requests.popleft()
    fop.answered(Kind.AD, 0.0, accepted=True)
    assert len(fop.requests) == 1


@pytest.mark.parametrize("state", [S1, S2, S3])
def test_only_one_waits(state: State) -> None:
    fop = in_state(state)
    fop.set_window(UNDER_WAY, 0.0)
    fop.transfer(b"waits", 0.0, "waits")
    fop.transfer(b"more", 0.0, "more")
    assert tags(fop, REJECTED) == ["more"]


def test_only_one_waits_in_a_suspended_service() -> None:
    fop = in_state(S3, timeout_type=1, count=3)
    fop.transfer(b"waits", 0.0, "waits")
    fop.tick(T1)
    fop.transfer(b"more", T1, "more")
    assert tags(fop, REJECTED) == ["more"]


@pytest.mark.parametrize("state", [S1, S2])
def test_data_goes_out_while_frames_are_under_way(state: State) -> None:
    fop = in_state(state)
    fop.transfer(b"data", 0.0, "data")
    assert numbers(sent(fop)) == [(FIRST + UNDER_WAY) % 256]


@pytest.mark.parametrize("state", [S4, S5, S6])
def test_data_in_sequence_is_rejected_before_the_service_has_begun(state: State) -> None:
    fop = in_state(state)
    fop.transfer(b"data", 0.0, "data")
    assert tags(fop, REJECTED) == ["data"]


def test_while_the_far_end_waits_data_waits_too() -> None:
    fop = in_state(S3)
    fop.transfer(b"data", 0.0, "data")
    assert sent(fop) == []
    fop.hear(report(0, retransmit=True), 1.0)
    assert numbers(sent(fop)) == [*NUMBERS, (FIRST + 3) % 256]


@pytest.mark.parametrize("state", list(State))
def test_bypassing_data_goes_out_in_every_state_once(state: State) -> None:
    fop = in_state(state)
    fop.transfer_bypass(b"now", 0.0, "one")
    fop.transfer_bypass(b"then", 0.0, "two")
    assert sent(fop) == [Frame(Kind.BD, b"now")]
    assert tags(fop, ACCEPTED) == ["one"]
    assert tags(fop, REJECTED) == ["two"]
    assert fop.state is state


BEGINNINGS: dict[str, tuple[Callable[[Fop], None], State, list[Frame]]] = {
    "E23": (lambda fop: fop.initiate(0.0, "begin"), S1, []),
    "E24": (lambda fop: fop.initiate_with_check(0.0, "begin"), S4, []),
    "E25": (lambda fop: fop.initiate_with_unlock(0.0, "begin"), S5, [Frame(Kind.BC, UNLOCK)]),
    "E27": (lambda fop: fop.initiate_with_set(77, 0.0, "begin"), S5, [Frame(Kind.BC, set_v(77))]),
}


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("event", BEGINNINGS)
def test_a_service_begins_from_the_initial_state_only(event: str, state: State) -> None:
    begin, after, frames = BEGINNINGS[event]
    fop = in_state(state)
    begin(fop)
    if state is not S6:
        assert (fop.state, tags(fop, REJECTED)) == (state, ["begin"])
        return
    assert fop.state is after
    assert sent(fop) == frames
    assert tags(fop, ACCEPTED) == ["begin"]
    assert tags(fop, CONFIRMED) == (["begin"] if after is S1 else [])
    assert (fop.deadline is None) == (after is S1)
    if event == "E27":
        assert (fop.next, fop.expected) == (77, 77)
        fop.hear(Clcw(77), 1.0)
        assert fop.state is S1


@pytest.mark.parametrize("event", BEGINNINGS)
def test_to_begin_anew_gives_up_what_was_suspended(event: str) -> None:
    fop = in_state(S3, timeout_type=1, count=3)
    fop.transfer(b"waits", 0.0, "waits")
    fop.tick(T1)
    fop.notices.clear()
    BEGINNINGS[event][0](fop)
    assert tags(fop, FAILED) == [0, 1, 2]
    assert tags(fop, REJECTED) == ["waits"]
    assert (fop.suspended, fop.count) == (0, 1)
    assert fop.expected == fop.next


@pytest.mark.parametrize("state", [S1, S2, S3, S4, S5])
def test_no_beginning_is_taken_while_a_control_command_is_on_its_way(state: State) -> None:
    fop = in_state(state)
    fop._ready[Kind.BC] = False
    fop.initiate_with_unlock(0.0, "unlock")
    fop.initiate_with_set(1, 0.0, "set")
    assert tags(fop, REJECTED) == ["unlock", "set"]
    assert fop.state is state


def test_a_control_command_goes_again_once_the_first_has_gone() -> None:
    fop = Fop(timer_s=T1)
    fop.initiate_with_unlock(0.0)
    fop.requests.clear()  # taken, and not answered yet
    fop.tick(T1)
    assert not fop.requests
    fop.answered(Kind.BC, T1, accepted=True)
    assert sent(fop) == [Frame(Kind.BC, UNLOCK)]
    fop.hear(Clcw(0), 4.0)
    assert (fop.state, fop._control) == (S1, None)


def test_a_control_command_is_not_asked_for_while_one_is_on_its_way() -> None:
    fop = Fop()
    fop.initiate_with_unlock(0.0)
    fop.requests.clear()  # taken, and not answered yet
    fop.terminate(0.0)
    fop.notices.clear()
    fop.initiate_with_unlock(0.0, "unlock")  # E26
    fop.initiate_with_set(1, 0.0, "set")  # E28
    assert tags(fop, REJECTED) == ["unlock", "set"]
    fop.answered(Kind.BC, 0.0, accepted=True)
    fop.initiate_with_unlock(0.0, "unlock")
    assert fop.state is S5


@pytest.mark.parametrize("state", list(State))
def test_terminating_ends_everything(state: State) -> None:
    fop = in_state(state)
    fop.terminate(1.0, "end")
    assert fop.state is S6
    assert alerts(fop) == ([] if state is S6 else [Alert.TERM])
    assert tags(fop, ACCEPTED) == tags(fop, CONFIRMED) == ["end"]
    failed = [0, 1, 2] if state < S4 else ["begin"] if state < S6 else []
    assert tags(fop, FAILED) == failed
    assert fop.deadline is None


@pytest.mark.parametrize("state", list(State))
def test_settings_are_taken_in_every_state_and_wrong_ones_never(state: State) -> None:
    fop = in_state(state)
    fop.set_window(4, 0.0, "window")
    fop.set_timer(9.0, 0.0, "timer")
    fop.set_limit(7, 0.0, "limit")
    fop.set_timeout_type(1, 0.0, "type")
    assert tags(fop, ACCEPTED) == tags(fop, CONFIRMED) == ["window", "timer", "limit", "type"]
    assert (fop._window, fop._timer_s, fop._limit, fop._timeout_type) == (4, 9.0, 7, 1)
    fop.notices.clear()
    for bad in (0, 256):
        fop.set_window(bad, 0.0, "window")
    fop.set_timer(0.0, 0.0, "timer")
    fop.set_limit(0, 0.0, "limit")
    fop.set_timeout_type(2, 0.0, "type")
    fop.set_next(256, 0.0, "next")
    fop.initiate_with_set(256, 0.0, "set")
    assert len(tags(fop, REJECTED)) == len(fop.notices) == 7
    assert fop.state is state


@pytest.mark.parametrize("state", list(State))
def test_the_next_number_is_set_only_before_the_service_begins(state: State) -> None:
    fop = in_state(state)
    fop.set_next(9, 0.0, "next")
    assert tags(fop, CONFIRMED if state is S6 else REJECTED) == ["next"]
    assert tags(fop, ACCEPTED) == (["next"] if state is S6 else [])
    assert (fop.next == 9) == (state is S6)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("state", list(State))
def test_what_cannot_be_sent_ends_the_service(state: State, kind: Kind) -> None:
    fop = in_state(state)
    if kind is Kind.BD:
        fop.transfer_bypass(b"data", 0.0, "data")
        fop.requests.clear()
    fop._ready[kind] = False
    fop.answered(kind, 0.0, accepted=False)
    assert fop.state is S6
    assert alerts(fop) == ([] if state is S6 else [Alert.LLIF])
    assert tags(fop, REJECTED) == (["data"] if kind is Kind.BD else [])
    assert fop._ready[kind]  # and the next may be asked for


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("state", list(State))
def test_what_was_sent_makes_way_for_the_next(state: State, kind: Kind) -> None:
    fop = in_state(state)
    fop._ready[kind] = False
    fop.answered(kind, 0.0, accepted=True)
    assert fop._ready[kind]
    assert fop.state is state


def test_retransmission_takes_back_what_was_not_yet_sent() -> None:
    fop = active(frames=2)
    fop.transfer(b"2", 0.0, 2)  # asked for, and not taken
    fop.hear(report(0, retransmit=True), 1.0)
    assert numbers(sent(fop)) == NUMBERS


def test_the_transmission_count_begins_anew_with_each_frame_that_arrives() -> None:
    fop = active(limit=2)
    fop.tick(T1)
    assert fop.count == 2
    fop.hear(report(1), 4.0)
    assert (fop.count, fop.state) == (1, S1)


def test_the_table_is_whole() -> None:
    assert set(TABLE) == {f"E{n}" for n in (*range(1, 47), *range(101, 105))}
    assert all(len(row) == 6 for row in TABLE.values())


clcws = st.builds(
    Clcw, st.integers(0, 255), st.booleans(), st.booleans(), st.booleans(), st.integers(0, 3)
)


@given(st.data())
def test_whatever_happens_every_request_is_answered_and_nothing_raises(draw: st.DataObject) -> None:
    """Frames and directives in any order, any control words: no event that the table rules out, and
    at the end every piece of data is confirmed, rejected or failed, once."""
    fop = Fop(limit=draw.draw(st.integers(1, 3)), timeout_type=draw.draw(st.integers(0, 1)))
    fop.set_window(draw.draw(st.integers(1, 5)), 0.0)
    now, tag = 0.0, 0

    def answer_one() -> None:
        if fop.requests:
            kind = fop.requests.popleft().kind
            fop.answered(kind, now, accepted=draw.draw(st.booleans()))

    actions: list[Callable[[], object]] = [
        lambda: fop.transfer(b"ad", now, tag),
        lambda: fop.transfer_bypass(b"bd", now, ("bypass", tag)),
        lambda: fop.initiate(now),
        lambda: fop.initiate_with_check(now),
        lambda: fop.initiate_with_unlock(now),
        lambda: fop.initiate_with_set(tag % 256, now),
        lambda: fop.terminate(now),
        lambda: fop.resume(now),
        lambda: fop.set_next(tag % 256, now),
        lambda: fop.hear(draw.draw(clcws), now),
        lambda: fop.hear(Clcw(fop.next), now),
        lambda: fop.hear(Clcw(fop.expected, retransmit=True), now),
        lambda: fop.hear(None, now),
        lambda: sent(fop, now),
        answer_one,
    ]
    submitted = []
    for action in draw.draw(st.lists(st.sampled_from(actions), max_size=60)):
        now += draw.draw(st.sampled_from([0.0, 1.0, 4.0]))
        fop.tick(now)
        tag += 1
        if action is actions[0]:
            submitted.append(tag)
        action()
        assert (fop.suspended > 0) <= (fop.state is S6)
        assert (fop.next - fop.expected) % 256 <= 5
    fop.terminate(now)
    fop.initiate(now)
    last = [
        n.tag
        for n in fop.notices
        if isinstance(n, Answer) and isinstance(n.tag, int) and n.outcome is not ACCEPTED
    ]
    assert sorted(last) == submitted
