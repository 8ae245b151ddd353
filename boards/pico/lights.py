"""What does the LED say? One row a state: two seconds, by eighths in which it is on."""

FAULTY, ARMED, FLYING = range(3)

PATTERNS = (
    b"##..##..##..##..",  # FAULTY: a self-test failed; flies all the same
    b"###########.....",  # ARMED: mostly on
    b"#...............",  # FLYING, nothing can fire: a blink every two seconds
)
_ON = 0x23


def is_on(state, minor_frame):
    """Whether it is on in a minor frame."""
    return PATTERNS[state][minor_frame >> 3 & 15] == _ON
