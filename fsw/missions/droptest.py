"""What does a drop test ask for: a box with one canopy, carried up and let go, or a small rocket?

Everything here is data, as in mars2020. The planned flight: a drone climbs to 500 m at 5 m/s,
hovers and lets go; the bundled canopy comes out reefed, falls at about 16 m/s, is opened fully at
150 m and lands at 5 to 6 m/s. That is dual deployment with one canopy in two steps; two canopies
have the same table. Heights are above the ground it started from.
"""

from fsw.cam.plan import NO_CEILING
from fsw.dictionary.limits import VOLT
from fsw.edl.conditions import GE, LE
from fsw.edl.machine import NO_BACKUP
from fsw.missions.units import degrees_s, metres, mm_s, mm_s2, ms, seconds
from fsw.nav.status import DEGRADED, RECKONED

NAME = "droptest"
ID = 2

# Time zero is the planned launch: 2027-06-01 09:00:00 UTC here, in the spacecraft clock of
# mars2020. Nothing is decided by it: a drone takes off when it takes off.
EI_SCLK = 865112469

STATES = ("PAD", "ASCENT", "FREE_FALL", "CHUTE", "MAIN", "LANDED")

# Deployment outputs, bit 0 first. CHUTE lets the bundled canopy out, MAIN cuts its reefing line.
OUTPUTS = ("CHUTE", "MAIN")

# Trigger channels, 0 first; the last records sound and is gated, not triggered.
CAMERAS = ("CAM_UP", "CAM_DOWN", "MIC")

SPACECRAFT_ID = 0x0D7
DOWNLINK_BITS_PER_S = 15360  # a 19,200 baud radio modem: ten bits in the air for eight of ours
# A frame that a modem garbles is lost whole: on a Pico the tables of Reed-Solomon would take memory
# that a mission of one's own needs more. A board that has it may say "RS" here.
DOWNLINK_CODING = "CRC"
# 1 to 5: frames of 223 octets for each. A longer one would lose more packets with one wrong bit.
DOWNLINK_INTERLEAVE = 1
SILENT_PACKETS = ()
FULL_RATE_FROM = "ASCENT"  # navigation is recorded at 64 Hz until it has landed

NAVIGATION = {
    "gravity_m3_s2": 398600441800000,
    "site_radius_m": 6375416,  # at which gravity is 9.80665 m/s2
    "altimeter": "BAROMETER",
    "aeroshell": None,  # nothing to hold a sensed force against
    "path_over_pitch": (0, 0),
    "peak_floor": mm_s2(29420),  # 3 g: the opening of the canopy, or a rocket motor
    # A hobby unit with a bias of 20 mg is 2 m/s off after ten seconds, and 10 m.
    "longest_unaided": seconds(10),
    "envelope": (mm_s2(150000), degrees_s(190)),
}

PARAMETERS = ()

# A Pico runs from 1.8 to 5.5 V: from USB, three cells, or one lithium cell, which is empty at
# 3.2 V. Rows as in fsw.dictionary.limits.
LIMITS = (
    ("BUS_VOLTAGE", 4, 3 * VOLT, 3 * VOLT + VOLT // 4, 5 * VOLT + VOLT // 4, 5 * VOLT + VOLT // 2),
)

# Channels of an unknown height or velocity read zero, which would pass for low and slow: conditions
# on them ask for one that is at least reckoned, and without it the backup timers fly.
KNOWN_HEIGHT = ("NAV_ALTITUDE_QUALITY", GE, RECKONED)
KNOWN_VELOCITY = ("NAV_VELOCITY_QUALITY", GE, RECKONED)

# Longer than a drone's battery lasts. A balloon asks for more: it climbs for two hours.
LONGEST_ASCENT = seconds(1200)

# Who is next, and why. Each row: state, next state, conditions that must all hold, minor frames
# they must persist, then earliest time and backup timer, both counted in the state.
TRANSITIONS = (
    # Launch of a rocket: 2.5 g. Its motor pulls 5 g and more for a second; knocks on the pad are
    # over in milliseconds, and a hand that lifts the box stays below 2 g.
    ("PAD", "ASCENT", (("NAV_ACCELERATION", GE, mm_s2(24520)),), ms(250), 0, NO_BACKUP),
    # Launch under a drone, which is too gentle to feel: 20 m gained. The weather moves the
    # barometer by 8 m in an hour of waiting, a gust by 2 m for a moment.
    ("PAD", "ASCENT",
     (KNOWN_HEIGHT, ("NAV_ALTITUDE", GE, metres(20))), seconds(2), 0, NO_BACKUP),
    # Let go, or past apogee: it falls, and weighs less than half. Under a drone that descends it
    # weighs all. 3 m/s are reached a third of a second after the release. Not in the first second
    # after launch detection: whatever shook it then is no release.
    ("ASCENT", "FREE_FALL",
     (KNOWN_VELOCITY, ("NAV_DESCENT_RATE", GE, mm_s(3000)), ("NAV_ACCELERATION", LE, mm_s2(4903))),
     ms(250), seconds(1), LONGEST_ASCENT),
    # The same for a box that tumbles, whose spin feels like weight: no drone descends at 8 m/s.
    ("ASCENT", "FREE_FALL",
     (KNOWN_VELOCITY, ("NAV_DESCENT_RATE", GE, mm_s(8000))),
     ms(500), seconds(1), LONGEST_ASCENT),
    # Without a velocity, weightlessness alone: half a second of it is no gust.
    ("ASCENT", "FREE_FALL",
     (("NAV_VELOCITY_QUALITY", LE, DEGRADED), ("NAV_ACCELERATION", LE, mm_s2(4903))),
     ms(500), seconds(1), LONGEST_ASCENT),
    # Clear of the carrier's propellers: with the time that detection took, 10 m below it.
    ("FREE_FALL", "CHUTE", (("EDL_TIME_IN_STATE", GE, ms(1000)),), 1, 0, ms(1500)),
    # But below 100 m at once: what is left is for inflation, and no propeller is as hard as ground.
    ("FREE_FALL", "CHUTE",
     (KNOWN_HEIGHT, ("NAV_ALTITUDE", LE, metres(100))), ms(62), 0, ms(1500)),
    # 150 m: 25 s in the air at full canopy. Higher, and the wind carries it over the fence. The
    # first two seconds belong to the reefed canopy, which must fill before it is let out further.
    # From 500 m it takes 19 to 24 s; the timer still opens it above 60 m when nothing is known.
    ("CHUTE", "MAIN",
     (KNOWN_HEIGHT, ("NAV_ALTITUDE", LE, metres(150))), ms(250), seconds(2), seconds(26)),
    # On the ground: neither sinks nor rises, and weighs what it weighs, for five seconds. A thermal
    # under a drifting canopy holds it up for less, and jolts it while it does.
    ("MAIN", "LANDED",
     (KNOWN_VELOCITY,
      ("NAV_DESCENT_RATE", LE, mm_s(1000)), ("NAV_DESCENT_RATE", GE, mm_s(-1000)),
      ("NAV_ACCELERATION", GE, mm_s2(8826)), ("NAV_ACCELERATION", LE, mm_s2(10787))),
     seconds(5), seconds(3), seconds(120)),
)  # fmt: skip

# Each row: output, state that arms it, state that fires it, delay after that state is reached, and
# outputs that must have fired before: looked at again when it fires. Nothing is armed on the pad,
# where people stand beside it.
DEPLOYMENTS = (
    ("CHUTE", "ASCENT", "CHUTE", 0, ()),
    ("MAIN", "CHUTE", "MAIN", 0, ("CHUTE",)),
)

# Each row: camera, state that switches it on, delay, state that switches it off, delay, and the
# time it takes to start. Power from the beginning: what does not work must be known on the pad.
CAMERA_POWER = (
    ("CAM_UP", "PAD", 0, "LANDED", seconds(12), seconds(4)),
    ("CAM_DOWN", "PAD", 0, "LANDED", seconds(12), seconds(4)),
    ("MIC", "PAD", 0, "LANDED", seconds(12), seconds(2)),
)

# Those with an output that says so while they record.
RECORD_CONFIRM = ("CAM_UP", "CAM_DOWN")

# Each row: camera, state, delay after it is reached, ceiling, pulses, in how many seconds.
# No row waits for a height: a barometer that lies must not cost the pictures.
CAMERA_PLAN = (
    # On the pad a picture a second, so that the counters show both cameras alive before anybody
    # lets go, and the moment of launch lies in between. The carrier and the release from ascent on.
    # Up at the canopy: fast from the release, a second before the canopy comes out, until 10 s
    # after the reefing line was cut; the half minute between the two is cheaper than missing one.
    ("CAM_UP", "PAD", 0, NO_CEILING, 1, 1),
    ("CAM_UP", "ASCENT", 0, NO_CEILING, 10, 1),
    ("CAM_UP", "FREE_FALL", 0, NO_CEILING, 60, 1),
    ("CAM_UP", "MAIN", seconds(10), NO_CEILING, 15, 1),
    ("CAM_UP", "LANDED", seconds(10), NO_CEILING, 0, 1),
    # Down at the ground: 30 Hz from the release until the dust has settled.
    ("CAM_DOWN", "PAD", 0, NO_CEILING, 1, 1),
    ("CAM_DOWN", "ASCENT", 0, NO_CEILING, 5, 1),
    ("CAM_DOWN", "FREE_FALL", 0, NO_CEILING, 30, 1),
    ("CAM_DOWN", "LANDED", seconds(10), NO_CEILING, 0, 1),
    # Microphone: one block of sound a pulse. It runs on the pad too: sound is small, and a deaf
    # one must be known before launch.
    ("MIC", "PAD", 0, NO_CEILING, 16, 1),
    ("MIC", "LANDED", seconds(10), NO_CEILING, 0, 1),
)
