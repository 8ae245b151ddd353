"""Do files arrive whole, over whatever link, and does the sender end in whatever case?

The ground is cfdp-py's receiving entity; PDUs are compared with what spacepackets makes of them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.dictionary.events import EVENTS
from fsw.link.filelayout import SEGMENT
from tests.fsw.filelink import FILE, Clock, Link, Lost, Spacecraft, nothing

SIZES = (0, 1, 3, 4, SEGMENT - 1, SEGMENT, SEGMENT + 1, 8 * SEGMENT, 8 * SEGMENT + 2)


def content(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


@pytest.fixture(scope="module", autouse=True)
def clock() -> Iterator[Clock]:
    """In place of the time of day in cfdp-py's timers."""
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock()
        patch.setattr("spacepackets.countdown.time_ms", clock)
        yield clock


def losing(seed: int, share: float) -> Lost:
    draws = random.Random(seed)
    return lambda _: draws.random() < share


def begun(
    clock: Clock, octets: bytes, acknowledged: bool = True, down: Lost = nothing, up: Lost = nothing
) -> Link:
    spacecraft = Spacecraft({0: octets})
    assert spacecraft.sender.send(FILE, acknowledged)
    return Link(spacecraft, clock, down, up)


def names(spacecraft: Spacecraft) -> list[str]:
    return [EVENTS[row][0] for row in spacecraft.reports()]


@pytest.mark.parametrize("acknowledged", [False, True], ids=["class 1", "class 2"])
@pytest.mark.parametrize("size", SIZES)
def test_a_file_of_any_size_arrives(size: int, acknowledged: bool, clock: Clock) -> None:
    octets = content(size)
    link = begun(clock, octets, acknowledged)
    link.run()
    (file,) = link.ground.finished
    assert file.complete
    assert bytes(file.data) == octets
    assert file.name == "blackbox.log"
    assert names(link.spacecraft) == [
        "FILE_BEGUN", "FILE_DELIVERED" if acknowledged else "FILE_SENT"
    ]  # fmt: skip
    assert link.spacecraft.values["FILE_STATE"] == 0
    assert link.spacecraft.values["FILE_PROGRESS"] == size
    assert link.spacecraft.values["FILE_PDUS_REFUSED"] == link.ground.refused == 0


@pytest.mark.parametrize("seed", range(4))
def test_class_2_delivers_over_a_link_that_loses_a_tenth_both_ways(seed: int, clock: Clock) -> None:
    octets = content(20_001, seed)
    link = begun(clock, octets, down=losing(seed, 0.1), up=losing(seed + 100, 0.1))
    link.run()
    (file,) = link.ground.finished
    assert file.complete
    assert bytes(file.data) == octets
    assert link.lost_down > 10
    assert link.lost_up > 0
    assert names(link.spacecraft)[-1] == "FILE_DELIVERED"
    assert link.spacecraft.values["FILES_DELIVERED"] == 1


@settings(max_examples=60, deadline=None)
@given(
    size=st.one_of(st.sampled_from(SIZES), st.integers(0, 3000)),
    down=st.lists(st.booleans(), max_size=60),
    up=st.lists(st.booleans(), max_size=10),  # FINISHED_LIMIT is more
)
def test_class_2_delivers_whatever_is_lost_first(
    size: int, down: list[bool], up: list[bool], clock: Clock
) -> None:
    """Any PDUs of the first ones may be lost, as long as the link works some day."""
    octets = content(size)
    link = begun(
        clock, octets, down=lambda _: bool(down) and down.pop(), up=lambda _: bool(up) and up.pop()
    )
    link.spacecraft.set("FILE_ACK_LIMIT", 100)
    link.run()
    (file,) = link.ground.finished
    assert file.complete
    assert bytes(file.data) == octets
    assert link.spacecraft.values["FILES_DELIVERED"] == 1
