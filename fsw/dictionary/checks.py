"""Which readings are doubted, and after how many samples in a row?

One row a check: name, samples that fail it, samples that pass it again, what it says
while it fails. Checks of the inertial unit's own readings run at 64 Hz, those against other
knowledge at 16 Hz, those of an altimeter with each of its measurements.
"""

NAV_CHECKS = (
    ("IMU_INVALID", 1, 1, "the inertial unit calls its readings invalid"),
    ("FORCE_SATURATED", 1, 16, "an accelerometer is at full scale: bridged, not believed"),
    ("RATE_SATURATED", 1, 16, "the rate gyro is at full scale: bridged, not believed"),
    ("AXIAL_FLAT", 32, 16, "the axial accelerometer repeats itself: noise never does"),
    ("NORMAL_FLAT", 32, 16, "the normal accelerometer repeats itself"),
    ("RATE_FLAT", 32, 16, "the rate gyro repeats itself"),
    ("AXIAL_REVERSED", 8, 8, "drag pushes forward: the axis is upside down, and read so"),
    ("FORCE_IMPLAUSIBLE", 16, 16, "the air cannot give the force that is sensed"),
    ("ENVELOPE_EXCEEDED", 4, 64, "force or rate beyond what was expected: flagged, and used"),
    ("ATTITUDE_IMPLAUSIBLE", 16, 16, "the pitch is not one at which the vehicle can fly"),
    ("ALTIMETER_STUCK", 4, 8, "the altimeter repeats itself while the vehicle moves"),
    ("ALTIMETER_JUMP", 2, 8, "the altimeter contradicts its own last measurement and speed"),
    ("ALTITUDE_CONTRADICTED", 4, 8, "altimeter and dead reckoning contradict each other in height"),
    ("SPEED_CONTRADICTED", 4, 8, "radar and dead reckoning contradict each other in speed"),
)  # fmt: skip
