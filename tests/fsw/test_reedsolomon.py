"""Is the parity that leaves the board that of CCSDS 131.0-B, on every interpreter?

Checked against galois and reedsolo, which know nothing of this project, interleave by interleave in
the field's own basis; the dual basis is made here from its definition, annex G of the standard.
"""

from __future__ import annotations

import functools
import operator
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import galois as oracle
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
FIELD = oracle.GF(2**8, irreducible_poly="x^8 + x^7 + x^2 + x + 1", primitive_element=2)

# The basis that is dual to 1, beta .. beta^7, beta = alpha^117, as exponents of alpha: an octet
# sent as bits z0 .. z7, z0 the most significant, is the sum of those elements whose bit is set.
DUAL_BASIS = (125, 88, 226, 163, 46, 184, 67, 242)


def conventional(z: int) -> int:
    """The octet of the field that is sent as z."""
    terms = [int(FIELD(2) ** e) for i, e in enumerate(DUAL_BASIS) if z >> (7 - i) & 1]
    return functools.reduce(operator.xor, terms, 0)


CONVENTIONAL = [conventional(z) for z in range(256)]
SENT = [CONVENTIONAL.index(x) for x in range(256)]


@functools.cache
def galois_code() -> Any:
    return oracle.ReedSolomon(255, 223, field=FIELD, alpha=FIELD(2) ** 11, c=112)


def expected_parity(data: bytes, interleave: int) -> bytes:
    """Parity of interleaved codewords, each by galois, filled with zeros in front."""
    columns = []
    for k in range(interleave):
        word = [CONVENTIONAL[octet] for octet in data[k::interleave]]
        filled = FIELD([0] * (223 - len(word)) + word)
        columns.append([SENT[int(x)] for x in galois_code().encode(filled, output="parity")])
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
    assert [int(c) for c in galois_code().generator_poly.coeffs] == g


@pytest.mark.parametrize("interleave", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("octets", [1, 100, 222, 223])
def test_parity_is_that_of_galois(interleave: int, octets: int) -> None:
    source = random.Random(interleave * 1000 + octets)
    for _ in range(5):
        data = source.randbytes(octets * interleave)
        assert encoded(data, interleave) == expected_parity(data, interleave)


@pytest.mark.parametrize("octets", [1, 111, 223])
def test_parity_is_that_of_reedsolo(octets: int) -> None:
    generator = int(FIELD(2) ** 11)
    codec = reedsolo.RSCodec(32, fcr=112, prim=0x187, generator=generator)
    source = random.Random(octets)
    for _ in range(20):
        data = source.randbytes(octets)
        word = codec.encode(bytearray(CONVENTIONAL[octet] for octet in data))
        assert encoded(data, 1) == bytes(SENT[octet] for octet in word[-32:])


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
