"""Which loops go over every octet, frame or packet? Compiled ones, by numba.

Compiled on first use and kept beside this file, or in the user's cache where that is read-only.
They hold no lock of the interpreter, so that several run at once. Indices are unsigned: signed ones
could count from the end, and would be tested for it at every octet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt
from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba import types
from numba.extending import intrinsic

from fsw.link.crc import TABLE

Octets = npt.NDArray[np.uint8]
_Type = TypeVar("_Type", bound=np.generic)

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(function: _Function) -> _Function:
    """The function, compiled when it is first called."""
    return _compiled(function)


def leaf(function: _Function) -> _Function:
    """The same for a function that others call in their loops and that allocates nothing: its
    references to arrays are not counted, which would take longer than the function."""
    return _compiled(function, _nrt=False)


def _compiled(function: _Function, **options: Any) -> _Function:
    try:
        kernel: Any = numba.njit(cache=True, nogil=True, **options)(function)
    except RuntimeError:  # neither here nor in the user's directory can anything be written
        kernel = numba.njit(nogil=True, **options)(function)
    return cast(_Function, kernel)


def read_only(array: npt.NDArray[_Type]) -> npt.NDArray[_Type]:
    """The same array, not to be written to. Octets go to kernels so, whoever made them: for arrays
    of both kinds everything would be compiled twice."""
    view = array.view()
    view.flags.writeable = False
    return view


def flat(rows: Octets) -> tuple[Octets, int]:
    """Rows of contiguous octets, shape (n, length), as octets in a row, and how far apart they are
    there."""
    count, length = rows.shape
    step = rows.strides[0] if count else 0
    span = (count - 1) * step + length if count else 0
    return np.lib.stride_tricks.as_strided(rows, (span,), (1,), writeable=False), step


def _loader(bits: int, result: Any) -> Any:
    """A function for kernels: the big-endian word of so many bits at an octet of an array."""

    @intrinsic
    def load(typing_context: Any, octets: Any, index: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            array = context.make_array(signature.args[0])(context, builder, arguments[0])
            pointer = builder.gep(array.data, [arguments[1]])
            pointer = builder.bitcast(pointer, ir.IntType(bits).as_pointer())
            return builder.bswap(builder.load(pointer, align=1))

        return result(octets, types.uint64), generate

    return load


# One instruction each; octet by octet, a word takes twice as long.
_load16 = _loader(16, types.uint16)
_load32 = _loader(32, types.uint32)
load64 = _loader(64, types.uint64)


def _slices() -> npt.NDArray[np.uint16]:
    """CRC of an octet that n octets follow, n = 0 .. 15; shape (16, 256)."""
    table = np.array(TABLE, np.uint16)
    rows = [table]
    for _ in range(15):
        before = rows[-1]
        rows.append((before << np.uint16(8)) ^ table[before >> np.uint16(8)])
    return np.array(rows)


CRC_SLICES = _slices()


@leaf
def crc16_sliced(octets: Octets, start: Any, length: Any, slices: npt.NDArray[np.uint16]) -> Any:
    """CRC of octets start .. start + length, preset to ones; slices: CRC_SLICES."""
    crc = np.uint16(0xFFFF)
    at = np.uint64(start)
    left = length
    one = np.uint64(1)
    while left >= 16:
        total = slices[15, octets[at] ^ np.uint8(crc >> np.uint16(8))]
        total ^= slices[14, octets[at + one] ^ np.uint8(crc & np.uint16(0xFF))]
        total ^= slices[13, octets[at + np.uint64(2)]]
        total ^= slices[12, octets[at + np.uint64(3)]]
        total ^= slices[11, octets[at + np.uint64(4)]]
        total ^= slices[10, octets[at + np.uint64(5)]]
        total ^= slices[9, octets[at + np.uint64(6)]]
        total ^= slices[8, octets[at + np.uint64(7)]]
        total ^= slices[7, octets[at + np.uint64(8)]]
        total ^= slices[6, octets[at + np.uint64(9)]]
        total ^= slices[5, octets[at + np.uint64(10)]]
        total ^= slices[4, octets[at + np.uint64(11)]]
        total ^= slices[3, octets[at + np.uint64(12)]]
        total ^= slices[2, octets[at + np.uint64(13)]]
        total ^= slices[1, octets[at + np.uint64(14)]]
        total ^= slices[0, octets[at + np.uint64(15)]]
        crc = total
        at += np.uint64(16)
        left -= 16
    if left == 1:
        index = np.uint8(crc >> np.uint16(8)) ^ octets[at]
        crc = np.uint16(crc << np.uint16(8)) ^ slices[0, index]
    elif left > 1:
        total = slices[left - 1, octets[at] ^ np.uint8(crc >> np.uint16(8))]
        total ^= slices[left - 2, octets[at + one] ^ np.uint8(crc & np.uint16(0xFF))]
        for k in range(2, left):
            total ^= slices[left - 1 - k, octets[at + np.uint64(k)]]
        crc = total
    return crc


_POLYNOMIAL = 0x11021


def _divided(power: int) -> tuple[int, int]:
    """x^power divided by the polynomial of the CRC: quotient and remainder, as numbers."""
    quotient, value = 0, 1 << power
    for shift in range(power - 16, -1, -1):
        if value >> (shift + 16):
            value ^= _POLYNOMIAL << shift
            quotient |= 1 << shift
    return quotient, value


def _quotient(power: int) -> int:
    return _divided(power)[0]


def _remainder(power: int) -> int:
    return _divided(power)[1]


def _multiplier(builder: Any) -> Any:
    """What multiplies a word by a number of up to 64 bits, without carry: 128 bits."""
    octet, place = ir.IntType(8), ir.IntType(32)
    pair = ir.VectorType(ir.IntType(64), 2)
    multiply = builder.module.declare_intrinsic(
        "llvm.x86.pclmulqdq", (), ir.FunctionType(pair, [pair, pair, octet])
    )

    def product(value: Any, number: int) -> Any:
        left = builder.insert_element(ir.Constant(pair, [0, 0]), value, place(0))
        result = builder.call(multiply, [left, ir.Constant(pair, [number, 0]), octet(0)])
        return builder.bitcast(result, ir.IntType(128))

    return product


def _folder() -> Any:
    """A function for kernels: 16 octets, as two words, that have the same CRC as these two words
    with the 16 octets of an array at an index behind them."""

    @intrinsic
    def fold(typing_context: Any, high: Any, low: Any, octets: Any, index: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            word, long = ir.IntType(64), ir.IntType(128)
            product = _multiplier(builder)
            # (high x^64 + low) x^128 + next
            total = builder.xor(
                product(arguments[0], _remainder(192)), product(arguments[1], _remainder(128))
            )
            array = context.make_array(signature.args[2])(context, builder, arguments[2])
            pointer = builder.gep(array.data, [arguments[3]])
            pointer = builder.bitcast(pointer, long.as_pointer())
            total = builder.xor(total, builder.bswap(builder.load(pointer, align=1)))
            words = [builder.trunc(builder.lshr(total, long(shift)), word) for shift in (64, 0)]
            return context.make_tuple(builder, signature.return_type, words)

        pair: Any = types.UniTuple(types.uint64, 2)  # type: ignore[no-untyped-call]
        return pair(types.uint64, types.uint64, octets, types.uint64), generate

    return fold


def _reducer() -> Any:
    """A function for kernels: the CRC of 16 octets, as two words, without a preset. What is left of
    128 bits is made 80, then 64; the rest is Barrett's division, exact in polynomials."""

    @intrinsic
    def reduce(typing_context: Any, high: Any, low: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            word, long = ir.IntType(64), ir.IntType(128)
            product = _multiplier(builder)

            def part(value: Any, shift: int) -> Any:
                return builder.trunc(builder.lshr(value, long(shift)), word)

            # (high x^64 + low) x^16
            total = builder.xor(
                product(arguments[0], _remainder(80)), product(arguments[1], _remainder(16))
            )
            total = builder.xor(part(total, 0), part(product(part(total, 64), _remainder(64)), 0))
            quotient = part(product(builder.lshr(total, word(16)), _quotient(64)), 48)
            rest = builder.xor(total, part(product(quotient, _POLYNOMIAL), 0))
            return builder.trunc(rest, ir.IntType(16))

        return types.uint16(types.uint64, types.uint64), generate

    return reduce


FOLDS = bool(get_host_cpu_features().get("pclmul", False))  # whether the processor multiplies so
_fold = _folder()
_reduce = _reducer()


@leaf
def crc16_folded(octets: Octets, start: int, length: int, slices: npt.NDArray[np.uint16]) -> Any:
    """As crc16, by multiplication without carry: 16 octets a step. The octets are a polynomial, of
    which what lies far ahead is replaced by its remainder (Gopal et al., Fast CRC Computation for
    Generic Polynomials Using PCLMULQDQ, Intel 2009)."""
    at = np.uint64(start)
    end = at + np.uint64(length)
    if length < 32:
        crc = np.uint16(0xFFFF)
        while at < end:
            crc = np.uint16(crc << np.uint16(8)) ^ slices[0, np.uint8(crc >> 8) ^ octets[at]]
            at += np.uint64(1)
        return crc
    high = load64(octets, at) ^ np.uint64(0xFFFF000000000000)
    low = load64(octets, at + np.uint64(8))
    # The first step takes what is over, behind zeros, so that all others are whole.
    over = np.uint64(length) & np.uint64(15)
    away = np.uint64(8) * (np.uint64(16) - over)
    if over == 0:
        over = np.uint64(16)
    elif away >= np.uint64(64):
        low = high >> (away - np.uint64(64))
        high = np.uint64(0)
    else:
        low = low >> away | high << (np.uint64(64) - away)
        high = high >> away
    at += over
    if over == np.uint64(1):  # which took the first octet of the preset alone
        high, low = _fold(high, low, octets, at)
        high ^= np.uint64(0xFF00000000000000)
        at += np.uint64(16)
    while at < end:
        high, low = _fold(high, low, octets, at)
        at += np.uint64(16)
    return _reduce(high, low)


crc16 = crc16_folded if FOLDS else crc16_sliced


@compiled
def crc16_of_each(
    octets: Octets,
    start: npt.NDArray[np.int64],
    length: npt.NDArray[np.int64],
    slices: npt.NDArray[np.uint16],
    result: npt.NDArray[np.uint16],
) -> None:
    """CRCs of many messages that lie in the same octets."""
    for i in range(len(start)):
        result[i] = crc16(octets, start[i], length[i], slices)


@compiled
def markers(octets: Octets, marker: int, found: npt.NDArray[np.int64]) -> int:
    """Where a marker of four octets begins; how many. found: room for a quarter of the octets and
    one more, as this marker does not overlap itself."""
    count = 0
    first = np.uint8(marker >> 24)
    for i in range(np.uint64(max(len(octets) - 3, 0))):
        if octets[i] == first and _load32(octets, i) == np.uint32(marker):
            found[count] = i
            count += 1
    return count


@compiled
def scan(
    octets: Octets,
    start: int,
    limit: int,
    length: int,
    marker: int,
    slices: npt.NDArray[np.uint16],
    frames: npt.NDArray[np.int64],
    others: npt.NDArray[np.int64],
) -> tuple[int, int]:
    """Frames with marker and right CRC, the next behind the end of the one before, and markers
    between them; how many of each. Frames begin from start on, before limit.

    others: room for a quarter of the octets and one more.
    """
    found, markers_found = 0, 0
    at = start
    word = np.uint32(marker)
    while at < len(octets) - 3:
        if _load32(octets, np.uint64(at)) == word:
            if at < limit and crc16(octets, at + 4, length - 4, slices) == 0:
                frames[found] = at
                found += 1
                at += length
                continue
            others[markers_found] = at
            markers_found += 1
        at += 1
    return found, markers_found


@compiled
def walk(
    octets: Octets,
    pointer: npt.NDArray[np.int64],
    segment_end: npt.NDArray[np.int64],
    field: int,
    start: npt.NDArray[np.int64],
    end: npt.NDArray[np.int64],
    unit: npt.NDArray[np.int64],
) -> int:
    """Start, end and data field of every packet that begins in one; how many.

    field: octets of each.
    The end is one octet beyond its segment where the header is cut off. start, end, unit: room for
    one packet in each 7 octets of a field, and one more.
    """
    count = 0
    for u in range(len(pointer)):
        if pointer[u] >= field:
            continue
        at = u * field + pointer[u]
        limit = (u + 1) * field
        while at < limit:
            start[count] = at
            unit[count] = u
            if at + 6 > segment_end[u]:
                at = segment_end[u] + 1
            else:
                at += 7 + np.int64(_load16(octets, np.uint64(at + 4)))
            end[count] = at
            count += 1
    return count


WHOLE, IDLE, MISFIT, FRAGMENT, IDLE_BROKEN = range(5)


@compiled
def judge(
    octets: Octets,
    pointer: npt.NDArray[np.int64],
    segment_end: npt.NDArray[np.int64],
    field: int,
    start: npt.NDArray[np.int64],
    end: npt.NDArray[np.int64],
    unit: npt.NDArray[np.int64],
    packet_id: npt.NDArray[np.uint16],
    verdict: npt.NDArray[np.uint8],
) -> None:
    """Whether each packet is whole, and ends where the fields say that the next one begins; and its
    first two octets.

    One that ends with its field is believed: the next may not have come yet.
    """
    fields = len(pointer)
    following = np.empty(fields + 1, np.int64)  # the next field in which a packet begins
    following[fields] = fields
    for u in range(fields - 1, -1, -1):
        following[u] = u if pointer[u] < field else following[u + 1]
    for i in range(len(start)):
        at = min(start[i], len(octets) - 2)
        packet_id[i] = _load16(octets, np.uint64(at))
        idle = packet_id[i] & np.uint16(0x7FF) == np.uint16(0x7FF)
        u = unit[i]
        whole = end[i] <= segment_end[u]
        fits = True
        if end[i] > (u + 1) * field:
            after = following[u + 1]
            if whole:
                last, rest = end[i] // field, end[i] % field
                fits = after == last and pointer[last] == rest if rest else after >= last
            else:
                fits = after * field >= segment_end[u]
        if fits and whole:
            verdict[i] = IDLE if idle else WHOLE
        elif idle:
            verdict[i] = IDLE_BROKEN
        else:
            verdict[i] = FRAGMENT if fits else MISFIT


GOOD, UNEXPECTED, WRONG_LENGTH, DAMAGED, SEGMENTED = range(5)


@compiled
def classify(
    octets: Octets,
    start: npt.NDArray[np.int64],
    length: npt.NDArray[np.int64],
    packet_id: npt.NDArray[np.uint16],
    type_of: npt.NDArray[np.int16],
    length_of: npt.NDArray[np.int64],
    slices: npt.NDArray[np.uint16],
    kind: npt.NDArray[np.int16],
    verdict: npt.NDArray[np.uint8],
    counts: npt.NDArray[np.int64],
) -> None:
    """The type of each packet, -1 for none, and what is wrong with it; counts: good ones by type.

    type_of: by packet_id; length_of: by type.
    """
    for i in range(len(start)):
        t = type_of[packet_id[i]]
        kind[i] = t
        if t < 0:
            verdict[i] = UNEXPECTED
        elif length[i] != length_of[t]:
            verdict[i] = WRONG_LENGTH
        elif crc16(octets, start[i], length[i], slices) != 0:
            verdict[i] = DAMAGED
        elif octets[np.uint64(start[i] + 2)] >> np.uint8(6) != np.uint8(3):
            verdict[i] = SEGMENTED
        else:
            verdict[i] = GOOD
            counts[t] += 1


@compiled
def group(
    octets: Octets,
    kind: npt.NDArray[np.int16],
    verdict: npt.NDArray[np.uint8],
    counts: npt.NDArray[np.int64],
    came: tuple[Any, Any, Any, Any],
    grouped: tuple[Any, Any, Any, Any],
    headers: tuple[Any, Any, Any, Any],
) -> None:
    """The good packets type after type, each in the order in which they came.

    came, grouped: start, frame, offset and virtual channel, of all packets and of the good ones.
    headers: sequence counts, seconds, fractions and both in seconds of the good ones, from their
    primary and secondary headers.
    """
    start, frame, offset, channel = came
    to_start, to_frame, to_offset, to_channel = grouped
    sequence, seconds, fraction, time_s = headers
    place = (np.cumsum(counts) - counts).astype(np.uint64)
    for i in range(np.uint64(len(kind))):
        if verdict[i] != GOOD:
            continue
        t = np.uint64(kind[i])
        to = place[t]
        place[t] = to + np.uint64(1)
        to_start[to] = start[i]
        to_frame[to] = frame[i]
        to_offset[to] = offset[i]
        to_channel[to] = channel[i]
        at = np.uint64(start[i])
        whole = _load32(octets, at + np.uint64(6))
        part = _load16(octets, at + np.uint64(10))
        sequence[to] = _load16(octets, at + np.uint64(2)) & np.uint16(0x3FFF)
        seconds[to] = whole
        fraction[to] = part
        time_s[to] = np.float64(whole) + np.float64(part) / 65536.0


@compiled
def copy_rows(octets: Octets, start: npt.NDArray[np.int64], rows: npt.NDArray[np.uint8]) -> None:
    """Packets of one length, one after another; rows of shape (n, length)."""
    length = np.uint64(rows.shape[1])
    for i in range(len(start)):
        at = np.uint64(start[i])
        for k in range(length):
            rows[i, k] = octets[at + k]


# How a field stands in a packet.
U8, U16, I16, U32, I32 = range(5)
_STRETCH = 1 << 17  # octets that stay in the cache while one field after another is read
_TILE = 1024  # packets


@leaf
def _up_to(limit: int, start: npt.NDArray[np.int64], at: int, end: int) -> int:
    """The first packet, of those from at to end, that does not begin before a limit; or the end."""
    while at < end and start[at] < limit:
        at += 1
    return at


@compiled
def linear_columns(  # noqa: PLR0912
    octets: Octets,
    start: npt.NDArray[np.int64],
    first: npt.NDArray[np.int64],
    field: npt.NDArray[np.int64],
    fields: tuple[Any, Any, Any, Any],
    place: npt.NDArray[np.int64],
    values: npt.NDArray[np.float64],
) -> None:
    """Values of fields of packets of several types, counts * factor / divisor.

    start: of each packet, type after type, ascending in each; first, field: the first packet and
    the first field of each type, and the end of the last. fields: octet in its packet, wire type,
    factor and divisor of each field; place: of its first value in values, one packet's after
    another's.
    """
    offset, wire_type, factor, divisor = fields
    at = first[:-1].copy()
    left = len(start)
    limit = 0
    while left:
        limit += _STRETCH
        for t in range(len(at)):
            low = at[t]
            high = at[t] = _up_to(limit, start, low, first[t + 1])
            left -= high - low
            some = start[low:high]
            count = np.uint64(high - low)
            for f in range(field[t], field[t + 1]):
                o = np.uint64(offset[f])
                scale = factor[f]
                wire = wire_type[f]
                to = place[f] + low - first[t]
                row = values[to : to + high - low]
                if wire == U8:
                    for i in range(count):
                        row[i] = octets[np.uint64(some[i]) + o] * scale
                elif wire == U16:
                    for i in range(count):
                        row[i] = _load16(octets, np.uint64(some[i]) + o) * scale
                elif wire == I16:
                    for i in range(count):
                        row[i] = np.int16(_load16(octets, np.uint64(some[i]) + o)) * scale
                elif wire == U32:
                    for i in range(count):
                        row[i] = _load32(octets, np.uint64(some[i]) + o) * scale
                else:
                    for i in range(count):
                        row[i] = np.int32(_load32(octets, np.uint64(some[i]) + o)) * scale
                if divisor[f] != 1.0:
                    for i in range(count):
                        row[i] = row[i] / divisor[f]


@compiled
def count_columns(
    octets: Octets,
    start: npt.NDArray[np.int64],
    offset: npt.NDArray[np.int64],
    wire_type: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
) -> None:
    """Counts of fields of all packets, as sent; columns of shape (fields, n)."""
    for low in range(0, len(start), _TILE):
        some = start[low : low + _TILE]
        count = np.uint64(len(some))
        for f in range(len(offset)):
            o = np.uint64(offset[f])
            t = wire_type[f]
            row = columns[f, low : low + _TILE]
            if t == U8:
                for i in range(count):
                    row[i] = octets[np.uint64(some[i]) + o]
            elif t == U16:
                for i in range(count):
                    row[i] = _load16(octets, np.uint64(some[i]) + o)
            elif t == I16:
                for i in range(count):
                    row[i] = np.int16(_load16(octets, np.uint64(some[i]) + o))
            elif t == U32:
                for i in range(count):
                    row[i] = _load32(octets, np.uint64(some[i]) + o)
            else:
                for i in range(count):
                    row[i] = np.int32(_load32(octets, np.uint64(some[i]) + o))


@compiled
def codes(
    octets: Octets,
    start: npt.NDArray[np.int64],
    offset: int,
    wide: bool,
    code_of: npt.NDArray[np.int32],
    first: int,
    result: npt.NDArray[np.int32],
) -> tuple[int, Any]:
    """The code of a field of one octet, or two, of each packet from the first on; where it stops,
    at a count that has no code, -1, or at the end; and that count."""
    count = np.uint64(0)
    for i in range(first, len(start)):
        at = np.uint64(start[i] + offset)
        count = np.uint64(_load16(octets, at)) if wide else np.uint64(octets[at])
        result[i] = code_of[count]
        if result[i] < 0:
            return i, np.int64(count)
    return len(start), np.int64(0)


@compiled
def sequence_gaps(
    sequence: npt.NDArray[np.uint16],
    channel: npt.NDArray[np.uint8],
    frame: npt.NDArray[np.int64],
    epoch: npt.NDArray[np.int64],
    first_frame: int,
    last: npt.NDArray[np.int64],
    last_epoch: npt.NDArray[np.int64],
    row: npt.NDArray[np.int64],
    before: npt.NDArray[np.int64],
) -> int:
    """Rows at which the count of sequence does not follow the one before it on its virtual channel,
    and that one; how many.

    epoch: of the frames from first_frame on; in a new one counting begins at 0. last, last_epoch:
    by channel, -1 before the first; brought up to date.
    """
    found = 0
    for i in range(len(sequence)):
        c = channel[i]
        count = np.int64(sequence[i])
        e = epoch[frame[i] - first_frame]
        if last[c] >= 0:
            previous = last[c] if e == last_epoch[c] else np.int64(0x3FFF)
            if (previous + 1) & 0x3FFF != count:
                row[found] = i
                before[found] = previous
                found += 1
        last[c] = count
        last_epoch[c] = e
    return found


@compiled
def clock(
    octets: Octets,
    start: npt.NDArray[np.int64],
    frame: npt.NDArray[np.int64],
    channel: npt.NDArray[np.uint8],
    kind: npt.NDArray[np.int16],
    verdict: npt.NDArray[np.uint8],
    tells: npt.NDArray[np.bool_],
    live: int,
    clock_frame: npt.NDArray[np.int64],
    clock_s: npt.NDArray[np.float64],
) -> int:
    """Frame and spacecraft time of the good packets of a channel whose type tells the time."""
    count = 0
    for i in range(len(start)):
        if verdict[i] == GOOD and channel[i] == live and tells[kind[i]]:
            at = np.uint64(start[i])
            clock_frame[count] = frame[i]
            clock_s[count] = (
                np.float64(_load32(octets, at + np.uint64(6)))
                + np.float64(_load16(octets, at + np.uint64(10))) / 65536.0
            )
            count += 1
    return count


@compiled
def split(
    octets: Octets,
    start: npt.NDArray[np.int64],
    length: npt.NDArray[np.int64],
    packet_id: npt.NDArray[np.uint16],
) -> tuple[int, int]:
    """Packets that follow one another from the first octet on; how many, and where they end."""
    count = 0
    at: Any = 0
    while at + 6 <= len(octets):
        whole = 7 + np.int64(_load16(octets, np.uint64(at + 4)))
        if at + whole > len(octets):
            break
        start[count] = at
        length[count] = whole
        packet_id[count] = _load16(octets, np.uint64(at))
        count += 1
        at += whole
    return count, at


@compiled
def narrow_columns(
    octets: Octets,
    start: npt.NDArray[np.int64],
    first: npt.NDArray[np.int64],
    field: npt.NDArray[np.int64],
    fields: tuple[Any, Any, Any],
    columns: tuple[Any, Any, Any],
) -> None:
    """Counts of fields of packets of several types, as sent. As linear_columns; fields: octet in
    its packet, width in octets, 1, 2 or 4, and place in the columns of that width."""
    offset, width, place = fields
    octet_columns, half_columns, word_columns = columns
    at = first[:-1].copy()
    left = len(start)
    limit = 0
    while left:
        limit += _STRETCH
        for t in range(len(at)):
            low = at[t]
            high = at[t] = _up_to(limit, start, low, first[t + 1])
            left -= high - low
            some = start[low:high]
            count = np.uint64(high - low)
            for f in range(field[t], field[t + 1]):
                o = np.uint64(offset[f])
                to = np.uint64(place[f] + low - first[t])
                if width[f] == 1:
                    for i in range(count):
                        octet_columns[to + i] = octets[np.uint64(some[i]) + o]
                elif width[f] == 2:
                    for i in range(count):
                        half_columns[to + i] = _load16(octets, np.uint64(some[i]) + o)
                else:
                    for i in range(count):
                        word_columns[to + i] = _load32(octets, np.uint64(some[i]) + o)


@compiled
def starts_by_type(
    start: npt.NDArray[np.int64],
    length: npt.NDArray[np.int64],
    packet_id: npt.NDArray[np.uint16],
    type_of: npt.NDArray[np.int16],
    length_of: npt.NDArray[np.int64],
    ordered: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
) -> None:
    """Where the packets of known type and right length begin, type after type, and how many there
    are of each. type_of: by packet_id, -1: none."""
    counts[:] = 0
    for i in range(len(start)):
        t = type_of[packet_id[i]]
        if t >= 0 and length[i] == length_of[t]:
            counts[t] += 1
    at = np.cumsum(counts) - counts
    for i in range(len(start)):
        t = type_of[packet_id[i]]
        if t >= 0 and length[i] == length_of[t]:
            ordered[at[t]] = start[i]
            at[t] += 1
