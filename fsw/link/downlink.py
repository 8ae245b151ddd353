"""Which octet does the transmitter send next? Builds transfer frames at the rate of the link.

A synchronous link never pauses: each minor frame this moves on by exactly the octets that the
link clocks out in 1/64 s, so the work is spread evenly and frames leave when a radio would have
sent them. A frame that finds no packet waiting at its start is an idle frame on the idle virtual
channel; within a frame, idle packets fill the time until the next packet.
"""

from fsw.dictionary.index import channel
from fsw.kernel.cvt import COUNT_MASK
from fsw.kernel.loops import check, copy
from fsw.link import layout
from fsw.link.counters import FRAME_MASK, MASTER, PACKET_MASK, Counters
from fsw.link.crc import PRESET
from fsw.link.crc import TABLE as CRC_TABLE
from fsw.schedule import MINOR_FRAMES_PER_SECOND

_PACKETS_SENT = channel("PACKETS_SENT")
_FRAMES_SENT = channel("FRAMES_SENT")
_FRAMES_IDLE = channel("FRAMES_IDLE")

_CLCW_HIGH = channel("CLCW_HIGH")
_CLCW_LOW = channel("CLCW_LOW")

_BITS_AN_OCTET_EACH_SECOND = 8 * MINOR_FRAMES_PER_SECOND

_DATA_START = layout.SYNC_LENGTH + layout.FRAME_HEADER
_DATA_END = _DATA_START + layout.DATA_FIELD
_CHECK_START = layout.CADU_LENGTH - layout.FRAME_ERROR_CONTROL

_IDLE_PACKET = 16  # octets: short, so that a packet which becomes ready waits 16 ms at 8 kbit/s
_IDLE_FILL = 0x55  # alternating bits keep the receiver's bit clock locked
_IDLE = -1  # in place of a priority: an idle packet is being sent


class Downlink:
    """Moves packets from the queues into transfer frames and hands whole frames to the board."""

    def __init__(self, cvt, board, queues, spacecraft_id, bits_per_s, coder=None, counters=None):
        """spacecraft_id: 0 .. 1023; bits_per_s: up to 2^24, of everything that the link carries.

        coder: a Codeblock; without one, frames have their CRC alone. counters: by default its own.
        """
        self._cvt = cvt
        self._board = board
        self._queues = queues
        self._rate = bits_per_s
        self._coder = coder
        parity = coder.parity_octets if coder else 0
        self._trailer = layout.CADU_LENGTH - _DATA_END + parity
        self.cadu_length = layout.CADU_LENGTH + parity  # of what the board is handed
        self._credit = 0  # bits times minor frames a second, below one octet
        self._frame = bytearray(layout.CADU_LENGTH)
        self._at = 0  # octet of the frame to be sent next
        self._crc = 0
        self._idle_frame = False
        self._packet = _IDLE  # priority of the packet being sent
        self._sent = 0  # octets of it already in frames
        self._length = 0  # octets of it altogether; 0: no packet is being sent
        self._counters = counters or Counters(())
        self._idle_data = bytearray([_IDLE_FILL] * layout.DATA_FIELD)
        self._idle_packet = self._make_idle_packet()
        self._spacecraft_id = spacecraft_id
        self._write_constant_parts()
        # Until a receiver of telecommand frames says otherwise.
        cvt[_CLCW_HIGH], cvt[_CLCW_LOW] = layout.NO_TELECOMMAND_CLCW

    def run(self):
        """Task DOWNLINK: as many octets as the link sends in a minor frame."""
        self._credit += self._rate
        octets = self._credit // _BITS_AN_OCTET_EACH_SECOND
        self._credit -= octets * _BITS_AN_OCTET_EACH_SECOND
        while octets > 0:
            if self._at < _DATA_START:
                octets -= self._send_header()
            elif self._at < _DATA_END:
                octets -= self._send_data(octets)
            else:
                octets -= self._send_trailer()
        self._credit += octets * _BITS_AN_OCTET_EACH_SECOND  # header and trailer go out whole

    def _send_header(self):
        # The header is complete when the frame begins: the packet under way ends where the next
        # one starts, whatever that will be.
        self._begin_frame()
        self._at = _DATA_START
        return _DATA_START

    def _send_data(self, octets):
        if self._idle_frame:
            return self._copy(self._idle_data, 0, octets, octets)
        if self._length == 0:
            self._choose_packet()
        if self._packet == _IDLE:
            count = self._copy(self._idle_packet, self._sent, octets, self._length - self._sent)
        else:
            start = self._queues.start(self._packet) + self._sent
            count = self._copy(self._queues.buffer, start, octets, self._length - self._sent)
        self._sent += count
        if self._sent == self._length:
            self._end_packet()
        return count

    def _copy(self, source, start, octets, left):
        """Copies min(octets, left, room) octets into the frame and its CRC; returns how many."""
        frame = self._frame
        at = self._at
        count = _DATA_END - at
        if octets < count:
            count = octets
        if left < count:
            count = left
        self._crc = copy(CRC_TABLE, source, start, start + count, frame, at, self._crc)
        self._at = at + count
        if self._coder is not None:
            self._coder.take(frame, at, self._at)
        return count

    def _send_trailer(self):
        frame = self._frame
        self._write_clcw()
        crc = check(CRC_TABLE, frame, _DATA_END, _CHECK_START, self._crc)
        frame[_CHECK_START] = crc >> 8
        frame[_CHECK_START + 1] = crc & 0xFF
        coder = self._coder
        if coder is None:
            self._board.downlink(frame)
        else:
            coder.take(frame, _DATA_END, layout.CADU_LENGTH)
            self._board.downlink(coder.finish(frame))
        cvt = self._cvt
        cvt[_FRAMES_SENT] = (cvt[_FRAMES_SENT] + 1) & COUNT_MASK
        if self._idle_frame:
            cvt[_FRAMES_IDLE] = (cvt[_FRAMES_IDLE] + 1) & COUNT_MASK
        self._at = 0
        return self._trailer

    def _write_clcw(self):
        frame = self._frame
        high = self._cvt[_CLCW_HIGH]
        low = self._cvt[_CLCW_LOW]
        frame[_DATA_END] = high >> 8
        frame[_DATA_END + 1] = high & 0xFF
        frame[_DATA_END + 2] = low >> 8
        frame[_DATA_END + 3] = low & 0xFF

    def _begin_frame(self):
        self._idle_frame = self._length == 0 and self._queues.next() < 0
        if self._idle_frame:
            virtual_channel = layout.VC_IDLE
            pointer = layout.ONLY_IDLE_DATA
        else:
            virtual_channel = layout.VC_REAL_TIME
            pointer = self._length - self._sent
            if pointer >= layout.DATA_FIELD:
                pointer = layout.NO_PACKET_START
        frame = self._frame
        frame[4] = self._spacecraft_id >> 4
        frame[5] = ((self._spacecraft_id & 0xF) << 4) | (virtual_channel << 1) | 1
        counts = self._counters.frames
        frame[6] = counts[MASTER]
        frame[7] = counts[virtual_channel]
        status = layout.DATA_FIELD_STATUS | pointer
        frame[8] = status >> 8
        frame[9] = status & 0xFF
        counts[MASTER] = (counts[MASTER] + 1) & FRAME_MASK
        counts[virtual_channel] = (counts[virtual_channel] + 1) & FRAME_MASK
        self._crc = check(CRC_TABLE, frame, layout.SYNC_LENGTH, _DATA_START, PRESET)
        if self._coder is not None:
            self._coder.take(frame, layout.SYNC_LENGTH, _DATA_START)

    def _choose_packet(self):
        self._packet = self._queues.next()
        self._sent = 0
        if self._packet == _IDLE:
            self._length = _IDLE_PACKET
            counters = self._counters
            sequence = counters.packets[counters.idle]
            self._idle_packet[2] = 0xC0 | (sequence >> 8)
            self._idle_packet[3] = sequence & 0xFF
            counters.packets[counters.idle] = (sequence + 1) & PACKET_MASK
        else:
            self._length = self._queues.length(self._packet)

    def _end_packet(self):
        if self._packet != _IDLE:
            self._queues.drop(self._packet)
            cvt = self._cvt
            cvt[_PACKETS_SENT] = (cvt[_PACKETS_SENT] + 1) & COUNT_MASK
        self._length = 0
        self._sent = 0

    def _write_constant_parts(self):
        frame = self._frame
        for i in range(4):
            frame[i] = (layout.SYNC_MARKER >> (24 - 8 * i)) & 0xFF

    def _make_idle_packet(self):
        packet = bytearray([_IDLE_FILL] * _IDLE_PACKET)
        length = _IDLE_PACKET - layout.PACKET_HEADER - 1
        packet[0] = layout.IDLE_APID >> 8
        packet[1] = layout.IDLE_APID & 0xFF
        packet[4] = length >> 8
        packet[5] = length & 0xFF
        return packet
