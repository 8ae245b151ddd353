"""How do transfer frames leave the board, and commands arrive? Over a UART, and USB if plugged in.

Nothing here waits: a frame that the UART cannot take whole is dropped and counted, one that nobody
reads over USB is dropped.
"""

import sys
from time import ticks_us

import machine

from boards.pico.pins import GPIO
from fsw.kernel.cvt import COUNT_MASK
from fsw.kernel.loops import copy
from fsw.link import layout
from fsw.link.crc import TABLE as CRC_TABLE
from fsw.link.galois import PARITY

BAUD = 115200
_CADU = layout.CADU_LENGTH + PARITY  # of interleave 1, the longest
_OCTETS_PER_S = BAUD // 10 * 99 // 100  # that certainly leave: start and stop bit, another crystal
_TICKS_MASK = (1 << 30) - 1
_EMPTY_US = 250000  # after which nothing of it waits any more
_CHUNK = 64  # octets that USB takes at once
# Second octets of a telecommand packet: of a command, and of one about files.
_SECOND = bytes([layout.TELECOMMAND_APID & 0xFF, layout.FILES_TELECOMMAND_APID & 0xFF])
_HIGHEST = layout.PACKET_HEADER + 64  # octets of a telecommand packet


class Radio:
    """The UART of the link."""

    def __init__(self, interleave=1):
        """interleave: of the downlink. The driver keeps four frames of interleave 1, and two of
        what is longer: one that leaves, and the next."""
        self._waiting = max(4, 2 * interleave) * _CADU  # octets
        self._uart = machine.UART(
            0,
            BAUD,
            tx=machine.Pin(GPIO["UART_TX"]),
            rx=machine.Pin(GPIO["UART_RX"]),
            txbuf=self._waiting,
            rxbuf=256,
            timeout=0,
        )
        self._octet = bytearray(1)
        self._packet = bytearray(_HIGHEST)
        self._length = 0
        self._full = 0  # octets that may still wait
        self._looked_us = ticks_us()
        self.dropped = 0  # frames

    def send(self, cadu):
        """Takes a whole sync marker and transfer frame, or none of it."""
        now = ticks_us()
        past_us = (now - self._looked_us) & _TICKS_MASK
        self._looked_us = now
        gone = self._waiting if past_us > _EMPTY_US else past_us // 100 * _OCTETS_PER_S // 10000
        self._full = max(self._full - gone, 0)
        if self._full + len(cadu) > self._waiting:
            self.dropped = (self.dropped + 1) & COUNT_MASK
            return
        self._full += len(cadu)
        self._uart.write(cadu)

    def receive(self, buffer):
        """One telecommand packet into buffer: its length, or 0. Octets that cannot begin one are
        passed over, so that after garbage the next packet is found."""
        while self._uart.any():
            self._uart.readinto(self._octet)
            self._packet[self._length] = self._octet[0]
            self._length += 1
            self._drop_garbage()
            wanted = self._wanted()
            if wanted and self._length == wanted:
                self._length = 0
                count = min(wanted, len(buffer))
                for i in range(count):
                    buffer[i] = self._packet[i]
                return count
        return 0

    def octets(self, buffer):
        """Octets that have come, as many as fit into buffer: how many."""
        count = 0
        while count < len(buffer) and self._uart.any():
            self._uart.readinto(self._octet)
            buffer[count] = self._octet[0]
            count += 1
        return count

    def _drop_garbage(self):
        """Shifts the beginning to where a telecommand packet could begin."""
        packet = self._packet
        while self._length and not self._may_begin():
            self._length -= 1
            for i in range(self._length):
                packet[i] = packet[i + 1]

    def _may_begin(self):
        packet = self._packet
        if packet[0] != 0x10 | (layout.TELECOMMAND_APID >> 8):
            return False
        if self._length > 1 and packet[1] not in _SECOND:
            return False
        return self._wanted() <= _HIGHEST

    def _wanted(self):
        """Octets of the packet that has begun; 0 while its header has not come."""
        if self._length < layout.PACKET_HEADER:
            return 0
        return layout.PACKET_HEADER + 1 + ((self._packet[4] << 8) | self._packet[5])


class UsbMirror:
    """What goes to the radio, once more over USB, for whoever listens there."""

    def __init__(self, poll, cadu_length):
        """poll() -> whether USB takes octets now; cadu_length: of every frame with its marker."""
        self._out = sys.stdout.buffer
        self._poll = poll
        self._cadu = bytearray(cadu_length)
        self._chunk = bytearray(_CHUNK)
        self._rest = bytearray(cadu_length % _CHUNK)
        self._at = cadu_length  # all of it has gone
        self._refused = 0

    def send(self, cadu):
        """Takes a frame if the last one has gone."""
        if 0 < self._at < len(self._cadu):
            self._refused += 1
            if self._refused < 8:  # frames: then nobody reads, and the old one makes room
                return
        self._refused = 0
        _copy(cadu, 0, len(self._cadu), self._cadu)
        self._at = 0

    def run(self):
        """Once a minor frame: as much as USB takes at once."""
        left = len(self._cadu) - self._at
        if not left or not self._poll():
            return
        chunk = self._chunk if left >= _CHUNK else self._rest
        _copy(self._cadu, self._at, len(chunk), chunk)
        self._out.write(chunk)
        self._at += len(chunk)


def _copy(source, start, length, target):
    """In machine code, which reckons a CRC that nobody asks for: a loop here would take a third of
    the minor frame for a transfer frame."""
    copy(CRC_TABLE, source, start, start + length, target, 0, 0)
