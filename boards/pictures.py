"""Where are the small pictures that cameras hand in? In memory, the last one of each camera.

A source of files, see fsw.data.files: the one that is being sent is copied when it is opened, so
that a younger one of the same camera does not get into it.
"""

from array import array

from fsw.dictionary.channels import CAMERA_CHANNELS

LONGEST = 800  # octets: a header and 32 by 24 grey pixels


class Pictures:
    """By trigger channel."""

    def __init__(self):
        self._pictures = bytearray(CAMERA_CHANNELS * LONGEST)
        self._lengths = array("H", [0] * CAMERA_CHANNELS)
        self._opened = bytearray(LONGEST)

    def put(self, number, octets, start, count):
        """octets[start:][:count] is the picture of a camera now; False when it is too long."""
        if number >= CAMERA_CHANNELS or count > LONGEST:
            return False
        at = number * LONGEST
        for i in range(count):
            self._pictures[at + i] = octets[start + i]
        self._lengths[number] = count
        return True

    def length(self, number):
        return self._lengths[number] or -1

    def open(self, number):
        at = number * LONGEST
        for i in range(self._lengths[number]):
            self._opened[i] = self._pictures[at + i]
        return self.length(number)

    def read(self, at, buffer, start, count):
        for i in range(count):
            buffer[start + i] = self._opened[at + i]
        return True
