"""Outside which values is a channel suspect, and for how long before that is reported?

One row a channel: name, samples in a row (at 8 Hz) before a change counts, then red low, yellow
low, yellow high and red high in counts of the channel; None where there is no such limit.
The flight software reports crossings as events; the ground colours with the same table.
"""

VOLT = 1 << 10
DEGREE = 1 << 6
MILLISECOND = 1000

LIMITS = (
    ("BUS_VOLTAGE", 4, 22 * VOLT, 24 * VOLT, 33 * VOLT, 36 * VOLT),
    ("BOARD_TEMPERATURE", 8, -40 * DEGREE, -30 * DEGREE, 60 * DEGREE, 80 * DEGREE),
    ("FRAME_TIME", 1, None, None, 12 * MILLISECOND, 15 * MILLISECOND),
    ("QUEUE_DEPTH", 16, None, None, 3072, 4096),
)
