"""Which packets of files wait for the downlink? A few, so that the link never waits for the next.

The source of the virtual channel for files, see fsw.link.downlink. A packet is made straight into
its slot, one a run, as the sender comes to it.
"""

from array import array

from fsw.link.filelayout import LONGEST_PACKET

SLOTS = 2


class FileQueue:
    """Packets of a FileSender."""

    def __init__(self, sender):
        self._sender = sender
        self.buffer = bytearray(SLOTS * LONGEST_PACKET)
        self._lengths = array("H", [0] * SLOTS)
        self._oldest = 0  # slot
        self._held = 0  # packets
        self.start = self.length = 0

    def run(self):
        """Task FILES: time passes for the sender, and it makes a packet if there is room."""
        self._sender.run()
        if self._held < SLOTS:
            slot = (self._oldest + self._held) % SLOTS
            length = self._sender.make(self.buffer, slot * LONGEST_PACKET)
            if length:
                self._lengths[slot] = length
                self._held += 1

    def waiting(self):
        return self._held > 0

    def choose(self):
        self.start = self._oldest * LONGEST_PACKET
        self.length = self._lengths[self._oldest]

    def sent(self):
        self._oldest = (self._oldest + 1) % SLOTS
        self._held -= 1
