"""Which numbers can an operator change, within which range, and what are they at boot?

One row a parameter: name, channel whose unit and step it shares, lowest, default and highest value
in counts, description. A mission overrides defaults in its PARAMETERS table.
"""

PARAMETERS = (
    ("RADAR_GATE", "NAV_ALTITUDE", 1 << 8, 3000 << 8, 12000 << 8,
     "largest radar residual believed once locked"),
    ("RADAR_LOCK_SAMPLES", "", 1, 8, 255, "good measurements in a row that make a lock"),
    ("RADAR_LOSS_SAMPLES", "", 1, 16, 255, "bad measurements in a row that lose it"),
    ("EVENT_TOKENS_PER_S", "", 1, 4, 64, "reports a second of one event before it is a flood"),
)  # fmt: skip
