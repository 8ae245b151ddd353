"""Is this frame the next one in sequence, and what does the ground hear of it? FARM-1.

The frame acceptance and reporting mechanism of CCSDS 232.1-B-2 section 6, for one virtual channel.
TABLE is the standard's table 6-1, event by event and state by state; flags other than those named
keep their value.
"""

from fsw.link import tcframe

S1_OPEN, S2_WAIT, S3_LOCKOUT = 1, 2, 3

# Events. AD frames: E1 N(S) = V(R), and there is room; E2 N(S) = V(R), and there is none; E3 N(S)
# ahead of V(R) in the positive part of the window; E4 behind it in the negative part; E5 outside.
# E6 BD frame; E7 UNLOCK; E8 SET V(R); E9 invalid frame; E10 room again; E11 time to report (CLCW).
E1, E2, E3, E4, E5, E6, E7, E8, E9, E10, E11 = range(11)

# Actions, as bits. COUNT_B adds one to the FARM-B counter.
_ACCEPT, _NEXT_V, _SET_V, _COUNT_B, _REPORT = 1, 2, 4, 8, 16
_RETRANSMIT, _NO_RETRANSMIT, _WAIT, _NO_WAIT, _LOCKOUT, _NO_LOCKOUT = 32, 64, 128, 256, 512, 1024
_DISCARD = 0

_TAKE_AD = _ACCEPT | _NEXT_V | _NO_RETRANSMIT
_TAKE_BD = _ACCEPT | _COUNT_B
_HOLD = _RETRANSMIT | _WAIT
_SET = _COUNT_B | _NO_RETRANSMIT | _SET_V
_OPEN_WAIT = _COUNT_B | _NO_RETRANSMIT | _NO_WAIT
_OPEN_LOCKOUT = _OPEN_WAIT | _NO_LOCKOUT

# Of E1 in S2 the standard says "not applicable", as E10 comes first: the frame is discarded here.
TABLE = (
    # S1 open                        S2 wait                             S3 lockout
    ((_TAKE_AD, S1_OPEN),            (_DISCARD, S2_WAIT),                (_DISCARD, S3_LOCKOUT)),
    ((_HOLD, S2_WAIT),               (_DISCARD, S2_WAIT),                (_DISCARD, S3_LOCKOUT)),
    ((_RETRANSMIT, S1_OPEN),         (_DISCARD, S2_WAIT),                (_DISCARD, S3_LOCKOUT)),
    ((_DISCARD, S1_OPEN),            (_DISCARD, S2_WAIT),                (_DISCARD, S3_LOCKOUT)),
    ((_LOCKOUT, S3_LOCKOUT),         (_LOCKOUT, S3_LOCKOUT),             (_DISCARD, S3_LOCKOUT)),
    ((_TAKE_BD, S1_OPEN),            (_TAKE_BD, S2_WAIT),                (_TAKE_BD, S3_LOCKOUT)),
    ((_COUNT_B | _NO_RETRANSMIT, S1_OPEN), (_OPEN_WAIT, S1_OPEN),        (_OPEN_LOCKOUT, S1_OPEN)),
    ((_SET, S1_OPEN),                (_SET | _NO_WAIT, S1_OPEN),         (_COUNT_B, S3_LOCKOUT)),
    ((_DISCARD, S1_OPEN),            (_DISCARD, S2_WAIT),                (_DISCARD, S3_LOCKOUT)),
    ((_DISCARD, S1_OPEN),            (_NO_WAIT, S1_OPEN),                (_NO_WAIT, S3_LOCKOUT)),
    ((_REPORT, S1_OPEN),             (_REPORT, S2_WAIT),                 (_REPORT, S3_LOCKOUT)),
)  # fmt: skip

# Halves of the control word (CCSDS 232.0-B-4 section 4.2): type, version and status 0, COP-1; then
# the flags, the FARM-B counter and V(R).
_COP_1 = 0x0100
_NO_RADIO_BIT, _NO_BIT_LOCK_BIT = 0x8000, 0x4000
_LOCKOUT_BIT, _WAIT_BIT, _RETRANSMIT_BIT = 0x2000, 0x1000, 0x0800


class Farm:
    """State of one virtual channel."""

    def __init__(self, virtual_channel, window):
        """window: the sliding window's width W, even, 2 .. 254; half of it lies ahead of V(R)."""
        self.state = S1_OPEN
        self.next = 0  # V(R)
        self.retransmit = self.wait = self.lockout = False
        self.farm_b = 0  # modulo 4
        self._half = window >> 1
        self.clcw_high = _COP_1 | virtual_channel << 2
        self.clcw_low = 0
        self._do(E11, 0)

    def resume(self, clcw_low):
        """Takes up what report() wrote before a reset; whatever waited for room then is gone."""
        self.next = clcw_low & 0xFF
        self.farm_b = clcw_low >> 9 & 3
        self.retransmit = clcw_low & _RETRANSMIT_BIT != 0
        self.lockout = clcw_low & _LOCKOUT_BIT != 0
        self.wait = False
        self.state = S3_LOCKOUT if self.lockout else S1_OPEN

    def take(self, frame, room):
        """Whether the data of a valid frame, a fsw.link.tcframe.TcFrame, is to be passed on.

        room: whether there is where to put it. BD data is to be passed on in any case.
        """
        kind = frame.kind
        if kind == tcframe.AD:
            return self._do(self._event_of(frame.sequence, room), 0)
        if kind == tcframe.BD:
            return self._do(E6, 0)
        return self._do(E8 if kind == tcframe.BC_SET else E7, frame.value)

    def refuse(self):
        """A frame was invalid."""
        self._do(E9, 0)

    def release(self):
        """There is room again."""
        self._do(E10, 0)

    def report(self, radio, bit_lock):
        """Writes the control word into clcw_high and clcw_low, 16 bits each.

        radio, bit_lock: whether there is a carrier, and lock on its bits.
        """
        self._do(E11, 0)
        if not radio:
            self.clcw_low |= _NO_RADIO_BIT
        if not bit_lock:
            self.clcw_low |= _NO_BIT_LOCK_BIT

    def _event_of(self, sequence, room):
        ahead = (sequence - self.next) & 0xFF
        if ahead == 0:
            return E1 if room else E2
        if ahead < self._half:
            return E3
        return E4 if 0x100 - ahead <= self._half else E5

    def _do(self, event, value):
        """Does what TABLE says; whether data is accepted."""
        cell = TABLE[event][self.state - 1]
        actions = cell[0]
        self.state = cell[1]
        if actions & _NEXT_V:
            self.next = (self.next + 1) & 0xFF
        if actions & _SET_V:
            self.next = value
        if actions & _COUNT_B:
            self.farm_b = (self.farm_b + 1) & 3
        if actions & (_RETRANSMIT | _NO_RETRANSMIT):
            self.retransmit = actions & _RETRANSMIT != 0
        if actions & (_WAIT | _NO_WAIT):
            self.wait = actions & _WAIT != 0
        if actions & (_LOCKOUT | _NO_LOCKOUT):
            self.lockout = actions & _LOCKOUT != 0
        if actions & _REPORT:
            self._write_report()
        return actions & _ACCEPT != 0

    def _write_report(self):
        low = (self.farm_b << 9) | self.next
        if self.lockout:
            low |= _LOCKOUT_BIT
        if self.wait:
            low |= _WAIT_BIT
        if self.retransmit:
            low |= _RETRANSMIT_BIT
        self.clcw_low = low
