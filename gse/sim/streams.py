"""Where does each consumer of chance get its draws, so that a new one shifts nobody else's?"""

import hashlib
import random


def stream(seed: int, name: str) -> random.Random:
    """A generator of its own for (seed, name), seeded from their SHA-256.

    The same pair gives the same draws on every machine and Python version; two names share nothing.
    """
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return random.Random(int.from_bytes(digest, "big"))
