"""How does a transfer frame leave on a coded link?

As one Reed-Solomon codeblock, randomized, behind a sync marker that is not (CCSDS 131.0-B-4
sections 4, 9, 10). A frame is just the data of its codewords, octet by octet in turn: no fill. Its
octets are taken as they come, each minor frame some, so the work is spread evenly.
"""

from fsw.kernel.loops import add
from fsw.link import layout
from fsw.link.galois import PARITY
from fsw.link.reedsolomon import Encoder
from fsw.link.tables import SEQUENCE


class Codeblock:
    """Makes one coded CADU after another."""

    def __init__(self, interleave=1):
        """interleave: codewords, 1 .. 5; a frame has 223 octets for each. Raises ValueError."""
        self._frame_length = layout.frame_length(interleave)
        self._end = layout.SYNC_LENGTH + self._frame_length
        self.parity_octets = PARITY * interleave
        self._encoder = Encoder(interleave, self._frame_length)
        self._cadu = bytearray(self._end + self.parity_octets)
        # It begins anew with each codeblock and repeats in it, once for each codeword.
        self._sequence = SEQUENCE if interleave == 1 else bytes(SEQUENCE) * interleave

    def take(self, cadu, start, end):
        """cadu[start:end] are the next octets of the frame, those behind its sync marker."""
        self._encoder.take(cadu, start, end)
        add(self._sequence, start - layout.SYNC_LENGTH, cadu, start, end, self._cadu, start)

    def finish(self, cadu):
        """The CADU to send for the frame that was taken; the buffer is used again."""
        coded = self._cadu
        for i in range(layout.SYNC_LENGTH):
            coded[i] = cadu[i]
        end = self._end
        self._encoder.finish(coded, end)
        add(self._sequence, self._frame_length, coded, end, len(coded), coded, end)
        return coded
