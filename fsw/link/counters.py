"""How far have the counters of the downlink come? Kept over a reset, so that none counts twice.

Sequence counts of packets (CCSDS 133.0-B-2 section 4.1.3.4) and frame counts of the virtual and the
master channel (132.0-B-3 section 4.1.2). What a checkpoint holds of them is a little old: after a
reset they skip as much as can have been sent since, and the ground sees a gap.
"""

from array import array

from fsw.link import layout
from fsw.schedule import MINOR_FRAMES_PER_SECOND

_PERIOD = 4  # column of PACKETS

PACKET_MASK = 0x3FFF
FRAME_MASK = 0xFF
MASTER = 8  # after the eight virtual channels
_STALE = 2  # minor frames: when the younger slot of the checkpoint was half written
_ON_DEMAND = 4 * _STALE  # event reports come four a minor frame, others less often


def octets_of(packets):
    """Octets that the counters of a packet table have in a checkpoint."""
    return 2 * (len(packets) + 1) + MASTER + 1


class Counters:
    """packets: next sequence count of each row, and of idle packets last; frames: next count of
    each virtual channel, and of the master channel at MASTER."""

    def __init__(self, packets, bits_per_s=0, interleave=1):
        """packets: a table of the dictionary; bits_per_s: of the link, up to 2^24; interleave: of
        its frames."""
        self.packets = array("H", [0] * (len(packets) + 1))
        self.frames = bytearray(MASTER + 1)
        self.idle = len(packets)  # index of the count of idle packets
        periods = [row[_PERIOD] for row in packets] + [0]
        self._skips = bytes([_STALE // p + 1 if p else _ON_DEMAND for p in periods])
        octets = bits_per_s * _STALE // (8 * MINOR_FRAMES_PER_SECOND)
        self._frames_skipped = octets // layout.frame_length(interleave) + 1

    def pack(self, buffer, at):
        """Writes them into buffer from octet at; returns the octet after them."""
        for count in self.packets:
            buffer[at] = count >> 8
            buffer[at + 1] = count & 0xFF
            at += 2
        for count in self.frames:
            buffer[at] = count
            at += 1
        return at

    def resume(self, buffer, at):
        """Reads them from buffer at octet at, each beyond what may have been sent since."""
        packets = self.packets
        for i in range(len(packets)):
            count = (buffer[at] << 8) | buffer[at + 1]
            packets[i] = (count + self._skips[i]) & PACKET_MASK
            at += 2
        frames = self.frames
        for i in range(MASTER + 1):
            frames[i] = (buffer[at] + self._frames_skipped) & FRAME_MASK
            at += 1
