"""How does a file reach the ground? The sending entity of CFDP, one file at a time.

CCSDS 727.0-B-5, class 1 and class 2. Class 1: metadata, segments and EOF, once. Class 2: the ground
asks for what it lacks (NAK), acknowledges EOF, says how it ended (Finished), and that is
acknowledged; EOF is sent again until it is answered. What a segment holds is read when it is sent,
so that no file is ever in memory.

Faults (section 4.8): a file that cannot be read is cancelled; where nobody answers, the transfer
is suspended, as after an outage of the link it may go on where it was. The ground resumes it, or
cancels it.
"""

from fsw.dictionary.files import FILE_NAME, FILES
from fsw.dictionary.index import channel, event, parameter
from fsw.kernel.cvt import COUNT_MASK
from fsw.link import filelayout as layout
from fsw.link.pdu import PduReader, PduWriter
from fsw.link.resend import Resend

_FRAME_COUNT = channel("FRAME_COUNT")
_STATE = channel("FILE_STATE")
_FILE = channel("FILE_SENT")
_TRANSACTION = channel("FILE_TRANSACTION")
_SIZE = channel("FILE_SIZE")
_PROGRESS = channel("FILE_PROGRESS")
_DELIVERED = channel("FILES_DELIVERED")
_FAILED = channel("FILES_FAILED")
_SENT = channel("FILE_PDUS_SENT")
_RESENT = channel("FILE_PDUS_RESENT")
_TAKEN = channel("FILE_PDUS_TAKEN")
_REFUSED = channel("FILE_PDUS_REFUSED")

_EVENT_BEGUN = event("FILE_BEGUN")
_EVENT_SENT = event("FILE_SENT")
_EVENT_DELIVERED = event("FILE_DELIVERED")
_EVENT_FAILED = event("FILE_FAILED")
_EVENT_SUSPENDED = event("FILE_SUSPENDED")
_EVENT_RESUMED = event("FILE_RESUMED")

_ACK_WAIT = parameter("FILE_ACK_WAIT")
_ACK_LIMIT = parameter("FILE_ACK_LIMIT")
_SILENCE = parameter("FILE_SILENCE")

# IDLE; SENDING metadata and segments; ENDING, until EOF is acknowledged; WAITING for Finished;
# CANCELLING, until EOF (cancel) is acknowledged; SUSPENDED.
IDLE, SENDING, ENDING, WAITING, CANCELLING, SUSPENDED = range(6)

_COUNT_16 = 0xFFFF
_PACKET_COUNT = 0x3FFF
_SEGMENT = layout.SEGMENT


class FileSender:
    """Sends files of a directory (fsw.data.files)."""

    def __init__(self, cvt, events, files, parameters):
        """Raises ValueError for a file whose name is too long."""
        self._cvt = cvt
        self._events = events
        self._files = files
        self._parameters = parameters.values
        self._writer = PduWriter()
        self._reader = PduReader()
        self._resend = Resend()
        self._names = tuple([row[FILE_NAME].encode() for row in FILES])
        if max([len(name) for name in self._names]) > layout.LONGEST_NAME:
            raise ValueError("a file's name has more than %d octets" % layout.LONGEST_NAME)
        self._state = IDLE  # behind a suspension
        self._suspended = False
        self._metadata_due = self._eof_due = self._finished_due = False
        self._condition = layout.NO_ERROR  # of EOF
        self._next = 0  # octet of the file to be sent next, for the first time
        self._high = self._low = 0  # halves of the checksum of what is before it
        self._resent = 0  # PDUs of this transaction
        self._attempts = 0
        self._since = 0  # minor frame of the last sign of life, or of the last EOF
        self._finished_transaction = self._finished_condition = self._finished_status = 0

    # What the ground asks for; each returns whether it may have it.

    @property
    def busy(self):
        """Whether a transfer is under way, suspended ones included."""
        return self._state != IDLE

    @property
    def sending(self):
        """Whether one is, that is not suspended."""
        return self._state != IDLE and not self._suspended

    def send(self, file, acknowledged):
        """Begins with a row of FILES; False when there is no such file now."""
        length = self._files.open(file)
        if length < 0:
            return False
        cvt = self._cvt
        cvt[_TRANSACTION] = (cvt[_TRANSACTION] + 1) & _COUNT_16
        cvt[_FILE] = file
        cvt[_SIZE] = length
        cvt[_PROGRESS] = 0
        writer = self._writer
        writer.transaction = cvt[_TRANSACTION]
        writer.unacknowledged = not acknowledged
        self._resend.clear()
        self._metadata_due = True
        self._eof_due = False
        self._condition = layout.NO_ERROR
        self._next = self._high = self._low = 0
        self._resent = self._attempts = 0
        self._enter(SENDING)
        self._events.report(_EVENT_BEGUN, file, cvt[_TRANSACTION], length)
        return True

    def cancel(self):
        """The transfer under way, or suspended."""
        if self._state == IDLE or self._state == CANCELLING:
            return False
        self._cancel(layout.CANCELLED)
        return True

    def suspend(self):
        """The transfer under way."""
        if self._state == IDLE or self._suspended:
            return False
        self._suspend(layout.SUSPENDED)
        return True

    def resume(self):
        """The transfer suspended: EOF is sent anew, and what the ground lacks is asked for."""
        if not self._suspended:
            return False
        self._suspended = False
        self._attempts = 0
        if self._state == WAITING:
            self._state = ENDING
        self._eof_due = self._state != SENDING
        self._enter(self._state)
        self._events.report(_EVENT_RESUMED, self._cvt[_FILE], self._cvt[_TRANSACTION])
        return True

    def take(self, buffer, length):
        """A telecommand packet with a PDU: what is none, or not of this transfer, is counted."""
        cvt = self._cvt
        reader = self._reader
        directive = reader.read(buffer, length)
        if directive == 0 or not self._heed(directive, buffer):
            cvt[_REFUSED] = (cvt[_REFUSED] + 1) & _COUNT_16
        else:
            cvt[_TAKEN] = (cvt[_TAKEN] + 1) & _COUNT_16

    def run(self):
        """Task FILES: how long has the ground been silent?"""
        if self._suspended or self._state < ENDING or self._eof_due:
            return
        values = self._parameters
        waited = (self._cvt[_FRAME_COUNT] - self._since) & COUNT_MASK
        if self._state == WAITING:
            if waited > values[_SILENCE]:
                self._suspend(layout.INACTIVITY)
        elif waited > values[_ACK_WAIT]:
            if self._attempts < values[_ACK_LIMIT]:
                self._eof_due = True
            elif self._state == CANCELLING:
                self._end(self._condition)
            else:
                self._suspend(layout.ACK_LIMIT)

    def make(self, buffer, at):
        """Writes the next packet into buffer from octet at on, LONGEST_PACKET octets at most; its
        octets, 0 when there is nothing to send."""
        writer = self._writer
        cvt = self._cvt
        writer.count = cvt[_SENT] & _PACKET_COUNT
        length = self._make(writer, buffer, at)
        if length:
            cvt[_SENT] = (cvt[_SENT] + 1) & _COUNT_16
        return length

    def _make(self, writer, buffer, at):
        cvt = self._cvt
        if self._finished_due:
            self._finished_due = False
            return writer.ack_of_finished(
                buffer,
                at,
                self._finished_transaction,
                self._finished_condition,
                self._finished_status,
            )
        if self._suspended or self._state == IDLE:
            return 0
        if self._metadata_due:
            self._metadata_due = False
            return writer.metadata(buffer, at, cvt[_SIZE], self._names[cvt[_FILE]])
        if self._eof_due:
            return self._make_eof(writer, buffer, at)
        if self._state == CANCELLING:
            return 0
        if not self._resend.empty:
            self._resent += 1
            cvt[_RESENT] = (cvt[_RESENT] + 1) & _COUNT_16
            self._since = cvt[_FRAME_COUNT]
            return self._make_segment(writer, buffer, at, self._resend.take() * _SEGMENT)
        if self._state != SENDING:
            return 0
        if self._next < cvt[_SIZE]:
            return self._make_segment(writer, buffer, at, self._next)
        return self._make_eof(writer, buffer, at)

    def _make_segment(self, writer, buffer, at, offset):
        cvt = self._cvt
        count = min(_SEGMENT, cvt[_SIZE] - offset)
        start = writer.file_data(buffer, at, offset)
        if not self._files.read(offset, buffer, start, count):
            self._cancel(layout.FILESTORE_REJECTION)
            return 0
        if offset == self._next:
            self._sum(buffer, start, count)
            self._next = cvt[_PROGRESS] = offset + count
        return writer.end_file_data(buffer, at, start + count)

    def _sum(self, buffer, start, count):
        """Modular checksum (section 4.2.2): words of four octets, the last one filled up."""
        high = self._high
        low = self._low
        end = start + (count & ~3)
        for i in range(start, end, 4):
            high += (buffer[i] << 8) | buffer[i + 1]
            low += (buffer[i + 2] << 8) | buffer[i + 3]
        left = count & 3
        if left:
            high += buffer[end] << 8
        if left > 1:
            high += buffer[end + 1]
        if left > 2:
            low += buffer[end + 2] << 8
        self._low = low & 0xFFFF
        self._high = (high + (low >> 16)) & 0xFFFF

    def _make_eof(self, writer, buffer, at):
        self._eof_due = False
        self._attempts += 1
        length = writer.eof(buffer, at, self._condition, self._high, self._low, self._next)
        if writer.unacknowledged:
            self._end(self._condition)
        elif self._state == SENDING:
            self._enter(ENDING)
        else:
            self._since = self._cvt[_FRAME_COUNT]
        return length

    def _heed(self, directive, buffer):
        """Does what a PDU asks for; False when it has nothing to do with this transfer."""
        reader = self._reader
        if directive == layout.FINISHED:
            return self._finish(reader)
        if self._state == IDLE or self._writer.unacknowledged:
            return False
        if reader.transaction != self._writer.transaction:
            return False
        if self._state == CANCELLING:
            if directive == layout.ACK:
                self._end(self._condition)
            return True
        self._since = self._cvt[_FRAME_COUNT]
        self._attempts = 1  # whoever asks for segments is there
        if directive == layout.NAK:
            self._take_requests(buffer)
        elif directive == layout.ACK and self._state == ENDING:
            self._eof_due = False
            self._state = WAITING
            if not self._suspended:
                self._enter(WAITING)
        return True

    def _take_requests(self, buffer):
        reader = self._reader
        for i in range(reader.requests):
            if not reader.request(buffer, i):
                continue
            end = min(reader.end, self._next)  # what was not sent yet is not lost
            if reader.end == 0:
                self._metadata_due = True
            elif reader.start < end:
                self._resend.add(reader.start // _SEGMENT, (end - 1) // _SEGMENT)

    def _finish(self, reader):
        """Every Finished is acknowledged, as the acknowledgement before may have been lost."""
        current = self._state != IDLE and reader.transaction == self._writer.transaction
        if current and self._writer.unacknowledged:
            return False
        known = reader.transaction == self._cvt[_TRANSACTION]
        self._finished_due = True
        self._finished_transaction = reader.transaction
        self._finished_condition = reader.condition
        self._finished_status = layout.TERMINATED if known else layout.UNRECOGNIZED
        if current:
            condition = reader.condition
            if condition == layout.NO_ERROR and reader.incomplete:
                condition = layout.CANCELLED
            self._end(condition)
        return True

    def _cancel(self, condition):
        self._suspended = False
        self._condition = condition
        self._metadata_due = False
        self._eof_due = True
        self._attempts = 0
        self._resend.clear()
        self._enter(CANCELLING)

    def _suspend(self, condition):
        cvt = self._cvt
        self._suspended = True
        cvt[_STATE] = SUSPENDED
        self._events.report(_EVENT_SUSPENDED, cvt[_FILE], cvt[_TRANSACTION], condition)

    def _end(self, condition):
        cvt = self._cvt
        file = cvt[_FILE]
        transaction = cvt[_TRANSACTION]
        self._suspended = False
        self._eof_due = self._metadata_due = False
        self._enter(IDLE)
        if condition != layout.NO_ERROR:
            cvt[_FAILED] = (cvt[_FAILED] + 1) & _COUNT_16
            self._events.report(_EVENT_FAILED, file, transaction, condition)
        elif self._writer.unacknowledged:
            self._events.report(_EVENT_SENT, file, transaction, cvt[_SIZE])
        else:
            cvt[_DELIVERED] = (cvt[_DELIVERED] + 1) & _COUNT_16
            self._events.report(_EVENT_DELIVERED, file, transaction, self._resent)

    def _enter(self, state):
        cvt = self._cvt
        self._state = state
        cvt[_STATE] = state
        self._since = cvt[_FRAME_COUNT]
