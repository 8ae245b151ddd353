"""Which packet goes down next? Bounded queues, one a priority, the highest served first.

A queue is a ring of slots as long as its longest packet: a packet is packed straight into its slot
and read from there by the downlink, never copied. All of them together are the source of the real
time virtual channel, see fsw.link.downlink.
"""

from array import array

from fsw.dictionary.index import channel
from fsw.dictionary.packets import QUEUES
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
        self._slot = array("H", [0] * QUEUES)  # octets
        for i in range(len(packets)):
            priority = packets[i][PRIORITY]
            if priority < QUEUES:
                self._slot[priority] = max(self._slot[priority], lengths[i])
        self._begin = array("H", [0] * QUEUES)  # octet of buffer
        size = 0
        for priority in range(QUEUES):
            self._begin[priority] = size
            size += SLOTS * self._slot[priority]
        self.buffer = bytearray(size)
        self._length = array("H", [0] * (QUEUES * SLOTS))
        self._first = array("H", [0] * QUEUES)
        self._waiting = array("H", [0] * QUEUES)
        self._chosen = 0  # priority
        self.start = self.length = 0

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

    def waiting(self):
        """Whether any packet is."""
        for waiting in self._waiting:
            if waiting:
                return True
        return False

    def choose(self):
        """The oldest packet of the highest priority that has one is buffer[start:][:length]."""
        priority = 0
        while not self._waiting[priority]:
            priority += 1
        first = self._first[priority]
        self._chosen = priority
        self.start = self._begin[priority] + first * self._slot[priority]
        self.length = self._length[priority * SLOTS + first]

    def sent(self):
        """Frees the slot of the packet chosen last."""
        priority = self._chosen
        self._cvt[_DEPTH] -= self.length
        self._first[priority] = (self._first[priority] + 1) & (SLOTS - 1)
        self._waiting[priority] -= 1
