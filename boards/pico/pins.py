"""Which pin does what? For Pico and Pico 2, which have the same.

One row a pin: function, GPIO, what it is wired to. Edit the table to wire it otherwise; problems()
says what cannot work, unwired() what of a mission is left out. Four cameras have all a camera can
have: trigger, feedback, power, and an input that confirms that it records; a fifth channel has
trigger and feedback, for a microphone recorder or a camera with a battery of its own.

The hardware counts feedback in a PWM slice, of which each has one such input: an odd GPIO. Slice 3
makes the grid of tenths of a second that all triggers start on.
"""

from boards.pio.program import GRID_GPIO

PINS = (
    ("UART_TX", 0, "radio or recorder: RX"),
    ("UART_RX", 1, "radio: TX"),
    ("TRIGGER_0", 2, "camera 0: trigger input"),
    ("FEEDBACK_0", 3, "camera 0: strobe or exposure-active output, 3.3 V"),
    ("I2C_SDA", 4, "inertial unit and barometer: SDA"),
    ("I2C_SCL", 5, "inertial unit and barometer: SCL"),
    ("TRIGGER_1", 6, "camera 1: trigger input"),
    ("OUTPUT_0", 7, "first deployment output: gate of its switch, pulled down by 10 kohm"),
    ("OUTPUT_1", 8, "second deployment output: gate of its switch, pulled down by 10 kohm"),
    ("FEEDBACK_1", 9, "camera 1: strobe or exposure-active output, 3.3 V"),
    ("TRIGGER_2", 10, "camera 2: trigger input"),
    ("FEEDBACK_2", 11, "camera 2: strobe or exposure-active output, 3.3 V"),
    ("TRIGGER_3", 12, "camera 3: trigger input"),
    ("FEEDBACK_3", 13, "camera 3: strobe or exposure-active output, 3.3 V"),
    ("TRIGGER_4", 14, "channel 4: trigger or gate input"),
    ("FEEDBACK_4", 15, "channel 4: a pulse for each block recorded, 3.3 V"),
    ("POWER_0", 16, "camera 0: enable of its supply, pulled up: on while the Pico resets"),
    ("POWER_1", 17, "camera 1: enable of its supply, pulled up"),
    ("POWER_2", 18, "camera 2: enable of its supply, pulled up"),
    ("POWER_3", 19, "camera 3: enable of its supply, pulled up"),
    ("RECORDING_0", 20, "camera 0: high while it records, 3.3 V"),
    ("RECORDING_1", 21, "camera 1: high while it records, 3.3 V"),
    ("GRID", GRID_GPIO, "nothing: tenths of a second, to look at with an oscilloscope"),
    ("LED", 25, "on the board"),
    ("RECORDING_2", 26, "camera 2: high while it records, 3.3 V"),
    ("RECORDING_3", 27, "camera 3: high while it records, 3.3 V"),
    ("ARMING_JUMPER", 28, "fitted for flight only: to GND; open, nothing fires"),
)

_NUMBERS = tuple([row[:2] for row in PINS])
GPIO = dict(_NUMBERS)

_USABLE = tuple(range(23)) + (25, 26, 27, 28)


def unwired(cameras, outputs):
    """Names of those without a pin: cameras are never triggered then, deployment outputs never
    driven."""
    kinds = (("TRIGGER_%d", cameras), ("OUTPUT_%d", outputs))
    return [
        names[n] for function, names in kinds for n in range(len(names)) if function % n not in GPIO
    ]


def pwm_slice(gpio):
    """The PWM slice of a GPIO."""
    return (gpio >> 1) & 7


def problems(rows):
    """Sentences on what cannot work in a table like PINS; none when all can."""
    found = []
    functions = {}
    used = {}
    for function, gpio, _ in rows:
        if gpio not in _USABLE:
            found.append("%s: GP%d is not on the board's edge" % (function, gpio))
        if gpio in used:
            found.append("%s and %s share GP%d" % (used[gpio], function, gpio))
        if function in functions:
            found.append("%s has two pins" % function)
        used[gpio] = function
        functions[function] = gpio
    slices = {pwm_slice(GRID_GPIO): "GRID"}
    for function, gpio in sorted(functions.items()):
        if not function.startswith("FEEDBACK_"):
            continue
        if not gpio & 1:
            found.append("%s: GP%d is even, and only odd ones can count" % (function, gpio))
        other = slices.get(pwm_slice(gpio))
        if other:
            found.append("%s and %s share PWM slice %d" % (other, function, pwm_slice(gpio)))
        slices[pwm_slice(gpio)] = function
    if functions.get("GRID") != GRID_GPIO:
        found.append("GRID must be GP%d, which the trigger program waits for" % GRID_GPIO)
    return found
