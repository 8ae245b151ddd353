"""How does a frame of long runs of zeros get enough edges for a receiver's bit clock?

The pseudo-randomizer of CCSDS 131.0-B-4 section 10: x^8 + x^7 + x^5 + x^3 + 1, set to ones before
every codeblock, added to its octets but not to the sync marker. Applied twice it undoes itself.
"""

from fsw.kernel.loops import add
from fsw.link.tables import PERIOD, SEQUENCE


def randomize(buffer, start, end):
    """Adds the sequence to buffer[start:end], a whole codeblock, in place."""
    while start < end:
        after = start + PERIOD
        if after > end:
            after = end
        add(SEQUENCE, 0, buffer, start, after, buffer, start)
        start = after
