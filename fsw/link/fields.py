"""How do channels become octets, and octets channels? By the wire types of the dictionary.

Used for telemetry packets and for the frames of the simulation link alike.
"""

from fsw.kernel import loops

# Of U8, U16, I16, U32, I32, see fsw.kernel.loops_plain:
_WIDTHS = (1, 2, 2, 4, 4)  # octets
_SIGNED = (False, False, True, False, True)
_SMALL_LOWEST, _SMALL_HIGHEST = -(1 << 30), (1 << 30) - 1


class Fields:
    """A list of channels laid out one after another, big-endian, without padding."""

    def __init__(self, kinds, numbers):
        """kinds: wire type of every channel; numbers: array of the channels carried, in order: see
        fsw.dictionary.flown."""
        self._index = numbers
        self._kinds = bytes([kinds[number] for number in numbers])
        self.length = sum([_WIDTHS[kind] for kind in self._kinds])

    def pack(self, cvt, buffer, at):
        """Writes the channels into buffer from octet at; returns the octet after them. A value that
        its type or a small integer does not hold is held at the end it passed."""
        return loops.pack(cvt, self._index, self._kinds, len(self._kinds), buffer, at)

    def unpack(self, cvt, buffer, at):
        """Reads the channels from buffer at octet at into the CVT; returns the octet after them.

        A 32-bit field outside the small integers is held at the end it passed.
        """
        kinds = self._kinds
        i = 0
        for index in self._index:
            kind = kinds[i]
            octets = _WIDTHS[kind]
            value = buffer[at]
            if value >= 0x80 and _SIGNED[kind]:
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
