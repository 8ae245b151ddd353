"""Which packets carry only values that the dictionary has a meaning for? Other decoders refuse the
rest: a value that an enumeration does not name."""

from __future__ import annotations

from typing import Any

from gse.dictionary import Channel, Dictionary
from tests.gse.encoder import FIELDS, RANGES, WIRE_TYPES, Packetizer, Sent, boot


def each_packet(dictionary: Dictionary, rounds: int = 5) -> list[Sent]:
    """Every packet type so often, with the ends of what its fields hold and values between."""
    packetizer = Packetizer()
    sent: list[Sent] = []
    for i in range(rounds):
        for name, fields in FIELDS.items():
            sclk = 1000 + len(sent) / 8
            if name == "BOOT":
                sent.append(boot(packetizer, dictionary.fingerprint, ei_sclk=1500, sclk=sclk))
                continue
            counts = {
                field: _value(dictionary, dictionary.channels[field], i + k)
                for k, field in enumerate(fields)
            }
            sent.append(packetizer.make(name, counts, sclk))
    return sent


def same(ours: Any, theirs: Any) -> bool:
    """Whether two values are the same; a factor such as 1/100 is rounded once more in a polynomial,
    which may change the last bit."""
    if isinstance(ours, float):
        return bool(abs(ours - theirs) <= abs(ours) * 2**-52)
    return bool(ours == theirs)


def _value(dictionary: Dictionary, channel: Channel, n: int) -> int:
    if channel.kind == "enum":
        known = list(dictionary.enums[channel.table])
        return known[n % len(known)]
    lowest, highest = RANGES[WIRE_TYPES[channel.name]]
    return (lowest, 1, highest, 0, highest // 3)[n % 5]
