"""Which numbers can an operator change, within which range, and what are they at boot?

One row a parameter: name, channel whose unit and step it shares, lowest, default and highest value
in counts, description. A mission overrides defaults in its PARAMETERS table.
"""

PARAMETERS = (
    ("ALTIMETER_GATE", "NAV_ALTITUDE", 1 << 8, 250 << 8, 12000 << 8,
     "largest residual of the altimeter believed once locked"),
    ("ALTIMETER_SURPRISE", "NAV_ALTITUDE", 1 << 8, 1000 << 8, 12000 << 8,
     "largest move at lock that is no contradiction"),
    ("ALTIMETER_LOCK_SAMPLES", "", 1, 8, 255, "good measurements in a row that make a lock"),
    ("ALTIMETER_LOSS_SAMPLES", "", 1, 16, 255, "sixteenths of a second without one that lose it"),
    ("RADAR_SPEED_GATE", "NAV_SPEED", 1 << 10, 20 << 10, 400 << 10,
     "largest difference of radar and navigated speed believed at once"),
    ("CAMERA_RETRIES", "", 0, 2, 10, "times a silent camera is switched off and on again"),
    ("FILE_ACK_WAIT", "EDL_TIME_IN_STATE", 64, 960, 38400,
     "how long the end of a file waits to be acknowledged before it is sent again"),
    ("FILE_ACK_LIMIT", "", 1, 5, 100, "times it is sent before the transfer is suspended"),
    ("FILE_SILENCE", "EDL_TIME_IN_STATE", 640, 7680, 230400,
     "how long the ground may ask for nothing before the transfer is suspended"),
    ("ANOMALY_RESPONSES", "", 0, 255, 255, "rows of RESPONSES that may act, by bit"),
    ("EVENT_TOKENS_PER_S", "", 1, 4, 64, "reports a second of one event before it is a flood"),
)  # fmt: skip
