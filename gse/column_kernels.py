"""Which loops turn packets into columns? Compiled ones, by numba, as those of gse.kernels.

Packets of one type lie far from each other; columns, too. So packets are read a stretch of octets
at a time, which stays near the processor while one field after another is read.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba import types
from numba.extending import intrinsic

from gse.kernels import Octets, compiled, leaf, load16, load32

# How a field stands in a packet.
U8, U16, I16, U32, I32 = range(5)
# Octets that stay in the cache while one field after another is read.
_STRETCH = 1 << 18


def _prefetcher() -> Any:
    """A function for kernels: an octet of an array will be read soon."""

    @intrinsic
    def prefetch(typing_context: Any, octets: Any, index: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            array = context.make_array(signature.args[0])(context, builder, arguments[0])
            pointer = builder.gep(array.data, [arguments[1]])
            number = ir.IntType(32)
            call = ir.FunctionType(ir.VoidType(), [pointer.type, number, number, number])
            fetch = builder.module.declare_intrinsic("llvm.prefetch", [pointer.type], call)
            to_read, soon, data = number(0), number(2), number(1)
            builder.call(fetch, [pointer, to_read, soon, data])
            return context.get_dummy_value()

        return types.void(octets, types.uint64), generate

    return prefetch


_prefetch = _prefetcher()
_LINE = 64  # octets that are fetched at once


@leaf
def _fetch(octets: Octets, start: int) -> None:
    """Brings a stretch near the processor, in order: of itself it would only guess what packets of
    one type, far from each other, come next."""
    for k in range(np.uint64(start), np.uint64(min(start + _STRETCH, len(octets))), _LINE):
        _prefetch(octets, k)


@leaf
def _up_to(limit: int, start: npt.NDArray[np.int64], at: int, end: int) -> int:
    """The first packet, of those from at to end, that does not begin before a limit; or the end."""
    while at < end and start[at] < limit:
        at += 1
    return at


_OCTETS = ir.VectorType(ir.IntType(8), 16)
_INTEGERS = ir.VectorType(ir.IntType(32), 4)
_NUMBERS = ir.VectorType(ir.DoubleType(), 4)

SQUARES = bool(get_host_cpu_features().get("ssse3", False))  # whether the processor picks octets so
SQUARE_OCTETS = 16  # of a packet: of them, the fields of a square are picked


def _reader_of_squares() -> Any:
    """A function for kernels: four fields of four packets become numbers, those of a field side by
    side. In vectors, four packets and fields take less time than three by themselves."""

    @intrinsic
    def read(
        typing_context: Any, octets: Any, at: Any, plan: Any, number: Any, to: Any, places: Any
    ) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            if not SQUARES:  # then nobody asks for one
                return context.get_dummy_value()
            octets, at, plan, number, to, places = arguments
            kinds = signature.args

            def vector(kind: Any, array_type: Any, array: Any, place: Any) -> Any:
                data = context.make_array(array_type)(context, builder, array).data
                return builder.bitcast(builder.gep(data, [place]), kind.as_pointer())

            def planned(part: int, kind: Any) -> Any:
                place = builder.mul(number, ir.IntType(64)(kind.count))
                array = builder.extract_value(plan, part)
                return builder.load(vector(kind, kinds[2][part], array, place), align=1)

            pick, shift, flip = planned(0, _OCTETS), planned(1, _INTEGERS), planned(2, _INTEGERS)
            bias, factor = planned(3, _NUMBERS), planned(4, _NUMBERS)
            shuffle = builder.module.declare_intrinsic(
                "llvm.x86.ssse3.pshuf.b.128", (), ir.FunctionType(_OCTETS, [_OCTETS, _OCTETS])
            )
            packets = []
            for k in range(4):
                pointer = vector(_OCTETS, kinds[0], octets, builder.extract_value(at, k))
                picked = builder.call(shuffle, [builder.load(pointer, align=1), pick])
                counts = builder.ashr(builder.bitcast(picked, _INTEGERS), shift)
                values = builder.sitofp(builder.xor(counts, flip), _NUMBERS)
                packets.append(builder.fmul(builder.fadd(values, bias), factor))

            def taken(pair: list[Any], order: list[int]) -> Any:
                return builder.shuffle_vector(*pair, ir.Constant(_INTEGERS, order))

            halves = [
                [taken(packets[:2], order), taken(packets[2:], order)]
                for order in ([0, 4, 2, 6], [1, 5, 3, 7])
            ]
            fields = [
                taken(half, order) for order in ([0, 1, 4, 5], [2, 3, 6, 7]) for half in halves
            ]
            for k, field in enumerate(fields):
                pointer = vector(_NUMBERS, kinds[4], to, builder.extract_value(places, k))
                builder.store(field, pointer, align=8)
            return context.get_dummy_value()

        return types.void(octets, at, plan, number, to, places), generate

    return read


_read_square = _reader_of_squares()


@leaf
def _squared(
    octets: Octets,
    some: npt.NDArray[np.int64],
    window: int,
    plan: tuple[Any, ...],
    number: Any,
    values: npt.NDArray[np.float64],
    places: tuple[Any, Any, Any, Any],
) -> None:
    """A square, by its number, of some packets, at least four, to these places of values and on;
    the last four anew where they are no multiple."""
    a, b, c, d = places
    w = np.uint64(window)
    first, second, third = np.uint64(1), np.uint64(2), np.uint64(3)
    for k in range(0, len(some), 4):
        i = np.uint64(min(k, len(some) - 4))
        at = (
            np.uint64(some[i]) + w,
            np.uint64(some[i + first]) + w,
            np.uint64(some[i + second]) + w,
            np.uint64(some[i + third]) + w,
        )
        _read_square(octets, at, plan, number, values, (a + i, b + i, c + i, d + i))


@leaf
def _places(
    field: npt.NDArray[np.int64], place: npt.NDArray[np.int64], behind: int
) -> tuple[Any, Any, Any, Any]:
    """Where the values of the fields of a square go on. field: the four."""
    return (
        np.uint64(place[field[0]] + behind),
        np.uint64(place[field[1]] + behind),
        np.uint64(place[field[2]] + behind),
        np.uint64(place[field[3]] + behind),
    )


@leaf
def _scaled(
    octets: Octets,
    some: npt.NDArray[np.int64],
    offset: int,
    wire: int,
    factor: float,
    row: npt.NDArray[np.float64],
) -> None:
    """A field of some packets, counts * factor, one packet's value after another's."""
    o = np.uint64(offset)
    count = np.uint64(len(some))
    if wire == U8:
        for i in range(count):
            row[i] = octets[np.uint64(some[i]) + o] * factor
    elif wire == U16:
        for i in range(count):
            row[i] = load16(octets, np.uint64(some[i]) + o) * factor
    elif wire == I16:
        for i in range(count):
            row[i] = np.int16(load16(octets, np.uint64(some[i]) + o)) * factor
    elif wire == U32:
        for i in range(count):
            row[i] = load32(octets, np.uint64(some[i]) + o) * factor
    else:
        for i in range(count):
            row[i] = np.int32(load32(octets, np.uint64(some[i]) + o)) * factor


@leaf
def _coded(
    octets: Octets,
    some: npt.NDArray[np.int64],
    offset: int,
    wide: bool,
    code_of: npt.NDArray[np.int32],
    row: npt.NDArray[np.int32],
) -> Any:
    """Codes of a field of some packets, of a count without one -1 - count; the least of them."""
    o = np.uint64(offset)
    least = np.int32(0)
    if wide:
        for i in range(np.uint64(len(some))):
            count = load16(octets, np.uint64(some[i]) + o)
            code = code_of[np.uint64(count)]
            code = code if code >= 0 else np.int32(-1) - np.int32(count)
            row[i] = code
            least = min(least, code)
    else:
        for i in range(np.uint64(len(some))):
            octet = octets[np.uint64(some[i]) + o]
            code = code_of[np.uint64(octet)]
            code = code if code >= 0 else np.int32(-1) - np.int32(octet)
            row[i] = code
            least = min(least, code)
    return least


@leaf
def _counted(
    octets: Octets,
    some: npt.NDArray[np.int64],
    offset: int,
    width: int,
    columns: tuple[Any, Any, Any],
    place: int,
) -> None:
    """Counts of a field of some packets, as sent, into the columns of its width."""
    octet_columns, half_columns, word_columns = columns
    o, to = np.uint64(offset), np.uint64(place)
    count = np.uint64(len(some))
    if width == 1:
        for i in range(count):
            octet_columns[to + i] = octets[np.uint64(some[i]) + o]
    elif width == 2:
        for i in range(count):
            half_columns[to + i] = load16(octets, np.uint64(some[i]) + o)
    else:
        for i in range(count):
            word_columns[to + i] = load32(octets, np.uint64(some[i]) + o)


@compiled
def read_columns(
    octets: Octets,
    start: npt.NDArray[np.int64],
    first: npt.NDArray[np.int64],
    linear: tuple[Any, ...],
    coded: tuple[Any, ...],
    counted: tuple[Any, ...],
) -> None:
    """Columns of fields of packets of several types, a stretch of octets at a time: they come near
    the processor once for all.

    start: of each packet, type after type, ascending in each; first: the first packet of each type,
    and the end. Of each kind of columns: bounds, the first field of each type, and the end of the
    last; what is to be known of each field, first its octet in its packet; and the place of its
    first value among the values, one packet's after another's.

    linear: counts * factor / divisor; wire type, factor and divisor, and whether it is in no
    square; squares, as gse.squares lays them out. coded: codes of counts, of one without -1 -
    count; whether it is of two octets, and where the codes of its counts begin in code_of; at last
    the least code of each field. counted: as sent; width in octets, 1, 2 or 4; a column each width.
    """
    bounds, (offset, wire, factor, divisor, alone), squares, place, values = linear
    square_bounds, (window, square_field), plan = squares
    coded_bounds, (coded_offset, wide, base), coded_place, code_of, codes, least = coded
    counted_bounds, (counted_offset, width), counted_place, columns = counted
    at = first[:-1].copy()
    left = len(start)
    limit = 0
    least[:] = 0
    while left:
        _fetch(octets, limit)
        limit += _STRETCH
        for t in range(len(at)):
            low = at[t]
            high = at[t] = _up_to(limit, start, low, first[t + 1])
            left -= high - low
            some = start[low:high]
            behind = low - first[t]
            few = len(some) < 4
            for n in range(square_bounds[t], square_bounds[t] if few else square_bounds[t + 1]):
                to_all = _places(square_field[n], place, behind)
                _squared(octets, some, window[n], plan, np.uint64(n), values, to_all)
            for f in range(bounds[t], bounds[t + 1]):
                to = place[f] + behind
                row = values[to : to + high - low]
                if few or alone[f]:
                    _scaled(octets, some, offset[f], wire[f], factor[f], row)
                if divisor[f] != 1.0:
                    for i in range(np.uint64(len(row))):
                        row[i] = row[i] / divisor[f]
            for f in range(coded_bounds[t], coded_bounds[t + 1]):
                to = coded_place[f] + behind
                row_of_codes = codes[to : to + high - low]
                lowest = _coded(
                    octets, some, coded_offset[f], wide[f], code_of[base[f] :], row_of_codes
                )
                least[f] = min(least[f], lowest)
            for f in range(counted_bounds[t], counted_bounds[t + 1]):
                to = counted_place[f] + behind
                _counted(octets, some, counted_offset[f], width[f], columns, to)


@compiled
def unmet(
    codes: npt.NDArray[np.int32],
    columns: tuple[Any, Any, Any],
    code_of: npt.NDArray[np.int32],
    found: npt.NDArray[np.bool_],
) -> None:
    """Which counts that read_columns met have no code yet, by their places in code_of. columns:
    where each of some begins in codes, how long it is, and where its counts begin in code_of."""
    begin, rows, base = columns
    for f in range(len(begin)):
        for i in range(np.uint64(begin[f]), np.uint64(begin[f] + rows[f])):
            if codes[i] < 0:
                at = base[f] - 1 - codes[i]
                found[at] |= code_of[at] < 0


@compiled
def recode(
    codes: npt.NDArray[np.int32],
    columns: tuple[Any, Any, Any],
    code_of: npt.NDArray[np.int32],
) -> None:
    """As unmet: puts their codes in, which they have now."""
    begin, rows, base = columns
    for f in range(len(begin)):
        for i in range(np.uint64(begin[f]), np.uint64(begin[f] + rows[f])):
            if codes[i] < 0:
                codes[i] = code_of[base[f] - 1 - codes[i]]


def no_linear(types: int) -> tuple[Any, ...]:
    """For read_columns: of so many types, no field is linear."""
    bounds, no_index, no_number = np.zeros(types + 1, np.int64), np.zeros(0, np.int64), np.zeros(0)
    no_integer = np.zeros(0, np.int32)
    plan = (np.zeros(0, np.uint8), no_integer, no_integer, no_number, no_number)
    squares = (bounds, (no_index, np.zeros((0, 4), np.int64)), plan)
    fields = (no_index, no_index, no_number, no_number, np.zeros(0, bool))
    return bounds, fields, squares, no_index, no_number


def no_coded(types: int) -> tuple[Any, ...]:
    """For read_columns: of so many types, no field is coded."""
    bounds, no_index = np.zeros(types + 1, np.int64), np.zeros(0, np.int64)
    no_code = np.zeros(0, np.int32)
    return bounds, (no_index, np.zeros(0, bool), no_index), no_index, no_code, no_code, no_code
