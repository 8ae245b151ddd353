"""Which checks of the sensors fail now? Counts samples by the table of fsw.dictionary.checks."""

from array import array

from fsw.dictionary.checks import NAV_CHECKS
from fsw.dictionary.index import channel, event

_CHECKS = channel("NAV_CHECKS")
_EVENT_FAILED = event("CHECK_FAILED")
_EVENT_PASSED = event("CHECK_PASSED")

_NAMES = tuple([row[0] for row in NAV_CHECKS])
_FAILS_AFTER = bytes([row[1] for row in NAV_CHECKS])
_PASSES_AFTER = bytes([row[2] for row in NAV_CHECKS])


def check(name):
    """Row of a check. Raises ValueError for an unknown name."""
    return _NAMES.index(name)


class Checks:
    """Writes NAV_CHECKS; reports each check when it begins to fail and when it passes again."""

    def __init__(self, cvt, events):
        self._cvt = cvt
        self._events = events
        self._run = array("i", [0] * len(_NAMES))  # in a row against the verdict

    def look(self, number, fails, value):
        """One sample of a check, with a value worth reporting; whether the check fails now."""
        cvt = self._cvt
        bit = 1 << number
        failing = cvt[_CHECKS] & bit
        if fails:
            if failing:
                self._run[number] = 0
                return True
            needed = _FAILS_AFTER[number]
        else:
            if not failing:
                self._run[number] = 0
                return False
            needed = _PASSES_AFTER[number]
        self._run[number] += 1
        if self._run[number] < needed:
            return failing != 0
        self._run[number] = 0
        cvt[_CHECKS] ^= bit
        self._events.report(_EVENT_PASSED if failing else _EVENT_FAILED, bit, value)
        return not failing

    def fails(self, number):
        """Whether a check failed when it was last looked at."""
        return self._cvt[_CHECKS] & (1 << number) != 0
