"""Is the board fit to fly? Looked at once, at boot, and reported; it flies all the same."""

from fsw.dictionary.channels import ENUMS

_TESTS = ENUMS["SELF_TEST"]


def failures(clock_hz, wanted_hz, inertial, barometer, pin_problems, space):
    """Bits of SELF_TEST. inertial, barometer: whether they answer; pin_problems: what is wrong with
    the pin map, or what of the mission has no pin; space: free octets of the file system."""
    failed = 0
    for name, fits in (
        ("CLOCK", clock_hz == wanted_hz),
        ("INERTIAL_UNIT", inertial),
        ("BAROMETER", barometer),
        ("PINS", not pin_problems),
        ("FLASH", space >= LEAST_SPACE),
    ):
        if not fits:
            failed |= 1 << _TESTS.index(name)
    return failed


LEAST_SPACE = 64 * 1024
