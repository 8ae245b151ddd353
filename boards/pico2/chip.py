"""Where are the registers of the RP2350 that MicroPython has no name for? (RP2350 datasheet)"""

PWM = 0x400A8000  # section 12.5.3
WATCHDOG_CONTROL = 0x400D8000  # section 12.9.7
CORE_VOLTAGE = None  # as it is: 150 MHz are allowed
SCRATCH_RAM = 0x2007F000  # section 4.2: the lowest end of the stack; no boot erases it
FILES = True  # see boards/__init__.py
