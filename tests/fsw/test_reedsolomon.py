"""Is the parity that leaves the board that of CCSDS 131.0-B, on every interpreter?

Checked against reedsolo and, where it may take time to compile, galois, which know nothing of this
project, interleave by interleave in the field's own basis; the dual basis is made here from its
definition, annex G of the standard.
"""

from __future__ import annotations

import functools
import operator
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import reedsolo  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

import fsw
from fsw.link import galois
from fsw.link.reedsolomon import Encoder
from gse.targets import micropython

TREE = Path(fsw.__file__).parent.parent
SCRIPT = "bench/encode_loop.py"
POLYNOMIAL = 0x187  # x^8 + x^7 + x^2 + x + 1

# The basis that is dual to 1, beta .. beta^7, beta = alpha^117, as exponents of alpha: an octet
# sent as bits z0 .. z7, z0 the most significant, is the sum of those elements whose bit is set.
DUAL_BASIS = (125, 88, 226, 163, 46, 184, 67, 242)


def alpha(exponent: int) -> int:
    """A power of the primitive element, x."""
    power = 1
    for _ in range(exponent):
        power = power << 1 ^ (POLYNOMIAL if power & 0x80 else 0)
    return power


def conventional(z: int) -> int:
    """The octet of the field that is sent as z."""
    terms = [alpha(e) for i, e in enumerate(DUAL_BASIS) if z >> (7 - i) & 1]
    return functools.reduce(operator.xor, terms, 0)


CONVENTIONAL = [conventional(z) for z in range(256)]
SENT = [CONVENTIONAL.index(x) for x in range(256)]


@functools.cache
def galois_code() -> Any:
    import galois as oracle  # noqa: PLC0415 - it compiles

    field = oracle.GF(2**8, irreducible_poly=POLYNOMIAL, primitive_element=2)
    return oracle.ReedSolomon(255, 223, field=field, alpha=field(2) ** 11, c=112)


@functools.cache
def reedsolo_code() -> reedsolo.RSCodec:
    return reedsolo.RSCodec(32, fcr=112, prim=POLYNOMIAL, generator=alpha(11))


def parity_by_reedsolo(word: list[int]) -> list[int]:
    return list(reedsolo_code().encode(bytearray(word))[-32:])


def parity_by_galois(word: list[int]) -> list[int]:
    """Of a codeword filled with zeros in front."""
    code = galois_code()
    filled = code.field([0] * (223 - len(word)) + word)
    return [int(x) for x in code.encode(filled, output="parity")]


def expected_parity(
    data: bytes, interleave: int, parity: Callable[[list[int]], list[int]] = parity_by_reedsolo
) -> bytes:
    """Of interleaved codewords, each by another library."""
    columns = []
    for k in range(interleave):
        word = [CONVENTIONAL[octet] for octet in data[k::interleave]]
        columns.append([SENT[x] for x in parity(word)])
    return bytes(columns[k][i] for i in range(32) for k in range(interleave))


def encoded(data: bytes, interleave: int) -> bytes:
    buffer = bytearray(data + bytes(32 * interleave))
    Encoder(interleave, len(data)).encode(buffer, 0)
    assert buffer[: len(data)] == data
    return bytes(buffer[len(data) :])


def test_the_dual_basis_is_the_one_of_the_standard() -> None:
    """Annex G: the columns of its matrix, from alpha^7 to 1."""
    table = galois.dual_of_conventional(galois.exponentials())
    assert [table[1 << i] for i in range(7, -1, -1)] == list(bytes.fromhex("8DEFEC86FA99AF7B"))
    assert list(table) == SENT
    assert list(galois.inverse(table)) == CONVENTIONAL


def test_the_generator_has_its_32_roots_and_is_its_own_reverse() -> None:
    exp = galois.exponentials()
    g = list(galois.generator(exp, galois.logarithms(exp)))
    assert g == g[::-1]
    assert g == list(reedsolo_code().gen[32])


@pytest.mark.soak
def test_the_generator_is_that_of_galois() -> None:
    exp = galois.exponentials()
    g = list(galois.generator(exp, galois.logarithms(exp)))
    assert [int(c) for c in galois_code().generator_poly.coeffs] == g


@pytest.mark.parametrize("interleave", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("octets", [1, 100, 222, 223])
@pytest.mark.parametrize(
    "parity", [parity_by_reedsolo, pytest.param(parity_by_galois, marks=pytest.mark.soak)]
)
def test_parity_is_that_of_other_libraries(
    interleave: int, octets: int, parity: Callable[[list[int]], list[int]]
) -> None:
    source = random.Random(interleave * 1000 + octets)
    for _ in range(5):
        data = source.randbytes(octets * interleave)
        assert encoded(data, interleave) == expected_parity(data, interleave, parity)


@given(st.data(), st.integers(1, 5), st.integers(1, 223))
def test_data_taken_in_pieces_give_the_parity_of_the_whole(
    data: st.DataObject, interleave: int, octets: int
) -> None:
    message = data.draw(st.binary(min_size=octets * interleave, max_size=octets * interleave))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(message)), max_size=6)))
    encoder = Encoder(interleave, len(message))
    for _ in range(2):  # nothing is left of the codeblock before
        parity = bytearray(32 * interleave)
        for start, end in zip([0, *cuts], [*cuts, len(message)], strict=True):
            encoder.take(message, start, end)
        encoder.finish(parity, 0)
        assert parity == encoded(message, interleave)


@pytest.mark.parametrize(("interleave", "octets"), [(0, 223), (6, 6), (1, 224), (2, 223), (1, 0)])
def test_a_codeblock_that_the_standard_does_not_have_is_refused(
    interleave: int, octets: int
) -> None:
    with pytest.raises(ValueError, match="interleave"):
        Encoder(interleave, octets)


@functools.cache
def lines(interpreter: str) -> list[list[str]]:
    """What the loop prints there: it encodes with the heap locked, plain and with the twin."""
    commands: dict[str, list[str | Path]] = {
        "CPython": [sys.executable, SCRIPT],
        "64-bit": [micropython(), SCRIPT],
        "32-bit": [sys.executable, "-m", "gse.micropython32", TREE, SCRIPT],
    }
    done = subprocess.run(
        [*commands[interpreter], "3"],
        cwd=TREE,
        env=os.environ | {"MICROPYPATH": str(TREE), "PYTHONPATH": str(TREE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [line.split() for line in done.stdout.splitlines()]


@pytest.mark.parametrize("interpreter", ["64-bit", "32-bit"])
def test_micropython_encodes_the_same_without_allocating(interpreter: str) -> None:
    expected = [(row[1], row[2], row[5]) for row in lines("CPython")]
    assert [(row[1], row[2], row[5]) for row in lines(interpreter)] == expected


def test_machine_code_is_taken_where_there_is_any_and_agrees_with_its_twin() -> None:
    rows = lines("64-bit")
    half = len(rows) // 2
    assert {row[0] for row in rows[:half]} == {"viper"}
    assert {row[0] for row in rows[half:]} == {"plain"}
    assert [row[5] for row in rows[:half]] == [row[5] for row in rows[half:]]
    assert {row[0] for row in lines("32-bit")} == {"plain"}
