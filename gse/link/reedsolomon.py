"""Which octets of a codeblock are wrong, and what were they? Reed-Solomon (255,223), compiled.

CCSDS 131.0-B-4 section 4. Every codeword is checked by its syndromes; only those that have any are
decoded: Berlekamp-Massey for the error locator, all its values for the places, Forney for the
errors. What comes out is checked to be a codeword; whatever is not is returned as it came, and
called so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fsw.link import galois
from fsw.link.reedsolomon import DEPTHS
from gse import kernels
from gse.link.crc import Octets

MOST_CORRECTED = galois.PARITY // 2  # octets of a codeword

_TILE = 64  # codeblocks whose octets and syndromes stay beside the processor

_ORDER = 255
_EXP_LIST = galois.exponentials()
_EXP = np.frombuffer(bytes(_EXP_LIST) * 2, np.uint8)  # so that a sum of two logarithms is an index
_LOG = np.frombuffer(galois.logarithms(_EXP_LIST), np.uint8).astype(np.int16)
_DUAL = np.frombuffer(galois.dual_of_conventional(_EXP_LIST), np.uint8)
_CONVENTIONAL = np.frombuffer(galois.inverse(_DUAL.tobytes()), np.uint8)


def _product_table() -> Octets:
    """Product of every two octets; shape (256, 256)."""
    table = _EXP[_LOG[:, None] + _LOG[None, :]]
    table[0, :] = 0
    table[:, 0] = 0
    return np.asarray(table)


_PRODUCT = _product_table()
_INVERSE = np.concatenate(([0], _EXP[(_ORDER - _LOG[1:]) % _ORDER])).astype(np.uint8)


def _powers(exponents: npt.NDArray[np.int64]) -> Octets:
    return np.asarray(_EXP[exponents % _ORDER])


_PLACES = np.arange(galois.CODEWORD)  # the first octet of a codeword belongs to x^254
_ROOTS = galois.ROOTS_STEP * (galois.ROOTS_FIRST + np.arange(galois.PARITY))  # exponents of alpha


def _syndrome_table() -> npt.NDArray[np.uint64]:
    """What an octet, as sent, adds to the 32 syndromes; shape (255 places, 256 octets, 4 words)."""
    factors = _powers((_ORDER - 1 - _PLACES)[:, None] * _ROOTS)
    table = _PRODUCT[factors[:, None, :], _CONVENTIONAL[None, :, None]]
    return np.ascontiguousarray(table).view(np.uint64)


_SYNDROMES = _syndrome_table()

# In beta = alpha^11 the roots follow one another: beta^112 .. beta^143. An error at place p has
# the locator beta^(254-p); these are powers of the inverses of all locators, shape (17, 255).
_POWERS = _powers(
    -galois.ROOTS_STEP * (_ORDER - 1 - _PLACES) * np.arange(MOST_CORRECTED + 1)[:, None]
)
# Forney's factor locator^(1 - 112), over the locator, as the derivative there is over it too.
_FORNEY = _powers(galois.ROOTS_FIRST * _LOG[_POWERS[1]].astype(np.int64))


class _Field(NamedTuple):
    """What the compiled loops reckon with."""

    product: Octets
    inverse: Octets
    powers: Octets
    forney: Octets
    dual: Octets
    syndromes: npt.NDArray[np.uint64]


_FIELD = _Field(_PRODUCT, _INVERSE, _POWERS, _FORNEY, _DUAL, _SYNDROMES)


@dataclass(frozen=True, slots=True)
class Decoded:
    """frames: data octets of each codeblock, shape (n, data octets), corrected where possible.

    corrected: octets corrected of each codeword, parity included, 0 .. 16; uncorrectable: codewords
    with more errors than that, left as received, corrected 0; both of shape (n, interleave).
    """

    frames: Octets
    corrected: npt.NDArray[np.uint8]
    uncorrectable: npt.NDArray[np.bool_]


class ReedSolomon:
    """Decoder of codeblocks of one shape."""

    def __init__(self, interleave: int, data_octets: int) -> None:
        """interleave: 1 .. 5 codewords; data_octets: of a codeblock, a multiple of interleave, at
        most 223 times it; fewer are virtual fill (section 4.3.7).

        Raises ValueError for a codeblock that the standard does not have.
        """
        if interleave not in DEPTHS:
            raise ValueError("interleave is 1 to 5")
        if not 0 < data_octets <= galois.DATA * interleave or data_octets % interleave:
            raise ValueError("data octets are a multiple of interleave, up to 223 times it")
        self.interleave = interleave
        self.data_octets = data_octets
        self.length = data_octets + galois.PARITY * interleave
        self._fill = galois.CODEWORD - self.length // interleave  # octets of each codeword not sent

    def decode(self, codeblocks: Octets) -> Decoded:
        """Corrects codeblocks as received, derandomized; shape (n, length). They are not changed.

        Raises ValueError for another length.
        """
        if codeblocks.ndim != 2 or codeblocks.shape[1] != self.length:
            raise ValueError(f"codeblocks are {self.length} octets long")
        count = len(codeblocks)
        received = kernels.read_only(np.ascontiguousarray(codeblocks))
        syndromes = np.zeros((count * self.interleave, galois.PARITY // 8), np.uint64)
        table = _SYNDROMES[self._fill :]
        _add_syndromes(received, self.interleave, table, syndromes)
        corrected = np.zeros(len(syndromes), np.uint8)
        uncorrectable = np.zeros(len(syndromes), bool)
        errored = np.flatnonzero(syndromes.any(axis=1))
        frames = received[:, : self.data_octets]
        if len(errored):
            mended = received.copy()
            _correct(
                errored,
                syndromes.view(np.uint8),
                _FIELD,
                self.interleave,
                self._fill,
                mended,
                corrected,
                uncorrectable,
            )
            frames = mended[:, : self.data_octets]
        shape = (count, self.interleave)
        return Decoded(
            np.ascontiguousarray(frames), corrected.reshape(shape), uncorrectable.reshape(shape)
        )


@kernels.compiled
def _add_syndromes(
    codeblocks: Octets,
    interleave: int,
    table: npt.NDArray[np.uint64],
    syndromes: npt.NDArray[np.uint64],
) -> None:
    """Adds the octets of every codeword to its 32 syndromes, which are four words; they remain 0
    when it is without error. table: of the places that are sent, see _SYNDROMES."""
    count, length = codeblocks.shape
    for low in range(0, count, _TILE):
        high = min(low + _TILE, count)
        for at in range(length):
            terms = table[at // interleave]
            for i in range(low, high):
                octet = codeblocks[i, at]
                word = i * interleave + at % interleave
                for k in range(4):
                    syndromes[word, k] ^= terms[octet, k]


@kernels.compiled
def _correct(
    errored: npt.NDArray[np.int64],
    syndromes: Octets,
    field: _Field,
    interleave: int,
    fill: int,
    codeblocks: Octets,
    corrected: Octets,
    uncorrectable: npt.NDArray[np.bool_],
) -> None:
    """Corrects the codewords that are in error, by their syndromes, shape (all, 32)."""
    places = np.empty(MOST_CORRECTED, np.int64)
    values = np.empty(MOST_CORRECTED, np.uint8)
    locator = np.empty(galois.PARITY + 1, np.uint8)
    for word in errored:
        own = syndromes[word]
        degree = _locate(own, field, locator)
        found = 0
        if degree <= MOST_CORRECTED:
            found = _search(locator, degree, field, fill, places)
        if not found or found != degree:
            uncorrectable[word] = True
            continue
        _evaluate(own, locator, degree, field, places, values)
        if not _explain(own, degree, field, places, values):
            uncorrectable[word] = True
            continue
        block, first = word // interleave, word % interleave
        for i in range(degree):
            at = (places[i] - fill) * interleave + first
            codeblocks[block, at] ^= field.dual[values[i]]
        corrected[word] = degree


@kernels.compiled
def _locate(syndromes: Octets, field: _Field, locator: Octets) -> Any:
    """The shortest error locator, lowest coefficient first, by Berlekamp and Massey; its degree,
    above 16 where the locator means nothing."""
    product = field.product
    locator[:] = 0
    locator[0] = 1
    before = locator.copy()  # the last one before the degree grew
    kept = locator.copy()
    degree, steps, scale = 0, 1, np.uint8(1)  # steps since it grew, and the discrepancy then
    for step in range(galois.PARITY):
        discrepancy = syndromes[step]
        for k in range(1, degree + 1):
            discrepancy ^= product[locator[k], syndromes[step - k]]
        if discrepancy == 0:
            steps += 1
            continue
        ratio = product[discrepancy, field.inverse[scale]]
        kept[:] = locator
        for k in range(galois.PARITY + 1 - steps):
            locator[k + steps] ^= product[ratio, before[k]]
        if 2 * degree > step:
            steps += 1
            continue
        before[:] = kept
        degree, steps, scale = step + 1 - degree, 1, discrepancy
        if degree > MOST_CORRECTED:
            break
    return degree


@kernels.compiled
def _search(
    locator: Octets, degree: int, field: _Field, fill: int, places: npt.NDArray[np.int64]
) -> Any:
    """Places at which the locator is zero, of those that were sent: what was not cannot be wrong.
    How many; no more than its degree."""
    total = np.full(galois.CODEWORD, locator[0])
    for k in range(1, degree + 1):
        times = field.product[locator[k]]
        powers = field.powers[k]
        for place in range(fill, galois.CODEWORD):
            total[place] ^= times[powers[place]]
    found = 0
    for place in range(fill, galois.CODEWORD):
        if total[place] == 0:
            places[found] = place
            found += 1
    return found


@kernels.compiled
def _evaluate(
    syndromes: Octets,
    locator: Octets,
    degree: int,
    field: _Field,
    places: npt.NDArray[np.int64],
    values: Octets,
) -> None:
    """What was added at each place, by Forney, in the field's own basis."""
    product = field.product
    evaluator = np.zeros(MOST_CORRECTED, np.uint8)  # syndromes times locator, modulo x^degree
    for i in range(degree):
        for k in range(i + 1):
            evaluator[i] ^= product[locator[k], syndromes[i - k]]
    for i in range(degree):
        place = places[i]
        above, below = np.uint8(0), np.uint8(0)
        for k in range(degree):
            above ^= product[evaluator[k], field.powers[k, place]]
        # Of the formal derivative, times x, only odd powers remain.
        for k in range(1, degree + 1, 2):
            below ^= product[locator[k], field.powers[k, place]]
        quotient = product[above, field.inverse[below]]
        values[i] = product[quotient, field.forney[place]]


@kernels.compiled
def _explain(
    syndromes: Octets, degree: int, field: _Field, places: npt.NDArray[np.int64], values: Octets
) -> Any:
    """The last word: with these errors taken away it is a codeword, or it was none of ours."""
    left = syndromes.view(np.uint64).copy()
    for i in range(degree):
        for k in range(len(left)):
            left[k] ^= field.syndromes[places[i], field.dual[values[i]], k]
    return not left.any()
