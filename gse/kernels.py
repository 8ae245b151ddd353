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

from fsw.link import layout
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
load16 = _loader(16, types.uint16)
load32 = _loader(32, types.uint32)
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


_PAIR = ir.VectorType(ir.IntType(64), 2)
_OCTETS = ir.VectorType(ir.IntType(8), 16)
_PLACES = ir.VectorType(ir.IntType(32), 16)


def _multiply(builder: Any, left: Any, right: Any, which: int) -> Any:
    """Product of two words without carry, 128 bits as a pair; which: one of the left pair, and 16
    times one of the right."""
    octet = ir.IntType(8)
    multiply = builder.module.declare_intrinsic(
        "llvm.x86.pclmulqdq", (), ir.FunctionType(_PAIR, [_PAIR, _PAIR, octet])
    )
    return builder.call(multiply, [left, right, octet(which)])


def _folder() -> Any:
    """A function for kernels: 16 octets, as two words, that have the same CRC as these two words
    with the octets of an array from one on before another behind them, a multiple of 16."""

    @intrinsic
    def fold(typing_context: Any, high: Any, low: Any, octets: Any, start: Any, end: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            word, place = ir.IntType(64), ir.IntType(32)
            high, low, octets, start, end = arguments
            first = context.make_array(signature.args[2])(context, builder, octets).data
            # (high x^64 + low) x^128 + next
            powers = ir.Constant(_PAIR, [_remainder(128), _remainder(192)])
            backwards = ir.Constant(_PLACES, list(range(15, -1, -1)))
            given = builder.insert_element(ir.Constant(_PAIR, [0, 0]), low, place(0))
            given = builder.insert_element(given, high, place(1))
            before = builder.block
            loop = builder.append_basic_block("fold")
            after = builder.append_basic_block("folded")
            builder.cbranch(builder.icmp_unsigned("<", start, end), loop, after)

            # All in vectors: words that come and go would take longer than the products.
            builder.position_at_end(loop)
            at, pair = builder.phi(word), builder.phi(_PAIR)
            pointer = builder.bitcast(builder.gep(first, [at]), _OCTETS.as_pointer())
            came = builder.load(pointer, align=1)
            came = builder.bitcast(builder.shuffle_vector(came, came, backwards), _PAIR)
            total = builder.xor(
                _multiply(builder, pair, powers, 0x11), _multiply(builder, pair, powers, 0x00)
            )
            total = builder.xor(total, came)
            following = builder.add(at, word(16))
            builder.cbranch(builder.icmp_unsigned("<", following, end), loop, after)

            builder.position_at_end(after)
            result = builder.phi(_PAIR)
            for phi, initially, then in (
                (at, start, following),
                (pair, given, total),
                (result, given, total),
            ):
                phi.add_incoming(initially, before)
                phi.add_incoming(then, loop)
            words = [builder.extract_element(result, place(k)) for k in (1, 0)]
            return context.make_tuple(builder, signature.return_type, words)

        pair: Any = types.UniTuple(types.uint64, 2)  # type: ignore[no-untyped-call]
        return pair(types.uint64, types.uint64, octets, types.uint64, types.uint64), generate

    return fold


def _reducer() -> Any:
    """A function for kernels: the CRC of 16 octets, as two words, without a preset. What is left of
    128 bits is made 80, then 64; the rest is Barrett's division, exact in polynomials."""

    @intrinsic
    def reduce(typing_context: Any, high: Any, low: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            word, long = ir.IntType(64), ir.IntType(128)

            def product(value: Any, number: int) -> Any:
                zeros = ir.Constant(_PAIR, [0, 0])
                left = builder.insert_element(zeros, value, ir.IntType(32)(0))
                return builder.bitcast(
                    _multiply(builder, left, ir.Constant(_PAIR, [number, 0]), 0), long
                )

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
        high, low = _fold(high, low, octets, at, at + np.uint64(16))
        high ^= np.uint64(0xFF00000000000000)
        at += np.uint64(16)
    high, low = _fold(high, low, octets, at, end)
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
        if octets[i] == first and load32(octets, i) == np.uint32(marker):
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
    headers: Octets,
    others: npt.NDArray[np.int64],
) -> tuple[int, int]:
    """Frames with marker and right CRC, the next behind the end of the one before, their primary
    headers, and markers between them; how many of each. Frames begin from start on, before limit.

    headers: of shape (n, 6); later they would have to be fetched from afar. others: room for a
    quarter of the octets and one more.
    """
    found, markers_found = 0, 0
    at = start
    word = np.uint32(marker)
    while at < len(octets) - 3:
        if load32(octets, np.uint64(at)) == word:
            if at < limit and crc16(octets, at + 4, length - 4, slices) == 0:
                frames[found] = at
                for k in range(layout.FRAME_HEADER):
                    headers[found, k] = octets[at + layout.SYNC_LENGTH + k]
                found += 1
                at += length
                continue
            others[markers_found] = at
            markers_found += 1
        at += 1
    return found, markers_found


OURS, MALFORMED, FOREIGN = range(3)


@compiled
def judge_frames(
    headers: Octets,
    spacecraft_id: int,
    data_field: int,
    verdict: npt.NDArray[np.uint8],
    begins: npt.NDArray[np.bool_],
) -> int:
    """Whether each frame is well formed and of the spacecraft, -1: of any; whether it counts from 0
    and a packet begins with it; and how many are not ours.

    headers: of shape (n, 6). data_field: octets of each.
    """
    others = 0
    for i in range(np.uint64(len(headers))):
        identifier = np.uint16(headers[i, 0]) << np.uint16(8) | np.uint16(headers[i, 1])
        status = np.uint16(headers[i, 4]) << np.uint16(8) | np.uint16(headers[i, 5])
        pointer = status & np.uint16(0x7FF)
        well_formed = (
            identifier & np.uint16(0xC001) == np.uint16(1)  # version; control field present
            and status & np.uint16(0xF800) == np.uint16(layout.DATA_FIELD_STATUS)
            and (pointer < data_field or pointer >= layout.ONLY_IDLE_DATA)
        )
        spacecraft = np.int64(identifier >> np.uint16(4) & np.uint16(0x3FF))
        if not well_formed:
            verdict[i] = MALFORMED
        elif spacecraft_id >= 0 and spacecraft != spacecraft_id:
            verdict[i] = FOREIGN
        else:
            verdict[i] = OURS
        others += verdict[i] != OURS
        begins[i] = headers[i, 2] == 0 and pointer == 0
    return others


@compiled
def runs(headers: Octets, first: npt.NDArray[np.int64]) -> int:
    """Where runs of frames with consecutive counters begin; how many. first: room for all."""
    count = 0
    for i in range(np.uint64(len(headers))):
        if i == 0 or headers[i, 2] != np.uint8(headers[i - np.uint64(1), 2] + np.uint8(1)):
            first[count] = i
            count += 1
    return count


@compiled
def read_headers(
    headers: Octets,
    place: npt.NDArray[np.int64],
    before: int,
    fields: tuple[Any, Any, Any],
    gap: npt.NDArray[np.int64],
    received: npt.NDArray[np.int64],
) -> tuple[int, int]:
    """Virtual channel, its counter and first header pointer of each frame; how many are missing
    before each, as their places say; and how many are idle, and missing, in all.

    before: the place of the frame before the first. received: frames by virtual channel.
    """
    channel, count, pointer = fields
    idle, missing = 0, 0
    received[:] = 0
    for i in range(np.uint64(len(headers))):
        channel[i] = headers[i, 1] >> np.uint8(1) & np.uint8(7)
        count[i] = headers[i, 3]
        status = np.uint16(headers[i, 4]) << np.uint16(8) | np.uint16(headers[i, 5])
        pointer[i] = status & np.uint16(0x7FF)
        gap[i] = place[i] - before - 1
        before = place[i]
        missing += gap[i]
        idle += pointer[i] == layout.ONLY_IDLE_DATA
        received[np.uint64(channel[i])] += 1
    return idle, missing


@compiled
def channel_fields(
    number: int,
    frames: tuple[Any, Any, Any, Any],
    step: int,
    before: tuple[int, int, int, bool],
    fields: tuple[Any, Any, Any, Any],
    gaps: tuple[Any, Any],
) -> tuple[int, int, tuple[int, int, bool]]:
    """The frames of a virtual channel that carry packets, and gaps of its counter; how many of
    each, and what was before the next frames.

    frames: channel, counter, pointer and restart of each; step: octets from one to the next. before
    and what is returned: its last counter, -1 for none yet, restarts up to there, restarts up to
    the first frame, and whether it was interrupted since the last frame with packets. fields: for
    each, the frame, its pointer, where its field begins in the octets of frames, and whether the
    channel was interrupted before it. gaps: frame, and how many are missing before it.
    """
    channel, counter, pointer, restart = frames
    last, epoch, here, interrupted = before
    chosen, to_pointer, source, begins = fields
    gap_frame, gap_length = gaps
    count, gap_count = 0, 0
    for i in range(np.uint64(len(channel))):
        here += restart[i]
        if channel[i] != number:
            continue
        if last >= 0:
            expected = (last + 1 if here == epoch else 0) & 0xFF  # it begins at 0 with a restart
            missing = (np.int64(counter[i]) - expected) & 0xFF
            if here != epoch or missing:
                interrupted = True
            if missing:
                gap_frame[gap_count] = i
                gap_length[gap_count] = missing
                gap_count += 1
        last, epoch = int(counter[i]), here
        if pointer[i] == layout.ONLY_IDLE_DATA or number == layout.VC_IDLE:
            continue
        chosen[count] = i
        to_pointer[count] = pointer[i]
        source[count] = i * np.uint64(step) + np.uint64(layout.FRAME_HEADER)
        begins[count] = interrupted
        interrupted = False
        count += 1
    return count, gap_count, (last, epoch, interrupted)


WHOLE, IDLE, IDLE_BROKEN, MISFIT, FRAGMENT, WAITS = range(6)  # MISFIT and what follows: set aside


@leaf
def _lay_out(
    fields: tuple[Any, Any, Any],
    size: int,
    following: npt.NDArray[np.int64],
    after_segment: npt.NDArray[np.int64],
) -> None:
    """The next field, from each one on, in which a packet begins, and the first field behind the
    segment that each is in, which is not interrupted. fields: pointer, whether the channel was
    interrupted before it, and channel of each; following has one more, for the end."""
    pointer, begins, channel = fields
    after = following[len(pointer)] = len(pointer)
    for u in range(len(pointer) - 1, -1, -1):
        following[u] = u if pointer[u] < size else following[u + 1]
        after_segment[u] = after
        if begins[u] or (u > 0 and channel[u] != channel[u - 1]):
            after = u


@leaf
def _copy_fields(
    frames: Octets,
    source: npt.NDArray[np.int64],
    size: int,
    octets: npt.NDArray[np.uint8],
    first: int,
    end: int,
) -> None:
    """As reassemble, the fields from first up to end."""
    for u in range(first, end):
        if source[u] >= 0:
            to, of = np.uint64(u * size), np.uint64(source[u])
            for k in range(np.uint64(size)):
                octets[to + k] = frames[of + k]


@leaf
def _fits(end: int, size: int, pointer: npt.NDArray[np.int64], after: int) -> bool:
    """Whether a packet that runs on into other fields ends where a packet begins in the next one
    with such, after; or with a field, when the next may not have come yet."""
    if after < len(pointer) and after * size + pointer[after] == end:
        return True
    return after * size >= end and end % size == 0


@leaf
def _verdict(is_whole: bool, fits: bool, idle: bool, waits: bool) -> int:
    """Of a packet. fits: no field contradicts where it ends; waits: what its segment cuts off may
    come yet."""
    if is_whole and fits:
        return IDLE if idle else WHOLE
    if fits and waits:
        return WAITS
    if idle:
        return IDLE_BROKEN
    return FRAGMENT if fits else MISFIT


@compiled
def reassemble(  # noqa: PLR0915 - one pass over all
    frames: Octets,
    fields: tuple[Any, Any, Any, Any, Any, Any],
    size: int,
    final: bool,
    octets: npt.NDArray[np.uint8],
    counts: npt.NDArray[np.int64],
    whole: tuple[Any, Any, Any, Any, Any, Any],
    others: tuple[Any, Any],
) -> tuple[bool, bool]:
    """Packets of data fields that stand one behind another, each walked from where its field says
    that its first one begins.

    Whether each is whole, and ends where the fields say that the next one begins; counts of each
    verdict; what is to be known of those that are whole and not idle; of those that are neither
    whole nor idle, where they begin and their verdict; whether there was room for all, and whether
    the frames in which the whole ones end ascend. One that ends with its field is believed: the
    next may not have come yet. One that the last field of its channel cuts off waits, if it is not
    final.

    frames: octets in which the fields stand. fields: where each does, -1: it is in its place
    already; its pointer; whether the channel was interrupted before it; frame, offset and channel.
    size: octets of each. octets: of all fields. whole: start, length, first two octets, frame in
    which it ends, offset and channel of the one in which it begins; others: start and verdict.
    """
    source, pointer, begins, frame, offset, channel = fields
    to_start, to_length, to_id, to_frame, to_offset, to_channel = whole
    other_start, other_verdict = others
    count = len(pointer)
    following, after_segment = np.empty(count + 1, np.int64), np.empty(count, np.int64)
    _lay_out((pointer, begins, channel), size, following, after_segment)
    counts[:] = 0
    found, set_aside, room = np.uint64(0), 0, len(to_start)
    ascending = True
    latest = 0
    last = 0  # the field in which the last octet of the last packet stood; they ascend
    _copy_fields(frames, source, size, octets, 0, min(1, count))
    for u in range(count):
        # One ahead, so that headers are whole, and not all, so that they are near the processor.
        _copy_fields(frames, source, size, octets, u + 1, min(u + 2, count))
        if pointer[u] >= size:
            continue
        at = u * size + pointer[u]
        limit = (u + 1) * size
        after = after_segment[u]
        segment_end = after * size
        waits = not final and (after == count or channel[after] != channel[u])
        while at < limit:
            start = at
            packet_id = load16(octets, np.uint64(min(start, len(octets) - 2)))
            if start + 6 > segment_end:
                at = segment_end + 1  # not even its header is there
            else:
                at += 7 + np.int64(load16(octets, np.uint64(start + 4)))
            is_whole = at <= segment_end
            if not is_whole:
                fits = following[u + 1] >= after
            else:
                fits = at <= limit or _fits(at, size, pointer, following[u + 1])
            idle = packet_id & np.uint16(0x7FF) == np.uint16(0x7FF)
            verdict = _verdict(is_whole, fits, idle, waits)
            counts[verdict] += 1
            if max(counts[WHOLE], set_aside) == room:
                return False, False
            if verdict == WHOLE:
                last = max(last, u)
                while at > (last + 1) * size:
                    last += 1
                to_start[found] = start
                to_length[found] = at - start
                to_id[found] = packet_id
                to_frame[found] = frame[last]
                to_offset[found] = offset[u]
                to_channel[found] = channel[u]
                found += np.uint64(1)
                ascending &= frame[last] >= latest
                latest = frame[last]
            elif verdict >= MISFIT:
                other_start[set_aside] = start
                other_verdict[set_aside] = verdict
                set_aside += 1
    return True, ascending


GOOD, UNEXPECTED, WRONG_LENGTH, DAMAGED, SEGMENTED = range(5)


@compiled
def classify(
    octets: Octets,
    packets: tuple[Any, Any, Any],
    type_of: npt.NDArray[np.int16],
    length_of: npt.NDArray[np.int64],
    slices: npt.NDArray[np.uint16],
    kind: npt.NDArray[np.int16],
    verdict: npt.NDArray[np.uint8],
    counts: npt.NDArray[np.int64],
    headers: tuple[Any, Any, Any],
) -> None:
    """The type of each packet, -1 for none, and what is wrong with it; counts: good ones by type.

    packets: start, length and first two octets. type_of: by these; length_of: by type. headers:
    sequence counts, seconds and fractions of the good ones, from their primary and secondary
    headers: later they are no longer at hand.
    """
    start, length, packet_id = packets
    sequence, seconds, fraction = headers
    for i in range(len(start)):
        at = np.uint64(start[i])
        t = type_of[packet_id[i]]
        kind[i] = t
        if t < 0:
            verdict[i] = UNEXPECTED
        elif length[i] != length_of[t]:
            verdict[i] = WRONG_LENGTH
        elif crc16(octets, start[i], length[i], slices) != 0:
            verdict[i] = DAMAGED
        elif octets[at + np.uint64(2)] >> np.uint8(6) != np.uint8(3):
            verdict[i] = SEGMENTED
        else:
            verdict[i] = GOOD
            counts[t] += 1
            sequence[i] = load16(octets, at + np.uint64(2)) & np.uint16(0x3FFF)
            seconds[i] = load32(octets, at + np.uint64(6))
            fraction[i] = load16(octets, at + np.uint64(10))


@leaf
def _take(values: Any, order: npt.NDArray[np.uint32], result: Any) -> None:
    for k in range(np.uint64(len(order))):
        result[k] = values[np.uint64(order[k])]


@compiled
def group(
    kind: npt.NDArray[np.int16],
    verdict: npt.NDArray[np.uint8],
    first: npt.NDArray[np.int64],
    came: tuple[Any, ...],
    grouped: tuple[Any, ...],
    time_s: npt.NDArray[np.float64],
) -> None:
    """The good packets type after type, each in the order in which they came.

    first: the first of each type among them. came, grouped: start, frame, offset, virtual channel,
    sequence count, seconds and fraction, of all packets and of the good ones. time_s: both in
    seconds.
    """
    place = first.astype(np.uint64)
    order = np.empty(len(time_s), np.uint32)
    for i in range(np.uint64(len(kind))):
        if verdict[i] == GOOD:
            t = np.uint64(kind[i])
            order[place[t]] = i
            place[t] += np.uint64(1)
    # One after another: written side by side, so many arrays take four times as long.
    _take(came[0], order, grouped[0])
    _take(came[1], order, grouped[1])
    _take(came[2], order, grouped[2])
    _take(came[3], order, grouped[3])
    _take(came[4], order, grouped[4])
    _take(came[5], order, grouped[5])
    _take(came[6], order, grouped[6])
    seconds, fraction = grouped[5:]
    for k in range(np.uint64(len(order))):
        time_s[k] = np.float64(seconds[k]) + np.float64(fraction[k]) / 65536.0


@compiled
def clock(
    packets: tuple[Any, Any, Any, Any],
    kind: npt.NDArray[np.int16],
    verdict: npt.NDArray[np.uint8],
    tells: npt.NDArray[np.bool_],
    live: int,
    clock_frame: npt.NDArray[np.int64],
    clock_s: npt.NDArray[np.float64],
) -> int:
    """Frame and spacecraft time of the good packets of a channel whose type tells the time; how
    many. packets: frame, virtual channel, seconds and fraction of each."""
    frame, channel, seconds, fraction = packets
    count = 0
    for i in range(np.uint64(len(kind))):
        if verdict[i] == GOOD and channel[i] == live and tells[np.uint64(kind[i])]:
            clock_frame[count] = frame[i]
            clock_s[count] = np.float64(seconds[i]) + np.float64(fraction[i]) / 65536.0
            count += 1
    return count


@compiled
def jumps(times_s: npt.NDArray[np.float64], longest_s: float, before: npt.NDArray[np.int64]) -> int:
    """After which times the next one comes later than the longest step; how many. before: room for
    one less than there are times."""
    count = 0
    for i in range(len(times_s) - 1):
        if times_s[i + 1] - times_s[i] > longest_s:
            before[count] = i
            count += 1
    return count


@compiled
def copy_rows(octets: Octets, start: npt.NDArray[np.int64], rows: npt.NDArray[np.uint8]) -> None:
    """Packets of one length, one after another; rows of shape (n, length)."""
    length = np.uint64(rows.shape[1])
    for i in range(len(start)):
        at = np.uint64(start[i])
        for k in range(length):
            rows[i, k] = octets[at + k]


@compiled
def sequence_gaps(
    first: npt.NDArray[np.int64],
    packets: tuple[Any, Any, Any],
    unordered: int,
    epoch: npt.NDArray[np.int64],
    first_frame: int,
    last: npt.NDArray[np.int64],
    last_epoch: npt.NDArray[np.int64],
    gaps: tuple[Any, Any],
) -> int:
    """Packets whose count of sequence does not follow the one before it of their type on their
    virtual channel, and that one; how many.

    first: the first of each type, and the end. packets: sequence count, virtual channel and frame
    of each; those of the channel that is unordered are passed over. epoch: of the frames from
    first_frame on; in a new one counting begins at 0. last, last_epoch: by type and channel, -1
    before the first; brought up to date.
    """
    sequence, channel, frame = packets
    row, before = gaps
    found = 0
    for t in range(len(first) - 1):
        for i in range(first[t], first[t + 1]):
            c = channel[i]
            if c == unordered:
                continue
            count = np.int64(sequence[i])
            e = epoch[frame[i] - first_frame]
            if last[t, c] >= 0:
                previous = last[t, c] if e == last_epoch[t, c] else np.int64(0x3FFF)
                if (previous + 1) & 0x3FFF != count:
                    row[found] = i
                    before[found] = previous
                    found += 1
            last[t, c] = count
            last_epoch[t, c] = e
    return found


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
        whole = 7 + np.int64(load16(octets, np.uint64(at + 4)))
        if at + whole > len(octets):
            break
        start[count] = at
        length[count] = whole
        packet_id[count] = load16(octets, np.uint64(at))
        count += 1
        at += whole
    return count, at


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
