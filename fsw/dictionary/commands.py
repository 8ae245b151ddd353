"""Which commands are understood, and what are their arguments?

One row a command: name, opcode, arguments, description, SAFE or HAZARDOUS. An argument is a name,
the channel whose unit and step it shares ("" for a plain integer, CAMERA for a trigger channel),
and its lowest and highest value in counts. On the wire each argument is an i32, big-endian, after
the opcode as u16.

A hazardous command is carried out only if ARM_COMMAND named it ARMED_S or less before, once.
"""

from fsw.dictionary.channels import MOST_STATES, SEQUENCES

SMALL_LOWEST, SMALL_HIGHEST = -(1 << 30), (1 << 30) - 1  # small integers of a 32-bit board

SAFE, HAZARDOUS = range(2)
ARMED_S = 10

COMMANDS = (
    ("NO_OP", 0x01, (), "does nothing, and reports so", SAFE),
    ("ARM_COMMAND", 0x03, (("command", "COMMAND_OPCODE", 0, 255),),
     "arms a hazardous command for 10 s: only then is it carried out", SAFE),
    ("CLOCK_ADJUST", 0x02, (("seconds", "SCLK_S", -(1 << 27), 1 << 27),),
     "moves the spacecraft clock by whole seconds; nothing on board is timed by it",
     SAFE),
    ("NAV_INITIALISE", 0x10,
     (("time", "SCLK_S", 0, SMALL_HIGHEST),
      ("altitude", "NAV_ALTITUDE", -(1 << 20), 1 << 29),
      ("vertical_velocity", "NAV_VERTICAL_VELOCITY", -8000 << 10, 8000 << 10),
      ("horizontal_velocity", "NAV_HORIZONTAL_VELOCITY", -8000 << 10, 8000 << 10),
      ("pitch", "NAV_PITCH", -(1 << 25), (1 << 25) - 1)),
     "loads the navigated state that holds at a second of the spacecraft clock yet to come",
     HAZARDOUS),  # what is deployed when follows from it
    ("CAMERA_TEST", 0x18, (("camera", "CAMERA", 0, 7), ("pulses", "", 1, 100)),
     "test-fires a camera that the plan lets rest, and reports how many exposures it fed back",
     SAFE),
    ("PARAMETER_SET", 0x20,
     (("parameter", "PARAMETER_ID", 0, 255), ("value", "", SMALL_LOWEST, SMALL_HIGHEST)),
     "changes a parameter within its range", SAFE),
    ("PARAMETER_DUMP", 0x21, (), "sends every parameter", SAFE),
    ("PARAMETER_SAVE", 0x22, (),
     "stores every parameter; before the descent or after it only", SAFE),
    ("PARAMETER_DEFAULTS", 0x23, (),
     "sets every parameter to its default; what is stored stays", SAFE),
    ("SEQUENCE_BEGIN", 0x60, (("slot", "SEQUENCE_SLOT", 0, SEQUENCES - 1),),
     "begins a sequence of stored commands; forgets one that was not committed", SAFE),
    ("SEQUENCE_ADD", 0x61,
     (("kind", "SEQUENCE_KIND", 0, MOST_STATES + 1),
      ("seconds", "SEQUENCE_SECONDS", 0, SMALL_HIGHEST),
      ("fraction", "SEQUENCE_FRACTION", 0, 63),
      ("opcode", "SEQUENCE_OPCODE", 0, 65535),
      ("argument0", "", SMALL_LOWEST, SMALL_HIGHEST),
      ("argument1", "", SMALL_LOWEST, SMALL_HIGHEST),
      ("argument2", "", SMALL_LOWEST, SMALL_HIGHEST),
      ("argument3", "", SMALL_LOWEST, SMALL_HIGHEST)),
     "adds a command to the sequence begun; arguments that it does not take are 0", SAFE),
    ("SEQUENCE_COMMIT", 0x62,
     (("slot", "SEQUENCE_SLOT", 0, SEQUENCES - 1), ("checksum", "", 0, 65535)),
     "stores the sequence begun if its CRC-16 is this; before the descent or after it only", SAFE),
    ("SEQUENCE_ACTIVATE", 0x63, (("slot", "SEQUENCE_SLOT", 0, SEQUENCES - 1),),
     "starts a stored sequence from its first entry", SAFE),
    ("SEQUENCE_STOP", 0x64, (("slot", "SEQUENCE_SLOT", 0, SEQUENCES - 1),),
     "stops a sequence", SAFE),
    ("SEQUENCE_DUMP", 0x65, (("slot", "SEQUENCE_SLOT", 0, SEQUENCES - 1),),
     "sends every entry of a stored sequence", SAFE),
    ("RECORDER_ERASE", 0x70, (),
     "erases all that was recorded; before the descent or after it only", HAZARDOUS),
    ("PLAYBACK_TIME", 0x71,
     (("apid", "PLAYBACK_APID", 0, 2047),
      ("from", "SCLK_S", 0, SMALL_HIGHEST), ("until", "SCLK_S", 0, SMALL_HIGHEST)),
     "plays back what was recorded from one second until another", SAFE),
    ("PLAYBACK_GAP", 0x72,
     (("apid", "PLAYBACK_APID", 1, 2047),
      ("first", "", 0, 16383), ("count", "", 1, 16383), ("since", "SCLK_S", 0, SMALL_HIGHEST)),
     "plays back packets from a sequence count on, recorded at a second or later", SAFE),
    ("PLAYBACK_STOP", 0x73, (), "stops playback, and forgets what was asked for", SAFE),
    ("FILE_SEND", 0x78,
     (("file", "FILE_ID", 0, 255), ("class", "", 1, 2)),
     "sends a file by CFDP: class 1 once, class 2 until it is whole on the ground", SAFE),
    ("FILE_CANCEL", 0x79, (), "ends the transfer of a file", SAFE),
    ("FILE_SUSPEND", 0x7A, (), "holds the transfer of a file", SAFE),
    ("FILE_RESUME", 0x7B, (), "goes on with a transfer that is suspended", SAFE),
    ("FILE_LIST", 0x7C, (), "reports every file that there is, and its length", SAFE),
)  # fmt: skip
