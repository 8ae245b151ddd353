"""How long is each part of the uplink, and what marks it? Shared by flight and ground.

A communications link transmission unit (CLTU, CCSDS 231.0-B-4) carries one telecommand transfer
frame (CCSDS 232.0-B-4 section 4.1) in codeblocks of a BCH code. Every frame, control commands
included, carries the security header and trailer of CCSDS 355.0-B-2 where a key is in use.
"""

START_0, START_1 = 0xEB, 0x90  # start sequence
CODEBLOCK = 8
INFORMATION = 7  # octets of a codeblock that carry the frame
TAIL = b"\xc5\xc5\xc5\xc5\xc5\xc5\xc5\x79"  # no codeblock, even with any one bit changed
FILL = 0x55  # fills the last codeblock

FRAME_HEADER = 5
FRAME_ERROR_CONTROL = 2
LONGEST_FRAME = 256  # octets that the board takes; the format has room for 1024

# First octet: version, bypass flag, control command flag, spare, top of the spacecraft identifier.
VERSION = 0xC0
BYPASS = 0x20
CONTROL = 0x10
SPARE = 0x0C

UNLOCK = 0x00  # the whole control command
SET_0, SET_1 = 0x82, 0x00  # the first two octets of SET V(R); the third is the value

# Security header: index of the key (SPI) and sequence number; trailer: message authentication code.
KEY_ID = 2
NUMBER = 4
SECURITY_HEADER = KEY_ID + NUMBER
MAC = 16  # the first octets of HMAC-SHA-256
LOWEST_KEY_ID, HIGHEST_KEY_ID = 1, 0xFFFE  # 0 and 65535 are reserved (355.0-B-2 section 4.1.1.2)
# The field has 32 bits; numbers end where the small integers of a 32-bit board do, after a billion
# frames. Then it takes a new key.
HIGHEST_NUMBER = (1 << 30) - 1
