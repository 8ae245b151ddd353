"""Is what is added to a codeblock the sequence of CCSDS 131.0-B, section 10?"""

from __future__ import annotations

import pytest

from fsw.link.randomizer import randomize
from fsw.link.tables import PERIOD, SEQUENCE


def bits(count: int) -> list[int]:
    """The sequence by its recurrence, from eight ones: h(x) = x^8 + x^7 + x^5 + x^3 + 1."""
    s = [1] * 8
    while len(s) < count:
        s.append(s[-1] ^ s[-3] ^ s[-5] ^ s[-8])
    return s


def test_it_begins_as_the_standard_prints_it() -> None:
    assert SEQUENCE[:5].hex() == "ff480ec09a"
    assert SEQUENCE[:8].hex() == "ff480ec09a0d70bc"


def test_it_is_the_recurrence_over_its_whole_period() -> None:
    expected = bits(8 * PERIOD * 2)
    octets = bytes(
        int("".join(map(str, expected[at : at + 8])), 2) for at in range(0, len(expected), 8)
    )
    assert octets == bytes(SEQUENCE) * 2


def test_no_shorter_period_has_all_255_states() -> None:
    expected = bits(255 + 8)
    assert len({tuple(expected[i : i + 8]) for i in range(255)}) == 255


@pytest.mark.parametrize("length", [1, 254, 255, 256, 1275])
def test_it_is_added_to_those_octets_alone_and_undoes_itself(length: int) -> None:
    original = bytes((7 * i + 3) % 256 for i in range(length + 20))
    buffer = bytearray(original)
    randomize(buffer, 10, 10 + length)
    sequence = bytes(SEQUENCE) * 5
    assert buffer[:10] == original[:10]
    assert buffer[10 + length :] == original[10 + length :]
    assert buffer[10:-10] == bytes(
        a ^ b for a, b in zip(original[10:-10], sequence[:length], strict=True)
    )
    randomize(buffer, 10, 10 + length)
    assert buffer == original
