"""What a Pico runs when it gets power: stays at the prompt while its BOOTSEL button is held."""

import rp2

if not rp2.bootsel_button():
    from boards.pico import chip, flight

    flight.main(chip)
