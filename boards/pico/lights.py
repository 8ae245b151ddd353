"""What does the LED say? One row a state: two seconds, by eighths in which it is on."""

FAULTY, ARMED, FLYING = range(3)

PATTERNS = (
    "##..##..##..##..",  # FAULTY: a self-test failed; flies all the same
    "###########.....",  # ARMED: mostly on
    "#...............",  # FLYING, nothing can fire: a blink every two seconds
)


def is_on(state, minor_frame):
    """Whether it is on in a minor frame."""
    return PATTERNS[state][minor_frame >> 3 & 15] == "#"
