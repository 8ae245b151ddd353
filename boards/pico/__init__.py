"""The flight software on a Raspberry Pi Pico: pins, sensors, link, triggers, the loop at 64 Hz."""
