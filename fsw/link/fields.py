"""How do channels become octets, and octets channels? By the wire types of the dictionary.

Used for telemetry packets and for the frames of the simulation link alike.
"""

from array import array

from fsw.kernel import loops
from fsw.kernel.loops_plain import I16, I32, U8, U16, U32

WIDTH = {"u8": 1, "u16": 2, "i16": 2, "u32": 4, "i32": 4}
_KIND = {"u8": U8, "u16": U16, "i16": I16, "u32": U32, "i32": I32}
_SMALL_LOWEST, _SMALL_HIGHEST = -(1 << 30), (1 << 30) - 1


class Fields:
    """A list of channels laid out one after another, big-endian, without padding."""

    def __init__(self, channels, names):
        """channels: the dictionary's table; names: the channels carried, in order.

        Raises KeyError for a name that is not in the table.
        """
        index = {channels[i][0]: i for i in range(len(channels))}
        types = [channels[index[name]][1] for name in names]
        self._index = array("H", [index[name] for name in names])
        self._width = bytes([WIDTH[t] for t in types])
        self._kinds = bytes([_KIND[t] for t in types])
        self.length = sum(self._width)

    def pack(self, cvt, buffer, at):
        """Writes the channels into buffer from octet at; returns the octet after them. A value that
        its type or a small integer does not hold is held at the end it passed."""
        return loops.pack(cvt, self._index, self._kinds, len(self._kinds), buffer, at)

    def unpack(self, cvt, buffer, at):
        """Reads the channels from buffer at octet at into the CVT; returns the octet after them.

        A 32-bit field outside the small integers is held at the end it passed.
        """
        width = self._width
        kinds = self._kinds
        i = 0
        for index in self._index:
            octets = width[i]
            value = buffer[at]
            if value >= 0x80 and (kinds[i] == I16 or kinds[i] == I32):
                value -= 0x100
            if octets != 1:
                value = (value << 8) | buffer[at + 1]
            if octets == 4:
                if value < -0x4000:
                    value = _SMALL_LOWEST
                elif value > 0x3FFF:
                    value = _SMALL_HIGHEST
                else:
                    value = (value << 16) | (buffer[at + 2] << 8) | buffer[at + 3]
            cvt[index] = value
            at += octets
            i += 1
        return at
