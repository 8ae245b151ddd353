"""What does channel coding cost, on board for each frame, and on the ground beside other decoders?

Decoders get the same codewords, in the basis that each wants, repeats interleaved, the median
printed; what they return is held against what was sent. One run, one process, one thread.
"""

from __future__ import annotations

import hmac
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import galois as other_galois
import numpy as np
import reedsolo  # type: ignore[import-untyped]
from rich import box
from rich.console import Console
from rich.table import Table

import boards
from fsw.link import galois
from fsw.link.reedsolomon import Encoder
from gse.link.crc import Octets
from gse.link.reedsolomon import ReedSolomon
from gse.targets import micropython

REPEATS = 3
ENCODE_REPEATS = 100
HMAC_REPEATS = 10
CODEWORDS = 20_000
FEWER_CODEWORDS = 500  # for a decoder that takes half a second for them
SLOW_CODEWORDS = 40  # for a decoder that takes a codeword at a time, in plain Python
ERRORS = (0, 1, 8, 16)  # octets of each codeword

_TREE = Path(boards.__file__).parent.parent
_LOOP = "bench/encode_loop.py"
_HMAC_LOOP = "bench/hmac_loop.py"


@dataclass(frozen=True, slots=True)
class Encoding:
    """Median microseconds a codeblock of interleave 1, 223 data octets."""

    interpreter: str
    twin: str
    encode_us: float
    randomize_us: float


@dataclass(frozen=True, slots=True)
class Authentication:
    """Median microseconds of the code of one frame."""

    interpreter: str
    twin: str
    octets: int
    spent_us: float


@dataclass(frozen=True, slots=True)
class Decoding:
    """Median rate of a decoder, in 10^6 octets of codeblocks a second."""

    name: str
    errors: int
    codewords: int
    mb_per_s: float


def measure_encoding() -> list[Encoding]:
    """Both twins on each interpreter, the median of repeats that alternate between them."""
    taken: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for interpreter, line in _lines(_LOOP, ENCODE_REPEATS):
        twin, interleave, octets, encode_us, randomize_us, _ = line
        if (interleave, octets) == ("1", "223"):
            times = taken.setdefault((interpreter, twin), [])
            times.append((float(encode_us), float(randomize_us)))
    return [
        Encoding(name, twin, *(statistics.median(column) for column in zip(*times, strict=True)))
        for (name, twin), times in taken.items()
    ]


def measure_authentication() -> list[Authentication]:
    """Both twins on each interpreter, as above. Raises RuntimeError for a code that is not that of
    the standard library."""
    taken: dict[tuple[str, str, int], list[float]] = {}
    for interpreter, (twin, octets, spent_us, code) in _lines(_HMAC_LOOP, HMAC_REPEATS):
        message = bytes((i * 109 + 89) & 0xFF for i in range(int(octets)))
        if code != hmac.digest(bytes(range(32)), message, "sha256").hex():
            raise RuntimeError(f"{interpreter}, {twin}: wrong code of {octets} octets")
        taken.setdefault((interpreter, twin, int(octets)), []).append(float(spent_us))
    return [Authentication(*what, statistics.median(times)) for what, times in taken.items()]


def _lines(script: str, repeats: int) -> Iterator[tuple[str, list[str]]]:
    """What a loop prints, split up, with the interpreter: each in turn, REPEATS times."""
    commands: dict[str, list[str | Path]] = {
        "CPython": [sys.executable],
        "MicroPython, 64-bit": [micropython()],
        "MicroPython, 32-bit": [sys.executable, "-m", "gse.micropython32", _TREE],
    }
    environment = os.environ | {"MICROPYPATH": str(_TREE), "PYTHONPATH": str(_TREE)}
    for _ in range(REPEATS):
        for name, command in commands.items():
            done = subprocess.run(
                [*command, script, str(repeats)],
                cwd=_TREE,
                env=environment,
                check=True,
                capture_output=True,
                text=True,
            )
            for line in done.stdout.splitlines():
                yield name, line.split()


def measure_decoding() -> list[Decoding]:
    """Rates of all decoders. Raises RuntimeError if one returns other data than were sent."""
    contestants = [c for errors in ERRORS for c in _contestants(errors)]
    for _, _, _, go in contestants:
        go()  # some compile themselves on their first call
    rates: list[list[float]] = [[] for _ in contestants]
    for _ in range(REPEATS):
        for times, (name, errors, codewords, go) in zip(rates, contestants, strict=True):
            start = time.perf_counter()
            right = go()
            times.append(codewords * galois.CODEWORD / (time.perf_counter() - start) / 1e6)
            if not right():
                raise RuntimeError(f"{name} did not correct {errors} errors")
    return [
        Decoding(name, errors, codewords, statistics.median(times))
        for times, (name, errors, codewords, _) in zip(rates, contestants, strict=True)
    ]


def run(console: Console) -> None:
    """Prints the tables."""
    table = Table(title="Coding a frame on board, 223 octets", box=box.SIMPLE_HEAD)
    table.add_column("interpreter")
    table.add_column("loops")
    for column in ("us Reed-Solomon", "us randomizer"):
        table.add_column(column, justify="right")
    for e in measure_encoding():
        table.add_row(e.interpreter, e.twin, f"{e.encode_us:,.1f}", f"{e.randomize_us:,.1f}")
    console.print(table)

    table = Table(title="Authenticating a frame on board, HMAC-SHA-256", box=box.SIMPLE_HEAD)
    table.add_column("interpreter")
    table.add_column("rounds")
    for column in ("octets", "us"):
        table.add_column(column, justify="right")
    for a in measure_authentication():
        table.add_row(a.interpreter, a.twin, str(a.octets), f"{a.spent_us:,.1f}")
    console.print(table)

    table = Table(title="Reed-Solomon (255,223) decoding", box=box.SIMPLE_HEAD)
    table.add_column("decoder")
    for column in ("errors a codeword", "codewords", "MB/s"):
        table.add_column(column, justify="right")
    for d in measure_decoding():
        table.add_row(d.name, str(d.errors), f"{d.codewords:,}", f"{d.mb_per_s:,.3f}")
    console.print(table)


_Right = Callable[[], bool]


def _contestants(errors: int) -> list[tuple[str, int, int, Callable[[], _Right]]]:
    """Name, errors, codewords, and what decodes them and returns the check of its result."""
    sent, received = _codewords(errors)
    dual = np.frombuffer(galois.dual_of_conventional(galois.exponentials()), np.uint8)
    conventional = np.frombuffer(galois.inverse(dual.tobytes()), np.uint8)
    plain_sent, plain_received = conventional[sent], conventional[received]
    ours = ReedSolomon(1, galois.DATA)
    field = other_galois.GF(2**8, irreducible_poly=galois.FIELD, primitive_element=2)
    step = field(2) ** galois.ROOTS_STEP
    theirs = other_galois.ReedSolomon(255, 223, field=field, alpha=step, c=galois.ROOTS_FIRST)
    words = field(plain_received[:FEWER_CODEWORDS])
    slow = reedsolo.RSCodec(
        galois.PARITY, fcr=galois.ROOTS_FIRST, prim=galois.FIELD, generator=int(step)
    )
    some = [bytearray(word.tobytes()) for word in plain_received[:SLOW_CODEWORDS]]

    def by_us() -> _Right:
        frames = ours.decode(received).frames
        return lambda: np.array_equal(frames, sent[:, : galois.DATA])

    def by_galois() -> _Right:
        frames = theirs.decode(words)
        expected = plain_sent[:FEWER_CODEWORDS, : galois.DATA]
        return lambda: np.array_equal(np.asarray(frames), expected)

    def by_reedsolo() -> _Right:
        frames = [slow.decode(word)[0] for word in some]
        expected = plain_sent[:SLOW_CODEWORDS, : galois.DATA]
        return lambda: b"".join(map(bytes, frames)) == expected.tobytes()

    return [
        ("edlcam", errors, len(sent), by_us),
        ("galois", errors, len(words), by_galois),
        ("reedsolo, plain Python", errors, len(some), by_reedsolo),
    ]


def _codewords(errors: int) -> tuple[Octets, Octets]:
    """As sent, and as received with so many wrong octets in each."""
    source = np.random.default_rng(errors)
    encoder = Encoder(1, galois.DATA)
    different = 500
    buffers = []
    for _ in range(different):
        buffer = bytearray(source.bytes(galois.DATA) + bytes(galois.PARITY))
        encoder.encode(buffer, 0)
        buffers.append(bytes(buffer))
    few = np.frombuffer(b"".join(buffers), np.uint8).reshape(different, -1)
    sent = np.tile(few, (CODEWORDS // different, 1))
    received = sent.copy()
    places = source.permuted(np.tile(np.arange(galois.CODEWORD), (CODEWORDS, 1)), axis=1)[
        :, :errors
    ]
    rows = np.arange(CODEWORDS)[:, None]
    received[rows, places] ^= source.integers(1, 256, places.shape, dtype=np.uint8)
    return sent, received


if __name__ == "__main__":
    run(Console())
