"""Does a frame come from who may command, and for the first time?

In the manner of CCSDS 355.0-B-2, authentication only: the security header names the key and numbers
the frame, the trailer is a code over everything before it, the first 128 bits of HMAC-SHA-256. The
standard lets fields of the primary header be masked out of the code; none is: the ground puts the
code on last, so that each bit of the header is known by then, and none can be changed on the way.

Control commands of FARM-1 carry a code too, which the standard leaves out, and FARM-1 sees a frame
after it has passed: whoever has no key can neither lock the channel nor move its counter.
"""

from fsw.dictionary.refusals import refusal
from fsw.link.antireplay import read_number
from fsw.link.hmac import Hmac
from fsw.link.tclayout import FRAME_ERROR_CONTROL, FRAME_HEADER, KEY_ID, MAC

_NO_KEY = refusal("NO_KEY")
_UNKNOWN_KEY = refusal("UNKNOWN_KEY")
_FORGED = refusal("FORGED")

PENDING = -1


class Authenticator:
    """Judges one frame after the other, in steps of SHA-256."""

    def __init__(self, key, key_id, numbers, sha256=None):
        """key: octets, or None: then everything is refused; numbers: the key's AntiReplay;
        sha256: see fsw.link.hmac.Hmac."""
        self._hmac = Hmac(key, sha256) if key else None
        self._key_id = key_id
        self._numbers = numbers
        self._verdict = PENDING
        self._buffer = bytearray(0)
        self._code = 0  # octet where the frame's code begins

    def begin(self, buffer, length):
        """Begins with the frame buffer[:length], its error control included, long enough for the
        security header and trailer. It must stay as it is until step() gives a verdict."""
        self._buffer = buffer
        self._code = length - FRAME_ERROR_CONTROL - MAC
        if not self._hmac:
            self._verdict = _NO_KEY
        elif (buffer[FRAME_HEADER] << 8) | buffer[FRAME_HEADER + 1] != self._key_id:
            self._verdict = _UNKNOWN_KEY
        else:
            self._verdict = PENDING
            self._hmac.begin(buffer, self._code)

    def step(self):
        """PENDING; NONE once the frame is authentic; or why it is refused, a row of REFUSALS."""
        if self._verdict == PENDING and self._hmac.step():
            if self._hmac.matches(self._buffer, self._code, MAC):
                number = read_number(self._buffer, FRAME_HEADER + KEY_ID)
                self._verdict = self._numbers.use(number)
            else:
                self._verdict = _FORGED
        return self._verdict
