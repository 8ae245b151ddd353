"""Where are the registers of the RP2040 that MicroPython has no name for? (RP2040 datasheet)"""

PWM = 0x40050000  # section 4.5.3: slices of 20 octets
WATCHDOG_CONTROL = 0x40058000  # section 4.7.6
CORE_VOLTAGE = (0x40064000, 0xC1)  # section 2.10.6: 1.15 V, with which up to 200 MHz are allowed
SCRATCH_RAM = 0x20040000  # section 2.6.2: the lowest end of the stack; no boot erases it
FILES = False  # the memory that they take is not there
