"""Which words does the PIO run for a trigger channel, and which words is it sent?

WORDS is trigger.pio, assembled; a test assembles it anew. The processor runs at 144 MHz, of which a
count of fsw.cam.rates is 25 clocks: the period of every rate that a mission may ask for is a whole
number of clocks, so nothing is left over that would have to be distributed, and nothing drifts.
"""

from fsw.cam.rates import COUNTS_PER_SECOND

CLOCK_HZ = 144000000  # 12 MHz times 120 by 10
CLOCKS_PER_COUNT = CLOCK_HZ // COUNTS_PER_SECOND

WORDS = (
    0x80A0, 0xA047, 0x80A0, 0x2016, 0x2096, 0xB022, 0x1046, 0xA026, 0x0049, 0xA0C9, 0x8000, 0xA0C1,
    0xA027, 0x004D, 0xA027, 0x8080, 0xA027, 0x0032, 0xA026, 0xA0C9, 0x8000, 0xA0C1, 0x0002,
)  # fmt: skip
WRAP_TARGET, WRAP = 5, 17
GRID_GPIO = 22  # tenths of a second, rising
GRID_HZ = 10

OFF = 0
_HIGH = 2  # clocks of a pulse beside its word: the move, and the last pass of the loop
_LOW = 11  # clocks between two pulses beside the low time

SHORTEST_WIDTH = _HIGH


def width_word(width_clocks):
    """The first word of a channel: pulses of so many clocks, at least SHORTEST_WIDTH."""
    return width_clocks - _HIGH


def low_word(period_counts, width_clocks):
    """The word for pulses every so many counts of fsw.cam.rates; more than OFF if the width leaves
    at least 12 clocks of the period."""
    return period_counts * CLOCKS_PER_COUNT - width_clocks - _LOW
