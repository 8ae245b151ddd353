"""Which frame is sent next, and when again? FOP-1, the sending end of COP-1.

The frame operation procedure of CCSDS 232.1-B-2 section 5, for one virtual channel. TABLE is the
standard's table 5-1: events E1 .. E46 and E101 .. E104, states S1 .. S6, actions by the standard's
names. Nothing here waits: whoever calls says what time it is, takes from `requests` what the
procedures below are to send and answers each, and takes from `notices` what the user is to know.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, IntEnum

from gse.uplink.clcw import Clcw
from gse.uplink.frame import UNLOCK, Frame, Kind, set_v

_MODULUS = 256


class State(IntEnum):
    """Of the service that sends frames in sequence."""

    ACTIVE = 1
    RETRANSMIT_WITHOUT_WAIT = 2
    RETRANSMIT_WITH_WAIT = 3
    INITIALISING_WITHOUT_BC = 4
    INITIALISING_WITH_BC = 5
    INITIAL = 6


class Alert(Enum):
    """Why the service ended."""

    LIMIT = "limit"  # frames were asked for again, and may be sent only once
    T1 = "t1"  # nothing was heard, and the limit of transmissions is reached
    LOCKOUT = "lockout"  # FARM-1 is locked
    SYNCH = "synch"  # flags that do not go with what was sent
    NNR = "nnr"  # a report of a frame that was not sent, or not of the last ones
    CLCW = "clcw"  # a control word that cannot be
    LLIF = "llif"  # the procedures below cannot send
    TERM = "term"  # as the user wished


class Outcome(Enum):
    """ACCEPTED: taken, of data that is: sent for the first time. REJECTED: not taken, or not sent.
    CONFIRMED: data arrived, or a directive is carried out. FAILED: perhaps not."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CONFIRMED = "confirmed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """To a request of the user, by the tag it came with."""

    tag: object
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Suspended:
    """The limit of transmissions is reached; resume() goes on from this state."""

    state: State


Notice = Answer | Alert | Suspended


@dataclass(slots=True)
class _Sent:
    """A frame in the sent queue."""

    frame: Frame
    tag: object
    again: bool = False  # To_Be_Retransmitted


def _always(actions: str) -> tuple[str, ...]:
    return (actions,) * 6


def _initial(actions: str) -> tuple[str, ...]:
    return ("reject",) * 5 + (actions,)


def _suspended(actions: str) -> tuple[str, ...]:
    return ("n/a",) * 5 + (actions,)


# One row an event, one column a state. Actions are methods of Fop; a number is the next state, an
# alert ends in S6; "" is nothing; "n/a" cannot be. What the procedures below refuse makes room for
# the next request, too.
TABLE: dict[str, tuple[str, ...]] = {
    # S1, S2, S3, S4, S5, S6
    "E1": ("", "synch", "synch", "begun cancel 1", "begun release cancel 1", ""),
    "E2": ("remove cancel look", "remove cancel look 1", "remove cancel look 1", "n/a", "n/a", ""),
    "E3": ("clcw_alert", "clcw_alert", "clcw_alert", "clcw_alert", "clcw_alert", ""),
    "E4": ("synch", "synch", "synch", "synch", "", ""),
    "E5": ("", "synch", "synch", "n/a", "n/a", ""),
    "E6": ("remove look", "remove look 1", "remove look 1", "n/a", "n/a", ""),
    "E7": ("clcw_alert", "clcw_alert", "clcw_alert", "n/a", "n/a", ""),
    "E101": ("remove limit", "remove limit", "remove limit", "n/a", "n/a", ""),
    "E102": ("limit", "limit", "limit", "n/a", "n/a", ""),
    "E8": ("remove again look 2", "remove again look", "remove again look 2", "n/a", "n/a", ""),
    "E9": ("remove 3", "remove 3", "remove", "n/a", "n/a", ""),
    "E10": ("again look 2", "", "again look 2", "n/a", "n/a", ""),
    "E11": ("3", "3", "", "n/a", "n/a", ""),
    "E12": ("2", "", "2", "n/a", "n/a", ""),
    "E103": ("3", "3", "", "n/a", "n/a", ""),
    "E13": ("nnr", "nnr", "nnr", "nnr", "", ""),
    "E14": ("lockout", "lockout", "lockout", "lockout", "", ""),
    "E15": ("clcw_alert", "clcw_alert", "clcw_alert", "clcw_alert", "clcw_alert", ""),
    # The timer has run out: transmissions below the limit (E16, E104) or at it (E17, E18); timeout
    # type 0 (E16, E17) or 1 (E104, E18).
    "E16": ("again look", "again look", "", "t1", "again_bc look_bc", "n/a"),
    "E104": ("again look", "again look", "", "suspend", "again_bc look_bc", "n/a"),
    "E17": ("t1", "t1", "t1", "t1", "t1", "n/a"),
    "E18": ("suspend", "suspend", "suspend", "suspend", "t1", "n/a"),
    # Data to be sent.
    "E19": ("add look", "add look", "add", "reject", "reject", "reject"),
    "E20": _always("reject"),
    "E21": _always("send_bd"),
    "E22": _always("reject"),
    # Directives.
    "E23": _initial("accept initialise confirm 1"),
    "E24": _initial("accept initialise hold start 4"),
    "E25": _initial("accept initialise hold send_unlock 5"),
    "E26": _always("reject"),
    "E27": _initial("accept initialise hold set_vs send_set 5"),
    "E28": _always("reject"),
    "E29": ("accept term confirm",) * 5 + ("accept confirm",),
    "E30": _always("reject"),
    "E31": _suspended("accept resume confirm 1"),
    "E32": _suspended("accept resume confirm 2"),
    "E33": _suspended("accept resume confirm 3"),
    "E34": _suspended("accept resume confirm 4"),
    "E35": _initial("accept set_vs confirm"),
    "E36": _always("accept set_window confirm"),
    "E37": _always("accept set_timer confirm"),
    "E38": _always("accept set_limit confirm"),
    "E39": _always("accept set_timeout_type confirm"),
    "E40": _always("reject"),
    # Answers of the procedures below.
    "E41": ("ad_ready look", "ad_ready look", "ad_ready", "ad_ready", "ad_ready", "ad_ready"),
    "E42": ("ad_ready llif",) * 5 + ("ad_ready",),
    "E43": ("bc_ready",) * 4 + ("bc_ready look_bc", "bc_ready"),
    "E44": ("bc_ready llif",) * 5 + ("bc_ready",),
    "E45": _always("bd_ready bd_accept"),
    "E46": ("bd_ready bd_reject llif",) * 5 + ("bd_ready bd_reject",),
}

_ANSWERS = {Kind.AD: ("E41", "E42"), Kind.BC: ("E43", "E44"), Kind.BD: ("E45", "E46")}


class Fop:
    """State of one virtual channel. Times are seconds of any clock that never runs back."""

    def __init__(
        self,
        virtual_channel: int = 0,
        *,
        window: int = 16,
        timer_s: float = 3.0,
        limit: int = 5,
        timeout_type: int = 0,
    ) -> None:
        """window: frames under way at once, at most half of FARM-1's window; timer_s: T1_Initial,
        longer than the way there and back; limit: transmissions of one frame; timeout_type: 0 gives
        up at the limit, 1 suspends."""
        self.state = State.INITIAL
        self.next = 0  # V(S)
        self.expected = 0  # NN(R)
        self.count = 1  # Transmission_Count
        self.suspended = 0  # SS
        self.deadline: float | None = None  # when tick() is due
        self.requests: deque[Frame] = deque()
        self.notices: deque[Notice] = deque()
        self.virtual_channel = virtual_channel
        self._window = window
        self._timer_s = timer_s
        self._limit = limit
        self._timeout_type = timeout_type
        self._waiting: tuple[bytes, object] | None = None  # Wait_Queue, which holds one
        self._sent: deque[_Sent] = deque()  # Sent_Queue
        self._control: _Sent | None = None  # the copy of a BC frame
        self._ready = dict.fromkeys(Kind, True)  # AD_Out_Flag, BC_Out_Flag, BD_Out_Flag
        self._initiating: list[object] = []  # tag of the directive under way
        self._bd_tag: object = None
        # Of the event under way:
        self._now = 0.0
        self._tag: object = None
        self._data = b""
        self._value = 0.0
        self._report = 0  # N(R)

    @property
    def takes_data(self) -> bool:
        """Whether transfer() takes a packet in sequence now."""
        return self.state <= State.RETRANSMIT_WITH_WAIT and self._waiting is None

    # What the user asks for. Each is answered by its tag.

    def transfer(self, data: bytes, now: float, tag: object) -> None:
        """Sends data in sequence, until it has arrived."""
        self._data = data
        self._run("E20" if self._waiting else "E19", now, tag)

    def transfer_bypass(self, data: bytes, now: float, tag: object) -> None:
        """Sends data once, whatever the state."""
        self._data = data
        self._run("E21" if self._ready[Kind.BD] else "E22", now, tag)

    def initiate(self, now: float, tag: object = None) -> None:
        """Begins at once."""
        self._run("E23", now, tag)

    def initiate_with_check(self, now: float, tag: object = None) -> None:
        """Begins once a control word reports the frame that would be sent next."""
        self._run("E24", now, tag)

    def initiate_with_unlock(self, now: float, tag: object = None) -> None:
        """Unlocks FARM-1, then begins."""
        self._run("E25" if self._ready[Kind.BC] else "E26", now, tag)

    def initiate_with_set(self, value: int, now: float, tag: object = None) -> None:
        """Sets V(R) and V(S), then begins."""
        if not 0 <= value < _MODULUS:
            self._run("E40", now, tag)
            return
        self._value = value
        self._run("E27" if self._ready[Kind.BC] else "E28", now, tag)

    def terminate(self, now: float, tag: object = None) -> None:
        """Ends; what is under way may have arrived or not."""
        self._run("E29", now, tag)

    def resume(self, now: float, tag: object = None) -> None:
        """Goes on after a suspension."""
        self._run(f"E{30 + self.suspended}", now, tag)

    def set_next(self, value: int, now: float, tag: object = None) -> None:
        """Sets V(S): the number of the next frame."""
        valid = 0 <= value < _MODULUS and not self.suspended
        self._set("E35" if valid else "E40", value, now, tag)

    def set_window(self, value: int, now: float, tag: object = None) -> None:
        """Frames under way at once, 1 .. 255."""
        self._set("E36" if 1 <= value < _MODULUS else "E40", value, now, tag)

    def set_timer(self, value: float, now: float, tag: object = None) -> None:
        """T1_Initial, seconds."""
        self._set("E37" if value > 0 else "E40", value, now, tag)

    def set_limit(self, value: int, now: float, tag: object = None) -> None:
        """Transmissions of one frame, at least one."""
        self._set("E38" if value >= 1 else "E40", value, now, tag)

    def set_timeout_type(self, value: int, now: float, tag: object = None) -> None:
        """0: an alert at the limit; 1: a suspension."""
        self._set("E39" if value in {0, 1} else "E40", value, now, tag)

    # What comes from elsewhere.

    def hear(self, clcw: Clcw | None, now: float) -> None:
        """A control word has come; None: one that cannot be."""
        if clcw is None:
            self._run("E15", now)
        elif clcw.virtual_channel == self.virtual_channel:
            self._report = clcw.report
            self._run(self._event_of(clcw), now)

    def tick(self, now: float) -> None:
        """It is so late; due at `deadline`, harmless before."""
        if self.deadline is None or now < self.deadline:
            return
        self.deadline = None
        if self.count < self._limit:
            self._run("E104" if self._timeout_type else "E16", now)
        else:
            self._run("E18" if self._timeout_type else "E17", now)

    def answered(self, kind: Kind, now: float, *, accepted: bool) -> None:
        """The procedures below have sent a frame of `requests`, or cannot."""
        done, refused = _ANSWERS[kind]
        self._run(done if accepted else refused, now)

    def _event_of(self, clcw: Clcw) -> str:
        arrived = (clcw.report - self.expected) % _MODULUS
        sent = (self.next - self.expected) % _MODULUS
        if clcw.lockout:
            return "E14"
        if arrived > sent:
            return "E13"
        if arrived < sent and clcw.retransmit:
            return self._event_of_loss(arrived, clcw.wait)
        if clcw.retransmit:
            return "E4"
        row = ("E1", "E2", "E3", "E3") if arrived == sent else ("E5", "E6", "E7", "E7")
        return row[(arrived > 0) + 2 * clcw.wait]

    def _event_of_loss(self, arrived: int, wait: bool) -> str:
        """Frames are asked for again."""
        if self._limit == 1:
            return "E101" if arrived else "E102"
        if arrived:
            return "E9" if wait else "E8"
        if self.count < self._limit:
            return "E11" if wait else "E10"
        return "E103" if wait else "E12"

    def _set(self, event: str, value: float, now: float, tag: object) -> None:
        self._value = value
        self._run(event, now, tag)

    def _run(self, event: str, now: float, tag: object = None) -> None:
        self._now = now
        self._tag = tag
        for action in _CELLS[event][self.state - 1]:
            action(self)

    # Actions, by the names of section 5.2 of the standard.

    def _answer(self, tag: object, outcome: Outcome) -> None:
        self.notices.append(Answer(tag, outcome))

    def _accept(self) -> None:
        self._answer(self._tag, Outcome.ACCEPTED)

    def _reject(self) -> None:
        self._answer(self._tag, Outcome.REJECTED)

    def _hold(self) -> None:
        """The directive is confirmed later."""
        self._initiating = [self._tag]

    def _confirm(self) -> None:
        self._answer(self._tag, Outcome.CONFIRMED)

    def _begun(self) -> None:
        """Confirms the directive that was held."""
        self._answer(self._initiating.pop(), Outcome.CONFIRMED)

    def _initialise(self) -> None:
        self._purge()
        self.count = 1
        self.suspended = 0

    def _purge(self) -> None:
        """Both queues."""
        for sent in self._sent:
            self._answer(sent.tag, Outcome.FAILED)
        self._sent.clear()
        self._control = None
        self.expected = self.next
        if self._waiting:
            self._answer(self._waiting[1], Outcome.REJECTED)
            self._waiting = None

    def _start(self) -> None:
        self.deadline = self._now + self._timer_s

    def _cancel(self) -> None:
        self.deadline = None

    def _add(self) -> None:
        self._waiting = (self._data, self._tag)

    def _remove(self) -> None:
        """What is acknowledged leaves the sent queue."""
        while self.expected != self._report:
            self._answer(self._sent.popleft().tag, Outcome.CONFIRMED)
            self.expected = (self.expected + 1) % _MODULUS
        self.count = 1

    def _look(self) -> None:
        """Look for FDU: one frame that is due again, or else a new one."""
        if not self._ready[Kind.AD]:
            return
        for sent in self._sent:
            if sent.again:
                sent.again = False
                self._request(sent.frame)
                return
        if self._waiting and len(self._sent) < self._window:
            data, tag = self._waiting
            self._waiting = None
            self._answer(tag, Outcome.ACCEPTED)
            self._send_ad(Frame(Kind.AD, data, self.next), tag)

    def _send_ad(self, frame: Frame, tag: object) -> None:
        if not self._sent:
            self.count = 1
        self._sent.append(_Sent(frame, tag))
        self.next = (self.next + 1) % _MODULUS
        self._start()
        self._request(frame)

    def _again(self) -> None:
        """Initiate AD retransmission."""
        self._abort(Kind.AD)
        self.count += 1
        self._start()
        for sent in self._sent:
            sent.again = True

    def _send_unlock(self) -> None:
        self._send_bc(UNLOCK)

    def _send_set(self) -> None:
        self._send_bc(set_v(int(self._value)))

    def _send_bc(self, command: bytes) -> None:
        self._control = _Sent(Frame(Kind.BC, command), None)
        self.count = 1
        self._start()
        self._request(self._control.frame)

    def _again_bc(self) -> None:
        """Initiate BC retransmission."""
        self._abort(Kind.BC)
        self.count += 1
        self._start()
        if self._control:
            self._control.again = True

    def _look_bc(self) -> None:
        """Look for directive."""
        if self._control and self._control.again and self._ready[Kind.BC]:
            self._control.again = False
            self._request(self._control.frame)

    def _release(self) -> None:
        self._control = None

    def _send_bd(self) -> None:
        self._bd_tag = self._tag
        self._request(Frame(Kind.BD, self._data))

    def _bd_accept(self) -> None:
        self._answer(self._bd_tag, Outcome.ACCEPTED)

    def _bd_reject(self) -> None:
        self._answer(self._bd_tag, Outcome.REJECTED)

    def _request(self, frame: Frame) -> None:
        self._ready[frame.kind] = False
        self.requests.append(frame)

    def _abort(self, kind: Kind) -> None:
        """Takes back what has been asked for and not yet been taken."""
        kept = [frame for frame in self.requests if frame.kind is not kind]
        if len(kept) < len(self.requests):
            self.requests = deque(kept)
            self._ready[kind] = True

    def _ad_ready(self) -> None:
        self._ready[Kind.AD] = True

    def _bc_ready(self) -> None:
        self._ready[Kind.BC] = True

    def _bd_ready(self) -> None:
        self._ready[Kind.BD] = True

    def _suspend(self) -> None:
        self.suspended = int(self.state)
        self.notices.append(Suspended(self.state))
        self.state = State.INITIAL

    def _resume(self) -> None:
        self._start()
        self.suspended = 0

    def _set_vs(self) -> None:
        self.next = self.expected = int(self._value)

    def _set_window(self) -> None:
        self._window = int(self._value)

    def _set_timer(self) -> None:
        self._timer_s = self._value

    def _set_limit(self) -> None:
        self._limit = int(self._value)

    def _set_timeout_type(self) -> None:
        self._timeout_type = int(self._value)

    def _alert(self, reason: Alert) -> None:
        self._cancel()
        self._purge()
        while self._initiating:
            self._answer(self._initiating.pop(), Outcome.FAILED)
        self.notices.append(reason)
        self.state = State.INITIAL


_Action = Callable[[Fop], None]


def _action(name: str) -> _Action:
    """A word of TABLE."""
    alert = {"clcw_alert": Alert.CLCW} | {a.value: a for a in Alert if a is not Alert.CLCW}
    if name.isdecimal():
        state = State(int(name))
        return lambda fop: setattr(fop, "state", state)
    if name in alert:
        reason = alert[name]
        return lambda fop: fop._alert(reason)
    if name == "n/a":
        return _cannot_be
    action: _Action = getattr(Fop, "_" + name)
    return action


def _cannot_be(fop: Fop) -> None:
    raise AssertionError(f"the standard's table has no such event in {fop.state!r}")


_CELLS = {
    event: tuple(tuple(_action(name) for name in cell.split()) for cell in row)
    for event, row in TABLE.items()
}
