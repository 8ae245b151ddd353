"""The Raspberry Pi Pico 2: as the Pico, but for the addresses of its chip."""
