"""Which octet does the transmitter send next? Builds transfer frames at the rate of the link.

A synchronous link never pauses: each minor frame this moves on by exactly the octets that the
link clocks out in 1/64 s, so the work is spread evenly and frames leave when a radio would have
sent them. Within a frame, idle packets fill the time until the next packet.

A frame belongs to one virtual channel, chosen when it begins: real time as soon as it has a packet;
in what that leaves, playback, then files, of which neither makes the other wait for more than TURN
frames; else the frame is an idle one. While others have something, real time may collect packets
for a whole frame, but for no longer than a part of a second, so that a fast link is not filled with
idle packets; once landed for some seconds, so that a slow one is not.

Packets of a virtual channel come from its source, an object with these members, of which none may
allocate:

    waiting()              whether there is a packet to be sent
    choose()               says which; only called when one is waiting
    buffer, start, length  that packet is the octets buffer[start : start + length]; they stay as
                           they are until sent(), however long that takes
    sent()                 all of it is in frames
"""

from array import array

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
_QUEUE_DEPTH = channel("QUEUE_DEPTH")
_PLAYBACK_FIRST = channel("PLAYBACK_FIRST")

_CLCW_HIGH = channel("CLCW_HIGH")
_CLCW_LOW = channel("CLCW_LOW")

_BITS_AN_OCTET_EACH_SECOND = 8 * MINOR_FRAMES_PER_SECOND

_DATA_START = layout.SYNC_LENGTH + layout.FRAME_HEADER

TURN = 4  # frames of playback in a row while files wait
_COLLECT = 5  # part of a second that real time may wait: less than a frame of a slow link
_COLLECT_LANDED = 2  # seconds

_IDLE_PACKET = 16  # octets: short, so that a packet which becomes ready waits 16 ms at 8 kbit/s
_IDLE_FILL = 0x55  # alternating bits keep the receiver's bit clock locked


class Fill:
    """Idle packets: what a virtual channel sends in a frame when its source has nothing."""

    def __init__(self, counters):
        packet = bytearray([_IDLE_FILL] * _IDLE_PACKET)
        length = _IDLE_PACKET - layout.PACKET_HEADER - 1
        packet[0] = layout.IDLE_APID >> 8
        packet[1] = layout.IDLE_APID & 0xFF
        packet[4] = length >> 8
        packet[5] = length & 0xFF
        self._counters = counters
        self.buffer = packet
        self.start = 0
        self.length = _IDLE_PACKET

    def waiting(self):
        return False  # nobody's frame begins for one

    def choose(self):
        counts = self._counters.packets
        sequence = counts[self._counters.idle]
        self.buffer[2] = 0xC0 | (sequence >> 8)
        self.buffer[3] = sequence & 0xFF
        counts[self._counters.idle] = (sequence + 1) & PACKET_MASK

    def sent(self):
        """Nothing to free."""


class Downlink:
    """Moves packets from their sources into transfer frames, and whole frames to the board."""

    def __init__(
        self,
        cvt,
        board,
        queues,
        spacecraft_id,
        bits_per_s,
        coder=None,
        counters=None,
        playback=None,
        files=None,
        interleave=1,
    ):
        """spacecraft_id: 0 .. 1023; bits_per_s: up to 2^24, of everything that the link carries.

        queues, playback, files: sources of virtual channels 0, 1 and 2; None: it has none.
        coder: a Codeblock; without one, frames have their CRC alone. counters: by default its own.
        interleave: says how long frames are, also without a coder, see fsw.link.layout.
        """
        self._cvt = cvt
        self._board = board
        self._rate = bits_per_s
        self._coder = coder
        self._end = layout.SYNC_LENGTH + layout.frame_length(interleave)
        self._data_field = self._end - layout.SYNC_LENGTH - layout.FRAME_OVERHEAD
        self._data_end = _DATA_START + self._data_field
        self.cadu_length = self._end + (coder.parity_octets if coder else 0)  # that the board gets
        self._trailer = self.cadu_length - self._data_end
        self._credit = 0  # bits times minor frames a second, below one octet
        self._frame = bytearray(self._end)
        self._at = 0  # octet of the frame to be sent next
        self._crc = 0
        self._counters = counters or Counters(())
        # By virtual channel:
        self._fills = tuple([Fill(self._counters) for _ in range(3)])
        self._sources = (queues, playback or self._fills[1], files or self._fills[2])
        self._packets = list(self._fills)  # source of the packet being sent
        self._sent = array("H", [0] * 3)  # octets of it already in frames
        self._left = array("H", [0] * 3)  # octets of it still to come; 0: none is being sent
        self._channel = layout.VC_IDLE  # of this frame
        self._turn = 0  # frames of playback since the last one of files
        self._others = 0  # frames of others in a row
        frame_bits = 8 * self.cadu_length
        self._collect = bits_per_s // frame_bits // _COLLECT  # frames
        self._collect_landed = _COLLECT_LANDED * bits_per_s // frame_bits
        most = bits_per_s // _BITS_AN_OCTET_EACH_SECOND + 1  # octets of a minor frame
        self._idle_data = bytearray([_IDLE_FILL] * min(most, self._data_field))
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
            elif self._at < self._data_end:
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
        vc = self._channel
        if vc == layout.VC_IDLE:
            return self._copy(self._idle_data, 0, octets, octets)
        if self._left[vc] == 0:
            self._choose_packet(vc)
        packet = self._packets[vc]
        left = self._left[vc]
        count = self._copy(packet.buffer, packet.start + self._sent[vc], octets, left)
        self._sent[vc] += count
        self._left[vc] = left - count
        if count == left:
            self._end_packet(vc)
        return count

    def _copy(self, source, start, octets, left):
        """Copies min(octets, left, room) octets into the frame and its CRC; returns how many."""
        frame = self._frame
        at = self._at
        count = self._data_end - at
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
        end = self._end
        at = end - layout.FRAME_ERROR_CONTROL
        self._write_clcw()
        crc = check(CRC_TABLE, frame, self._data_end, at, self._crc)
        frame[at] = crc >> 8
        frame[at + 1] = crc & 0xFF
        coder = self._coder
        if coder is None:
            self._board.downlink(frame)
        else:
            coder.take(frame, self._data_end, end)
            self._board.downlink(coder.finish(frame))
        cvt = self._cvt
        cvt[_FRAMES_SENT] = (cvt[_FRAMES_SENT] + 1) & COUNT_MASK
        if self._channel == layout.VC_IDLE:
            cvt[_FRAMES_IDLE] = (cvt[_FRAMES_IDLE] + 1) & COUNT_MASK
        self._at = 0
        return self._trailer

    def _write_clcw(self):
        frame = self._frame
        at = self._data_end
        high = self._cvt[_CLCW_HIGH]
        low = self._cvt[_CLCW_LOW]
        frame[at] = high >> 8
        frame[at + 1] = high & 0xFF
        frame[at + 2] = low >> 8
        frame[at + 3] = low & 0xFF

    def _begin_frame(self):
        vc = self._channel = self._choose_channel()
        if vc == layout.VC_IDLE:
            pointer = layout.ONLY_IDLE_DATA
        else:
            pointer = self._left[vc]
            if pointer >= self._data_field:
                pointer = layout.NO_PACKET_START
        frame = self._frame
        frame[4] = self._spacecraft_id >> 4
        frame[5] = ((self._spacecraft_id & 0xF) << 4) | (vc << 1) | 1
        counts = self._counters.frames
        frame[6] = counts[MASTER]
        frame[7] = counts[vc]
        status = layout.DATA_FIELD_STATUS | pointer
        frame[8] = status >> 8
        frame[9] = status & 0xFF
        counts[MASTER] = (counts[MASTER] + 1) & FRAME_MASK
        counts[vc] = (counts[vc] + 1) & FRAME_MASK
        self._crc = check(CRC_TABLE, frame, layout.SYNC_LENGTH, _DATA_START, PRESET)
        if self._coder is not None:
            self._coder.take(frame, layout.SYNC_LENGTH, _DATA_START)

    def _choose_channel(self):
        """Of the frame that begins."""
        playback = self._has_packet(layout.VC_PLAYBACK)
        files = self._has_packet(layout.VC_FILES)
        if self._has_packet(layout.VC_REAL_TIME) and not ((playback or files) and self._collects()):
            self._others = 0
            return layout.VC_REAL_TIME
        self._others += 1
        if playback and not (files and self._turn >= TURN):
            self._turn += 1 if files else 0
            return layout.VC_PLAYBACK
        if files:
            self._turn = 0
            return layout.VC_FILES
        self._others = 0
        # The idle packet that ended the last frame goes on in another.
        return layout.VC_REAL_TIME if self._left[layout.VC_REAL_TIME] else layout.VC_IDLE

    def _collects(self):
        """Whether real time still waits for more packets to fill a frame with."""
        cvt = self._cvt
        frames = self._collect_landed if cvt[_PLAYBACK_FIRST] else self._collect
        return self._others < frames and cvt[_QUEUE_DEPTH] < self._data_field

    def _has_packet(self, vc):
        """Whether a virtual channel has a packet under way, or one waiting."""
        source = self._sources[vc]
        return (self._left[vc] > 0 and self._packets[vc] is source) or source.waiting()

    def _choose_packet(self, vc):
        source = self._sources[vc]
        packet = source if source.waiting() else self._fills[vc]
        packet.choose()
        self._packets[vc] = packet
        self._sent[vc] = 0
        self._left[vc] = packet.length

    def _end_packet(self, vc):
        packet = self._packets[vc]
        packet.sent()
        if packet is not self._fills[vc]:
            cvt = self._cvt
            cvt[_PACKETS_SENT] = (cvt[_PACKETS_SENT] + 1) & COUNT_MASK

    def _write_constant_parts(self):
        frame = self._frame
        for i in range(4):
            frame[i] = (layout.SYNC_MARKER >> (24 - 8 * i)) & 0xFF
