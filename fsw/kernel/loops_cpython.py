"""What is done with every octet of the link, where numbers may be wide and a library is in C?

As loops_plain.py, for CPython alone: simulations and their tests spend most of their time here. A
board could not pay for it, as it allocates.
"""

from binascii import crc_hqx
from contextlib import suppress
from operator import itemgetter
from struct import Struct, error

from fsw.kernel import loops_plain

hold = loops_plain.hold

_PARITY = 32
_BELOW = (1 << 8 * (_PARITY - 1)) - 1  # all but the first octet
_FIRST = 8 * (_PARITY - 1)

_made = [None, ()]  # a table of rows, and all 32 products of each octet, as one number

_LETTERS = "BHhIi"  # of struct, by kind
_SMALL_HIGHEST = (1 << 30) - 1
_layouts = {}  # by index and kinds


def divide(rows, work, interleave, at, buffer, start, end):
    if _made[0] is not rows:
        _made[:] = rows, _multiplied(rows)
    products = _made[1]
    for first in range(min(interleave, end - start)):
        octets = buffer[start + first : end : interleave]
        place = at + first
        remainder = int.from_bytes(work[place : place + _PARITY * interleave : interleave], "big")
        for octet in octets:
            product = products[octet ^ (remainder >> _FIRST)]
            remainder = (remainder & _BELOW) << 8 ^ product
        behind = place + len(octets) * interleave
        work[place:behind:interleave] = bytes(len(octets))
        parity = remainder.to_bytes(_PARITY, "big")
        work[behind : behind + _PARITY * interleave : interleave] = parity


def _multiplied(rows):
    """The generator's coefficients are the same from both ends; the last is 1."""
    products = []
    for octet in range(256):
        row = bytes(rows[16 * octet : 16 * octet + 16])
        products.append(int.from_bytes(row + row[14::-1] + bytes([octet]), "big"))
    return products


def add(sequence, at, source, start, end, target, to):
    count = end - start
    first = int.from_bytes(source[start:end], "little")
    second = int.from_bytes(sequence[at : at + count], "little")
    target[to : to + count] = (first ^ second).to_bytes(count, "little")


def check(table, buffer, start, end, crc):
    return crc_hqx(buffer[start:end], crc)


def copy(table, source, start, end, target, to, crc):
    octets = source[start:end]
    target[to : to + len(octets)] = octets
    return crc_hqx(octets, crc)


def pack(cvt, index, kinds, count, buffer, at):
    chosen, layout = _layout(index[:count], bytes(kinds[:count]))
    values = chosen(cvt)
    if values and -1 - _SMALL_HIGHEST <= min(values) and max(values) <= _SMALL_HIGHEST:
        with suppress(error):  # of what is to be held at an end
            layout.pack_into(buffer, at, *values)
            return at + layout.size
    return loops_plain.pack(cvt, index, kinds, count, buffer, at)


def _layout(index, kinds):
    key = (index.tobytes(), kinds)
    if key not in _layouts:
        layout = Struct(">" + "".join([_LETTERS[kind] for kind in kinds]))
        # One index alone gives no tuple.
        chosen = itemgetter(*index) if len(index) > 1 else lambda cvt: [cvt[i] for i in index]
        _layouts[key] = chosen, layout
    return _layouts[key]
