"""Is this a telecommand transfer frame for us, and what does it ask of FARM-1?

CCSDS 232.0-B-4: primary header of five octets, data field, frame error control. No segment header.
With a key in use, the data field begins with the security header and ends with the authentication
code. Every check is made before anything is believed.
"""

from fsw.dictionary.refusals import NONE, refusal
from fsw.link.crc import crc16
from fsw.link.tclayout import (
    BYPASS,
    CONTROL,
    FRAME_ERROR_CONTROL,
    FRAME_HEADER,
    INFORMATION,
    MAC,
    SECURITY_HEADER,
    SET_0,
    SET_1,
    SPARE,
    UNLOCK,
    VERSION,
)

# What a frame is; AD and BD carry data, the others are control commands (BC).
AD, BD, BC_UNLOCK, BC_SET = range(4)

_TRUNCATED = refusal("TRUNCATED")
_OVERLONG = refusal("OVERLONG")
_ERROR_CONTROL = refusal("ERROR_CONTROL")
_WRONG_VERSION = refusal("WRONG_VERSION")
_WRONG_SPACECRAFT = refusal("WRONG_SPACECRAFT")
_WRONG_CHANNEL = refusal("WRONG_CHANNEL")
_RESERVED = refusal("RESERVED")
_CONTROL_COMMAND = refusal("CONTROL_COMMAND")


class TcFrame:
    """Reads frames into its attributes, which hold once read() has found no reason against one."""

    def __init__(self, spacecraft_id, virtual_channel, secured):
        """spacecraft_id: 0 .. 1023; virtual_channel: 0 .. 63; secured: whether frames carry the
        security header and trailer."""
        self._spacecraft_id = spacecraft_id
        self._virtual_channel = virtual_channel
        self._before = FRAME_HEADER + (SECURITY_HEADER if secured else 0)
        self._after = FRAME_ERROR_CONTROL + (MAC if secured else 0)
        self.kind = AD
        self.sequence = 0  # N(S)
        self.value = 0  # of SET V(R)
        self.length = 0  # octets of the frame altogether, without fill
        self.start = self.end = 0  # octets of the data, without security header and trailer

    def read(self, buffer, length):
        """Why what stands in buffer[:length] is no frame for us, a row of REFUSALS; NONE: it is."""
        before, after = self._before, self._after
        if length <= before + after:
            return _TRUNCATED
        stated = (((buffer[2] & 0x03) << 8) | buffer[3]) + 1
        if stated > length or stated <= before + after:
            return _TRUNCATED
        if length - stated >= INFORMATION:
            return _OVERLONG
        if crc16(buffer, 0, stated):
            return _ERROR_CONTROL
        first = buffer[0]
        if first & VERSION:
            return _WRONG_VERSION
        if ((first & 0x03) << 8) | buffer[1] != self._spacecraft_id:
            return _WRONG_SPACECRAFT
        if buffer[2] >> 2 != self._virtual_channel:
            return _WRONG_CHANNEL
        if first & SPARE or first & (BYPASS | CONTROL) == CONTROL:
            return _RESERVED
        self.sequence = buffer[4]
        self.length = stated
        self.start = before
        self.end = stated - after
        if not first & BYPASS:
            self.kind = AD
        elif not first & CONTROL:
            self.kind = BD
        elif not self._read_control_command(buffer):
            return _CONTROL_COMMAND
        return NONE

    def _read_control_command(self, buffer):
        at = self.start
        octets = self.end - at
        if octets == 1 and buffer[at] == UNLOCK:
            self.kind = BC_UNLOCK
            return True
        if octets == 3 and buffer[at] == SET_0 and buffer[at + 1] == SET_1:
            self.kind = BC_SET
            self.value = buffer[at + 2]
            return True
        return False
