"""Which rates can a camera have, so that no pulse is ever off by a clock?

Time between two pulses runs in counts of 1/5,760,000 s. A tenth of a second, a minor frame and the
period of every usual rate are whole numbers of them: 200, 120, 90, 75, 60, 50, 48, 30, 25, 24, 15,
12, 10 Hz, and 30000 pulses in 1001 s as television has it. Any other rate is refused before flight:
rounded to whole counts it would drift.
"""

COUNTS_PER_SECOND = 5760000
FASTEST_HZ = 200
LONGEST_S = 7  # in clocks of the hardware, still a small integer


def period(pulses, seconds):
    """Counts from a pulse to the next, of so many pulses in so many seconds, at least one each.

    Raises ValueError for a rate that is not a whole number of counts or out of range.
    """
    divisor = _common_divisor(pulses, seconds)
    pulses //= divisor
    seconds //= divisor
    if COUNTS_PER_SECOND % pulses:
        raise ValueError(
            "%d pulses in %d s would drift: in lowest terms, pulses must divide %d"
            % (pulses, seconds, COUNTS_PER_SECOND)
        )
    if pulses > FASTEST_HZ * seconds or seconds > LONGEST_S * pulses:
        raise ValueError(
            "%d pulses in %d s: pulses must be 1/%d s to %d s apart"
            % (pulses, seconds, FASTEST_HZ, LONGEST_S)
        )
    return seconds * (COUNTS_PER_SECOND // pulses)


def _common_divisor(a, b):
    while b:
        rest = a % b
        a = b
        b = rest
    return a
