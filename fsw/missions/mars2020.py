"""What does the Perseverance descent ask for: states, transitions, outputs, cameras, link?

Everything here is data. Times are in minor frames and quantities in counts, written through the
helpers of fsw.missions.units, which name the unit. Flown times in comments are seconds from entry
interface (EI, radius 3522.2 km) of Mars 2020.
"""

from fsw.cam.plan import NO_CEILING
from fsw.edl.conditions import ALL_CLEAR, ALL_SET, GE, LE
from fsw.edl.machine import NO_BACKUP
from fsw.missions.units import (
    degrees,
    degrees_s,
    hundredths_mach,
    metres,
    mm_s,
    mm_s2,
    ms,
    percent,
    seconds,
)
from fsw.nav.status import ALTIMETER_LOCK, AT_REST, DEGRADED, NONE, RECKONED

NAME = "mars2020"
ID = 1

# 2021-02-18 20:36:50 UTC as seconds of 2000-01-01 11:58:55.8 UTC, leap seconds counted.
EI_SCLK = 666952679

STATES = (
    "CRUISE",
    "COAST",
    "ENTRY",
    "STRAIGHTEN_UP",
    "PARACHUTE_READY",
    "PARACHUTE",
    "HEAT_SHIELD_AWAY",
    "BACK_SHELL_AWAY",
    "POWERED_DESCENT",
    "CONSTANT_VELOCITY",
    "CONSTANT_DECELERATION",
    "SKY_CRANE",
    "BRIDLE_PAYOUT",
    "TOUCHDOWN_SENSING",
    "FLYAWAY",
    "LANDED",
)

# Deployment outputs, bit 0 first.
OUTPUTS = (
    "CRUISE_STAGE",
    "BALLAST_1",
    "BALLAST_2",
    "BALLAST_3",
    "MORTAR",
    "HEAT_SHIELD",
    "RADAR_POWER",
    "BACK_SHELL",
    "ENGINES",
    "ROVER",
    "BRIDLE",
    "ENGINES_AWAY",
)

# Trigger channels, 0 first; the last records sound and is gated, not triggered.
CAMERAS = ("PUC_A", "PUC_B", "PUC_C", "DDC", "RUC", "RDC", "LCAM", "MIC")

SPACECRAFT_ID = 0xA8
DOWNLINK_BITS_PER_S = 8000  # relay rate during entry
# An eighth of the rate for 16 wrong octets mended in every 255: plasma ends in a noisy link, and
# nobody can ask for what was lost while it matters.
DOWNLINK_CODING = "RS"
# A burst of 16 octets is mended, 16 ms of the link. Interleave 5 would mend 80, in frames of 1115
# octets: 1.3 s each at this rate, in place of 0.26 s, before anybody sees what is in them.
DOWNLINK_INTERLEAVE = 1
SILENT_PACKETS = ("BARO",)  # there is no barometer
FULL_RATE_FROM = "ENTRY"  # navigation is recorded at 64 Hz until it has landed

# Density in ug/m3 and speed of sound in dm/s every 4096 m from the landing site up: the mean
# profile of gse/sim/planet.py, with the density that docs/simulation.md fits to the flown entry.
AIR = (
    (15989165, 2408), (12198164, 2336), (9900466, 2267), (7722540, 2210),
    (5285951, 2158), (3540449, 2108), (2334966, 2058), (1521243, 2004),
    (981309, 1946), (600222, 1919), (372676, 1863), (226699, 1822),
    (133632, 1801), (76452, 1802), (42942, 1853), (26319, 1896),
    (18196, 1908), (12657, 1903), (8296, 1887), (5071, 1867),
    (2896, 1841), (1580, 1814), (822, 1791), (415, 1773),
    (207, 1761), (104, 1760), (53, 1776), (27, 1802),
    (14, 1845), (7, 1901), (4, 1962), (2, 2027),
)  # fmt: skip

NAVIGATION = {
    "gravity_m3_s2": 42828370000000,
    "site_radius_m": 3393200,  # 2.5 km below the zero of the air's table
    "altimeter": "RADAR",
    "radar_latency": 2,  # minor frames
    "aeroshell": (146, AIR),  # ballistic coefficient in kg/m2, and the air it flies in
    # The heat shield points below the flight path by the trim angle, 0 to 16 degrees, and swings.
    "path_over_pitch": (degrees(-10), degrees(28)),
    "peak_floor": mm_s2(30000),  # a peak of the deceleration is reported above it
    "longest_unaided": seconds(3600),  # dead reckoning errs by 100 m in a quarter of an hour
    "envelope": (mm_s2(113000), degrees_s(60)),  # 11.5 g, a tenth over 20 seeds' worst
}

PARAMETERS = ()
LIMITS = ()  # a bus of 28 V, as in the dictionary

# Without knowledge its channels read zero, which would pass for slow and low: conditions on them
# ask for knowledge that nothing has cast doubt on. Without it the backup timers fly.
SPEED_KNOWN = ("NAV_VELOCITY_QUALITY", GE, RECKONED)
ALTITUDE_KNOWN = ("NAV_ALTITUDE_QUALITY", GE, RECKONED)
RADAR = ("NAV_STATUS", ALL_SET, ALTIMETER_LOCK)
NO_RADAR = ("NAV_STATUS", ALL_CLEAR, ALTIMETER_LOCK)
LOW = (ALTITUDE_KNOWN, ("NAV_ALTITUDE", LE, metres(100000)))

# Who is next, and why. Each row: state, next state, conditions that must all hold, minor frames
# they must persist, then earliest time and backup timer, both counted in the state.
TRANSITIONS = (
    # -600 s, by the clock. Sensed deceleration means that the clock is wrong and entry has begun:
    # a wrong clock must not stop the descent.
    ("CRUISE", "COAST", (("TIME_FROM_EI", GE, seconds(-600)),), ms(62), 0, NO_BACKUP),
    ("CRUISE", "ENTRY", (("NAV_ACCELERATION", GE, mm_s2(1961)),) + LOW, ms(500), 0, NO_BACKUP),
    ("CRUISE", "ENTRY",
     (("NAV_ACCELERATION", GE, mm_s2(1961)), ("NAV_ALTITUDE_QUALITY", LE, NONE)),
     seconds(2), seconds(60), NO_BACKUP),
    # 0.2 g, flown about 50 s: the atmosphere is thick enough to steer in. Dead reckoning, which
    # takes no force where there is no air, tells that it is air that is felt; without it time does.
    ("COAST", "ENTRY",
     (("NAV_ACCELERATION", GE, mm_s2(1961)),) + LOW, ms(250), seconds(5), seconds(655)),
    ("COAST", "ENTRY",
     (("NAV_ACCELERATION", GE, mm_s2(1961)),), ms(250), seconds(635), seconds(655)),
    # 223.8 s: slow enough to fly without lift until the parachute.
    ("ENTRY", "STRAIGHTEN_UP",
     (SPEED_KNOWN, ("NAV_SPEED", LE, mm_s(450000))), ms(62), seconds(163), seconds(184)),
    # 237.8 s: the manoeuvre takes 14 s; the parachute cameras start with its end.
    ("STRAIGHTEN_UP", "PARACHUTE_READY",
     (("EDL_TIME_IN_STATE", GE, seconds(14)),), 1, 0, seconds(15)),
    # 240.63 s, Mach 1.81: the parachute is qualified for this speed, and height is running out.
    ("PARACHUTE_READY", "PARACHUTE",
     (SPEED_KNOWN, ("NAV_MACH", LE, hundredths_mach(181))), ms(62), 0, ms(4500)),
    # 263.26 s, 22.6 s after the mortar: subsonic, so that the shield falls away, and not before the
    # canopy has settled.
    ("PARACHUTE", "HEAT_SHIELD_AWAY",
     (SPEED_KNOWN, ("NAV_MACH", LE, hundredths_mach(70))), ms(250), ms(22350), seconds(28)),
    # 357.30 s: 2.1 km left is what the powered descent needs; with 4 km it runs dry, with 0.6 km it
    # cannot stop. Radar, dead reckoning and time vote: two of three decide, so that no one of them
    # that lies can. One that is known to be out has no vote. The timer is for neither of the two.
    ("HEAT_SHIELD_AWAY", "BACK_SHELL_AWAY",
     (RADAR, ("NAV_ALTITUDE", LE, metres(2170)), ("NAV_RECKONED_ALTITUDE", LE, metres(2600)),
      ("NAV_RECKONED_QUALITY", GE, RECKONED)), ms(62), seconds(60), seconds(110)),
    ("HEAT_SHIELD_AWAY", "BACK_SHELL_AWAY",
     (RADAR, ("NAV_ALTITUDE", LE, metres(2170))), ms(62), seconds(87), seconds(110)),
    ("HEAT_SHIELD_AWAY", "BACK_SHELL_AWAY",
     (("NAV_RECKONED_ALTITUDE", LE, metres(2000)), ("NAV_RECKONED_QUALITY", GE, RECKONED)),
     ms(62), seconds(87), seconds(110)),
    ("HEAT_SHIELD_AWAY", "BACK_SHELL_AWAY",
     (RADAR, ("NAV_ALTITUDE", LE, metres(2170)), ("NAV_RECKONED_QUALITY", LE, DEGRADED)),
     ms(62), seconds(40), seconds(110)),
    ("HEAT_SHIELD_AWAY", "BACK_SHELL_AWAY",
     (("NAV_RECKONED_ALTITUDE", LE, metres(2000)), ("NAV_RECKONED_QUALITY", GE, RECKONED),
      NO_RADAR), ms(62), seconds(60), seconds(110)),
    # 358.34 s: free fall away from the back shell before the engines start.
    ("BACK_SHELL_AWAY", "POWERED_DESCENT",
     (("EDL_TIME_IN_STATE", GE, ms(1040)),), 1, 0, ms(1500)),
    # 389.57 s: slowed to 32 m/s.
    ("POWERED_DESCENT", "CONSTANT_VELOCITY",
     (SPEED_KNOWN, ("NAV_DESCENT_RATE", LE, mm_s(32500))), ms(125), seconds(15), seconds(45)),
    # 393.81 s: the height from which a constant deceleration ends in the sky crane.
    ("CONSTANT_VELOCITY", "CONSTANT_DECELERATION",
     (ALTITUDE_KNOWN, ("NAV_ALTITUDE", LE, metres(118))), ms(62), seconds(1), seconds(9)),
    # 399.73 s: 0.75 m/s reached.
    ("CONSTANT_DECELERATION", "SKY_CRANE",
     (SPEED_KNOWN, ("NAV_DESCENT_RATE", LE, mm_s(1000))), ms(125), seconds(2), seconds(12)),
    # 402.38 s: the swing has settled and four engines carry the stage.
    ("SKY_CRANE", "BRIDLE_PAYOUT",
     (("EDL_TIME_IN_STATE", GE, ms(2650)),), 1, 0, seconds(4)),
    # 407.88 s: 7.5 m of bridle are out. Only from here on can contact be believed.
    ("BRIDLE_PAYOUT", "TOUCHDOWN_SENSING",
     (("EDL_TIME_IN_STATE", GE, ms(5500)),), 1, 0, seconds(7)),
    # 419.57 s: two of three contact switches and engines throttled down for 1.5 s.
    ("TOUCHDOWN_SENSING", "FLYAWAY",
     (("CONTACT_VOTES", GE, 2), ("THROTTLE", LE, percent(20))),
     ms(1500), seconds(1), seconds(40)),
    # Or, where the throttle cannot be read, the same switches and an inertial unit that feels
    # nothing but gravity, for longer: before the engines run dry.
    ("TOUCHDOWN_SENSING", "FLYAWAY",
     (("CONTACT_VOTES", GE, 2), ("NAV_STATUS", ALL_SET, AT_REST)),
     seconds(4), seconds(1), seconds(40)),
    # About 427 s: the stage has burnt for six seconds.
    ("FLYAWAY", "LANDED", (("EDL_TIME_IN_STATE", GE, ms(7300)),), 1, 0, seconds(8)),
)  # fmt: skip

# Each row: output, state that arms it, state that fires it, delay after that state is reached, and
# outputs that must have fired before: looked at again when it fires.
DEPLOYMENTS = (
    ("CRUISE_STAGE", "CRUISE", "COAST", 0, ()),
    ("BALLAST_1", "ENTRY", "STRAIGHTEN_UP", 0, ()),
    ("BALLAST_2", "ENTRY", "STRAIGHTEN_UP", seconds(2), ()),
    ("BALLAST_3", "ENTRY", "STRAIGHTEN_UP", seconds(4), ()),
    ("MORTAR", "PARACHUTE_READY", "PARACHUTE", 0, ()),
    ("HEAT_SHIELD", "PARACHUTE", "HEAT_SHIELD_AWAY", 0, ("MORTAR",)),
    ("RADAR_POWER", "PARACHUTE", "HEAT_SHIELD_AWAY", seconds(2), ("HEAT_SHIELD",)),
    ("BACK_SHELL", "HEAT_SHIELD_AWAY", "BACK_SHELL_AWAY", 0, ("HEAT_SHIELD",)),
    ("ENGINES", "BACK_SHELL_AWAY", "POWERED_DESCENT", 0, ("BACK_SHELL",)),
    ("ROVER", "SKY_CRANE", "BRIDLE_PAYOUT", 0, ("ENGINES",)),
    ("BRIDLE", "TOUCHDOWN_SENSING", "FLYAWAY", 0, ("ROVER",)),
    ("ENGINES_AWAY", "BRIDLE_PAYOUT", "FLYAWAY", ms(700), ("BRIDLE",)),
)

# Each row: camera, state that switches it on, delay, state that switches it off, delay, and the
# time it takes to start. On from cruise stage separation: a clock that is wrong then costs nothing.
CAMERA_POWER = (
    ("PUC_A", "COAST", 0, "BACK_SHELL_AWAY", seconds(1), seconds(4)),
    ("PUC_B", "COAST", 0, "BACK_SHELL_AWAY", seconds(1), seconds(4)),
    ("PUC_C", "COAST", 0, "BACK_SHELL_AWAY", seconds(1), seconds(4)),
    ("DDC", "COAST", 0, "FLYAWAY", seconds(1), seconds(4)),
    ("RUC", "COAST", 0, "LANDED", seconds(70), seconds(4)),
    ("RDC", "COAST", 0, "LANDED", seconds(70), seconds(4)),
    ("LCAM", "COAST", 0, "LANDED", seconds(70), seconds(4)),
    ("MIC", "COAST", 0, "LANDED", seconds(70), seconds(2)),
)

# Those with an output that says so while they record.
RECORD_CONFIRM = CAMERAS

# Each row: camera, state, delay after it is reached, ceiling, pulses, in how many seconds.
# Rates and windows of Mars 2020 (FACTS: Maki et al. 2020 and the flown timeline).
CAMERA_PLAN = (
    # Parachute cameras, up: fast for 32.5 s around mortar, inflation and heat shield.
    ("PUC_A", "PARACHUTE_READY", 0, NO_CEILING, 75, 1),
    ("PUC_A", "HEAT_SHIELD_AWAY", seconds(7), NO_CEILING, 30, 1),
    ("PUC_A", "BACK_SHELL_AWAY", 0, NO_CEILING, 0, 1),
    ("PUC_B", "PARACHUTE_READY", 0, NO_CEILING, 75, 1),
    ("PUC_B", "HEAT_SHIELD_AWAY", seconds(7), NO_CEILING, 30, 1),
    ("PUC_B", "BACK_SHELL_AWAY", 0, NO_CEILING, 0, 1),
    ("PUC_C", "PARACHUTE_READY", 0, NO_CEILING, 75, 1),
    ("PUC_C", "HEAT_SHIELD_AWAY", seconds(7), NO_CEILING, 30, 1),
    ("PUC_C", "BACK_SHELL_AWAY", 0, NO_CEILING, 0, 1),
    # Descent stage, down at the rover: back shell to umbilical cut.
    ("DDC", "BACK_SHELL_AWAY", 0, NO_CEILING, 12, 1),
    ("DDC", "FLYAWAY", 0, NO_CEILING, 0, 1),
    # Rover, up at the descent stage: back shell until the stage has flown away.
    ("RUC", "BACK_SHELL_AWAY", 0, NO_CEILING, 30, 1),
    ("RUC", "LANDED", 0, NO_CEILING, 0, 1),
    # Rover, down: from before the heat shield falls until the dust has settled.
    ("RDC", "PARACHUTE", seconds(11), NO_CEILING, 30, 1),
    ("RDC", "LANDED", seconds(66), NO_CEILING, 0, 1),
    # Lander vision: every 3.3 s from 254.4 s to 441.2 s, each second between 4200 m and 500 m.
    ("LCAM", "PARACHUTE", ms(13770), NO_CEILING, 10, 33),
    ("LCAM", "HEAT_SHIELD_AWAY", 0, metres(4200), 1, 1),
    ("LCAM", "BACK_SHELL_AWAY", 0, metres(500), 10, 33),
    ("LCAM", "LANDED", ms(14330), NO_CEILING, 0, 1),
    # Microphone: one block of sound a pulse, from before entry until after landing.
    ("MIC", "COAST", seconds(570), NO_CEILING, 16, 1),
    ("MIC", "LANDED", seconds(66), NO_CEILING, 0, 1),
)
