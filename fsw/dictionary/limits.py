"""Outside which values is a channel suspect, and for how long before that is reported?

One row a channel: name, samples in a row (at 8 Hz) before a change counts, then red low, yellow
low, yellow high and red high in counts of the channel; None where there is no such limit.
The flight software reports crossings as events; the ground colours with the same table. A mission
whose hardware differs has rows of its own in LIMITS, which take the place of those here.
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


def limits_of(mission):
    """LIMITS with the mission's own rows. Raises ValueError for a row of no channel in LIMITS."""
    rows = [row[0] for row in LIMITS]
    own = {rows.index(row[0]): row for row in mission.LIMITS}
    return tuple([own.get(i, LIMITS[i]) for i in range(len(LIMITS))])
