"""How long is each part of the downlink, and what marks it? Shared by flight and ground.

A channel access data unit is the attached sync marker (CCSDS 131.0-B-4 section 9) and one TM
transfer frame (CCSDS 132.0-B-3 section 4.1) of fixed length: the 223 octets that a codeword of
Reed-Solomon (255,223) holds, for each of the codewords that are interleaved. Lengths in capitals
are those of interleave 1.
"""

SYNC_MARKER = 0x1ACFFC1D
SYNC_LENGTH = 4

FRAME_LENGTH = 223
FRAME_HEADER = 6
OPERATIONAL_CONTROL = 4
FRAME_ERROR_CONTROL = 2
FRAME_OVERHEAD = FRAME_HEADER + OPERATIONAL_CONTROL + FRAME_ERROR_CONTROL
DATA_FIELD = FRAME_LENGTH - FRAME_OVERHEAD
CADU_LENGTH = SYNC_LENGTH + FRAME_LENGTH

# How frames are protected: by their CRC alone, or as randomized Reed-Solomon codeblocks as well.
CODINGS = ("CRC", "RS")
INTERLEAVES = (1, 2, 3, 4, 5)  # codewords of a codeblock (CCSDS 131.0-B-4 section 4.3.5)


def frame_length(interleave):
    """Octets of a transfer frame. Raises ValueError for an interleave not in INTERLEAVES."""
    if interleave not in INTERLEAVES:
        raise ValueError("no interleave %s: it is 1 to 5" % interleave)
    return FRAME_LENGTH * interleave


VC_REAL_TIME = 0
VC_PLAYBACK = 1
VC_FILES = 2
VC_IDLE = 7

# Data field status (section 4.1.2.7): no secondary header, octet-synchronised packets in forward
# order, segment length identifier 11; the low 11 bits are the first header pointer.
DATA_FIELD_STATUS = 0x1800
NO_PACKET_START = 0x7FF
ONLY_IDLE_DATA = 0x7FE

# Communications link control word (CCSDS 232.0-B-4 section 4.2), in halves: COP-1, virtual channel
# 0, no radio carrier and no bit lock, where a board takes no telecommand frames.
NO_TELECOMMAND_CLCW = (0x0100, 0xC000)

PACKET_HEADER = 6
PACKET_TIME = 6
PACKET_ERROR_CONTROL = 2
PACKET_OVERHEAD = PACKET_HEADER + PACKET_TIME + PACKET_ERROR_CONTROL
IDLE_APID = 0x7FF  # CCSDS 133.0-B-2 section 4.1.3.3.4.4
FILES_APID = 0x060  # packets that carry PDUs of CFDP, see fsw.link.filelayout
TELECOMMAND_APID = 0x100
FILES_TELECOMMAND_APID = 0x10F  # four bits away from the other
TELECOMMAND_FIRST = 0x10 | (TELECOMMAND_APID >> 8)  # first octet: version 0, type 1
LONGEST_TELECOMMAND = 64  # octets of a packet that boards take
