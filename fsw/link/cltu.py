"""Where does a command begin and end in the octets of the uplink? CLTUs, CCSDS 231.0-B-4.

The receiver searches for the start sequence, then takes codeblocks until one fails: the tail does
so on purpose. What it has then is a frame, perhaps: the layer above knows how long it is and
whether it is right. Octets are aligned, as a UART gives them.
"""

from fsw.kernel.cvt import COUNT_MASK
from fsw.link import bch
from fsw.link.tclayout import CODEBLOCK, INFORMATION, LONGEST_FRAME, START_0, START_1, TAIL


class CltuDecoder:
    """Takes one octet at a time; frame[:length] is a candidate whenever take() says so."""

    def __init__(self, longest=LONGEST_FRAME, corrects=False):
        """longest: octets of the longest frame taken; corrects: one wrong bit in a codeblock is
        mended. By default it ends the CLTU, as three could be wrong then."""
        self.frame = bytearray((longest + INFORMATION - 1) // INFORMATION * INFORMATION)
        self.length = 0
        # Modulo 2^29:
        self.started = 0  # start sequences found
        self.ended = 0  # CLTUs that ended in a tail sequence
        self.broken = 0  # CLTUs that ended in another codeblock that fails
        self.overlong = 0  # CLTUs longer than the longest frame
        self.corrected = 0  # codeblocks mended
        self._corrects = corrects
        self._block = bytearray(CODEBLOCK)
        self._decoding = False
        self._at = 0  # octets of the codeblock so far
        self._taken = 0  # octets of the frame so far
        self._previous = 0  # octet, while it searches

    def take(self, octet):
        """Whether this octet ends a CLTU that held something. The candidate stands until the next
        codeblock is whole: another call may overwrite it."""
        if not self._decoding:
            self._search(octet)
            return False
        self._block[self._at] = octet
        self._at += 1
        if self._at < CODEBLOCK:
            return False
        self._at = 0
        if self._take_block():
            return False
        self.length = self._taken
        self._search_again()
        return self.length > 0

    def _search(self, octet):
        if self._previous == START_0 and octet == START_1:
            self._decoding = True
            self._at = self._taken = 0
            self._previous = 0
            self.started = (self.started + 1) & COUNT_MASK
        else:
            self._previous = octet

    def _take_block(self):
        """Whether the CLTU goes on after this codeblock."""
        block = self._block
        found = bch.syndrome(block)
        if found:
            if not self._corrects or not bch.correct(block, found):
                self._count_end()
                return False
            self.corrected = (self.corrected + 1) & COUNT_MASK
        frame = self.frame
        taken = self._taken
        if taken + INFORMATION > len(frame):
            self.overlong = (self.overlong + 1) & COUNT_MASK
            self._taken = 0
            return False
        for i in range(INFORMATION):
            frame[taken + i] = block[i]
        self._taken = taken + INFORMATION
        return True

    def _count_end(self):
        for i in range(CODEBLOCK):
            if self._block[i] != TAIL[i]:
                self.broken = (self.broken + 1) & COUNT_MASK
                return
        self.ended = (self.ended + 1) & COUNT_MASK

    def _search_again(self):
        """Searches what was taken for a codeblock: where octets were lost on the way, or the start
        was none, the next start may lie in it."""
        self._decoding = False
        self._previous = 0
        block = self._block
        for i in range(CODEBLOCK):
            if self._decoding:  # behind where it is read
                block[self._at] = block[i]
                self._at += 1
            else:
                self._search(block[i])
