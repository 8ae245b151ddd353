"""Which commands are understood, and what are their arguments?

One row a command: name, opcode, arguments, description. An argument is a name, the channel whose
unit and step it shares ("" for a plain integer, CAMERA for a trigger channel), and its lowest and
highest value in counts. On the wire each argument is an i32, big-endian, after the opcode as u16.
"""

from fsw.dictionary.channels import MOST_STATES, SEQUENCES

SMALL_LOWEST, SMALL_HIGHEST = -(1 << 30), (1 << 30) - 1  # small integers of a 32-bit board

COMMANDS = (
    ("NO_OP", 0x01, (), "does nothing, and reports so"),
    ("CLOCK_ADJUST", 0x02, (("seconds", "SCLK_S", -(1 << 27), 1 << 27),),
     "moves the spacecraft clock by whole seconds; nothing on board is timed by it"),
    ("NAV_INITIALISE", 0x10,
     (("time", "SCLK_S", 0, SMALL_HIGHEST),
      ("altitude", "NAV_ALTITUDE", -(1 << 20), 1 << 29),
      ("vertical_velocity", "NAV_VERTICAL_VELOCITY", -8000 << 10, 8000 << 10),
      ("horizontal_velocity", "NAV_HORIZONTAL_VELOCITY", -8000 << 10, 8000 << 10),
      ("pitch", "NAV_PITCH", -(1 << 25), (1 << 25) - 1)),
     "loads the navigated state that holds at a second of the spacecraft clock yet to come"),
    ("CAMERA_TEST", 0x18, (("camera", "CAMERA", 0, 7), ("pulses", "", 1, 100)),
     "test-fires a camera that the plan lets rest, and reports how many exposures it fed back"),
    ("PARAMETER_SET", 0x20,
     (("parameter", "PARAMETER_ID", 0, 255), ("value", "", SMALL_LOWEST, SMALL_HIGHEST)),
     "changes a parameter within its range"),
    ("PARAMETER_DUMP", 0x21, (), "sends every parameter"),
    ("PARAMETER_SAVE", 0x22, (), "stores every parameter; before the descent or after it only"),
    ("PARAMETER_DEFAULTS", 0x23, (), "sets every parameter to its default; what is stored stays"),
    ("SEQUENCE_BEGIN", 0x60, (("slot", "SEQUENCE_SLOT", 0, SEQUENCES - 1),),
     "begins a sequence of stored commands; forgets one that was not committed"),
    ("SEQUENCE_ADD", 0x61,
     (("kind", "SEQUENCE_KIND", 0, MOST_STATES + 1),
      ("seconds", "SEQUENCE_SECONDS", 0, SMALL_HIGHEST),
      ("fraction", "SEQUENCE_FRACTION", 0, 63),
      ("opcode", "SEQUENCE_OPCODE", 0, 65535),
      ("argument0", "", SMALL_LOWEST, SMALL_HIGHEST),
      ("argument1", "", SMALL_LOWEST, SMALL_HIGHEST),
      ("argument2", "", SMALL_LOWEST, SMALL_HIGHEST),
      ("argument3", "", SMALL_LOWEST, SMALL_HIGHEST)),
     "adds a command to the sequence begun; arguments that it does not take are 0"),
    ("SEQUENCE_COMMIT", 0x62,
     (("slot", "SEQUENCE_SLOT", 0, SEQUENCES - 1), ("checksum", "", 0, 65535)),
     "stores the sequence begun if its CRC-16 is this; before the descent or after it only"),
    ("SEQUENCE_ACTIVATE", 0x63, (("slot", "SEQUENCE_SLOT", 0, SEQUENCES - 1),),
     "starts a stored sequence from its first entry"),
    ("SEQUENCE_STOP", 0x64, (("slot", "SEQUENCE_SLOT", 0, SEQUENCES - 1),),
     "stops a sequence"),
    ("SEQUENCE_DUMP", 0x65, (("slot", "SEQUENCE_SLOT", 0, SEQUENCES - 1),),
     "sends every entry of a stored sequence"),
)  # fmt: skip
