"""What a Pico runs when it gets power. Ctrl-C at its prompt ends the flight."""

import gc

# Modules leave much behind while they load: collected often, memory stays in large pieces.
gc.threshold(16 * 1024)

from boards.pico import chip, flight  # noqa: E402 - after the threshold

flight.main(chip)
