"""How does the board know that a frame comes from us? Security header and trailer.

In the manner of CCSDS 355.0-B-2; fsw/link/authentication.py says what of it, and checks it. The
code is put on last, each time a frame is sent: what FOP-1 sends again has a number of its own.
"""

from __future__ import annotations

import hashlib
import hmac

from fsw.link.tclayout import KEY_ID, MAC, NUMBER
from gse.keys import Key
from gse.uplink.frame import Frame, seal
from gse.uplink.numbers import Numbers

VIRTUAL_CHANNEL = 0  # of commands: fsw/link/receiver.py


class Security:
    """Numbers and signs the frames of one virtual channel."""

    def __init__(self, key: Key, numbers: Numbers, spacecraft: int, virtual_channel: int) -> None:
        self._key = key
        self.numbers = numbers
        self._spacecraft = spacecraft
        self._virtual_channel = virtual_channel

    def protect(self, frame: Frame) -> bytes:
        """The whole frame, with the next number. Raises UserError when there is none left."""
        number = self.numbers.next()
        header = self._key.identifier.to_bytes(KEY_ID, "big") + number.to_bytes(NUMBER, "big")
        signed = frame.encode(self._spacecraft, self._virtual_channel, header, MAC)
        return seal(signed + hmac.digest(self._key.octets, signed, hashlib.sha256)[:MAC])
