"""How does a transfer frame leave on a coded link?

As one Reed-Solomon codeblock, randomized, behind a sync marker that is not (CCSDS 131.0-B-4
sections 4, 9, 10). A frame of 223 octets is just the data of one codeword: interleave 1, no fill.
The octets of a frame are taken as they come, each minor frame some, so the work is spread evenly.
"""

from fsw.kernel.loops import add
from fsw.link import layout
from fsw.link.galois import PARITY
from fsw.link.reedsolomon import Encoder
from fsw.link.tables import SEQUENCE

INTERLEAVE = 1


class Codeblock:
    """Makes one coded CADU after another."""

    parity_octets = PARITY * INTERLEAVE

    def __init__(self):
        self._encoder = Encoder(INTERLEAVE, layout.FRAME_LENGTH)
        self._cadu = bytearray(layout.CADU_LENGTH + self.parity_octets)

    def take(self, cadu, start, end):
        """cadu[start:end] are the next octets of the frame, those behind its sync marker."""
        self._encoder.take(cadu, start, end)
        add(SEQUENCE, start - layout.SYNC_LENGTH, cadu, start, end, self._cadu, start)

    def finish(self, cadu):
        """The CADU to send for the frame that was taken; the buffer is used again."""
        coded = self._cadu
        for i in range(layout.SYNC_LENGTH):
            coded[i] = cadu[i]
        end = layout.CADU_LENGTH
        self._encoder.finish(coded, end)
        add(SEQUENCE, layout.FRAME_LENGTH, coded, end, end + self.parity_octets, coded, end)
        return coded
