"""How do the PDUs look that carry files, and in which packets do they go? For flight and ground.

CCSDS File Delivery Protocol (CFDP, 727.0-B-5 section 5), the part of it that is used: normal files
(offsets of 32 bits), entity identifiers of one octet, transaction numbers of two, a CRC on every
PDU. Each PDU is the data of one space packet without secondary header; what comes up is a
telecommand packet, of another APID than commands have, and is authenticated as those are.
"""

from fsw.link.layout import LONGEST_TELECOMMAND, PACKET_HEADER

FLIGHT_ENTITY, GROUND_ENTITY = 1, 2

HEADER = 8
CRC = 2

# First octet of the header.
VERSION_MASK, VERSION = 0xE0, 0x20  # of the second issue of the protocol on
FILE_DATA = 0x10  # otherwise a file directive
TOWARDS_SENDER = 0x08
UNACKNOWLEDGED = 0x04
WITH_CRC = 0x02
LARGE_FILE = 0x01
LENGTHS = 0x01  # fourth octet: of the entity identifiers, and of the transaction number, less 1

# File directive codes, and what an acknowledgement of one begins with.
EOF, FINISHED, ACK, METADATA, NAK, KEEP_ALIVE = 0x04, 0x05, 0x06, 0x07, 0x08, 0x0C
ACK_OF_EOF, ACK_OF_FINISHED = 0x40, 0x51
ACTIVE, TERMINATED, UNRECOGNIZED = 1, 2, 3  # transaction status

ENTITY_ID = 0x06  # type of a TLV
MODULAR = 0  # checksum type, section 4.2.2

# Condition codes (table 5-5), in counts of ENUMS["FILE_CONDITION"].
NO_ERROR = 0
ACK_LIMIT = 1
FILESTORE_REJECTION = 4
INACTIVITY = 8
SUSPENDED = 14
CANCELLED = 15

SEGMENT = 128  # octets of a file in one PDU, a power of two; the last one has what is left
LONGEST_NAME = 16
_LONGEST_METADATA = HEADER + 1 + 1 + 4 + 2 * (1 + LONGEST_NAME) + CRC
LONGEST_PACKET = PACKET_HEADER + max(HEADER + 4 + SEGMENT + CRC, _LONGEST_METADATA)
LONGEST_PDU_UP = LONGEST_TELECOMMAND - PACKET_HEADER
