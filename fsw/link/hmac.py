"""Does a message come from someone who has the key? HMAC-SHA-256 (FIPS 198-1), in steps.

What the key alone determines is computed once, at construction; of the key nothing else is kept.
"""

from array import array

from fsw.link.sha256 import BLOCK, DIGEST, Sha256

_INNER, _OUTER = 0x36, 0x5C
_LENGTH_FIELD = 8  # octets at the end of the last block; two of them are enough here


class Hmac:
    """Computes the code of a message that lies in one buffer."""

    def __init__(self, key, sha256=None):
        """key: octets, up to 64; sha256: a fsw.link.sha256.Sha256, by default one block a step."""
        self._sha256 = sha256 or Sha256()
        self._inner = self._keyed(key, _INNER)
        self._outer = self._keyed(key, _OUTER)
        self._tail = bytearray(2 * BLOCK)  # what follows the message's whole blocks, padded
        self._buffer = self._tail
        self._whole = 0  # octets of the message's whole blocks
        self._blocks = 0  # of the inner hash, after the key's
        self._block = 0  # under way; the one after the last is the outer hash's
        self.code = bytearray(DIGEST)

    def _keyed(self, key, pad):
        """The state of SHA-256 after the key, padded."""
        block = bytearray([pad] * BLOCK)
        for i in range(len(key)):
            block[i] ^= key[i]
        sha256 = Sha256()
        sha256.begin(block, 0)
        sha256.step()
        return array("H", sha256.state)

    def begin(self, buffer, length):
        """Begins with the message buffer[:length], below 8,000 octets, which must stay as it is."""
        rest = length % BLOCK
        self._buffer = buffer
        self._whole = length - rest
        for i in range(rest):
            self._tail[i] = buffer[self._whole + i]
        tail = self._pad(rest, length)
        self._blocks = (self._whole + tail) // BLOCK
        self._block = 0
        self._sha256.load(self._inner)
        self._begin_block()

    def step(self):
        """One step of SHA-256; whether self.code holds the code now."""
        sha256 = self._sha256
        if not sha256.step():
            return False
        self._block += 1
        if self._block < self._blocks:
            self._begin_block()
            return False
        if self._block > self._blocks:
            sha256.write(self.code, 0)
            return True
        sha256.write(self._tail, 0)
        self._pad(DIGEST, DIGEST)
        sha256.load(self._outer)
        sha256.begin(self._tail, 0)
        return False

    def matches(self, buffer, at, octets):
        """Whether buffer[at : at + octets] are the first octets of the code. Takes as long for any
        that are not."""
        difference = 0
        for i in range(octets):
            difference |= buffer[at + i] ^ self.code[i]
        return difference == 0

    def _begin_block(self):
        at = self._block * BLOCK
        if at < self._whole:
            self._sha256.begin(self._buffer, at)
        else:
            self._sha256.begin(self._tail, at - self._whole)

    def _pad(self, octets, length):
        """Ends a message of so many octets, of which the last are in the tail; returns the octets
        of the tail."""
        tail = self._tail
        end = BLOCK if octets < BLOCK - _LENGTH_FIELD else 2 * BLOCK
        tail[octets] = 0x80
        for i in range(octets + 1, end - 2):
            tail[i] = 0
        bits = (BLOCK + length) << 3  # the key's block is part of it
        tail[end - 2] = bits >> 8
        tail[end - 1] = bits & 0xFF
        return end
