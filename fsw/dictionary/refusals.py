"""Why is an uplinked frame refused?

One row a reason: name, what it says. Reason 1 is the first row; 0 is none. The first rows are found
by the frame's own layout, in this order, the others by its authentication.
"""

REFUSALS = (
    ("TRUNCATED", "shorter than it says, or too short for a frame"),
    ("OVERLONG", "followed by more than fill"),
    ("ERROR_CONTROL", "its CRC is wrong"),
    ("WRONG_VERSION", "not a telecommand transfer frame"),
    ("WRONG_SPACECRAFT", "for another spacecraft"),
    ("WRONG_CHANNEL", "for another virtual channel"),
    ("RESERVED", "spare bits set, or a control command that does not bypass"),
    ("CONTROL_COMMAND", "a control command other than UNLOCK and SET V(R)"),
    ("NO_KEY", "the board has no key: nobody may command it"),
    ("UNKNOWN_KEY", "it names another key"),
    ("FORGED", "its authentication code is wrong"),
    ("REPLAYED", "its number was used before"),
    ("TOO_FAR", "its number is too far ahead of the last one"),
    ("NOT_STORED", "its number cannot be kept over a reset"),
)  # fmt: skip

NONE = 0


def refusal(name):
    """Number of a reason. Raises ValueError for an unknown name."""
    return 1 + [row[0] for row in REFUSALS].index(name)
