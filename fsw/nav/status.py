"""What do the bits of NAV_STATUS and the ranks of quality stand for? As named in the dictionary."""

from fsw.dictionary.channels import ENUMS

_STATUS = ENUMS["NAV_STATUS"]
_QUALITY = ENUMS["QUALITY"]

INITIALISED = 1 << _STATUS.index("INITIALISED")
INERTIAL_VALID = 1 << _STATUS.index("INERTIAL_VALID")
ALTIMETER_LOCK = 1 << _STATUS.index("ALTIMETER_LOCK")
ALTIMETER_USED = 1 << _STATUS.index("ALTIMETER_USED")
ATTITUDE_DEGRADED = 1 << _STATUS.index("ATTITUDE_DEGRADED")
AT_REST = 1 << _STATUS.index("AT_REST")

# Qualities grow: a condition asks for at least one of them.
NONE = _QUALITY.index("NONE")
DEGRADED = _QUALITY.index("DEGRADED")
RECKONED = _QUALITY.index("RECKONED")
AIDED = _QUALITY.index("AIDED")
