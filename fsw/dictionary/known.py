"""Which fingerprints are known beforehand? None here: they are computed from the tables.

A board has no room for texts that only the ground reads. gse/deploy/build.py takes them out, and
puts here what the whole tables give.
"""

FINGERPRINTS = {}
