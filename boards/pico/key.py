"""Who may command this board over its radio? Whoever has the key that was put on it, if one was.

`edlcam flash --key FILE` puts KEY_FILE there: identifier, 32 octets, CRC-16. With a key that the
board did not have, it puts NEW_FILE there too, the SHA-256 of KEY_FILE: the first boot then begins
to count the key's numbers and takes NEW_FILE away. Nothing else ever begins that count anew.
"""

import hashlib
import os

from fsw.link.crc import crc16

KEY_FILE = "/command.key"
NEW_FILE = "/command.new"
_IDENTIFIER, _KEY, _CHECK = 2, 32, 2


def command_key(flash):
    """What boards/__init__.py says of command_key; None on a board without a key.

    flash: the board's, or None. A key that is damaged, or without flash to count its numbers in,
    is no key: then nobody may command the board.
    """
    contents = _read(KEY_FILE)
    if contents is None:
        return None
    whole = len(contents) == _IDENTIFIER + _KEY + _CHECK and crc16(contents, 0, len(contents)) == 0
    if not whole or not flash:
        return None, 0, None, None
    # Imported where they are needed: a board without a key has better use for its memory.
    from boards.viper.sha256 import rounds
    from fsw.data.numbers import NumberStore
    from fsw.link.antireplay import provision
    from fsw.link.sha256 import ROUNDS, Sha256

    key_id = (contents[0] << 8) | contents[1]
    store = NumberStore(flash)
    new = _read(NEW_FILE)
    if new is not None:
        if new == hashlib.sha256(contents).digest():
            provision(store, key_id)
        os.remove(NEW_FILE)
    return contents[_IDENTIFIER : _IDENTIFIER + _KEY], key_id, store, Sha256(rounds, ROUNDS)


def _read(path):
    """Octets of a file; None where there is none."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None
