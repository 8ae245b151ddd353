"""What survives a reset? The channels of CHECKPOINT and the counters of the downlink, kept where
the board keeps memory over one.

Two slots are written in turn, each with a CRC: whenever the reset comes, one of them is whole, and
it is at most one period old.
"""

from fsw.dictionary.flown import CHECKPOINT, KINDS, PACKETS
from fsw.dictionary.index import channel
from fsw.kernel.cvt import COUNT_MASK
from fsw.link.counters import octets_of
from fsw.link.crc import crc16
from fsw.link.fields import Fields

_FRAME_COUNT = channel("FRAME_COUNT")
_HASH = channel("DICTIONARY_HASH")

_FIELDS = Fields(KINDS, CHECKPOINT)
_IDENTITY = Fields(KINDS, CHECKPOINT[:2])  # which dictionary, which minor frame
_CRC = 2
SLOT = _FIELDS.length + octets_of(PACKETS) + _CRC
RETAINED = 2 * SLOT  # octets that a board keeps over a reset


class Checkpoint:
    """Writes CHECKPOINT into the board's retained memory, and reads it back after a reset."""

    def __init__(self, cvt, retained, counters):
        """retained: RETAINED octets, addressed like a bytearray; counters: of the PACKETS."""
        self._cvt = cvt
        self._counters = counters
        self._retained = retained
        self._at = 0

    def save(self):
        """Task CHECKPOINT: overwrites the older slot."""
        retained = self._retained
        end = _FIELDS.pack(self._cvt, retained, self._at)
        end = self._counters.pack(retained, end)
        check = crc16(retained, self._at, end)
        retained[end] = check >> 8
        retained[end + 1] = check & 0xFF
        self._at ^= SLOT

    def forget(self):
        """At the start of a flight: no older one may be taken up after a reset."""
        for i in range(RETAINED):
            self._retained[i] = 0

    def restore(self, fingerprint):
        """Reads the younger whole slot into the CVT; False, and nothing read, when there is none
        or when it is of flight software with another dictionary."""
        first = self._frame_of(0, fingerprint)
        second = self._frame_of(SLOT, fingerprint)
        if first < 0 and second < 0:
            return False
        second_is_younger = (second - first) & COUNT_MASK < COUNT_MASK >> 1
        at = SLOT if first < 0 or (second >= 0 and second_is_younger) else 0
        end = _FIELDS.unpack(self._cvt, self._retained, at)
        self._counters.resume(self._retained, end)
        self._at = at ^ SLOT
        return True

    def _frame_of(self, at, fingerprint):
        """FRAME_COUNT of a slot; -1 when it is not whole or not of this dictionary."""
        if crc16(self._retained, at, at + SLOT):
            return -1
        kept_hash = self._cvt[_HASH]
        kept_frame = self._cvt[_FRAME_COUNT]
        _IDENTITY.unpack(self._cvt, self._retained, at)
        frame = self._cvt[_FRAME_COUNT] if self._cvt[_HASH] == fingerprint else -1
        self._cvt[_HASH] = kept_hash
        self._cvt[_FRAME_COUNT] = kept_frame
        return frame
