"""What of the dictionary does the flight software fly? Its tables in numbers.

A channel is its index in the current value table here, a wire type its number in the innermost
loops. Everything is computed when this is imported; a board gets it finished (gse/deploy/build.py),
and has none of the names.
"""

from array import array

from fsw.dictionary import channels, packets
from fsw.kernel.loops_plain import I16, I32, U8, U16, U32

_KIND = {"u8": U8, "u16": U16, "i16": I16, "u32": U32, "i32": I32}
_FIELDS = 6  # column of PACKETS


def kinds(rows):
    """Wire type of each row of a table of channels. Raises KeyError for an unknown one."""
    return bytes([_KIND[row[1]] for row in rows])


def numbers(rows, names):
    """Rows of a table of channels that have these names, in the order of the names. Raises KeyError
    for an unknown one."""
    index = {rows[i][0]: i for i in range(len(rows))}
    return array("H", [index[name] for name in names])


def numbered(packet_rows, rows):
    """A table of packets with numbers of channels as fields."""
    return tuple([row[:_FIELDS] + (numbers(rows, row[_FIELDS]),) for row in packet_rows])


def _range(row):
    """Counts at the ends of a channel's range."""
    numerator, denominator = row[3]
    lowest, highest = row[4]
    return lowest * denominator // numerator, highest * denominator // numerator


KINDS = kinds(channels.CHANNELS)
PACKETS = numbered(packets.PACKETS, channels.CHANNELS)
SENSOR_FRAME = numbers(channels.CHANNELS, packets.SENSOR_FRAME)
ACTUATOR_FRAME = numbers(channels.CHANNELS, packets.ACTUATOR_FRAME)
CHECKPOINT = numbers(channels.CHANNELS, packets.CHECKPOINT)

_ranged = [row for row in channels.SENSOR_CHANNELS if row[4] is not None]
READINGS = numbers(channels.CHANNELS, [row[0] for row in _ranged])  # that have a range
LOWEST_READINGS = array("i", [_range(row)[0] for row in _ranged])
HIGHEST_READINGS = array("i", [_range(row)[1] for row in _ranged])
