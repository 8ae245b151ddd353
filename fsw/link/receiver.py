"""Which of the octets that come up are commands? CLTU, frame, authentication, FARM-1, in a row.

Stands in for a board's uplink() where frames are authenticated. Work is spread: so many octets and
one step of SHA-256 a minor frame. While a frame is judged no octet is taken; the board's buffer
holds what comes meanwhile, and what it cannot hold is sent again by the ground.
"""

from fsw.dictionary.index import channel, event
from fsw.dictionary.refusals import NONE, REFUSALS
from fsw.kernel.cvt import COUNT_MASK
from fsw.link import tcframe
from fsw.link.authentication import PENDING
from fsw.link.cltu import CltuDecoder
from fsw.link.farm import S3_LOCKOUT, Farm
from fsw.link.tcframe import TcFrame

_STARTED = channel("CLTUS_STARTED")
_BROKEN = channel("CLTUS_BROKEN")
_ACCEPTED = channel("TC_FRAMES_ACCEPTED")
_DISCARDED = channel("TC_FRAMES_DISCARDED")
_REFUSAL = channel("TC_REFUSAL")
_NUMBER = channel("TC_NUMBER")
_FARM_STATE = channel("FARM_STATE")
_CLCW_HIGH = channel("CLCW_HIGH")
_CLCW_LOW = channel("CLCW_LOW")
_REFUSED = tuple([channel("TC_" + row[0]) for row in REFUSALS])

_EVENT_REFUSED = event("TC_REFUSED")
_EVENT_LOCKED = event("UPLINK_LOCKED")
_EVENT_CONTROL = event("UPLINK_CONTROL")

VIRTUAL_CHANNEL = 0
WINDOW = 32  # FARM-1's: the ground may have sixteen frames under way
OCTETS_A_FRAME = 32  # 16 kbit/s

_LISTENING, _JUDGING, _WAITING = range(3)


class Receiver:
    """One virtual channel of telecommand frames."""

    def __init__(self, cvt, radio, events, spacecraft_id, authenticator, numbers):
        """radio: an object whose receive(buffer) -> int copies octets of the uplink into buffer, as
        many as have come and fit; authenticator, numbers: of the board's key."""
        self._cvt = cvt
        self._radio = radio
        self._events = events
        self._authenticator = authenticator
        self._numbers = numbers
        self._decoder = CltuDecoder()
        self._frame = TcFrame(spacecraft_id, VIRTUAL_CHANNEL, True)
        self._farm = Farm(VIRTUAL_CHANNEL, WINDOW)
        self._octets = bytearray(OCTETS_A_FRAME)
        self._came = self._at = 0  # octets of it that came, that were taken
        self._state = _LISTENING
        cvt[_NUMBER] = max(numbers.last, 0) if numbers else 0
        self._report()

    def start(self):
        """Reserves numbers, so that none of the next commands waits for the board's store."""
        if self._numbers:
            self._numbers.reserve()

    def resume(self):
        """Takes up FARM-1 where the checkpoint brought CLCW_LOW into the CVT."""
        self._farm.resume(self._cvt[_CLCW_LOW])
        self._report()

    def run(self):
        """Task UPLINK: takes octets until a frame is whole, then judges it step by step."""
        if self._state == _LISTENING:
            self._listen()
        elif self._state == _JUDGING:
            self._judge()

    def uplink(self, buffer):
        """As boards/__init__.py says: one telecommand packet, its length or 0. FARM-1 sees a frame
        only now, so that what it reports as accepted is carried out in this minor frame."""
        if self._state != _WAITING:
            return 0
        self._state = _LISTENING
        frame = self._frame
        farm = self._farm
        locked = farm.state == S3_LOCKOUT
        accepted = farm.take(frame, True)
        cvt = self._cvt
        if frame.kind == tcframe.BC_UNLOCK or frame.kind == tcframe.BC_SET:
            self._events.report(_EVENT_CONTROL, farm.next)
        elif not accepted:
            cvt[_DISCARDED] = (cvt[_DISCARDED] + 1) & COUNT_MASK
        if farm.state == S3_LOCKOUT and not locked:
            self._events.report(_EVENT_LOCKED, frame.sequence, farm.next)
        self._report()
        if not accepted:
            return 0
        cvt[_ACCEPTED] = (cvt[_ACCEPTED] + 1) & COUNT_MASK
        length = frame.end - frame.start
        octets = self._decoder.frame
        for i in range(min(length, len(buffer))):
            buffer[i] = octets[frame.start + i]
        return length

    def _listen(self):
        decoder = self._decoder
        if self._at == self._came:
            self._came = self._radio.receive(self._octets)
            self._at = 0
        cvt = self._cvt
        while self._at < self._came:
            ended = decoder.take(self._octets[self._at])
            self._at += 1
            if ended:
                self._begin()
                break
        cvt[_STARTED] = decoder.started
        cvt[_BROKEN] = (decoder.broken + decoder.overlong) & COUNT_MASK

    def _begin(self):
        decoder = self._decoder
        reason = self._frame.read(decoder.frame, decoder.length)
        if reason == NONE:
            self._state = _JUDGING
            self._authenticator.begin(decoder.frame, self._frame.length)
        else:
            self._refuse(reason)

    def _judge(self):
        reason = self._authenticator.step()
        if reason == PENDING:
            return
        if reason == NONE:
            self._state = _WAITING
            self._cvt[_NUMBER] = self._numbers.last
        else:
            self._state = _LISTENING
            self._refuse(reason)

    def _refuse(self, reason):
        cvt = self._cvt
        counter = _REFUSED[reason - 1]
        cvt[counter] = (cvt[counter] + 1) & COUNT_MASK
        cvt[_REFUSAL] = reason
        self._farm.refuse()
        self._events.report(_EVENT_REFUSED, reason, cvt[counter])

    def _report(self):
        """The control word goes down with every transfer frame."""
        farm = self._farm
        farm.report(True, True)
        cvt = self._cvt
        cvt[_FARM_STATE] = farm.state
        cvt[_CLCW_HIGH] = farm.clcw_high
        cvt[_CLCW_LOW] = farm.clcw_low
