"""What is in sensors.bin, the recording that flies a descent again?

The octets that went to the target over the lockstep link (boards/simlink.py), unchanged: a BEGIN
message, then one SENSORS message a minor frame, another BEGIN after each reset in flight, and a
PICTURE now and then where somebody on the ground could ask for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from boards import simlink
from gse.errors import UserError
from gse.lockstep import Begin, Picture

_KIND = 2  # octet of a message
_KINDS = (simlink.SENSORS, simlink.BEGIN, simlink.PICTURE)


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording in memory."""

    begin: Begin
    octets: bytes  # the messages after it, one after another
    whole: bool  # False when the file ends within a message

    def messages(self) -> Iterator[bytes | Begin | Picture]:
        """In order: each SENSORS message as it is, and what each further BEGIN, and each PICTURE
        says."""
        at = 0
        while at < len(self.octets):
            length = _message_length(self.octets, at)
            octets = self.octets[at : at + length]
            payload = octets[simlink.HEADER : -simlink.CHECK]
            if octets[_KIND] == simlink.BEGIN:
                yield Begin.parse(payload)
            elif octets[_KIND] == simlink.PICTURE:
                yield Picture(payload[0], payload[1:])
            else:
                yield octets
            at += length

    def __len__(self) -> int:
        """Minor frames."""
        return sum(isinstance(sent, bytes) for sent in self.messages())


def _message_length(octets: bytes, at: int) -> int:
    payload = simlink.payload_length(octets[at : at + simlink.HEADER])
    return int(simlink.HEADER + payload + simlink.CHECK)


def _whole_message(octets: bytes, at: int) -> int:
    """Octets of the intact message at an offset; 0 when the file ends in it, -1 when it is none."""
    header = octets[at : at + simlink.HEADER]
    if len(header) < simlink.HEADER:
        return 0
    payload = simlink.payload_length(header)
    if payload < 0:
        return -1
    end = at + simlink.HEADER + payload + simlink.CHECK
    if end > len(octets):
        return 0
    return end - at if simlink.is_intact(header, octets[at + simlink.HEADER : end], payload) else -1


def load(path: Path) -> Recording:
    """Reads and checks a recording. One that was cut short is good up to its last whole message.

    Raises UserError for a missing file, one that is no recording, or one damaged within.
    """
    try:
        octets = path.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    length = _whole_message(octets, 0)
    if length <= 0 or octets[_KIND] != simlink.BEGIN:
        raise UserError(f"{path} is not a sensor recording: name the sensors.bin that fly wrote")
    try:
        begin = Begin.parse(octets[simlink.HEADER : length - simlink.CHECK])
    except ValueError as error:
        raise UserError(f"{path} begins with a damaged message: {error}") from error
    first = end = length
    while end < len(octets):
        length = _whole_message(octets, end)
        if length < 0 or (length > 0 and octets[end + _KIND] not in _KINDS):
            raise UserError(f"{path} is damaged at octet {end}: record the flight again")
        if length == 0:
            break
        end += length
    return Recording(begin, octets[first:end], whole=end == len(octets))
