"""What is in the files that can be sent down, and how long are they? A directory of sources.

A source has its files by number, from 0 on:

    length(number) -> int    octets of a file as it is now; -1: there is none
    open(number) -> int      the same; from now on the file stays as it is, until another is opened
    read(at, buffer, start, count) -> bool
                             copies octets at .. at + count - 1 of the file opened into buffer, from
                             octet start on; False when they cannot be read

None may allocate or raise. A board's thumbnails are such a source; here are the others.
"""

from fsw.data.words import put_16, put_32, seal
from fsw.dictionary.files import FILES, NUMBER, SOURCE
from fsw.dictionary.index import parameter_fingerprint

NO_FILE = -1

# A dump of parameters: fingerprint of their meaning, how many, values as i32, CRC-16.
DUMP_COUNT, DUMP_VALUES = 4, 6
_CRC = 2


class Files:
    """The rows of FILES, each from its source."""

    def __init__(self, sources):
        """sources: by the name that the rows of FILES have for them; None for one that is not
        there. Raises KeyError for a name that is missing."""
        self._sources = tuple([sources[row[SOURCE]] for row in FILES])
        self._numbers = bytes([row[NUMBER] for row in FILES])
        self._open = None

    def length(self, row):
        """Octets of a file as it is now; NO_FILE: there is none."""
        source = self._sources[row]
        return NO_FILE if source is None else source.length(self._numbers[row])

    def open(self, row):
        """The same, and read() gives this one from now on."""
        self._open = source = self._sources[row]
        return NO_FILE if source is None else source.open(self._numbers[row])

    def read(self, at, buffer, start, count):
        """As of a source."""
        return self._open.read(at, buffer, start, count)


class ParameterDump:
    """Every parameter as it is when the file is opened."""

    def __init__(self, parameters, mission):
        self._values = parameters.values
        self._fingerprint = parameter_fingerprint(mission)
        self._end = DUMP_VALUES + 4 * len(self._values)
        self._dump = bytearray(self._end + _CRC)

    def length(self, number):
        return len(self._dump)

    def open(self, number):
        dump = self._dump
        values = self._values
        put_32(dump, 0, self._fingerprint)
        put_16(dump, DUMP_COUNT, len(values))
        for row in range(len(values)):
            put_32(dump, DUMP_VALUES + 4 * row, values[row])
        seal(dump, self._end)
        return len(dump)

    def read(self, at, buffer, start, count):
        for i in range(count):
            buffer[start + i] = self._dump[at + i]
        return True
