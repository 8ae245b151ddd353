"""What a Pico 2 runs when it gets power: stays at the prompt while its BOOTSEL button is held."""

import gc

import rp2

# Modules leave much behind while they load: collected often, memory stays in large pieces.
gc.threshold(16 * 1024)

if not rp2.bootsel_button():
    from boards.pico import flight
    from boards.pico2 import chip

    flight.main(chip)
