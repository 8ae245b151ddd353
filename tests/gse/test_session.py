"""Does every command arrive once and in order, whatever a link does to frames and control words?"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gse.keys import Key
from gse.uplink import cltu
from gse.uplink.clcw import Clcw
from gse.uplink.fop import Alert, Fop
from gse.uplink.frame import UNLOCK, Frame, Kind, seal, set_v
from gse.uplink.numbers import Numbers
from gse.uplink.packet import telecommand
from gse.uplink.security import Security
from gse.uplink.session import Session
from tests.fsw.forging import CHANNEL, KEY, KEY_ID, SPACECRAFT
from tests.spacecraft import Open, Secured

STEP_S = 0.25
CONTROL_WORD_S = 1.0
DELAY_S = 0.5
PATIENCE_S = 600.0
WINDOW = 8  # of FARM-1: small, so that it is left often
UNDER_WAY = 4

Fate = list[float]  # by how many seconds each copy of a frame is late; none: it is lost


def unsecured(frame: Frame) -> bytes:
    return seal(frame.encode(SPACECRAFT, CHANNEL))


def packet(number: int) -> bytes:
    return telecommand("PARAMETER_SET", {"parameter": 1, "value": number}, number)


class Link:
    """A session and a spacecraft, with a link between them that fails as it is told, then works."""

    def __init__(
        self,
        spacecraft: Open | Secured,
        encode: Callable[[Frame], bytes],
        fates: list[Fate],
        heard: list[bool],
        *,
        window: int = UNDER_WAY,
    ) -> None:
        self.spacecraft = spacecraft
        self.now = 0.0
        self.frames = 0
        self._encode = encode
        self._fates = iter(fates)
        self._heard = iter(heard)
        self._order = count()
        self._flying: list[tuple[float, int, bytes]] = []
        self.fop = Fop(CHANNEL, window=window, timer_s=4.0, limit=3)
        self.session = Session(self.fop, self.send)

    def send(self, frame: Frame) -> bool:
        self.frames += 1
        octets = cltu.encode(self._encode(frame))
        for late in next(self._fates, [0.0]):
            heapq.heappush(self._flying, (self.now + DELAY_S + late, next(self._order), octets))
        return True

    def step(self) -> None:
        self.now += STEP_S
        while self._flying and self._flying[0][0] <= self.now:
            self.spacecraft.deliver(heapq.heappop(self._flying)[2])
        if self.now % CONTROL_WORD_S == 0 and next(self._heard, True):
            self.session.hear(self.spacecraft.clcw(), self.now)
        self.session.tick(self.now)

    def run(self) -> None:
        while not self.session.done:
            assert not self.session.lost
            assert self.now < PATIENCE_S, "the link works, and commands still do not arrive"
            self.step()


def assert_exactly_once(link: Link, commands: int) -> None:
    """Now, and when the last late copy has come."""
    for number in range(commands):
        link.session.submit(packet(number), link.now)
        link.step()
    link.run()
    assert link.spacecraft.packets == [packet(number) for number in range(commands)]
    for _ in range(200):
        link.step()
    assert link.spacecraft.packets == [packet(number) for number in range(commands)]
    assert link.session.delivered == commands


lateness = st.one_of(st.just(0.0), st.floats(0.0, 40.0, allow_nan=False))
fates = st.lists(st.lists(lateness, max_size=3), max_size=60)
words = st.lists(st.booleans(), max_size=60)
commands = st.integers(1, 40)


@settings(max_examples=200)
@given(fates, words, commands)
def test_every_command_arrives_once_and_in_order(
    fates: list[Fate], heard: list[bool], commands: int
) -> None:
    """Frames lost, doubled and overtaken, control words lost, and FARM-1's window left."""
    assert_exactly_once(Link(Open(WINDOW), unsecured, fates, heard), commands)


@settings(max_examples=60)
@given(fates, words, commands)
def test_authenticated_commands_arrive_once_and_in_order(
    fates: list[Fate], heard: list[bool], commands: int
) -> None:
    """What is late is a replay then, and sent again with a new number."""
    security = Security(KEY, Numbers(), SPACECRAFT, CHANNEL)
    link = Link(Secured(), security.protect, fates, heard, window=16)
    assert_exactly_once(link, commands)


def test_on_a_good_link_each_command_is_sent_once() -> None:
    link = Link(Open(WINDOW), unsecured, [], [])
    assert_exactly_once(link, 20)
    assert link.frames == 20


def test_more_commands_than_the_count_has_values() -> None:
    security = Security(KEY, Numbers(), SPACECRAFT, CHANNEL)
    lossy: list[Fate] = [[] if n % 3 == 1 else [0.0] for n in range(500)]
    link = Link(Secured(), security.protect, lossy, [n % 2 == 0 for n in range(300)], window=16)
    assert_exactly_once(link, 600)


def begun(spacecraft: Open | Secured, encode: Callable[[Frame], bytes] = unsecured) -> Link:
    """A session in which three commands have arrived."""
    link = Link(spacecraft, encode, [], [])
    for number in range(3):
        link.session.submit(packet(number), link.now)
    link.run()
    return link


def test_a_lockout_is_recovered_by_unlock_and_nothing_is_lost() -> None:
    spacecraft = Open(WINDOW)
    link = begun(spacecraft)
    spacecraft.deliver(cltu.encode(unsecured(Frame(Kind.AD, packet(99), 128))))
    assert spacecraft.clcw().lockout
    for number in range(3, 6):
        link.session.submit(packet(number), link.now)
    link.run()
    assert spacecraft.packets == [packet(number) for number in range(6)]
    assert Alert.LOCKOUT in link.session.heard
    assert not spacecraft.clcw().lockout
    assert spacecraft.clcw().farm_b == 1


def test_a_far_end_without_room_is_waited_for() -> None:
    spacecraft = Open(WINDOW)
    link = begun(spacecraft)
    spacecraft.room = False
    link.session.submit(packet(3), link.now)
    for _ in range(60):
        link.step()
    assert len(spacecraft.packets) == 3
    spacecraft.room = True
    spacecraft.farm.release()
    link.run()
    assert spacecraft.packets == [packet(number) for number in range(4)]


@pytest.mark.parametrize("behind", [0, 1, 100])
def test_a_session_begins_wherever_the_spacecraft_is(behind: int) -> None:
    spacecraft = Open(WINDOW)
    spacecraft.deliver(cltu.encode(unsecured(Frame(Kind.BC, set_v(256 - behind & 0xFF)))))
    begun(spacecraft)
    assert len(spacecraft.packets) == 3


def test_a_link_that_is_away_for_long_loses_nothing() -> None:
    spacecraft = Open(WINDOW)
    link = begun(spacecraft)
    link._fates = iter([[]] * 40)
    link._heard = iter([False] * 60)
    for number in range(3, 9):
        link.session.submit(packet(number), link.now)
    link.run()
    assert spacecraft.packets == [packet(number) for number in range(9)]
    assert Alert.T1 in link.session.heard


def test_a_spacecraft_that_has_forgotten_where_it_was_is_noticed_and_nothing_is_sent() -> None:
    link = begun(Open(WINDOW))
    link.spacecraft = Open(WINDOW)
    link.session.submit(packet(3), link.now)
    for _ in range(80):
        link.step()
    assert link.session.lost
    assert not link.session.done
    frames = link.frames
    for _ in range(80):
        link.step()
    assert link.frames == frames
    assert link.spacecraft.packets == []


def test_a_word_that_makes_no_sense_once_does_not_lose_the_session() -> None:
    link = begun(Open(WINDOW))
    link.session.hear(Clcw(200), link.now)
    link.session.submit(packet(3), link.now)
    link.run()
    assert not link.session.lost
    assert link.spacecraft.packets[3:] == [packet(3)]


def test_a_transmitter_that_refuses_is_tried_again() -> None:
    spacecraft = Open(WINDOW)
    refused = [False, True, False, True]

    def send(frame: Frame) -> bool:
        if refused and not refused.pop(0):
            return False
        spacecraft.deliver(cltu.encode(unsecured(frame)))
        return True

    session = Session(Fop(window=UNDER_WAY), send)
    for number in range(4):
        session.submit(packet(number), 0.0)
    for second in range(1, 20):
        session.hear(spacecraft.clcw(), float(second))
    assert spacecraft.packets == [packet(number) for number in range(4)]
    assert Alert.LLIF in session.heard


def test_control_words_of_other_channels_are_not_ours() -> None:
    link = begun(Open(WINDOW))
    link.session.submit(packet(3), link.now)
    link.session.hear(Clcw(77, lockout=True, virtual_channel=9), link.now)
    link.run()
    assert not any(isinstance(notice, Alert) for notice in link.session.heard)


def test_with_authentication_an_attacker_can_neither_lock_nor_move_the_channel() -> None:
    """Frames of his own, control commands among them, and everything he has heard, over again."""
    security = Security(KEY, Numbers(), SPACECRAFT, CHANNEL)
    spacecraft = Secured()
    heard: list[bytes] = []

    def encode(frame: Frame) -> bytes:
        heard.append(security.protect(frame))
        return heard[-1]

    link = begun(spacecraft, encode)
    before = spacecraft.clcw()
    other = Security(Key(KEY_ID, bytes(32)), Numbers(1000), SPACECRAFT, CHANNEL)
    forged = [
        Frame(Kind.AD, packet(9), before.report),
        Frame(Kind.AD, packet(9), (before.report + 128) % 256),
        Frame(Kind.BD, packet(9)),
        Frame(Kind.BC, UNLOCK),
        Frame(Kind.BC, set_v(77)),
    ]
    for octets in [*map(other.protect, forged), *map(unsecured, forged), *heard]:
        spacecraft.deliver(cltu.encode(octets))
        assert spacecraft.clcw() == before
    assert len(spacecraft.packets) == 3
    link.session.submit(packet(3), link.now)
    link.run()
    assert spacecraft.packets[3:] == [packet(3)]
