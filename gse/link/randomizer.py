"""What were the octets before the sender added the pseudo-random sequence? (CCSDS 131.0-B-4, 10)"""

from __future__ import annotations

import numpy as np

from fsw.link.tables import SEQUENCE
from gse.link.crc import Octets

_SEQUENCE = np.frombuffer(SEQUENCE, np.uint8)


def derandomize(codeblocks: Octets) -> Octets:
    """Codeblocks without the sequence, which begins anew with each; shape (n, length)."""
    return codeblocks ^ np.resize(_SEQUENCE, codeblocks.shape[1])
