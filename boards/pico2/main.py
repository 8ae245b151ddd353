"""What a Pico 2 runs when it gets power: stays at the prompt while its BOOTSEL button is held."""

import rp2

if not rp2.bootsel_button():
    from boards.pico import flight
    from boards.pico2 import chip

    flight.main(chip)
