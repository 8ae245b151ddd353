"""How does a board fly in a simulation? Lockstep: one sensor frame in, one actuator frame out.

The same messages run inside one process, over a pipe to another interpreter and over a serial port
to a board, so that a recording of one flies on the others. A message:

    octets 0-1  0xED 0xC5
    octet  2    type, an ASCII letter
    octets 3-4  length of the payload, big-endian; to the board, 0 .. 1024
    payload
    2 octets    CRC-16 (as in packets) over type, length and payload

Payloads, integers big-endian:

    B  to the board: begin. u32 SCLK in seconds at the first minor frame, u8 reset cause, u16 minor
       frames that the reset took, u8 coding of the downlink (0: the mission's; else its lower half
       is n for CODINGS[n - 1], its upper half the interleave, less one), then the mission's name in
       ASCII. A begin in the middle of a flight is a reset: the board keeps its retained memory, and
       nothing else
    b  from the board: begun. u32 dictionary fingerprint, then the interpreter's name in ASCII
    S  to the board: SENSOR_FRAME of the dictionary, then at most one telecommand packet
    P  to the board: u8 camera, then the octets of its last small picture; not answered
    A  from the board: ACTUATOR_FRAME of the dictionary, then the octets sent on the downlink
    F  to the board: which functions can be verified?
    f  from the board: their names with numbers of arguments and results, in ASCII
    V  to the board: call. u8 number of a function, then the arguments of as many calls as fit, i32
    v  from the board: u32 microseconds that the calls took, then their results, i32
    Q  to the board: quit
    E  from the board: it cannot go on; the reason in ASCII
"""

from boards.triggers import Triggers
from fsw.dictionary.channels import ENUMS
from fsw.dictionary.flown import ACTUATOR_FRAME, KINDS, SENSOR_FRAME
from fsw.dictionary.index import channel
from fsw.kernel.checkpoint import RETAINED
from fsw.link.crc import crc16
from fsw.link.fields import Fields
from fsw.link.layout import CODINGS
from fsw.schedule import MINOR_FRAME_US, MINOR_FRAMES_PER_SECOND

MAGIC_0, MAGIC_1 = 0xED, 0xC5
HEADER = 5
CHECK = 2
MISSION = 8  # octet of a BEGIN payload at which the name begins
LONGEST_PAYLOAD = 1024  # to the board
LONGEST_REPLY = 1 << 15  # from it: a codeblock alone has up to 1279 octets

BEGIN, BEGUN, SENSORS, ACTUATORS, PICTURE, QUIT, ERROR = b"BbSAPQE"
FUNCTIONS, NAMES, CALL, RESULTS = b"FfVv"

SENSOR_FIELDS = Fields(KINDS, SENSOR_FRAME)
ACTUATOR_FIELDS = Fields(KINDS, ACTUATOR_FRAME)

_READ_TIME = channel("SENSOR_READ_TIME")
_SIMULATION = ENUMS["UPLINK_MODE"].index("SIMULATION")
_TICKS_MASK = (1 << 30) - 1
_LONGEST_COMMAND = 64


def seal(buffer, kind, length):
    """Writes header and CRC around a payload already at buffer[HEADER:]; returns the length of
    the whole message in octets."""
    buffer[0] = MAGIC_0
    buffer[1] = MAGIC_1
    buffer[2] = kind
    buffer[3] = length >> 8
    buffer[4] = length & 0xFF
    end = HEADER + length
    check = crc16(buffer, 2, end)
    buffer[end] = check >> 8
    buffer[end + 1] = check & 0xFF
    return end + CHECK


def payload_length(header, longest=LONGEST_PAYLOAD):
    """Octets of the payload that a header announces, up to the longest; -1 when it is no header."""
    if header[0] != MAGIC_0 or header[1] != MAGIC_1:
        return -1
    length = (header[3] << 8) | header[4]
    return length if length <= longest else -1


def is_intact(header, body, length):
    """Whether a message passes its CRC; body: its payload of this length and the CRC after it."""
    return crc16(body, 0, length + CHECK, crc16(header, 2, HEADER)) == 0


def sclk_s(payload):
    """The second of SCLK at which a BEGIN payload lets the flight begin, 0 .. 2^30-1. Raises
    ValueError beyond."""
    if payload[0] >> 6:
        raise ValueError("a flight begins before second 2^30 of SCLK")
    return (payload[0] << 24) | (payload[1] << 16) | (payload[2] << 8) | payload[3]


def coding(payload):
    """The coding that a BEGIN payload asks for; empty for the mission's. Raises ValueError."""
    number = payload[MISSION - 1] & 0xF
    if number > len(CODINGS):
        raise ValueError("no coding %d" % number)
    return CODINGS[number - 1] if number else ""


def interleave(payload):
    """The interleave that a BEGIN payload asks for, 1 .. 16; 0 for the mission's."""
    octet = payload[MISSION - 1]
    return (octet >> 4) + 1 if octet else 0


def _later(ticks, us):
    """ticks + us modulo 2^30, for us below 2^30; the plain sum would not be a small integer."""
    return (ticks - (_TICKS_MASK - us) - 1) & _TICKS_MASK


class SimulatedBoard:
    """A board whose sensors and actuators are two messages a minor frame, in virtual time."""

    self_test = 0
    uplink_mode = _SIMULATION

    def __init__(self, flash=None, files=False):
        """flash, files: see boards."""
        self.flash = flash
        self.files = files
        self.thumbnails = None
        self.payload = bytearray(LONGEST_PAYLOAD + CHECK)  # of the sensor message received
        self.reply = bytearray(HEADER + LONGEST_PAYLOAD + CHECK)  # the message to send
        self.retained = bytearray(RETAINED)
        self.restart(0)

    def restart(self, away_frames):
        """Everything but the retained memory begins anew."""
        self.away_frames = away_frames
        self._triggers = Triggers()
        if self.files:
            # Imported where it is needed: a small board has no memory for it.
            from boards.pictures import Pictures

            self.thumbnails = Pictures()
        self._command = bytearray(_LONGEST_COMMAND)
        self._command_length = 0
        self._sent = 0  # octets of downlink in this minor frame
        self._ticks = 0

    def make_room(self, core):
        """For what a flight core sends down in a minor frame, where that is more than usual."""
        sent = core.cadu_length + core.mission.DOWNLINK_BITS_PER_S // (8 * MINOR_FRAMES_PER_SECOND)
        length = HEADER + ACTUATOR_FIELDS.length + sent + CHECK
        if length > len(self.reply):
            self.reply = bytearray(length)

    def begin_frame(self, length):
        """Takes self.payload, of this length, as this minor frame's; False when it is too short."""
        at = SENSOR_FIELDS.length
        if length < at:
            return False
        self._sent = 0
        self._ticks = _later(self._ticks, MINOR_FRAME_US)
        if length > at:
            self._command_length = min(length - at, _LONGEST_COMMAND)
            for i in range(self._command_length):
                self._command[i] = self.payload[at + i]
        return True

    def take_picture(self, length):
        """Takes self.payload, of this length, as a picture; False when it is none."""
        pictures = self.thumbnails
        return length > 0 and (
            pictures is None or pictures.put(self.payload[0], self.payload, 1, length - 1)
        )

    def sent(self):
        """What went down in this minor frame."""
        at = HEADER + ACTUATOR_FIELDS.length
        return bytes(self.reply[at : at + self._sent])

    def end_frame(self, cvt):
        """Writes the actuator message to self.reply; returns its octets."""
        ACTUATOR_FIELDS.pack(cvt, self.reply, HEADER)
        return seal(self.reply, ACTUATORS, ACTUATOR_FIELDS.length + self._sent)

    # What fsw.app calls: see boards/__init__.py.

    def ticks_us(self):
        return self._ticks

    def read_sensors(self, cvt):
        SENSOR_FIELDS.unpack(cvt, self.payload, 0)
        self.took(cvt)

    def took(self, cvt):
        # Reading takes the time that the simulation says it took: so overruns can be flown.
        self._ticks = _later(self._ticks, cvt[_READ_TIME])

    def read_triggers(self, cvt):
        self._triggers.advance(cvt)

    def set_trigger(self, n, pulses, seconds):
        self._triggers.set(n, pulses, seconds)

    def power_cameras(self, mask):
        """Nothing to switch: CAMERAS_POWERED stands in the actuator frame."""

    def drive_outputs(self, mask):
        """Nothing to drive: OUTPUTS_FIRED stands in the actuator frame."""

    def downlink(self, cadu):
        at = HEADER + ACTUATOR_FIELDS.length + self._sent
        length = len(cadu)
        for i in range(length):
            self.reply[at + i] = cadu[i]
        self._sent += length

    def uplink(self, buffer):
        length = min(self._command_length, len(buffer))
        self._command_length = 0
        for i in range(length):
            buffer[i] = self._command[i]
        return length

    def feed_watchdog(self):
        """Nothing to feed: WATCHDOG_FEEDS stands in the actuator frame."""
