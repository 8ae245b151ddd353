"""What does the flight software do by itself about a channel that is out of bounds, and when?

In the manner of the watchpoints and actionpoints of the cFS Limit Checker. One row an anomaly:
name, channel, lowest and highest value in counts that are in order (None: no bound), samples in a
row (at 8 Hz) before it is one, samples in order before it has passed, response, its argument.

- REPORT: the event report alone, which every anomaly makes.
- SHED: load up to the level of the argument stays shed until it has passed (fsw/schedule.py).
- SAFE: the safe plan, in which every camera films at one modest rate, until it has passed.
- SEQUENCE: the stored sequence in the slot of the argument is started, if there is one.

The parameter ANOMALY_RESPONSES says which rows may act, bit 0 the first: a sensor that lies can be
kept from it. Silent cameras (fsw/cam/power.py), doubted sensors (checks.py) and repeated resets
(fsw/kernel/resets.py) have responses of their own.
"""

from fsw.dictionary.limits import DEGREE, MILLISECOND
from fsw.schedule import SHED_BULK, SHED_HOUSEKEEPING

REPORT, SHED, SAFE, SEQUENCE = 1, 2, 3, 4

# Slot of the sequence that a team stores for a board that gets hot: a fan, a lower rate, nothing.
HOT_SLOT = 3

RESPONSES = (
    # A second of nearly full ones, before one overruns and the scheduler sheds by itself.
    ("FRAMES_FULL", "FRAME_TIME", None, 14 * MILLISECOND, 8, 64, SHED, SHED_BULK),
    # More waits than 8 kbit/s carry in two seconds: what is worth least gives way.
    ("LINK_BEHIND", "QUEUE_DEPTH", None, 2048, 32, 16, SHED, SHED_BULK),
    ("LINK_FAR_BEHIND", "QUEUE_DEPTH", None, 4096, 32, 16, SHED, SHED_HOUSEKEEPING),
    # Flash and crystal are rated to 85 degrees: first what the team has stored for it, then the
    # plan that asks least of the board and still films.
    ("HOT", "BOARD_TEMPERATURE", None, 70 * DEGREE, 40, 80, SEQUENCE, HOT_SLOT),
    ("TOO_HOT", "BOARD_TEMPERATURE", None, 85 * DEGREE, 40, 80, SAFE, 0),
    # One forged frame is a bit error that has slipped through; a hundred are somebody.
    ("UPLINK_ATTACKED", "TC_FORGED", None, 99, 1, 1, REPORT, 0),
)  # fmt: skip
