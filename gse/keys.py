"""Who may command? Whoever has the key file. Makes and reads them.

A key file is JSON: 32 random octets, the identifier that frames name the key by, and a check of
both. Nobody but its owner may be able to read it.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from fsw.link.tclayout import HIGHEST_KEY_ID, LOWEST_KEY_ID
from gse.errors import UserError

KEY_OCTETS = 32
_PRIVATE = 0o600
_OTHERS = 0o077
_LARGEST_FILE = 4096
_WHAT = "edlcam command key"


@dataclass(frozen=True, slots=True)
class Key:
    """identifier: LOWEST_KEY_ID .. HIGHEST_KEY_ID; the octets are never shown."""

    identifier: int
    octets: bytes = field(repr=False)

    @property
    def check(self) -> str:
        """Tells a damaged file, and nothing about the key."""
        digest = hashlib.sha256(self.identifier.to_bytes(2, "big") + self.octets).digest()
        return hashlib.sha256(digest).hexdigest()[:8]


def new(identifier: int | None = None) -> Key:
    """A random key, with a random identifier unless one is given."""
    if identifier is None:
        identifier = LOWEST_KEY_ID + secrets.randbelow(HIGHEST_KEY_ID - LOWEST_KEY_ID + 1)
    return Key(identifier, secrets.token_bytes(KEY_OCTETS))


def save(key: Key, path: Path) -> None:
    """Writes a key file that nobody else can read. Raises UserError where one exists already."""
    text = json.dumps(
        {
            "what": _WHAT,
            "identifier": key.identifier,
            "key": key.octets.hex(),
            "check": key.check,
        },
        indent=2,
    )
    try:
        # O_EXCL: never over another key, nor through a link to somewhere else.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    except FileExistsError as error:
        raise UserError(
            f"{path} exists already, and a key that is overwritten is lost: name another file"
        ) from error
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "w") as file:
            os.fchmod(file.fileno(), _PRIVATE)  # whatever the umask
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise UserError(f"cannot write {path}: {error.strerror}") from error


def load(path: Path) -> Key:
    """Reads a key file. Raises UserError, in one sentence, for one that is not as it should be."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if stat.S_IMODE(mode) & _OTHERS:
                raise UserError(
                    f"{path} can be read by others: if nobody has, run chmod 600 {path}; "
                    "if somebody may have, make a new key"
                )
            octets = file.read(_LARGEST_FILE)
    except FileNotFoundError as error:
        raise UserError(f"there is no key file {path}: make one with edlcam keys new") from error
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    key = _parse(octets)
    if key is None:
        raise UserError(
            f"{path} is damaged, or no key file: take a copy of it that is whole, or make a new key"
        )
    return key


def _parse(octets: bytes) -> Key | None:
    """The key; None when the text is not exactly that of one."""
    try:
        content = json.loads(octets)
        key = Key(content["identifier"], bytes.fromhex(content["key"]))
        whole = (
            content["what"] == _WHAT
            and type(key.identifier) is int
            and LOWEST_KEY_ID <= key.identifier <= HIGHEST_KEY_ID
            and len(key.octets) == KEY_OCTETS
            and content["check"] == key.check
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return key if whole else None
