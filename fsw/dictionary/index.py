"""Where does a name of the dictionary stand, and which dictionary is this?"""

import hashlib

from fsw.dictionary import channels, commands, events, limits, packets, parameters, responses

_CHANNEL_INDEX = {row[0]: i for i, row in enumerate(channels.CHANNELS)}
_EVENT_INDEX = {row[0]: i for i, row in enumerate(events.EVENTS)}
_PARAMETER_INDEX = {row[0]: i for i, row in enumerate(parameters.PARAMETERS)}
_PACKET_INDEX = {row[0]: i for i, row in enumerate(packets.PACKETS)}


def channel(name):
    """Index of a channel in the current value table. Raises KeyError for an unknown name."""
    return _CHANNEL_INDEX[name]


def event(name):
    """Row of an event in EVENTS. Raises KeyError for an unknown name."""
    return _EVENT_INDEX[name]


def parameter(name):
    """Row of a parameter in PARAMETERS. Raises KeyError for an unknown name."""
    return _PARAMETER_INDEX[name]


def packet(name):
    """Row of a packet in PACKETS. Raises KeyError for an unknown name."""
    return _PACKET_INDEX[name]


def fingerprint(mission):
    """First 30 bits of the SHA-256 over every table that gives a packet its meaning.

    30 bits, because the value must be a small integer on a 32-bit board. Runs once at boot.
    """
    digest = hashlib.sha256()
    for table in (
        channels.CHANNELS,
        tuple([(key, channels.ENUMS[key]) for key in sorted(channels.ENUMS)]),
        packets.PACKETS,
        events.EVENTS,
        commands.COMMANDS,
        parameters.PARAMETERS,
        limits.limits_of(mission),
        responses.RESPONSES,
        mission.STATES,
        mission.OUTPUTS,
        mission.CAMERAS,
    ):
        digest.update(_canonical(table).encode())
    return _thirty_bits(digest)


def parameter_fingerprint(mission):
    """The same of what the values of parameters mean: their names, units and order, and the
    mission. Ranges may change; a value that is kept is held against the new one."""
    rows = tuple([row[:2] for row in parameters.PARAMETERS])
    return _thirty_bits(hashlib.sha256(_canonical((mission.NAME, rows)).encode()))


def _thirty_bits(digest):
    d = digest.digest()
    return (d[0] << 22) | (d[1] << 14) | (d[2] << 6) | (d[3] >> 2)


def _canonical(item):
    """The same text on every runtime, whatever its repr looks like."""
    if isinstance(item, (tuple, list)):
        return "(" + ",".join([_canonical(part) for part in item]) + ")"
    return str(item).replace(",", "\\,")
