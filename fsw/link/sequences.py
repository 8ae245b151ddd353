"""Which stored command is due, and what became of it?

A stored command becomes a telecommand packet when it is due and takes the way of an uplinked one
through Commands, with all its checks. How far each sequence has come is in the checkpoint: after a
reset it goes on there, and what has become due meanwhile is done at once or, a second late and
more, skipped. At most one entry a run, so that a sequence cannot take the minor frame.
"""

from array import array

from fsw.data.sequences import ARGUMENTS, DAMAGED
from fsw.dictionary.channels import SEQUENCES
from fsw.dictionary.commands import COMMANDS
from fsw.dictionary.index import channel, event, packet
from fsw.edl.reached import NOT_REACHED, REACHED
from fsw.kernel.cvt import COUNT_MASK
from fsw.link import layout
from fsw.link.crc import crc16

_SCLK_S = channel("SCLK_S")
_SCLK_FRACTION = channel("SCLK_FRACTION")
_FRAME_COUNT = channel("FRAME_COUNT")
_HASH = channel("DICTIONARY_HASH")
_STORED = channel("SEQUENCES_STORED")
_ACTIVE = channel("SEQUENCES_ACTIVE")
_DONE = channel("SEQUENCES_DONE")
_FAILED = channel("SEQUENCES_FAILED")
_NEXT = tuple([channel("SEQ%d_NEXT" % n) for n in range(SEQUENCES)])
_SINCE = tuple([channel("SEQ%d_SINCE" % n) for n in range(SEQUENCES)])
_SLOT = channel("SEQUENCE_SLOT")
_ENTRY = channel("SEQUENCE_ENTRY")
_KIND = channel("SEQUENCE_KIND")
_SECONDS = channel("SEQUENCE_SECONDS")
_FRACTION = channel("SEQUENCE_FRACTION")
_OPCODE = channel("SEQUENCE_OPCODE")
_ARGUMENT = channel("SEQUENCE_ARGUMENT0")

_OPCODES = tuple([row[1] for row in COMMANDS])
_TAKES = bytes([len(row[2]) for row in COMMANDS])  # arguments

_EVENT_STORED = event("SEQUENCE_STORED")
_EVENT_BAD = event("SEQUENCE_BAD")
_EVENT_STARTED = event("SEQUENCE_STARTED")
_EVENT_ENDED = event("SEQUENCE_ENDED")
_EVENT_DONE = event("SEQUENCE_DONE")
_EVENT_REFUSED = event("SEQUENCE_REFUSED")
_EVENT_SKIPPED = event("SEQUENCE_SKIPPED")
_PACKET = packet("SEQUENCE")

ABSOLUTE, RELATIVE, AFTER_STATE = 0, 1, 2  # kinds; AFTER_STATE + n: of state n
LONGEST_WAIT_S = (1 << 22) - 1  # of all but ABSOLUTE: in minor frames it must be a small integer
LATEST = 64  # minor frames: later than this it is not done any more
_NOT_DUE = -1
_FARTHEST_S = 1 << 20
_NO_ENTRY = -1
_COUNT_MASK = 0xFFFF
_RESULT_DONE = 1  # COMMAND_RESULT

_ARGUMENTS_AT = layout.PACKET_HEADER + 2
_LONGEST = _ARGUMENTS_AT + 4 * ARGUMENTS + layout.PACKET_ERROR_CONTROL


class Sequences:
    """Runs the active slots of a store; execute is to be set to what carries out a packet."""

    def __init__(self, cvt, events, store, telemetry):
        self._cvt = cvt
        self._events = events
        self._store = store
        self._telemetry = telemetry
        self.execute = None  # (buffer, length) -> COMMAND_RESULT
        self._entries = bytearray(SEQUENCES)
        self._loaded = array("i", [_NO_ENTRY] * SEQUENCES)  # entry whose time stands below
        self._kind = array("i", [0] * SEQUENCES)
        self._seconds = array("i", [0] * SEQUENCES)
        self._fraction = array("i", [0] * SEQUENCES)
        self._first = 0  # slot looked at first
        self._buffer = bytearray(_LONGEST)
        self._collecting = _NO_ENTRY  # slot
        self._dump_slot = self._dump_entry = _NO_ENTRY

    def start(self):
        """Once the dictionary is known: which slots hold a whole sequence? Those that a checkpoint
        left active go on."""
        cvt = self._cvt
        stored = 0
        for slot in range(SEQUENCES):
            count = self._store.find(slot, cvt[_HASH])
            if count == DAMAGED:
                self._events.report(_EVENT_BAD, slot)
                count = 0
            self._entries[slot] = count
            if count:
                stored |= 1 << slot
        cvt[_STORED] = stored
        cvt[_ACTIVE] &= stored

    # What the ground asks for; each returns whether it may have it.

    def begin(self, slot):
        """Of a sequence to be collected."""
        self._store.begin()
        self._collecting = slot
        return True

    def add(self, arguments):
        """Of an entry: kind, seconds, fraction, opcode, four arguments."""
        if self._collecting == _NO_ENTRY:
            return False
        takes = self.takes(arguments[3])
        if takes < 0 or takes > ARGUMENTS:
            return False
        for i in range(takes, ARGUMENTS):
            if arguments[4 + i]:
                return False
        if arguments[0] != ABSOLUTE and arguments[1] > LONGEST_WAIT_S:
            return False
        return self._store.add(arguments[0], arguments[1], arguments[2], arguments[3], arguments, 4)

    def matches(self, slot, checksum):
        """Whether this is what was collected."""
        if slot != self._collecting or self._store.count == 0:
            return False
        return self._store.checksum() == checksum

    def commit(self, slot):
        """Stores what was collected; not over a sequence under way."""
        cvt = self._cvt
        if cvt[_ACTIVE] >> slot & 1:
            return False
        stored = self._store.commit(slot, cvt[_HASH])
        self._entries[slot] = self._store.count if stored else 0
        self._collecting = _NO_ENTRY
        if not stored:
            cvt[_STORED] &= ~(1 << slot)
            self._events.report(_EVENT_BAD, slot)
            return False
        cvt[_STORED] |= 1 << slot
        self._events.report(_EVENT_STORED, slot, self._store.count)
        return True

    def activate(self, slot):
        """From its first entry; not one that is under way."""
        cvt = self._cvt
        if not cvt[_STORED] >> slot & 1 or cvt[_ACTIVE] >> slot & 1:
            return False
        cvt[_ACTIVE] |= 1 << slot
        cvt[_NEXT[slot]] = 0
        cvt[_SINCE[slot]] = cvt[_FRAME_COUNT]
        self._loaded[slot] = _NO_ENTRY
        self._events.report(_EVENT_STARTED, slot)
        return True

    def stop(self, slot):
        """Of one that is under way."""
        if not self._cvt[_ACTIVE] >> slot & 1:
            return False
        self._end(slot)
        return True

    def dump(self, slot):
        """An entry a run."""
        if not self._cvt[_STORED] >> slot & 1:
            return False
        self._dump_slot = slot
        self._dump_entry = 0
        return True

    def takes(self, opcode):
        """How many arguments a command takes; -1 for an unknown one."""
        if opcode not in _OPCODES:
            return -1
        return _TAKES[_OPCODES.index(opcode)]

    def run(self):
        """Task COMMANDS, after the uplink: at most one entry, and one packet of a dump."""
        if self._dump_slot != _NO_ENTRY:
            self._dump_next()
        active = self._cvt[_ACTIVE]
        if not active:
            return
        slot = self._first
        for _ in range(SEQUENCES):
            slot = (slot + 1) % SEQUENCES
            if active >> slot & 1 and self._step(slot):
                self._first = slot
                return

    def _step(self, slot):
        """Whether an entry of this slot was done or skipped."""
        cvt = self._cvt
        number = cvt[_NEXT[slot]]
        if number >= self._entries[slot]:
            self._end(slot)
            return False
        if self._loaded[slot] != number:
            self._load(slot, number)
        late = self._late(slot)
        if late < 0:
            return False
        # Progress first: the command itself may start this sequence anew.
        cvt[_NEXT[slot]] = number + 1
        cvt[_SINCE[slot]] = (cvt[_FRAME_COUNT] - late) & COUNT_MASK
        if number + 1 == self._entries[slot]:
            self._end(slot)
        if late >= LATEST:
            cvt[_FAILED] = (cvt[_FAILED] + 1) & _COUNT_MASK
            self._events.report(_EVENT_SKIPPED, slot, number, late)
        else:
            self._carry_out(slot, number)
        return True

    def _load(self, slot, number):
        store = self._store
        store.read(slot, number)
        self._kind[slot] = store.kind
        self._seconds[slot] = store.seconds
        self._fraction[slot] = store.fraction
        self._loaded[slot] = number

    def _late(self, slot):
        """Minor frames since the entry was due; below zero: it is not."""
        cvt = self._cvt
        kind = self._kind[slot]
        if kind == ABSOLUTE:
            seconds = cvt[_SCLK_S] - self._seconds[slot]
            if seconds > _FARTHEST_S:
                seconds = _FARTHEST_S
            elif seconds < -_FARTHEST_S:
                seconds = -_FARTHEST_S
            return (seconds << 6) + (cvt[_SCLK_FRACTION] >> 10) - self._fraction[slot]
        if kind == RELATIVE:
            since = cvt[_SINCE[slot]]
        elif kind - AFTER_STATE < len(REACHED):
            since = cvt[REACHED[kind - AFTER_STATE]]
        else:
            since = NOT_REACHED
        if since == NOT_REACHED:
            return _NOT_DUE
        elapsed = (cvt[_FRAME_COUNT] - since) & COUNT_MASK
        return elapsed - (self._seconds[slot] << 6) - self._fraction[slot]

    def _carry_out(self, slot, number):
        cvt = self._cvt
        store = self._store
        store.read(slot, number)
        opcode = store.opcode  # of this entry: a stored command may itself read another
        result = self.execute(self._buffer, self._put_together())
        if result == _RESULT_DONE:
            cvt[_DONE] = (cvt[_DONE] + 1) & _COUNT_MASK
            self._events.report(_EVENT_DONE, slot, number, opcode)
        else:
            cvt[_FAILED] = (cvt[_FAILED] + 1) & _COUNT_MASK
            self._events.report(_EVENT_REFUSED, slot, number, opcode, result)

    def _put_together(self):
        """The entry read as a telecommand packet in the buffer; its length."""
        buffer = self._buffer
        store = self._store
        takes = self.takes(store.opcode)
        if takes < 0 or takes > ARGUMENTS:
            takes = 0
        end = _ARGUMENTS_AT + 4 * takes
        length = end + layout.PACKET_ERROR_CONTROL
        buffer[0] = layout.TELECOMMAND_FIRST
        buffer[1] = layout.TELECOMMAND_APID & 0xFF
        buffer[2] = 0xC0
        buffer[3] = 0
        buffer[4] = 0
        buffer[5] = length - layout.PACKET_HEADER - 1
        buffer[6] = store.opcode >> 8
        buffer[7] = store.opcode & 0xFF
        for i in range(takes):
            value = store.arguments[i]
            at = _ARGUMENTS_AT + 4 * i
            buffer[at] = (value >> 24) & 0xFF
            buffer[at + 1] = (value >> 16) & 0xFF
            buffer[at + 2] = (value >> 8) & 0xFF
            buffer[at + 3] = value & 0xFF
        check = crc16(buffer, 0, end)
        buffer[end] = check >> 8
        buffer[end + 1] = check & 0xFF
        return length

    def _end(self, slot):
        cvt = self._cvt
        cvt[_ACTIVE] &= ~(1 << slot)
        self._events.report(_EVENT_ENDED, slot, cvt[_NEXT[slot]])

    def _dump_next(self):
        cvt = self._cvt
        store = self._store
        slot = self._dump_slot
        store.read(slot, self._dump_entry)
        cvt[_SLOT] = slot
        cvt[_ENTRY] = self._dump_entry
        cvt[_KIND] = store.kind
        cvt[_SECONDS] = store.seconds
        cvt[_FRACTION] = store.fraction
        cvt[_OPCODE] = store.opcode
        for i in range(ARGUMENTS):
            cvt[_ARGUMENT + i] = store.arguments[i]
        self._telemetry.send(_PACKET)
        self._dump_entry += 1
        if self._dump_entry >= self._entries[slot]:
            self._dump_slot = _NO_ENTRY
