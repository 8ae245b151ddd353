"""What flies: the flight software of edlcam, one tree for MicroPython and CPython."""

VERSION = 1  # telemetered as FSW_VERSION; raise it with every change that alters flight behaviour
