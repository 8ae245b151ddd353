"""Which space packets go down, how often, and which channels do they carry in which order?

One row a packet: name, APID, priority, task, period and phase in minor frames, fields.

- Octets on the wire (CCSDS 133.0-B-2): 6 of primary header, 6 of time (CUC, 4 of seconds and 2 of
  2^-16 fractions, implicit P-field; CCSDS 301.0-B-4 section 3.2), the fields in order, big-endian
  without padding, and 2 of CRC-16 over everything before them.
- priority: index of the downlink queue, 0 served first.
- task: the row of the schedule that sends it; period 0: sent on demand, not by the clock.
"""

from fsw.dictionary.channels import CAMERA_CHANNELS, MOST_STATES, SEQUENCES
from fsw.dictionary.refusals import REFUSALS
from fsw.schedule import TASKS

EVENTS, DESCENT, CAMERAS, NAVIGATION, HOUSEKEEPING, BULK = range(6)
PRIORITIES = ("EVENTS", "DESCENT", "CAMERAS", "NAVIGATION", "HOUSEKEEPING", "BULK")


def _each_camera(*names):
    return tuple(["CAM%d_%s" % (n, name) for n in range(CAMERA_CHANNELS) for name in names])


PACKETS = (
    ("BOOT", 0x010, EVENTS, "HOUSEKEEPING", 1024, 14,
     ("DICTIONARY_HASH", "MISSION_ID", "FSW_VERSION", "RESET_CAUSE", "SELF_TEST", "EI_SCLK")),
    ("EVR", 0x011, EVENTS, "TELEMETRY", 0, 0,
     ("EVR_SEQUENCE", "EVR_SEVERITY", "EVR_ID",
      "EVR_ARG0", "EVR_ARG1", "EVR_ARG2", "EVR_ARG3")),
    ("EDL", 0x020, DESCENT, "TELEMETRY", 32, 2,
     ("TIME_FROM_EI", "EDL_STATE", "EDL_PREVIOUS", "EDL_CAUSE", "EDL_TIME_IN_STATE",
      "EDL_PERSISTENCE", "EDL_TRANSITIONS", "OUTPUTS_ARMED", "OUTPUTS_FIRED",
      "NAV_MACH", "NAV_CHECKS", "NAV_ALTITUDE_QUALITY", "NAV_VELOCITY_QUALITY",
      "NAV_ATTITUDE_QUALITY")),
    ("NAV", 0x021, NAVIGATION, "TELEMETRY", 8, 5,
     ("NAV_ALTITUDE", "NAV_VERTICAL_VELOCITY", "NAV_HORIZONTAL_VELOCITY", "NAV_ACCELERATION",
      "NAV_PITCH", "NAV_ALTIMETER_RESIDUAL", "NAV_STATUS")),
    ("CAM", 0x030, CAMERAS, "TELEMETRY", 64, 25,
     _each_camera("TRIGGERED", "CONFIRMED", "MISSED", "INHIBITED", "STATUS")),
    ("CAM_TAG", 0x031, CAMERAS, "TELEMETRY", 128, 57,
     _each_camera("TAG_S", "TAG_FRACTION", "RATE")),
    ("SENSORS", 0x022, BULK, "BULK_TELEMETRY", 32, 13,
     ("IMU_AXIAL", "IMU_NORMAL", "IMU_RATE", "IMU_STATUS", "RADAR_RANGE", "RADAR_SPEED",
      "RADAR_STATUS", "THROTTLE", "DISCRETES", "MIC_LEVEL", "MIC_BLOCKS")),
    ("BARO", 0x023, BULK, "BULK_TELEMETRY", 32, 29, ("BARO_PRESSURE", "BARO_STATUS")),
    ("HK", 0x040, HOUSEKEEPING, "HOUSEKEEPING", 64, 46,
     ("FRAME_COUNT", "OVERRUNS", "FRAME_TIME", "FRAME_WORST", "SHED_LEVEL", "SHED_RUNS",
      "WATCHDOG_FEEDS", "WATCHDOG_ABSENT", "EVENTS_DROPPED", "EVENTS_SQUELCHED",
      "PACKETS_SENT", "PACKETS_DROPPED", "FRAMES_SENT", "FRAMES_IDLE", "FRAMES_DROPPED",
      "QUEUE_DEPTH",
      "COMMANDS_ACCEPTED", "COMMANDS_REJECTED", "COMMAND_OPCODE", "COMMAND_RESULT",
      "UPLINK_MODE", "LIMITS_YELLOW", "LIMITS_RED", "NAV_PEAK_ACCELERATION", "READINGS_HELD",
      "CAMERAS_POWERED",
      "BOARD_TEMPERATURE", "BUS_VOLTAGE", "HEAP_FREE")),
    ("MEMORY", 0x043, HOUSEKEEPING, "HOUSEKEEPING", 512, 22,
     ("PARAMETER_BANK", "PARAMETER_GENERATION", "RESETS", "SAFE_PLAN", "OUTPUTS_HELD",
      "SEQUENCES_STORED", "SEQUENCES_ACTIVE", "SEQUENCES_DONE", "SEQUENCES_FAILED")),
    ("TASKS", 0x041, HOUSEKEEPING, "HOUSEKEEPING", 1024, 38,
     tuple(["TASK_%s_%s" % (row[0], what) for row in TASKS for what in ("WORST", "OVERRUNS")])),
    ("UPLINK", 0x042, HOUSEKEEPING, "HOUSEKEEPING", 512, 30,
     ("CLTUS_STARTED", "CLTUS_BROKEN", "TC_FRAMES_ACCEPTED", "TC_FRAMES_DISCARDED", "TC_REFUSAL",
      "TC_NUMBER", "FARM_STATE", "CLCW_HIGH", "CLCW_LOW")
     + tuple(["TC_" + row[0] for row in REFUSALS])),
    ("PARAMETER", 0x050, HOUSEKEEPING, "COMMANDS", 0, 0,
     ("PARAMETER_ID", "PARAMETER_VALUE")),
    ("SEQUENCE", 0x058, HOUSEKEEPING, "COMMANDS", 0, 0,
     ("SEQUENCE_SLOT", "SEQUENCE_ENTRY", "SEQUENCE_KIND", "SEQUENCE_SECONDS", "SEQUENCE_FRACTION",
      "SEQUENCE_OPCODE", "SEQUENCE_ARGUMENT0", "SEQUENCE_ARGUMENT1", "SEQUENCE_ARGUMENT2",
      "SEQUENCE_ARGUMENT3")),
)  # fmt: skip

# The simulation link exchanges two fixed lists of channels each minor frame, packed like packets:
# what a board would measure going in, what it would drive coming out.
SENSOR_FRAME = (
    "IMU_AXIAL", "IMU_NORMAL", "IMU_RATE", "IMU_STATUS",
    "RADAR_RANGE", "RADAR_SPEED", "RADAR_STATUS", "RADAR_SEQUENCE",
    "BARO_PRESSURE", "BARO_STATUS", "BARO_SEQUENCE",
    "THROTTLE", "DISCRETES", "MIC_LEVEL", "MIC_BLOCKS",
    "BOARD_TEMPERATURE", "BUS_VOLTAGE", "SENSOR_READ_TIME",
    "CAMERAS_RECORDING",
) + _each_camera("FEEDBACK")  # fmt: skip

# What must survive a reset of the processor, written 16 times a second: see fsw.kernel.checkpoint.
CHECKPOINT = (
    "DICTIONARY_HASH", "FRAME_COUNT", "SCLK_S", "SCLK_FRACTION", "EI_SCLK", "EVR_SEQUENCE",
    "EDL_STATE", "EDL_PREVIOUS", "EDL_CAUSE", "EDL_TIME_IN_STATE", "EDL_TRANSITIONS",
    "OUTPUTS_ARMED", "OUTPUTS_FIRED",
    "NAV_ALTITUDE", "NAV_VERTICAL_VELOCITY", "NAV_HORIZONTAL_VELOCITY", "NAV_PITCH", "NAV_SPEED",
    "NAV_PEAK_ACCELERATION", "NAV_STATUS", "NAV_CHECKS", "NAV_GROUND",
    "COMMANDS_ACCEPTED", "COMMANDS_REJECTED", "CLCW_LOW", "CAMERAS_POWERED",
    "RESETS", "RESET_LAST", "RESET_BEFORE", "SAFE_PLAN",
    "SEQUENCES_ACTIVE", "SEQUENCES_DONE", "SEQUENCES_FAILED",
) + tuple(
    ["SEQ%d_%s" % (n, what) for n in range(SEQUENCES) for what in ("NEXT", "SINCE")]
) + _each_camera("TRIGGERED", "CONFIRMED", "INHIBITED") + tuple(
    ["STATE%d_REACHED" % n for n in range(MOST_STATES)]
)  # fmt: skip

ACTUATOR_FRAME = (
    ("FRAME_COUNT", "EDL_STATE", "OUTPUTS_ARMED", "OUTPUTS_FIRED")
    + ("MIC_GATE", "CAMERAS_POWERED", "WATCHDOG_FEEDS")
    + _each_camera("TRIGGERED")
)
