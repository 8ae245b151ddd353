"""What a Pico runs when it gets power: stays at the prompt while its BOOTSEL button is held."""

import gc

import rp2

# Modules leave much behind while they load: collected often, memory stays in large pieces.
gc.threshold(16 * 1024)

if not rp2.bootsel_button():
    from boards.pico import chip, flight

    flight.main(chip)
