"""Which events are reported, how severe are they, and what does each say?

One row an event: name, severity, text, arguments. The text names argument 0 as {0} and so on; each
argument is the channel whose unit, step and conversion it has ("" for a plain integer).
The flight software sends the number of the row, the severity and the arguments (space packet EVR).
"""

DIAGNOSTIC, ACTIVITY_LO, ACTIVITY_HI, WARNING_LO, WARNING_HI, FATAL = range(6)

EVENTS = (
    ("BOOTED", ACTIVITY_HI, "started after {0}, mission {1}, flight software {2}",
     ("RESET_CAUSE", "MISSION_ID", "FSW_VERSION")),
    ("RESUMED", ACTIVITY_HI, "resumed in {0} after a reset, {1} after entering it",
     ("EDL_STATE", "EDL_TIME_IN_STATE")),
    ("STATE_ENTERED", ACTIVITY_HI, "{0} entered, {2} condition, at altitude {3}",
     ("EDL_STATE", "EDL_PREVIOUS", "EDL_CAUSE", "NAV_ALTITUDE")),
    ("OUTPUT_ARMED", ACTIVITY_LO, "{0} armed", ("OUTPUTS_ARMED",)),
    ("OUTPUT_FIRED", ACTIVITY_HI, "{0} fired", ("OUTPUTS_FIRED",)),
    ("OUTPUT_INHIBITED", WARNING_HI, "{0} not fired: it was not armed, or not its turn",
     ("OUTPUTS_ARMED",)),
    ("NAV_INITIALISED", ACTIVITY_HI, "navigation initialised: altitude {0}, {1} up, {2} downrange",
     ("NAV_ALTITUDE", "NAV_VERTICAL_VELOCITY", "NAV_HORIZONTAL_VELOCITY")),
    ("ALTIMETER_LOCKED", ACTIVITY_HI, "altimeter lock at altitude {0}, {1} from the navigated one",
     ("NAV_ALTITUDE", "NAV_ALTIMETER_RESIDUAL")),
    ("ALTIMETER_LOST", WARNING_LO, "altimeter lost at altitude {0}", ("NAV_ALTITUDE",)),
    ("CHECK_FAILED", WARNING_HI, "sensor check {0} fails at {1} counts", ("NAV_CHECKS", "")),
    ("CHECK_PASSED", ACTIVITY_HI, "sensor check {0} passes again at {1} counts",
     ("NAV_CHECKS", "")),
    ("ATTITUDE_RESET", WARNING_HI, "pitch {0} cannot be: set anew", ("NAV_PITCH",)),
    ("AT_REST", ACTIVITY_HI, "at rest at altitude {0}", ("NAV_ALTITUDE",)),
    ("PEAK_DECELERATION", ACTIVITY_HI, "sensed acceleration peaked at {0}, {1} from time zero",
     ("NAV_ACCELERATION", "TIME_FROM_EI")),
    ("CAMERA_PLAN", ACTIVITY_LO, "camera {0} at {1}", ("CAMERA", "CAM0_RATE")),
    ("CAMERA_SILENT", WARNING_LO, "camera {0} feeds nothing back: {1} pulses missed",
     ("CAMERA", "")),
    ("CAMERA_BACK", ACTIVITY_HI, "camera {0} feeds back again after {1} missed pulses",
     ("CAMERA", "")),
    ("CAMERA_RETRY", WARNING_LO, "camera {0} switched off and on again, try {1}", ("CAMERA", "")),
    ("CAMERA_GIVEN_UP", WARNING_HI, "camera {0} stays silent after {1} tries", ("CAMERA", "")),
    ("CAMERA_NOT_RECORDING", WARNING_LO, "camera {0} films but does not confirm that it records",
     ("CAMERA",)),
    ("CAMERA_TESTED", ACTIVITY_HI, "camera {0} tested: {1} pulses, {2} fed back",
     ("CAMERA", "", "")),
    ("MIC_GATE", ACTIVITY_LO, "microphone gate {0}", ("MIC_GATE",)),
    ("MIC_DEAF", WARNING_LO, "microphone has recorded only zeros for {0} s", ("",)),
    ("LIMIT_YELLOW", WARNING_LO, "channel {0} outside its yellow limits at {1} counts",
     ("CHANNEL", "")),
    ("LIMIT_RED", WARNING_HI, "channel {0} outside its red limits at {1} counts",
     ("CHANNEL", "")),
    ("LIMIT_CLEARED", ACTIVITY_LO, "channel {0} back inside its limits at {1} counts",
     ("CHANNEL", "")),
    ("OVERRUN", WARNING_LO, "minor frame took {0}, {1} so far", ("FRAME_TIME", "OVERRUNS")),
    ("LOAD_SHED", WARNING_LO, "shedding {0}", ("SHED_LEVEL",)),
    ("WATCHDOG_WITHHELD", WARNING_HI, "watchdog not fed, members absent by bit: {0}", ("",)),
    ("COMMAND_DONE", ACTIVITY_HI, "command {0} done", ("COMMAND_OPCODE",)),
    ("COMMAND_REFUSED", WARNING_LO, "command {0} refused: {1}",
     ("COMMAND_OPCODE", "COMMAND_RESULT")),
    ("PARAMETER_SET", ACTIVITY_HI, "parameter {0} set to {1} counts", ("PARAMETER_ID", "")),
)  # fmt: skip
