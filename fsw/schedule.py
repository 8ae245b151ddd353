"""In which order, how often and at which phase does everything run?

One row a task: name, period and phase in minor frames of 1/64 s, time budget in microseconds on an
RP2040 at 125 MHz, shed level. Period 1 is the 64 Hz rate group, 4 is 16 Hz, 8 is 8 Hz, 64 is 1 Hz.
Within a minor frame, tasks that are due run in the order of this table: data flows down it.
Phases stagger the slow tasks so that no minor frame carries all of them.

Shed level 0 never gives way; 1 (bulk telemetry) gives way first, 2 (housekeeping) next.
"""

NEVER_SHED, SHED_BULK, SHED_HOUSEKEEPING = 0, 1, 2

MINOR_FRAME_US = 15625
MINOR_FRAMES_PER_SECOND = 64
MAJOR_FRAME = 64  # minor frames after which the table repeats

TASKS = (
    # name               period phase budget  shed
    ("SENSORS",               1,    0,  2500, NEVER_SHED),
    ("UPLINK",                1,    0,  4000, NEVER_SHED),
    ("COMMANDS",              4,    1,  1000, NEVER_SHED),
    ("NAVIGATION",            1,    0,  2500, NEVER_SHED),
    ("NAVIGATION_AIDING",     4,    0,  1500, NEVER_SHED),
    ("EDL",                   1,    0,  1000, NEVER_SHED),
    ("CAMERAS",               1,    0,  1500, NEVER_SHED),
    ("CAMERA_ACCOUNTS",       8,    5,  2000, NEVER_SHED),
    ("LIMITS",                8,    3,  1000, SHED_HOUSEKEEPING),
    ("TELEMETRY",             1,    0,  4000, NEVER_SHED),
    ("HOUSEKEEPING",          8,    6,  4000, SHED_HOUSEKEEPING),
    ("BULK_TELEMETRY",       16,   13,  2000, SHED_BULK),
    ("RECORDER",              1,    0,  5000, NEVER_SHED),
    ("FILES",                 4,    2,  4000, SHED_BULK),
    ("DOWNLINK",              1,    0,  9000, NEVER_SHED),
    ("CHECKPOINT",            1,    0,  2500, NEVER_SHED),
    ("HEALTH",                8,    7,  1000, NEVER_SHED),
)  # fmt: skip
