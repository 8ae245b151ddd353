"""Which files give a board its key? Those that boards/pico/key.py reads."""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Mapping

from gse.keys import Key

KEY_FILE = "command.key"
NEW_FILE = "command.new"


def files(key: Key, there: Mapping[str, str]) -> dict[str, bytes]:
    """Contents by path; there: SHA-256 of what is on the board, by path.

    A key that the board has already is not new to it, however often it is flashed: its numbers go
    on. NEW_FILE stands first, so that a board unplugged in between does not have the key yet.
    """
    contents = key.identifier.to_bytes(2, "big") + key.octets
    contents += binascii.crc_hqx(contents, 0xFFFF).to_bytes(2, "big")
    digest = hashlib.sha256(contents)
    new = {} if there.get(KEY_FILE) == digest.hexdigest() else {NEW_FILE: digest.digest()}
    return {**new, KEY_FILE: contents}
