"""Which octets of a codeblock are wrong, and what were they? Reed-Solomon (255,223), vectorised.

CCSDS 131.0-B-4 section 4. All codewords are checked at once by their syndromes; only those that
have any are decoded, again all at once, each step of the algorithms over every one of them:
Berlekamp-Massey for the error locator, all its values for the places, Forney for the errors. What
comes out is checked to be a codeword; whatever is not is returned as it came, and called so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fsw.link import galois
from fsw.link.reedsolomon import DEPTHS
from gse.link.crc import Octets

MOST_CORRECTED = galois.PARITY // 2  # octets of a codeword

# Codewords a batch: their syndromes, and the numbers of those in error, stay in the cache.
_BATCH = 4096
_ERRORED_BATCH = 1024

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


_PRODUCT = _product_table().reshape(-1)
_INVERSE = np.concatenate(([0], _EXP[(_ORDER - _LOG[1:]) % _ORDER])).astype(np.uint8)


def _times(a: Octets, b: Octets) -> Octets:
    """Products in the field, element by element; shapes as numpy broadcasts them."""
    return np.asarray(_PRODUCT[(a.astype(np.uint16) << np.uint16(8)) | b])


def _powers(exponents: npt.NDArray[np.int64]) -> Octets:
    return np.asarray(_EXP[exponents % _ORDER])


_PLACES = np.arange(galois.CODEWORD)  # the first octet of a codeword belongs to x^254
_ROOTS = galois.ROOTS_STEP * (galois.ROOTS_FIRST + np.arange(galois.PARITY))  # exponents of alpha


def _syndrome_table() -> npt.NDArray[np.uint64]:
    """What an octet, as sent, adds to the 32 syndromes; shape (255 places, 256 octets, 4 words)."""
    factors = _powers((_ORDER - 1 - _PLACES)[:, None] * _ROOTS)
    table = _times(factors[:, None, :], _CONVENTIONAL[None, :, None])
    return np.ascontiguousarray(table).view(np.uint64)


_SYNDROMES = _syndrome_table()

# In beta = alpha^11 the roots follow one another: beta^112 .. beta^143. An error at place p has
# the locator beta^(254-p); these are the inverses of all locators.
_INVERSE_LOCATORS = _powers(-galois.ROOTS_STEP * (_ORDER - 1 - _PLACES))
_LOCATOR_POWERS = _powers(
    -galois.ROOTS_STEP * (_ORDER - 1 - _PLACES) * np.arange(MOST_CORRECTED + 1)[:, None]
)
# Forney's factor locator^(1 - 112).
_FORNEY = _powers((galois.ROOTS_FIRST - 1) * _LOG[_INVERSE_LOCATORS].astype(np.int64))


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
        octets = self.length // self.interleave  # of a codeword
        received = codeblocks.reshape(count, octets, self.interleave)
        words = received.transpose(0, 2, 1).reshape(count * self.interleave, octets)
        corrected = np.zeros(len(words), np.uint8)
        uncorrectable = np.zeros(len(words), bool)
        syndromes = self._syndromes(words)
        errored = np.flatnonzero(syndromes.any(axis=1))
        frames = codeblocks[:, : self.data_octets]
        if len(errored):
            words = words.copy()
            for start in range(0, len(errored), _ERRORED_BATCH):
                some = errored[start : start + _ERRORED_BATCH]
                errors, good = _errors(syndromes[some].view(np.uint8), self._fill)
                corrected[some] = np.count_nonzero(errors, axis=1)
                uncorrectable[some] = ~good
                words[some] ^= _DUAL[errors[:, self._fill :]]
            mended = words.reshape(count, self.interleave, octets).transpose(0, 2, 1)
            frames = mended.reshape(count, self.length)[:, : self.data_octets]
        shape = (count, self.interleave)
        return Decoded(
            np.ascontiguousarray(frames), corrected.reshape(shape), uncorrectable.reshape(shape)
        )

    def _syndromes(self, words: Octets) -> npt.NDArray[np.uint64]:
        """The 32 syndromes of each codeword as four words; all 0 when it is without error."""
        result = np.zeros((len(words), galois.PARITY // 8), np.uint64)
        term = np.empty((_BATCH, galois.PARITY // 8), np.uint64)
        for start in range(0, len(words), _BATCH):
            columns = words[start : start + _BATCH].T.copy()
            total = result[start : start + _BATCH]
            for table, column in zip(_SYNDROMES[self._fill :], columns, strict=True):
                # "clip" spares numpy a buffer
                np.take(table, column, axis=0, out=term[: len(total)], mode="clip")
                np.bitwise_xor(total, term[: len(total)], out=total)
        return result


def _errors(syndromes: Octets, fill: int) -> tuple[Octets, npt.NDArray[np.bool_]]:
    """What was added to codewords with these syndromes, in the field's own basis, shape (n, 255),
    0 throughout where it cannot be said; and whether it can, shape (n,)."""
    locator, degree = _berlekamp_massey(syndromes)
    wrong = _values(locator) == 0
    wrong[:, :fill] = False  # what was never sent cannot be wrong
    good = (degree <= MOST_CORRECTED) & (wrong.sum(axis=1) == degree)
    wrong &= good[:, None]

    word, place = np.nonzero(wrong)
    evaluator = _evaluator(syndromes, locator)
    derivative = locator.copy()
    derivative[:, 0::2] = 0  # of the formal derivative times x, only odd powers remain
    above = _at(evaluator, word, place)
    below = _times(_at(derivative, word, place), _INVERSE[_INVERSE_LOCATORS[place]])
    errors = np.zeros((len(syndromes), galois.CODEWORD), np.uint8)
    errors[word, place] = _times(_times(above, _INVERSE[below]), _FORNEY[place])

    # The last word: with these errors taken away it must be a codeword, or it was none of ours.
    left = syndromes.view(np.uint64).copy()
    terms = _SYNDROMES[place, _DUAL[errors[word, place]]]
    np.bitwise_xor.at(left, word, terms)
    good &= ~left.any(axis=1)
    errors[~good] = 0
    return errors, good


def _berlekamp_massey(
    syndromes: Octets,
) -> tuple[Octets, npt.NDArray[np.int64]]:
    """The shortest error locator, lowest coefficient first, shape (n, 17), and its degree; above
    16 it means nothing."""
    count = len(syndromes)
    width = MOST_CORRECTED + 1
    locator = np.zeros((count, width), np.uint8)
    locator[:, 0] = 1
    before = locator.copy()  # the last one before the degree grew, times x^(steps since)
    degree = np.zeros(count, np.int64)
    scale = np.ones(count, np.uint8)  # discrepancy when the degree last grew
    for step in range(galois.PARITY):
        before[:, 1:] = before[:, :-1]
        before[:, 0] = 0
        reach = min(step + 1, width)
        terms = _times(locator[:, :reach], syndromes[:, step::-1][:, :reach])
        discrepancy = np.bitwise_xor.reduce(terms, axis=1)
        grows = (discrepancy != 0) & (2 * degree <= step)
        ratio = _times(discrepancy, _INVERSE[scale])
        following = locator ^ _times(ratio[:, None], before)
        before[grows] = locator[grows]
        scale[grows] = discrepancy[grows]
        degree[grows] = step + 1 - degree[grows]
        locator = following
    return locator, degree


def _values(polynomial: Octets) -> Octets:
    """Values at the inverse locators of all places; shape (n, 255)."""
    total = np.repeat(polynomial[:, :1], galois.CODEWORD, axis=1)
    for k in range(1, polynomial.shape[1]):
        total ^= _times(polynomial[:, k : k + 1], _LOCATOR_POWERS[k])
    return total


def _at(polynomial: Octets, word: npt.NDArray[np.intp], place: npt.NDArray[np.intp]) -> Octets:
    """Values of some words' polynomials, each at the inverse locator of one place."""
    terms = _times(polynomial[word], _LOCATOR_POWERS[: polynomial.shape[1], place].T)
    return np.asarray(np.bitwise_xor.reduce(terms, axis=1))


def _evaluator(syndromes: Octets, locator: Octets) -> Octets:
    """Syndromes times locator, modulo x^16: it has a lower degree than the locator."""
    result = np.zeros((len(syndromes), MOST_CORRECTED), np.uint8)
    for k in range(MOST_CORRECTED):
        result[:, k:] ^= _times(locator[:, k : k + 1], syndromes[:, : MOST_CORRECTED - k])
    return result
