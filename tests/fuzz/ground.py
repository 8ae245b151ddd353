"""Which parsers does the ground have, and what may come out of each, whatever comes in?

Each target takes any octets. What a user gave that is wrong is a UserError of one sentence; damage
on the link is no error at all. Anything else that escapes is a bug.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from gse import keys, parameters, recording, sequences
from gse.decode import decode, octets_of
from gse.dictionary import load
from gse.errors import UserError
from gse.identity import dictionary_for
from gse.link.coding import coding_of
from gse.link.protection import Coding
from gse.link.reedsolomon import ReedSolomon
from gse.lockstep import Actuators, Begin, SensorMessages, message
from gse.uplink.clcw import Clcw
from gse.uplink.hearing import Hearing
from tests.gse.captures import steady
from tests.gse.encoder import capture
from tests.gse.test_reedsolomon import CODED

DICTIONARY = load("mars2020")


def _one_sentence(error: UserError) -> None:
    """What is said is words, not a traceback or a dump."""
    assert str(error)
    assert len(str(error)) < 2000


def _capture(octets: bytes, _: Path) -> None:
    """Sync, frames, packets, events, in short and long frames, with the code and without: every
    octet is accounted for."""
    for coding in (Coding.CRC, Coding.RS, Coding.CRC3, Coding.RS5):
        try:
            report = decode(octets, DICTIONARY, coding).report
        except UserError as error:  # a BOOT packet of another dictionary
            _one_sentence(error)
            continue
        assert len(octets) == (
            report.frames_good * coding.cadu_length
            + report.octets_damaged
            + report.octets_skipped
            + report.octets_incomplete
        )
    assert coding_of(octets_of(octets)) in list(Coding)


def _identity(octets: bytes, _: Path) -> None:
    try:
        dictionary_for(octets_of(octets))
    except UserError as error:
        _one_sentence(error)


def _codeblocks(octets: bytes, _: Path) -> None:
    """Any 255 octets, and those beside a codeword: what is corrected is a codeword."""
    code = ReedSolomon(1, 223)
    rows = np.frombuffer(octets[: len(octets) // 255 * 255], np.uint8).reshape(-1, 255)
    decoded = code.decode(rows)
    assert decoded.frames.shape == (len(rows), 223)
    assert decoded.corrected.max(initial=0) <= 16


def _hearing(octets: bytes, _: Path) -> None:
    """A live link, octets as they come."""
    hearing = Hearing()
    try:
        for at in range(0, len(octets), 100):
            list(hearing.take(octets[at : at + 100]))
    except UserError as error:
        _one_sentence(error)


def _clcw(octets: bytes, _: Path) -> None:
    Clcw.read(octets)


def _actuators(octets: bytes, _: Path) -> None:
    """What a target answers, once its message is whole."""
    with suppress(ValueError):
        Begin.parse(octets)
    Actuators().parse(octets.ljust(200, b"\0"))


def _file(read: Callable[[Path], object]) -> Callable[[bytes, Path], None]:
    def target(octets: bytes, directory: Path) -> None:
        path = directory / "file"
        path.unlink(missing_ok=True)
        path.touch(0o600)
        path.write_bytes(octets)
        try:
            read(path)
        except UserError as error:
            _one_sentence(error)

    return target


TARGETS: dict[str, Callable[[bytes, Path], None]] = {
    "capture": _capture,
    "identity": _identity,
    "codeblocks": _codeblocks,
    "hearing": _hearing,
    "clcw": _clcw,
    "actuators": _actuators,
    "sequence": _file(lambda path: sequences.load(path, DICTIONARY)),
    "parameters": _file(lambda path: parameters.expected(path, DICTIONARY)),
    "key": _file(keys.load),
    "recording": _file(lambda path: list(recording.load(path).messages())),
}


def _key() -> bytes:
    key = keys.Key(7, bytes(range(32)))
    return (
        f'{{"what": "edlcam command key", "identifier": 7, "key": "{key.octets.hex()}", '
        f'"check": "{key.check}"}}'
    ).encode()


_CAPTURE = b"".join(capture(steady(8)))
_CODED = CODED[: 259 * 4]
_RECORDING = message(ord("B"), Begin("mars2020", 1000, 4).payload()) + SensorMessages().build(
    [0] * 27
)

SEEDS: dict[str, list[bytes]] = {
    "capture": [_CAPTURE, _CODED],
    "identity": [_CAPTURE, _CODED],
    "codeblocks": [_CODED[4:259], bytes(255)],
    "hearing": [_CAPTURE, _CODED],
    "clcw": [b"\x01\x00\x00\x07"],
    "actuators": [Begin("mars2020", 1000, 4).payload()],
    "sequence": [
        b'slot = 1\n[[entry]]\nat = 10\ncommand = "NO_OP"\n',
        b'slot = 1\n[[entry]]\nafter = 1.5\nstate = "ENTRY"\ncommand = [1]\n',
        b'slot = 1\n[[entry]]\nafter = 1\ncommand = "SEQUENCE_STOP"\n[entry.arguments]\nslot = 1\n',
        b"x = " + b"[" * 3000,
        b"slot = " + b"9" * 5000,
    ],
    "parameters": [
        b"CAMERA_RETRIES = 1\n",
        b"ALTIMETER_GATE = 1" + b"0" * 400,
        b"CAMERA_RETRIES = nan\n",
        b"CAMERA_RETRIES = 1e308\n",
        b"x = " + b"[" * 3000,
    ],
    "key": [_key(), b"[" * 3000],
    "recording": [_RECORDING],
}
