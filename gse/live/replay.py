"""What would be received now if the downlink in a file came again?"""

from __future__ import annotations

import time
from pathlib import Path

from gse import identity
from gse.decode import octets_of
from gse.errors import UserError
from gse.link.coding import coding_of

_PIECE_S = 0.05  # so often something comes
_FREELY = 1 << 18  # octets at a time when nothing is waited for
_HEAD = 1 << 22  # octets in which a BOOT packet is sought


class Replay:
    """A file that is received at the rate of its mission's downlink. speed: times that; 0: freely.

    ended: everything has been received.
    """

    def __init__(self, path: Path, speed: float) -> None:
        """Raises UserError when it cannot be read."""
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise UserError(
                f"cannot read {path}: {error.strerror}; name a file with the octets of a downlink"
            ) from error
        if not self._file.seekable():
            self._file.close()
            raise UserError(f"{path} is a pipe: let it end in a file, and name that")
        self.ended = False
        self._octets_per_s = speed * _bits_per_s(self._file.read(_HEAD)) / 8
        self._file.seek(0)
        self._begun = time.monotonic()
        self._read = 0

    def send(self, octets: bytes) -> None:
        raise UserError("a file cannot be commanded: name a link to a board or a simulation")

    def receive(self, wait_s: float) -> bytes:
        """What is due by now. Raises UserError when the file cannot be read on."""
        due = _FREELY
        if self._octets_per_s:
            if self._due() < _FREELY:
                time.sleep(min(wait_s, _PIECE_S))
            due = min(self._due(), _FREELY)
            if due <= 0:
                return b""
        try:
            octets = self._file.read(due)
        except OSError as error:
            raise UserError(f"cannot read on in {self._file.name}: {error.strerror}") from error
        self.ended = not octets
        self._read += len(octets)
        return octets

    def _due(self) -> int:
        """Octets that should have come by now and were not read yet."""
        return int((time.monotonic() - self._begun) * self._octets_per_s) - self._read

    def close(self) -> None:
        self._file.close()


def _bits_per_s(head: bytes) -> int:
    """Of the mission that the file is of, as far as it can be told."""
    octets = octets_of(head)
    return identity.dictionary_for(octets, coding_of(octets)).downlink_bits_per_s
