"""Which packet goes down next? Bounded queues, one a priority, the highest served first.

A queue is a ring of slots as long as its longest packet: a packet is packed straight into its slot
and read from there by the downlink, never copied.
"""

from array import array

from fsw.dictionary.index import channel
from fsw.dictionary.packets import PRIORITIES
from fsw.link.packets import PRIORITY

_DROPPED = channel("PACKETS_DROPPED")
_DEPTH = channel("QUEUE_DEPTH")
_COUNT_MASK = 0xFFFF

SLOTS = 16  # packets a priority can have waiting; a power of two


class Queues:
    """All packets waiting, in one buffer."""

    def __init__(self, cvt, packets, lengths):
        """packets: the dictionary's table; lengths: octets of the packet of each row."""
        self._cvt = cvt
        self._slot = array("H", [0] * len(PRIORITIES))  # octets
        for i in range(len(packets)):
            priority = packets[i][PRIORITY]
            self._slot[priority] = max(self._slot[priority], lengths[i])
        self._begin = array("H", [0] * len(PRIORITIES))  # octet of buffer
        size = 0
        for priority in range(len(PRIORITIES)):
            self._begin[priority] = size
            size += SLOTS * self._slot[priority]
        self.buffer = bytearray(size)
        self._length = array("H", [0] * (len(PRIORITIES) * SLOTS))
        self._first = array("H", [0] * len(PRIORITIES))
        self._waiting = array("H", [0] * len(PRIORITIES))

    def has_room(self, priority):
        """Whether put would keep a packet of this priority."""
        return self._waiting[priority] < SLOTS

    def put(self, priority, length):
        """Octet of self.buffer where a packet of this length is to be written; -1, and a drop
        counted, when that priority is full."""
        waiting = self._waiting[priority]
        if waiting == SLOTS:
            self._cvt[_DROPPED] = (self._cvt[_DROPPED] + 1) & _COUNT_MASK
            return -1
        slot = (self._first[priority] + waiting) & (SLOTS - 1)
        self._length[priority * SLOTS + slot] = length
        self._waiting[priority] = waiting + 1
        self._cvt[_DEPTH] += length
        return self._begin[priority] + slot * self._slot[priority]

    def next(self):
        """Priority of the packet to send next; -1 when all queues are empty."""
        waiting = self._waiting
        for priority in range(len(waiting)):
            if waiting[priority]:
                return priority
        return -1

    def start(self, priority):
        """Octet of self.buffer where the oldest packet of a priority begins."""
        return self._begin[priority] + self._first[priority] * self._slot[priority]

    def length(self, priority):
        """Octets of the oldest packet of a priority."""
        return self._length[priority * SLOTS + self._first[priority]]

    def drop(self, priority):
        """Frees the slot of the oldest packet of a priority, once it has been sent."""
        self._cvt[_DEPTH] -= self.length(priority)
        self._first[priority] = (self._first[priority] + 1) & (SLOTS - 1)
        self._waiting[priority] -= 1
