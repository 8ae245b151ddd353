"""What may an operator change in flight, and what is each value now?"""

from array import array

from fsw.dictionary.index import parameter
from fsw.dictionary.parameters import PARAMETERS

LOWEST, DEFAULT, HIGHEST = 2, 3, 4  # columns of PARAMETERS

_LOWEST = tuple([row[LOWEST] for row in PARAMETERS])
_DEFAULTS = tuple([row[DEFAULT] for row in PARAMETERS])
_HIGHEST = tuple([row[HIGHEST] for row in PARAMETERS])


class Parameters:
    """Values by row of PARAMETERS, always inside their range."""

    def __init__(self, mission):
        self.values = array("i", _DEFAULTS)
        for name, value in mission.PARAMETERS:
            if not self.set(parameter(name), value):
                raise ValueError("mission %s: parameter %s out of range" % (mission.NAME, name))
        self.defaults = array("i", self.values)

    def set(self, row, value):
        """Changes a parameter; False, and no change, for an unknown row or a value out of range."""
        if row < 0 or row >= len(_DEFAULTS):
            return False
        if value < _LOWEST[row] or value > _HIGHEST[row]:
            return False
        self.values[row] = value
        return True

    def reset(self):
        """Every parameter at its default, which is the mission's where it has one."""
        for row in range(len(_DEFAULTS)):
            self.values[row] = self.defaults[row]
