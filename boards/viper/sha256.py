"""How does a board run the rounds of SHA-256 fast? Words whole, in viper.

fsw.link.sha256.rounds() does the same, slowly. Of a word's halves the low one lies first, so that
a little-endian processor, as all of ours are, reads both at once. Viper's integers are as wide as
the processor's, 64 bits on a host: what a shift puts above 32 bits is masked off before it can come
back.
"""

import micropython

from fsw.link.sha256 import K


@micropython.viper
def rounds(work, schedule, first: int, last: int):
    """Rounds first .. last - 1 of a block on the eight words of work, a to h."""
    v = ptr32(work)
    w = ptr32(schedule)
    k = ptr32(K)
    ones = 0xFFFF
    mask = uint((ones << 16) | ones)
    a = uint(v[0]) & mask
    b = uint(v[1]) & mask
    c = uint(v[2]) & mask
    d = uint(v[3]) & mask
    e = uint(v[4]) & mask
    f = uint(v[5]) & mask
    g = uint(v[6]) & mask
    h = uint(v[7]) & mask
    t = first
    while t < last:
        i = t & 15
        word = uint(w[i]) & mask
        if t >= 16:  # the schedule is a ring of sixteen
            x = uint(w[(t - 15) & 15]) & mask
            word += ((x >> 7) | (x << 25)) ^ ((x >> 18) | (x << 14)) ^ (x >> 3)
            x = uint(w[(t - 2) & 15]) & mask
            word += ((x >> 17) | (x << 15)) ^ ((x >> 19) | (x << 13)) ^ (x >> 10)
            word = (word + uint(w[(t - 7) & 15])) & mask
            w[i] = int(word)
        x = ((e >> 6) | (e << 26)) ^ ((e >> 11) | (e << 21)) ^ ((e >> 25) | (e << 7))
        word += h + x + (g ^ (e & (f ^ g))) + uint(k[t])
        h = g
        g = f
        f = e
        e = (d + word) & mask
        x = ((a >> 2) | (a << 30)) ^ ((a >> 13) | (a << 19)) ^ ((a >> 22) | (a << 10))
        word += x + ((a & b) | (c & (a | b)))
        d = c
        c = b
        b = a
        a = word & mask
        t += 1
    v[0] = int(a)
    v[1] = int(b)
    v[2] = int(c)
    v[3] = int(d)
    v[4] = int(e)
    v[5] = int(f)
    v[6] = int(g)
    v[7] = int(h)
