"""What does the ground ask for, and may it have it?

Telecommand space packets (CCSDS 133.0-B-2): primary header with type 1, opcode as u16, arguments as
i32, CRC-16. Everything is checked before anything is done: length, CRC, opcode, count and range of
the arguments. What is refused is counted and reported, never acted on.
"""

from array import array

from fsw.dictionary.commands import ARMED_S, COMMANDS
from fsw.dictionary.index import channel, event, packet
from fsw.kernel.cvt import COUNT_MASK
from fsw.link import layout
from fsw.link.crc import crc16
from fsw.schedule import MINOR_FRAMES_PER_SECOND

_ACCEPTED = channel("COMMANDS_ACCEPTED")
_REJECTED = channel("COMMANDS_REJECTED")
_OPCODE = channel("COMMAND_OPCODE")
_RESULT = channel("COMMAND_RESULT")
_FRAME_COUNT = channel("FRAME_COUNT")
_STATE = channel("EDL_STATE")
_PARAMETER_ID = channel("PARAMETER_ID")
_PARAMETER_VALUE = channel("PARAMETER_VALUE")

_NAMES = tuple([row[0] for row in COMMANDS])
_OPCODES = tuple([row[1] for row in COMMANDS])
_RANGES = tuple([tuple([(a[2], a[3]) for a in row[2]]) for row in COMMANDS])
_HAZARDOUS = tuple([row[4] for row in COMMANDS])  # 0: SAFE

_EVENT_DONE = event("COMMAND_DONE")
_EVENT_REFUSED = event("COMMAND_REFUSED")
_EVENT_ARMED = event("COMMAND_ARMED")
_EVENT_PARAMETER = event("PARAMETER_SET")
_PARAMETER_PACKET = packet("PARAMETER")

DONE, MALFORMED, UNKNOWN_OPCODE, OUT_OF_RANGE, NOT_NOW = 1, 2, 3, 4, 5  # COMMAND_RESULT
NOT_ARMED = 7

_ARGUMENTS = layout.PACKET_HEADER + 2  # octet of the first argument
_LONGEST = _ARGUMENTS + 4 * 8 + layout.PACKET_ERROR_CONTROL
_COUNT_MASK = 0xFFFF
_NOTHING_TO_DUMP = -1
_NONE_ARMED = -1
_ARMED_FRAMES = ARMED_S * MINOR_FRAMES_PER_SECOND


class Commands:
    """Takes at most one command a run and carries it out."""

    def __init__(
        self,
        cvt,
        source,
        events,
        clock,
        estimator,
        parameters,
        telemetry,
        trial,
        banks,
        sequences,
        recorder,
        playback,
        last_state,
        files=None,
    ):
        """source: an object whose uplink(buffer) gives a telecommand packet: the board, or a
        fsw.link.receiver.Receiver; last_state: after landing; files: a
        fsw.link.filecommands.FileCommands, None where no file can be sent."""
        self._cvt = cvt
        self._source = source
        self._events = events
        self._clock = clock
        self._estimator = estimator
        self._parameters = parameters
        self._telemetry = telemetry
        self._trial = trial
        self._banks = banks
        self._last_state = last_state
        self._sequences = sequences
        sequences.execute = self.carry_out
        self._recorder = recorder
        self._playback = playback
        self._buffer = bytearray(layout.LONGEST_TELECOMMAND)
        self._arguments = array("i", [0] * 8)
        actions = {
            "NO_OP": self._no_op,
            "ARM_COMMAND": self._arm,
            "CLOCK_ADJUST": self._clock_adjust,
            "NAV_INITIALISE": self._nav_initialise,
            "CAMERA_TEST": self._camera_test,
            "PARAMETER_SET": self._parameter_set,
            "PARAMETER_DUMP": self._parameter_dump,
            "PARAMETER_SAVE": self._parameter_save,
            "PARAMETER_DEFAULTS": self._parameter_defaults,
            "SEQUENCE_BEGIN": self._sequence_begin,
            "SEQUENCE_ADD": self._sequence_add,
            "SEQUENCE_COMMIT": self._sequence_commit,
            "SEQUENCE_ACTIVATE": self._sequence_activate,
            "SEQUENCE_STOP": self._sequence_stop,
            "SEQUENCE_DUMP": self._sequence_dump,
            "RECORDER_ERASE": self._recorder_erase,
            "PLAYBACK_TIME": self._playback_time,
            "PLAYBACK_GAP": self._playback_gap,
            "PLAYBACK_STOP": self._playback_stop,
        }
        self._files = files
        if files:
            actions.update(files.actions(self._arguments))
        self._actions = tuple([actions.get(name, self._not_here) for name in _NAMES])
        self._armed = _NONE_ARMED  # opcode
        self._armed_at = 0  # minor frame
        self._dumping = _NOTHING_TO_DUMP
        self._opcode = 0  # of the packet looked at last, 0 when it was malformed

    def run(self):
        """Task COMMANDS: one command, one stored command, one packet of a dump under way."""
        if self._dumping != _NOTHING_TO_DUMP:
            self._dump_next()
        files = self._files
        if files:
            files.run()
        length = self._source.uplink(self._buffer)
        if length and files and self._is_of_files(self._buffer):
            files.take(self._buffer, length)
        elif length:
            self._take(length)
        self._sequences.run()

    def _take(self, length):
        cvt = self._cvt
        result = self.carry_out(self._buffer, length)
        cvt[_OPCODE] = self._opcode
        cvt[_RESULT] = result
        if result == DONE:
            cvt[_ACCEPTED] = (cvt[_ACCEPTED] + 1) & _COUNT_MASK
            self._events.report(_EVENT_DONE, cvt[_OPCODE])
        else:
            cvt[_REJECTED] = (cvt[_REJECTED] + 1) & _COUNT_MASK
            self._events.report(_EVENT_REFUSED, cvt[_OPCODE], result)

    def carry_out(self, buffer, length):
        """Checks and does what a telecommand packet says; returns its COMMAND_RESULT."""
        self._opcode = 0
        if not self._well_formed(buffer, length):
            return MALFORMED
        opcode = (buffer[layout.PACKET_HEADER] << 8) | buffer[layout.PACKET_HEADER + 1]
        self._opcode = opcode
        if opcode not in _OPCODES:
            return UNKNOWN_OPCODE
        row = _OPCODES.index(opcode)
        ranges = _RANGES[row]
        if length != _ARGUMENTS + 4 * len(ranges) + layout.PACKET_ERROR_CONTROL:
            return MALFORMED
        i = 0
        for lowest, highest in ranges:
            if not self._read_argument(buffer, i, lowest, highest):
                return OUT_OF_RANGE
            i += 1
        if _HAZARDOUS[row] and not self._spend_arming(opcode):
            return NOT_ARMED
        return self._actions[row]()

    def _well_formed(self, buffer, length):
        if length < _ARGUMENTS + layout.PACKET_ERROR_CONTROL or length > _LONGEST:
            return False
        if buffer[0] != layout.TELECOMMAND_FIRST or buffer[1] != layout.TELECOMMAND_APID & 0xFF:
            return False
        if ((buffer[4] << 8) | buffer[5]) != length - layout.PACKET_HEADER - 1:
            return False
        return crc16(buffer, 0, length) == 0

    def _is_of_files(self, buffer):
        if buffer[0] != layout.TELECOMMAND_FIRST:
            return False
        return buffer[1] == layout.FILES_TELECOMMAND_APID & 0xFF

    def _read_argument(self, buffer, i, lowest, highest):
        at = _ARGUMENTS + 4 * i
        top = (buffer[at] << 8) | buffer[at + 1]
        if top >= 0x8000:
            top -= 0x10000
        if top < -0x4000 or top > 0x3FFF:
            return False  # not a small integer: it must not even be put together
        value = (top << 16) | (buffer[at + 2] << 8) | buffer[at + 3]
        self._arguments[i] = value
        return lowest <= value <= highest

    def _spend_arming(self, opcode):
        """Whether this command was armed, and not too long ago; it is no longer."""
        armed = self._armed == opcode
        self._armed = _NONE_ARMED
        return armed and (self._cvt[_FRAME_COUNT] - self._armed_at) & COUNT_MASK <= _ARMED_FRAMES

    def _not_here(self):
        return NOT_NOW

    def _no_op(self):
        return DONE

    def _arm(self):
        opcode = self._arguments[0]
        if opcode not in _OPCODES or not _HAZARDOUS[_OPCODES.index(opcode)]:
            return OUT_OF_RANGE
        self._armed = opcode
        self._armed_at = self._cvt[_FRAME_COUNT]
        self._events.report(_EVENT_ARMED, opcode, ARMED_S)
        return DONE

    def _clock_adjust(self):
        return DONE if self._clock.adjust(self._arguments[0]) else OUT_OF_RANGE

    def _nav_initialise(self):
        a = self._arguments
        return DONE if self._estimator.load(a[0], a[1], a[2], a[3], a[4]) else NOT_NOW

    def _camera_test(self):
        a = self._arguments
        return DONE if self._trial.start(a[0], a[1]) else NOT_NOW

    def _parameter_set(self):
        a = self._arguments
        if not self._parameters.set(a[0], a[1]):
            return OUT_OF_RANGE
        self._events.report(_EVENT_PARAMETER, a[0], a[1])
        return DONE

    def _parameter_dump(self):
        self._dumping = 0
        return DONE

    def _parameter_save(self):
        return DONE if self._may_stall() and self._banks.save() else NOT_NOW

    def _parameter_defaults(self):
        self._banks.set_defaults()
        return DONE

    def _sequence_begin(self):
        return DONE if self._sequences.begin(self._arguments[0]) else NOT_NOW

    def _sequence_add(self):
        return DONE if self._sequences.add(self._arguments) else OUT_OF_RANGE

    def _sequence_commit(self):
        a = self._arguments
        if not self._sequences.matches(a[0], a[1]):
            return OUT_OF_RANGE
        return DONE if self._may_stall() and self._sequences.commit(a[0]) else NOT_NOW

    def _sequence_activate(self):
        return DONE if self._sequences.activate(self._arguments[0]) else NOT_NOW

    def _sequence_stop(self):
        return DONE if self._sequences.stop(self._arguments[0]) else NOT_NOW

    def _sequence_dump(self):
        return DONE if self._sequences.dump(self._arguments[0]) else NOT_NOW

    def _recorder_erase(self):
        if not self._may_stall() or not self._recorder.erase():
            return NOT_NOW
        self._playback.stop()
        return DONE

    def _playback_time(self):
        a = self._arguments
        return DONE if self._playback.ask_time(a[0], a[1], a[2]) else NOT_NOW

    def _playback_gap(self):
        a = self._arguments
        return DONE if self._playback.ask_sequence(a[0], a[1], a[2], a[3]) else NOT_NOW

    def _playback_stop(self):
        self._playback.stop()
        return DONE

    def _may_stall(self):
        """Whether an erase of the flash can cost minor frames: before the descent and after it."""
        state = self._cvt[_STATE]
        return state == 0 or state == self._last_state

    def _dump_next(self):
        row = self._dumping
        self._cvt[_PARAMETER_ID] = row
        self._cvt[_PARAMETER_VALUE] = self._parameters.values[row]
        self._telemetry.send(_PARAMETER_PACKET)
        self._dumping = row + 1 if row + 1 < len(self._parameters.values) else _NOTHING_TO_DUMP
