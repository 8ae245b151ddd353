"""Where does every module write its outputs and read its inputs? The current value table.

One preallocated array of small integers, indexed by fsw.dictionary.index.channel(name). Sensors,
navigation, state machine and cameras write; telemetry, limit monitors and tests read.
"""

from array import array

# Counters wrap at 2^29: one more than the mask is still a small integer of a 32-bit board.
COUNT_MASK = (1 << 29) - 1


def current_value_table(channels):
    """Array of zeros, one for each of the channels: of a table or of their kinds."""
    return array("i", [0] * len(channels))
