"""How is SHA-256 (FIPS 180-4) computed without allocating, a few rounds at a time?

hashlib makes objects, and a word of 32 bits is no small integer of a 32-bit board: here every word
is two halves of 16 bits, the low one first, in an array of "H". A board may bring its own rounds()
that reads such an array as words: see boards/viper/sha256.py.
"""

from array import array

BLOCK = 64  # octets
DIGEST = 32
ROUNDS = 64  # of a block


def halves(words):
    """An array of two halves for each word. For the constants, at import: a word is wide."""
    both = array("H", [0] * (2 * len(words)))
    for i in range(len(words)):
        both[2 * i] = words[i] & 0xFFFF
        both[2 * i + 1] = words[i] >> 16
    return both


INITIAL = halves((
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
))  # fmt: skip

K = halves((
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2,
))  # fmt: skip


def expand(schedule, t):
    """Overwrites word t - 16 of the message schedule, a ring of sixteen, with word t."""
    to = (t & 15) << 1
    i = ((t - 15) & 15) << 1
    low, high = schedule[i], schedule[i + 1]
    low_sum = ((low >> 7) | (high << 9)) ^ ((high >> 2) | (low << 14)) ^ ((low >> 3) | (high << 13))
    high_sum = ((high >> 7) | (low << 9)) ^ ((low >> 2) | (high << 14)) ^ (high >> 3)
    low_sum &= 0xFFFF
    high_sum &= 0xFFFF
    i = ((t - 2) & 15) << 1
    low, high = schedule[i], schedule[i + 1]
    low_sum += 0xFFFF & (
        ((high >> 1) | ((low & 1) << 15))
        ^ ((high >> 3) | (low << 13))
        ^ ((low >> 10) | (high << 6))
    )
    high_sum += 0xFFFF & (
        ((low >> 1) | ((high & 1) << 15)) ^ ((low >> 3) | (high << 13)) ^ (high >> 10)
    )
    i = ((t - 7) & 15) << 1
    low_sum += schedule[i] + schedule[to]
    high_sum += schedule[i + 1] + schedule[to + 1] + (low_sum >> 16)
    schedule[to] = low_sum & 0xFFFF
    schedule[to + 1] = high_sum & 0xFFFF


def rounds(work, schedule, first, last):
    """Rounds first .. last - 1 of a block on the eight words of work, a to h."""
    constants = K
    al, ah = work[0], work[1]  # one word a line: a longer tuple would be made on the heap
    bl, bh = work[2], work[3]
    cl, ch = work[4], work[5]
    dl, dh = work[6], work[7]
    el, eh = work[8], work[9]
    fl, fh = work[10], work[11]
    gl, gh = work[12], work[13]
    hl, hh = work[14], work[15]
    for t in range(first, last):
        if t >= 16:
            expand(schedule, t)
        i = (t & 15) << 1
        # Sum 1 turns e by 6, 11 and 25; to turn by 25 is to swap the halves and turn by 9.
        low = ((el >> 6) | (eh << 10)) ^ ((el >> 11) | (eh << 5)) ^ ((eh >> 9) | (el << 7))
        high = ((eh >> 6) | (el << 10)) ^ ((eh >> 11) | (el << 5)) ^ ((el >> 9) | (eh << 7))
        low = (low & 0xFFFF) + hl + (gl ^ (el & (fl ^ gl))) + constants[2 * t] + schedule[i]
        high = (high & 0xFFFF) + hh + (gh ^ (eh & (fh ^ gh)))
        high += constants[2 * t + 1] + schedule[i + 1]
        hl, hh = gl, gh
        gl, gh = fl, fh
        fl, fh = el, eh
        el = dl + low
        eh = (dh + high + (el >> 16)) & 0xFFFF
        el &= 0xFFFF
        # Sum 0 turns a by 2, 13 and 22.
        turned = ((al >> 2) | (ah << 14)) ^ ((al >> 13) | (ah << 3)) ^ ((ah >> 6) | (al << 10))
        low += (turned & 0xFFFF) + ((al & bl) | (cl & (al | bl)))
        turned = ((ah >> 2) | (al << 14)) ^ ((ah >> 13) | (al << 3)) ^ ((al >> 6) | (ah << 10))
        high += (turned & 0xFFFF) + ((ah & bh) | (ch & (ah | bh))) + (low >> 16)
        dl, dh = cl, ch
        cl, ch = bl, bh
        bl, bh = al, ah
        al, ah = low & 0xFFFF, high & 0xFFFF
    work[0], work[1] = al, ah
    work[2], work[3] = bl, bh
    work[4], work[5] = cl, ch
    work[6], work[7] = dl, dh
    work[8], work[9] = el, eh
    work[10], work[11] = fl, fh
    work[12], work[13] = gl, gh
    work[14], work[15] = hl, hh


class Sha256:
    """The compression of one block after the other, so many rounds a step."""

    def __init__(self, run_rounds=rounds, a_step=ROUNDS):
        """run_rounds: rounds(), or a board's own; a_step: rounds of one step, a divisor of 64."""
        self.state = array("H", INITIAL)
        self._rounds = run_rounds
        self._a_step = a_step
        self._schedule = array("H", [0] * 32)
        self._work = array("H", [0] * 16)
        self._round = ROUNDS

    def load(self, state):
        """Takes up a state of eight words."""
        for i in range(16):
            self.state[i] = state[i]

    def begin(self, buffer, at):
        """Takes buffer[at : at + 64] as the next block."""
        schedule = self._schedule
        for i in range(0, 32, 2):
            schedule[i + 1] = (buffer[at] << 8) | buffer[at + 1]
            schedule[i] = (buffer[at + 2] << 8) | buffer[at + 3]
            at += 4
        for i in range(16):
            self._work[i] = self.state[i]
        self._round = 0

    def step(self):
        """Whether the block is done: then state holds all that was taken so far."""
        last = self._round + self._a_step
        self._rounds(self._work, self._schedule, self._round, last)
        self._round = last
        if last < ROUNDS:
            return False
        state = self.state
        work = self._work
        for i in range(0, 16, 2):
            low = state[i] + work[i]
            state[i + 1] = (state[i + 1] + work[i + 1] + (low >> 16)) & 0xFFFF
            state[i] = low & 0xFFFF
        return True

    def write(self, buffer, at):
        """Writes the 32 octets of the state into buffer, from octet at on."""
        state = self.state
        for i in range(0, 16, 2):
            buffer[at] = state[i + 1] >> 8
            buffer[at + 1] = state[i + 1] & 0xFF
            buffer[at + 2] = state[i] >> 8
            buffer[at + 3] = state[i] & 0xFF
            at += 4
