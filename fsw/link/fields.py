"""How do channels become octets, and octets channels? By the wire types of the dictionary.

Used for telemetry packets and for the frames of the simulation link alike.
"""

from array import array

WIDTH = {"u8": 1, "u16": 2, "i16": 2, "u32": 4, "i32": 4}

# What a type can hold and a small integer too; a value beyond is held at the end it passed.
_RANGE = {
    "u8": (0, 0xFF),
    "u16": (0, 0xFFFF),
    "i16": (-0x8000, 0x7FFF),
    "u32": (0, (1 << 30) - 1),
    "i32": (-(1 << 30), (1 << 30) - 1),
}


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
        self._signed = bytes([t[0] == "i" for t in types])
        self._lowest = array("i", [_RANGE[t][0] for t in types])
        self._highest = array("i", [_RANGE[t][1] for t in types])
        self.length = sum(self._width)

    def pack(self, cvt, buffer, at):
        """Writes the channels into buffer from octet at; returns the octet after them."""
        width = self._width
        lowest = self._lowest
        highest = self._highest
        i = 0
        for index in self._index:
            value = cvt[index]
            if value < lowest[i]:
                value = lowest[i]
            elif value > highest[i]:
                value = highest[i]
            octets = width[i]
            if octets == 4:
                buffer[at] = (value >> 24) & 0xFF
                buffer[at + 1] = (value >> 16) & 0xFF
                at += 2
            if octets != 1:
                buffer[at] = (value >> 8) & 0xFF
                at += 1
            buffer[at] = value & 0xFF
            at += 1
            i += 1
        return at

    def unpack(self, cvt, buffer, at):
        """Reads the channels from buffer at octet at into the CVT; returns the octet after them.

        A 32-bit field outside the small integers is held at the end it passed.
        """
        width = self._width
        signed = self._signed
        i = 0
        for index in self._index:
            octets = width[i]
            value = buffer[at]
            if signed[i] and value >= 0x80:
                value -= 0x100
            if octets != 1:
                value = (value << 8) | buffer[at + 1]
            if octets == 4:
                if value < -0x4000:
                    value = self._lowest[i]
                elif value > 0x3FFF:
                    value = self._highest[i]
                else:
                    value = (value << 16) | (buffer[at + 2] << 8) | buffer[at + 3]
            cvt[index] = value
            at += octets
            i += 1
        return at
