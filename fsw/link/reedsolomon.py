"""What must follow a frame so that the ground can mend up to 16 wrong octets of each codeword?

Reed-Solomon (255,223) of CCSDS 131.0-B-4 section 4, in the dual basis, codewords interleaved octet
by octet to a depth of 1 to 5. Fewer data octets than 223 a codeword make a shortened codeblock: the
virtual fill, zeros in front, is not sent (section 4.3.7). Division by the generator is spread over
the data as they come, so that nothing is left to be done when a frame is full.
"""

from fsw.kernel.loops import add, copy, divide
from fsw.link import galois, layout
from fsw.link.crc import TABLE as CRC_TABLE
from fsw.link.tables import ROWS

DEPTHS = layout.INTERLEAVES


class Encoder:
    """Parity of one codeblock after another."""

    def __init__(self, interleave, data_octets):
        """data_octets: of a codeblock, a multiple of interleave, at most 223 times it.

        Raises ValueError for a codeblock that the standard does not have.
        """
        if interleave not in DEPTHS:
            raise ValueError("interleave is 1 to 5")
        if not 0 < data_octets <= galois.DATA * interleave or data_octets % interleave:
            raise ValueError("data octets are a multiple of interleave, up to 223 times it")
        self.data_octets = data_octets
        self.parity_octets = galois.PARITY * interleave
        self._interleave = interleave
        self._at = 0  # data octets taken of this codeblock
        self._work = bytearray(data_octets + self.parity_octets)

    def take(self, buffer, start, end):
        """The next data octets are buffer[start:end]; together at most data_octets."""
        divide(ROWS, self._work, self._interleave, self._at, buffer, start, end)
        self._at += end - start

    def finish(self, buffer, at):
        """Writes the parity of the data taken to buffer from octet at, and begins anew.

        All of data_octets must have been taken.
        """
        work = self._work
        start = self.data_octets
        end = len(work)
        # In machine code, as 160 octets one by one would take a quarter of a minor frame: the CRC
        # nobody asks for, and the remainders plus themselves are zeros.
        copy(CRC_TABLE, work, start, end, buffer, at, 0)
        add(work, start, work, start, end, work, start)
        self._at = 0

    def encode(self, buffer, start):
        """Writes the parity of a whole codeblock, whose data begin at start, after them."""
        end = start + self.data_octets
        self.take(buffer, start, end)
        self.finish(buffer, end)
