"""Which quantities does the flight software exchange, in what unit, step, range and type?

One row a channel: name, wire type, unit, LSB, range, conversion, description.

- wire type: u8, u16, i16, u32 or i32, big-endian on every link. Flight values are small integers
  (-2^30 .. 2^30-1) whatever the wire type, so that a 32-bit board never allocates for one.
- LSB: (numerator, denominator); engineering value = counts * numerator / denominator.
- range: (lowest, highest) engineering value that can be right; None: all the wire type holds.
- conversion: "" for the linear one above; "enum:NAME" or "flags:NAME" for a table in ENUMS, or
  for one that the mission supplies (states, outputs, cameras).
"""

from fsw.dictionary.checks import NAV_CHECKS
from fsw.dictionary.files import FILES
from fsw.dictionary.refusals import REFUSALS
from fsw.dictionary.responses import RESPONSES
from fsw.schedule import TASKS

CAMERA_CHANNELS = 8  # one PIO state machine each
MOST_STATES = 20  # of a mission
MOST_WAYS = 6  # out of one state
SEQUENCES = 4  # slots of stored commands

ONE = (1, 1)
ALTITUDE = (1, 256)
VELOCITY = (1, 1024)
ACCELERATION = (1, 1024)
ANGLE = (45, 1 << 23)  # 2^-26 of a revolution, in degrees
ANGLE_RATE = (45, 1 << 17)  # 2^-20 of a revolution a second, in degrees
PRESSURE = (1, 64)
MACH = (1, 1024)
CLOCK = (1, 1 << 16)
MINOR_FRAME = (1, 64)

TIME_CHANNELS = (
    ("SCLK_S", "u32", "s", ONE, (0, (1 << 30) - 1), "", "spacecraft clock, whole seconds"),
    ("SCLK_FRACTION", "u16", "s", CLOCK, None, "", "spacecraft clock, fraction"),
    ("FRAME_COUNT", "u32", "", ONE, None, "", "minor frames since boot"),
    ("TIME_FROM_EI", "i32", "s", MINOR_FRAME, (-4000000, 4000000), "",
     "time from the planned time zero: entry interface, or launch"),
    ("EI_SCLK", "u32", "s", ONE, None, "", "spacecraft clock at the planned time zero"),
)  # fmt: skip

IDENTITY_CHANNELS = (
    ("DICTIONARY_HASH", "u32", "", ONE, None, "", "first 30 bits of the dictionary's SHA-256"),
    ("MISSION_ID", "u8", "", ONE, None, "", "number of the mission flown"),
    ("FSW_VERSION", "u16", "", ONE, None, "", "flight software version"),
    ("SELF_TEST", "u8", "", ONE, None, "flags:SELF_TEST", "tests of the board at boot that failed"),
    ("RESET_CAUSE", "u8", "", ONE, None, "enum:RESET_CAUSE", "why the processor started"),
)

EVENT_CHANNELS = (
    ("EVR_SEQUENCE", "u16", "", ONE, None, "", "number of the event report, modulo 2^16"),
    ("EVR_SEVERITY", "u8", "", ONE, None, "enum:SEVERITY", "severity of the event report"),
    ("EVR_ID", "u16", "", ONE, None, "enum:EVENT", "event reported"),
    ("EVR_ARG0", "i32", "", ONE, None, "", "first argument"),
    ("EVR_ARG1", "i32", "", ONE, None, "", "second argument"),
    ("EVR_ARG2", "i32", "", ONE, None, "", "third argument"),
    ("EVR_ARG3", "i32", "", ONE, None, "", "fourth argument"),
    ("EVENTS_DROPPED", "u16", "", ONE, None, "", "event reports lost to a full queue"),
    ("EVENTS_SQUELCHED", "u16", "", ONE, None, "", "event reports held back as a flood"),
)

# What the board reads for the flight software once a minor frame, raw.
SENSOR_CHANNELS = (
    ("IMU_AXIAL", "i32", "m/s2", ACCELERATION, (-200, 200), "",
     "sensed acceleration along the heat-shield axis, towards the heat shield"),
    ("IMU_NORMAL", "i32", "m/s2", ACCELERATION, (-200, 200), "",
     "sensed acceleration across it in the pitch plane, upwards"),
    ("IMU_RATE", "i32", "deg/s", ANGLE_RATE, (-200, 200), "", "sensed pitch rate, nose up"),
    ("IMU_STATUS", "u8", "", ONE, None, "flags:IMU_STATUS", "inertial unit's own status"),
    ("RADAR_RANGE", "u32", "m", ALTITUDE, (0, 12000), "", "slant range along the axis"),
    ("RADAR_SPEED", "i32", "m/s", VELOCITY, (-400, 400), "", "range rate, closing negative"),
    ("RADAR_STATUS", "u8", "", ONE, None, "flags:RADAR_STATUS", "radar's own status"),
    ("RADAR_SEQUENCE", "u8", "", ONE, None, "", "number of the radar measurement, modulo 2^8"),
    ("BARO_PRESSURE", "u32", "Pa", PRESSURE, (0, 120000), "", "static pressure of the air"),
    ("BARO_STATUS", "u8", "", ONE, None, "flags:BARO_STATUS", "barometer's own status"),
    ("BARO_SEQUENCE", "u8", "", ONE, None, "", "number of the barometer's measurement, modulo 2^8"),
    ("THROTTLE", "u16", "%", (1, 10), (0, 100), "", "mean engine throttle"),
    ("DISCRETES", "u16", "", ONE, None, "flags:DISCRETES", "contact and separation switches"),
    ("MIC_LEVEL", "u16", "", ONE, None, "", "microphone level, peak over the block"),
    ("MIC_BLOCKS", "u16", "", ONE, None, "", "audio blocks recorded, modulo 2^16"),
    ("BOARD_TEMPERATURE", "i16", "degC", (1, 64), (-60, 125), "", "processor board"),
    ("BUS_VOLTAGE", "u16", "V", (1, 1024), (0, 60), "", "supply voltage"),
    ("CAMERAS_RECORDING", "u8", "", ONE, None, "flags:CAMERA", "cameras that say they record"),
    ("SENSOR_READ_TIME", "u32", "s", (1, 1000000), (0, 1), "", "how long reading them took"),
)  # fmt: skip

NAVIGATION_CHANNELS = (
    ("NAV_ALTITUDE", "i32", "m", ALTITUDE, (-500, 2000000), "", "height above the landing site"),
    ("NAV_RECKONED_ALTITUDE", "i32", "m", ALTITUDE, (-20000, 2000000), "",
     "altitude without what locks of the altimeter have moved it by"),
    ("NAV_MOVED", "i32", "m", ALTITUDE, (-20000, 20000), "",
     "by how much locks have moved the altitude that was reckoned without doubt"),
    ("NAV_RATE_BIAS", "i32", "deg/s", ANGLE_RATE, (-200, 200), "", "of the gyro, learned at rest"),
    ("NAV_VERTICAL_VELOCITY", "i32", "m/s", VELOCITY, (-8000, 8000), "", "upwards positive"),
    ("NAV_HORIZONTAL_VELOCITY", "i32", "m/s", VELOCITY, (-8000, 8000), "", "downrange positive"),
    ("NAV_SPEED", "i32", "m/s", VELOCITY, (0, 8000), "", "planet-relative speed"),
    ("NAV_DESCENT_RATE", "i32", "m/s", VELOCITY, (-8000, 8000), "", "downwards positive"),
    ("NAV_ACCELERATION", "i32", "m/s2", ACCELERATION, (0, 300), "", "sensed, magnitude"),
    ("NAV_PEAK_ACCELERATION", "i32", "m/s2", ACCELERATION, (0, 300), "", "highest so far"),
    ("NAV_PITCH", "i32", "deg", ANGLE, (-180, 180), "", "heat-shield axis above horizontal"),
    ("NAV_ALTIMETER_RESIDUAL", "i32", "m", ALTITUDE, (-12000, 12000), "",
     "measured altitude less navigated altitude before the update"),
    ("NAV_MACH", "u16", "", MACH, (0, 60), "", "speed by the speed of sound at this height"),
    ("NAV_ALTITUDE_QUALITY", "u8", "", ONE, None, "enum:QUALITY", "what altitude rests on"),
    ("NAV_RECKONED_QUALITY", "u8", "", ONE, None, "enum:QUALITY", "what that one rests on"),
    ("NAV_VELOCITY_QUALITY", "u8", "", ONE, None, "enum:QUALITY", "what the velocities rest on"),
    ("NAV_ATTITUDE_QUALITY", "u8", "", ONE, None, "enum:QUALITY", "what the pitch rests on"),
    ("NAV_GROUND", "i32", "m", ALTITUDE, (-2000, 20000), "",
     "pressure altitude of the ground it started from"),
    ("NAV_CHECKS", "u16", "", ONE, None, "flags:NAV_CHECKS", "checks of the sensors that fail"),
    ("READINGS_HELD", "u16", "", ONE, None, "", "readings held at the end of their range"),
    ("CONTACT_VOTES", "u8", "", ONE, (0, 3), "", "contact switches closed"),
    ("NAV_STATUS", "u8", "", ONE, None, "flags:NAV_STATUS", "what the estimate rests on"),
)  # fmt: skip

EDL_CHANNELS = (
    (
        ("EDL_STATE", "u8", "", ONE, None, "enum:STATE", "state of the descent"),
        ("EDL_PREVIOUS", "u8", "", ONE, None, "enum:STATE", "state before it"),
        ("EDL_CAUSE", "u8", "", ONE, None, "enum:CAUSE", "which leg caused the last transition"),
        ("EDL_TIME_IN_STATE", "u32", "s", MINOR_FRAME, None, "", "time in this state"),
        ("EDL_PERSISTENCE", "u16", "", ONE, None, "", "minor frames the exit condition has held"),
        ("EDL_TRANSITIONS", "u16", "", ONE, None, "", "transitions since boot"),
        ("OUTPUTS_ARMED", "u16", "", ONE, None, "flags:OUTPUT", "deployment outputs armed"),
        ("OUTPUTS_FIRED", "u16", "", ONE, None, "flags:OUTPUT", "deployment outputs fired"),
    )
    + tuple(
        [
            (
                "STATE%d_REACHED" % n,
                "i32",
                "",
                ONE,
                None,
                "",
                "minor frame in which it was; -1: not yet",
            )
            for n in range(MOST_STATES)
        ]
    )
    + tuple(
        [
            ("WAY%d_HELD" % n, "u16", "", ONE, None, "", "minor frames this way out has held")
            for n in range(MOST_WAYS)
        ]
    )
)

COMMAND_CHANNELS = (
    ("COMMANDS_ACCEPTED", "u16", "", ONE, None, "", "commands carried out"),
    ("COMMANDS_REJECTED", "u16", "", ONE, None, "", "commands refused"),
    ("COMMAND_OPCODE", "u16", "", ONE, None, "enum:COMMAND", "last command received"),
    ("COMMAND_RESULT", "u8", "", ONE, None, "enum:COMMAND_RESULT", "what became of it"),
    ("UPLINK_MODE", "u8", "", ONE, None, "enum:UPLINK_MODE", "who may command"),
    ("PARAMETER_ID", "u16", "", ONE, None, "enum:PARAMETER", "parameter reported"),
    ("PARAMETER_VALUE", "i32", "", ONE, None, "", "its value, in counts"),
    ("PARAMETER_BANK", "u8", "", ONE, None, "enum:PARAMETER_BANK", "where parameters came from"),
    ("PARAMETER_GENERATION", "u16", "", ONE, None, "", "times parameters were saved, modulo 2^16"),
)

UPLINK_CHANNELS = (  # counts that go on beyond 65,535 are held there in the packet
    ("CLTUS_STARTED", "u16", "", ONE, None, "", "start sequences found in the uplink"),
    ("CLTUS_BROKEN", "u16", "", ONE, None, "", "of them cut off by errors, or too long"),
    ("TC_FRAMES_ACCEPTED", "u16", "", ONE, None, "", "frames whose data was passed on"),
    ("TC_FRAMES_DISCARDED", "u16", "", ONE, None, "", "authentic frames out of sequence"),
    ("TC_REFUSAL", "u8", "", ONE, None, "enum:TC_REFUSAL", "why the last one refused was"),
    ("TC_NUMBER", "u32", "", ONE, None, "", "last number used; the next frame's must exceed it"),
    ("FARM_STATE", "u8", "", ONE, None, "enum:FARM_STATE", "state of FARM-1"),
    ("CLCW_HIGH", "u16", "", ONE, None, "", "control word, first half"),
    ("CLCW_LOW", "u16", "", ONE, None, "", "control word, second half: flags and V(R)"),
) + tuple(
    # How many frames were refused for each reason.
    [("TC_" + name, "u16", "", ONE, None, "", why) for name, why in REFUSALS]
)
# Stored commands: progress of each slot, and the entry that a dump reports.
SEQUENCE_CHANNELS = (
    ("SEQUENCES_STORED", "u8", "", ONE, None, "flags:SEQUENCE", "slots that hold a sequence"),
    ("SEQUENCES_ACTIVE", "u8", "", ONE, None, "flags:SEQUENCE", "slots under way"),
    ("SEQUENCES_DONE", "u16", "", ONE, None, "", "stored commands carried out"),
    ("SEQUENCES_FAILED", "u16", "", ONE, None, "", "stored commands refused or skipped"),
    ("SEQUENCE_SLOT", "u8", "", ONE, None, "", "slot reported"),
    ("SEQUENCE_ENTRY", "u8", "", ONE, None, "", "its entry reported"),
    ("SEQUENCE_KIND", "u8", "", ONE, None, "",
     "0: SCLK; 1: after the entry before, or activation; 2 + n: after state n was reached"),
    ("SEQUENCE_SECONDS", "u32", "s", ONE, None, "", "when it is due, whole seconds"),
    ("SEQUENCE_FRACTION", "u8", "s", MINOR_FRAME, None, "", "when it is due, fraction"),
    ("SEQUENCE_OPCODE", "u16", "", ONE, None, "enum:COMMAND", "its command"),
    ("SEQUENCE_ARGUMENT0", "i32", "", ONE, None, "", "first argument"),
    ("SEQUENCE_ARGUMENT1", "i32", "", ONE, None, "", "second argument"),
    ("SEQUENCE_ARGUMENT2", "i32", "", ONE, None, "", "third argument"),
    ("SEQUENCE_ARGUMENT3", "i32", "", ONE, None, "", "fourth argument"),
) + tuple(
    [
        row
        for n in range(SEQUENCES)
        for row in (
            ("SEQ%d_NEXT" % n, "u8", "", ONE, None, "", "entry to come"),
            ("SEQ%d_SINCE" % n, "u32", "", ONE, None, "", "minor frame of the entry before it"),
        )
    ]
)  # fmt: skip

# Recorder and playback, see fsw.data.recorder.
RECORDER_CHANNELS = (
    ("RECORDER_STATE", "u8", "", ONE, None, "enum:RECORDER_STATE", "what the recorder does"),
    ("RECORDER_KEEPS", "u8", "", ONE, None, "enum:RECORDED", "what it has room to record"),
    ("RECORDER_FREE", "u32", "B", ONE, None, "", "erased flash left for it"),
    ("RECORDER_RECORDS", "u32", "", ONE, None, "", "packets recorded since the processor started"),
    ("RECORDER_LOST", "u16", "", ONE, None, "", "packets that found no erased page"),
    ("RECORDER_BEGAN", "u32", "", ONE, None, "", "page of the log where this flight begins"),
    ("RECORDER_NEXT", "u32", "", ONE, None, "",
     "number of the next NAV_RATE packet: its sequence count, without going round"),
    ("PLAYBACK_STATE", "u8", "", ONE, None, "enum:PLAYBACK_STATE", "what playback does"),
    ("PLAYBACK_WAITING", "u8", "", ONE, None, "", "requests that are not done"),
    ("PLAYBACK_PACKETS", "u32", "", ONE, None, "", "packets played back"),
    ("PLAYBACK_FIRST", "u8", "", ONE, None, "enum:HELD",
     "at rest: real time gives way to playback and files"),
    ("PLAYBACK_APID", "u16", "", ONE, (0, 2047), "", "packet type asked for; 0: all"),
)  # fmt: skip

FILE_CHANNELS = (
    ("FILE_ID", "u8", "", ONE, None, "enum:FILE", "file reported"),
    ("FILE_LENGTH", "u32", "B", ONE, None, "", "its octets"),
    ("FILE_STATE", "u8", "", ONE, None, "enum:FILE_STATE", "how the transfer of a file stands"),
    ("FILE_SENT", "u8", "", ONE, None, "enum:FILE", "file of the last transfer"),
    ("FILE_TRANSACTION", "u16", "", ONE, None, "", "its CFDP transaction number, modulo 2^16"),
    ("FILE_SIZE", "u32", "B", ONE, None, "", "octets of the file"),
    ("FILE_PROGRESS", "u32", "B", ONE, None, "", "of them sent at least once"),
    ("FILE_CONDITION", "u8", "", ONE, None, "enum:FILE_CONDITION", "why a transfer ended"),
    ("FILES_DELIVERED", "u16", "", ONE, None, "", "transfers that the ground has confirmed"),
    ("FILES_FAILED", "u16", "", ONE, None, "", "transfers cancelled by either end"),
    ("FILE_PDUS_SENT", "u16", "", ONE, None, "", "PDUs sent, modulo 2^16"),
    ("FILE_PDUS_RESENT", "u16", "", ONE, None, "", "of them segments that were asked for again"),
    ("FILE_PDUS_TAKEN", "u16", "", ONE, None, "", "PDUs of the ground that were heeded"),
    ("FILE_PDUS_REFUSED", "u16", "", ONE, None, "",
     "PDUs of the ground that are none, or of another transfer"),
)  # fmt: skip

RESET_CHANNELS = (
    ("RESETS", "u16", "", ONE, None, "", "resets of this flight that were resumed from"),
    ("RESET_LAST", "u32", "", ONE, None, "", "minor frame after the last of them"),
    ("RESET_BEFORE", "u32", "", ONE, None, "", "minor frame after the one before"),
    ("SAFE_PLAN", "u8", "", ONE, None, "enum:SAFE_PLAN", "all cameras film at one modest rate"),
    ("ANOMALIES", "u8", "", ONE, None, "flags:ANOMALY", "anomalies that stand"),
    ("ANOMALY_RESPONSE", "u8", "", ONE, None, "enum:RESPONSE", "what is done about an anomaly"),
    ("OUTPUTS_HELD", "u8", "", ONE, None, "enum:HELD",
     "deployment outputs are off until the state is confirmed"),
)  # fmt: skip

CAMERA_POWER_CHANNELS = (
    ("CAMERAS_POWERED", "u8", "", ONE, None, "flags:CAMERA", "cameras that have power"),
    ("CAMERAS_READY", "u8", "", ONE, None, "flags:CAMERA", "cameras that have started"),
    ("TRIGGERS_DOUBTED", "u8", "", ONE, None, "flags:CAMERA",
     "channels whose pulses are not those that were asked for"),
    ("CAMERAS_TESTED", "u8", "", ONE, None, "flags:CAMERA", "camera under test fire"),
)  # fmt: skip

MICROPHONE_CHANNELS = (("MIC_GATE", "u8", "", ONE, None, "enum:GATE", "microphone recording"),)

HEALTH_CHANNELS = (
    ("OVERRUNS", "u16", "", ONE, None, "", "minor frames that took too long"),
    ("FRAME_TIME", "u32", "s", (1, 1000000), (0, 1), "", "execution time of the last minor frame"),
    ("FRAME_WORST", "u32", "s", (1, 1000000), (0, 1), "", "longest so far"),
    ("SHED_LEVEL", "u8", "", ONE, None, "enum:SHED", "load shed now"),
    ("SHED_RUNS", "u16", "", ONE, None, "", "task runs skipped to shed load"),
    ("HEAP_FREE", "u32", "B", ONE, None, "", "memory left when the flight began; 0: not measured"),
    ("WATCHDOG_FEEDS", "u32", "", ONE, None, "", "watchdog windows earned"),
    ("WATCHDOG_ABSENT", "u16", "", ONE, None, "", "members missing in the last window, by bit"),
    ("LIMITS_YELLOW", "u8", "", ONE, None, "", "channels outside their yellow limits"),
    ("LIMITS_RED", "u8", "", ONE, None, "", "channels outside their red limits"),
)

LINK_CHANNELS = (
    ("PACKETS_SENT", "u32", "", ONE, None, "", "packets put into transfer frames"),
    ("PACKETS_DROPPED", "u16", "", ONE, None, "", "packets lost to a full queue"),
    ("FRAMES_SENT", "u32", "", ONE, None, "", "transfer frames sent"),
    ("FRAMES_IDLE", "u32", "", ONE, None, "", "of them idle frames"),
    ("FRAMES_DROPPED", "u16", "", ONE, None, "", "transfer frames that the radio could not take"),
    ("QUEUE_DEPTH", "u16", "B", ONE, None, "", "octets waiting for the downlink"),
)


def _camera(n):
    c = "CAM%d_" % n
    return (
        (c + "FEEDBACK", "u16", "", ONE, None, "", "exposures fed back by the camera, mod 2^16"),
        (c + "TRIGGERED", "u32", "", ONE, None, "", "trigger pulses sent"),
        (c + "CONFIRMED", "u32", "", ONE, None, "", "exposures fed back"),
        (c + "MISSED", "u32", "", ONE, None, "", "pulses without feedback"),
        (
            c + "INHIBITED",
            "u16",
            "",
            ONE,
            None,
            "",
            "pulses held back before it started",
        ),
        (c + "RATE", "u16", "Hz", (1, 100), (0, 200), "", "planned rate"),
        (c + "STATUS", "u8", "", ONE, None, "flags:CAMERA_STATUS", "state of the channel"),
        (
            c + "SINCE",
            "i32",
            "",
            ONE,
            None,
            "",
            "minor frame of its last switching, or of its start",
        ),
        (c + "TAG_S", "u32", "s", ONE, None, "", "time of the last pulse, whole seconds"),
        (c + "TAG_FRACTION", "u16", "s", CLOCK, None, "", "time of the last pulse, fraction"),
    )


def _task(name):
    t = "TASK_" + name + "_"
    return (
        (t + "WORST", "u32", "s", (1, 1000000), (0, 1), "", "longest execution so far"),
        (t + "OVERRUNS", "u16", "", ONE, None, "", "executions over budget"),
    )


CHANNELS = (
    TIME_CHANNELS
    + IDENTITY_CHANNELS
    + EVENT_CHANNELS
    + SENSOR_CHANNELS
    + NAVIGATION_CHANNELS
    + EDL_CHANNELS
    + COMMAND_CHANNELS
    + UPLINK_CHANNELS
    + SEQUENCE_CHANNELS
    + RECORDER_CHANNELS
    + FILE_CHANNELS
    + RESET_CHANNELS
    + CAMERA_POWER_CHANNELS
    + MICROPHONE_CHANNELS
    + HEALTH_CHANNELS
    + LINK_CHANNELS
    + sum([_camera(n) for n in range(CAMERA_CHANNELS)], ())
    + sum([_task(row[0]) for row in TASKS], ())
)

# Enumerations list the text of 0, 1, 2 ...; flags name bit 0, bit 1, bit 2 ...
# STATE, OUTPUT and CAMERA come from the mission, EVENT, COMMAND and PARAMETER from their tables.
ENUMS = {
    "RESET_CAUSE": ("POWER_ON", "WATCHDOG", "BROWN_OUT", "COMMANDED", "SIMULATION"),
    "SEVERITY": (
        "DIAGNOSTIC", "ACTIVITY_LO", "ACTIVITY_HI", "WARNING_LO", "WARNING_HI", "FATAL",
    ),
    "GATE": ("CLOSED", "OPEN"),
    "CAUSE": ("NONE", "PRIMARY", "BACKUP"),
    "COMMAND_RESULT": (
        "NONE", "DONE", "MALFORMED", "UNKNOWN_OPCODE", "OUT_OF_RANGE", "NOT_NOW", "QUEUE_FULL",
        "NOT_ARMED",
    ),
    "PARAMETER_BANK": ("DEFAULTS", "A", "B"),
    "SEQUENCE": tuple(["SLOT%d" % n for n in range(SEQUENCES)]),
    "RECORDER_STATE": ("NO_FLASH", "RECORDING", "FULL", "ERASING"),
    "RECORDED": (
        "NOTHING", "EVENTS", "DESCENT", "CAMERAS", "NAVIGATION", "HOUSEKEEPING", "BULK",
        "EVERYTHING",
    ),
    "PLAYBACK_STATE": ("IDLE", "SEARCHING", "SENDING"),
    "FILE": tuple([row[0] for row in FILES]),
    "FILE_STATE": ("IDLE", "SENDING", "ENDING", "WAITING", "CANCELLING", "SUSPENDED"),
    # Of CFDP, CCSDS 727.0-B-5 table 5-5.
    "FILE_CONDITION": (
        "NO_ERROR", "ACK_LIMIT_REACHED", "KEEP_ALIVE_LIMIT_REACHED", "INVALID_MODE",
        "FILESTORE_REJECTION", "CHECKSUM_FAILURE", "SIZE_ERROR", "NAK_LIMIT_REACHED",
        "INACTIVITY", "INVALID_STRUCTURE", "CHECK_LIMIT_REACHED", "UNSUPPORTED_CHECKSUM",
        "RESERVED_12", "RESERVED_13", "SUSPEND_REQUESTED", "CANCEL_REQUESTED",
    ),
    "SAFE_PLAN": ("OFF", "ON", "ANOMALY"),
    "ANOMALY": tuple([row[0] for row in RESPONSES]),
    "RESPONSE": ("NOTHING", "REPORT", "SHED", "SAFE", "SEQUENCE"),
    "HELD": ("NO", "YES"),
    "UPLINK_MODE": ("CLOSED", "SIMULATION", "BENCH", "AUTHENTICATED"),
    "TC_REFUSAL": ("NONE",) + tuple([row[0] for row in REFUSALS]),
    "FARM_STATE": ("NONE", "OPEN", "WAIT", "LOCKOUT"),
    "SELF_TEST": ("CLOCK", "INERTIAL_UNIT", "BAROMETER", "PINS", "FLASH"),
    "SHED": ("NOTHING", "BULK", "HOUSEKEEPING"),
    "IMU_STATUS": ("VALID", "AXIAL_SATURATED", "NORMAL_SATURATED", "RATE_SATURATED"),
    "RADAR_STATUS": ("VALID", "SATURATED"),
    "BARO_STATUS": ("VALID",),
    "QUALITY": ("NONE", "DEGRADED", "RECKONED", "AIDED"),
    "DISCRETES": (
        "CONTACT_A", "CONTACT_B", "CONTACT_C",
        "CRUISE_STAGE_GONE", "HEAT_SHIELD_GONE", "BACK_SHELL_GONE", "ROVER_FREE", "BRIDLE_CUT",
        "ARMING_JUMPER",
    ),
    "NAV_STATUS": (
        "INITIALISED", "INERTIAL_VALID", "ALTIMETER_LOCK", "ALTIMETER_USED", "ATTITUDE_DEGRADED",
        "AT_REST",
    ),
    "NAV_CHECKS": tuple([row[0] for row in NAV_CHECKS]),
    "CAMERA_STATUS": ("RUNNING", "SILENT", "READY", "RECORDING"),
}  # fmt: skip
